//! File contents as a line of the tree language gives them (see [`super::dump`]).

use sha2::{Digest as _, Sha256};

use crate::layer::compiled::Compiled;
use crate::layer::elf::{Dynamic, Elf, Wanted};
use crate::layer::skeleton::skeleton;
use crate::layer::{FileKind, Kept, LayerPath, Seen, Trace};

/// Bytes of an ELF object whose size is not said: those of its header.
const ELF_SIZE: u64 = 64;

/// The alignment of an ELF object that does not say one: that of most objects for `aarch64`.
const ELF_ALIGN: u64 = 65536;
/// Bytes of a compiled module whose size is not said: those of its header.
const COMPILED_SIZE: u64 = 16;

/// What a file holds, and its size: `content` as it stands behind the path, `size` as it stands before it.
pub(super) fn read(content: &str, size: Option<u64>, path: &LayerPath) -> Result<(Trace, u64), String> {
    if content.is_empty() {
        return Ok(size.map_or_else(|| (Trace::of(Vec::new()), 0), |size| (unseen(path, size), size)));
    }
    if let Some(number) = content.strip_prefix("size=") {
        let size = number.parse().map_err(|_| format!("{number:?} is no size"))?;
        return Ok((unseen(path, size), size));
    }
    if let Some(object) = content.strip_prefix("elf:") {
        let size = size.unwrap_or(ELF_SIZE);
        let sha256 = Sha256::digest(format!("{content} {size}")).into();
        let kind = FileKind::Elf(Box::new(elf(object)?));
        return Ok((Trace::new(sha256, false, Seen { holes: 0, kind, kept: Kept::Unwanted }), size));
    }
    if let Some(module) = content.strip_prefix("pyc:") {
        let size = size.unwrap_or(COMPILED_SIZE);
        let sha256 = Sha256::digest(format!("{content} {size}")).into();
        let kind = FileKind::Compiled(compiled(module)?);
        return Ok((Trace::new(sha256, false, Seen { holes: 0, kind, kept: Kept::Unwanted }), size));
    }
    let quoted = content.strip_prefix('"').and_then(|content| content.rsplit_once('"'));
    let (quoted, after) = quoted.ok_or("its content is neither quoted, nor size=, elf: or pyc:")?;
    let bytes = unescape(quoted)?;
    let length = bytes.len() as u64;
    if size.is_some_and(|size| size != length) {
        return Err(format!("its content is not {} bytes long but {length}", size.unwrap_or_default()));
    }
    let trace = Trace::of(bytes);
    let trace = match after.trim_ascii() {
        "" => trace,
        "imports" => trace.keeping(Kept::Imports(skeleton(trace.bytes().unwrap_or_default()).into())),
        "unkept" => trace.keeping(Kept::Unwanted),
        "over" => trace.keeping(Kept::Over("kept-bytes")),
        other => return Err(format!("{other:?} is none of imports, unkept and over")),
    };
    Ok((trace, length))
}

/// A file of which only the size is said: equal to none but one of the same path and size.
fn unseen(path: &LayerPath, size: u64) -> Trace {
    let sha256 = Sha256::digest(format!("{size} {path}")).into();
    Trace::new(sha256, false, Seen::plain(Kept::Unwanted))
}

