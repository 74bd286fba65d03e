//! The state of the browser, and what a key makes of it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::browser::Browser;
use super::content::{self, Content};
use super::cursor::Cursor;
use super::draw::layout;
use super::filter::Wanted;
use super::keys::{self, Command};
use super::lists::{self, Said};
use super::look::Look;
use super::paths::Item;
use super::sheet::Sheet;
use super::subject::Subject;
use super::view::View;
use crate::layer::Trace;
use crate::vfs::LayerIndex;

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// What the image is laid of.
    Layers,
    /// The files.
    Tree,
    /// What is installed.
    Packages,
    /// What is wrong.
    Findings,
}

impl Pane {
    /// All of them, as they are numbered.
    pub const ALL: [Self; 4] = [Self::Layers, Self::Tree, Self::Packages, Self::Findings];

    /// Its place, from 0.
    pub fn place(self) -> usize {
        self as usize
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layers => "Layers",
            Self::Tree => "Tree",
            Self::Packages => "Packages",
            Self::Findings => "Findings",
        }
    }
}

/// What the model needs of whoever called it.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// A content that was not kept: its begin, for [`Model::read`].
    Read(Reading),
    /// To leave.
    Quit,
    /// To leave as one who is interrupted.
    Interrupt,
    /// To sleep until the shell calls.
    Suspend,
}

/// A content to be read: of which file, in which layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The path.
    pub item: Item,
    /// The layer that ships it.
    pub layer: LayerIndex,
    /// What was seen of it.
    pub trace: Trace,
    /// Its bytes.
    pub size: u64,
}

/// The state.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that a key turns")]
#[derive(Debug)]
pub struct Model {
    /// The image.
    pub(super) subject: Subject,
    /// What the terminal shows.
    pub(super) look: Look,
    /// The tree pane.
    pub(super) browser: Browser,
    /// The layers; `None` is all of them.
    pub(super) layers: Vec<Option<LayerIndex>>,
    pub(super) packages: Vec<usize>,
    pub(super) findings: Vec<Said>,
    /// Where one is in the panes beside the tree.
    pub(super) cursors: [Cursor; 4],
    /// What those panes are filtered by.
    pub(super) filters: [String; 4],
    pub(super) focus: Pane,
    /// Of the panes beside the tree the one that had the focus last: where there is room for one, it is shown.
    pub(super) side: Pane,
    /// Whether what is typed is a filter.
    pub(super) typing: bool,
    pub(super) sheets: Vec<Sheet>,
    /// What came of the last key, if that is to be said.
    pub(super) message: String,
    /// Columns and rows of the screen.
    pub(super) size: (u16, u16),
    /// Whether the tree is shown whole with a layer's changes.
    pub(super) whole: bool,
    pub(super) all_rules: bool,
    pub(super) packages_by_name: bool,
}

impl Model {
    /// An image, at first its final tree, on a screen of so many columns and rows.
    pub fn new(subject: Subject, look: Look, size: (u16, u16)) -> Self {
        let mut model = Self {
            browser: Browser::new(&subject.paths),
            subject,
            look,
            layers: Vec::new(),
            packages: Vec::new(),
            findings: Vec::new(),
            cursors: [Cursor::default(); 4],
            filters: Default::default(),
            focus: Pane::Layers,
            side: Pane::Layers,
            typing: false,
            sheets: Vec::new(),
            message: String::new(),
            size,
            whole: false,
            all_rules: false,
            packages_by_name: false,
        };
        for pane in Pane::ALL {
            model.list(pane);
        }
        model.fit();
        model
    }

