//! ELF objects as bytes: headers that say what an object is for and what it needs, and no code (System V ABI, chapters 4
//! and 5).

use object::elf::{
    DT_NEEDED, DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB, DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM,
    DynamicTag, PT_DYNAMIC, PT_INTERP, PT_LOAD, ProgramType,
};

use crate::layer::elf::{Dynamic, Elf, Versions};

/// Bytes of the ELF header, of a program header and of a dynamic entry, in 64-bit objects.
const HEADER: u64 = 64;
const SEGMENT: u64 = 56;
const ENTRY: u64 = 16;

/// The bytes of a 64-bit little-endian object of this size: one segment that is the whole file, and what `elf` says of
/// interpreter and dynamic section. `Err` says why there are none.
pub(super) fn write(elf: &Elf, size: u64) -> Result<Vec<u8>, String> {
    if elf.bits != 64 || !elf.little_endian {
        return Err("only 64-bit little-endian objects are written".into());
    }
    let interpreter = elf.interpreter.as_deref().map(|name| [name, b"\0"].concat());
    let dynamic = match &elf.dynamic {
        Dynamic::None => None,
        Dynamic::Known { needed, soname, rpath, runpath } => {
            let others = [(DT_SONAME, soname), (DT_RPATH, rpath), (DT_RUNPATH, runpath)];
            let others = others.into_iter().filter_map(|(tag, name)| Some((tag, name.as_deref()?)));
            Some(needed.iter().map(|name| (DT_NEEDED, &name[..])).chain(others).collect::<Vec<_>>())
        }
        Dynamic::Unknown(why) => return Err(format!("its dynamic section cannot be written: {why}")),
    };
    let segments = 1 + u64::from(interpreter.is_some()) + u64::from(dynamic.is_some());
    let mut out = Object { bytes: header(elf, segments), body: Vec::new(), begin: HEADER + segments * SEGMENT };
    out.segment(PT_LOAD, 0, size, elf.align);
    if let Some(interpreter) = interpreter {
        let at = out.put(&interpreter);
        out.segment(PT_INTERP, at, interpreter.len() as u64, 1);
    }
    if let Some(names) = dynamic {
        out.dynamic(&names, &elf.versions);
    }
    out.bytes.extend(out.body);
    let taken = out.bytes.len();
    match usize::try_from(size) {
        Ok(size) if size >= taken => out.bytes.resize(size, 0),
        _ => return Err(format!("it has {size} bytes, and its headers take {taken}")),
    }
    Ok(out.bytes)
}

fn header(elf: &Elf, segments: u64) -> Vec<u8> {
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    out.extend([elf.kind, elf.machine].iter().flat_map(|number| number.to_le_bytes()));
    out.extend(1_u32.to_le_bytes());
    // Entry point, program headers, section headers.
    out.extend([0, HEADER, 0].iter().flat_map(|number| number.to_le_bytes()));
    out.extend(0_u32.to_le_bytes());
    let counts = [HEADER, SEGMENT, segments, 0, 0, 0];
    out.extend(counts.iter().flat_map(|number| number.to_le_bytes().into_iter().take(2)));
    out
}

/// An object on its way: the headers, and what stands behind them from `begin` on.
struct Object {
    bytes: Vec<u8>,
    body: Vec<u8>,
    begin: u64,
}

impl Object {
    /// Appends bytes, aligned as dynamic entries want it; returns where they are.
    fn put(&mut self, bytes: &[u8]) -> u64 {
        self.body.resize(self.body.len().next_multiple_of(8), 0);
        let at = self.begin + self.body.len() as u64;
        self.body.extend_from_slice(bytes);
        at
    }

    /// A program header; addresses are offsets.
    fn segment(&mut self, kind: ProgramType, at: u64, size: u64, align: u64) {
        let readable = 4_u32;
        self.bytes.extend([kind.0, readable].iter().flat_map(|number| number.to_le_bytes()));
        self.bytes.extend([at, at, at, size, size, align].iter().flat_map(|number| number.to_le_bytes()));
    }

    /// A dynamic section of these strings and versions, and the segment that announces it.
    fn dynamic(&mut self, names: &[(DynamicTag, &[u8])], versions: &Versions) {
        let (mut strings, mut entries) = (vec![0], Vec::new());
        for (tag, name) in names {
            entries.push((*tag, strings.len() as u64));
            strings.extend([name, &b"\0"[..]].concat());
        }
        let (wanted, defined) = (wanted(versions, &mut strings), defined(versions, &mut strings));
        if !versions.wanted.is_empty() {
            entries.extend([(DT_VERNEED, self.put(&wanted)), (DT_VERNEEDNUM, versions.wanted.len() as u64)]);
        }
        if !versions.defined.is_empty() {
            entries.extend([(DT_VERDEF, self.put(&defined)), (DT_VERDEFNUM, versions.defined.len() as u64)]);
        }
        let at = self.put(&strings);
        entries.extend([(DT_STRTAB, at), (DT_STRSZ, strings.len() as u64), (DT_NULL, 0)]);
        let bytes: Vec<u8> =
            entries.iter().flat_map(|(tag, value)| [tag.0.to_le_bytes(), value.to_le_bytes()].concat()).collect();
        let at = self.put(&bytes);
        self.segment(PT_DYNAMIC, at, entries.len() as u64 * ENTRY, 8);
    }
}

