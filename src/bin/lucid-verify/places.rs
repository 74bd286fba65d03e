//! Where in the repository a finding is mended: code hosts show it there.

use std::fs;
use std::path::{Path, PathBuf};

use lucid_verify::profile::Profile;
use lucid_verify::report::{Finding, Rule, Source};
use lucid_verify::verify::Told;

/// The repository that the run is in, and its Dockerfile.
pub struct Places {
    /// The folder with `.git` above the working directory, else the working directory.
    root: Option<PathBuf>,
    dockerfile: Option<String>,
}

impl Places {
    /// The places of this working directory, and of the Dockerfile that `--dockerfile` names.
    pub fn of(dockerfile: Option<&Path>) -> Self {
        let here = std::env::current_dir().and_then(fs::canonicalize).ok();
        let root = here.as_deref().and_then(|here| here.ancestors().find(|folder| folder.join(".git").exists()));
        let mut places = Self { root: root.map(Path::to_owned).or(here), dockerfile: None };
        places.dockerfile = dockerfile.and_then(|file| places.inside(file));
        places
    }

    /// Says of every finding of an image where it is mended.
    pub fn mark(&self, told: &mut Told) {
        let whole = told.profile.as_ref().and_then(|profile| self.source(&format!("{}:1:1", profile.name)));
        for rule in &mut told.image.rules {
            let wanted = told.profile.as_ref().and_then(|profile| self.wanted(profile, rule)).or_else(|| whole.clone());
            for finding in &mut rule.findings {
                finding.source = self.made(finding).or_else(|| wanted.clone());
            }
        }
    }

    /// The instruction that made the layer.
    fn made(&self, finding: &Finding) -> Option<Source> {
        let line = finding.layer.as_ref()?.dockerfile_line?;
        Some(Source { file: self.dockerfile.clone()?, line: line as u64 })
    }

    /// Where the profile speaks of a rule.
    fn wanted(&self, profile: &Profile, rule: &Rule) -> Option<Source> {
        self.source(profile.place(&rule.id)?)
    }

    /// The line of a `FILE:LINE:COLUMN`, if the file is one of the repository.
    fn source(&self, place: &str) -> Option<Source> {
        let mut parts = place.rsplitn(3, ':').skip(1);
        let line = parts.next()?.parse().ok()?;
        Some(Source { file: self.inside(Path::new(parts.next()?))?, line })
    }

    /// A file as it is called from the root of the repository, if it lies in it.
    fn inside(&self, file: &Path) -> Option<String> {
        let file = fs::canonicalize(file).ok().filter(|file| file.is_file())?;
        let names = file.strip_prefix(self.root.as_deref()?).ok()?.iter().map(|name| name.to_str());
        Some(names.collect::<Option<Vec<_>>>()?.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_from_the_root_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("a:b")).unwrap();
        fs::write(root.join("a:b/x.toml"), "").unwrap();
        let places = Places { root: Some(root.clone()), dockerfile: None };
        let source = places.source(&format!("{}/a:b/../a:b/x.toml:7:3", root.display())).unwrap();
        assert_eq!(source, Source { file: "a:b/x.toml".into(), line: 7 });
        let elsewhere = Places { root: Some(root.join("a:b/x.toml")), dockerfile: None };
        assert_eq!(elsewhere.source(&format!("{}/a:b/x.toml:7:3", root.parent().unwrap().display())), None);
        assert_eq!(places.source("lucid:1:1"), None);
        assert_eq!(places.source("x.toml"), None);
    }
}
