//! The rows of the panes, each made when it is on the screen.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::emphasis;
use crate::explore::model::{Model, Pane};
use crate::explore::paths::{Item, Mark, Sum};
use crate::explore::subject::What;
use crate::explore::view::View;
use crate::finding::Level;
use crate::report::figures::{bytes, count, grouped};

/// From this width on a row of the tree tells mode, owner and layer, too.
const WIDE: u16 = 70;

/// The title of a pane, without its number.
pub fn title(model: &Model, pane: Pane) -> String {
    let total = |rows: usize, of: usize| if rows == of { grouped(of as u64) } else { format!("{rows} of {of}") };
    match pane {
        Pane::Layers => {
            let layers = model.subject.image.layers.len();
            format!("Layers {}", total(model.layers.len().saturating_sub(1), layers))
        }
        Pane::Tree => tree_title(model),
        Pane::Packages => format!("Packages {}", total(model.packages.len(), model.subject.packages.len())),
        Pane::Findings => format!("Findings {}", model.findings.iter().filter(|said| said.finding.is_some()).count()),
    }
}

fn tree_title(model: &Model) -> String {
    let sorted = if model.browser.by_size { "by size" } else { "by name" };
    let what = match model.browser.view {
        View::Final => "final".to_owned(),
        View::Changes(layer) => format!("changes of layer {}", layer + 1),
        View::Upto(layer) => format!("up to layer {}", layer + 1),
    };
    format!("Tree: {what}, {sorted}")
}

/// What stands in a pane that has no row.
pub fn nothing(model: &Model, pane: Pane) -> &'static str {
    match pane {
        _ if !model.filters[pane.place()].is_empty() || model.browser.search.is_some() => "  nothing fits",
        Pane::Findings => "  nothing was found; a lists all rules",
        Pane::Packages => "  nothing is installed",
        Pane::Layers | Pane::Tree => "  nothing is there",
    }
}

/// Where one is in the pane with the focus.
pub fn place(model: &Model) -> String {
    let rows = model.rows(model.focus);
    let at = model.cursor(model.focus).at.saturating_add(1).min(rows);
    let owned = match model.browser.search.as_ref().map(|search| &search.wanted) {
        Some(crate::explore::filter::Wanted::Owned(owner)) if model.focus == Pane::Tree => {
            let package = model.subject.packages.get(*owner);
            package.map_or(String::new(), |package| {
                model.look.text(&format!("  files of {} {}  (Esc: the tree)", package.owner.kind, package.owner.name))
            })
        }
        _ => String::new(),
    };
    format!("{} of {}{owned}", grouped(at as u64), grouped(rows as u64))
}

/// A row of a pane.
pub fn line(model: &Model, pane: Pane, at: usize, width: u16) -> Line<'static> {
    let cursor = if model.cursor(pane).at == at { '>' } else { ' ' };
    let mut line = match pane {
        Pane::Layers => model.layers.get(at).map(|layer| layer_line(model, *layer)),
        Pane::Tree => model.browser.rows.get(at).map(|row| tree_line(model, row.item, row.depth, width)),
        Pane::Packages => model.packages.get(at).and_then(|place| package_line(model, *place)),
        Pane::Findings => model.findings.get(at).map(|said| finding_line(model, *said, width)),
    }
    .unwrap_or_default();
    line.spans.insert(0, Span::raw(cursor.to_string()));
    line
}

fn layer_line(model: &Model, layer: Option<usize>) -> Line<'static> {
    let Some(layer) = layer else {
        return Line::from(format!("all {:>9} the final tree", bytes(model.subject.image.sizes.bytes)));
    };
    let number = layer + 1;
    if !model.subject.is_read(layer) {
        return Line::from(format!("{number:>3} not read"));
    }
    let sum = model.subject.paths.sum(0, layer).copied().unwrap_or_default();
    let instruction = model.look.text(&model.subject.instruction(layer).chars().take(200).collect::<String>());
    Line::from(format!("{number:>3} {:>9} {:<14} {instruction}", bytes(sum.bytes), counts(&sum)))
}

