//! What a member says that a Linux file system cannot hold as it is said: runtimes cut it off, fail on it, or mean something
//! else by it.

use super::tar::Member;

/// Bytes of a name in a directory (limits.h, `NAME_MAX`).
const NAME_MAX: usize = 255;
/// Owners are 32-bit numbers, and the last of them tells chown(2) to change nothing.
const NO_OWNER: u64 = 0xffff_ffff;
/// Bits of a major and of a minor number (`linux/kdev_t.h`).
const DEVICE: (u32, u32) = (12, 20);

/// What unpackers make other things of.
pub(super) fn odd(member: &Member) -> impl Iterator<Item = &'static str> {
    let is_device = matches!(member.kind, b'3' | b'4');
    let (major, minor) = member.device;
    [
        (
            member.uid.max(member.gid) >= NO_OWNER,
            "its owner is no number below 4294967295: runtimes keep its last 32 bits, and root's where they are all set",
        ),
        (
            is_device && (major >> DEVICE.0 != 0 || minor >> DEVICE.1 != 0),
            "its device number is larger than Linux has, and runtimes cut it off",
        ),
        (
            member.kind == b'3' && member.device == (0, 0),
            "it is the character device 0:0, which overlay file systems take for a whiteout",
        ),
        (
            member.name.split(|byte| *byte == b'/').any(|part| part.len() > NAME_MAX),
            "a part of its name has more than 255 bytes, which no file system holds: runtimes fail to unpack it",
        ),
        (climbs(&member.name), "its name leads above the root: some runtimes refuse the layer, others lay it at the root"),
        (
            member.is_marked,
            "it has an extended attribute of overlay file systems, which take it for their own mark: what it hides differs",
        ),
    ]
    .into_iter()
    .filter_map(|(is_so, what)| is_so.then_some(what))
}

fn climbs(name: &[u8]) -> bool {
    let mut depth = 0_usize;
    name.split(|byte| *byte == b'/').any(|part| match part {
        b"" | b"." => false,
        b".." => depth.checked_sub(1).map(|less| depth = less).is_none(),
        _ => {
            depth += 1;
            false
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_leave_the_root_climb() {
        for (name, wanted) in
            [("../a", true), ("a/../../b", true), ("/..", true), ("a/../b", false), ("./a/..", false), ("..a", false)]
        {
            assert_eq!(climbs(name.as_bytes()), wanted, "{name}");
        }
    }
}
