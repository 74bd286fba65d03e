//! One bit tells.

use lucid_verify::error::Kind;
use proptest::prelude::*;

use crate::damage::{each, layers};
use crate::tarball::Blob;

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_of_which_one_bit_is_another_is_corrupt(blob in layers(), bit in 0..8_u32) {
        let whole = blob.read().unwrap();
        for at in 0..blob.bytes.len() {
            let mut flipped = blob.clone();
            flipped.bytes[at] ^= 1 << bit;
            prop_assert_eq!(flipped.read().unwrap_err().kind, Kind::Corrupt, "byte {}", at);
            // The same, described by whoever flipped it: either the content is what it was, or it is refused.
            let described = Blob { diff_id: blob.diff_id.clone(), ..Blob::new(flipped.bytes, b"", "") };
            match described.read() {
                Ok(read) => prop_assert!(read.entries == whole.entries, "byte {}", at),
                Err(error) => {
                    prop_assert!(matches!(error.kind, Kind::Corrupt | Kind::Unsupported | Kind::Limit), "byte {}: {}", at, error);
                }
            }
        }
    }
}

#[test]
fn a_document_or_a_layer_on_disk_of_which_one_bit_is_another_gives_no_verdict() {
    let flipped = |whole: &[u8]| {
        let flip = |at: usize| {
            let mut bytes = whole.to_vec();
            bytes[at] ^= 1 << (at % 8);
            bytes
        };
        (0..whole.len()).map(flip).collect()
    };
    each(flipped, |path, at, code| {
        assert!((6..=8).contains(&code), "byte {at} of {}: exit {code}", path.display());
    });
}
