//! The ELF objects of an image, and the names of their machines.

use std::collections::BTreeSet;
use std::fmt;

use crate::layer::FileKind;
pub use crate::layer::elf::Elf;
use crate::vfs::{NodeId, Tree};

/// `ET_EXEC` and `ET_DYN`: what a kernel or a loader maps (System V ABI, chapter 4).
const LOADABLE: [u16; 2] = [2, 3];

/// `EM_BPF`: programs for the kernel's own machine.
const BPF: u16 = 247;

/// An executable or shared object (never a relocatable one).
#[derive(Debug, Clone)]
pub struct Object {
    /// The file, by the first of its names in path order.
    pub node: NodeId,
    /// What its headers say.
    pub elf: Elf,
}

/// All of them, in path order, an inode once. Relocatable objects, core files and BPF programs are none.
pub fn objects(tree: &Tree) -> Vec<Object> {
    let mut seen = BTreeSet::new();
    tree.iter()
        .filter_map(|node| match &tree.trace(node)?.kind {
            FileKind::Elf(elf) if is_loadable(elf) && seen.insert(tree.inode(node)) => {
                Some(Object { node, elf: (**elf).clone() })
            }
            _ => None,
        })
        .collect()
}

/// Whether it is an executable or a shared object of a CPU.
pub fn is_loadable(elf: &Elf) -> bool {
    LOADABLE.contains(&elf.kind) && elf.machine != BPF
}

/// What an object's instructions are for: equal where one CPU mode runs both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Isa {
    /// `e_machine`.
    pub machine: u16,
    /// 32 or 64.
    pub bits: u8,
    /// Whether it is little-endian.
    pub little_endian: bool,
}

/// `e_machine`, its name, and the bits and byte order that go without saying.
const MACHINES: &[(u16, &str, u8, bool)] = &[
    (2, "SPARC", 32, false),
    (3, "i386", 32, true),
    (8, "MIPS", 32, false),
    (20, "PowerPC", 32, false),
    (21, "PowerPC64", 64, true),
    (22, "S/390", 64, false),
    (40, "ARM", 32, true),
    (43, "SPARC V9", 64, false),
    (50, "IA-64", 64, true),
    (62, "x86-64", 64, true),
    (183, "AArch64", 64, true),
    (190, "CUDA", 64, true),
    (224, "AMD GPU", 64, true),
    (243, "RISC-V", 64, true),
    (BPF, "BPF", 64, true),
    (258, "LoongArch", 64, true),
];

/// Architectures by Go's names, as image configurations have them (image-spec, config.md `architecture`).
const ARCHITECTURES: &[(&str, Isa)] = &[
    ("386", Isa { machine: 3, bits: 32, little_endian: true }),
    ("amd64", Isa { machine: 62, bits: 64, little_endian: true }),
    ("arm", Isa { machine: 40, bits: 32, little_endian: true }),
    ("arm64", Isa { machine: 183, bits: 64, little_endian: true }),
    ("loong64", Isa { machine: 258, bits: 64, little_endian: true }),
    ("mips64le", Isa { machine: 8, bits: 64, little_endian: true }),
    ("ppc64le", Isa { machine: 21, bits: 64, little_endian: true }),
    ("riscv64", Isa { machine: 243, bits: 64, little_endian: true }),
    ("s390x", Isa { machine: 22, bits: 64, little_endian: false }),
];

impl Isa {
    /// That of an object.
    pub fn of(elf: &Elf) -> Self {
        Self { machine: elf.machine, bits: elf.bits, little_endian: elf.little_endian }
    }

    /// That of an architecture by Go's name, as an image configuration has it; `None` for one that is not known here.
    pub fn of_architecture(name: &str) -> Option<Self> {
        ARCHITECTURES.iter().find(|(known, _)| *known == name).map(|(_, isa)| *isa)
    }
}

