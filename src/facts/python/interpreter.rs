//! The Python interpreters of an image: version, prefix, standard library, virtual environment (`CPython`'s
//! `Modules/getpath.py`, PEP 405).

use std::fmt;

use super::runtime::Image;
use crate::facts::packages::Format;
use crate::layer::LayerPath;
use crate::vfs::Tree;

/// An interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The executable as it is called: a virtual environment is found by this name, not by the file that it leads to.
    pub path: LayerPath,
    /// Its version.
    pub version: Version,
    /// Where it is installed: `sys.base_prefix`.
    pub prefix: LayerPath,
    /// The directory of its standard library; `None` where there is none that belongs to it.
    pub library: Option<LayerPath>,
    /// Whether it is one that Debian built, which reads `dist-packages`. What tells is the text of its `site.py`, which is
    /// not kept; it is taken for Debian's where it is installed in `/usr` and dpkg has its package, or the directory of
    /// Debian's own packages is there.
    pub is_debian: bool,
    /// The virtual environment that it is called through.
    pub environment: Option<Environment>,
}

/// A virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its directory: `sys.prefix`.
    pub prefix: LayerPath,
    /// Whether the site directories of the interpreter count, too.
    pub has_system_site: bool,
    home: Option<LayerPath>,
}

/// A version of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
    /// The third, where something tells it.
    pub patch: Option<u32>,
    /// What tells it.
    pub told_by: &'static str,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

impl Version {
    /// The name of the directory of its standard library: `python3.12`.
    pub fn directory(&self) -> String {
        format!("python{}.{}", self.major, self.minor)
    }

    /// Whether a minor version is this one's.
    pub fn is(&self, minor: (u32, u32)) -> bool {
        (self.major, self.minor) == minor
    }
}

/// The minor version that a name tells: `python3.12`.
pub fn minor(name: &[u8]) -> Option<(u32, u32)> {
    let (major, minor) = std::str::from_utf8(name).ok()?.strip_prefix("python")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Directories of libraries below a prefix: of most systems, and of Fedora's 64-bit ones.
const LIBRARIES: [&str; 2] = ["lib", "lib64"];

/// The directory of Debian's own packages.
const DEBIAN: &str = "/usr/lib/python3/dist-packages";

/// The interpreter that a path leads to; `None` where it leads to no file, or to one whose version nothing tells.
pub(super) fn read(image: &Image<'_>, path: &LayerPath) -> Option<Interpreter> {
    let (tree, mut passed) = (image.tree, Vec::new());
    let node = tree.resolve_through(path, &mut |node| passed.push(node)).ok()?;
    tree.trace(node)?;
    let environment = environment(image, path);
    let named = passed.iter().chain([&node]).rev().find_map(|node| minor(tree.name(*node))).or_else(|| minor(path.name()));
    let home = environment.as_ref().and_then(|environment| environment.home.as_ref());
    let home = home.map(|home| tree.resolve(home).map_or_else(|_| home.clone(), |node| tree.path(node)));
    let folder = tree.path(tree.parent(node));
    let found = home.into_iter().chain([folder.clone()]).find_map(|from| library(tree, &from, named));
    let (prefix, library, minor) = match found {
        Some((prefix, library, minor)) => (prefix, Some(library), minor),
        None => (folder.parent().unwrap_or_default(), None, named?),
    };
    let package = package(image, minor).filter(|_| prefix == "/usr".into());
    let is_debian = prefix == "/usr".into() && (package.is_some() || tree.resolve(&DEBIAN.into()).is_ok());
    let version = version(image, &prefix, minor, package);
    Some(Interpreter { path: path.clone(), version, prefix, library, is_debian, environment })
}

/// The standard library that getpath.py would find from a directory: in the nearest directory above that has one.
fn library(tree: &Tree, from: &LayerPath, named: Option<(u32, u32)>) -> Option<(LayerPath, LayerPath, (u32, u32))> {
    let is_library = |path: &LayerPath| ["os.py", "os.pyc"].iter().any(|name| tree.resolve(&path.join(name)).is_ok());
    let mut at = Some(from.clone());
    while let Some(prefix) = at {
        for name in LIBRARIES {
            let within = prefix.join(name);
            let Ok(node) = tree.resolve(&within) else { continue };
            let minors = tree.children(node).filter_map(|(name, _)| minor(name));
            let mut there = minors.filter(|minor| named.is_none_or(|named| named == *minor));
            if let Some((major, minor)) = there.find(|(major, minor)| is_library(&within.join(format!("python{major}.{minor}"))))
            {
                return Some((prefix, within.join(format!("python{major}.{minor}")), (major, minor)));
            }
        }
        at = prefix.parent();
    }
    None
}

/// What `pyvenv.cfg` says, beside the executable or above it.
fn environment(image: &Image<'_>, path: &LayerPath) -> Option<Environment> {
    let folder = path.parent()?;
    let (prefix, text) = [Some(folder.clone()), folder.parent()].into_iter().flatten().find_map(|prefix| {
        let (_, text) = image.contents.read(&prefix.join("pyvenv.cfg")).ok().flatten()?;
        Some((prefix, text))
    })?;
    let text = String::from_utf8_lossy(text);
    let value = |name: &str| {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    Some(Environment {
        prefix,
        has_system_site: value("include-system-site-packages").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        home: value("home").map(LayerPath::new),
    })
}

/// The version of dpkg's package of a minor version, if that is installed.
fn package<'a>(image: &Image<'a>, (major, minor): (u32, u32)) -> Option<&'a str> {
    let names = [format!("python{major}.{minor}-minimal"), format!("libpython{major}.{minor}-minimal")];
    let installed = image.packages.installed.iter().filter(|found| found.format == Format::Deb && !found.is_phantom());
    installed.filter(|found| names.contains(&found.name)).map(|found| found.version.as_str()).next()
}

