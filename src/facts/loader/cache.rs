//! `/etc/ld.so.cache`, as ldconfig(8) writes it (glibc, `sysdeps/generic/dl-cache.h`).

use std::collections::BTreeMap;

use crate::layer::LayerPath;

/// What the part that counts starts with; before it may stand one for loaders of old.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// Bytes of the header and of an entry, and where in an entry the offsets of name and path are.
const HEADER: usize = 48;
const ENTRY: usize = 24;
const NAME: usize = 4;
const PATH: usize = 8;
/// Bytes of the longest name or path: Linux's `PATH_MAX`.
const STRING: usize = 4096;
/// Names that are read; real caches have a few thousand.
const MAX_ENTRIES: usize = 65536;

/// The libraries that a cache names, each with the files of that name: one for each machine and version of the CPU.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cache {
    files: BTreeMap<Box<[u8]>, Vec<LayerPath>>,
}

impl Cache {
    /// Reads a cache; `None` where it is none, or damaged.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        // Offsets count from this header on, also where another stands before it.
        let bytes = &bytes[bytes.windows(MAGIC.len()).position(|window| window == MAGIC)?..];
        // Caches have the byte order of their machine; the flags tell it, and those of old do not.
        let count = |read: fn([u8; 4]) -> u32| number(bytes, MAGIC.len(), read).filter(|count| fits(bytes, *count));
        let read = [u32::from_le_bytes, u32::from_be_bytes].into_iter().find(|read| count(*read).is_some())?;
        let mut files = BTreeMap::<Box<[u8]>, Vec<LayerPath>>::new();
        for entry in 0..count(read)?.min(MAX_ENTRIES) {
            let at = HEADER + entry * ENTRY;
            let text = |within| string(bytes, number(bytes, at + within, read)?);
            files.entry(text(NAME)?.into()).or_default().push(LayerPath::new(text(PATH)?));
        }
        Some(Self { files })
    }

    /// The files of a name.
    pub fn of(&self, name: &[u8]) -> &[LayerPath] {
        self.files.get(name).map_or(&[], Vec::as_slice)
    }

    /// The directories of the files that it names.
    pub fn directories(&self) -> impl Iterator<Item = LayerPath> {
        self.files.values().flatten().filter_map(LayerPath::parent)
    }
}

fn number(bytes: &[u8], at: usize, read: fn([u8; 4]) -> u32) -> Option<usize> {
    usize::try_from(read(*bytes.get(at..)?.first_chunk()?)).ok()
}

fn fits(bytes: &[u8], count: usize) -> bool {
    count.checked_mul(ENTRY).and_then(|entries| entries.checked_add(HEADER)).is_some_and(|end| end <= bytes.len())
}

fn string(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let bytes = bytes.get(at..)?;
    bytes.get(..bytes.iter().take(STRING).position(|byte| *byte == 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(&str, &str)], word: fn(u32) -> [u8; 4]) -> Vec<u8> {
        let count = u32::try_from(entries.len()).unwrap();
        let mut strings = Vec::new();
        let mut bytes = [MAGIC, &word(count), &[0; 24]].concat();
        for (name, path) in entries {
            let begin = HEADER + entries.len() * ENTRY + strings.len();
            strings.extend(format!("{name}\0{path}\0").bytes());
            let [name, path] = [begin, begin + name.len() + 1].map(|at| word(u32::try_from(at).unwrap()));
            bytes.extend([&word(0xa03)[..], &name, &path, &[0; 12]].concat());
        }
        [bytes, strings].concat()
    }

    #[test]
    fn a_cache_names_files_in_the_byte_order_of_its_machine_and_behind_one_of_old() {
        let entries = [("liba.so.1", "/usr/lib/x/liba.so.1"), ("libb.so", "/b/libb.so"), ("liba.so.1", "/lib/liba.so.1")];
        for bytes in [
            cache(&entries, u32::to_le_bytes),
            cache(&entries, u32::to_be_bytes),
            [b"ld.so-1.7.0\0\0\0\0\0".to_vec(), cache(&entries, u32::to_le_bytes)].concat(),
        ] {
            let found = Cache::parse(&bytes).unwrap();
            assert_eq!(found.of(b"liba.so.1"), ["/usr/lib/x/liba.so.1", "/lib/liba.so.1"].map(LayerPath::from));
            assert_eq!(found.of(b"libc.so.6"), []);
            assert_eq!(found.directories().last(), Some("/b".into()));
        }
    }

    #[test]
    fn a_damaged_cache_is_none() {
        let good = cache(&[("liba.so.1", "/liba.so.1")], u32::to_le_bytes);
        assert!((0..good.len()).all(|length| Cache::parse(&good[..length]).is_none()));
        for at in 20..good.len() {
            let mut bad = good.clone();
            bad[at] = 0xff;
            Cache::parse(&bad);
        }
    }
}
