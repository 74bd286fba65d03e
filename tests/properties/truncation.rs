//! What ends early is never whole.

use lucid_verify::error::Kind;
use proptest::prelude::*;

use crate::damage::{each, layers};
use crate::tarball::Blob;

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_that_is_cut_at_any_byte_is_corrupt(blob in layers()) {
        prop_assert!(blob.read().is_ok());
        for end in 0..blob.bytes.len() {
            let cut = Blob { bytes: blob.bytes[..end].to_vec(), ..blob.clone() };
            prop_assert_eq!(cut.read().unwrap_err().kind, Kind::Corrupt, "cut at {}", end);
            // The same, described by whoever cut it: what is left is not the content that the configuration names.
            let described = Blob { diff_id: blob.diff_id.clone(), ..Blob::new(cut.bytes, b"", "") };
            prop_assert_eq!(described.read().unwrap_err().kind, Kind::Corrupt, "cut at {}, and described so", end);
        }
    }
}

#[test]
fn a_document_or_a_layer_on_disk_that_is_cut_at_any_byte_gives_no_verdict() {
    let cut = |whole: &[u8]| (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
    each(cut, |path, end, code| assert!(code >= 3 && code != 9, "{end} bytes of {}: exit {code}", path.display()));
}