/// `MACHINE[,OPTION…]`. Numbers are those of the System V ABI's registry of machines.
fn elf(text: &str) -> Result<Elf, String> {
    let mut words = text.split(',');
    let (bits, machine) = match words.next().unwrap_or_default() {
        "aarch64" => (64, 183),
        "x86-64" => (64, 62),
        "arm" => (32, 40),
        "i386" => (32, 3),
        "riscv64" => (64, 243),
        "ppc64le" => (64, 21),
        "s390x" => (64, 22),
        other => return Err(format!("{other:?} is no machine of the tree language")),
    };
    let mut elf = Elf { bits, machine, little_endian: machine != 22, kind: 3, align: ELF_ALIGN, ..Elf::default() };
    let (mut needed, mut soname, mut rpath, mut runpath) = (Vec::new(), None, None, None);
    let (mut is_dynamic, mut is_unknown) = (false, false);
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let bytes: Box<[u8]> = unescape(value)?.into();
        is_dynamic |= matches!(name, "dynamic" | "needed" | "soname" | "rpath" | "runpath" | "verneed" | "verdef");
        match name {
            "rel" => elf.kind = 1,
            "exec" => elf.kind = 2,
            "dynamic" => {}
            "unknown" => is_unknown = true,
            "unloaded" => elf.unloaded = value.parse().map_err(|_| format!("{value:?} is no number of bytes"))?,
            "interp" => elf.interpreter = Some(bytes),
            "needed" => needed.push(bytes),
            "soname" => soname = Some(bytes),
            "rpath" => rpath = Some(bytes),
            "runpath" => runpath = Some(bytes),
            "align" => elf.align = value.parse().map_err(|_| format!("{value:?} is no alignment"))?,
            "verdef" => elf.versions.defined.push(bytes),
            "verneed" => wanted(&mut elf.versions.wanted, value)?,
            _ => return Err(format!("{name:?} is no option of elf:")),
        }
    }
    elf.dynamic = match (is_unknown, is_dynamic) {
        (true, _) => Dynamic::Unknown("its dynamic section was not captured"),
        (false, true) => Dynamic::Known { needed, soname, rpath, runpath },
        (false, false) => Dynamic::None,
    };
    Ok(elf)
}

/// `FILE:VERSION`, of which those of one file that follow each other are one entry.
fn wanted(all: &mut Vec<Wanted>, text: &str) -> Result<(), String> {
    let (file, version) = text.split_once(':').ok_or_else(|| format!("{text:?} is not FILE:VERSION"))?;
    let (file, version): (Box<[u8]>, Box<[u8]>) = (unescape(file)?.into(), unescape(version)?.into());
    match all.last_mut().filter(|last| last.file == file) {
        Some(last) => last.versions.push(version),
        None => all.push(Wanted { file, versions: vec![version] }),
    }
    Ok(())
}

/// `MAGIC[,OPTION…]`.
fn compiled(text: &str) -> Result<Compiled, String> {
    let mut words = text.split(',');
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text:?} is no number of 32 bits"));
    let magic = u16::try_from(number(words.next().unwrap_or_default())?).map_err(|_| "its magic number has 16 bits")?;
    let (mut source, mut is_by_hash) = ((0, 0), false);
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("mtime", value) => source.0 = number(value)?,
            ("size", value) => source.1 = number(value)?,
            ("hash", "") => is_by_hash = true,
            (name, _) => return Err(format!("{name:?} is no option of pyc:")),
        }
    }
    Ok(Compiled { magic, source: (!is_by_hash).then_some(source) })
}

/// The bytes that an escaped text stands for.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = escaped(&rest[at + 1..], &mut out)
            .ok_or_else(|| format!("{:?} starts with no escape of the tree language", &rest[at..]))?;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// Reads what follows a backslash; returns what follows the escape.
