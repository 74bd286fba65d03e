//! What was decoded: the bytes that are to be taken, and those before them that matches refer to.

/// How far back a match can reach (RFC 1951, section 3.2.5).
const HISTORY: usize = 32 << 10;
/// Bytes decoded at a time: the history is moved once for each of them, and all must stay in the second-level cache.
const CHUNK: usize = 256 << 10;
/// Where decoding stops.
pub(super) const LIMIT: usize = HISTORY + CHUNK;
/// Room behind the limit for what is begun before it: two literals, the longest match (258), and what a copy writes too
/// many.
pub(super) const SIZE: usize = LIMIT + 320;

/// Where a decoder writes.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) bytes: &'a mut [u8; SIZE],
    /// Where the stream begins: nothing before it can be referred to.
    pub(super) start: usize,
    /// Where the next byte belongs.
    pub(super) at: usize,
}

#[derive(Debug)]
pub(super) struct Window {
    bytes: Box<[u8; SIZE]>,
    start: usize,
    filled: usize,
    taken: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { bytes: Box::new([0; SIZE]), start: 0, filled: 0, taken: 0 }
    }

    /// What was decoded and not taken.
    pub(super) fn ready(&self) -> &[u8] {
        self.bytes.get(self.taken..self.filled).unwrap_or_default()
    }

    /// Takes bytes that are ready.
    pub(super) fn take(&mut self, amount: usize) {
        self.taken = self.filled.min(self.taken.saturating_add(amount));
    }

    /// Whether no more is to be decoded before it is emptied.
    pub(super) fn is_full(&self) -> bool {
        self.filled >= LIMIT
    }

    /// Begins another stream.
    pub(super) fn restart(&mut self) {
        self.start = self.filled;
    }

    /// Makes room, once all is taken.
    pub(super) fn slide(&mut self) {
        let unused = self.filled.saturating_sub(HISTORY);
        self.bytes.copy_within(unused..self.filled, 0);
        self.start = self.start.saturating_sub(unused);
        self.filled -= unused;
        self.taken = self.filled;
    }

    /// Lets `decode` write behind what is there. Returns its result and what it wrote.
    pub(super) fn fill<T>(&mut self, decode: impl FnOnce(&mut Place<'_>) -> T) -> (T, &[u8]) {
        let from = self.filled;
        let mut place = Place { bytes: &mut self.bytes, start: self.start, at: from };
        let result = decode(&mut place);
        self.filled = place.at;
        (result, &self.bytes[from..self.filled])
    }
}
