//! What the captured parts of an ELF object say.

use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::ReadRef as _;
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _};

use super::capture::Capture;
use super::versions::{self, Table, Versions};
use super::{Dynamic, Elf};

/// The facts of an object; `None` if its header is no ELF header.
pub(super) fn elf(capture: &Capture, budget: &mut usize) -> Option<Elf> {
    View::<FileHeader64<Endianness>>::new(capture)
        .map(|view| view.elf(budget))
        .or_else(|| View::<FileHeader32<Endianness>>::new(capture).map(|view| view.elf(budget)))
}

/// Offset and size of what else of the file is needed, as far as the captured parts tell.
pub(super) fn announced(capture: &Capture) -> Vec<(u64, u64)> {
    View::<FileHeader64<Endianness>>::new(capture)
        .map(|view| view.announced())
        .or_else(|| View::<FileHeader32<Endianness>>::new(capture).map(|view| view.announced()))
        .unwrap_or_default()
}

const BEYOND: &str = "its dynamic section is damaged, or lies in a part of the file that is not captured";
const NO_SEGMENTS: &str = "its program headers are damaged, or lie in a part of the file that is not captured";
const NO_TABLE: &str = "its table of symbol versions lies in a part of the file that is not captured";
const NO_STRINGS: &str = "its string table is not in the file";
const OUTSIDE: &str = "a string lies outside its string table";
const BAD_STRINGS: &str = "its string table is damaged, or lies in a part of the file that is not captured";
const MANY_NAMES: &str = "the names in the layer's ELF files are over 16 MiB";
/// Every reason why something of an object is not known.
pub(in crate::layer) const REASONS: [&str; 8] =
    [BEYOND, NO_SEGMENTS, NO_TABLE, NO_STRINGS, OUTSIDE, BAD_STRINGS, MANY_NAMES, versions::DAMAGED];

struct View<'a, H: FileHeader> {
    capture: &'a Capture,
    header: &'a H,
    endian: Endianness,
    segments: Option<&'a [H::ProgramHeader]>,
}

/// The dynamic section, and where its strings are.
struct Section<'a, H: FileHeader> {
    entries: &'a [H::Dyn],
    strings: Option<(u64, u64)>,
    /// Where the versions that it wants are and how many there are; those that it has.
    versions: [Option<(u64, u64)>; 2],
}

impl<'a, H: FileHeader<Endian = Endianness>> View<'a, H> {
    fn new(capture: &'a Capture) -> Option<Self> {
        let header = H::parse(capture).ok()?;
        let endian = header.endian().ok()?;
        Some(Self { capture, header, endian, segments: header.program_headers(endian, capture).ok() })
    }

