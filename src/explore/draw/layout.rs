//! Where the panes are on the screen. What has the focus always has room.

use ratatui::layout::Rect;

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
    let row = |from_below: u16| Rect::new(0, height.saturating_sub(from_below), width, 1);
    let body = Rect::new(0, head, width, height.saturating_sub(head + 2));
    Parts {
        head: Rect::new(0, 0, width, head.min(height)),
        panes: panes(body, model.focus, model.side),
        said: row(2),
        keys: row(1),
    }
}

fn panes(body: Rect, focus: Pane, side: Pane) -> [Option<Rect>; 4] {
    let mut panes = [None; 4];
    if body.width >= FOUR {
        let [left, middle, right] = columns(body, [3, 4, 3]);
        let above = share(body.height, 3, 5);
        let below = Rect { y: left.y + above, height: left.height - above, ..left };
        panes = [Some(Rect { height: above, ..left }), Some(middle), Some(below), Some(right)];
    } else if body.width >= THREE {
        let [left, middle, right] = columns(body, [4, 5, 4]);
        let other = if side == Pane::Packages { Pane::Packages } else { Pane::Findings };
        panes[Pane::Layers.place()] = Some(left);
        panes[Pane::Tree.place()] = Some(middle);
        panes[other.place()] = Some(right);
    } else {
        // The one with the focus takes what it needs, the other says where one is.
        let [left, right] = columns(body, if focus == Pane::Tree { [2, 5] } else { [4, 3] });
        panes[side.place()] = Some(left);
        panes[Pane::Tree.place()] = Some(right);
    }
    panes
}

/// An area in columns, which have so many shares of its width.
fn columns<const N: usize>(area: Rect, shares: [u16; N]) -> [Rect; N] {
    let all: u16 = shares.iter().sum();
    let (mut used, mut x) = (0, 0);
    shares.map(|shares| {
        used += shares;
        let column = Rect { x: area.x + x, width: share(area.width, used, all) - x, ..area };
        x += column.width;
        column
    })
}

/// So many of all shares of a length.
fn share(length: u16, shares: u16, all: u16) -> u16 {
    let length = u32::from(length) * u32::from(shares) / u32::from(all).max(1);
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The rows of a pane, and below them what tells of the chosen one, within its border.
pub fn inside(pane: Rect) -> (Rect, Rect) {
    let (width, height) = (pane.width.saturating_sub(2), pane.height.saturating_sub(2));
    let detail = if height >= HIGH { DETAIL + u16::from(height >= 2 * HIGH) * 2 } else { 0 };
    let (x, y) = (pane.x.saturating_add(1), pane.y.saturating_add(1));
    let rows = Rect::new(x, y, width, height - detail);
    (rows, Rect::new(x, y + rows.height, width, detail))
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
