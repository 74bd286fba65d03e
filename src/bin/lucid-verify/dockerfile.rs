//! The Dockerfile that `--dockerfile` names.

use std::collections::BTreeMap;
use std::path::Path;

use lucid_verify::error::Result;
use lucid_verify::image::Dockerfile;

use crate::file;

/// Bytes of a Dockerfile. Long ones have some ten thousand.
const MOST: u64 = 1 << 20;

/// Reads it.
pub fn read(path: &Path) -> Result<Dockerfile> {
    let text = file::text(path, "Dockerfile", MOST)?;
    Dockerfile::parse(&path.display().to_string(), &text, None, &BTreeMap::new())
}

#[cfg(test)]
mod tests {
    use lucid_verify::error::Kind;

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
