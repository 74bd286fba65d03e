//! What is looked for, and how it is found a bounded piece at a time.

use globset::{GlobBuilder, GlobMatcher};

use super::paths::{Item, Paths};

/// Paths that one step looks at.
const STEP: usize = 4_000;

/// What is looked for.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A text that people typed.
    Text(String, Pattern),
    /// What a package owns, by its place among the owners.
    Owned(usize),
}

/// What a text means: a glob if it has `*`, `?` or `[`, else a part of a name; of the path, if it has a `/`. Capitals count only
/// where there are some.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// A part of it.
    Part {
        /// The bytes.
        part: Vec<u8>,
        /// Whether capitals count.
        exact: bool,
        /// Whether the whole path is meant.
        path: bool,
    },
    /// A glob.
    Glob {
        /// The glob.
        glob: GlobMatcher,
        /// Whether the whole path is meant.
        path: bool,
    },
}

impl Pattern {
    /// What a text means. What is no glob that can be read is a part of a name.
    pub fn new(text: &str) -> Self {
        let (exact, path) = (text.chars().any(char::is_uppercase), text.contains('/'));
        let glob = text.contains(['*', '?', '[']).then(|| {
            let glob = GlobBuilder::new(text).case_insensitive(!exact).literal_separator(path).build();
            glob.ok().map(|glob| glob.compile_matcher())
        });
        match glob.flatten() {
            Some(glob) => Self::Glob { glob, path },
            None => Self::Part { part: text.as_bytes().to_vec(), exact, path },
        }
    }

    /// Whether a text has it.
    pub fn fits(&self, text: &[u8]) -> bool {
        match self {
            Self::Glob { glob, .. } => glob.is_match(String::from_utf8_lossy(text).as_ref()),
            Self::Part { part, .. } if part.is_empty() => true,
            Self::Part { part, exact: true, .. } => text.windows(part.len()).any(|window| window == part),
            Self::Part { part, exact: false, .. } => text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part)),
        }
    }

    fn is_of_paths(&self) -> bool {
        match self {
            Self::Part { path, .. } | Self::Glob { path, .. } => *path,
        }
    }
}

impl Wanted {
    /// A text that people typed.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned(), Pattern::new(text))
    }

    /// Whether an item is wanted.
    pub fn fits(&self, paths: &Paths, item: Item) -> bool {
        match self {
            Self::Owned(owner) => paths.owner(item) == Some(*owner),
            Self::Text(_, pattern) if pattern.is_of_paths() => {
                let path = [b"/", paths.path(item).as_bytes()].concat();
                pattern.fits(&path)
            }
            Self::Text(_, pattern) => pattern.fits(paths.name(item)),
        }
    }

    /// How many paths one step may look at: to put one together costs more than to look at a name.
    pub fn step(&self) -> usize {
        match self {
            Self::Text(_, pattern) if pattern.is_of_paths() => STEP / 4,
            _ => STEP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_part_of_a_name_or_a_glob() {
        for (text, name, fits) in [
            ("fast", "FastAPI", true),
            ("Fast", "fastapi", false),
            ("*.so", "libc.so", true),
            ("*.so", "libc.so.6", false),
            ("/etc/*", "/etc/passwd", true),
            ("/etc/*", "/etc/ssl/certs", false),
            ("[", "a[b", true),
            ("", "anything", true),
            ("longer than it", "x", false),
        ] {
            assert_eq!(Pattern::new(text).fits(name.as_bytes()), fits, "{text} {name}");
        }
    }
}
