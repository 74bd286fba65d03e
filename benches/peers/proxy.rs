//! What stands between the registry and whoever pulls from it: it counts, and it is as slow as a network.
//!
//! HTTP/1.1 (RFC 9112), as far as pulling needs it: requests without a body, answers with `Content-Length`, in chunks, or
//! without a body.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::link::{LARGEST_PIECE, Link, Wire};

/// What passed since the counting began.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Requests of every kind.
    pub requests: u64,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// How often each blob was asked for, and the bytes that were sent of it.
    pub blobs: BTreeMap<String, (u64, u64)>,
}

impl Traffic {
    /// Bytes of blobs.
    pub fn blob_bytes(&self) -> u64 {
        self.blobs.values().map(|(_, bytes)| bytes).sum()
    }
}

struct Shared {
    upstream: String,
    wire: Wire,
    traffic: Mutex<Traffic>,
}

/// A proxy that runs until the process ends.
pub struct Proxy {
    /// `127.0.0.1:PORT`.
    pub address: String,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared { upstream: upstream.to_owned(), wire: Wire::new(), traffic: Mutex::default() });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&accepting);
                // Who hangs up early is not interested any more.
                std::thread::spawn(move || drop(serve(&client, &shared)));
            }
        });
        Self { address, shared }
    }

    /// Begins to count anew, on a link.
    pub fn reset(&self, link: Link) {
        self.shared.wire.set(link);
        *self.shared.traffic.lock().unwrap() = Traffic::default();
    }

    pub fn traffic(&self) -> Traffic {
        self.shared.traffic.lock().unwrap().clone()
    }
}

/// All requests of a connection, one after the other.
fn serve(client: &TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    shared.wire.travel();
    let mut requests = BufReader::new(client);
    let upstream = TcpStream::connect(&shared.upstream)?;
    upstream.set_nodelay(true)?;
    let mut answers = BufReader::with_capacity(LARGEST_PIECE, &upstream);
    while let Some(request) = head(&mut requests)? {
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let blob = target.split_once("/blobs/").map(|(_, digest)| digest.to_owned()).filter(|_| method == "GET");
        count(shared, |traffic| {
            traffic.requests += 1;
            if let Some(blob) = &blob {
                traffic.blobs.entry(blob.clone()).or_default().0 += 1;
            }
        });
        shared.wire.travel();
        (&upstream).write_all(request.as_bytes())?;
        let Some(answer) = head(&mut answers)? else { return Ok(()) };
        (&*client).write_all(answer.as_bytes())?;
        let mut relay = Relay { shared, blob, from: &mut answers, to: client };
        let status = answer.split(' ').nth(1).unwrap_or_default();
        if method == "HEAD" || matches!(status, "204" | "304") {
        } else if let Some(length) = field(&answer, "content-length") {
            relay.pass(length.parse().map_err(io::Error::other)?)?;
        } else if field(&answer, "transfer-encoding").is_some() {
            relay.chunks()?;
        } else {
            relay.pass(u64::MAX)?;
        }
        if field(&answer, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            return Ok(());
        }
    }
    Ok(())
}

fn count(shared: &Shared, add: impl FnOnce(&mut Traffic)) {
    add(&mut shared.traffic.lock().unwrap());
}

/// A body on its way.
struct Relay<'a, R> {
    shared: &'a Shared,
    blob: Option<String>,
    from: &'a mut R,
    to: &'a TcpStream,
}

impl<R: BufRead> Relay<'_, R> {
    /// So many bytes, or all until the end.
    fn pass(&mut self, mut left: u64) -> io::Result<()> {
        let piece = self.shared.wire.piece();
        let mut buffer = vec![0; piece];
        while left > 0 {
            let most = usize::try_from(left).map_or(piece, |left| left.min(piece));
            let length = self.from.read(&mut buffer[..most])?;
            if length == 0 {
                break;
            }
            self.shared.wire.send(length);
            self.to.write_all(&buffer[..length])?;
            left -= length as u64;
            count(self.shared, |traffic| {
                traffic.bytes += length as u64;
                if let Some(blob) = &self.blob {
                    traffic.blobs.entry(blob.clone()).or_default().1 += length as u64;
                }
            });
        }
        Ok(())
    }

    /// Chunks as they come, and the line that ends them (RFC 9112, section 7.1).
    fn chunks(&mut self) -> io::Result<()> {
        loop {
            let mut line = String::new();
            self.from.read_line(&mut line)?;
            self.to.write_all(line.as_bytes())?;
            let length = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16).map_err(io::Error::other)?;
            self.pass(length + 2)?;
            if length == 0 {
                return Ok(());
            }
        }
    }
}

/// The lines before a body, the empty one included; none where the connection ends.
fn head(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut text = String::new();
    while from.read_line(&mut text)? > 0 {
        if text.ends_with("\r\n\r\n") {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// A field of a head.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
