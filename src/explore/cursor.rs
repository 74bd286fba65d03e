//! Where one is in a list, and which part of it is on the screen.

/// A place in a list, and the first row that is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The row that is chosen.
    pub at: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl Cursor {
    /// Moves by so many rows, within a list of this length.
    pub fn by(&mut self, rows: isize, length: usize) {
        self.at = self.at.saturating_add_signed(rows).min(length.saturating_sub(1));
    }

    /// Scrolls as little as shows the chosen row, in a window of this height, and leaves no room empty that has rows.
    pub fn fit(&mut self, length: usize, height: usize) {
        self.at = self.at.min(length.saturating_sub(1));
        let height = height.max(1);
        let least = (self.at + 1).saturating_sub(height);
        self.top = self.top.clamp(least, self.at).min(length.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_is_on_the_screen_and_no_room_is_wasted() {
        let mut cursor = Cursor::default();
        cursor.by(12, 20);
        cursor.fit(20, 5);
        assert_eq!(cursor, Cursor { at: 12, top: 8 });
        cursor.by(-2, 20);
        cursor.fit(20, 5);
        assert_eq!(cursor, Cursor { at: 10, top: 8 });
        cursor.by(isize::MAX, 20);
        cursor.fit(20, 5);
        assert_eq!(cursor, Cursor { at: 19, top: 15 });
        cursor.fit(3, 5);
        assert_eq!(cursor, Cursor { at: 2, top: 0 });
        cursor.by(isize::MIN, 0);
        cursor.fit(0, 0);
        assert_eq!(cursor, Cursor::default());
    }
}
