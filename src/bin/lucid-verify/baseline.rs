//! Baselines: which one is meant, and writing one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::transient::Transient;
use lucid_verify::verify::Baseline;

/// Bytes of a report or a saved baseline. The report of a large image has a few million.
const MOST: u64 = 64 << 20;

/// What a file that is a baseline is called, if it is not told from an image by where it lies.
const ENDINGS: [&str; 4] = [".json", ".txt", ".baseline", ".lock"];

/// The baseline that a word names: a file if there is one, or if it looks like one; else an image.
pub fn named(word: &str) -> Result<Baseline> {
    let path = Path::new(word);
    let is_file = word.starts_with(['.', '/']) || ENDINGS.iter().any(|ending| word.ends_with(ending));
    if word.starts_with("docker://") || !is_file && !path.exists() {
        return word.parse().map(Baseline::image).map_err(|error: Error| error.doing(format!("read the name {word}")));
    }
    if !path.exists() {
        return Ok(Baseline::missing(word));
    }
    match read(path) {
        Ok(bytes) => Ok(Baseline::file(word, &bytes)),
        Err(_) if path.is_dir() && !is_file => word.parse().map(Baseline::image),
        Err(_) if path.is_dir() => {
            Ok(Baseline::unreadable(word, &format!("it is a directory; an image layout is written oci:{word}")))
        }
        Err(error) => Ok(Baseline::unreadable(word, &error.to_string())),
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other(format!("it is longer than {MOST} bytes")));
    }
    Ok(bytes)
}

/// A baseline that is to be written.
pub struct Saving {
    name: PathBuf,
    /// The file itself, behind links.
    path: PathBuf,
    /// Where it is written before it takes its place: beside it, because only there it can.
    draft: PathBuf,
}

impl Saving {
    /// A baseline in this file, if one can be written there.
    pub fn to(name: &Path) -> Result<Self> {
        let path = fs::canonicalize(name).unwrap_or_else(|_| name.to_owned());
        let file = path.file_name().filter(|_| !path.is_dir());
        let file = file.ok_or_else(|| failed(name, &io::Error::other("it is no name of a file")))?.to_string_lossy().into_owned();
        let draft = path.with_file_name(format!(".{file}.{}.draft", std::process::id()));
        let saving = Self { name: name.to_owned(), path, draft };
        // Whether the folder can be written to is known before gigabytes are read.
        saving.draft().map_err(|error| saving.failed(&error))?;
        Ok(saving)
    }

    /// Whether it takes the place of the file of this name.
    pub fn replaces(&self, name: &str) -> bool {
        fs::canonicalize(name).is_ok_and(|other| other == self.path)
    }

    /// Writes it: all of it or nothing, whatever happens meanwhile.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        let written = self.draft().and_then(|(draft, mut file)| {
            file.write_all(bytes)?;
            file.sync_all()?;
            draft.stay(&self.path)
        });
        written.map_err(|error| self.failed(&error))
    }

    fn draft(&self) -> io::Result<(Transient, File)> {
        Transient::make(self.draft.clone(), |path| File::create_new(path))
    }

    /// How it was named.
    pub fn name(&self) -> String {
        self.name.display().to_string()
    }

    fn failed(&self, error: &io::Error) -> Error {
        failed(&self.name, error)
    }
}

fn failed(name: &Path, error: &io::Error) -> Error {
    Error::new(Kind::Usage, error.to_string()).doing(format!("write the baseline {}", name.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_file_if_there_is_one_or_it_looks_like_one_else_an_image() {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(inside("there"), "x").unwrap();
        for word in [&inside("there")[..], &inside("missing"), "./missing", "missing.json", "a/b.lock", "x.txt", "x.baseline"] {
            assert!(named(word).unwrap().reference().is_none(), "{word}");
        }
        for word in ["alpine", "registry:5000/a/b.json:1", "docker://missing.json", "oci:/no/where", "docker-archive:x.tar"] {
            assert!(named(word).unwrap().reference().is_some(), "{word}");
        }
        assert_eq!(named("Not A Name").err().map(|error| error.kind), Some(Kind::Usage));
    }

    #[test]
    fn a_baseline_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.baseline");
        let saving = Saving::to(&path).unwrap();
        assert!(!path.exists() && !saving.replaces(&path.display().to_string()));
        saving.write(b"one").unwrap();
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        let through = Saving::to(&folder.path().join("link")).unwrap();
        assert!(through.replaces(&path.display().to_string()));
        through.write(b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert!(folder.path().join("link").is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no draft stays behind");
        for wrong in [folder.path().to_owned(), folder.path().join("none/x"), "/".into()] {
            let error = Saving::to(&wrong).err().unwrap();
            assert!(error.to_string().starts_with("failed to write the baseline "), "{error}");
        }
    }
}
