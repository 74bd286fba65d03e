//! The bits of a deflate stream, lowest first (RFC 1951, section 3.1.1), while its bytes arrive in pieces.

use super::Stop;
use super::huffman::Entry;

/// Bits that were taken from the input and not yet decoded.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bits {
    /// Above those that count are zeros, or bits that the next byte of the input will bring again.
    buffer: u64,
    /// How many count, in the low six bits. Those above are noise: entries are subtracted whole.
    count: u32,
}

impl Bits {
    /// How many there are, 63 at most.
    #[inline(always)]
    pub(super) fn count(self) -> u32 {
        self.count & 63
    }

    /// Drops the bits of `entry`.
    #[inline(always)]
    pub(super) fn skip(&mut self, entry: Entry) {
        self.drop(entry.noisy_width());
    }

    #[inline(always)]
    fn drop(&mut self, amount: u32) {
        self.buffer >>= amount & 63;
        self.count = self.count.wrapping_sub(amount);
    }

    /// The next `amount` bits, 63 at most.
    #[inline(always)]
    pub(super) fn peek(self, amount: u32) -> usize {
        (self.buffer & !(u64::MAX << (amount & 63))) as usize
    }
}

/// A piece of the input, and the bits that an earlier one left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) input: &'a [u8],
    /// The end of it that is not in `bits`.
    pub(super) rest: &'a [u8],
    pub(super) bits: Bits,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], bits: Bits) -> Self {
        Self { input, rest: input, bits }
    }

    /// Takes bytes until at least 56 bits are at hand, if a word of input is left. Returns whether it is.
    #[inline(always)]
    pub(super) fn refill_word(&mut self) -> bool {
        let Some(word) = self.rest.first_chunk() else { return false };
        self.bits.buffer |= u64::from_le_bytes(*word) << self.bits.count();
        self.rest = &self.rest[(!self.bits.count >> 3 & 7) as usize..];
        self.bits.count |= 56;
        true
    }

    /// Takes bytes until at least 56 bits are at hand, or the input is at its end.
    pub(super) fn refill(&mut self) {
        if self.refill_word() {
            return;
        }
        while let ([byte, rest @ ..], 0..56) = (self.rest, self.bits.count()) {
            self.bits.buffer |= u64::from(*byte) << self.bits.count();
            self.bits.count += 8;
            self.rest = rest;
        }
    }

    /// The next `amount` bits, 32 at most.
    pub(super) fn take(&mut self, amount: u32) -> Result<usize, Stop> {
        if self.bits.count() < amount {
            self.refill();
        }
        if self.bits.count() < amount {
            return Err(Stop::Input);
        }
        let value = self.bits.peek(amount);
        self.bits.drop(amount);
        Ok(value)
    }

    /// Drops the bits up to the next byte of the stream.
    pub(super) fn align(&mut self) {
        self.bits.drop(self.bits.count() % 8);
    }

    /// The bytes of the input that were consumed.
    pub(super) fn consumed(&self) -> usize {
        self.input.len() - self.rest.len()
    }

    /// Gives whole bytes that are not decoded back to the input.
    ///
    /// None of them came with an earlier piece: one ends only where its bits are not enough for what is decoded next, and
    /// that then takes them all.
    pub(super) fn give_back(&mut self) {
        let whole = (self.bits.count() / 8).min(self.consumed() as u32);
        self.rest = &self.input[self.consumed() - whole as usize..];
        self.bits.count = self.bits.count() - 8 * whole;
        self.bits.buffer = self.bits.peek(self.bits.count) as u64;
    }
}
