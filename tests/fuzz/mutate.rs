//! Bytes that are almost right.

/// Bytes of an input, at most.
const LONGEST: usize = 64 << 10;
/// What formats count and align by.
const BLOCK: usize = 512;
/// Numbers at which readers go wrong.
const NUMBERS: [u64; 14] =
    [0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x100, 511, 512, 0x7fff_ffff, 0xffff_ffff, i64::MAX.cast_unsigned(), u64::MAX];
/// The same as texts, and what stands between them.
const WORDS: &[&[u8]] = &[
    b"0",
    b"1",
    b"-1",
    b"4294967296",
    b"9223372036854775807",
    b"18446744073709551616",
    b"\0",
    b"\n",
    b" ",
    b"=",
    b",",
    b"/",
    b"..",
    b"\"",
    b"\xff\xfe",
    b"\xf0\x9f\x92\xa9",
];

/// Xorshift (Marsaglia, "Xorshift RNGs"): the same numbers on every machine.
pub struct Random(u64);

impl Random {
    /// Any number gives a sequence of its own.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below another, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }

    /// A number up to another; small ones are the likelier.
    fn up_to(&mut self, most: usize) -> usize {
        let bound = 1 + self.below(most + 1);
        self.below(bound)
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A seed that was changed in a few ways.
pub fn mutate(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(seeds).clone();
    for _ in 0..=random.up_to(6) {
        change(random, &mut bytes, seeds);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let rest = bytes.len() - at;
    match random.below(10) {
        0 if rest > 0 => bytes[at] ^= 1 << random.below(8),
        1 if rest > 0 => bytes[at] = random.next().to_le_bytes()[0],
        2 | 3 => {
            let number = random.pick(&NUMBERS).to_le_bytes();
            let mut number = number[..1 << random.below(4)].to_vec();
            if random.below(2) == 0 {
                number.reverse();
            }
            overwrite(bytes, at, &number);
        }
        4 => overwrite(bytes, at, random.pick::<&[u8]>(WORDS)),
        5 => drop(bytes.splice(at..at, random.pick::<&[u8]>(WORDS).iter().copied())),
        6 => drop(bytes.drain(at..at + random.up_to(rest))),
        7 => copy_block(random, bytes),
        8 => {
            let other = random.pick(seeds);
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => bytes.truncate(bytes.len() - random.up_to(rest)),
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes[at..].iter_mut().zip(with).for_each(|(byte, with)| *byte = *with);
}

/// Puts a part in once more elsewhere: of a tar, whole blocks.
fn copy_block(random: &mut Random, bytes: &mut Vec<u8>) {
    let unit = if random.below(2) == 0 { BLOCK } else { 1 };
    let units = bytes.len() / unit;
    let (from, to) = (random.below(units + 1), random.below(units + 1));
    let length = random.up_to(units - from);
    let part = bytes[from * unit..(from + length) * unit].to_vec();
    bytes.splice(to * unit..to * unit, part);
}
