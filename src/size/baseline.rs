//! A saved baseline: what a later image is held against, as lines that live in git.
//!
//! A header with the version of the format, then one fact a line, sorted by bytes:
//!
//! ```text
//! lucid-verify baseline 1
//! bytes 571904211
//! compressed 201874002
//! digest sha256:…
//! directories 1
//! directory /usr/local 391874002 20123
//! files 24011
//! finding history/copy-chown 1 COPY config /app/config
//! findings 1
//! image docker.io/pickme/lucid-auth:latest-arm64
//! layer 000 sha256:… 28104233 74120011 ADD file:* in /
//! package python numpy 1.26.4 59123456 1210
//! packages 1
//! packages-left-out deb 12 34567 89
//! platform linux/arm64/v8
//! unowned 1234567 890
//! unpacked 818000123
//! waste 1234
//! ```
//!
//! Characters that a terminal would act on, `%`, and blanks within a field are percent-encoded (RFC 3986, section 2.1); the last
//! field of `finding` and `layer` keeps its blanks. An empty field is `-`.

mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use parse::parse;
pub use write::to_text;

/// How a saved baseline begins; the version of its format follows.
const HEADER: &str = "lucid-verify baseline ";

/// The version of the format.
const FORMAT: u64 = 1;

/// Stands where a field is empty.
const EMPTY: &str = "-";
