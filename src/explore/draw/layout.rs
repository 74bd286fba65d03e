//! Where the panes are on the screen. What has the focus always has room.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::explore::model::{Model, Pane};

/// The least screen on which a pane can be read.
pub const LEAST: (u16, u16) = (40, 10);

/// From this width on there are three columns, and from this on all panes are there.
const THREE: u16 = 120;
const FOUR: u16 = 160;

/// Rows below the rows of a pane that tell of the chosen one, in panes that are so high.
const DETAIL: u16 = 4;
const HIGH: u16 = 14;

/// The parts of the screen.
pub struct Parts {
    /// The image and the answers.
    pub head: Rect,
    /// The panes that are there, by their places.
    pub panes: [Option<Rect>; 4],
    /// The filter, or what is said.
    pub said: Rect,
    /// The keys.
    pub keys: Rect,
}

/// Whether a screen is too small for anything.
pub fn is_too_small((width, height): (u16, u16)) -> bool {
    width < LEAST.0 || height < LEAST.1
}

/// The parts of the screen.
pub fn parts(model: &Model) -> Parts {
    let (width, height) = model.size;
    let head = if model.subject.image.complete { 2 } else { 3 };
    let rows = Layout::vertical([Constraint::Length(head), Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)]);
    let [head, body, said, keys] = rows.areas(Rect::new(0, 0, width, height));
    Parts { head, panes: panes(body, model.focus, model.side), said, keys }
}

fn panes(body: Rect, focus: Pane, side: Pane) -> [Option<Rect>; 4] {
    let mut panes = [None; 4];
    if body.width >= FOUR {
        let columns = [Constraint::Fill(3), Constraint::Fill(4), Constraint::Fill(3)];
        let [left, middle, right] = Layout::horizontal(columns).areas(body);
        let [layers, packages] = Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(left);
        panes = [Some(layers), Some(middle), Some(packages), Some(right)];
    } else if body.width >= THREE {
        let [left, middle, right] =
            Layout::horizontal([Constraint::Fill(4), Constraint::Fill(5), Constraint::Fill(4)]).areas(body);
        let other = if side == Pane::Packages { Pane::Packages } else { Pane::Findings };
        panes[Pane::Layers.place()] = Some(left);
        panes[Pane::Tree.place()] = Some(middle);
        panes[other.place()] = Some(right);
    } else {
        // The one with the focus takes what it needs, the other says where one is.
        let shares = if focus == Pane::Tree { [2, 5] } else { [4, 3] };
        let [left, right] = Layout::horizontal(shares.map(Constraint::Fill)).areas(body);
        panes[side.place()] = Some(left);
        panes[Pane::Tree.place()] = Some(right);
    }
    panes
}

/// The rows of a pane, and below them what tells of the chosen one, within its border.
pub fn inside(pane: Rect) -> (Rect, Rect) {
    let inner = Rect::new(
        pane.x.saturating_add(1),
        pane.y.saturating_add(1),
        pane.width.saturating_sub(2),
        pane.height.saturating_sub(2),
    );
    let detail = if inner.height >= HIGH { DETAIL + u16::from(inner.height >= 2 * HIGH) * 2 } else { 0 };
    let [rows, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(detail)]).areas(inner);
    (rows, below)
}

/// Rows that a pane shows; of one that is not on the screen, as if it were alone.
pub fn height(model: &Model, pane: Pane) -> usize {
    let area = parts(model).panes.get(pane.place()).copied().flatten();
    area.map_or(usize::from(model.size.1), |area| inside(area).0.height.into())
}

/// Lines that a text over the screen shows.
pub fn sheet_height((_, height): (u16, u16)) -> usize {
    height.saturating_sub(3).into()
}
