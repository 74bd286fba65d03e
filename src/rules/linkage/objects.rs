//! The objects that these rules judge, and how much it weighs where one of them cannot be loaded.

use std::collections::BTreeMap;

use super::super::Context;
use crate::facts::elf::{Isa, Libc, Object};
use crate::facts::loader::{Linkage, Links, Reach};
use crate::facts::python::Distribution;
use crate::facts::python::distribution::normalized;
use crate::facts::python::extension::is_data;
use crate::finding::{Judgement, Level};
use crate::text::escape;
use crate::vfs::{LayerPath, NodeId};

/// Extension modules of the standard library that its own modules do without, or that only a program with a display or a
/// terminal imports.
const OPTIONAL: &[&[u8]] =
    &[b"_bz2", b"_crypt", b"_curses", b"_curses_panel", b"_dbm", b"_gdbm", b"_hashlib", b"_lzma", b"_uuid", b"readline"];

/// Those that official images leave without their libraries, and that test the interpreter itself.
const UNASKED: &[&[u8]] = &[b"_tkinter", b"nis", b"ossaudiodev"];

/// Parts of the names of modules that packages try to import, and do without.
const TRIED: &[&str] = &["cuda", "gtk", "hip", "mpi", "omp", "qt", "rocm", "tbb", "test", "tk"];

/// An object that is judged.
#[derive(Debug)]
pub(in crate::rules) struct Judged<'a> {
    pub node: NodeId,
    pub object: &'a Object,
    pub links: &'a Links,
    pub path: LayerPath,
    /// The distribution that owns it, or the module by which it is loaded.
    pub owner: Option<&'a Distribution>,
}

/// All of them: what is for the machine that the image is for, without data.
#[derive(Debug)]
pub(in crate::rules) struct Objects<'a> {
    pub linkage: &'a Linkage,
    /// In the order of their nodes.
    pub all: Vec<Judged<'a>>,
}

impl<'a> Objects<'a> {
    /// Those of an image, or why none can be judged.
    pub fn of(context: &Context<'a>) -> Result<&'a Self, Judgement> {
        context.objects.get_or_init(|| Self::gathered(context)).as_ref().map_err(Clone::clone)
    }

    fn gathered(context: &Context<'a>) -> Result<Self, Judgement> {
        let platform = context.platform();
        let Some(isa) = Isa::of_architecture(&platform.architecture) else {
            return Err(Judgement::unknown(format!("the machine code of {platform} is not known")));
        };
        let (linkage, owners) = (&context.facts.linkage, context.owners);
        let objects: BTreeMap<NodeId, &Object> = context.facts.objects.iter().map(|object| (object.node, object)).collect();
        let judged = linkage.links.iter().filter_map(|(node, links)| {
            let (object, path) = (*objects.get(node)?, context.tree.path(*node));
            let is_judged = Isa::of(&object.elf) == isa && (links.reach < Reach::Called || !is_data(&path)) && !is_unasked(&path);
            let owner = owners.owner(*node).or_else(|| owners.owner(links.root));
            is_judged.then_some(Judged { node: *node, object, links, path, owner })
        });
        let all: Vec<_> = judged.collect();
        if all.is_empty() {
            Err(Judgement::skip("the image has no machine code that is loaded"))
        } else {
            Ok(Self { linkage, all })
        }
    }

    /// Those of an image whose loader is glibc's.
    pub fn of_glibc(context: &Context<'a>) -> Result<&'a Self, Judgement> {
        match context.facts.linkage.libc {
            Some(Libc::Musl) => Err(Judgement::skip("the loader of the image is musl's")),
            _ => Self::of(context),
        }
    }

    /// The one at a path.
    pub fn at(&self, context: &Context<'_>, path: &LayerPath) -> Option<&Judged<'a>> {
        let node = context.tree.get(path)?;
        self.all.binary_search_by_key(&node, |judged| judged.node).ok().and_then(|at| self.all.get(at))
    }

    /// Those that something leads to.
    pub fn reached(&self) -> impl Iterator<Item = &Judged<'a>> {
        self.all.iter().filter(|judged| judged.links.reach < Reach::Other)
    }

    /// Why not all that is reached could be judged.
    pub fn unknown(&self, why: impl Fn(&Judged<'a>) -> Option<&'static str>) -> Option<String> {
        let cut = self.linkage.is_cut.then(|| "the objects of the image need more than could be looked up".to_owned());
        let mut started = self.all.iter().filter(|judged| judged.links.reach == Reach::Command);
        cut.or_else(|| started.find_map(|judged| Some(format!("{}: {}", judged.path, why(judged)?))))
    }
}

impl Judged<'_> {
    /// How much it weighs where it cannot be loaded at all.
    pub fn level(&self, context: &Context<'_>) -> Level {
        let root = stem(context.tree.name(self.links.root));
        match self.links.reach {
            Reach::Library if OPTIONAL.contains(&root) => Level::Warn,
            Reach::Module if TRIED.iter().any(|word| has(root, word)) => Level::Warn,
            Reach::Module if context.is_imported(self.links.root, self.owner) == Some(false) => Level::Warn,
            Reach::Command | Reach::Library | Reach::Module => Level::Error,
            Reach::Called | Reach::Other => Level::Info,
        }
    }

    /// Whose it is, as messages have it.
    pub fn whose(&self) -> Option<String> {
        self.owner.map(|owner| escape(owner.name.as_bytes()))
    }

    /// Whether the service says that it needs the distribution.
    pub fn is_declared(&self, context: &Context<'_>) -> bool {
        let packages = context.profile.service.iter().filter_map(|service| service.packages.as_ref()).flatten();
        let is = |name: &String, owner: &Distribution| normalized(name) == owner.normalized || owner.imports().contains(name);
        self.owner.is_some_and(|owner| packages.into_iter().any(|name| is(name, owner)))
    }
}

fn is_unasked(path: &LayerPath) -> bool {
    let name = stem(path.name());
    let is_of_library = path.parent().is_some_and(|directory| directory.name() == b"lib-dynload");
    is_of_library && (UNASKED.contains(&name) || name.starts_with(b"_test") || name.starts_with(b"_ctypes_test"))
}

/// A name up to its first dot.
fn stem(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'.').next().unwrap_or_default()
}

fn has(name: &[u8], word: &str) -> bool {
    name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
