//! The screen, as the model says. Only what is visible is put together.

pub mod detail;
pub mod help;
pub mod layout;
mod rows;

pub(super) use rows::title;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::keys;
use super::look::Look;
use super::model::{Model, Pane};
use super::sheet::{Sheet, columns, wrap};
use crate::finding::{Level, Question};
use crate::report::{Answer, Verdict};

/// A border that every terminal has.
const ASCII: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws the screen.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    let size = frame.area().as_size();
    if layout::is_too_small((size.width, size.height)) || (size.width, size.height) != model.size {
        let (width, height) = layout::LEAST;
        let lines = ["too small: at least".to_owned(), format!("{width} x {height}; q leaves")];
        return frame.render_widget(Paragraph::new(lines.map(Line::from).to_vec()), frame.area());
    }
    if let Some(sheet) = model.sheets.last() {
        return draw_sheet(frame, model, sheet);
    }
    let parts = layout::parts(model);
    frame.render_widget(Paragraph::new(head(model)), parts.head);
    for (pane, area) in Pane::ALL.into_iter().zip(parts.panes) {
        if let Some(area) = area {
            draw_pane(frame, model, pane, area);
        }
    }
    frame.render_widget(Line::from(said(model)), parts.said);
    frame.render_widget(Line::from(keys_of(model.focus, parts.keys.width)), parts.keys);
}

fn draw_pane(frame: &mut Frame<'_>, model: &Model, pane: Pane, area: Rect) {
    let is_focus = pane == model.focus;
    let title = format!("{}{} {}", if is_focus { "> " } else { "" }, pane.place() + 1, rows::title(model, pane));
    let title = if is_focus { Span::styled(title, Modifier::BOLD) } else { Span::raw(title) };
    frame.render_widget(block(model.look).title(title), area);
    let (list, below) = layout::inside(area);
    let cursor = model.cursor(pane);
    let end = model.rows(pane).min(cursor.top.saturating_add(list.height.into()));
    let lines: Vec<Line<'_>> = (cursor.top..end)
        .map(|at| {
            let line = rows::line(model, pane, at, list.width);
            if at == cursor.at && is_focus { line.patch_style(Modifier::REVERSED) } else { line }
        })
        .collect();
    let lines = if lines.is_empty() { vec![Line::from(rows::nothing(model, pane))] } else { lines };
    frame.render_widget(Paragraph::new(lines), list);
    if below.height > 0 {
        let detail: Vec<Line<'_>> = detail::lines(model, pane)
            .iter()
            .flat_map(|line| wrap(line, below.width.into(), below.height.into()))
            .take(usize::from(below.height).saturating_sub(1))
            .map(Line::from)
            .collect();
        let rule = if model.look.unicode { "─" } else { "-" }.repeat(below.width.into());
        frame.render_widget(Paragraph::new([vec![Line::from(rule)], detail].concat()), below);
    }
}

fn draw_sheet(frame: &mut Frame<'_>, model: &Model, sheet: &Sheet) {
    let area = frame.area();
    let body = Rect { height: area.height.saturating_sub(1), ..area };
    let keys = Rect { y: body.height, height: 1, ..area };
    frame.render_widget(Clear, frame.area());
    let height = layout::sheet_height(model.size);
    let lines: Vec<Line<'_>> = sheet.lines.iter().skip(sheet.top).take(height).map(|line| Line::from(line.as_str())).collect();
    let left = u16::try_from(sheet.left).unwrap_or(u16::MAX);
    let block = block(model.look).title(Span::styled(format!("> {}", sheet.title), Modifier::BOLD));
    frame.render_widget(Paragraph::new(lines).scroll((0, left)).block(block), body);
    let until = sheet.lines.len().min(sheet.top + height);
    let place = format!("lines {}-{until} of {}", (sheet.top + 1).min(until), sheet.lines.len());
    frame.render_widget(Line::from(format!("Esc back  Down Up PgDn PgUp g G scroll  Left Right aside  {place}")), keys);
}

fn block(look: Look) -> Block<'static> {
    Block::bordered().border_set(if look.unicode { border::PLAIN } else { ASCII })
}

/// The image, what came of it, and the five answers.
fn head(model: &Model) -> Vec<Line<'static>> {
    let (image, look) = (&model.subject.image, model.look);
    let platform = image.platform.as_deref().unwrap_or("no platform");
    let bytes = crate::report::figures::bytes(image.sizes.bytes);
    let verdict = match image.verdict {
        Verdict::Held => "held",
        Verdict::Findings => "findings",
        Verdict::Undecided => "undecided",
        Verdict::Incomplete => "incomplete",
    };
    let first = look.text(&format!("{verdict}  {}  {platform}  {bytes}  profile {}", image.reference, image.policy.profile));
    let level = if image.verdict == Verdict::Held { Level::Info } else { Level::Error };
    let mut answers = Vec::new();
    for question in Question::ALL {
        let answer = image.answers.to(question);
        let style = if answer == Answer::No { emphasis(look, Level::Error) } else { Style::new() };
        answers.extend([Span::raw(format!("{} ", question.word())), Span::styled(word(answer), style), Span::raw("  ")]);
    }
    let mut lines = vec![Line::styled(first, emphasis(look, level)), Line::from(answers)];
    if let Some(error) = &image.error {
        let why = look.text(&format!("INCOMPLETE, as far as it could be read: {}", error.message));
        lines.push(Line::styled(why, emphasis(look, Level::Error)));
    }
    lines
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "NO",
        Answer::Unknown => "unknown",
        Answer::NotAsked => "not asked",
    }
}

/// The same in lines, for a dialogue.
pub(super) fn summary(model: &Model) -> Vec<String> {
    head(model).iter().map(ToString::to_string).collect()
}

/// How a level stands out: by its word, and by colour where there is some.
fn emphasis(look: Look, level: Level) -> Style {
    let style = Style::new().add_modifier(Modifier::BOLD);
    match level {
        _ if !look.color => style,
        Level::Error => style.fg(Color::Red),
        Level::Warn => style.fg(Color::Yellow),
        Level::Info | Level::Off => style.fg(Color::Green),
    }
}

/// The filter, or what came of the last key.
fn said(model: &Model) -> String {
    let filter = model.filter();
    if !model.message.is_empty() {
        return model.message.clone();
    }
    if filter.is_empty() && !model.typing {
        return rows::place(model);
    }
    let found = model.rows(model.focus);
    let more = if model.browser.is_settled(&model.subject.paths) { "" } else { " so far" };
    let keys = if model.typing { "Enter keeps, Esc clears" } else { "Esc clears" };
    let end = if model.typing { "_" } else { "" };
    format!("/{}{end}  {found} found{more}  ({keys})", model.look.text(filter))
}

/// The keys of a pane, as many as there is room for.
fn keys_of(pane: Pane, width: u16) -> String {
    keys::hints(pane).fold(String::new(), |line, hint| {
        let longer = if line.is_empty() { hint } else { format!("{line}  {hint}") };
        if columns(&longer) <= width.into() { longer } else { line }
    })
}
