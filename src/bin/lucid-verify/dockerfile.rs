//! The Dockerfile that `--dockerfile` names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::image::Dockerfile;

/// Bytes of a Dockerfile. Long ones have some ten thousand.
const MOST: u64 = 1 << 20;

/// Reads it.
pub fn read(path: &Path) -> Result<Dockerfile> {
    let failed = |what: String| Error::new(Kind::Usage, what).doing(format!("read the Dockerfile {}", path.display()));
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text)).map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > MOST {
        return Err(failed(format!("it is longer than {MOST} bytes")));
    }
    Dockerfile::parse(&path.display().to_string(), &text, None, &BTreeMap::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_of_usage_and_names_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Dockerfile");
        let missing = read(&file).unwrap_err();
        assert!(missing.kind == Kind::Usage && missing.to_string().contains("Dockerfile: "), "{missing}");
        std::fs::write(&file, "FROM a\nCOPPY b /c\n").unwrap();
        let wrong = read(&file).unwrap_err();
        assert!(wrong.kind == Kind::Usage && wrong.to_string().contains("Dockerfile:2: unknown instruction"), "{wrong}");
        std::fs::write(&file, b"FROM \xff\n").unwrap();
        assert_eq!(read(&file).unwrap_err().kind, Kind::Usage);
        std::fs::write(&file, "FROM a\n").unwrap();
        assert_eq!(read(&file).unwrap().stages.len(), 1);
    }
}
