//! The header of a compiled Python module (PEP 552; `importlib._bootstrap_external`).

/// What a `.pyc` says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compiled {
    /// The number of the byte code's format: it changes with every minor version of the interpreter.
    pub magic: u16,
    /// Modification time and size of the source that it was made from, both modulo 2^32; `None` where a hash of the source
    /// stands in their place.
    pub source: Option<(u32, u32)>,
}

/// The ending of the names of compiled modules.
pub(super) const ENDING: &[u8] = b".pyc";

/// The flag of a module that goes by the hash of its source.
const BY_HASH: u32 = 1;

impl Compiled {
    /// Reads a header of 16 bytes: magic number with its line end, flags, and time and size or a hash. `None` where it is none.
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let (magic, head) = head.split_first_chunk::<2>()?;
        let head = head.strip_prefix(b"\r\n")?;
        let (words, _) = head.as_chunks::<4>();
        let [flags, mtime, size] = words.first_chunk::<3>()?.map(u32::from_le_bytes);
        Some(Self { magic: u16::from_le_bytes(*magic), source: (flags & BY_HASH == 0).then_some((mtime, size)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_its_interpreter_and_its_source() {
        let head = b"\xa7\x0d\r\n\0\0\0\0\x01\0\0\0\x02\x01\0\0\xe3";
        assert_eq!(Compiled::parse(head), Some(Compiled { magic: 3495, source: Some((1, 258)) }));
        let by_hash = b"\xa7\x0d\r\n\x03\0\0\0\x01\0\0\0\x02\x01\0\0";
        assert_eq!(Compiled::parse(by_hash), Some(Compiled { magic: 3495, source: None }));
        assert_eq!(Compiled::parse(&head[..15]), None);
        assert_eq!(Compiled::parse(b"\xa7\x0d\n\r\0\0\0\0\0\0\0\0\0\0\0\0"), None);
    }
}
