use proptest::prelude::*;

use super::{Verdict, contents, deflate, in_pieces, ours, theirs};
use crate::layer::inflate::deflate::Inflate;

#[test]
fn content_of_any_kind_comes_back_from_any_level() {
    for content in contents(700_000) {
        for level in 0..=9 {
            let stream = deflate(&content, level);
            assert!(ours(&stream) == Verdict::Whole(content.clone(), stream.len()), "level {level}, {} bytes", content.len());
        }
    }
}

#[test]
fn a_stream_can_arrive_in_pieces_of_any_size() {
    let mut inflate = Inflate::new();
    for content in contents(3000) {
        for level in [0, 1, 6] {
            let stream = deflate(&content, level);
            let wanted = Verdict::Whole(content.clone(), stream.len());
            for size in (1..20).chain([64, 1000]) {
                assert_eq!(in_pieces(&mut inflate, stream.chunks(size)), wanted, "pieces of {size}");
            }
            for at in 0..stream.len() {
                assert_eq!(in_pieces(&mut inflate, <[_; 2]>::from(stream.split_at(at))), wanted, "two pieces, cut at {at}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_cut_wants_more_and_gives_what_it_has() {
    for content in contents(2000) {
        let stream = deflate(&content, 6);
        for length in 0..stream.len() {
            let found = ours(&stream[..length]);
            assert!(matches!(found, Verdict::Cut(_)), "{length} of {}", stream.len());
            assert_eq!(found, theirs(&stream[..length]), "{length} of {}", stream.len());
        }
    }
}

#[test]
fn what_follows_a_stream_is_left() {
    for content in contents(500) {
        let stream = deflate(&content, 6);
        let longer = [&stream[..], &[0x55; 40]].concat();
        for size in 1..40 {
            assert_eq!(in_pieces(&mut Inflate::new(), longer.chunks(size)), Verdict::Whole(content.clone(), stream.len()));
        }
    }
}

#[test]
fn every_damage_to_a_byte_is_judged_as_zlib_judges_it() {
    for content in contents(300) {
        for level in [0, 1, 6] {
            let stream = deflate(&content, level);
            for at in 0..stream.len() {
                for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                    let mut damaged = stream.clone();
                    damaged[at] ^= mask;
                    let wanted = theirs(&damaged).accepted();
                    assert_eq!(ours(&damaged).accepted(), wanted, "byte {at} ^ {mask} of {damaged:02x?}");
                    let pieces = in_pieces(&mut Inflate::new(), damaged.chunks(5));
                    assert_eq!(pieces.accepted(), wanted, "byte {at} ^ {mask}, in pieces");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_judged_as_zlib_judges_them(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0..8u8) {
        // Half of all random streams end at the type of their first block.
        let stream: Vec<u8> = std::iter::once(kind).chain(bytes).collect();
        prop_assert_eq!(ours(&stream).accepted(), theirs(&stream).accepted());
        prop_assert_eq!(in_pieces(&mut Inflate::new(), stream.chunks(3)).accepted(), theirs(&stream).accepted());
    }

    #[test]
    fn content_comes_back(
        parts in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 1..50), 1..400usize), 0..60),
        level in 0..10u32,
        size in 1..5000usize,
    ) {
        let content: Vec<u8> = parts.iter().flat_map(|(part, times)| part.repeat(*times)).collect();
        let stream = deflate(&content, level);
        let length = stream.len();
        prop_assert!(in_pieces(&mut Inflate::new(), stream.chunks(size)) == Verdict::Whole(content, length));
    }
}
