//! What the symbols of deflate mean (RFC 1951, sections 3.2.5 to 3.2.7).

use super::Stop;
use super::huffman::{Entry, Table};

/// Symbols for literals and lengths. Of 286 and 287 the fixed code has codes, and they mean nothing.
const LITERALS: usize = 288;
/// Symbols for distances; 30 and 31 mean nothing.
const DISTANCES: usize = 32;
/// Symbols for the lengths of codes.
pub(super) const LENGTHS: usize = 19;

/// The order in which the lengths of the codes for lengths of codes are written.
pub(super) const ORDER: [u8; LENGTHS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const LENGTH_BASE: [u16; 29] =
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA: [u8; 29] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE: [u16; 30] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
    12289, 16385, 24577,
];

static LITERAL: [Entry; LITERALS] = {
    let mut symbols = [Entry::reserved(); LITERALS];
    let mut at = 0;
    while at < 256 {
        symbols[at] = Entry::literal(at as u8);
        at += 1;
    }
    symbols[256] = Entry::END;
    at = 0;
    while at < LENGTH_BASE.len() {
        symbols[257 + at] = Entry::value(LENGTH_BASE[at], LENGTH_EXTRA[at]);
        at += 1;
    }
    symbols
};

static DISTANCE: [Entry; DISTANCES] = {
    let mut symbols = [Entry::reserved(); DISTANCES];
    let mut at = 0;
    while at < DISTANCE_BASE.len() {
        symbols[at] = Entry::value(DISTANCE_BASE[at], if at < 2 { 0 } else { at as u8 / 2 - 1 });
        at += 1;
    }
    symbols
};

/// Where the values begin that repeat the length before, that are a few zeros, and that are many: the symbols 16, 17 and
/// 18 with their extra bits. Smaller values are lengths.
pub(super) const REPEAT: usize = 16;
pub(super) const ZEROS: usize = 32;
pub(super) const MANY_ZEROS: usize = 64;

static LENGTH: [Entry; LENGTHS] = {
    let mut symbols = [Entry::reserved(); LENGTHS];
    let mut at = 0;
    while at < 16 {
        symbols[at] = Entry::value(at as u16, 0);
        at += 1;
    }
    symbols[16] = Entry::value(REPEAT as u16, 2);
    symbols[17] = Entry::value(ZEROS as u16, 3);
    symbols[18] = Entry::value(MANY_ZEROS as u16, 7);
    symbols
};

/// The two codes of a block. The sizes of the tables are powers of two over the 2342 and 402 entries that any codes of
/// these alphabets can need behind 11 and 8 bits (zlib, examples/enough.c).
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) literals: Table<11, 4096>,
    pub(super) distances: Table<8, 512>,
}

/// The code for the lengths of codes: 7 bits at most.
pub(super) type Lengths = Table<7, 128>;

impl Codes {
    pub(super) const fn new() -> Self {
        Self { literals: Table::new(), distances: Table::new() }
    }

    /// Builds both from the lengths of their codes.
    pub(super) fn build(&mut self, literals: &[u8], distances: &[u8]) -> Result<(), Stop> {
        if literals.get(256).is_none_or(|length| *length == 0) {
            return Err(Stop::Damaged("a block has no code for its end"));
        }
        if !self.literals.build(literals, &LITERAL, true) {
            return Err(Stop::Damaged("a block's literal and length codes are no prefix code"));
        }
        if !self.distances.build(distances, &DISTANCE, true) {
            return Err(Stop::Damaged("a block's distance codes are no prefix code"));
        }
        Ok(())
    }

    /// Builds the codes of blocks that bring none (section 3.2.6).
    pub(super) fn build_fixed(&mut self) {
        let mut lengths = [8; LITERALS];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.literals.build(&lengths, &LITERAL, false);
        self.distances.build(&[5; DISTANCES], &DISTANCE, false);
    }
}

/// Builds the code for the lengths of a block's codes.
pub(super) fn build_lengths(table: &mut Lengths, lengths: &[u8; LENGTHS]) -> Result<(), Stop> {
    if table.build(lengths, &LENGTH, false) {
        Ok(())
    } else {
        Err(Stop::Damaged("a block's codes for lengths are no prefix code"))
    }
}
