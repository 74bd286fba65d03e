//! Blobs that survive a broken connection: read on from where it broke.

use std::io::{self, BufRead, Read};

use super::Source;
use super::client::now;
use super::retry::{Attempts, Failure};
use crate::digest::read_buffered;
use crate::error::{Error, Kind, Result};
use crate::image::Descriptor;

/// What a connection that ended early without an error is called.
pub(super) const CLOSED: &str = "the connection was closed";

/// Bytes that must come before the count of tries starts anew. A connection that breaks every few kilobytes makes no
/// progress worth the name.
const PROGRESS: u64 = 1 << 20;

/// The bytes of a blob, asked for again from where a connection broke. They are unverified: digest and size are held
/// against the whole by [`Verified`](crate::digest::Verified) above.
pub struct Resumed<'a> {
    source: &'a dyn Source,
    descriptor: Descriptor,
    inner: Box<dyn BufRead + Send>,
    position: u64,
    /// Where the present connection began.
    opened_at: u64,
    attempts: Attempts,
}

/// Opens a blob. `retries` bounds how often in a row a broken connection is taken up again.
pub fn blob<'a>(source: &'a dyn Source, descriptor: &Descriptor, retries: u32) -> Result<Resumed<'a>> {
    let inner = source.blob(descriptor, 0)?;
    let attempts = Attempts::new(retries);
    Ok(Resumed { source, descriptor: descriptor.clone(), inner, position: 0, opened_at: 0, attempts })
}

impl Resumed<'_> {
    fn reopen(&mut self, broken: Error) -> Result<()> {
        let doing = format!("read {} at byte {} of {}", self.descriptor.digest.short(), self.position, self.descriptor.size);
        if self.position - self.opened_at >= PROGRESS {
            self.attempts.progressed();
        }
        let Ok(wait) = self.attempts.next(Failure::Broken, now()) else {
            return Err(broken.doing(doing));
        };
        std::thread::sleep(wait);
        self.inner = self.source.blob(&self.descriptor, self.position).map_err(|error| error.doing(doing))?;
        self.opened_at = self.position;
        Ok(())
    }

    /// An end before the declared size is a broken connection that did not say so, unless it is the end again.
    fn ended_early(&self) -> bool {
        self.position < self.descriptor.size && self.position > self.opened_at
    }
}

impl BufRead for Resumed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            let early = self.ended_early();
            let broken = match self.inner.fill_buf() {
                Ok([]) if early => Error::new(Kind::Unreachable, CLOSED),
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Error::from(error),
            };
            if broken.kind != Kind::Unreachable {
                return Err(broken.into());
            }
            // All of it came, and the digest tells whether it is right: how the connection ended does not matter.
            if self.position == self.descriptor.size {
                self.inner = Box::new(io::empty());
            } else {
                self.reopen(broken)?;
            }
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
        self.inner.consume(amount);
    }
}

impl Read for Resumed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::digest::Digest;
    use crate::source::Fetched;

    /// Serves one blob; each connection ends after the bytes that the script grants it, well or badly.
    struct Breaking {
        content: Vec<u8>,
        script: Mutex<Vec<(usize, bool)>>,
        asked: Mutex<Vec<u64>>,
    }

    struct Connection(io::Cursor<Vec<u8>>, bool);

    impl Read for Connection {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match self.0.read(out)? {
                0 if self.1 => Err(Error::new(Kind::Unreachable, "reset by the test").into()),
                read => Ok(read),
            }
        }
    }

    impl Source for Breaking {
        fn manifest(&self, _: Option<&Descriptor>, _: u64) -> Result<Fetched> {
            unreachable!()
        }

        fn blob(&self, _: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
            self.asked.lock().unwrap().push(from);
            let (grant, resets) = self.script.lock().unwrap().pop().unwrap_or((usize::MAX, false));
            let bytes = self.content.iter().skip(usize::try_from(from).unwrap()).take(grant).copied().collect();
            Ok(Box::new(io::BufReader::new(Connection(io::Cursor::new(bytes), resets))))
        }
    }

    fn read(size: u64, script: &[(usize, bool)], retries: u32) -> (Result<Vec<u8>>, Vec<u64>) {
        let content: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let source = Breaking { content, script: Mutex::new(script.iter().rev().copied().collect()), asked: Mutex::default() };
        let descriptor = Descriptor {
            media_type: String::new(),
            digest: Digest::sha256(&source.content),
            size,
            platform: None,
            annotations: None,
            data: None,
        };
        let mut out = Vec::new();
        let result = blob(&source, &descriptor, retries).unwrap().read_to_end(&mut out);
        (result.map(|_| out).map_err(Error::from), source.asked.into_inner().unwrap())
    }

    #[test]
    fn a_broken_blob_is_read_on_from_where_it_broke() {
        let (result, asked) = read(1000, &[(300, true), (400, false)], 5);
        assert_eq!(result.unwrap(), (0..=255).cycle().take(1000).collect::<Vec<u8>>());
        assert_eq!(asked, [0, 300, 700]);
    }

    #[test]
    fn a_connection_that_breaks_behind_the_last_byte_is_not_taken_up() {
        let (result, asked) = read(1000, &[(1000, true)], 5);
        assert_eq!((result.unwrap().len(), asked), (1000, vec![0]));
    }

    #[test]
    fn an_end_that_comes_twice_is_the_end() {
        let (result, asked) = read(2000, &[], 5);
        assert_eq!((result.unwrap().len(), asked), (1000, vec![0, 1000]));
    }

    #[test]
    fn a_connection_that_makes_no_progress_is_given_up_with_its_place() {
        let (result, asked) = read(1000, &[(10, true); 9], 1);
        let error = result.unwrap_err();
        assert_eq!((error.kind, asked.len()), (Kind::Unreachable, 2));
        assert!(error.to_string().contains("at byte 20 of 1000") && error.what.contains("reset by the test"), "{error}");
    }
}