    fn segments(&self) -> impl Iterator<Item = &'a H::ProgramHeader> {
        self.segments.unwrap_or_default().iter()
    }

    fn segment(&self, kind: elf::ProgramType) -> Option<&'a H::ProgramHeader> {
        self.segments().find(|segment| segment.p_type(self.endian) == kind)
    }

    /// The first dynamic segment, if there is one.
    fn section(&self) -> Result<Option<Section<'a, H>>, &'static str> {
        let Some(segment) = self.segment(elf::PT_DYNAMIC) else { return Ok(None) };
        let entries = segment.dynamic(self.endian, self.capture).map_err(|_| BEYOND)?.unwrap_or_default();
        let end = entries.iter().position(|entry| entry.tag(self.endian) == elf::DT_NULL).unwrap_or(entries.len());
        let entries = &entries[..end];
        let value = |tag| entries.iter().find(|entry| entry.tag(self.endian) == tag).map(|entry| entry.val(self.endian));
        let offset = value(elf::DT_STRTAB).and_then(|address| self.offset(address));
        let table = |at, count| value(at).and_then(|address| self.offset(address)).zip(value(count));
        let versions = [table(elf::DT_VERNEED, elf::DT_VERNEEDNUM), table(elf::DT_VERDEF, elf::DT_VERDEFNUM)];
        Ok(Some(Section { entries, strings: offset.zip(value(elf::DT_STRSZ)), versions }))
    }

    /// Where in the file an address of the loaded object lies.
    fn offset(&self, address: u64) -> Option<u64> {
        self.segments().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD).find_map(|segment| {
            let (offset, size) = segment.file_range(self.endian);
            let within = address.checked_sub(segment.p_vaddr(self.endian).into()).filter(|within| *within < size)?;
            offset.checked_add(within)
        })
    }

    fn announced(&self) -> Vec<(u64, u64)> {
        let ranges = [elf::PT_INTERP, elf::PT_DYNAMIC].into_iter().filter_map(|kind| self.segment(kind));
        let mut ranges: Vec<_> = ranges.map(|segment| segment.file_range(self.endian)).collect();
        if let Ok(Some(section)) = self.section() {
            ranges.extend(section.strings);
            ranges.extend(section.versions.into_iter().flatten().map(|(offset, _)| (offset, versions::TABLE)));
        }
        ranges.push(self.section_headers());
        ranges
    }

    fn elf(&self, budget: &mut usize) -> Elf {
        let interpreter = self.segment(elf::PT_INTERP).and_then(|segment| segment.interpreter(self.endian, self.capture).ok()?);
        let interpreter = interpreter.filter(|name| charge(budget, name));
        Elf {
            bits: if self.header.is_type_64() { 64 } else { 32 },
            little_endian: self.header.is_little_endian(),
            machine: self.header.e_machine(self.endian).0,
            kind: self.header.e_type(self.endian).0,
            interpreter: interpreter.map(Into::into),
            align: self.align(),
            dynamic: self.dynamic(budget).unwrap_or_else(Dynamic::Unknown),
            versions: self.versions(budget),
            unloaded: self.unloaded(),
        }
    }

    /// The smallest alignment of what is loaded; 0 where nothing is.
    fn align(&self) -> u64 {
        let loaded = self.segments().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD);
        loaded.map(|segment| segment.p_align(self.endian).into()).min().unwrap_or_default()
    }

    fn versions(&self, budget: &mut usize) -> Versions {
        let Ok(Some(section)) = self.section() else { return Versions::default() };
        let [wanted, defined] = section.versions.map(|at| at.map(|(offset, count)| self.table(offset, count)));
        let mut name = |at| self.string(&section, at, budget);
        let wanted = wanted.map_or(Ok(Vec::new()), |table| table?.wanted(&mut name));
        let defined = defined.map_or(Ok(Vec::new()), |table| table?.defined(&mut name));
        let unknown = wanted.as_ref().err().or(defined.as_ref().err()).copied();
        Versions { wanted: wanted.unwrap_or_default(), defined: defined.unwrap_or_default(), unknown }
    }

    fn table(&self, offset: u64, count: u64) -> Result<Table<'a>, &'static str> {
        let bytes = self.capture.some(versions::range(offset, self.capture.length()));
        let bytes = bytes.ok_or(NO_TABLE)?;
        Ok(Table { bytes, endian: self.endian, count })
    }

    /// Where the section headers lie: at the end of most files. More of them than the header itself can count are not
    /// looked at.
    fn section_headers(&self) -> (u64, u64) {
        let size = u64::from(self.header.e_shnum(self.endian)) * size_of::<H::SectionHeader>() as u64;
        (self.header.e_shoff(self.endian).into(), size)
    }

    /// Bytes of the sections that are in the file and in no segment that is loaded.
    fn unloaded(&self) -> u64 {
        let sections = self.header.section_headers(self.endian, self.capture).unwrap_or_default();
        let in_file = sections.iter().filter(|section| section.sh_type(self.endian) != elf::SHT_NOBITS);
        let unloaded = in_file.filter(|section| !section.sh_flags(self.endian).contains(elf::SHF_ALLOC));
        unloaded.fold(0, |sum, section| sum.saturating_add(section.sh_size(self.endian).into()))
    }

    fn dynamic(&self, budget: &mut usize) -> Result<Dynamic, &'static str> {
        self.segments.ok_or(NO_SEGMENTS)?;
        // A file of debug symbols has a dynamic segment without bytes.
        let Some(section) = self.section()?.filter(|section| !section.entries.is_empty()) else { return Ok(Dynamic::None) };
        let (mut needed, mut soname, mut rpath, mut runpath) = (Vec::new(), None, None, None);
        for entry in section.entries {
            let mut string = || self.string(&section, entry.val(self.endian), budget);
            match entry.tag(self.endian) {
                elf::DT_NEEDED => needed.push(string()?),
                elf::DT_SONAME => soname = Some(string()?),
                elf::DT_RPATH => rpath = Some(string()?),
                elf::DT_RUNPATH => runpath = Some(string()?),
                _ => {}
            }
        }
        Ok(Dynamic::Known { needed, soname, rpath, runpath })
    }

    fn string(&self, section: &Section<'_, H>, at: u64, budget: &mut usize) -> Result<Box<[u8]>, &'static str> {
        let (offset, size) = section.strings.ok_or(NO_STRINGS)?;
        let begin = offset.checked_add(at).filter(|_| at < size).ok_or(OUTSIDE)?;
        let string = self.capture.read_bytes_at_until(begin..offset.saturating_add(size), 0);
        let string = string.map_err(|()| BAD_STRINGS)?;
        if charge(budget, string) { Ok(string.into()) } else { Err(MANY_NAMES) }
    }
}

/// Takes the bytes of a name, and what it costs to hold it, off the budget.
fn charge(budget: &mut usize, name: &[u8]) -> bool {
    let left = budget.checked_sub(name.len() + size_of::<Box<[u8]>>());
    *budget = left.unwrap_or(0);
    left.is_some()
}
