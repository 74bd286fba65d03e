//! Blocks that no compressor writes, by a writer of bits.

use proptest::prelude::*;

use super::{Verdict, in_pieces, noise, ours, theirs};
use crate::layer::inflate::alphabet::ORDER;
use crate::layer::inflate::deflate::Inflate;

#[derive(Debug, Clone, Copy)]
enum Token {
    Literal(u8),
    Match { length: usize, distance: usize },
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    used: usize,
}

impl Writer {
    fn bits(&mut self, value: usize, count: usize) -> &mut Self {
        for bit in 0..count {
            if self.used == 0 {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= u8::try_from(value >> bit & 1).unwrap() << self.used;
            self.used = (self.used + 1) % 8;
        }
        self
    }

    /// Writes the code of `symbol` in the canonical code of these lengths (RFC 1951, section 3.2.2).
    fn symbol(&mut self, lengths: &[u8], symbol: usize) -> &mut Self {
        let length = lengths[symbol];
        assert!(length > 0, "symbol {symbol} has no code");
        let before = |other: usize| (lengths[other], other) < (length, symbol);
        let code: usize = (0..lengths.len())
            .filter(|other| lengths[*other] > 0 && before(*other))
            .map(|other| 1 << (length - lengths[other]))
            .sum();
        (0..length).rev().fold(self, |writer, bit| writer.bits(code >> bit & 1, 1))
    }

    /// Begins a block whose codes have these lengths.
    fn codes(&mut self, is_last: bool, literals: &[u8], distances: &[u8]) -> &mut Self {
        // Thirteen codes of four bits and six of five: every symbol has one.
        let lengths: Vec<u8> = (0..19).map(|symbol| if symbol < 13 { 4 } else { 5 }).collect();
        self.bits(usize::from(is_last), 1).bits(2, 2);
        self.bits(literals.len() - 257, 5).bits(distances.len() - 1, 5).bits(15, 4);
        for symbol in ORDER {
            self.bits(usize::from(lengths[usize::from(symbol)]), 3);
        }
        let all = [literals, distances].concat();
        let mut at = 0;
        while at < all.len() {
            let run = all[at..].iter().take_while(|length| **length == all[at]).count();
            at += match (all[at], run) {
                (0, 11..) => {
                    self.symbol(&lengths, 18).bits(run.min(138) - 11, 7);
                    run.min(138)
                }
                (0, 3..) => {
                    self.symbol(&lengths, 17).bits(run - 3, 3);
                    run
                }
                (length, 4..) => {
                    self.symbol(&lengths, usize::from(length)).symbol(&lengths, 16).bits(run.min(7) - 4, 2);
                    run.min(7)
                }
                (length, _) => {
                    self.symbol(&lengths, usize::from(length));
                    1
                }
            };
        }
        self
    }

    fn token(&mut self, literals: &[u8], distances: &[u8], token: Token) -> &mut Self {
        match token {
            Token::Literal(byte) => self.symbol(literals, usize::from(byte)),
            Token::Match { length, distance } => {
                let (symbol, base, extra) = length_symbol(length);
                self.symbol(literals, symbol).bits(length - base, extra);
                let (symbol, base, extra) = distance_symbol(distance);
                self.symbol(distances, symbol).bits(distance - base, extra)
            }
        }
    }
}

/// The symbol of a length, the shortest that it stands for, and its extra bits, by the pattern of section 3.2.5.
fn length_symbol(length: usize) -> (usize, usize, usize) {
    if length == 258 {
        return (285, 258, 0);
    }
    let group = |symbol: usize| {
        let extra = (symbol - 257).saturating_sub(4) / 4;
        let base = if symbol < 265 { symbol - 254 } else { 3 + ((4 + (symbol - 257) % 4) << extra) };
        (symbol, base, extra)
    };
    (257..285).rev().map(group).find(|(_, base, _)| *base <= length).unwrap()
}

fn distance_symbol(distance: usize) -> (usize, usize, usize) {
    let group = |symbol: usize| {
        let extra = symbol.saturating_sub(2) / 2;
        let base = if symbol < 4 { symbol + 1 } else { 1 + ((2 + symbol % 2) << extra) };
        (symbol, base, extra)
    };
    (0..30).rev().map(group).find(|(_, base, _)| *base <= distance).unwrap()
}

/// The lengths of a random complete code of `count` symbols: a leaf of the tree is split again and again.
fn code(count: usize, deep: bool, noise: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let mut lengths = vec![0u8];
    while lengths.len() < count.max(2) {
        let seed = usize::from(noise.next().unwrap()) << 8 | usize::from(noise.next().unwrap());
        // The last leaf is the deepest as long as it is the one that is split.
        let at = if deep && lengths.len() < 15 { lengths.len() - 1 } else { seed % lengths.len() };
        if lengths[at] < 15 {
            lengths[at] += 1;
            let half = lengths[at];
            lengths.push(half);
        }
    }
    for at in (1..lengths.len()).rev() {
        lengths.swap(at, usize::from(noise.next().unwrap()) % (at + 1));
    }
    lengths
}

fn expand(tokens: &[Token]) -> Vec<u8> {
    let mut content = Vec::new();
    for token in tokens {
        match *token {
            Token::Literal(byte) => content.push(byte),
            Token::Match { length, distance } => {
                for _ in 0..length {
                    content.push(content[content.len() - distance]);
                }
            }
        }
    }
    content
}

fn tokens(count: usize, noise: &mut impl Iterator<Item = u8>) -> Vec<Token> {
    let mut long = 0;
    let mut number = |below: usize| (0..3).fold(0, |sum, _| sum << 8 | usize::from(noise.next().unwrap())) % below;
    let next = |_| {
        let token = match number(4) {
            kind @ 1..=3 if long > 0 => {
                let length = if kind == 1 { 3 + number(256) } else { 3 + number(12) };
                let distance = 1 + number(if kind == 2 { 40 } else { 32768 }.min(long));
                Token::Match { length, distance }
            }
            _ => Token::Literal(u8::try_from(number(256)).unwrap()),
        };
        long += if let Token::Match { length, .. } = token { length } else { 1 };
        token
    };
    (0..count).map(next).collect()
}

#[test]
fn the_patterns_of_symbols_are_those_of_the_tables() {
    assert_eq!([3, 10, 11, 12, 13, 257, 258].map(|length| length_symbol(length).0), [257, 264, 265, 265, 266, 284, 285]);
    assert_eq!([1, 4, 5, 6, 7, 24577, 32768].map(|distance| distance_symbol(distance).0), [0, 3, 4, 4, 5, 29, 29]);
}

proptest! {
    #[test]
    fn codes_of_any_shape_are_read(seed in any::<u64>(), count in 0..3000usize, deep in any::<bool>(), size in 1..300usize) {
        let mut noise = noise(seed);
        let tokens = tokens(count, &mut noise);
        let mut writer = Writer::default();
        for (at, part) in tokens.chunks(1000).enumerate() {
            let (literals, distances) = (code(286, deep, &mut noise), code(30, deep, &mut noise));
            writer.codes((at + 1) * 1000 >= count, &literals, &distances);
            part.iter().for_each(|token| _ = writer.token(&literals, &distances, *token));
            writer.symbol(&literals, 256);
        }
        let content = expand(&tokens);
        if count > 0 {
            let wanted = Verdict::Whole(content, writer.bytes.len());
            prop_assert!(theirs(&writer.bytes) == wanted, "the writer is wrong");
            prop_assert!(ours(&writer.bytes) == wanted);
            prop_assert!(in_pieces(&mut Inflate::new(), writer.bytes.chunks(size)) == wanted);
        }
    }

    #[test]
    fn lengths_of_codes_at_random_are_judged_as_zlib_judges_them(
        literals in proptest::collection::vec(prop_oneof![8 => Just(0u8), 1 => 1..16u8], 257..=286),
        end in 0..3u8,
        distances in proptest::collection::vec(prop_oneof![2 => Just(0u8), 1 => 1..4u8], 1..=30),
        rest in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut literals = literals;
        literals[256] = end;
        let mut writer = Writer::default();
        writer.codes(true, &literals, &distances);
        writer.bytes.extend(rest);
        prop_assert_eq!(ours(&writer.bytes).accepted(), theirs(&writer.bytes).accepted());
    }
}

/// A block with these codes and then `bits`, and whether it is read.
fn reads(literals: &[(usize, u8)], distances: &[(usize, u8)], bits: &[(usize, usize)]) -> bool {
    let spread = |codes: &[(usize, u8)], count: usize| {
        let mut lengths = vec![0; count];
        codes.iter().for_each(|(symbol, length)| lengths[*symbol] = *length);
        lengths
    };
    let mut writer = Writer::default();
    writer.codes(true, &spread(literals, 286), &spread(distances, 30));
    bits.iter().for_each(|(value, count)| _ = writer.bits(*value, *count));
    writer.bits(0, 64);
    let found = ours(&writer.bytes);
    assert_eq!(found.is_whole(), theirs(&writer.bytes).is_whole(), "{literals:?} {distances:?} {bits:?}");
    found.is_whole()
}

#[test]
fn codes_that_are_not_complete_are_read_where_zlib_reads_them() {
    // a = 0, the end = 10, a match of three = 11.
    let usual = [(97, 1), (256, 2), (257, 2)];
    let (a, end, three) = ((0, 1), (1, 2), (3, 2));
    assert!(reads(&usual, &[(0, 1), (1, 1)], &[a, a, three, (1, 1), end]));
    assert!(reads(&usual, &[], &[a, end]), "no distances, and none is used");
    assert!(!reads(&usual, &[], &[a, three, (0, 1), end]), "no distances, and one is used");
    assert!(reads(&usual, &[(0, 1)], &[a, three, (0, 1), end]), "one distance of one bit");
    assert!(!reads(&usual, &[(0, 1)], &[a, three, (1, 1), end]), "one distance, and the other is used");
    assert!(!reads(&usual, &[(0, 2)], &[a, end]), "one distance of two bits");
    assert!(!reads(&usual, &[(0, 2), (1, 2), (2, 2)], &[a, end]), "three distances of two bits");
    assert!(!reads(&usual, &[(0, 1), (1, 1), (2, 1)], &[a, end]), "three distances of one bit");
    assert!(!reads(&[(97, 1), (257, 1)], &[(0, 1)], &[a, a]), "no end");
    assert!(reads(&[(256, 1)], &[], &[(0, 1)]), "nothing but the end");
    assert!(!reads(&[(256, 1)], &[], &[(1, 1)]), "nothing but the end, and something else");
    assert!(!reads(&[(256, 2)], &[], &[(0, 2)]), "nothing but the end, in two bits");
    assert!(!reads(&[(97, 1), (98, 1), (256, 1)], &[], &[a]), "three literals of one bit");
    assert!(!reads(&usual, &[(0, 1), (1, 1)], &[a, three, (1, 1), end]), "a distance beyond the start");
}

#[test]
fn fixed_codes_hold_symbols_that_mean_nothing() {
    // The end is 0000000; 286 and 287 are 11000110 and 11000111, first bit first.
    let fixed = |bits: &[(usize, usize)]| {
        let mut writer = Writer::default();
        writer.bits(1, 1).bits(1, 2);
        bits.iter().for_each(|(value, count)| _ = writer.bits(*value, *count));
        writer.bits(0, 64);
        assert_eq!(ours(&writer.bytes).accepted(), theirs(&writer.bytes).accepted());
        ours(&writer.bytes)
    };
    let (zero, three) = ((0b0000_1100, 8), (0b100_0000, 7));
    assert_eq!(fixed(&[(0, 7)]), Verdict::Whole(Vec::new(), 2));
    assert_eq!(fixed(&[zero, three, (0, 5), (0, 7)]), Verdict::Whole(vec![0; 4], 4));
    assert_eq!(fixed(&[(0b0110_0011, 8)]), Verdict::Damaged);
    assert_eq!(fixed(&[(0b1110_0011, 8)]), Verdict::Damaged);
    assert_eq!(fixed(&[zero, three, (0b01111, 5)]), Verdict::Damaged, "distance 30");
    assert_eq!(fixed(&[zero, three, (0b11111, 5)]), Verdict::Damaged, "distance 31");
}

#[test]
fn matches_reach_over_the_window_and_no_further_than_their_stream() {
    let mut writer = Writer::default();
    let content: Vec<u8> = noise(3).take(32768).collect();
    for part in content.chunks(16384) {
        writer.bits(0, 3);
        let padding = (8 - writer.used) % 8;
        writer.bits(0, padding).bits(part.len(), 16).bits(!part.len() & 0xffff, 16).bytes.extend(part);
    }
    let (literals, distances) = (code(286, false, &mut noise(4)), code(30, true, &mut noise(5)));
    writer.codes(true, &literals, &distances);
    let mut wanted = content;
    for length in (3..=258).cycle().take(3000) {
        writer.token(&literals, &distances, Token::Match { length, distance: 32768 });
        wanted.extend_from_within(wanted.len() - 32768..wanted.len() - 32768 + length);
    }
    writer.symbol(&literals, 256);
    assert!(ours(&writer.bytes) == Verdict::Whole(wanted, writer.bytes.len()));
}
