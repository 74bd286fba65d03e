//! Which bytes stay: a static set, the same for every profile, so that what is read of a layer depends on its blob alone.

use super::entry::Kept;

/// Version of the keep set and of everything that a [`LayerDiff`](super::LayerDiff) holds.
pub const VERSION: u32 = 4;

/// Bytes of one named metadata file. The largest RECORD seen, of a 3 GB distribution, has 3 MB.
const NAMED_FILE: u64 = 8 << 20;
/// Bytes of all named metadata of a layer. Some 500 distributions and as many Debian packages come to 15 MB.
const NAMED_LAYER: u64 = 32 << 20;
/// Bytes of one small file: scripts, configuration, markers and templates are shorter.
const SMALL_FILE: u64 = 64 << 10;
/// Bytes of all small files of a layer. An application's own files come to 3 MB.
const SMALL_LAYER: u64 = 16 << 20;
/// Bytes of a hidden file in a site directory: no distribution installs one there, markers are such.
const HIDDEN_FILE: u64 = 4 << 10;
/// Bytes of a file in a site directory that is called as keys are. What is longer holds certificates.
const KEY_FILE: u64 = 16 << 10;

/// Bytes of one Python module of which the skeleton is kept. Longer ones are tables, and made by programs.
const MODULE_FILE: u64 = 1 << 20;
/// Bytes of all skeletons of a layer: those of 60 MB of modules come to 3 MB.
const MODULE_LAYER: u64 = 8 << 20;

const LONG_METADATA: &str = "a metadata file over 8 MiB";
const MUCH_METADATA: &str = "metadata beyond the first 32 MiB of the layer";
const MANY_FILES: &str = "small files beyond the first 16 MiB of the layer";
const LONG_MODULE: &str = "a module over 1 MiB";
const MANY_MODULES: &str = "modules beyond the first 8 MiB of imports of the layer";
/// Every ceiling that [`Kept::Over`] names.
pub(super) const OVER: [&str; 5] = [LONG_METADATA, MUCH_METADATA, MANY_FILES, LONG_MODULE, MANY_MODULES];

/// Text files of a `*.dist-info` or `*.egg-info` directory.
const DIST_INFO: [&[u8]; 12] = [
    b"METADATA",
    b"RECORD",
    b"WHEEL",
    b"entry_points.txt",
    b"top_level.txt",
    b"INSTALLER",
    b"REQUESTED",
    b"direct_url.json",
    b"namespace_packages.txt",
    b"PKG-INFO",
    b"requires.txt",
    b"installed-files.txt",
];
/// Names that count wherever they are.
const NAMES: [&[u8]; 2] = [b"pyvenv.cfg", b"patchlevel.h"];
/// Endings that count wherever they are; an `.egg-info` may be a file.
const ENDINGS: [&[u8]; 3] = [b".pth", b".egg-link", b".egg-info"];
/// Endings of the names of keys, in a site directory.
const KEYS: [&[u8]; 2] = [b".pem", b".key"];
/// Paths that count.
const PATHS: [&[u8]; 9] = [
    b"var/lib/dpkg/status",
    b"lib/apk/db/installed",
    b"usr/lib/apk/db/installed",
    b"etc/os-release",
    b"usr/lib/os-release",
    b"etc/passwd",
    b"etc/group",
    b"etc/ld.so.cache",
    b"etc/ld.so.conf",
];
/// Directories whose files count: all, or those that end so.
const DIRECTORIES: [(&[u8], &[u8]); 4] = [
    (b"var/lib/dpkg/status.d", b""),
    (b"var/lib/dpkg/info", b".list"),
    (b"var/lib/dpkg/info", b".md5sums"),
    (b"etc/ld.so.conf.d", b""),
];

/// What may still be kept of a layer.
pub(super) struct Keeper {
    named: u64,
    small: u64,
    modules: u64,
}

/// What is kept of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// All of it.
    Whole,
    /// Its imports.
    Imports,
    /// Nothing.
    Nothing,
}

impl Default for Keeper {
    fn default() -> Self {
        Self { named: NAMED_LAYER, small: SMALL_LAYER, modules: MODULE_LAYER }
    }
}

impl Keeper {
    /// What is kept of a file; a whole one is charged at once. An error names the ceiling that it is over.
    pub(super) fn admit(&mut self, path: &[u8], size: u64) -> Result<Admission, &'static str> {
        let (left, reason) = if is_named(path) {
            if size > NAMED_FILE {
                return Err(LONG_METADATA);
            }
            (&mut self.named, MUCH_METADATA)
        } else if size <= if is_in_python_library(path) { hidden(path) } else { SMALL_FILE } {
            (&mut self.small, MANY_FILES)
        } else if is_module(path) {
            return if size > MODULE_FILE { Err(LONG_MODULE) } else { Ok(Admission::Imports) };
        } else {
            return Ok(Admission::Nothing);
        };
        *left = left.checked_sub(size).ok_or(reason)?;
        Ok(Admission::Whole)
    }

    /// The skeleton of a module, as far as there is room for it.
    pub(super) fn imports(&mut self, skeleton: Vec<u8>) -> Kept {
        let Some(left) = self.modules.checked_sub(skeleton.len() as u64) else {
            return Kept::Over(MANY_MODULES);
        };
        self.modules = left;
        Kept::Imports(skeleton.into())
    }
}

