//! Files that people write, read whole; and those that the run leaves behind, written whole or not at all, in place of the one
//! before.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::transient::Transient;

/// Whether stdin is meant, and no file.
pub fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// What messages call a file that is read.
pub fn name(file: &Path) -> String {
    if is_stdin(file) { "<stdin>".to_owned() } else { file.display().to_string() }
}

/// The text of a file that someone wrote, of at most `most` bytes. `what` is what messages call it.
pub fn text(path: &Path, what: &str, most: u64) -> Result<String> {
    File::open(path).map_err(|error| unread(path, what, &error.to_string())).and_then(|file| whole(file, path, what, most))
}

/// What there is to be read at the place that is called `path`.
pub fn whole(from: impl Read, path: &Path, what: &str, most: u64) -> Result<String> {
    let mut text = String::new();
    from.take(most + 1).read_to_string(&mut text).map_err(|error| unread(path, what, &error.to_string()))?;
    if text.len() as u64 > most { Err(unread(path, what, &format!("it is longer than {most} bytes"))) } else { Ok(text) }
}

fn unread(path: &Path, what: &str, why: &str) -> Error {
    Error::new(Kind::Usage, why).doing(format!("read the {what} {}", path.display()))
}

/// A file that is to be written.
#[derive(Debug)]
pub struct Saving {
    /// What it is, as messages call it.
    what: &'static str,
    name: PathBuf,
    /// The file itself, behind links.
    path: PathBuf,
    /// Where it is written before it takes its place: beside it, because only there it can.
    draft: PathBuf,
}

impl Saving {
    /// A file of this name, if it can be written there.
    pub fn to(what: &'static str, name: &Path) -> Result<Self> {
        let path = real(name);
        let refused = |why: &str| failed(what, name, &io::Error::other(why));
        // A device, or a pipe, would be gone afterwards.
        if path.exists() && !path.is_file() {
            return Err(refused("it is no regular file"));
        }
        let file = path.file_name().ok_or_else(|| refused("it is no name of a file"))?.to_string_lossy().into_owned();
        let draft = path.with_file_name(format!(".{file}.{}.draft", std::process::id()));
        let saving = Self { what, name: name.to_owned(), path, draft };
        // Whether the folder can be written to is known before gigabytes are read.
        saving.draft().map_err(|error| saving.failed(&error))?;
        Ok(saving)
    }

    /// Whether it takes the place of the file of this name.
    pub fn replaces(&self, name: &str) -> bool {
        real(Path::new(name)) == self.path
    }

    /// Removes what is there from an earlier run.
    pub fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
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
        failed(self.what, &self.name, error)
    }
}

/// The file behind links; of one that is not there yet the folder behind them, and its name in it.
fn real(name: &Path) -> PathBuf {
    let folder = || {
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(folder).ok()?.join(name.file_name()?))
    };
    fs::canonicalize(name).ok().or_else(folder).unwrap_or_else(|| name.to_owned())
}

fn failed(what: &str, name: &Path, error: &io::Error) -> Error {
    Error::new(Kind::Usage, error.to_string()).doing(format!("write the {what} {}", name.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.baseline");
        let saving = Saving::to("baseline", &path).unwrap();
        assert!(!path.exists() && saving.replaces(&path.display().to_string()) && !saving.replaces("x.baseline"));
        saving.write(b"one").unwrap();
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        let through = Saving::to("baseline", &folder.path().join("link")).unwrap();
        assert!(through.replaces(&path.display().to_string()));
        through.write(b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert!(folder.path().join("link").is_symlink());
        through.clear().unwrap();
        through.clear().unwrap();
        assert!(!path.exists());
        through.write(b"three").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no draft stays behind");
        for wrong in [folder.path().to_owned(), folder.path().join("none/x"), "/".into(), "/dev/null".into()] {
            let error = Saving::to("report", &wrong).err().unwrap();
            assert!(error.to_string().starts_with("failed to write the report "), "{error}");
        }
    }
}
