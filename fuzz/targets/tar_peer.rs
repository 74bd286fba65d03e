//! Any bytes as a tar, read by this reader and by the `tar` crate with its interpretation switched off: both see the same
//! headers in the same places, up to the first thing on which they are known to differ.

use std::io::Read as _;

use lucid_verify::layer::tar::{Event, Member, Reader};

use super::tar_bytes::{self, sealed};

pub use tar_bytes::seeds;

pub fn run(data: &[u8]) {
    let tar = sealed(data);
    let ours = members(&tar);
    let mut archive = tar::Archive::new(&tar[..]);
    let mut ours = ours.into_iter();
    let mut described = false;
    for entry in archive.entries().unwrap().raw(true) {
        // It fails on blank and negative numbers and on devices without one, where this reader goes by Go.
        let Ok(mut entry) = entry else { return };
        let header = entry.header().clone();
        let kind = header.as_old().linkflag[0];
        if matches!(kind, b'x' | b'g' | b'L' | b'K') {
            described = kind != b'g';
            continue;
        }
        // This reader stopped: it is the stricter one.
        let Some((member, content)) = ours.next() else { return };
        let told_of = || format!("{member:?}, they have {header:?}");
        match (kind, member.kind) {
            (0, b'5') => assert!(member.name.ends_with(b"/"), "{}", told_of()),
            (0 | b'0', b'0') => {}
            (theirs, own) => assert_eq!(theirs, own, "{}", told_of()),
        }
        let Ok(size) = header.entry_size() else { return };
        // They skip a body that no link, directory or device has, and with it whatever stands there.
        if matches!(member.kind, b'1'..=b'6') && size != 0 {
            return;
        }
        if !described {
            same(&member, &header, &told_of);
            let Some(content) = content else { return };
            let mut theirs = Vec::new();
            if entry.read_to_end(&mut theirs).is_err() {
                return;
            }
            assert_eq!(content, theirs, "{}", told_of());
        } else if member.size != size {
            // A record gave another size, which they do not look at.
            return;
        }
        described = false;
    }
}

/// Holds a member that nothing but its own header describes against theirs.
fn same(member: &Member, header: &tar::Header, told_of: &dyn Fn() -> String) {
    let told_of = told_of();
    // They take a prefix from where GNU headers have times, and this reader as Go did before 1.8.
    if header.as_ustar().is_some() && header.as_bytes()[508..] != *b"tar\0" {
        assert_eq!(member.name, &*header.path_bytes(), "{told_of}");
    }
    assert_eq!(&member.link[..], header.link_name_bytes().as_deref().unwrap_or_default(), "{told_of}");
    // They read no sign, and of a field of eight bytes all eight.
    for (own, theirs) in [(Some(member.uid), header.uid()), (Some(member.gid), header.gid())] {
        let Ok(theirs) = theirs else { continue };
        assert!(own == Some(theirs), "{told_of}");
    }
    if let Ok(mtime) = header.mtime() {
        assert!(mtime.cast_signed() == member.mtime, "{told_of}");
    }
}

/// The members up to the first error, with the content of those that came whole.
fn members(tar: &[u8]) -> Vec<(Member, Option<Vec<u8>>)> {
    let (mut reader, mut rest) = (Reader::new(1 << 20), tar);
    let mut members: Vec<(Member, Option<Vec<u8>>)> = Vec::new();
    let mut content = Some(Vec::new());
    while let Ok(Some(event)) = reader.next(&mut rest) {
        match event {
            Event::Member(member) => {
                members.push((member, None));
                content = Some(Vec::new());
            }
            Event::Data(bytes) => content.iter_mut().for_each(|content| content.extend_from_slice(bytes)),
            Event::Hole(_) => content = None,
            Event::Close => members.last_mut().unwrap().1 = content.take(),
        }
    }
    members
}