/// Appends a string; returns where it is.
fn string(strings: &mut Vec<u8>, name: &[u8]) -> u32 {
    let at = u32::try_from(strings.len()).unwrap_or(u32::MAX);
    strings.extend([name, b"\0"].concat());
    at
}

/// The versions that an object wants, behind the file that it wants them of (Linux Standard Base Core, "Symbol
/// Versioning"). Hashes and indices are 0: they are for symbols, and there are none.
fn wanted(versions: &Versions, strings: &mut Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, one) in versions.wanted.iter().enumerate() {
        let count = u16::try_from(one.versions.len()).unwrap_or(u16::MAX);
        let next = if at + 1 == versions.wanted.len() { 0 } else { 16 + 16 * u32::from(count) };
        out.extend([1, count].iter().flat_map(|half| half.to_le_bytes()));
        out.extend([string(strings, &one.file), 16, next].iter().flat_map(|word| word.to_le_bytes()));
        for (at, version) in one.versions.iter().enumerate() {
            let next = if at + 1 == one.versions.len() { 0 } else { 16 };
            out.extend([0, 0, string(strings, version), next].iter().flat_map(|word| word.to_le_bytes()));
        }
    }
    out
}

/// The versions that an object has.
fn defined(versions: &Versions, strings: &mut Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, version) in versions.defined.iter().enumerate() {
        let next = if at + 1 == versions.defined.len() { 0 } else { 28 };
        out.extend([1_u16, 0, 0, 1].iter().flat_map(|half| half.to_le_bytes()));
        out.extend([0, 20, next, string(strings, version), 0].iter().flat_map(|word| word.to_le_bytes()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::elf::Wanted;
    use crate::layer::{FileKind, Trace};

    #[test]
    fn an_object_is_read_as_it_was_meant() {
        let name = |text: &str| Box::<[u8]>::from(text.as_bytes());
        let known = |needed: &[&str], soname: Option<&str>| Dynamic::Known {
            needed: needed.iter().map(|text| name(text)).collect(),
            soname: soname.map(name),
            rpath: None,
            runpath: Some(name("$ORIGIN")),
        };
        for (machine, kind, interpreter, dynamic) in [
            (183, 2, Some("/lib/ld-linux-aarch64.so.1"), known(&["libc.so.6", "libm.so.6"], None)),
            (62, 3, None, known(&[], Some("libown.so.1"))),
            (243, 2, None, Dynamic::None),
        ] {
            let wanted = |file, versions: &[&str]| Wanted {
                file: name(file),
                versions: versions.iter().map(|version| name(version)).collect(),
            };
            let versions = match &dynamic {
                Dynamic::None => Versions::default(),
                _ => Versions {
                    wanted: vec![wanted("libc.so.6", &["GLIBC_2.17", "GLIBC_2.34"]), wanted("libm.so.6", &["GLIBC_2.29"])],
                    defined: ["OWN_1", "OWN_2"].map(name).into(),
                    unknown: None,
                },
            };
            let interpreter = interpreter.map(name);
            let elf =
                Elf { bits: 64, little_endian: true, machine, kind, interpreter, align: 4096, dynamic, versions, unloaded: 0 };
            let bytes = write(&elf, 1000).unwrap();
            assert_eq!(bytes.len(), 1000);
            assert_eq!(Trace::of(bytes).kind, FileKind::Elf(Box::new(elf)));
        }
    }

    #[test]
    fn no_byte_of_a_table_of_versions_makes_the_reader_panic_or_guess() {
        let name = |text: &str| Box::<[u8]>::from(text.as_bytes());
        let wanted = vec![Wanted { file: name("libc.so.6"), versions: ["GLIBC_2.17", "GLIBC_2.38"].map(name).into() }; 2];
        let versions = Versions { wanted, defined: ["OWN_1", "OWN_2"].map(name).into(), unknown: None };
        let dynamic = Dynamic::Known { needed: Vec::new(), soname: None, rpath: None, runpath: None };
        let elf = Elf { bits: 64, little_endian: true, machine: 183, kind: 3, dynamic, versions, ..Elf::default() };
        let good = write(&elf, 700).unwrap();
        for at in 64..good.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let FileKind::Elf(read) = Trace::of(bad).kind.clone() else { panic!("byte {at}") };
                assert!(read.versions.wanted.len() <= 2 && read.versions.defined.len() <= 2, "byte {at}");
            }
            let FileKind::Elf(read) = Trace::of(good[..at].to_vec()).kind.clone() else { continue };
            let is_told = read.versions.unknown.is_some() || read.dynamic == Dynamic::None;
            assert!(is_told || matches!(read.dynamic, Dynamic::Unknown(_)) || read.versions == elf.versions, "cut at {at}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let elf = Elf { bits: 64, little_endian: true, machine: 183, kind: 3, ..Elf::default() };
        assert!(write(&elf, 64).unwrap_err().contains("64 bytes"));
        assert!(write(&Elf { bits: 32, ..elf.clone() }, 999).is_err());
        assert!(write(&Elf { dynamic: Dynamic::Unknown("gone"), ..elf }, 999).unwrap_err().contains("gone"));
    }
}