    /// The screen has another size.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.fit();
    }

    /// A key. What it needs beyond the model, if anything.
    pub fn press(&mut self, key: KeyEvent) -> Option<Ask> {
        self.message.clear();
        let ask = match keys::command(key, self.focus) {
            Some(Command::Interrupt) => Some(Ask::Interrupt),
            Some(Command::Suspend) => Some(Ask::Suspend),
            command if self.typing => self.type_key(key, command),
            Some(command) if !self.sheets.is_empty() => self.turn(command),
            Some(command) => self.command(command),
            None => None,
        };
        self.fit();
        ask
    }

    /// Says something until the next key.
    pub fn say(&mut self, message: &str) {
        message.clone_into(&mut self.message);
    }

    /// Some more of what was begun. Whether there is more.
    pub fn work(&mut self) -> bool {
        let more = self.browser.step(&self.subject.paths);
        self.fit();
        more
    }

    /// Shows what was read of a file, or says why it could not be read.
    pub fn read(&mut self, reading: &Reading, content: Result<Content, String>) {
        match content {
            Ok(content) => self.show_content(reading.item, &content, &reading.trace),
            Err(why) => self.message = self.look.text(&why),
        }
        self.fit();
    }

    pub(super) fn show_content(&mut self, item: Item, content: &Content, trace: &Trace) {
        let title = format!("{}, {}", self.path(item), crate::report::figures::bytes(content.size));
        self.sheets.push(Sheet::new(title, content::lines(content, trace, self.look)));
    }

    /// The path of an item as it is shown.
    pub(super) fn path(&self, item: Item) -> String {
        format!("/{}", self.look.name(self.subject.paths.path(item).as_bytes()))
    }

    /// Makes the rows of a pane beside the tree anew.
    pub(super) fn list(&mut self, pane: Pane) {
        let filter = self.filters.get(pane.place()).filter(|filter| !filter.is_empty());
        let pattern = filter.map(|filter| super::filter::Pattern::new(filter));
        let fits = |text: &str| pattern.as_ref().is_none_or(|pattern| pattern.fits(text.as_bytes()));
        match pane {
            Pane::Layers => {
                let all = (0..self.subject.image.layers.len()).filter(|layer| fits(self.subject.instruction(*layer)));
                self.layers = std::iter::once(None).chain(all.map(Some)).collect();
            }
            Pane::Packages => self.packages = lists::packages(&self.subject, !self.packages_by_name, pattern.as_ref()),
            Pane::Findings => {
                let image = &self.subject.image;
                self.findings = lists::findings(image, self.all_rules);
                self.findings.retain(|said| fits(&said.text(image)));
            }
            Pane::Tree => {}
        }
    }

    /// How many rows a pane has.
    pub(super) fn rows(&self, pane: Pane) -> usize {
        match pane {
            Pane::Layers => self.layers.len(),
            Pane::Tree => self.browser.rows.len(),
            Pane::Packages => self.packages.len(),
            Pane::Findings => self.findings.len(),
        }
    }

    pub(super) fn cursor(&self, pane: Pane) -> Cursor {
        if pane == Pane::Tree { self.browser.cursor } else { self.cursors[pane.place()] }
    }

    pub(super) fn cursor_mut(&mut self, pane: Pane) -> &mut Cursor {
        if pane == Pane::Tree { &mut self.browser.cursor } else { &mut self.cursors[pane.place()] }
    }

    /// Scrolls every pane so that what is chosen is on the screen.
    fn fit(&mut self) {
        for pane in Pane::ALL {
            let (rows, height) = (self.rows(pane), layout::height(self, pane));
            self.cursor_mut(pane).fit(rows, height);
        }
        let height = layout::sheet_height(self.size);
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.fit(height);
        }
    }

    /// A key while a filter is typed.
    fn type_key(&mut self, key: KeyEvent, command: Option<Command>) -> Option<Ask> {
        let is_letter = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let mut text = self.filter().to_owned();
        match key.code {
            KeyCode::Char(letter) if is_letter => text.push(letter),
            KeyCode::Char('u') => text.clear(),
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Enter => {
                self.typing = false;
                return None;
            }
            KeyCode::Esc => {
                self.typing = false;
                text.clear();
            }
            _ => {
                return command
                    .filter(|command| matches!(command, Command::Rows(_) | Command::Halves(_)))
                    .and_then(|command| self.command(command));
            }
        }
        self.filter_by(&text);
        None
    }

    /// What the pane with the focus is filtered by.
    pub(super) fn filter(&self) -> &str {
        match (self.focus, &self.browser.search) {
            (Pane::Tree, Some(search)) => match &search.wanted {
                Wanted::Text(text, _) => text,
                Wanted::Owned(_) => "",
            },
            (Pane::Tree, None) => "",
            (pane, _) => &self.filters[pane.place()],
        }
    }

    /// Filters the pane with the focus; by nothing: shows all of it.
    pub(super) fn filter_by(&mut self, text: &str) {
        if self.focus != Pane::Tree {
            text.clone_into(&mut self.filters[self.focus.place()]);
            self.list(self.focus);
            return self.chosen();
        }
        if text.is_empty() {
            self.browser.close_search(&self.subject.paths);
        } else {
            self.browser.look_for(&self.subject.paths, Wanted::text(text));
        }
    }

    /// Shows the tree as the chosen layer says.
    pub(super) fn chosen(&mut self) {
        let layer = self.layers.get(self.cursors[Pane::Layers.place()].at).copied().flatten();
        let view = match layer {
            None => View::Final,
            Some(layer) if self.whole => View::Upto(layer),
            Some(layer) => View::Changes(layer),
        };
        if self.focus == Pane::Layers && view != self.browser.view {
            self.browser.search = None;
            self.browser.show(&self.subject.paths, view);
        }
    }

    /// Chooses in the layers what the tree shows.
    pub(super) fn follow(&mut self) {
        let layer = self.browser.view.layer();
        if self.layers.iter().all(|row| *row != layer) {
            self.filters[Pane::Layers.place()].clear();
            self.list(Pane::Layers);
        }
        self.cursors[Pane::Layers.place()].at = self.layers.iter().position(|row| *row == layer).unwrap_or_default();
    }
}
