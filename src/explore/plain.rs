//! The browser as a dialogue: a line is asked, lines are answered, nothing is drawn and nothing moves. For screen readers, for
//! terminals that can do no more, and for pipes.

use super::content::Content;
use super::draw::detail;
use super::filter::Wanted;
use super::lists::Said;
use super::look::Look;
use super::model::{Ask, Model, Pane, Reading};
use super::paths::{Item, Mark};
use super::sheet::Sheet;
use super::subject::{Subject, What};
use super::view::View;
use crate::report::figures::{bytes, count};

/// Rows of an answer; `more` tells the next.
const ROWS: usize = 100;

/// What is understood, and what it tells.
pub const COMMANDS: &[(&str, &str)] = &[
    ("summary", "the image, the verdict and the five answers"),
    ("layers", "the layers, numbered"),
    ("layer N", "what layer N added, rewrote and removed; the tree is now what it changed"),
    ("layer all", "the tree is the final one again"),
    ("whole", "the tree is whole, up to the layer; or again only what it changed"),
    ("ls [PATH|N]", "what a directory holds, numbered"),
    ("find TEXT", "paths by a part of the name, by a glob, or by a part of the path if there is a / in it"),
    ("largest", "the largest files of the final tree"),
    ("sort size|name", "the order of ls and of packages"),
    ("about PATH|N", "mode, owner, package and layers of a path"),
    ("open PATH|N", "the content of a file"),
    ("packages [TEXT]", "the packages, numbered"),
    ("package N", "its files"),
    ("findings", "what is wrong, the worst first, numbered"),
    ("finding N", "all of a finding"),
    ("rules", "all rules with what came of them, numbered as findings are"),
    ("rule N", "the documentation of the rule of finding N"),
    ("more", "what did not fit into the last answer"),
    ("help", "these commands"),
    ("quit", "leave"),
];

/// A dialogue about an image.
#[derive(Debug)]
pub struct Dialogue {
    model: Model,
    /// The paths that the last list numbers.
    listed: Vec<Item>,
    /// What did not fit into the last answer.
    rest: Vec<String>,
}

/// What is answered.
#[derive(Debug)]
pub enum Answer {
    /// Lines.
    Lines(Vec<String>),
    /// A content that must be read before it can be told: [`Dialogue::read`] tells it.
    Read(Reading),
    /// Nothing more: the dialogue ends.
    End,
}

/// The screen of a dialogue: none, and room for everything.
const NO_SCREEN: (u16, u16) = (u16::MAX, u16::MAX);

impl Dialogue {
    /// A dialogue about an image.
    pub fn new(subject: Subject, look: Look) -> Self {
        Self { model: Model::new(subject, look, NO_SCREEN), listed: Vec::new(), rest: Vec::new() }
    }

    /// What is said before the first line is asked.
    pub fn greeting(&self) -> Vec<String> {
        let mut lines = self.summary();
        lines.push("help lists the commands".into());
        lines
    }

    /// Answers a line.
    pub fn answer(&mut self, line: &str) -> Answer {
        let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let rest = rest.trim();
        let lines = match word {
            "" => Vec::new(),
            "quit" | "q" | "exit" => return Answer::End,
            "help" | "h" | "?" => help(),
            "summary" => self.summary(),
            "layers" => self.layers(),
            "layer" => self.layer(rest),
            "whole" => self.whole(),
            "ls" => self.ls(rest),
            "find" => self.find(rest),
            "largest" => self.largest(),
            "sort" => self.sort(rest),
            "about" => self.about(rest),
            "open" => return self.open(rest),
            "packages" => self.packages(rest),
            "package" => self.package(rest),
            "findings" | "rules" => self.findings(word == "rules"),
            "finding" => self.sheet(rest, detail::finding_sheet),
            "rule" => self.sheet(rest, Model::rule_sheet),
            "more" => std::mem::take(&mut self.rest),
            other => vec![format!("{} is no command: help lists them", self.model.look.text(other))],
        };
        Answer::Lines(self.page(lines))
    }

