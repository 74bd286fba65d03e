//! Where in a file something stands, and errors that say so.

use std::ops::Range;

use toml::Spanned;

use super::extended::shown;
use super::nearest::nearest;
use crate::error::{Error, Kind, Result};

/// A file's name and text.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// `file:line:column` of a byte, both counted from 1, columns in characters.
    pub fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        format!("{}:{line}:{column}", shown(self.file))
    }

    /// An error about what stands at a place.
    pub fn mistake(&self, span: &Range<usize>, what: impl std::fmt::Display) -> Error {
        Error::new(Kind::Usage, format!("{}: {what}", self.place(span)))
    }

    /// As [`Source::mistake`], with the word that was perhaps meant.
    pub fn slip<'w>(
        &self,
        span: &Range<usize>,
        what: impl std::fmt::Display,
        word: &str,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Error {
        let mistake = self.mistake(span, what);
        match nearest(word, words) {
            Some(meant) => mistake.hint(format!("did you mean `{meant}`?")),
            None => mistake,
        }
    }

    /// An error of the TOML reader or of serde. Both name what they found and what they wanted in backticks, found first.
    pub fn unread(&self, error: &toml::de::Error) -> Error {
        let message = error.message().trim_end().replace('\n', "; ");
        let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let span = error.span().unwrap_or_default();
        match words.split_first() {
            Some((word, words)) if message.starts_with("unknown") => self.slip(&span, &message, word, words.iter().copied()),
            _ => self.mistake(&span, message),
        }
    }

    /// Reads a value with a parser, whose error gets its place.
    pub fn read<T>(&self, value: &Spanned<String>, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T> {
        parse(value.get_ref()).map_err(|what| self.mistake(&value.span(), what))
    }
}
