//! The symbols of a block as bytes.

use super::Stop;
use super::alphabet::Codes;
use super::bits::{Bits, Reader};
use super::huffman::{Entry, Table};
use super::window::{LIMIT, Place, SIZE};

/// Input that a round of the quick loop may look at: two words.
const WORDS: usize = 16;
/// What is copied at once where the distance allows it.
const STEP: usize = 32;

const NO_SYMBOL: &str = "a code has no symbol";
const TOO_FAR: &str = "a distance goes back beyond the start";

/// Decodes symbols until the window is full, or the input or the block is at its end.
pub(super) fn decode(codes: &Codes, reader: &mut Reader<'_>, place: &mut Place<'_>) -> Stop {
    loop {
        if let Err(stop) = quick(codes, reader, place).and_then(|()| careful(codes, reader, place)) {
            return stop;
        }
    }
}

/// Decodes while there is plenty on both sides, with as few questions a symbol as can be. What it leaves to the careful
/// loop it leaves untouched.
#[inline(never)]
fn quick(codes: &Codes, from: &mut Reader<'_>, place: &mut Place<'_>) -> Result<(), Stop> {
    let (mut reader, mut at) = (*from, place.at);
    let result = run(codes, &mut reader, place.bytes, place.start, &mut at);
    *from = reader;
    place.at = at;
    result
}

#[inline(always)]
fn run(codes: &Codes, reader: &mut Reader<'_>, out: &mut [u8; SIZE], start: usize, at: &mut usize) -> Result<(), Stop> {
    if reader.rest.len() < WORDS {
        return Ok(());
    }
    reader.refill_word();
    let mut entry = codes.literals.first(reader.bits);
    while *at < LIMIT && reader.rest.len() >= WORDS {
        // 56 bits: three literals of 11 bits, or two and a length of 11 + 5.
        if entry.is_literal() {
            out[*at] = entry.byte();
            reader.bits.skip(entry);
            *at += 1;
            entry = codes.literals.first(reader.bits);
            if entry.is_literal() {
                out[*at] = entry.byte();
                reader.bits.skip(entry);
                *at += 1;
                entry = codes.literals.first(reader.bits);
                if entry.is_literal() {
                    out[*at] = entry.byte();
                    reader.bits.skip(entry);
                    *at += 1;
                    entry = codes.literals.first(reader.bits);
                    reader.refill_word();
                    continue;
                }
            }
        }
        if entry.is_special() {
            if !entry.is_subtable() {
                return Ok(());
            }
            let mut bits = reader.bits;
            bits.skip(entry);
            entry = codes.literals.second(entry, bits);
            if entry.is_special() {
                return Ok(());
            }
            reader.bits = bits;
            if entry.is_literal() {
                out[*at] = entry.byte();
                reader.bits.skip(entry);
                *at += 1;
                entry = codes.literals.first(reader.bits);
                reader.refill_word();
                continue;
            }
        }
        let length = entry.evaluate(reader.bits);
        reader.bits.skip(entry);
        // 14 bits are left: enough to look while more are under way.
        entry = codes.distances.first(reader.bits);
        reader.refill_word();
        if entry.is_special() {
            if !entry.is_subtable() {
                return Err(Stop::Damaged(NO_SYMBOL));
            }
            reader.bits.skip(entry);
            entry = codes.distances.second(entry, reader.bits);
        }
        let distance = entry.evaluate(reader.bits);
        reader.bits.skip(entry);
        // 28 bits are left: the same.
        entry = codes.literals.first(reader.bits);
        reader.refill_word();
        if distance > *at - start {
            return Err(Stop::Damaged(TOO_FAR));
        }
        copy(out, *at, distance, length);
        *at += length;
    }
    Ok(())
}

/// Decodes a few symbols, each only once all its bits are there.
fn careful(codes: &Codes, reader: &mut Reader<'_>, place: &mut Place<'_>) -> Result<(), Stop> {
    for _ in 0..WORDS {
        if place.at >= LIMIT {
            return Err(Stop::Output);
        }
        reader.refill();
        let mut bits = reader.bits;
        let entry = symbol(&codes.literals, &mut bits)?;
        if entry.is_literal() {
            bits.skip(entry);
            place.bytes[place.at] = entry.byte();
            place.at += 1;
        } else if entry.is_end() {
            bits.skip(entry);
            reader.bits = bits;
            return Err(Stop::End);
        } else {
            let length = value(entry, &mut bits)?;
            let entry = symbol(&codes.distances, &mut bits)?;
            let distance = value(entry, &mut bits)?;
            if distance > place.at - place.start {
                return Err(Stop::Damaged(TOO_FAR));
            }
            copy(place.bytes, place.at, distance, length);
            place.at += length;
        }
        reader.bits = bits;
    }
    Ok(())
}

/// The next symbol, if all the bits that belong to it are there. Of them only those are dropped that led to a subtable.
pub(super) fn symbol<const BITS: u32, const SIZE: usize>(table: &Table<BITS, SIZE>, bits: &mut Bits) -> Result<Entry, Stop> {
    let mut entry = table.first(*bits);
    if entry.is_subtable() && entry.width() <= bits.count() {
        bits.skip(entry);
        entry = table.second(entry, *bits);
    }
    if entry.width() <= bits.count() { Ok(entry) } else { Err(Stop::Input) }
}

/// The value of a symbol that must have one. Its bits are dropped.
pub(super) fn value(entry: Entry, bits: &mut Bits) -> Result<usize, Stop> {
    if entry.is_special() {
        return Err(Stop::Damaged(NO_SYMBOL));
    }
    let value = entry.evaluate(*bits);
    bits.skip(entry);
    Ok(value)
}

/// Repeats `length` bytes from `distance` bytes back. Writes up to `STEP` bytes too many.
#[inline(always)]
fn copy(out: &mut [u8; SIZE], at: usize, distance: usize, length: usize) {
    let from = at - distance;
    if length <= distance.min(STEP) {
        out.copy_within(from..from + STEP, at);
    } else if distance >= STEP {
        for done in (0..length).step_by(STEP) {
            out.copy_within(from + done..from + done + STEP, at + done);
        }
    } else {
        overlap(out, at, distance, length);
    }
}

/// Repeats what is nearer than a step.
fn overlap(out: &mut [u8; SIZE], at: usize, distance: usize, length: usize) {
    let from = at - distance;
    if distance == 1 {
        let byte = out[from];
        out[at..at + length].fill(byte);
        return;
    }
    let step = distance.min(8);
    for done in (0..length).step_by(step) {
        out.copy_within(from + done..from + done + 8, at + done);
    }
}
