//! A bounded pipe between two threads. Its buffers go round: what is read is written into again.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::digest::read_buffered;

/// The end that is written to.
pub(super) struct Writer {
    size: usize,
    full: SyncSender<Full>,
    empty: Receiver<Vec<u8>>,
}

/// The end that is read from.
pub(super) struct Reader {
    full: Receiver<Full>,
    empty: SyncSender<Vec<u8>>,
    current: Full,
    at: usize,
}

/// A buffer, and how much of it is filled.
type Full = (Vec<u8>, usize);

/// A pipe of at most so many buffers of `size` bytes. They are allocated when they are first needed.
pub(super) fn pipe(buffers: usize, size: usize) -> (Writer, Reader) {
    let (full, full_out) = sync_channel(buffers);
    let (empty, empty_out) = sync_channel(buffers);
    for _ in 0..buffers {
        // There is room for all of them.
        let _ = empty.try_send(Vec::new());
    }
    (Writer { size, full, empty: empty_out }, Reader { full: full_out, empty, current: Full::default(), at: 0 })
}

impl Writer {
    /// Lets `read` fill one buffer after the other until it has nothing more, or nobody reads them any more.
    pub(super) fn fill<E>(&self, mut read: impl FnMut(&mut [u8]) -> Result<usize, E>) -> Result<(), E> {
        while let Ok(mut buffer) = self.empty.recv() {
            buffer.resize(self.size, 0);
            let length = read(&mut buffer)?;
            if length == 0 || self.full.send((buffer, length)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

impl BufRead for Reader {
    /// The next bytes; none when the writer is gone, for whatever reason.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.current.1 {
            let next = self.full.recv().unwrap_or_default();
            let (buffer, _) = std::mem::replace(&mut self.current, next);
            self.at = 0;
            if !buffer.is_empty() {
                let _ = self.empty.try_send(buffer);
            }
        }
        Ok(&self.current.0[self.at..self.current.1])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, out)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::thread;

    use super::*;

    /// Gives the bytes of a text in pieces of three.
    fn in_threes(text: &[u8]) -> impl FnMut(&mut [u8]) -> Result<usize, Infallible> {
        let mut rest = text;
        move |buffer| Ok(rest.read(&mut buffer[..3]).unwrap_or_default())
    }

    #[test]
    fn what_is_written_is_read_in_order_through_few_buffers() {
        let text: Vec<u8> = (0..=255).cycle().take(10_000).collect();
        let (writer, mut reader) = pipe(2, 16);
        let mut read = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                writer.fill(in_threes(&text)).unwrap();
                drop(writer);
            });
            reader.read_to_end(&mut read).unwrap();
        });
        assert_eq!(read, text);
    }

    #[test]
    fn a_writer_stops_when_the_reader_is_gone() {
        let (writer, reader) = pipe(2, 16);
        let mut asked = 0;
        drop(reader);
        writer.fill(|_| Ok::<_, Infallible>(std::mem::replace(&mut asked, 1) + 1)).unwrap();
        assert!(asked < 2);
    }

    #[test]
    fn a_reader_ends_when_the_writer_fails() {
        let (writer, mut reader) = pipe(2, 16);
        let mut pieces = vec![Err("broken"), Ok(2)];
        assert_eq!(writer.fill(|_| pieces.pop().unwrap_or(Ok(0))), Err("broken"));
        drop(writer);
        let mut read = Vec::new();
        assert_eq!(reader.read_to_end(&mut read).unwrap(), 2);
    }
}