    /// Tells what was read of a file, or why it could not be read.
    pub fn read(&mut self, reading: &Reading, content: Result<Content, String>) -> Vec<String> {
        self.model.read(reading, content);
        let lines = self.told();
        self.page(lines)
    }

    /// The begin of an answer; the rest waits for `more`.
    fn page(&mut self, mut lines: Vec<String>) -> Vec<String> {
        self.rest = lines.split_off(lines.len().min(ROWS));
        if !self.rest.is_empty() {
            lines.push(format!("({} follow: more)", count(self.rest.len() as u64, "line")));
        }
        lines
    }

    /// What the model would have shown over its panes, or said.
    fn told(&mut self) -> Vec<String> {
        match self.model.sheets.pop() {
            Some(Sheet { title, lines, .. }) => std::iter::once(title).chain(lines).collect(),
            None => vec![std::mem::take(&mut self.model.message)],
        }
    }

    fn summary(&self) -> Vec<String> {
        super::draw::summary(&self.model)
    }

    fn layers(&self) -> Vec<String> {
        let model = &self.model;
        (0..model.subject.image.layers.len()).map(|layer| detail::layer_lines(model, layer).join(", ")).collect()
    }

    fn layer(&mut self, which: &str) -> Vec<String> {
        let number = which.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let layer = number.filter(|layer| *layer < self.model.subject.image.layers.len());
        if which != "all" && layer.is_none() {
            return vec![format!("there is no such layer: there are {}", self.model.subject.image.layers.len())];
        }
        self.model.whole = false;
        let view = layer.map_or(View::Final, View::Changes);
        self.model.browser.show(&self.model.subject.paths, view);
        let Some(layer) = layer else { return vec!["the tree is the final one".into()] };
        let paths = &self.model.subject.paths;
        self.listed = (1..paths.len())
            .filter(|item| {
                paths.event(*item, layer).is_some_and(|event| event.mark != Mark::Repeated || !paths.is_directory(*item))
            })
            .collect();
        let mut lines = detail::layer_lines(&self.model, layer);
        lines.extend(self.listed.iter().enumerate().map(|(at, item)| self.row(at, *item)));
        lines
    }

    fn whole(&mut self) -> Vec<String> {
        let view = match self.model.browser.view {
            View::Final => return vec!["the final tree is whole: choose a layer first".into()],
            View::Changes(layer) => View::Upto(layer),
            View::Upto(layer) => View::Changes(layer),
        };
        self.model.browser.show(&self.model.subject.paths, view);
        vec![super::draw::title(&self.model, Pane::Tree)]
    }

    /// A row of a list of paths.
    fn row(&self, at: usize, item: Item) -> String {
        let (subject, view) = (&self.model.subject, self.model.browser.view);
        let mark = view.mark(&subject.paths, item).map_or(String::new(), |mark| format!(", {}", mark.word()));
        let what = subject.at(item, view).map(|(_, what)| what);
        let end = match what {
            Some(What::Symlink(target)) => format!(", leads to {}", self.model.look.name(target)),
            _ if subject.paths.is_directory(item) => ", directory".to_owned(),
            _ => String::new(),
        };
        format!("{}. {}, {}{end}{mark}", at + 1, self.model.path(item), bytes(view.bytes(&subject.paths, item)))
    }

    fn list(&mut self, items: Vec<Item>) -> Vec<String> {
        self.listed = items;
        if self.listed.is_empty() {
            return vec![match self.model.browser.view {
                View::Changes(layer) => {
                    format!("nothing in what layer {} changed; `layer all` leads to the whole tree", layer + 1)
                }
                _ => "nothing".to_owned(),
            }];
        }
        self.listed.iter().enumerate().map(|(at, item)| self.row(at, *item)).collect()
    }

    /// The item that a path means, or a number of the last list.
    fn item(&self, which: &str) -> Result<Item, Vec<String>> {
        let by_number = which.parse::<usize>().ok().and_then(|number| self.listed.get(number.checked_sub(1)?)).copied();
        let found = by_number.or_else(|| self.model.subject.paths.find(which));
        found.ok_or_else(|| vec![format!("{} is neither a path nor a number of the last list", self.model.look.text(which))])
    }

