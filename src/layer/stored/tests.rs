use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::digest::{Digest, Verified};
use crate::error::Result;
use crate::layer::elf::{Dynamic, Elf, REASONS, Versions};
use crate::layer::{Body, Entry, EntryRef, FileKind, Kept, LayerDiff, Seen, Stat, Trace, compiled::Compiled, keep, pass};
use crate::vfs::dump;

/// Something of everything that a layer may hold.
const LAYER: &str = r##"
d 0755 0:0 /
d 1777 0:0 @1700000000 /tmp
f 0644 65532:65532 @1700000000 /app/.lucid-marker "LUCID_X_1700000000\n"
f 0755 0:0 @-1 cap /bin/ping elf:x86-64,exec,interp=/lib/ld.so,needed=libc.so.6,needed=libm.so.6,verneed=libc.so.6:GLIBC_2.38
f 0755 0:0 6831704 /lib/libx.so elf:aarch64,soname=libx.so,rpath=/a,runpath=$ORIGIN,verdef=X_1,unloaded=12,align=4096
f 0755 0:0 /lib/liby.so elf:arm,rel
f 0755 0:0 /bin/run "#!/bin/sh -e\nexit\n"
f 0644 0:0 /usr/lib/python3/a.pyc pyc:3495,mtime=1,size=2
f 0644 0:0 /usr/lib/python3/b.pyc pyc:3495,hash
f 0644 0:0 /usr/lib/python3/dist-packages/a.py "import b\n" imports
f 0644 0:0 /usr/lib/python3/dist-packages/c.py "\n \n" unkept
f 4755 0:0 /big size=200000000
l 0777 0:0 /bin/python -> /usr/bin/python3.11
h /b\x20\xff => /bin/run
c 0666 0:0 1,3 /dev/null
b 0660 0:6 8,0 /dev/sda
p 0644 0:0 /run/pipe
w /app/gone
o /app/all
"##;

/// A digest of what [`LAYER`] is in the form of this version. It changes with [`FORM`] or [`keep::VERSION`] alone.
const GOLDEN: &str = "4.1 ac139ec8a5792972";

fn passed(entries: Vec<Entry>) -> Passed {
    let content = Content {
        raw_size: 70_000,
        diff_id: Digest::sha256(b"tar"),
        compression: Compression::Zstd,
        odd: vec![(OddityKind::Trailing, "3 bytes follow".to_owned())],
    };
    let mut oddities = Oddities::default();
    oddities.push(Some(LayerPath::new("a\n")), OddityKind::Ignored, "odd");
    oddities.push(None, OddityKind::Entry, "odder");
    oddities.more = 7;
    Passed {
        digest: Digest::sha256(b"blob"),
        spent: 80_000,
        size: 5000,
        layer: Ok((content, Arc::new(entries.into_iter().collect()), oddities)),
    }
}

fn all() -> Vec<Entry> {
    let mut entries = dump::entries(LAYER).unwrap();
    let elf = Elf {
        dynamic: Dynamic::Unknown(REASONS[0]),
        versions: Versions { unknown: Some(REASONS[7]), ..Versions::default() },
        ..Elf::default()
    };
    let unknown = Trace::new([8; 32], false, Seen { holes: 0, kind: FileKind::Elf(Box::new(elf)), kept: Kept::Unwanted });
    entries.push(Entry { path: "lib/z.so".into(), stat: Stat::default(), body: Body::File(unknown) });
    let holes = Trace::new([7; 32], true, Seen { holes: 1 << 40, ..Seen::plain(Kept::Over(keep::OVER[0])) });
    let stat = Stat { uid: u64::MAX, gid: 1 << 32, size: u64::MAX, mtime: i64::MIN, ..Stat::default() };
    entries.push(Entry { path: "sparse".into(), stat, body: Body::File(holes) });
    entries.push(Entry { path: "last".into(), stat: Stat { mtime: i64::MAX, size: 0, ..stat }, body: Body::Whiteout });
    entries
}

fn descriptor() -> Descriptor {
    let media_type = "application/vnd.oci.image.layer.v1.tar+zstd".to_owned();
    Descriptor { media_type, digest: Digest::sha256(b"blob"), size: 5000, platform: None, annotations: None, data: None }
}

fn stored(passed: &Passed) -> Vec<u8> {
    let mut stored = Vec::new();
    passed.store(&Limits::default(), &mut stored).unwrap();
    stored
}

fn restored(stored: &[u8]) -> Option<Passed> {
    Passed::restore(stored, &descriptor(), Algorithm::Sha256, &Limits::default()).unwrap()
}

fn same(one: Passed, other: Passed) {
    assert_eq!((one.spent, one.size), (other.spent, other.size));
    let hold = |passed: Passed| -> Result<LayerDiff> { passed.hold(&descriptor(), &Digest::sha256(b"tar")) };
    let (one, other) = (hold(one).unwrap(), hold(other).unwrap());
    assert_eq!((one.raw_size, &one.diff_id, &one.oddities), (other.raw_size, &other.diff_id, &other.oddities));
    assert!(one.entries == other.entries);
}

