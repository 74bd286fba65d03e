//! The keys: one table, by which they act, by which they are shown, and by which their documentation is held.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::model::Pane;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// So many rows down, or up.
    Rows(isize),
    /// So many halves of a page down, or up.
    Halves(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Into what is chosen.
    Enter,
    /// Unfold, or to the right.
    Right,
    /// Fold, or to the left.
    Left,
    /// Fold or unfold everything below.
    FoldAll,
    /// The content of the chosen file; all that is known of a chosen row.
    View,
    /// The documentation of the chosen rule.
    Docs,
    /// By size, or by name.
    Sort,
    /// More of the same: the whole tree with a layer's changes, or all rules.
    Whole,
    /// To the largest file.
    Largest,
    /// Type what is looked for.
    Filter,
    /// To the next that was looked for.
    Next,
    /// To the one before.
    Previous,
    /// One step back.
    Back,
    /// To a pane.
    To(Pane),
    /// To the next pane, or to the one before.
    Panes(isize),
    /// The keys.
    Help,
    /// Leave.
    Quit,
    /// Leave as Ctrl-C leaves other programs.
    Interrupt,
    /// To the shell, until it calls back.
    Suspend,
}

/// A key, with Ctrl or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// By itself.
    Plain(KeyCode),
    /// With Ctrl.
    Ctrl(char),
}

/// What some keys do.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys.
    pub keys: &'static [Key],
    /// How they are called.
    pub shown: &'static str,
    /// What they do.
    pub does: &'static str,
    /// What they do, in the line at the bottom; nothing if they do not stand there.
    pub short: &'static str,
    /// What they ask for.
    pub command: Command,
    /// Where they do it; nowhere else: in all panes.
    pub panes: &'static [Pane],
}

const fn bind(
    keys: &'static [Key],
    shown: &'static str,
    short: &'static str,
    does: &'static str,
    command: Command,
    panes: &'static [Pane],
) -> Binding {
    Binding { keys, shown, does, short, command, panes }
}

use Command as C;
use Key::{Ctrl, Plain};
use KeyCode::Char;
use Pane::{Findings, Layers, Packages, Tree};

/// All of them, as the help lists them.
pub static KEYS: &[Binding] = &[
    bind(
        &[Plain(KeyCode::Enter)],
        "Enter",
        "open",
        "unfold or fold a directory, view a file; of what was found: show it in the tree",
        C::Enter,
        &[Tree],
    ),
    bind(&[Plain(KeyCode::Enter)], "Enter", "its tree", "to the tree, as this layer changed it", C::Enter, &[Layers]),
    bind(&[Plain(KeyCode::Enter)], "Enter", "its files", "to the files of the package", C::Enter, &[Packages]),
    bind(
        &[Plain(KeyCode::Enter)],
        "Enter",
        "to the file",
        "to the file and its layer; where there is none, all of the finding",
        C::Enter,
        &[Findings],
    ),
    bind(
        &[Plain(Char('/'))],
        "/",
        "filter",
        "filter: a part of a name, a glob, or of a path if there is a / in it",
        C::Filter,
        &[],
    ),
    bind(&[Plain(Char('s'))], "s", "sort", "sort by size, or by name", C::Sort, &[Tree, Packages]),
    bind(
        &[Plain(Char('a'))],
        "a",
        "all/changes",
        "a layer's changes alone, or the whole tree up to it",
        C::Whole,
        &[Layers, Tree],
    ),
    bind(&[Plain(Char('a'))], "a", "all rules", "all rules, or only those that found something", C::Whole, &[Findings]),
    bind(&[Plain(Char('b'))], "b", "biggest", "to the biggest file that is shown; again: to the next", C::Largest, &[Tree]),
    bind(&[Plain(Char('v'))], "v", "view", "view a file: text, or bytes", C::View, &[Tree]),
    bind(&[Plain(Char('v'))], "v", "view", "all of the layer", C::View, &[Layers]),
    bind(&[Plain(Char('v'))], "v", "view", "all of the finding: fix, evidence, examples", C::View, &[Findings]),
    bind(&[Plain(Char('d'))], "d", "docs", "the documentation of the rule", C::Docs, &[Findings]),
    bind(&[Plain(Char('e'))], "e", "", "unfold or fold everything below", C::FoldAll, &[Tree]),
    bind(&[Plain(Char('n'))], "n", "", "to the next that was looked for, in the tree", C::Next, &[Tree]),
    bind(&[Plain(Char('N'))], "N", "", "to the one before", C::Previous, &[Tree]),
    bind(&[Plain(KeyCode::Right), Plain(Char('l'))], "Right l", "", "unfold, and into it; to the right in a text", C::Right, &[]),
    bind(
        &[Plain(KeyCode::Left), Plain(Char('h'))],
        "Left h",
        "",
        "fold, or to the directory around; to the left in a text",
        C::Left,
        &[],
    ),
    bind(&[Plain(KeyCode::Down), Plain(Char('j'))], "Down j", "", "one row down", C::Rows(1), &[]),
    bind(&[Plain(KeyCode::Up), Plain(Char('k'))], "Up k", "", "one row up", C::Rows(-1), &[]),
    bind(&[Plain(KeyCode::PageDown), Plain(Char(' ')), Ctrl('f')], "PgDn Space Ctrl-F", "", "one page down", C::Halves(2), &[]),
    bind(&[Plain(KeyCode::PageUp), Ctrl('b')], "PgUp Ctrl-B", "", "one page up", C::Halves(-2), &[]),
    bind(&[Ctrl('d')], "Ctrl-D", "", "half a page down", C::Halves(1), &[]),
    bind(&[Ctrl('u')], "Ctrl-U", "", "half a page up", C::Halves(-1), &[]),
    bind(&[Plain(Char('g')), Plain(KeyCode::Home)], "g Home", "", "to the first row", C::First, &[]),
    bind(&[Plain(Char('G')), Plain(KeyCode::End)], "G End", "", "to the last row", C::Last, &[]),
    bind(&[Plain(KeyCode::Tab)], "Tab", "pane", "to the next pane", C::Panes(1), &[]),
    bind(&[Plain(KeyCode::BackTab)], "Shift-Tab", "", "to the pane before", C::Panes(-1), &[]),
    bind(&[Plain(Char('1'))], "1", "", "to the layers", C::To(Layers), &[]),
    bind(&[Plain(Char('2'))], "2", "", "to the tree", C::To(Tree), &[]),
    bind(&[Plain(Char('3'))], "3", "", "to the packages", C::To(Packages), &[]),
    bind(&[Plain(Char('4'))], "4", "", "to the findings", C::To(Findings), &[]),
    bind(
        &[Plain(KeyCode::Esc), Plain(KeyCode::Backspace)],
        "Esc",
        "",
        "one step back: out of a text, a filter, a layer",
        C::Back,
        &[],
    ),
    bind(&[Plain(Char('?')), Plain(KeyCode::F(1))], "?", "help", "these keys", C::Help, &[]),
    bind(&[Plain(Char('q'))], "q", "quit", "leave; out of a text: back", C::Quit, &[]),
    bind(&[Ctrl('c')], "Ctrl-C", "", "leave at once", C::Interrupt, &[]),
    bind(&[Ctrl('z')], "Ctrl-Z", "", "to the shell; `fg` comes back", C::Suspend, &[]),
];

