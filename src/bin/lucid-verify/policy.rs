//! Which profile is asked for, and the files that it is in.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::profile::structure::Suite;
use lucid_verify::profile::{BUILT_IN, Policy};
use lucid_verify::rules;

use crate::{pending, suggest};

/// The profile that is looked for beside the work.
const NAME: &str = "lucid-verify.toml";

/// A built-in profile is suggested for a name that is so many edits from it.
const NEAR: usize = 2;

/// Bytes of a profile. The built-in ones have a few thousand.
const MOST: u64 = 1 << 20;

/// The policy: what `--profile` names, else the file in this folder or above, else what fits the image.
pub fn policy(asked: Option<&str>) -> Result<Policy> {
    let known = rules::known();
    match asked {
        Some(name) if name.starts_with("docker://") => {
            Err(Error::new(Kind::Usage, pending::sentence("a profile from a registry")))
        }
        Some(name) => match Policy::builtin(name, &known) {
            Some(policy) => Ok(policy),
            None => file(Path::new(name)),
        },
        None => {
            let home = std::env::home_dir();
            match std::env::current_dir().ok().and_then(|here| search(&here, home.as_deref())) {
                Some(found) => file(&found),
                None => Ok(Policy::auto(&known)),
            }
        }
    }
}

/// The nearest profile: in `start` or a folder above it, up to the root of the repository or the home folder.
fn search(start: &Path, home: Option<&Path>) -> Option<PathBuf> {
    for folder in start.ancestors() {
        let file = folder.join(NAME);
        if file.is_file() {
            return Some(file);
        }
        if Some(folder) == home || folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Reads a profile; a file that it extends lies beside it, where its path is relative.
fn file(path: &Path) -> Result<Policy> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside = |name: &str| text(&folder.join(name));
    Policy::parse(&path.display().to_string(), &text(path)?, &rules::known(), &beside)
}

fn text(path: &Path) -> Result<String> {
    read(path, "profile").map_err(|error| {
        let names = BUILT_IN.map(|(name, _)| name);
        let near = path.to_str().and_then(|written| suggest::nearest(written, names, NEAR));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        error.hint(format!("--profile takes {} or a file{near}", names.join(", ")))
    })
}

/// The text of a file that someone wrote.
fn read(path: &Path, what: &str) -> Result<String> {
    let failed = |why: String| Error::new(Kind::Usage, why).doing(format!("read the {what} {}", path.display()));
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text)).map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > MOST { Err(failed(format!("it is longer than {MOST} bytes"))) } else { Ok(text) }
}

/// Reads a test file of container-structure-test.
pub fn suite(path: &Path) -> Result<Suite> {
    Suite::parse(&path.display().to_string(), &read(path, "test file")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_stops_at_the_repository_and_at_home() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.path().join(NAME), "").unwrap();
        assert_eq!(search(&deep, None), Some(root.path().join(NAME)));
        assert_eq!(search(&deep, Some(&root.path().join("a"))), None);
        assert_eq!(search(&deep, Some(root.path())), Some(root.path().join(NAME)));
        std::fs::create_dir(root.path().join("a/b/.git")).unwrap();
        assert_eq!(search(&deep, None), None);
        std::fs::write(root.path().join("a/b").join(NAME), "").unwrap();
        assert_eq!(search(&deep, None), Some(root.path().join("a/b").join(NAME)));
    }

    #[test]
    fn a_missing_profile_is_named() {
        let error = file(Path::new("no/such.toml")).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.to_string().starts_with("failed to read the profile no/such.toml: "), "{error}");
    }
}
