//! Markup: what stands in a tag is written here as it is, and everything else goes through [`Html::text`].

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::figures;
use crate::text;

/// Rows of a table; the rest is counted. An image can claim as many packages as it likes.
const ROWS: usize = 1_000;

/// Rows of a table that is as long as it is.
const LONG: usize = 25;

/// A document in the making. Tags are literals, so no text of an image can become one, and each is closed where it ends.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// What this program itself says, as it stands.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Any text. Control characters and bidi marks are shown, not obeyed.
    pub(super) fn text(&mut self, text: &str) {
        for character in text::terminal(text).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                plain => self.0.push(plain),
            }
        }
    }

    /// An element: `tag` is its name and the attributes that are always the same.
    pub(super) fn tag(&mut self, tag: &'static str, inside: impl FnOnce(&mut Self)) {
        self.with(tag, &[], inside);
    }

    /// An element with attributes of other texts, too.
    pub(super) fn with(&mut self, tag: &'static str, attributes: &[(&'static str, &str)], inside: impl FnOnce(&mut Self)) {
        self.open(tag, attributes);
        inside(self);
        self.raw("</");
        self.raw(tag.split(' ').next().unwrap_or_default());
        self.raw(">");
    }

    /// The beginning of an element, and all of one that holds nothing.
    pub(super) fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.raw("<");
        self.raw(tag);
        for (name, value) in attributes {
            self.raw(" ");
            self.raw(name);
            self.raw("=\"");
            self.text(value);
            self.raw("\"");
        }
        self.raw(">");
    }

    /// An element that holds a text alone.
    pub(super) fn leaf(&mut self, tag: &'static str, text: &str) {
        self.tag(tag, |html| html.text(text));
    }

    /// Data for the script. Nothing in it can end the element, and JSON reads it as it was.
    pub(super) fn data(&mut self, value: &impl Serialize) {
        let json = serde_json::to_string(value).unwrap_or_else(|error| unreachable!("keys are texts: {error}"));
        self.tag("script type=application/json", |html| {
            for character in json.chars() {
                if matches!(character, '<' | '>' | '&') || text::acts(character) {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let _ = write!(html.0, "\\u{unit:04x}");
                    }
                } else {
                    html.0.push(character);
                }
            }
        });
    }

    /// A bar: the part of `whole` that `part` is, and the part of that which is `hidden`.
    pub(super) fn bar(&mut self, part: u64, hidden: u64, whole: u64) {
        let share = |bytes: u64| u128::from(bytes.min(whole)) * 1_000 / u128::from(whole.max(1));
        let (part, hidden) = (share(part), share(hidden.min(part)));
        self.tag("svg class=bar viewBox=\"0 0 1000 1\" preserveAspectRatio=none aria-hidden=true", |html| {
            html.with("rect height=1", &[("width", &part.to_string())], |_| {});
            if hidden > 0 {
                let at = (part - hidden).to_string();
                html.with("rect class=hidden height=1", &[("x", &at), ("width", &hidden.to_string())], |_| {});
            }
        });
    }

    /// A table. Where scripts run, its headers sort it. A long one has a place of its own to scroll in.
    pub(super) fn table(&mut self, caption: &'static str, columns: &[Column], rows: &[Vec<Field>]) {
        if rows.len() > LONG {
            let place = "div class=long role=region tabindex=0";
            self.with(place, &[("aria-label", caption)], |html| html.whole_table(caption, columns, rows));
        } else {
            self.whole_table(caption, columns, rows);
        }
        if rows.len() > ROWS {
            let more = figures::count((rows.len() - ROWS) as u64, "more row");
            self.leaf("p class=quiet", &format!("and {more}: --format json has them"));
        }
    }

    fn whole_table(&mut self, caption: &'static str, columns: &[Column], rows: &[Vec<Field>]) {
        self.tag("table", |html| {
            html.leaf("caption", caption);
            html.tag("thead", |html| html.tag("tr", |html| columns.iter().for_each(|column| html.head(*column))));
            html.tag("tbody", |html| {
                for row in rows.iter().take(ROWS) {
                    html.tag("tr", |html| row.iter().for_each(|field| html.field(field)));
                }
            });
        });
    }

    fn head(&mut self, column: Column) {
        match column {
            Column::Text(name) => self.leaf("th scope=col", name),
            Column::Number(name) => self.leaf("th scope=col class=n", name),
        }
    }

    fn number(&mut self, tag: &'static str, value: i128, shown: &str) {
        self.with(tag, &[("data-v", &value.to_string())], |html| html.text(shown));
    }

    fn field(&mut self, field: &Field) {
        match field {
            Field::Text(text) => self.leaf("td", text),
            Field::Code(text) => self.tag("td class=c", |html| html.leaf("code", text)),
            Field::Link { text, to } => {
                self.tag("td class=c", |html| html.with("a", &[("href", &format!("#{to}"))], |html| html.leaf("code", text)));
            }
            Field::Word { text, is_good: true } => self.leaf("td class=good", text),
            Field::Word { text, is_good: false } => self.leaf("td class=bad", text),
            Field::Share { text, part, hidden, whole } => self.tag("td class=\"c share\"", |html| {
                html.leaf("code", text);
                html.bar(*part, *hidden, *whole);
            }),
            Field::Count(count) => self.number("td class=n", i128::from(*count), &figures::grouped(*count)),
            Field::Bytes(Some(bytes)) => self.number("td class=n", i128::from(*bytes), &figures::bytes(*bytes)),
            Field::Bytes(None) => self.number("td class=n", -1, "–"),
            Field::By(by, shown) => {
                let tag = match by {
                    0 => "td class=n",
                    1.. => "td class=\"n more\"",
                    _ => "td class=\"n less\"",
                };
                self.number(tag, *by, shown);
            }
        }
    }
}

