//! A tar's digest and those of the files in it, in one pass.
//!
//! The content of a member begins at a multiple of 512 bytes, so that the 64-byte blocks of its SHA-256 are blocks of the
//! tar's as well. What SHA-256 makes of a block before it touches its state, the message schedule, is the same for both
//! (docs/decisions/0021).

use std::mem;

use sha2::block_api::compress256;
use sha2::{Digest as _, Sha512};

use super::rounds::compress_both;
use super::{Algorithm, Digest};

/// Bytes of a block.
const BLOCK: usize = 64;

/// What a state begins with (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The digest of a stream, and of one part of it after the other.
pub(crate) struct Dual {
    whole: Whole,
    part: Option<Sha256>,
}

enum Whole {
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Dual {
    /// Begins a stream. Its parts are hashed as SHA-256 whatever the algorithm of the whole is.
    pub fn new(algorithm: Algorithm) -> Self {
        let whole = match algorithm {
            Algorithm::Sha256 => Whole::Sha256(Sha256::default()),
            Algorithm::Sha512 => Whole::Sha512(Box::default()),
        };
        Self { whole, part: None }
    }

    /// Begins a part. It costs least where its blocks are the stream's: at a multiple of 64 bytes.
    pub fn open(&mut self) {
        self.part = Some(Sha256::default());
    }

    /// Takes the next bytes of the stream, and of the part if one is open.
    pub fn update(&mut self, bytes: &[u8]) {
        match (&mut self.whole, &mut self.part) {
            (Whole::Sha256(whole), Some(part)) => update_both(whole, part, bytes),
            (Whole::Sha256(whole), None) => whole.update(bytes),
            (Whole::Sha512(whole), part) => {
                whole.update(bytes);
                if let Some(part) = part {
                    part.update(bytes);
                }
            }
        }
    }

    /// Takes bytes that are the part's alone: the stream does not hold them.
    pub fn insert(&mut self, bytes: &[u8]) {
        if let Some(part) = &mut self.part {
            part.update(bytes);
        }
    }

    /// Ends the part. Returns its SHA-256; that of nothing if none was open.
    pub fn close(&mut self) -> [u8; 32] {
        self.part.take().unwrap_or_default().finish()
    }

    /// The digest of the stream.
    pub fn finish(self) -> Digest {
        match self.whole {
            Whole::Sha256(whole) => Digest::from_sha256(whole.finish()),
            Whole::Sha512(whole) => Digest { algorithm: Algorithm::Sha512, bytes: whole.finalize().as_slice().into() },
        }
    }
}

/// Feeds two digests. Where their blocks begin at the same bytes, the whole blocks among these are worked on once.
fn update_both(whole: &mut Sha256, part: &mut Sha256, bytes: &[u8]) {
    let (head, rest) = bytes.split_at(bytes.len().min(whole.missing()));
    whole.update(head);
    part.update(head);
    if whole.filled() != 0 || part.filled() != 0 {
        whole.update(rest);
        part.update(rest);
        return;
    }
    let (blocks, tail) = rest.as_chunks();
    compress_both(&mut whole.state, &mut part.state, blocks);
    for digest in [whole, part] {
        digest.length += (rest.len() - tail.len()) as u64;
        digest.update(tail);
    }
}

/// A SHA-256 whose state can be reached (FIPS 180-4, 6.2).
#[derive(Clone)]
struct Sha256 {
    state: [u32; 8],
    length: u64,
    /// The block that is begun.
    block: [u8; BLOCK],
}

impl Default for Sha256 {
    fn default() -> Self {
        Self { state: INITIAL, length: 0, block: [0; BLOCK] }
    }
}

impl Sha256 {
    /// Bytes of the block that is begun.
    fn filled(&self) -> usize {
        usize::try_from(self.length % BLOCK as u64).unwrap_or_default()
    }

    /// Bytes that it lacks.
    fn missing(&self) -> usize {
        (BLOCK - self.filled()) % BLOCK
    }

    fn update(&mut self, bytes: &[u8]) {
        let filled = self.filled();
        self.length = self.length.wrapping_add(bytes.len() as u64);
        let mut rest = bytes;
        if filled > 0 {
            let (head, behind) = bytes.split_at(bytes.len().min(BLOCK - filled));
            self.block[filled..filled + head.len()].copy_from_slice(head);
            if filled + head.len() < BLOCK {
                return;
            }
            compress256(&mut self.state, &[self.block]);
            rest = behind;
        }
        let (blocks, tail) = rest.as_chunks();
        if !blocks.is_empty() {
            compress256(&mut self.state, blocks);
        }
        self.block[..tail.len()].copy_from_slice(tail);
    }

