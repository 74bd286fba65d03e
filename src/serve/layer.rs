//! Entries as the bytes of a layer: what `layer` reads, written.

use std::io;

use tar::{Builder, EntryType, Header};

use super::elf;
use crate::error::{Error, Kind, Result};
use crate::layer::{Body, Entry, FileKind, Trace};

/// The tar of a layer (image-spec, layer.md), the same bytes for the same entries.
pub(super) fn tar(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        append(&mut builder, entry)
            .map_err(|error| Error::new(Kind::Usage, error.to_string()).doing(format!("write {}", entry.path)))?;
    }
    Ok(builder.into_inner()?)
}

/// The value of `security.capability` that is written: revision 2, `cap_net_raw` permitted and effective (capabilities(7)).
const CAPABILITIES: [u8; 20] = *b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn append(builder: &mut Builder<Vec<u8>>, entry: &Entry) -> io::Result<()> {
    if entry.stat.capable {
        builder.append_pax_extensions([("SCHILY.xattr.security.capability", &CAPABILITIES[..])])?;
    }
    let mut header = Header::new_gnu();
    header.set_mode(entry.stat.mode.into());
    header.set_uid(entry.stat.uid);
    header.set_gid(entry.stat.gid);
    header.set_mtime(u64::try_from(entry.stat.mtime).map_err(io::Error::other)?);
    header.set_size(0);
    let path = text(entry.path.as_bytes())?;
    let kind = match &entry.body {
        Body::Directory => EntryType::Directory,
        Body::File(trace) => {
            let bytes = content(trace, entry.stat.size).map_err(io::Error::other)?;
            header.set_size(bytes.len() as u64);
            return builder.append_data(&mut header, path, &bytes[..]);
        }
        Body::Symlink(target) => {
            header.set_entry_type(EntryType::Symlink);
            return builder.append_link(&mut header, path, text(target)?);
        }
        Body::Hardlink(target) => {
            header.set_entry_type(EntryType::Link);
            return builder.append_link(&mut header, path, text(target.as_bytes())?);
        }
        Body::Device { block, major, minor } => {
            header.set_device_major(u32::try_from(*major).map_err(io::Error::other)?)?;
            header.set_device_minor(u32::try_from(*minor).map_err(io::Error::other)?)?;
            if *block { EntryType::Block } else { EntryType::Char }
        }
        Body::Fifo => EntryType::Fifo,
        Body::Whiteout => {
            let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
            return builder.append_data(&mut header, format!("{folder}/.wh.{name}"), io::empty());
        }
        Body::Opaque => return builder.append_data(&mut header, format!("{path}/.wh..wh..opq"), io::empty()),
    };
    header.set_entry_type(kind);
    builder.append_data(&mut header, if path.is_empty() { "." } else { path }, io::empty())
}

/// A name as it can be written everywhere.
fn text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(io::Error::other)
}

/// The bytes of a file: those that were said, or those of the object that it is.
fn content(trace: &Trace, size: u64) -> Result<Vec<u8>, String> {
    match (&trace.kind, trace.bytes()) {
        (_, Some(bytes)) => Ok(bytes.to_vec()),
        (FileKind::Elf(object), None) => elf::write(object, size),
        (_, None) => Err("its content is not known".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::image::Descriptor;
    use crate::layer::OddityKind;
    use crate::limits::Limits;
    use crate::vfs::dump;

    #[test]
    fn what_is_written_is_read_back() {
        let lines = "\
d 0755 0:0 /
d 0755 1:2 /a
f 4755 65532:65533 @1763661840 cap /a/x \"text\\n\"
f 0644 0:0 400 /a/o elf:x86-64,needed=libc.so.6
h /a/y => /a/x
l 0777 0:0 /l -> ../nowhere
c 0666 0:0 1,3 /null
p 0600 0:0 /pipe
w /a/gone
w /top
o /a
";
        let entries = dump::entries(lines).unwrap();
        let bytes = tar(&entries).unwrap();
        assert_eq!(bytes, tar(&entries).unwrap());
        let digest = Digest::sha256(&bytes);
        let (media_type, size) = (String::new(), bytes.len() as u64);
        let descriptor = Descriptor { media_type, digest: digest.clone(), size, platform: None, annotations: None, data: None };
        let read = crate::layer::read(&bytes[..], &descriptor, &digest, &Limits::default()).unwrap();
        assert!(read.oddities.iter().all(|odd| odd.kind == OddityKind::Capabilities), "{:?}", read.oddities);
        for (read, meant) in read.entries.iter().zip(&entries) {
            assert_eq!((&read.path(), read.stat()), (&meant.path, if meant.body.is_mark() { read.stat() } else { meant.stat }));
            match (read.body(), &meant.body) {
                (Body::File(read), Body::File(meant)) => assert_eq!(read.kind, meant.kind),
                (read, meant) => assert_eq!(read, meant),
            }
        }
        assert_eq!(read.entries.len(), entries.len());
    }

    #[test]
    fn a_file_that_nobody_saw_is_not_made_up() {
        let entries = dump::entries("f 0644 0:0 /big size=9").unwrap();
        let error = tar(&entries).unwrap_err();
        assert_eq!(error.to_string(), "failed to write /big: its content is not known");
    }
}
