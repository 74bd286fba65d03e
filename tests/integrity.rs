//! What is odd about a layer, and no reason to stop, is found.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/layout.rs"]
mod layout;
#[path = "support/load.rs"]
mod load;

use std::path::Path;

use layout::Layout;
use lucid_verify::profile::Policy;
use lucid_verify::verify::{self, Asking};
use lucid_verify::{finding::Level, rules};

/// Rule and level of every finding of a group.
fn findings(directory: &Path, group: &str) -> Vec<(String, Level)> {
    let policy = Policy::builtin("lucid", &rules::known()).unwrap();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let asking = Asking { asked: &|rule| rule.id.starts_with(group), ..Asking::all(&policy, today) };
    let reference = format!("oci:{}", directory.display()).parse().unwrap();
    let image = verify::verify(&reference, &load::reading(), &asking, &load::Unwatched).image;
    image.rules.iter().flat_map(|rule| rule.findings.iter().map(|finding| (rule.id.to_string(), finding.level))).collect()
}

#[test]
fn what_readers_of_a_layer_differ_on_is_said() {
    let slashed = |mut tar: Vec<u8>| {
        // A regular file whose name ends in a slash, and the checksum of its header (ustar: typeflag, chksum).
        (tar[3], tar[156]) = (b'/', b'0');
        tar[148..156].fill(b' ');
        let sum: u32 = tar[..512].iter().map(|byte| u32::from(*byte)).sum();
        tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar
    };
    let plain = || layout::tar(&[("abc", b"text")]);
    let trailed = [plain(), vec![b'x'; 512]].concat();
    for (tar, found) in [
        (plain(), vec![]),
        (trailed, vec![("integrity/trailing", Level::Warn)]),
        (slashed(plain()), vec![("integrity/portability", Level::Warn)]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        Layout { layers: vec![tar], ..Layout::small() }.write(directory.path());
        let found: Vec<_> = found.into_iter().map(|(id, level)| (id.to_owned(), level)).collect();
        assert_eq!(findings(directory.path(), "integrity/"), found);
    }
}