fn version(image: &Image<'_>, prefix: &LayerPath, (major, minor): (u32, u32), package: Option<&str>) -> Version {
    let header = prefix.join(format!("include/python{major}.{minor}/patchlevel.h"));
    let header = image.contents.read(&header).ok().flatten().map(|(_, text)| String::from_utf8_lossy(text));
    let header = header.as_deref().and_then(|text| text.split_once("PY_VERSION")?.1.split('"').nth(1));
    let told =
        [(package, "its package"), (header, "its patchlevel.h"), (image.config.env("PYTHON_VERSION"), "ENV PYTHON_VERSION")];
    let told = told.into_iter().find_map(|(text, told_by)| Some((patch(text?, (major, minor))?, told_by)));
    let (patch, told_by) = told.map_or((None, "its name"), |(patch, told_by)| (Some(patch), told_by));
    Version { major, minor, patch, told_by }
}

/// The third number of a version that begins with a minor one: 2 of `3.11.2-6+deb12u8`.
fn patch(text: &str, (major, minor): (u32, u32)) -> Option<u32> {
    let rest = text.strip_prefix(&format!("{major}.{minor}."))?;
    rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

impl Interpreter {
    /// The directories whose `.pth` files it reads, in the order in which it has them on `sys.path`; they need not exist.
    pub fn site_directories(&self) -> Vec<LayerPath> {
        let own = |prefix: &LayerPath| LIBRARIES.map(|name| self.site(prefix, name, "site-packages"));
        let mut found: Vec<LayerPath> = self.environment.iter().flat_map(|environment| own(&environment.prefix)).collect();
        if self.environment.as_ref().is_some_and(|environment| !environment.has_system_site) {
            return found;
        }
        if self.is_debian {
            found.push(self.site(&self.prefix, "local/lib", "dist-packages"));
            found.push(DEBIAN.into());
            found.push(self.site(&self.prefix, "lib", "dist-packages"));
            return found;
        }
        // Fedora's reads what pip installs, too.
        if self.library.as_ref().is_some_and(|library| library.is_within(&"/usr/lib64".into())) {
            found.extend(own(&"/usr/local".into()));
        }
        found.extend(own(&self.prefix));
        found
    }

    /// The directory of one user's packages, below the user's own base.
    pub(super) fn user_site(&self, base: &LayerPath) -> LayerPath {
        self.site(base, "lib", "site-packages")
    }

    fn site(&self, prefix: &LayerPath, library: &str, name: &str) -> LayerPath {
        prefix.join(library).join(self.version.directory()).join(name)
    }
}
