//! Where an interpreter looks for modules: `sys.path` (Python documentation, "The initialization of the sys.path module
//! search path"; `site`).

use super::interpreter::Interpreter;
use super::runtime::Image;
use crate::facts::command::absolute;
use crate::facts::command::program::Python;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

/// `sys.path`, as far as an image tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SysPath {
    /// Its entries, in order; they need not exist.
    pub entries: Vec<Entry>,
    /// Why modules may be found that are in none of them.
    pub unknown: Vec<String>,
}

/// One directory to look in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The directory, as it is named.
    pub path: LayerPath,
    /// What puts it there.
    pub origin: Origin,
}

/// What puts a directory on `sys.path`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The program: the directory of the script, or the working directory.
    Program,
    /// `PYTHONPATH`.
    Environment,
    /// The standard library.
    Library,
    /// The module `site`: a site directory of the interpreter, of its virtual environment or of the user.
    Site,
    /// A line of a `.pth` file of a site directory.
    PathFile,
}

/// Entries of `PYTHONPATH` and of `.pth` files that are looked at; real images have fewer than twenty.
const MAX_ENTRIES: usize = 1024;

/// `.pth` files that run code, and by which nothing can be imported that is not in a directory of `sys.path`: setuptools'
/// stand-in for distutils, virtualenv's patch, namespace packages of old, and those of coverage tools.
const HARMLESS: [&str; 4] = ["distutils-precedence.pth", "_virtualenv.pth", "-nspkg.pth", "coverage.pth"];

/// Whether a `.pth` file of this name changes nothing of what can be imported.
pub fn is_harmless(name: &[u8]) -> bool {
    HARMLESS.iter().any(|ending| name.ends_with(ending.as_bytes()))
}

impl SysPath {
    /// The directories that exist, in order.
    pub fn directories<'a>(&'a self, tree: &'a Tree) -> impl Iterator<Item = NodeId> + 'a {
        let nodes = self.entries.iter().filter_map(|entry| tree.resolve(&entry.path).ok());
        nodes.filter(|node| tree.is_directory(*node))
    }

    /// Whether modules of a directory are found.
    pub fn holds(&self, tree: &Tree, directory: NodeId) -> bool {
        self.directories(tree).any(|node| node == directory)
    }

    fn push(&mut self, path: LayerPath, origin: Origin) {
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(Entry { path, origin });
        }
    }
}

/// The `sys.path` of an interpreter that is started with some options; `script` is the file that it is told to run.
pub(super) fn sys_path(
    image: &Image<'_>,
    interpreter: &Interpreter,
    options: &Python<'_>,
    script: Option<&LayerPath>,
) -> SysPath {
    let variable = |name: &str| image.config.env(name).filter(|value| !value.is_empty() && !options.ignores_environment);
    let mut path = SysPath::default();
    if !options.has_safe_path && variable("PYTHONSAFEPATH").is_none() {
        path.push(first(image, script), Origin::Program);
    }
    for entry in variable("PYTHONPATH").iter().flat_map(|value| value.split(':')).take(MAX_ENTRIES) {
        path.push(absolute(image.tree, image.config, entry.as_bytes()), Origin::Environment);
    }
    path.unknown.extend(variable("PYTHONHOME").map(|_| "PYTHONHOME is set".to_owned()));
    match &interpreter.library {
        Some(library) => {
            let zip = interpreter.version.directory().replace('.', "") + ".zip";
            path.push(library.parent().unwrap_or_default().join(zip), Origin::Library);
            path.push(library.clone(), Origin::Library);
            path.push(library.join("lib-dynload"), Origin::Library);
        }
        None => path.unknown.push(format!("the standard library of {} is not in the image", interpreter.path)),
    }
    if !options.is_without_site {
        let is_without = options.is_without_user_site || variable("PYTHONNOUSERSITE").is_some();
        let user = user_site(image, interpreter, variable("PYTHONUSERBASE")).filter(|_| !is_without);
        for directory in user.into_iter().chain(interpreter.site_directories()) {
            site(image, &mut path, &directory);
        }
    }
    path.unknown.extend(surprises(image, interpreter, &path));
    path
}

/// The first entry: the directory of the script, links followed, or the working directory.
fn first(image: &Image<'_>, script: Option<&LayerPath>) -> LayerPath {
    let Some(script) = script else { return absolute(image.tree, image.config, b"") };
    let real = image.tree.resolve(script);
    let is_entry = real.as_ref().is_ok_and(|node| image.tree.is_directory(*node))
        || [&b".zip"[..], b".pyz", b".pex"].iter().any(|ending| script.name().ends_with(ending));
    let real = real.map_or_else(|_| script.clone(), |node| image.tree.path(node));
    if is_entry { real } else { real.parent().unwrap_or_default() }
}

/// The user's own site directory; in a virtual environment, only where the interpreter's count too.
fn user_site(image: &Image<'_>, interpreter: &Interpreter, base: Option<&str>) -> Option<LayerPath> {
    interpreter.environment.as_ref().is_none_or(|environment| environment.has_system_site).then_some(())?;
    let home = || image.config.env("HOME").or_else(|| image.user.identity.as_ref().ok()?.home.as_deref());
    let base = base.map(LayerPath::new).or_else(|| Some(LayerPath::new(home()?).join(".local")))?;
    Some(interpreter.user_site(&base))
}

/// A site directory, and what its `.pth` files add (Python documentation, `site`).
fn site(image: &Image<'_>, path: &mut SysPath, directory: &LayerPath) {
    path.push(directory.clone(), Origin::Site);
    let Ok(node) = image.tree.resolve(directory) else { return };
    for (name, _) in image.tree.children(node).filter(|(name, _)| name.ends_with(b".pth")) {
        let file = directory.join(name);
        let text = match image.contents.read(&file) {
            Ok(found) => found.map_or(&b""[..], |(_, text)| text),
            Err(why) => {
                path.unknown.push(why);
                continue;
            }
        };
        let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")).take(MAX_ENTRIES) {
            if !(line.starts_with(b"import ") || line.starts_with(b"import\t")) {
                let added = if line.starts_with(b"/") { LayerPath::new(line) } else { directory.join(line) };
                if image.tree.resolve(&added).is_ok() {
                    path.push(added, Origin::PathFile);
                }
            } else if !is_harmless(name) {
                path.unknown.push(format!("{file} runs code"));
                break;
            }
        }
    }
}

/// What may find modules where no directory has them: archives, code that runs at every start, a path that is written
/// down beside the executable.
fn surprises(image: &Image<'_>, interpreter: &Interpreter, path: &SysPath) -> Vec<String> {
    let tree = image.tree;
    let mut found = Vec::new();
    for Entry { path, origin } in &path.entries {
        match tree.resolve(path) {
            Ok(node) if tree.trace(node).is_some() => found.push(format!("{path} is an archive")),
            // Debian has one of its own there.
            Ok(_) if *origin == Origin::Library => {}
            Ok(node) => {
                found.extend(tree.child(node, b"sitecustomize.py").map(|_| format!("{path}/sitecustomize.py runs at start")));
            }
            Err(_) => {}
        }
    }
    let name = interpreter.path.name();
    let stem = name.iter().rposition(|byte| *byte == b'.').map_or(name, |dot| &name[..dot]);
    let written = interpreter.path.parent().unwrap_or_default().join([stem, b"._pth"].concat());
    found.extend(tree.resolve(&written).ok().map(|_| format!("{written} replaces it")));
    found
}
