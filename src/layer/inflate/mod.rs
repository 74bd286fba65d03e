//! Deflate and gzip (RFC 1951 and 1952), decoded as a stream: input in pieces of any size, output in place.

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
