//! Deflate and gzip (RFC 1951 and 1952), decoded as a stream: input in pieces of any size, output in place.

#![expect(clippy::cast_possible_truncation, reason = "what is cast was masked, or is bounded by a table")]
#![expect(clippy::inline_always, reason = "the quick loop keeps its state in registers only if all it calls is in it")]

mod alphabet;
mod bits;
mod block;
mod deflate;
mod gzip;
mod huffman;
#[cfg(test)]
mod tests;
mod window;

pub(super) use gzip::Gunzip;

/// Where decoding stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// More input is wanted; all there was has been consumed.
    Input,
    /// More room is wanted.
    Output,
    /// The block, or the whole stream, is at its end.
    End,
    /// The input is no deflate data.
    Damaged(&'static str),
}
