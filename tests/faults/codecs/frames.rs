use std::io::Write as _;

use super::{ZSTD, damaged, pushed, two, whole};
use crate::table::Row;
use crate::tarball::zstd;

/// A skippable frame (RFC 8878, section 3.1.2).
fn skippable(payload: &[u8]) -> Vec<u8> {
    [&b"\x5a\x2a\x4d\x18"[..], &u32::try_from(payload.len()).unwrap().to_le_bytes(), payload].concat()
}

/// A frame of no content whose header is this (RFC 8878, section 3.1.1.1): one empty block, which is the last.
fn of_nothing(header: &[u8]) -> Vec<u8> {
    [b"\x28\xb5\x2f\xfd", header, b"\x01\0\0"].concat()
}

fn checked(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn frames(row: &Row) {
    let tar = two();
    let (head, tail) = (zstd(&tar[..1000]), zstd(&tar[1000..]));
    let skip = skippable(b"a table of contents");
    whole(row, "two frames", ZSTD, [&head[..], &tail].concat());
    for (case, frames) in [
        ("a skippable frame first", [&skip[..], &head, &tail]),
        ("a skippable frame between", [&head, &skip, &tail]),
        ("a skippable frame last, as zstd:chunked has it", [&head, &tail, &skip]),
    ] {
        whole(row, case, ZSTD, frames.concat());
    }
    whole(row, "without the content's size", ZSTD, zstd(&tar));
    whole(row, "with the content's size", ZSTD, zstd::bulk::compress(&tar, 1).unwrap());
    whole(row, "with a checksum", ZSTD, checked(&tar));
    let mut wrong = checked(&tar);
    *wrong.last_mut().unwrap() ^= 1;
    damaged(row, "with a wrong checksum", ZSTD, wrong, "the zstd data is damaged before byte");
    damaged(row, "a skippable frame that is cut", ZSTD, [&zstd(&tar)[..], &skip[..12]].concat(), "zstd");
    // A window of 2 MiB, and the dictionary 7.
    let frame = of_nothing(b"\x01\x58\x07");
    let ran = row.verify("with a dictionary", &pushed(ZSTD, frame, b"").reference).run().ends(7);
    ran.says("needs a dictionary").says("layer 1/1 sha256:");
}

pub fn windows(row: &Row) {
    for (case, window) in [("2 GiB", b"\0\xa8"), ("256 MiB", b"\0\x90")] {
        let disk = pushed(ZSTD, of_nothing(window), b"");
        row.verify(case, &disk.reference).run().ends(8).says("--limit zstd-window=").says("layer 1/1 sha256:");
    }
    let disk = pushed(ZSTD, of_nothing(b"\0\x90"), b"");
    row.verify("256 MiB, allowed", &disk.reference).option("--limit=zstd-window=256MiB").run().ends(0);
    row.verify("128 MiB", &pushed(ZSTD, of_nothing(b"\0\x88"), b"").reference).run().ends(0);
}