/// What a layer did, in figures: `+12 ~3 -1`.
pub fn counts(sum: &Sum) -> String {
    let parts = [('+', sum.added), ('~', sum.rewritten), ('-', sum.removed)];
    let parts: Vec<String> = parts.iter().filter(|(_, count)| *count > 0).map(|(sign, count)| format!("{sign}{count}")).collect();
    if parts.is_empty() { "no change".to_owned() } else { parts.join(" ") }
}

fn tree_line(model: &Model, item: Item, depth: u32, width: u16) -> Line<'static> {
    let (paths, view, look) = (&model.subject.paths, model.browser.view, model.look);
    let mark = model.browser.mark(paths, item);
    let known = model.subject.at(item, view);
    let mut front = format!("{}{:>9} ", mark.map_or(' ', Mark::sign), bytes(view.bytes(paths, item)));
    if width >= WIDE {
        let (mode, owner) = known.as_ref().map_or_else(Default::default, |(stat, what)| {
            (stat.permissions(what.letter()), format!("{}:{}", stat.uid, stat.gid))
        });
        let layer = paths.events(item).iter().rfind(|event| view.layer().is_none_or(|until| event.layer <= until));
        let layer = layer.map_or(String::new(), |event| (event.layer + 1).to_string());
        front = format!("{front}{mode:<10} {owner:<11} {layer:>3} ");
    }
    let is_flat = model.browser.search.is_some();
    let is_directory = paths.is_directory(item);
    let fold = match (is_flat, is_directory, model.browser.is_unfolded(item)) {
        (true, ..) => "",
        (_, false, _) => "  ",
        (_, _, true) => {
            if look.unicode {
                "▾ "
            } else {
                "v "
            }
        }
        (_, _, false) => {
            if look.unicode {
                "▸ "
            } else {
                "> "
            }
        }
    };
    let name = if is_flat || item == 0 { model.path(item) } else { look.name(paths.name(item)) };
    let end = match known.map(|(_, what)| what) {
        Some(What::Symlink(target)) => format!(" -> {}", look.name(target)),
        Some(What::Hardlink(target)) => format!(" => {}", look.text(&target.lossless())),
        _ if is_directory && item > 0 => "/".to_owned(),
        _ => String::new(),
    };
    let indent = " ".repeat((depth as usize).min(usize::from(width) / 2));
    Line::from(vec![Span::styled(front, mark_style(model, mark)), Span::raw(format!("{indent}{fold}{name}{end}"))])
}

fn mark_style(model: &Model, mark: Option<Mark>) -> Style {
    match mark.filter(|_| model.look.color) {
        Some(Mark::Added) => Style::new().fg(Color::Green),
        Some(Mark::Rewritten | Mark::Repeated) => Style::new().fg(Color::Yellow),
        Some(Mark::Removed) => Style::new().fg(Color::Red),
        None => Style::new(),
    }
}

fn package_line(model: &Model, place: usize) -> Option<Line<'static>> {
    let package = model.subject.packages.get(place)?;
    let (owner, files) = (&package.owner, count(package.files, "file"));
    let text = format!("{:>9} {:<6} {} {}  {files}", bytes(package.bytes), owner.kind, owner.name, owner.version);
    Some(Line::from(model.look.text(&text)))
}

fn finding_line(model: &Model, said: crate::explore::lists::Said, width: u16) -> Line<'static> {
    let image = &model.subject.image;
    let level = match said.of(image) {
        Some((_, Some(finding))) if finding.is_open() => Some(finding.level),
        Some((rule, None)) if rule.outcome == crate::finding::Outcome::Unknown => Some(Level::Warn),
        _ => None,
    };
    let text: String = said.text(image).chars().take(usize::from(width)).collect();
    let style = level.map_or(Style::new().add_modifier(Modifier::DIM), |level| emphasis(model.look, level));
    Line::from(vec![Span::styled(format!("{:<7} ", said.word(image)), style), Span::raw(model.look.text(&text))])
}
