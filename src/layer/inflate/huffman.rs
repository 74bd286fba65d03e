//! Huffman codes (RFC 1951, section 3.2.2) as tables: the next bits of the stream are an index.

use super::bits::Bits;

/// The longest code of an alphabet, in bits.
const LONGEST: usize = 15;

/// What the next bits of a stream stand for, in one word: in the low byte the bits to drop, from bit 8 the length of the
/// code alone (the rest of the low byte are extra bits that follow it), from bit 16 a value to which the extra bits are
/// added, and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

const LITERAL: u32 = 1 << 31;
/// Neither a literal nor a value: one of the three below.
const SPECIAL: u32 = 1 << 15;
const SUBTABLE: u32 = 1 << 14;
const END: u32 = 1 << 13;

impl Entry {
    /// Bits that no symbol has.
    const INVALID: Self = Self(SPECIAL | 1);
    /// The end of a block.
    pub(super) const END: Self = Self(SPECIAL | END);

    /// A byte of the output.
    pub(super) const fn literal(byte: u8) -> Self {
        Self(LITERAL | (byte as u32) << 16)
    }

    /// A value with `extra` bits that are added to it.
    pub(super) const fn value(base: u16, extra: u8) -> Self {
        Self((base as u32) << 16 | extra as u32)
    }

    /// A symbol that stands in the alphabet and means nothing.
    pub(super) const fn reserved() -> Self {
        Self(SPECIAL)
    }

    const fn with_length(self, length: u32) -> Self {
        Self(self.0 + (length << 8) + length)
    }

    #[inline(always)]
    pub(super) fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    #[inline(always)]
    pub(super) fn is_special(self) -> bool {
        self.0 & SPECIAL != 0
    }

    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 & END != 0
    }

    #[inline(always)]
    pub(super) fn is_subtable(self) -> bool {
        self.0 & SUBTABLE != 0
    }

    /// The byte of a literal.
    #[inline(always)]
    pub(super) fn byte(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// The bits that code and extra bits occupy.
    #[inline(always)]
    pub(super) fn width(self) -> u32 {
        self.0 & 63
    }

    /// The width in the low six bits, and anything above them.
    #[inline(always)]
    pub(super) fn noisy_width(self) -> u32 {
        self.0
    }

    /// The value, with the extra bits that follow its code in `bits`.
    #[inline(always)]
    pub(super) fn evaluate(self, bits: Bits) -> usize {
        (self.0 >> 16) as usize + (bits.peek(self.width()) >> ((self.0 >> 8) & 15))
    }
}

/// A table of `SIZE` entries, a power of two: the first `1 << BITS` by the next bits of the stream, behind them those for
/// codes longer than `BITS`.
#[derive(Debug)]
pub(super) struct Table<const BITS: u32, const SIZE: usize>([Entry; SIZE]);

impl<const BITS: u32, const SIZE: usize> Table<BITS, SIZE> {
    pub(super) const fn new() -> Self {
        Self([Entry::INVALID; SIZE])
    }

    /// What the next bits stand for. It can be a subtable.
    #[inline(always)]
    pub(super) fn first(&self, bits: Bits) -> Entry {
        self.0[bits.peek(BITS) & (SIZE - 1)]
    }

    /// What the bits behind those of the subtable `entry` stand for, once these are dropped.
    #[inline(always)]
    pub(super) fn second(&self, entry: Entry, bits: Bits) -> Entry {
        let index = (entry.0 >> 16) as usize + bits.peek((entry.0 >> 8) & 15);
        self.0[index & (SIZE - 1)]
    }

