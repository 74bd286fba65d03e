//! What modules say of imports, for the next image that has them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Imported, Setting, Source};
use crate::facts::python::interpreter::Version;

/// Bytes of what modules say that are kept: those of a thousand distributions.
const MOST: usize = 32 << 20;

/// What modules say, by their content: images of one fleet have most modules in common. The default keeps nothing, for one
/// image meets each of its modules once.
#[derive(Debug, Default)]
pub struct Sources(Option<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    sources: HashMap<Key, Arc<Source>>,
    bytes: usize,
}

/// The SHA-256 of the file, and the setting in which it runs.
type Key = ([u8; 32], Version, Option<String>, bool);

impl Sources {
    /// Keeps what is read.
    pub fn keeping() -> Self {
        Self(Some(Mutex::default()))
    }

    /// What a file of this content says in this setting: as it was read before, or as `read` says now.
    pub(in crate::facts::python) fn of(
        &self,
        sha256: [u8; 32],
        setting: &Setting<'_>,
        read: impl FnOnce() -> Source,
    ) -> Arc<Source> {
        let Some(kept) = &self.0 else { return Arc::new(read()) };
        let key = (sha256, setting.version, setting.machine.map(ToOwned::to_owned), setting.is_main);
        let lock = || kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().sources.get(&key) {
            return Arc::clone(known);
        }
        let source = Arc::new(read());
        let mut kept = lock();
        let bytes = kept.bytes + source.bytes() + size_of::<Key>();
        if bytes <= MOST {
            kept.bytes = bytes;
            kept.sources.insert(key, Arc::clone(&source));
        }
        source
    }
}

impl Source {
    /// Bytes that it takes, about.
    fn bytes(&self) -> usize {
        let texts = |import: &Imported| {
            import.module.len() + import.names.iter().map(|name| name.len() + size_of::<String>()).sum::<usize>()
        };
        let imports: usize = self.imports.iter().map(|import| size_of::<Imported>() + texts(import)).sum();
        size_of::<Self>() + imports + size_of_val(self.edits.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> Source {
        let import =
            Imported { line: 1, level: 0, module: name.into(), names: vec![], strength: crate::facts::python::Strength::Always };
        Source { imports: vec![import], edits: vec![] }
    }

    const VERSION: Version = Version { major: 3, minor: 11, patch: None, told_by: "" };
    const SETTING: Setting<'_> = Setting { version: VERSION, machine: None, is_main: false };

    #[test]
    fn what_was_read_is_not_read_again_in_the_same_setting() {
        let sources = Sources::keeping();
        let main = Setting { is_main: true, ..SETTING };
        assert_eq!(*sources.of([1; 32], &SETTING, || source("a")), source("a"));
        assert_eq!(*sources.of([1; 32], &SETTING, || source("b")), source("a"));
        assert_eq!(*sources.of([1; 32], &main, || source("b")), source("b"));
        assert_eq!(*sources.of([2; 32], &SETTING, || source("b")), source("b"));
        let nothing = Sources::default();
        assert_eq!(*nothing.of([1; 32], &SETTING, || source("a")), source("a"));
        assert_eq!(*nothing.of([1; 32], &SETTING, || source("b")), source("b"));
    }

    #[test]
    fn what_is_kept_has_a_ceiling() {
        let (sources, long) = (Sources::keeping(), "x".repeat(MOST / 4));
        for number in 0..8 {
            sources.of([number; 32], &SETTING, || source(&long));
        }
        let kept = sources.0.unwrap().into_inner().unwrap();
        assert!(kept.sources.len() == 3 && kept.bytes <= MOST, "{} {}", kept.sources.len(), kept.bytes);
    }
}
