//! What tells of the chosen row: below its pane, and over the whole screen.

use std::fmt::Write as _;

use super::rows::counts;
use crate::explore::lists::Said;
use crate::explore::model::{Model, Pane};
use crate::explore::paths::{Event, Item, Mark};
use crate::explore::sheet::{Sheet, paragraphs};
use crate::explore::subject::What;
use crate::report;
use crate::report::figures::{bytes, count};

/// Characters of an instruction that are shown below a pane.
const INSTRUCTION: usize = 600;

/// What tells of the chosen row of a pane.
pub fn lines(model: &Model, pane: Pane) -> Vec<String> {
    let at = model.cursor(pane).at;
    match pane {
        Pane::Layers => match model.layers.get(at).copied().flatten() {
            Some(layer) => layer_lines(model, layer),
            None => vec!["all layers together: what a container sees".into()],
        },
        Pane::Tree => model.browser.item().map(|item| item_lines(model, item)).unwrap_or_default(),
        Pane::Packages => vec!["Enter shows the files of the package".into()],
        Pane::Findings => model.findings.get(at).map(|said| finding_lines(model, *said)).unwrap_or_default(),
    }
}

/// What a layer did, and the instruction that made it.
pub fn layer_lines(model: &Model, layer: usize) -> Vec<String> {
    let sum = model.subject.paths.sum(0, layer).copied().unwrap_or_default();
    let hidden = if sum.hidden > 0 { format!(", hides {} below", bytes(sum.hidden)) } else { String::new() };
    let instruction: String = model.subject.instruction(layer).chars().take(INSTRUCTION).collect();
    vec![format!("layer {}: {} {}{hidden}", layer + 1, counts(&sum), bytes(sum.bytes)), model.look.text(&instruction)]
}

/// What is known of a path.
pub fn item_lines(model: &Model, item: Item) -> Vec<String> {
    let (paths, view) = (&model.subject.paths, model.browser.view);
    let what = model.subject.at(item, view).map(|(stat, what)| {
        let kind = match what {
            What::Directory => count(paths.files(item), "file"),
            What::File(_) => bytes(stat.size),
            What::Symlink(_) => "symbolic link".to_owned(),
            What::Hardlink(_) => "hard link".to_owned(),
            What::Device(_, major, minor) => format!("device {major}, {minor}"),
            What::Fifo => "pipe".to_owned(),
        };
        let capable = if stat.capable { ", capabilities" } else { "" };
        format!("{} {}:{}, {kind}{capable}", stat.permissions(what.letter()), stat.uid, stat.gid)
    });
    let names = Some(model.subject.names(item)).filter(|names| *names > 1).map(|names| format!("{names} names"));
    let package = paths.owner(item).and_then(|owner| model.subject.packages.get(owner));
    let package = package.map(|package| format!("of {} {} {}", package.owner.kind, package.owner.name, package.owner.version));
    let facts: Vec<String> = what.into_iter().chain(names).chain(package).collect();
    let is_new = |event: &&Event| event.mark != Mark::Repeated || !paths.is_directory(item);
    let events: Vec<String> = paths
        .events(item)
        .iter()
        .filter(is_new)
        .map(|event| format!("{} by layer {}", event.mark.word(), event.layer + 1))
        .collect();
    let last = paths.events(item).iter().rfind(|event| view.layer().is_none_or(|until| event.layer <= until));
    let instruction = last.map(|event| model.subject.instruction(event.layer).chars().take(INSTRUCTION).collect::<String>());
    let said = [Some(facts.join(", ")), Some(events.join(", ")), instruction];
    let said = said.into_iter().flatten().filter(|line| !line.is_empty()).map(|line| model.look.text(&line));
    std::iter::once(model.path(item)).chain(said).collect()
}

fn finding_lines(model: &Model, said: Said) -> Vec<String> {
    match said.of(&model.subject.image) {
        Some((_, Some(finding))) => {
            let fix = Some(format!("fix: {}", finding.fix)).filter(|_| !finding.fix.is_empty());
            let predicts = finding.predicts.as_ref().map(|line| format!("at run time: {line}"));
            let lines = [Some(finding.message.clone()), predicts, fix];
            lines.into_iter().flatten().map(|line| model.look.text(&line)).collect()
        }
        _ => vec![model.look.text(&said.text(&model.subject.image))],
    }
}

/// All of a layer.
pub fn layer_sheet(model: &Model, layer: usize) -> Sheet {
    let sum = model.subject.paths.sum(0, layer).copied().unwrap_or_default();
    let mut text = format!(
        "{} paths added, {} rewritten, {} removed\n{} shipped, {} of lower layers hidden\n",
        sum.added,
        sum.rewritten,
        sum.removed,
        bytes(sum.bytes),
        bytes(sum.hidden)
    );
    if let Some(known) = model.subject.image.layers.get(layer) {
        let size = bytes(known.compressed_bytes);
        let _ = write!(text, "blob    {}, {size}\ndiff_id {}\ntype    {}\n", known.digest, known.diff_id, known.media_type);
    }
    let _ = write!(text, "\n{}", model.subject.instruction(layer));
    sheet(model, format!("Layer {}", layer + 1), &text)
}

/// All of a finding, or of a rule that has none.
pub fn finding_sheet(model: &Model, said: Said) -> Option<Sheet> {
    let (rule, finding) = said.of(&model.subject.image)?;
    let text = finding.map_or_else(|| said.text(&model.subject.image), finding_text);
    let title = model.look.text(&format!("{} {}", said.word(&model.subject.image), rule.id));
    Some(sheet(model, title, &text))
}

fn finding_text(finding: &report::Finding) -> String {
    let blame = finding.layer.as_ref().map(|layer| {
        format!("{} {}", layer.index + 1, layer.created_by.as_deref().unwrap_or("(the image does not say what made it)"))
    });
    let optional = [
        ("at run time", finding.predicts.as_ref()),
        ("fix", Some(&finding.fix).filter(|fix| !fix.is_empty())),
        ("path", finding.path.as_ref()),
        ("found", finding.found.as_ref()),
        ("wanted", finding.want.as_ref()),
        ("explained by", finding.because.as_ref()),
        ("waived", finding.waived.as_ref()),
        ("layer", blame.as_ref()),
    ];
    let mut text = format!("{}\n", finding.message);
    for (what, value) in optional.into_iter().filter_map(|(what, value)| Some((what, value?))) {
        let _ = write!(text, "\n{what}: {value}\n");
    }
    if finding.count > 1 {
        let _ = write!(text, "\nit stands for {}; the first:\n", count(finding.count, "offender"));
    }
    finding.examples.iter().fold(text, |text, example| text + "  " + example + "\n")
}

fn sheet(model: &Model, title: String, text: &str) -> Sheet {
    Sheet::new(title, paragraphs(text).iter().map(|line| model.look.text(line)).collect())
}