    fn ls(&mut self, which: &str) -> Vec<String> {
        match self.item(if which.is_empty() { "/" } else { which }) {
            Ok(item) => {
                let browser = &self.model.browser;
                let children = browser.view.children(&self.model.subject.paths, item, browser.by_size);
                self.list(children)
            }
            Err(said) => said,
        }
    }

    fn find(&mut self, text: &str) -> Vec<String> {
        self.search(Wanted::text(text))
    }

    fn search(&mut self, wanted: Wanted) -> Vec<String> {
        let (browser, paths) = (&mut self.model.browser, &self.model.subject.paths);
        browser.look_for(paths, wanted);
        while browser.step(paths) {}
        let found = browser.rows.iter().map(|row| row.item).collect();
        browser.search = None;
        browser.build(paths);
        self.list(found)
    }

    fn largest(&mut self) -> Vec<String> {
        self.model.browser.show(&self.model.subject.paths, View::Final);
        let largest = (0..ROWS / 2).map_while(|place| self.model.subject.paths.largest(place)).collect();
        self.list(largest)
    }

    fn sort(&mut self, by: &str) -> Vec<String> {
        if !matches!(by, "size" | "name") {
            return vec!["sort size, or sort name".into()];
        }
        self.model.browser.by_size = by == "size";
        self.model.packages_by_name = by == "name";
        self.model.browser.build(&self.model.subject.paths);
        vec![format!("sorted by {by}")]
    }

    fn about(&self, which: &str) -> Vec<String> {
        self.item(which).map_or_else(|said| said, |item| detail::item_lines(&self.model, item))
    }

    fn open(&mut self, which: &str) -> Answer {
        let lines = match self.item(which) {
            Ok(item) => match self.model.open(item) {
                Some(Ask::Read(reading)) => return Answer::Read(reading),
                _ => self.told(),
            },
            Err(said) => said,
        };
        Answer::Lines(self.page(lines))
    }

    fn packages(&mut self, text: &str) -> Vec<String> {
        text.clone_into(&mut self.model.filters[Pane::Packages.place()]);
        self.model.list(Pane::Packages);
        let packages = self.model.packages.iter().filter_map(|place| self.model.subject.packages.get(*place));
        let lines: Vec<String> = packages
            .enumerate()
            .map(|(at, package)| {
                let (owner, files) = (&package.owner, count(package.files, "file"));
                let said =
                    format!("{}. {} {} {}, {}, {files}", at + 1, owner.kind, owner.name, owner.version, bytes(package.bytes));
                self.model.look.text(&said)
            })
            .collect();
        if lines.is_empty() { vec!["nothing".into()] } else { lines }
    }

    fn package(&mut self, which: &str) -> Vec<String> {
        let number = which.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match number.and_then(|at| self.model.packages.get(at)).copied() {
            Some(owner) => {
                self.model.browser.show(&self.model.subject.paths, View::Final);
                self.search(Wanted::Owned(owner))
            }
            None => vec!["there is no such package: packages numbers them".into()],
        }
    }

    fn findings(&mut self, all: bool) -> Vec<String> {
        self.model.all_rules = all;
        self.model.list(Pane::Findings);
        let (image, look) = (&self.model.subject.image, self.model.look);
        let line = |(at, said): (usize, &Said)| look.text(&format!("{}. {}: {}", at + 1, said.word(image), said.text(image)));
        let lines: Vec<String> = self.model.findings.iter().enumerate().map(line).collect();
        if lines.is_empty() { vec!["nothing was found; rules lists what was asked".into()] } else { lines }
    }

    fn sheet(&self, which: &str, of: impl Fn(&Model, Said) -> Option<Sheet>) -> Vec<String> {
        let number = which.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let said = number.and_then(|at| self.model.findings.get(at));
        match said.and_then(|said| of(&self.model, *said)) {
            Some(Sheet { title, lines, .. }) => std::iter::once(title).chain(lines).collect(),
            None => vec!["there is no such finding: findings numbers them".into()],
        }
    }
}

fn help() -> Vec<String> {
    COMMANDS.iter().map(|(command, tells)| format!("{command}: {tells}")).collect()
}
