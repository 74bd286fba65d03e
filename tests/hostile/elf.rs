//! ELF objects as they lie in layers: parts far apart, and headers that lie.

use lucid_verify::layer::elf::{Dynamic, Elf};
use lucid_verify::layer::{Body, FileKind, LayerDiff};

use crate::tarball::{Blob, Tarball};

/// Where the parts of a made object lie.
#[derive(Clone, Copy)]
struct Plan {
    bits: u8,
    little: bool,
    strings: usize,
    dynamic: usize,
}

const NEAR: Plan = Plan { bits: 64, little: true, strings: 0x200, dynamic: 0x300 };
const STRINGS: &[u8] = b"\0libc.so.6\0libme.so\0$ORIGIN/lib\0";
const INTERPRETER: &[u8] = b"/lib/ld-linux.so.1\0";

impl Plan {
    fn word(self, value: usize) -> Vec<u8> {
        let bytes = (value as u64).to_le_bytes();
        self.order(&bytes[..usize::from(self.bits / 8)])
    }

    fn order(self, little: &[u8]) -> Vec<u8> {
        let mut bytes = little.to_vec();
        if !self.little {
            bytes.reverse();
        }
        bytes
    }

    fn half(self, value: u16) -> Vec<u8> {
        self.order(&value.to_le_bytes())
    }

    fn segment(self, kind: u32, offset: usize, size: usize) -> Vec<u8> {
        let (kind, flags) = (self.order(&kind.to_le_bytes()), self.order(&4_u32.to_le_bytes()));
        let [offset, size, align] = [offset, size, 8].map(|value| self.word(value));
        let parts = match self.bits {
            64 => [kind, flags, offset.clone(), offset.clone(), offset, size.clone(), size, align],
            _ => [kind, offset.clone(), offset.clone(), offset, size.clone(), size, flags, align],
        };
        parts.concat()
    }

    /// An object that needs libc.so.6, with a name, a run path and an interpreter.
    fn build(self) -> Vec<u8> {
        let entries = [(1, 1), (14, 11), (29, 20), (5, self.strings), (10, STRINGS.len()), (0, 0)];
        let dynamic: Vec<u8> = entries.iter().flat_map(|(tag, value)| [self.word(*tag), self.word(*value)]).flatten().collect();
        let end = (self.strings + STRINGS.len()).max(self.dynamic + dynamic.len());
        let header = if self.bits == 64 { 64 } else { 52 };
        let segments =
            [self.segment(1, 0, end), self.segment(3, 0x180, INTERPRETER.len()), self.segment(2, self.dynamic, dynamic.len())];
        let mut file = vec![0; end + 100];
        let mut at = 0;
        let ident = [b"\x7fELF", &[self.bits / 32, if self.little { 1 } else { 2 }, 1, 0][..], &[0; 8]].concat();
        let counts = [header, u16::try_from(segments[0].len()).unwrap(), 3, 0, 0, 0].map(|value| self.half(value)).concat();
        let version = self.order(&1_u32.to_le_bytes());
        let parts = [
            ident,
            self.half(3),
            self.half(0xb7),
            version,
            self.word(0),
            self.word(usize::from(header)),
            self.word(0),
            vec![0; 4],
            counts,
        ];
        for part in parts.iter().chain(&segments) {
            file[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        for (offset, part) in [(0x180, INTERPRETER), (self.strings, STRINGS), (self.dynamic, &dynamic)] {
            file[offset..offset + part.len()].copy_from_slice(part);
        }
        file
    }
}

fn read(file: &[u8]) -> Option<Elf> {
    let layer: LayerDiff = Blob::plain(&Tarball::default().file("usr/lib/x.so", file).end()).read().unwrap();
    let Body::File(trace) = layer.entries.get(0).body() else { panic!("no file") };
    match &trace.kind {
        FileKind::Elf(elf) => Some(elf.as_ref().clone()),
        _ => None,
    }
}

fn known() -> Dynamic {
    Dynamic::Known {
        needed: vec![b"libc.so.6"[..].into()],
        soname: Some(b"libme.so"[..].into()),
        rpath: None,
        runpath: Some(b"$ORIGIN/lib"[..].into()),
    }
}

#[test]
fn both_classes_and_both_byte_orders_are_read() {
    for bits in [32, 64] {
        for little in [true, false] {
            let elf = read(&Plan { bits, little, ..NEAR }.build()).unwrap();
            let interpreter = Some(INTERPRETER[..18].into());
            let wanted = Elf {
                bits,
                little_endian: little,
                machine: 0xb7,
                kind: 3,
                interpreter,
                align: 8,
                dynamic: known(),
                ..Elf::default()
            };
            assert_eq!(elf, wanted);
        }
    }
}

#[test]
fn a_dynamic_section_is_found_wherever_the_headers_announce_it() {
    const MIB: usize = 1 << 20;
    for (strings, dynamic) in [
        (0x200, 16 * MIB),
        (0x200, MIB - 16),
        (3 * MIB, 0x200),
        (3 * MIB, 2 * MIB),
        (2 * MIB + 96, 2 * MIB),
        (MIB - 10, 2 * MIB + 8),
    ] {
        let plan = Plan { strings, dynamic, ..NEAR };
        // The strings that begin in the head and end behind it are not announced there; those behind the section are.
        let found = read(&plan.build()).unwrap().dynamic;
        if strings == MIB - 10 {
            assert!(matches!(found, Dynamic::Unknown(_)), "strings at {strings}, section at {dynamic}");
        } else {
            assert_eq!(found, known(), "strings at {strings}, section at {dynamic}");
        }
    }
    let behind = Plan { strings: 2 * MIB, dynamic: 3 * MIB, ..NEAR };
    assert!(matches!(read(&behind.build()).unwrap().dynamic, Dynamic::Unknown(_)), "its strings passed before they were known");
}

/// A section header of a 64-bit little-endian object.
fn section(kind: u32, flags: u64, size: u64) -> Vec<u8> {
    let words = |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
    [vec![0; 4], kind.to_le_bytes().into(), words(&[flags, 0, 0, size, 0, 1, 0])].concat()
}

#[test]
fn sections_that_no_loader_maps_are_counted_wherever_their_headers_lie() {
    const ALLOC: u64 = 2;
    // Nothing, code, symbols, debugging information, and what has no bytes in the file.
    let sections = [section(0, 0, 0), section(1, ALLOC, 1000), section(2, 0, 300), section(1, 0, 5000), section(8, 0, 9000)];
    for at in [0x1000, 3 << 20] {
        let mut file = NEAR.build();
        file.resize(at, 0);
        file[0x28..0x30].copy_from_slice(&(at as u64).to_le_bytes());
        file[0x3a..0x3e].copy_from_slice(&[64, 0, 5, 0]);
        file.extend(sections.concat());
        assert_eq!(read(&file).unwrap().unloaded, 5300, "headers at {at}");
        file.truncate(at + 100);
        assert_eq!(read(&file).unwrap().unloaded, 0, "a cut table of headers at {at} tells nothing");
    }
}

#[test]
fn no_header_makes_the_reader_panic_or_guess() {
    let good = NEAR.build();
    for length in 0..good.len() {
        if let Some(elf) = read(&good[..length]) {
            assert!(length >= 64 && (elf.dynamic == known() || matches!(elf.dynamic, Dynamic::Unknown(_))), "cut at {length}");
        }
    }
    for at in 4..good.len() {
        for value in [0, 0x7f, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            read(&bad);
        }
    }
    assert_eq!(read(b"\x7fELF"), None);
    assert_eq!(read(b"\x7fELQ rest"), None);
}