    /// Fills the table for the code whose symbol `n`, which means `symbols[n]`, has `lengths[n]` bits, or none.
    ///
    /// Returns whether there is such a code. As in zlib, whose word is the world's: every string of bits must have a
    /// meaning, except that a lone code of one bit may be `lonely`, and an alphabet of no symbols fails where it is used.
    pub(super) fn build(&mut self, lengths: &[u8], symbols: &[Entry], lonely: bool) -> bool {
        let mut counts = [0usize; LONGEST + 1];
        for length in lengths {
            counts[usize::from(*length) & LONGEST] += 1;
        }
        counts[0] = 0;
        let used = counts.iter().sum::<usize>();
        let room = counts.iter().zip(0..).map(|(count, length)| count << (LONGEST - length)).sum::<usize>();
        if room != 1 << LONGEST {
            self.0[..1 << BITS].fill(Entry::INVALID);
            let lone = lengths.iter().position(|length| *length == 1).filter(|_| used == 1 && lonely);
            let Some(lone) = lone else { return used == 0 };
            for entry in self.0[..1 << BITS].iter_mut().step_by(2) {
                *entry = symbols[lone].with_length(1);
            }
            return true;
        }
        self.fill(lengths, counts, symbols);
        true
    }

    fn fill(&mut self, lengths: &[u8], mut counts: [usize; LONGEST + 1], symbols: &[Entry]) {
        let sorted = sort(lengths, &counts);
        let mut sorted = sorted.iter().map(|symbol| symbols[usize::from(*symbol)]);
        let mut code = 0;
        for length in 1..=BITS as usize {
            let (low, high) = self.0.split_at_mut(1 << (length - 1));
            high[..low.len()].copy_from_slice(low);
            for entry in sorted.by_ref().take(counts[length]) {
                self.0[code & (SIZE - 1)] = entry.with_length(length as u32);
                code = next(code, length);
            }
        }
        let mut subtable = Subtable { prefix: usize::MAX, start: 1 << BITS, size: 0 };
        for length in BITS as usize + 1..=LONGEST {
            let beyond = length - BITS as usize;
            while counts[length] > 0 {
                if code & ((1 << BITS) - 1) != subtable.prefix {
                    subtable = self.open(code & ((1 << BITS) - 1), subtable.start + subtable.size, &counts, length);
                }
                let Some(entry) = sorted.next() else { return };
                for index in (code >> BITS..subtable.size).step_by(1 << beyond) {
                    self.0[(subtable.start + index) & (SIZE - 1)] = entry.with_length(beyond as u32);
                }
                counts[length] -= 1;
                code = next(code, length);
            }
        }
    }

    /// Makes the subtable for what begins with `prefix`, large enough for the longest code in it. `counts` are the codes
    /// that are not in the table yet, of which the next has `length` bits.
    fn open(&mut self, prefix: usize, start: usize, counts: &[usize; LONGEST + 1], length: usize) -> Subtable {
        let mut bits = length - BITS as usize;
        let mut used = counts[length];
        while used < 1 << bits && bits + (BITS as usize) < LONGEST {
            bits += 1;
            used = 2 * used + counts[bits + BITS as usize];
        }
        self.0[prefix & (SIZE - 1)] = Entry(SPECIAL | SUBTABLE | (start as u32) << 16 | (bits as u32) << 8 | BITS);
        Subtable { prefix, start, size: 1 << bits }
    }
}

struct Subtable {
    prefix: usize,
    start: usize,
    size: usize,
}

/// The symbols that have a code, by its length and then by their number.
fn sort(lengths: &[u8], counts: &[usize; LONGEST + 1]) -> [u16; 288] {
    let mut starts = [0; LONGEST + 1];
    for length in 1..LONGEST {
        starts[length + 1] = starts[length] + counts[length];
    }
    let mut sorted = [0; 288];
    for (length, symbol) in lengths.iter().zip(0..).filter(|(length, _)| **length > 0) {
        let start = &mut starts[usize::from(*length) & LONGEST];
        if let Some(place) = sorted.get_mut(*start) {
            *place = symbol;
        }
        *start += 1;
    }
    sorted
}

/// The code of `length` bits after `code`, both with their first bit lowest.
fn next(code: usize, length: usize) -> usize {
    let zeros = !code & ((1 << length) - 1);
    let highest = 1 << zeros.checked_ilog2().unwrap_or(0);
    (code & (highest - 1)) | highest
}