    /// Pads (FIPS 180-4, 5.1.1), and gives the digest.
    fn finish(mut self) -> [u8; 32] {
        let filled = self.filled();
        let bits = self.length.wrapping_mul(8).to_be_bytes();
        let mut last = [[0; BLOCK]; 2];
        last[0][..filled].copy_from_slice(&self.block[..filled]);
        last[0][filled] = 0x80;
        let blocks = if filled < BLOCK - bits.len() { &mut last[..1] } else { &mut last[..] };
        if let Some(block) = blocks.last_mut() {
            block[BLOCK - bits.len()..].copy_from_slice(&bits);
        }
        compress256(&mut self.state, blocks);
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(mem::take(&mut self.state)) {
            *bytes = word.to_be_bytes();
        }
        digest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sha256(bytes: &[u8]) -> [u8; 32] {
        sha2::Sha256::digest(bytes).into()
    }

    fn bytes(length: usize, seed: u32) -> Vec<u8> {
        (0_u32..).take(length).map(|at| at.wrapping_mul(2_654_435_761).wrapping_add(seed).to_be_bytes()[0]).collect()
    }

    #[test]
    fn every_length_is_padded_as_the_standard_says() {
        for length in 0..260 {
            let bytes = bytes(length, 7);
            let mut digest = Sha256::default();
            digest.update(&bytes);
            assert_eq!(digest.finish(), sha256(&bytes), "{length}");
        }
    }

    #[test]
    fn a_part_ends_while_the_stream_goes_on() {
        let (header, content, padding) = (bytes(512, 1), bytes(700, 2), [0; 324]);
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut dual = Dual::new(algorithm);
            dual.update(&header);
            dual.open();
            dual.update(&content);
            assert_eq!(dual.close(), sha256(&content));
            dual.update(&padding);
            assert_eq!(dual.close(), sha256(b""), "none is open");
            assert!(dual.finish().matches(&[&header[..], &content, &padding].concat()));
        }
    }

    /// What becomes of a stream: bytes that no part is, a part, or a part with bytes that the stream does not hold.
    #[derive(Debug, Clone)]
    enum Piece {
        Between(usize),
        Part(usize),
        Sparse(usize, usize, usize),
    }

    fn piece() -> impl Strategy<Value = Piece> {
        let length = || prop_oneof![0..200_usize, 0..5_000_usize, (0..40_usize).prop_map(|blocks| blocks * 64)];
        prop_oneof![
            2 => (0..4_usize).prop_map(|blocks| Piece::Between(blocks * 512)),
            1 => length().prop_map(Piece::Between),
            4 => length().prop_map(Piece::Part),
            1 => (length(), length(), length()).prop_map(|(data, hole, more)| Piece::Sparse(data, hole, more)),
        ]
    }

    proptest! {
        #[test]
        fn any_parts_in_any_pieces_have_the_digests_that_sha2_gives(
            pieces in prop::collection::vec(piece(), 0..12),
            step in 1..3_000_usize,
            padded in any::<bool>(),
        ) {
            let mut dual = Dual::new(Algorithm::Sha256);
            let mut stream = Vec::new();
            for (seed, piece) in (0..).zip(pieces) {
                let mut feed = |dual: &mut Dual, length, seed| {
                    let bytes = bytes(length, seed);
                    bytes.chunks(step).for_each(|bytes| dual.update(bytes));
                    stream.extend_from_slice(&bytes);
                    bytes
                };
                match piece {
                    Piece::Between(length) => drop(feed(&mut dual, length, seed)),
                    Piece::Part(length) => {
                        dual.open();
                        let part = feed(&mut dual, length, seed);
                        prop_assert_eq!(dual.close(), sha256(&part));
                    }
                    Piece::Sparse(data, hole, more) => {
                        dual.open();
                        let mut part = feed(&mut dual, data, seed);
                        part.resize(part.len() + hole, 0);
                        dual.insert(&vec![0; hole]);
                        part.extend(feed(&mut dual, more, seed + 100));
                        prop_assert_eq!(dual.close(), sha256(&part));
                    }
                }
                if padded {
                    let missing = stream.len().wrapping_neg() % 512;
                    dual.update(&vec![0; missing]);
                    stream.resize(stream.len() + missing, 0);
                }
            }
            prop_assert_eq!(dual.finish(), Digest::sha256(&stream));
        }
    }
}
