//! Damage is never a verdict: whatever bit is flipped, wherever a layer ends, the run says that it could not look.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/layout.rs"]
mod layout;
#[path = "support/load.rs"]
mod load;

use std::path::Path;

use layout::Layout;
use lucid_verify::profile::Policy;
use lucid_verify::report::Report;
use lucid_verify::verify::{self, Asking};
use lucid_verify::{finding::Level, rules};

fn exit_code(directory: &Path) -> u8 {
    let policy = Policy::builtin("generic", &rules::known()).unwrap();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let asking = Asking::all(&policy, today);
    let reference = format!("oci:{}", directory.display()).parse().unwrap();
    let image = verify::verify(&reference, &load::reading(), &asking, &load::Unwatched).image;
    Report::new(vec![image], Some(Level::Error), today).exit_code
}

#[test]
fn every_flipped_bit_of_manifest_config_and_layer_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let paths = Layout::small().write(directory.path());
    assert!(exit_code(directory.path()) <= 1);
    for path in paths {
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, damaged).unwrap();
            let code = exit_code(directory.path());
            assert!(code >= 6, "bit {bit} of {}: exit {code}", path.display());
        }
        std::fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_layer_that_ends_early_is_noticed_at_every_byte() {
    let directory = tempfile::tempdir().unwrap();
    let paths = Layout::small().write(directory.path());
    for path in paths {
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let code = exit_code(directory.path());
            assert!(code >= 3, "{length} bytes of {}: exit {code}", path.display());
        }
        std::fs::write(&path, whole).unwrap();
    }
}

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
