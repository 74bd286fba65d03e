//! Entries as the tar of a layer.

#![allow(dead_code, reason = "each test takes what it needs")]

use lucid_verify::layer::{Body, Entry};
use lucid_verify::vfs::dump;

/// The tar of a layer that is written in lines.
pub fn of_lines(lines: &str) -> Vec<u8> {
    tar(&dump::entries(lines).unwrap())
}

/// The tar of entries; whiteouts and opaque marks are the files that stand for them.
pub fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for Entry { path, stat, body } in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(stat.mode.into());
        header.set_uid(stat.uid);
        header.set_gid(stat.gid);
        header.set_mtime(1_700_000_000);
        header.set_size(stat.size);
        let own = path.to_string();
        let directory = path.parent().unwrap_or_default().to_string();
        let marked = |directory: &str, name: &str| format!(".{}/{name}", directory.trim_end_matches('/'));
        let unseen = vec![b' '; usize::try_from(stat.size).unwrap()];
        let (kind, name, content) = match body {
            Body::Directory => (b'5', format!(".{own}/"), &[][..]),
            Body::File(trace) => (b'0', format!(".{own}"), trace.bytes().unwrap_or(&unseen)),
            Body::Symlink(target) => {
                header.set_link_name_literal(target).unwrap();
                (b'2', format!(".{own}"), &[][..])
            }
            Body::Hardlink(target) => {
                header.set_link_name_literal(target.as_bytes()).unwrap();
                (b'1', format!(".{own}"), &[][..])
            }
            Body::Fifo => (b'6', format!(".{own}"), &[][..]),
            Body::Device { block, major, minor } => {
                header.set_device_major(u32::try_from(*major).unwrap()).unwrap();
                header.set_device_minor(u32::try_from(*minor).unwrap()).unwrap();
                (if *block { b'4' } else { b'3' }, format!(".{own}"), &[][..])
            }
            Body::Whiteout => (b'0', marked(&directory, &format!(".wh.{}", String::from_utf8_lossy(path.name()))), &[][..]),
            Body::Opaque => (b'0', marked(&own, ".wh..wh..opq"), &[][..]),
        };
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_path(&name).unwrap();
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }
    builder.into_inner().unwrap()
}
