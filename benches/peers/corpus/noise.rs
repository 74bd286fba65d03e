//! Bytes that look like those of real files to a compressor, the same in every run.

/// A generator of numbers (xorshift64*, Vigna 2016).
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// Machine code as compressors see it: half of it comes again, half is new. gzip makes two thirds of it.
    pub fn code(&mut self, length: usize) -> Vec<u8> {
        let known: Vec<u64> = (0..1024).map(|_| self.number()).collect();
        let mut bytes = Vec::with_capacity(length + 16);
        while bytes.len() < length {
            let (new, pick) = (self.number(), self.number());
            bytes.extend(new.to_le_bytes());
            bytes.extend(known[usize::try_from(pick % 1024).unwrap()].to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// Text of few words.
    pub fn text(&mut self, length: usize) -> Vec<u8> {
        const WORDS: [&str; 16] = [
            "return", "self", "import", "value", "class", "def", "None", "request", "config", "if", "else", "for", "in", "name",
            "result", "error",
        ];
        let mut bytes = Vec::with_capacity(length + 24);
        while bytes.len() < length {
            let pick = self.number();
            bytes.extend(WORDS[usize::try_from(pick % 16).unwrap()].bytes());
            bytes.push(b" \n_.("[usize::try_from(pick >> 8 & 3).unwrap()]);
            if (pick >> 16).is_multiple_of(4) {
                bytes.extend(format!("{:05x}", pick >> 44).bytes());
            }
        }
        bytes.truncate(length);
        bytes
    }
}
