//! What the commands do.

use super::content::Content;
use super::filter::Wanted;
use super::keys::Command;
use super::lists::Said;
use super::model::{Ask, Model, Pane, Reading};
use super::paths::Item;
use super::sheet::{Sheet, paragraphs};
use super::subject::What;
use super::view::View;
use super::{draw, draw::layout};
use crate::layer::Kept;
use crate::rules::RULES;

impl Model {
    /// What a command does to the panes.
    pub(super) fn command(&mut self, command: Command) -> Option<Ask> {
        match command {
            Command::Rows(rows) => self.go(rows),
            Command::Halves(halves) => self.go(halves * half(layout::height(self, self.focus))),
            Command::First => self.go(isize::MIN),
            Command::Last => self.go(isize::MAX),
            Command::Enter => return self.enter(),
            Command::Right => self.right(),
            Command::Left => self.left(),
            Command::FoldAll => {
                if let Some(item) = self.browser.item().filter(|_| self.browser.search.is_none()) {
                    self.browser.fold_all(&self.subject.paths, item);
                }
            }
            Command::View => return self.view(),
            Command::Docs => self.docs(),
            Command::Sort => self.sort(),
            Command::Whole => self.toggle(),
            Command::Largest => self.browser.jump_to_largest(&self.subject.paths),
            Command::Filter => self.typing = true,
            Command::Next | Command::Previous => {
                if !self.browser.again(&self.subject.paths, command == Command::Previous) {
                    "nothing was looked for: / begins".clone_into(&mut self.message);
                }
                self.follow();
            }
            Command::Back => self.back(),
            Command::To(pane) => self.focus(pane),
            Command::Panes(by) => {
                let next = (self.focus.place().cast_signed() + by).rem_euclid(Pane::ALL.len().cast_signed());
                self.focus(Pane::ALL[next.unsigned_abs()]);
            }
            Command::Help => self.sheets.push(Sheet::new("Keys", draw::help::lines())),
            Command::Quit => return Some(Ask::Quit),
            Command::Interrupt | Command::Suspend => {}
        }
        None
    }

    /// What a command does to a text that stands over the panes.
    pub(super) fn turn(&mut self, command: Command) -> Option<Ask> {
        let height = layout::sheet_height(self.size);
        let sheet = self.sheets.last_mut()?;
        match command {
            Command::Rows(rows) => sheet.by(rows, height),
            Command::Halves(halves) => sheet.by(halves * half(height), height),
            Command::First => sheet.by(isize::MIN, height),
            Command::Last => sheet.by(isize::MAX, height),
            Command::Right | Command::Left => sheet.aside(command == Command::Right),
            Command::Help => self.sheets.push(Sheet::new("Keys", draw::help::lines())),
            Command::Back | Command::Quit | Command::Enter => drop(self.sheets.pop()),
            _ => {}
        }
        None
    }

    fn go(&mut self, rows: isize) {
        let length = self.rows(self.focus);
        self.cursor_mut(self.focus).by(rows, length);
        self.chosen();
    }

    /// Gives a pane the focus.
    pub(super) fn focus(&mut self, pane: Pane) {
        self.focus = pane;
        if pane != Pane::Tree {
            self.side = pane;
        }
    }

    fn enter(&mut self) -> Option<Ask> {
        match self.focus {
            Pane::Layers => self.focus(Pane::Tree),
            Pane::Packages => {
                let owner = self.packages.get(self.cursors[Pane::Packages.place()].at).copied()?;
                self.focus(Pane::Tree);
                self.browser.view = View::Final;
                self.browser.look_for(&self.subject.paths, Wanted::Owned(owner));
                self.follow();
            }
            Pane::Findings => self.show_place(),
            Pane::Tree => {
                let item = self.browser.item()?;
                if self.browser.search.is_some() {
                    self.browser.reveal(&self.subject.paths, item);
                } else if self.subject.paths.is_directory(item) {
                    self.browser.fold(&self.subject.paths, item, !self.browser.is_unfolded(item));
                } else {
                    return self.open(item);
                }
            }
        }
        None
    }

    /// To the file of the chosen finding, in the tree that has it; else to its layer; else all of it is shown.
    fn show_place(&mut self) {
        let said = self.findings.get(self.cursors[Pane::Findings.place()].at).and_then(|said| said.of(&self.subject.image));
        let Some((_, Some(finding))) = said else { return self.finding() };
        let item = finding.path.as_deref().and_then(|path| self.subject.paths.find(path));
        let layer = finding.layer.as_ref().map(|layer| layer.index).filter(|layer| *layer < self.subject.image.layers.len());
        match (item, layer) {
            (Some(item), _) => {
                let is_seen = self.subject.paths.node(item).is_some();
                self.browser.view = layer.filter(|_| !is_seen).map_or(View::Final, View::Changes);
                self.browser.reveal(&self.subject.paths, item);
                self.focus(Pane::Tree);
            }
            (None, Some(layer)) => {
                self.browser.search = None;
                self.browser.show(&self.subject.paths, View::Changes(layer));
                self.focus(Pane::Layers);
            }
            (None, None) => return self.finding(),
        }
        self.follow();
        if let (Some(_), Some(layer)) = (item, layer) {
            self.message = format!("layer {}: {}", layer + 1, self.look.text(self.subject.instruction(layer)));
        }
    }

