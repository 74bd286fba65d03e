//! Everything here is held against zlib-rs: what it accepts is accepted with the same bytes, what it refuses is refused.

mod blocks;
mod members;
mod written;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::Stop;
use super::deflate::Inflate;
use super::window::Window;

/// What came of a deflate stream.
#[derive(Debug, PartialEq, Eq, Clone)]
enum Verdict {
    /// It ended: its content, and the bytes that it took.
    Whole(Vec<u8>, usize),
    /// It wants more: the content so far.
    Cut(Vec<u8>),
    Damaged,
}

impl Verdict {
    fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(..))
    }

    /// What counts of a stream that is no good.
    fn accepted(self) -> Option<(Vec<u8>, usize)> {
        if let Self::Whole(content, consumed) = self { Some((content, consumed)) } else { None }
    }
}

fn theirs(stream: &[u8]) -> Verdict {
    let mut inflate = Decompress::new(false);
    let mut content = Vec::new();
    loop {
        content.reserve(1 << 16);
        let before = (inflate.total_in(), inflate.total_out());
        let rest = &stream[usize::try_from(before.0).unwrap()..];
        match inflate.decompress_vec(rest, &mut content, FlushDecompress::None) {
            Ok(Status::StreamEnd) => return Verdict::Whole(content, usize::try_from(inflate.total_in()).unwrap()),
            Ok(_) if (inflate.total_in(), inflate.total_out()) == before => return Verdict::Cut(content),
            Ok(_) => {}
            Err(_) => return Verdict::Damaged,
        }
    }
}

/// Decodes a stream that arrives in pieces.
fn in_pieces<'a>(inflate: &mut Inflate, pieces: impl IntoIterator<Item = &'a [u8]>) -> Verdict {
    let (mut window, mut content, mut consumed) = (Window::new(), Vec::new(), 0);
    inflate.restart();
    for piece in pieces {
        let mut rest = piece;
        loop {
            let ((length, stop), decoded) = window.fill(|place| inflate.run(rest, place));
            content.extend_from_slice(decoded);
            rest = &rest[length..];
            consumed += length;
            window.slide();
            match stop {
                Stop::Output => {}
                Stop::Input => break assert!(rest.is_empty(), "more is wanted before all is taken"),
                Stop::End => return Verdict::Whole(content, consumed),
                Stop::Damaged(_) => return Verdict::Damaged,
            }
        }
    }
    Verdict::Cut(content)
}

fn ours(stream: &[u8]) -> Verdict {
    in_pieces(&mut Inflate::new(), [stream])
}

fn deflate(content: &[u8], level: u32) -> Vec<u8> {
    let mut stream = Vec::with_capacity(content.len() + (content.len() >> 3) + 1024);
    Compress::new(Compression::new(level), false).compress_vec(content, &mut stream, FlushCompress::Finish).unwrap();
    stream
}

/// The same bytes at every run.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

/// A few kinds of content, as found in layers: noise, text, runs, and what repeats from near and from far.
fn contents(length: usize) -> Vec<Vec<u8>> {
    let random: Vec<u8> = noise(7).take(length).collect();
    let text = random.iter().map(|byte| b"etaoinshrdlu \n(){}"[usize::from(byte % 18)]).collect();
    let runs = random.chunks(40).flat_map(|run| std::iter::repeat_n(run[0] & 3, run.len())).collect();
    let mut far: Vec<u8> = random.iter().take(32768).copied().collect();
    far.extend_from_within(..);
    far.extend(random.iter().rev().take(length / 2));
    let near = (2..40).flat_map(|period| random.iter().copied().take(period).cycle().take(length / 40)).collect();
    vec![random, text, runs, far, near, vec![0; length], Vec::new()]
}
