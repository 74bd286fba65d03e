//! What a header and the extended headers before it say together.

use super::header::Header;
use super::pax::{self, Records};
use super::{Member, Pending};
use crate::layer::sparse;

/// How a member's content is stored.
pub(super) enum Stored {
    /// So many bytes, as they are.
    Plain(u64),
    /// So many bytes, which are the parts that a map lists.
    Mapped(u64, Vec<(i64, i64)>),
    /// So many bytes, of which the first blocks are a map.
    MapFirst(u64),
}

/// Merges in the order of Go's reader: PAX records, GNU long names, the old directory mark, the sparse records.
pub(super) fn merge(mut header: Header, pending: &Pending) -> Result<(Member, Stored), String> {
    let mut odd = Vec::new();
    stored(&header)?;
    if let Some(records) = &pending.records {
        records.merge(&mut header)?;
        if records.has_duplicates {
            odd.push("a PAX record appears twice: the last one holds, and some readers take the first");
        }
        if !pending.name.is_empty() && records.get("path").is_some() {
            odd.push("it has a GNU and a PAX name: the GNU one holds, and some readers take the other");
        }
    }
    for (long, field) in [(&pending.name, &mut header.name), (&pending.link, &mut header.link)] {
        if !long.is_empty() {
            field.clone_from(long);
        }
    }
    if pending.has_rivals {
        odd.push("more than one extended header of a kind describes it: the last one holds, and some readers fail on it");
    }
    if pending.is_behind_global {
        odd.push("a global PAX header stands before it: most runtimes ignore it, umoci refuses the layer, and GNU tar and Python apply it");
    }
    let is_slashed = header.name.ends_with(b"/");
    match header.kind {
        0 => header.kind = if is_slashed { b'5' } else { b'0' },
        b'0' if is_slashed => odd.push("a file's name ends in a slash: container runtimes make a file, GNU tar a directory"),
        _ => {}
    }
    if is_header_only(header.kind) && header.size != 0 {
        odd.push("it has a size and cannot have content: some readers skip what follows it");
    }
    let stored = stored(&header)?;
    let stored = match &pending.records {
        Some(records) => sparse_content(&mut header, records, stored)?,
        None => Stored::Plain(stored),
    };
    let size = if is_header_only(header.kind) { 0 } else { header.size };
    let member = Member {
        uid: natural(header.uid, "uid")?,
        gid: natural(header.gid, "gid")?,
        size: natural(size, "size")?,
        capabilities: pending.records.as_ref().and_then(|records| records.get(pax::CAPABILITIES)).map(<[u8]>::to_vec),
        is_marked: pending.records.as_ref().is_some_and(|records| records.is_marked),
        device: (natural(header.major, "major number")?, natural(header.minor, "minor number")?),
        name: header.name,
        link: header.link,
        kind: header.kind,
        mode: header.mode,
        mtime: header.mtime,
        odd,
    };
    Ok((member, stored))
}

/// Links, devices, directories and FIFOs: no content follows them, whatever their size says.
fn is_header_only(kind: u8) -> bool {
    matches!(kind, b'1'..=b'6')
}

/// Bytes of content that follow the header.
fn stored(header: &Header) -> Result<u64, String> {
    if is_header_only(header.kind) { Ok(0) } else { natural(header.size, "size") }
}

fn natural(number: i64, name: &str) -> Result<u64, String> {
    u64::try_from(number).map_err(|_| format!("its {name} is negative"))
}

fn sparse_content(header: &mut Header, records: &Records, stored: u64) -> Result<Stored, String> {
    let is_map_first = match (records.get("GNU.sparse.major"), records.get("GNU.sparse.minor")) {
        (Some(b"1"), Some(b"0")) => true,
        (Some(b"0"), Some(b"0" | b"1")) => false,
        (None, None) if records.get(pax::MAP).is_some() => false,
        _ => return Ok(Stored::Plain(stored)),
    };
    if is_header_only(header.kind) {
        return Err("it is sparse and cannot have content".into());
    }
    if let Some(name) = records.get("GNU.sparse.name") {
        header.name = name.to_vec();
    }
    let key = if records.get("GNU.sparse.size").is_some() { "GNU.sparse.size" } else { "GNU.sparse.realsize" };
    if let Some(real_size) = records.number(key)? {
        header.size = real_size;
    }
    if is_map_first {
        return Ok(Stored::MapFirst(stored));
    }
    let map = records.get(pax::MAP).unwrap_or_default();
    Ok(Stored::Mapped(stored, sparse::map_of_records(records.number("GNU.sparse.numblocks")?, map)?))
}