/// Whether a path, without its leading `/`, is one of the named metadata files.
fn is_named(path: &[u8]) -> bool {
    let (directory, name) = match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&path[..0], path),
    };
    let is_dist_info = directory.ends_with(b".dist-info") || directory.ends_with(b".egg-info");
    is_dist_info && DIST_INFO.contains(&name)
        || NAMES.contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || PATHS.contains(&path)
        || DIRECTORIES.iter().any(|(within, ending)| directory == *within && name.ends_with(ending))
}

/// Bytes that a file of Python's library may have to be kept: none unless its name is a hidden one, or that of a key.
fn hidden(path: &[u8]) -> u64 {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if KEYS.iter().any(|ending| name.ends_with(ending)) {
        KEY_FILE
    } else if name.starts_with(b".") {
        HIDDEN_FILE
    } else {
        0
    }
}

/// Whether a path is that of a Python module outside of the standard library.
fn is_module(path: &[u8]) -> bool {
    let is_site = |part: &[u8]| matches!(part, b"site-packages" | b"dist-packages");
    path.ends_with(b".py") && (!is_in_python_library(path) || path.split(|byte| *byte == b'/').any(is_site))
}

/// Whether a path lies in Python's own library or in a site directory: thousands of modules that are judged by their
/// digests, not by their text.
fn is_in_python_library(path: &[u8]) -> bool {
    let mut above: &[u8] = b"";
    path.split(|byte| *byte == b'/').any(|part| {
        let version = part.strip_prefix(b"python").unwrap_or_default();
        let is_library = !version.is_empty() && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        let is_here = matches!(part, b"site-packages" | b"dist-packages") || is_library && matches!(above, b"lib" | b"lib64");
        above = part;
        is_here
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_named_metadata_and_small_files_outside_of_python() {
        let admit = |path: &str, size| Keeper::default().admit(path.as_bytes(), size);
        for path in [
            "usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
            "opt/venv/lib/python3.12/site-packages/a-1.dist-info/RECORD",
            "usr/lib/python3/dist-packages/a.egg-info",
            "opt/venv/lib/python3.12/site-packages/x.pth",
            "opt/venv/pyvenv.cfg",
            "usr/include/python3.12/patchlevel.h",
            "var/lib/dpkg/status",
            "var/lib/dpkg/status.d/base-files",
            "var/lib/dpkg/info/libc6:arm64.md5sums",
            "etc/ld.so.conf.d/x.conf",
        ] {
            assert_eq!(admit(path, 1 << 20), Ok(Admission::Whole), "{path}");
        }
        for path in ["app/main.txt", "etc/hosts", "usr/lib/python3-tool", "marker"] {
            assert_eq!(admit(path, 64 << 10), Ok(Admission::Whole), "{path}");
            assert_eq!(admit(path, (64 << 10) + 1), Ok(Admission::Nothing), "{path}");
        }
        let hidden = "usr/lib/python3/dist-packages/.marker";
        assert_eq!([admit(hidden, 4 << 10), admit(hidden, (4 << 10) + 1)], [Ok(Admission::Whole), Ok(Admission::Nothing)]);
        let key = "usr/lib/python3/dist-packages/a/server.pem";
        assert_eq!([admit(key, 16 << 10), admit(key, (16 << 10) + 1)], [Ok(Admission::Whole), Ok(Admission::Nothing)]);
        for path in ["usr/lib/python3.12/os.py", "opt/venv/lib64/python3.12/site-packages/a-1.dist-info/LICENSE"] {
            assert_eq!(admit(path, 10), Ok(Admission::Nothing), "{path}");
        }
    }

    #[test]
    fn of_modules_outside_of_the_standard_library_the_imports_are_kept() {
        let admit = |path: &str, size| Keeper::default().admit(path.as_bytes(), size);
        for path in ["usr/lib/python3/dist-packages/a/b.py", "opt/venv/lib/python3.12/site-packages/a.py"] {
            assert_eq!(admit(path, MODULE_FILE), Ok(Admission::Imports), "{path}");
            assert!(admit(path, MODULE_FILE + 1).is_err(), "{path}");
        }
        assert_eq!(admit("app/main.py", SMALL_FILE), Ok(Admission::Whole));
        assert_eq!(admit("app/main.py", SMALL_FILE + 1), Ok(Admission::Imports));
        let mut keeper = Keeper::default();
        let kept: Vec<Kept> = (0..9).map(|_| keeper.imports(vec![b' '; 1 << 20])).collect();
        assert!(matches!(kept[7], Kept::Imports(_)) && matches!(kept[8], Kept::Over(_)));
    }

    #[test]
    fn ceilings_are_named() {
        let mut keeper = Keeper::default();
        assert!(keeper.admit(b"a.pth", NAMED_FILE + 1).is_err());
        for _ in 0..4 {
            assert_eq!(keeper.admit(b"a.pth", NAMED_FILE), Ok(Admission::Whole));
        }
        assert!(keeper.admit(b"a.pth", 1).unwrap_err().contains("32 MiB"));
        for _ in 0..256 {
            assert_eq!(keeper.admit(b"a", SMALL_FILE), Ok(Admission::Whole));
        }
        assert!(keeper.admit(b"a", 1).unwrap_err().contains("16 MiB"));
    }
}
