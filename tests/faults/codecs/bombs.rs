use flate2::{Compression, GzBuilder};
use serde_json::json;

use super::{ZSTD, pushed, two};
use crate::documents::pushed::{Draft, LAYER, OnDisk};
use crate::table::Row;
use crate::tarball::{Header, Tarball, gzip};

/// Kibibytes that reading a layer may take, whatever is in it. Half of it is the program itself, which is not optimised here.
const MEMORY: u64 = 96 << 10;
/// Kibibytes that a layer of any size may take more than one of 64 MiB.
const MORE: u64 = 4 << 10;

/// A zstd frame of zeros, 128 KiB each four bytes (RFC 8878, section 3.1.1.2).
fn zeros(blocks: usize) -> Vec<u8> {
    // A window of 128 KiB; then blocks of one byte that is repeated.
    let mut frame = b"\x28\xb5\x2f\xfd\0\x38".to_vec();
    frame.extend([0x02, 0, 0x10, 0].repeat(blocks));
    frame.extend(b"\x01\0\0");
    frame
}

pub fn bombs(row: &Row) {
    let disk = pushed(ZSTD, zeros(1 << 19), b"");
    let ran = row.verify("61 GiB of zeros in a zstd of 2 MiB", &disk.reference).option("--limit=layer-bytes=64MiB").run().ends(8);
    ran.says("--limit layer-bytes=").says("layer 1/1 sha256:");
    let inner = (0..3).fold(vec![0; 8 << 20], |bytes, _| gzip(&bytes));
    let tar = Tarball::default().file("42.gz", &inner).end();
    row.verify("a gzip in a gzip in a gzip, as a file", &pushed(LAYER, gzip(&tar), &tar).reference).run().ends(0);
    let tar = Tarball::default().file("zeros", &vec![0; 64 << 20]).end();
    let disk = pushed(LAYER, gzip(&tar), &tar);
    row.verify("64 MiB of zeros", &disk.reference).option("--limit=layer-bytes=32MiB").run().ends(8);
    let small = bounded(row, "64 MiB of zeros, allowed", &disk);
    if row.needs_real(false, "a layer of 1 GiB") {
        let large = bounded(row, "1 GiB of zeros in a gzip of 1 MiB", &one_gibibyte());
        assert!(large < small + MORE, "{small} KiB for 64 MiB, {large} KiB for 1 GiB");
        row.observe("1 GiB beside 64 MiB: memory", "at most 4 MiB more");
        let disk = pushed(ZSTD, zeros(1 << 23), b"");
        let ran = row.verify("1 TiB of zeros in a zstd of 32 MiB", &disk.reference).option("--limit=layer-bytes=64MiB").run();
        ran.ends(8).says("--limit layer-bytes=");
    }
}

/// Reads an image in memory that does not depend on what is in its layers.
fn bounded(row: &Row, case: &str, disk: &OnDisk) -> u64 {
    // time(1) says how much it took.
    let ran = row.verify(case, &disk.reference).through(&["time", "-f", "memory=%M"]).run().ends(0);
    let taken: u64 = ran.stderr.lines().find_map(|line| line.strip_prefix("memory=")).unwrap().parse().unwrap();
    assert!(taken < MEMORY, "{case}: {taken} KiB");
    row.observe(&format!("{case}: memory"), &format!("less than {} MiB", MEMORY >> 10));
    taken
}

/// A file of 1 GiB of zeros, 64 MiB a member.
fn one_gibibyte() -> OnDisk {
    const CONTENT: &str = "sha256:7be1ea1b493591a2d64b5fbc5537137261c8371941b9d334abbd73ee41d75149";
    let header = Header::new("zeros", b'0', 0).put(124, b"10000000000").block();
    let member = gzip(&vec![0; 64 << 20]);
    let blob = [gzip(&header), member.repeat(16), gzip(&[0; 1024])].concat();
    let draft =
        Draft::packed(LAYER, blob, b"").with(|config| config["rootfs"] = json!({"type": "layers", "diff_ids": [CONTENT]}));
    OnDisk::new(&draft.image())
}

pub fn long_headers(row: &Row) {
    let tar = two();
    let packed = |builder: GzBuilder| {
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut encoder, &tar).unwrap();
        encoder.finish().unwrap()
    };
    let long = || vec![b'n'; 10 << 20];
    for (case, blob) in [
        ("a name of 10 MiB", packed(GzBuilder::new().filename(long()))),
        ("a comment of 10 MiB", packed(GzBuilder::new().comment(long()))),
    ] {
        let ran = row.verify(case, &pushed(LAYER, blob, &tar).reference).run().ends(7);
        ran.says("more than 511 bytes").says("layer 1/1 sha256:");
    }
    let extra = packed(GzBuilder::new().extra(vec![b'e'; 65_535]).filename("layer.tar").comment("a comment"));
    bounded(row, "64 KiB of extra data, a name and a comment", &pushed(LAYER, extra, &tar));
    let many = [packed(GzBuilder::new().extra(vec![b'e'; 65_535])), gzip(b"")].concat();
    row.verify("extra data, and an empty member", &pushed(LAYER, many, &tar).reference).run().ends(0);
}
