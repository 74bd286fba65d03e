//! ELF objects as far as a bounded capture tells (System V ABI, chapters 4 and 5).

mod capture;
mod parse;
mod versions;

pub(super) use capture::Capture;
pub(super) use parse::REASONS;
pub use versions::{Versions, Wanted};

/// The facts of an ELF object. Numbers are those of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Elf {
    /// 32 or 64.
    pub bits: u8,
    /// Whether it is little-endian.
    pub little_endian: bool,
    /// `e_machine`.
    pub machine: u16,
    /// `e_type`: 1 relocatable, 2 executable, 3 shared object or position-independent executable.
    pub kind: u16,
    /// `PT_INTERP`: the loader, where it names one.
    pub interpreter: Option<Box<[u8]>>,
    /// The smallest `p_align` of its `PT_LOAD` segments; 0 where it has none.
    pub align: u64,
    /// The dynamic section, or why it is not known.
    pub dynamic: Dynamic,
    /// The symbol versions that it wants and has.
    pub versions: Versions,
    /// Bytes of sections that no loader maps, such as symbols and what debuggers read: what strip(1) takes away. 0 where
    /// the section headers were not captured.
    pub unloaded: u64,
}

impl Elf {
    /// `DT_NEEDED`, as far as it is known.
    pub fn needed(&self) -> &[Box<[u8]>] {
        match &self.dynamic {
            Dynamic::Known { needed, .. } => needed,
            Dynamic::None | Dynamic::Unknown(_) => &[],
        }
    }

    /// `DT_SONAME`, as far as it is known.
    pub fn soname(&self) -> Option<&[u8]> {
        match &self.dynamic {
            Dynamic::Known { soname, .. } => soname.as_deref(),
            Dynamic::None | Dynamic::Unknown(_) => None,
        }
    }

    /// Why its dynamic section is not known, where it has one.
    pub fn unread(&self) -> Option<&'static str> {
        match self.dynamic {
            Dynamic::Unknown(why) => Some(why),
            Dynamic::None | Dynamic::Known { .. } => None,
        }
    }
}

/// The dynamic section of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dynamic {
    /// It has none: a static executable, a relocatable object.
    #[default]
    None,
    /// What it says.
    Known {
        /// `DT_NEEDED`, in order.
        needed: Vec<Box<[u8]>>,
        /// `DT_SONAME`.
        soname: Option<Box<[u8]>>,
        /// `DT_RPATH`.
        rpath: Option<Box<[u8]>>,
        /// `DT_RUNPATH`.
        runpath: Option<Box<[u8]>>,
    },
    /// It has one, and it lies outside what was captured, or is damaged.
    Unknown(&'static str),
}
