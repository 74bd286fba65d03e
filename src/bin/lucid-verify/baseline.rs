//! Baselines: which one is meant.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use lucid_verify::error::{Error, Result};
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

#[cfg(test)]
mod tests {
    use super::*;
    use lucid_verify::error::Kind;

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
}