#[test]
fn what_was_stored_is_restored() {
    same(restored(&stored(&passed(all()))).unwrap(), passed(all()));
    same(restored(&stored(&passed(Vec::new()))).unwrap(), passed(Vec::new()));
    let many = || -> Vec<Entry> {
        let line = |at| format!("f 0644 0:{} /d{}/f{at} \"{at}\"\n", at % 7, at % 100);
        let lines = (0..10_000).map(line).collect::<Vec<_>>().concat();
        dump::entries(&lines).unwrap()
    };
    same(restored(&stored(&passed(many()))).unwrap(), passed(many()));
}

#[test]
fn an_entry_takes_little_beside_its_digest() {
    let line =
        |at| format!("f 0644 0:0 @{} /usr/lib/python3/dist-packages/p{}/module{at}.so \"{at}\" unkept\n", at / 50, at / 40);
    let lines = (0..10_000).map(line).collect::<Vec<_>>().concat();
    let bytes = stored(&passed(dump::entries(&lines).unwrap())).len();
    assert!(bytes <= 44 * 10_000, "{bytes}");
}

#[test]
fn the_form_changes_with_its_version_alone() {
    let mut plain = Vec::new();
    passed(all()).write(&Limits::default(), &mut plain).unwrap();
    let found = format!("{} {}", version(), &Digest::sha256(&plain).hex()[..16]);
    assert_eq!(found, GOLDEN, "what is stored of a layer is another: raise FORM, or keep::VERSION if it is read otherwise");
}

#[test]
fn another_question_is_not_answered() {
    let bytes = stored(&passed(all()));
    let ask = |descriptor: &Descriptor, algorithm, limits: &Limits| {
        Passed::restore(&bytes, descriptor, algorithm, limits).unwrap().is_some()
    };
    let limits = Limits::default();
    assert!(ask(&descriptor(), Algorithm::Sha256, &limits));
    assert!(!ask(&Descriptor { size: 5001, ..descriptor() }, Algorithm::Sha256, &limits));
    assert!(!ask(&descriptor(), Algorithm::Sha512, &limits));
    for lower in ["layer-bytes=79999", "entries=1999999", "path=4095", "special-header=9", "zstd-window=1", "entries=5"] {
        let mut limits = Limits::default();
        limits.set(lower).unwrap();
        assert!(!ask(&descriptor(), Algorithm::Sha256, &limits), "{lower}");
    }
    for higher in ["layer-bytes=80000", "entries=2000001", "path=1MiB", "kept-bytes=0", "image-bytes=0"] {
        let mut limits = Limits::default();
        limits.set(higher).unwrap();
        assert!(ask(&descriptor(), Algorithm::Sha256, &limits), "{higher}");
    }
}

#[test]
fn a_damaged_layer_is_not_stored() {
    let bytes = &[0x1f, 0x8b, 8][..];
    let blob = Verified::new(bytes, &Digest::sha256(bytes), 3);
    let passed = pass(blob, Algorithm::Sha256, &Limits::default()).unwrap();
    assert!(passed.store(&Limits::default(), &mut Vec::new()).is_err());
}

proptest! {
    /// Whatever the bytes are, they are refused or read: they stop nothing.
    #[test]
    fn damaged_bytes_are_refused_or_read(at in 0_usize..4000, flip in 1_u8.., cut in proptest::bool::ANY) {
        let mut plain = Vec::new();
        passed(all()).write(&Limits::default(), &mut plain).unwrap();
        let at = at % plain.len();
        plain[at] ^= flip;
        if cut {
            plain.truncate(at);
        }
        let read = Passed::read(&plain[..], &descriptor(), Algorithm::Sha256, &Limits::default());
        prop_assert!(!cut || read.is_none_or(|read| read.is_none()));
        let mut packed = stored(&passed(all()));
        let at = at % packed.len();
        packed[at] ^= flip;
        let _ = Passed::restore(&packed, &descriptor(), Algorithm::Sha256, &Limits::default());
    }

    #[test]
    fn numbers_survive(number in any::<u64>(), signed in any::<i64>(), bits in 0_u32..64) {
        let mut out = Out::default();
        out.number(number >> bits);
        out.signed(signed >> bits);
        let mut input = In(&out.0);
        prop_assert_eq!((input.number(), input.signed(), input.byte()), (Some(number >> bits), Some(signed >> bits), None));
    }
}

#[test]
fn compiled_modules_keep_their_source() {
    let kinds = |passed: Passed| -> Vec<FileKind> {
        let (_, entries, _) = passed.layer.unwrap();
        let kind = |entry: EntryRef<'_>| if let Body::File(trace) = entry.body() { Some(trace.kind.clone()) } else { None };
        entries.iter().filter_map(kind).filter(|kind| matches!(kind, FileKind::Compiled(_))).collect()
    };
    let of = |source| FileKind::Compiled(Compiled { magic: 3495, source });
    assert_eq!(kinds(restored(&stored(&passed(all()))).unwrap()), [of(Some((1, 2))), of(None)]);
}