fn escaped<'a>(text: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    let kind = text.chars().next()?;
    let rest = &text[kind.len_utf8()..];
    match kind {
        'n' => out.push(b'\n'),
        't' => out.push(b'\t'),
        'r' => out.push(b'\r'),
        '\\' | '"' => out.push(kind as u8),
        'x' => {
            out.push(u8::from_str_radix(rest.get(..2)?, 16).ok()?);
            return rest.get(2..);
        }
        'u' => {
            let (digits, rest) = rest.strip_prefix('{')?.split_once('}')?;
            let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(content: &str) -> Trace {
        read(content, None, &LayerPath::new("/x")).unwrap().0
    }

    #[test]
    fn escapes_are_undone() {
        for bytes in [&b"a b\\c\"\n\t\r\x00\xff\x1b"[..], "grün \u{202e}\u{1f40d}".as_bytes(), b"\\x41"] {
            assert_eq!(unescape(&crate::text::escape(bytes)).unwrap(), bytes);
        }
        for bad in ["\\", "\\q", "\\x", "\\x4", "\\xgg", "\\u41", "\\u{d800}", "\\u{110000}", "\\xé"] {
            assert!(unescape(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn blank_is_white_space_nul_and_a_leading_byte_order_mark() {
        for blank in ["", "\"\"", "\" \\t\\r\\n\\x0b\\x0c\\x00\"", "\"\\u{feff}\\n\""] {
            assert!(trace(blank).blank, "{blank}");
        }
        assert!(!trace("\" \\u{feff}\"").blank && !trace("\"x\"").blank && !trace("size=0").blank);
    }

    #[test]
    fn bytes_may_be_unkept_or_over_the_ceiling() {
        assert_eq!(trace("\"x\" unkept").kept, Kept::Unwanted);
        assert!(matches!(trace("\"x\" over").kept, Kept::Over(_)));
        assert_eq!(trace("\"import x\" imports").kept, Kept::Imports(b"import x #1\n"[..].into()));
        assert_eq!(trace("\"x\" over").sha256, trace("\"x\"").sha256);
        assert!(read("\"x\" y", None, &LayerPath::root()).is_err());
    }

    #[test]
    fn an_unseen_file_equals_itself_only() {
        let of = |path: &str, size| read("", Some(size), &LayerPath::new(path)).unwrap().0.sha256;
        assert_eq!(of("/x", 5), trace("size=5").sha256);
        assert!(of("/x", 5) != of("/x", 6) && of("/x", 5) != of("/y", 5));
    }

    #[test]
    fn a_compiled_module_is_what_its_options_say() {
        let kind = |content: &str| trace(content).kind.clone();
        assert_eq!(kind("pyc:3495,mtime=5,size=7"), FileKind::Compiled(Compiled { magic: 3495, source: Some((5, 7)) }));
        assert_eq!(kind("pyc:3495,hash"), FileKind::Compiled(Compiled { magic: 3495, source: None }));
        for bad in ["pyc:", "pyc:70000", "pyc:1,mtime=x", "pyc:1,flags"] {
            assert!(read(bad, None, &LayerPath::root()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_object_is_what_its_options_say() {
        let FileKind::Elf(elf) = trace("elf:x86-64,exec,interp=/lib/ld.so,needed=a,needed=b,runpath=$ORIGIN").kind.clone() else {
            panic!("no object")
        };
        assert_eq!((elf.bits, elf.machine, elf.kind, elf.little_endian), (64, 62, 2, true));
        assert_eq!(elf.interpreter.as_deref(), Some(&b"/lib/ld.so"[..]));
        let Dynamic::Known { needed, runpath, soname: None, rpath: None } = elf.dynamic else { panic!("{elf:?}") };
        assert_eq!(needed, [b"a"[..].into(), b"b"[..].into()]);
        assert_eq!(runpath.as_deref(), Some(&b"$ORIGIN"[..]));
        let FileKind::Elf(elf) =
            trace("elf:aarch64,verneed=a:V_1,verneed=a:V_2,verneed=b:V_1,verdef=W_1,align=4096").kind.clone()
        else {
            panic!("no object")
        };
        let wanted: Vec<_> = elf.versions.wanted.iter().map(|wanted| (&wanted.file[..], wanted.versions.len())).collect();
        assert_eq!(wanted, [(&b"a"[..], 2), (b"b", 1)]);
        assert_eq!((elf.versions.defined.len(), elf.align), (1, 4096));
        assert!(read("elf:vax", None, &LayerPath::root()).is_err());
        assert!(read("elf:arm,pie", None, &LayerPath::root()).is_err());
    }
}