    fn right(&mut self) {
        let Some(item) = self.tree_item() else { return };
        if !self.browser.is_unfolded(item) {
            self.browser.fold(&self.subject.paths, item, true);
        } else if self.subject.paths.is_directory(item) {
            self.go(1);
        }
    }

    fn left(&mut self) {
        let Some(item) = self.tree_item() else { return };
        if self.browser.is_unfolded(item) && self.subject.paths.is_directory(item) {
            self.browser.fold(&self.subject.paths, item, false);
        } else {
            self.browser.reveal(&self.subject.paths, self.subject.paths.parent(item));
        }
    }

    /// The chosen item, where the tree has the focus and is a tree.
    fn tree_item(&self) -> Option<Item> {
        self.browser.item().filter(|_| self.focus == Pane::Tree && self.browser.search.is_none())
    }

    fn sort(&mut self) {
        if self.focus == Pane::Packages {
            self.packages_by_name = !self.packages_by_name;
            return self.list(Pane::Packages);
        }
        self.browser.by_size = !self.browser.by_size;
        self.browser.build(&self.subject.paths);
    }

    fn toggle(&mut self) {
        if self.focus == Pane::Findings {
            self.all_rules = !self.all_rules;
            return self.list(Pane::Findings);
        }
        self.whole = !self.whole;
        let view = match self.browser.view {
            View::Final => {
                "the final tree is whole: choose a layer first".clone_into(&mut self.message);
                View::Final
            }
            View::Changes(layer) | View::Upto(layer) => {
                if self.whole {
                    View::Upto(layer)
                } else {
                    View::Changes(layer)
                }
            }
        };
        self.browser.show(&self.subject.paths, view);
    }

    fn back(&mut self) {
        let is_filtered = !self.filters[self.focus.place()].is_empty();
        match self.focus {
            Pane::Tree if self.browser.search.is_some() => self.browser.close_search(&self.subject.paths),
            pane if pane != Pane::Tree && is_filtered => self.filter_by(""),
            Pane::Layers | Pane::Tree => {
                self.browser.show(&self.subject.paths, View::Final);
                self.follow();
            }
            Pane::Packages | Pane::Findings => self.focus(Pane::Tree),
        }
    }

    fn view(&mut self) -> Option<Ask> {
        match self.focus {
            Pane::Tree => {
                let item = self.browser.item()?;
                return self.open(item);
            }
            Pane::Layers => {
                if let Some(layer) = self.layers.get(self.cursors[Pane::Layers.place()].at).copied().flatten() {
                    self.sheets.push(draw::detail::layer_sheet(self, layer));
                }
            }
            Pane::Findings => self.finding(),
            Pane::Packages => {}
        }
        None
    }

    /// Shows all of the chosen finding.
    fn finding(&mut self) {
        if let Some(said) = self.findings.get(self.cursors[Pane::Findings.place()].at) {
            self.sheets.extend(draw::detail::finding_sheet(self, *said));
        }
    }

    fn docs(&mut self) {
        let said = self.findings.get(self.cursors[Pane::Findings.place()].at).copied();
        self.sheets.extend(said.and_then(|said| self.rule_sheet(said)));
    }

    /// The documentation of a rule.
    pub(super) fn rule_sheet(&self, said: Said) -> Option<Sheet> {
        let (rule, _) = said.of(&self.subject.image)?;
        let text = match RULES.iter().find(|known| known.id == rule.id) {
            Some(known) => format!("{}\n\n{}", known.summary, known.markdown()),
            None => "A check of the profile: what it wants stands there.".to_owned(),
        };
        let lines = paragraphs(&text).iter().map(|line| self.look.text(line)).collect();
        Some(Sheet::new(self.look.text(&rule.id), lines))
    }

    /// Shows what a file holds: what was kept of it, else by a further reading. Links are followed.
    pub(super) fn open(&mut self, item: Item) -> Option<Ask> {
        let view = self.browser.view;
        let Some((stat, what)) = self.subject.at(item, view) else {
            "nothing is known of its content".clone_into(&mut self.message);
            return None;
        };
        let (item, trace, size) = match what {
            What::File(trace) => (item, trace.clone(), stat.size),
            What::Symlink(_) | What::Hardlink(_) => {
                if let Some(linked) = self.subject.linked(item, view) {
                    linked
                } else {
                    "it leads to no file".clone_into(&mut self.message);
                    return None;
                }
            }
            _ => {
                "it is no file: there is nothing to view".clone_into(&mut self.message);
                return None;
            }
        };
        if let Kept::Whole(bytes) = &trace.kept {
            let content = Content { bytes: bytes.to_vec(), size };
            self.show_content(item, &content, &trace);
            return None;
        }
        let layer = self.subject.content_layer(item, view)?;
        Some(Ask::Read(Reading { item, layer, trace, size }))
    }
}

/// Rows of half a page.
fn half(height: usize) -> isize {
    isize::try_from(height / 2).unwrap_or(isize::MAX).max(1)
}