/// The machine's name; bits and byte order only where they are not the usual ones of the machine.
impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, name, bits, little_endian)) = MACHINES.iter().find(|(machine, ..)| *machine == self.machine) else {
            return write!(f, "machine {}", self.machine);
        };
        f.write_str(name)?;
        if self.bits != *bits {
            write!(f, " {}-bit", self.bits)?;
        }
        if self.little_endian != *little_endian {
            f.write_str(if self.little_endian { " little-endian" } else { " big-endian" })?;
        }
        Ok(())
    }
}

/// A C library, as a dynamic loader shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    /// GNU's.
    Glibc,
    /// musl.
    Musl,
}

impl Libc {
    /// That of a loader by its file name (`ld-linux-aarch64.so.1`, `ld64.so.2`, `ld-musl-x86_64.so.1`).
    pub fn of_loader(path: &[u8]) -> Option<Self> {
        let name = path.rsplit(|byte| *byte == b'/').next()?;
        let is_glibc = || [&b"ld-linux"[..], b"ld64.so.", b"ld.so."].iter().any(|start| name.starts_with(start));
        if name.starts_with(b"ld-musl-") { Some(Self::Musl) } else { is_glibc().then_some(Self::Glibc) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::{elf, file, hardlink, link, object, tree};

    #[test]
    fn executables_and_shared_objects_are_listed_once_in_path_order() {
        let kind = |kind| Elf { bits: 64, little_endian: true, machine: 183, kind, ..Elf::default() };
        let tree = tree([
            elf("/usr/lib/b.so", 62),
            hardlink("/usr/lib/a.so", "/usr/lib/b.so"),
            link("/usr/lib/c.so", "b.so"),
            object("/bin/tool", kind(2)),
            object("/usr/lib/crt1.o", kind(1)),
            object("/core", kind(4)),
            elf("/usr/lib/filter.o", BPF),
            file("/bin/script", "#!/bin/tool\n"),
        ]);
        let found: Vec<_> =
            objects(&tree).iter().map(|object| (tree.path(object.node).to_string(), object.elf.machine)).collect();
        assert_eq!(found, [("/bin/tool".to_owned(), 183), ("/usr/lib/a.so".to_owned(), 62)]);
    }

    #[test]
    fn machines_have_names_and_unknown_ones_numbers() {
        let shown = |machine, bits, little_endian| Isa { machine, bits, little_endian }.to_string();
        assert_eq!(shown(183, 64, true), "AArch64");
        assert_eq!(shown(62, 64, true), "x86-64");
        assert_eq!(shown(62, 32, true), "x86-64 32-bit");
        assert_eq!(shown(21, 64, false), "PowerPC64 big-endian");
        assert_eq!(shown(8, 64, true), "MIPS 64-bit little-endian");
        assert_eq!(shown(4711, 64, true), "machine 4711");
    }

    #[test]
    fn an_architecture_is_machine_bits_and_byte_order() {
        let tree = tree([elf("/a", 183)]);
        let isa = Isa::of(&objects(&tree)[0].elf);
        assert_eq!(Isa::of_architecture("arm64"), Some(isa));
        assert_ne!(Isa::of_architecture("amd64"), Some(isa));
        assert_ne!(Isa::of_architecture("arm64"), Some(Isa { little_endian: false, ..isa }));
        assert_eq!(Isa::of_architecture("s390x").unwrap().to_string(), "S/390");
        assert_eq!(Isa::of_architecture("aarch64"), None);
        assert!(ARCHITECTURES.iter().all(|(_, isa)| MACHINES.iter().any(|(machine, ..)| *machine == isa.machine)));
    }

    #[test]
    fn a_loader_names_its_c_library() {
        assert_eq!(Libc::of_loader(b"/lib/ld-linux-aarch64.so.1"), Some(Libc::Glibc));
        assert_eq!(Libc::of_loader(b"/lib64/ld64.so.2"), Some(Libc::Glibc));
        assert_eq!(Libc::of_loader(b"/lib/ld-musl-x86_64.so.1"), Some(Libc::Musl));
        assert_eq!(Libc::of_loader(b"/system/bin/linker64"), None);
    }
}