/// A column, by what stands in it.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// A field of a table.
pub(super) enum Field {
    Text(String),
    Code(String),
    /// A name that leads to a part of the page.
    Link {
        text: String,
        to: String,
    },
    /// A word that is good news, or bad.
    Word {
        text: &'static str,
        is_good: bool,
    },
    /// A name, and what part of the whole it has.
    Share {
        text: String,
        part: u64,
        hidden: u64,
        whole: u64,
    },
    Count(u64),
    Bytes(Option<u64>),
    /// By how much something changed, and how that is said.
    By(i128, String),
}

impl Field {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        write(&mut html);
        String::from_utf8(html.into_bytes()).unwrap()
    }

    const HOSTILE: &str = "</script><script>alert(1)</script><!--\"'&\u{2028}\u{202e}\u{1b}[31m\0";

    #[test]
    fn text_closes_no_tag_and_no_attribute() {
        let text = written(|html| html.with("p class=x", &[("title", HOSTILE)], |html| html.text(HOSTILE)));
        let escaped =
            "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--&quot;&#39;&amp;\\u{2028}\\u{202e}\\u{1b}[31m\\u{0}";
        assert_eq!(text, format!("<p class=x title=\"{escaped}\">{escaped}</p>"));
    }

    #[test]
    fn data_ends_no_element_and_is_read_as_it_was() {
        let text = written(|html| html.data(&[HOSTILE]));
        let json = text.strip_prefix("<script type=application/json>").unwrap().strip_suffix("</script>").unwrap();
        assert!(!json.contains(['<', '>', '&', '\u{2028}', '\u{1b}']), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(json).unwrap(), [HOSTILE]);
    }

    #[test]
    fn a_bar_never_leaves_its_place() {
        let svg = |part, hidden, whole| written(|html| html.bar(part, hidden, whole));
        assert!(svg(u64::MAX, u64::MAX, u64::MAX).contains("x=\"0\" width=\"1000\""));
        assert!(svg(5, 9, 10).contains("width=\"500\"><") && svg(9, 0, 0).contains("width=\"0\""));
    }

    #[test]
    fn rows_beyond_the_ceiling_are_counted() {
        let rows: Vec<Vec<Field>> = (0..ROWS as u64 + 2).map(|row| vec![Field::Count(row)]).collect();
        let text = written(|html| html.table("x", &[Column::Number("n")], &rows));
        assert_eq!(text.matches("<tr>").count(), ROWS + 1);
        assert!(text.ends_with("and 2 more rows: --format json has them</p>"), "{text}");
    }
}
