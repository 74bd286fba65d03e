//! The blocks of a deflate stream (RFC 1951, section 3.2.3).

use super::alphabet::{self, Codes, LENGTHS, Lengths, ORDER};
use super::bits::{Bits, Reader};
use super::window::{LIMIT, Place};
use super::{Stop, block};

/// The most codes for literals and lengths, and the most for distances.
const LITERALS: usize = 286;
const DISTANCES: usize = 30;

/// What comes next in the stream.
#[derive(Debug, Clone, Copy)]
enum State {
    Header,
    StoredLength,
    /// The rest of a block that is not compressed, in bytes.
    Stored(usize),
    Counts,
    /// The lengths of the codes for lengths, from this one on.
    LengthCodes(usize),
    /// The lengths of the codes, from this one on.
    CodeLengths(usize),
    Symbols,
    End,
}

/// How many codes a block brings.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    literals: usize,
    both: usize,
    lengths: usize,
}

/// A deflate stream in progress.
#[derive(Debug)]
pub(super) struct Inflate {
    state: State,
    is_last: bool,
    /// Whether `codes` are the fixed ones.
    is_fixed: bool,
    bits: Bits,
    counts: Counts,
    lengths: [u8; LITERALS + DISTANCES],
    length_codes: Lengths,
    codes: Codes,
}

impl Inflate {
    pub(super) fn new() -> Self {
        Self {
            state: State::Header,
            is_last: false,
            is_fixed: false,
            bits: Bits::default(),
            counts: Counts::default(),
            lengths: [0; LITERALS + DISTANCES],
            length_codes: Lengths::new(),
            codes: Codes::new(),
        }
    }

    /// Starts over with another stream, in the same memory.
    pub(super) fn restart(&mut self) {
        self.state = State::Header;
        self.bits = Bits::default();
    }

    /// Decodes `input` into its place. Returns the bytes of `input` consumed, and why it stopped.
    pub(super) fn run(&mut self, input: &[u8], place: &mut Place<'_>) -> (usize, Stop) {
        let mut reader = Reader::new(input, self.bits);
        let stop = loop {
            match self.step(&mut reader, place) {
                Ok(state) => self.state = state,
                Err(stop) => break stop,
            }
        };
        if stop != Stop::Input {
            reader.give_back();
        }
        self.bits = reader.bits;
        (reader.consumed(), stop)
    }

    fn step(&mut self, reader: &mut Reader<'_>, place: &mut Place<'_>) -> Result<State, Stop> {
        match self.state {
            State::Header => self.header(reader),
            State::StoredLength => self.stored_length(reader),
            State::Stored(left) => self.stored(reader, place, left),
            State::Counts => self.counts(reader),
            State::LengthCodes(next) => self.length_codes(reader, next),
            State::CodeLengths(next) => self.code_lengths(reader, next),
            State::Symbols => match block::decode(&self.codes, reader, place) {
                Stop::End => Ok(self.next_block()),
                stop => Err(stop),
            },
            State::End => Err(Stop::End),
        }
    }

    fn next_block(&self) -> State {
        if self.is_last { State::End } else { State::Header }
    }

    fn header(&mut self, reader: &mut Reader<'_>) -> Result<State, Stop> {
        let bits = reader.take(3)?;
        self.is_last = bits & 1 != 0;
        match bits >> 1 {
            0 => Ok(State::StoredLength),
            1 => {
                if !self.is_fixed {
                    self.codes.build_fixed();
                    self.is_fixed = true;
                }
                Ok(State::Symbols)
            }
            2 => Ok(State::Counts),
            _ => Err(Stop::Damaged("a block is of the reserved type")),
        }
    }

    fn stored_length(&self, reader: &mut Reader<'_>) -> Result<State, Stop> {
        reader.align();
        let lengths = reader.take(32)?;
        if lengths & 0xffff != !lengths >> 16 & 0xffff {
            return Err(Stop::Damaged("the length of a stored block and its complement differ"));
        }
        Ok(State::Stored(lengths & 0xffff))
    }

    fn stored(&self, reader: &mut Reader<'_>, place: &mut Place<'_>, left: usize) -> Result<State, Stop> {
        if left == 0 {
            return Ok(self.next_block());
        }
        reader.give_back();
        let room = place.bytes.get_mut(place.at..LIMIT).unwrap_or_default();
        let length = left.min(reader.rest.len()).min(room.len());
        if length == 0 {
            return Err(if room.is_empty() { Stop::Output } else { Stop::Input });
        }
        let (stored, rest) = reader.rest.split_at(length);
        room[..length].copy_from_slice(stored);
        reader.rest = rest;
        place.at += length;
        Ok(State::Stored(left - length))
    }

    fn counts(&mut self, reader: &mut Reader<'_>) -> Result<State, Stop> {
        let bits = reader.take(14)?;
        let (literals, distances) = (257 + (bits & 31), 1 + (bits >> 5 & 31));
        if literals > LITERALS || distances > DISTANCES {
            return Err(Stop::Damaged("a block has too many codes"));
        }
        self.counts = Counts { literals, both: literals + distances, lengths: 4 + (bits >> 10) };
        self.lengths = [0; LITERALS + DISTANCES];
        Ok(State::LengthCodes(0))
    }

    fn length_codes(&mut self, reader: &mut Reader<'_>, next: usize) -> Result<State, Stop> {
        if next < self.counts.lengths {
            self.lengths[next] = reader.take(3)? as u8;
            return Ok(State::LengthCodes(next + 1));
        }
        let mut lengths = [0; LENGTHS];
        for (symbol, length) in ORDER.iter().zip(&mut self.lengths[..next]) {
            lengths[usize::from(*symbol)] = std::mem::take(length);
        }
        alphabet::build_lengths(&mut self.length_codes, &lengths)?;
        Ok(State::CodeLengths(0))
    }

    fn code_lengths(&mut self, reader: &mut Reader<'_>, mut next: usize) -> Result<State, Stop> {
        while next < self.counts.both {
            self.state = State::CodeLengths(next);
            next += self.code_length(reader, next)?;
        }
        let (literals, distances) = self.lengths[..next].split_at(self.counts.literals);
        self.is_fixed = false;
        self.codes.build(literals, distances)?;
        Ok(State::Symbols)
    }

    /// Reads what one symbol says of the lengths from `next` on, and returns of how many (section 3.2.7).
    fn code_length(&mut self, reader: &mut Reader<'_>, next: usize) -> Result<usize, Stop> {
        reader.refill();
        let mut bits = reader.bits;
        let symbol = block::symbol(&self.length_codes, &mut bits)?;
        let value = block::value(symbol, &mut bits)?;
        reader.bits = bits;
        let (length, times) = match value {
            0..=15 => (value as u8, 1),
            alphabet::REPEAT..alphabet::ZEROS => {
                let previous = next.checked_sub(1).ok_or(Stop::Damaged("a block repeats a length before the first"))?;
                (self.lengths[previous], value - alphabet::REPEAT + 3)
            }
            alphabet::ZEROS..alphabet::MANY_ZEROS => (0, value - alphabet::ZEROS + 3),
            _ => (0, value - alphabet::MANY_ZEROS + 11),
        };
        let places = self.lengths[..self.counts.both].get_mut(next..next + times);
        places.ok_or(Stop::Damaged("a block repeats a length too often"))?.fill(length);
        Ok(times)
    }
}
