//! RECORD files (PEP 376, PEP 627).

use crate::digest::from_hex;
use crate::facts::contents::Contents;
use crate::facts::names::Names;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

/// A RECORD.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Its rows, in file order.
    pub rows: Vec<Row>,
}

/// One row: a file, and what it was when it was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The path in the image.
    pub path: LayerPath,
    /// Whether the row leaves the site directory (`../../../bin/x`).
    pub is_outside: bool,
    /// The file that stands there now, links followed.
    pub node: Option<NodeId>,
    /// The name itself; none where there is none, or only by a link on the way.
    pub own: Option<NodeId>,
    /// SHA-256, where the row has one.
    pub sha256: Option<[u8; 32]>,
    /// Whether the row has a hash that cannot be compared with what was hashed: of another algorithm, or no hash at all.
    pub other_algorithm: bool,
    /// Size in bytes, where the row has one.
    pub size: Option<u64>,
}

/// Reads a RECORD. Its rows are relative to `site`, the directory that holds the `.dist-info`.
pub(super) fn parse(text: &[u8], site: &LayerPath, tree: &Tree, contents: &Contents<'_>) -> Result<Record, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let (mut rows, mut fields) = (Vec::new(), csv::ByteRecord::new());
    let mut names = Names::of(tree);
    while reader.read_byte_record(&mut fields).map_err(|error| error.to_string())? {
        if let Some(written) = fields.get(0).filter(|written| !written.is_empty()) {
            contents.charge(size_of::<Row>())?;
            rows.push(row(written, &fields, site, tree, &mut names));
        }
    }
    rows.shrink_to_fit();
    Ok(Record { rows })
}

fn row(written: &[u8], fields: &csv::ByteRecord, site: &LayerPath, tree: &Tree, names: &mut Names<'_>) -> Row {
    let (hash, bytes) = (fields.get(1).unwrap_or_default(), fields.get(2).unwrap_or_default());
    let path = if written.starts_with(b"/") { LayerPath::new(written) } else { site.join(written) };
    // Some build tools write hexadecimal digits instead.
    let digits = |hash| from_hex(hash)?.as_ref().try_into().ok();
    let sha256 = hash.strip_prefix(b"sha256=").and_then(|hash| decode(hash).or_else(|| digits(hash)));
    let own = names.get(&path);
    Row {
        is_outside: !path.is_within(site),
        node: own.map_or_else(|| tree.resolve(&path), |own| tree.target(own)).ok(),
        own,
        path,
        sha256,
        other_algorithm: sha256.is_none() && !hash.is_empty(),
        size: std::str::from_utf8(bytes).ok().and_then(|size| size.trim().parse().ok()),
    }
}

/// The 32 bytes of a SHA-256 in the URL-safe base64 of RFC 4648 without padding, as wheels write it.
fn decode(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 43] = text.strip_suffix(b"=").unwrap_or(text).try_into().ok()?;
    let (mut out, mut filled) = ([0; 32], 0);
    let (mut bits, mut count) = (0_u32, 0);
    for character in text {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            *out.get_mut(filled)? = (bits >> count & 0xff) as u8;
            filled += 1;
        }
    }
    (bits.trailing_zeros() >= 2).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::{file, link, tree};

    fn rows(text: &[u8], tree: &Tree) -> Vec<Row> {
        parse(text, &"/usr/lib/site-packages".into(), tree, &Contents::new(tree)).unwrap().rows
    }

    #[test]
    fn a_row_is_a_path_a_hash_and_a_size() {
        let tree = tree([file("/usr/lib/site-packages/demo/__init__.py", "")]);
        let text = "demo/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\r\n\"demo/a,b.py\",,\ndemo/short\n\n,sha256=x,1\n";
        let rows = rows(text.as_bytes(), &tree);
        let paths: Vec<_> = rows.iter().map(|row| row.path.to_string()).collect();
        assert_eq!(paths, ["__init__.py", "a,b.py", "short"].map(|name| format!("/usr/lib/site-packages/demo/{name}")));
        let empty = tree.trace(rows[0].node.unwrap()).unwrap().sha256;
        assert_eq!((rows[0].sha256, rows[0].size, rows[0].other_algorithm), (Some(empty), Some(0), false));
        assert_eq!((rows[1].sha256, rows[1].size, rows[1].node), (None, None, None));
    }

    #[test]
    fn rows_that_leave_the_site_say_so_and_stay_in_the_image() {
        let tree = tree([file("/usr/bin/demo", ""), link("/usr/lib/site-packages/up", "../../bin")]);
        for (written, path, is_outside, exists) in [
            ("../../bin/demo", "/usr/bin/demo", true, true),
            ("/usr/bin/demo", "/usr/bin/demo", true, true),
            ("../../../../../../usr/bin/demo", "/usr/bin/demo", true, true),
            ("up/demo", "/usr/lib/site-packages/up/demo", false, true),
            ("a/../b", "/usr/lib/site-packages/b", false, false),
            ("/usr/lib/site-packages/b", "/usr/lib/site-packages/b", false, false),
        ] {
            let row = &rows(written.as_bytes(), &tree)[0];
            assert_eq!(
                (row.path.to_string(), row.is_outside, row.node.is_some()),
                (path.into(), is_outside, exists),
                "{written}"
            );
        }
    }

    #[test]
    fn only_a_whole_sha256_can_be_compared() {
        let valid = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        for (hash, is_known, is_other) in [
            (format!("sha256={valid}"), true, false),
            (format!("sha256={valid}="), true, false),
            (format!("sha256={}", "0aF9".repeat(16)), true, false),
            (format!("sha256={}", "0aG9".repeat(16)), false, true),
            (format!("sha256={}", "0a".repeat(31)), false, true),
            (String::new(), false, false),
            ("sha512=abc".into(), false, true),
            ("md5=abc".into(), false, true),
            (format!("sha256={}", &valid[1..]), false, true),
            (format!("sha256={valid}AA"), false, true),
            (format!("sha256={}", valid.replace('-', "+")), false, true),
            (format!("sha256={}V", &valid[..42]), false, true),
        ] {
            let row = &rows(format!("x,{hash},1").as_bytes(), &tree([]))[0];
            assert_eq!((row.sha256.is_some(), row.other_algorithm), (is_known, is_other), "{hash}");
        }
    }

    #[test]
    fn hostile_rows_are_read_without_harm() {
        let rows = rows(b"\xff\0/x,sha256=\xff,-1\n\"open,,\n\n,,,,,\n", &tree([]));
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].path.as_bytes(), rows[0].size), (&b"usr/lib/site-packages/\xff\0/x"[..], None));
        let huge = &self::rows(b"x,,99999999999999999999", &tree([]))[0];
        assert_eq!(huge.size, None);
    }

    #[test]
    fn more_rows_than_memory_should_hold_are_refused() {
        let tree = tree([]);
        let contents = Contents::new(&tree);
        let parse = |rows: usize| parse("a\n".repeat(rows).as_bytes(), &LayerPath::root(), &tree, &contents);
        assert_eq!(parse(1000).unwrap().rows.len(), 1000);
        contents.charge(255 << 20).unwrap();
        let error = parse(20_000).unwrap_err();
        assert!(error.contains("MiB of metadata"));
    }
}