/// What a key asks for in a pane.
pub fn command(event: KeyEvent, pane: Pane) -> Option<Command> {
    let key = match event.code {
        Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => Ctrl(letter.to_ascii_lowercase()),
        code => Plain(code),
    };
    let found = KEYS.iter().find(|binding| binding.keys.contains(&key) && binding.holds_in(pane));
    found.map(|binding| binding.command)
}

impl Binding {
    /// Whether it does something in a pane.
    pub fn holds_in(&self, pane: Pane) -> bool {
        self.panes.is_empty() || self.panes.contains(&pane)
    }

    /// Where it holds, as a word: of one pane its name.
    pub fn place(&self) -> String {
        let names: Vec<&str> = self.panes.iter().map(|pane| pane.name()).collect();
        if names.is_empty() { "everywhere".to_owned() } else { names.join(", ") }
    }
}

/// The keys of a pane as one line, the most telling first.
pub fn hints(pane: Pane) -> impl Iterator<Item = String> {
    let shown = KEYS.iter().filter(move |binding| !binding.short.is_empty() && binding.holds_in(pane));
    let last = |binding: &&Binding| matches!(binding.command, C::Help | C::Quit);
    let ends = KEYS.iter().filter(last);
    ends.chain(shown.filter(move |binding| !last(binding))).map(|binding| format!("{} {}", binding.shown, binding.short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things_in_one_pane() {
        for pane in Pane::ALL {
            let keys: Vec<Key> =
                KEYS.iter().filter(|binding| binding.holds_in(pane)).flat_map(|binding| binding.keys).copied().collect();
            let twice = keys.iter().enumerate().find(|(at, key)| keys.iter().take(*at).any(|other| other == *key));
            assert_eq!(twice, None, "{pane:?}");
        }
    }

    #[test]
    fn ctrl_is_told_apart() {
        let press = |code, modifiers| command(KeyEvent::new(code, modifiers), Tree);
        assert_eq!(press(Char('d'), KeyModifiers::CONTROL), Some(C::Halves(1)));
        assert_eq!(press(Char('b'), KeyModifiers::NONE), Some(C::Largest));
        assert_eq!(press(Char('G'), KeyModifiers::SHIFT), Some(C::Last));
        assert_eq!(press(Char('x'), KeyModifiers::NONE), None);
    }
}
