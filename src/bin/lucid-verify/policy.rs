//! Which profile is asked for, and the files that it is in.

use std::path::{Path, PathBuf};

use lucid_verify::error::Result;
use lucid_verify::profile::structure::Suite;
use lucid_verify::profile::{BUILT_IN, Policy, is_kept_in_registry, pinned};
use lucid_verify::reference::Reference;
use lucid_verify::rules;
use lucid_verify::source::artifact::LONGEST;
use lucid_verify::verify::Reading;

use crate::{file, reading, suggest};

/// The profile that is looked for beside the work.
const NAME: &str = "lucid-verify.toml";

/// A built-in profile is suggested for a name that is so many edits from it.
const NEAR: usize = 2;

/// Asks a registry for the text of a profile that it keeps.
pub type Fetch<'a> = &'a dyn Fn(&Reference) -> Result<String>;

/// The policy: what `--profile` names, else the file in this folder or above, else what fits the image.
pub fn policy(asked: Option<&str>, fetch: Fetch<'_>) -> Result<Policy> {
    if let Some(name) = asked {
        return named(name, fetch);
    }
    let home = std::env::home_dir();
    match std::env::current_dir().ok().and_then(|here| search(&here, home.as_deref())) {
        Some(found) => parse(&found.display().to_string(), &text(&found)?, fetch),
        None => Ok(Policy::auto(&rules::known())),
    }
}

/// The policy that `--profile` names.
pub fn named(name: &str, fetch: Fetch<'_>) -> Result<Policy> {
    if let Some(policy) = Policy::builtin(name, &rules::known()) {
        return Ok(policy);
    }
    let text = if is_kept_in_registry(name) {
        fetch(&pinned(name)?).map_err(|error| error.doing(format!("read the profile {name}")))?
    } else {
        text(Path::new(name))?
    };
    parse(name, &text, fetch)
}

/// Reads a profile, and what it extends.
pub fn parse(name: &str, written: &str, fetch: Fetch<'_>) -> Result<Policy> {
    let read = |name: &str| if is_kept_in_registry(name) { fetch(&pinned(name)?) } else { text(Path::new(name)) };
    Policy::parse(name, written, &rules::known(), &read)
}

/// Asks the registry of a profile. A password of this run goes to no other registry than that of its images.
pub fn fetch(profile: &Reference, reading: &Reading, images: &[&Reference]) -> Result<String> {
    if reading.access.credentials.is_some() {
        reading::one_registry(&[images, &[profile]].concat())?;
    }
    lucid_verify::verify::profile(profile, reading)
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

fn text(path: &Path) -> Result<String> {
    file::text(path, "profile", LONGEST).map_err(|error| {
        let names = BUILT_IN.map(|(name, _)| name);
        let near = path.to_str().and_then(|written| suggest::nearest(written, names, NEAR));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        error.hint(format!("--profile takes {}, a file or docker://REF@sha256:…{near}", names.join(", ")))
    })
}

/// Reads a test file of container-structure-test.
pub fn suite(path: &Path) -> Result<Suite> {
    Suite::parse(&path.display().to_string(), &file::text(path, "test file", LONGEST)?)
}

#[cfg(test)]
mod tests {
    use lucid_verify::error::Kind;

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
        let error = named("no/such.toml", &|reference| panic!("{reference}")).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.to_string().starts_with("failed to read the profile no/such.toml: "), "{error}");
    }
}
