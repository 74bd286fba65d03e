//! HTTP/1.1 on a loopback port, as little of it as a registry needs: a thread a connection, a request each, and every
//! answer is what a closure says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Kind, Result};

/// Bytes of a request, its body included.
const REQUEST: u64 = 64 << 10;

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first byte of a TLS greeting (RFC 8446, 5.1: record type 22).
const TLS: u8 = 0x16;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// The verb: `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`, or `CONNECT` where a proxy is asked.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What a `POST`, `PUT` or `PATCH` holds.
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Reads a request; nothing for what is no HTTP, such as the greeting of a client that tries TLS first.
    pub fn read(stream: impl Read) -> Option<Self> {
        let mut reader = BufReader::new(stream.take(REQUEST));
        if reader.fill_buf().ok()?.first() == Some(&TLS) {
            return None;
        }
        let mut lines = reader.by_ref().lines();
        let first = lines.next()?.ok()?;
        let (method, path) = first.strip_suffix(" HTTP/1.1")?.split_once(' ')?;
        if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT"].contains(&method) {
            return None;
        }
        let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
        let headers =
            headers.filter_map(|line| line.split_once(':').map(|(key, value)| (key.to_lowercase(), value.trim().to_owned())));
        let (method, path, headers) = (method.to_owned(), path.to_owned(), headers.collect());
        let mut request = Self { method, path, body: String::new(), headers };
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
        reader.take(length).read_to_string(&mut request.body).ok()?;
        Some(request)
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Where the wanted range starts, if one is wanted and it goes on to the end.
    pub fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// An answer. A registry's are whole and prompt; what else the network makes of them can be said, too.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: Option<usize>,
    delay: Duration,
    endless: bool,
}

impl Reply {
    /// An answer of this status with this body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Closes the connection after so many bytes of the body.
    #[must_use]
    pub fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }

    /// Waits before the body.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends the body again and again, as long as someone reads it.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    /// What goes before the body, as it is sent.
    pub fn head(&self) -> String {
        let mut lines = vec![format!("HTTP/1.1 {} Answer", self.status), "connection: close".to_owned()];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.extend((!self.endless).then(|| format!("content-length: {}", self.body.len())));
        lines.join("\r\n") + "\r\n\r\n"
    }

    /// The whole body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    fn write(&self, mut stream: &TcpStream, is_head: bool) -> std::io::Result<()> {
        stream.write_all(self.head().as_bytes())?;
        thread::sleep(self.delay);
        if is_head {
            return Ok(());
        }
        if self.endless {
            loop {
                stream.write_all(&self.body)?;
            }
        }
        stream.write_all(self.cut.and_then(|after| self.body.get(..after)).unwrap_or(&self.body))
    }
}

/// A server that ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Listens on a free port and answers with `answer`.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let failed = |error: std::io::Error| Error::new(Kind::Unreachable, error.to_string()).doing("listen on 127.0.0.1");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let server = Self { address, log: Arc::default(), stopped: Arc::default() };
        let (log, stopped, answer) = (Arc::clone(&server.log), Arc::clone(&server.stopped), Arc::new(answer));
        let listen = move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                let connection = thread::Builder::new().spawn(move || {
                    let request = stream.set_read_timeout(Some(PATIENCE)).ok().and_then(|()| Request::read(&stream));
                    let (reply, is_head) = match request {
                        Some(request) => {
                            let (reply, is_head) = (answer(&request), request.method == "HEAD");
                            locked(&log).push(request);
                            (reply, is_head)
                        }
                        None => (Reply::new(400, "this is no HTTP request"), false),
                    };
                    // Whoever asked may be gone.
                    let _ = reply.write(&stream, is_head);
                    let _ = stream.shutdown(Shutdown::Write);
                });
                // Without a thread for it the connection is closed, and asked for again.
                drop(connection);
            }
        };
        thread::Builder::new().spawn(listen).map_err(failed)?;
        Ok(server)
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        locked(&self.log).clone()
    }

    /// The paths of all requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The thread that listens wakes up for a connection only.
        let _ = TcpStream::connect(self.address);
    }
}

fn locked(log: &Mutex<Vec<Request>>) -> MutexGuard<'_, Vec<Request>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{Image, Repository};

    /// What a server says to these bytes.
    fn said(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.host()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    #[test]
    fn a_repository_answers_as_the_specification_has_it() {
        let mut image = Image::default();
        image.add("text/plain", b"0123456789".to_vec());
        let digest = image.content[0].0.clone();
        let repository = Repository { name: "a/b", tag: "1", image };
        let server = Server::start(move |request| repository.reply(request)).unwrap();
        let get =
            |path: &str, range: &str| said(&server, &format!("GET /v2/{path} HTTP/1.1\r\nhost: x\r\nRange: {range}\r\n\r\n"));

        assert!(get("a/b/manifests/1", "").starts_with("HTTP/1.1 200 "));
        assert!(get(&format!("a/b/blobs/{digest}"), "").ends_with("content-length: 10\r\n\r\n0123456789"));
        let part = get(&format!("a/b/blobs/{digest}"), "bytes=7-");
        assert!(part.starts_with("HTTP/1.1 206 ") && part.contains("content-range: bytes 7-9/10\r\n"), "{part}");
        assert!(part.ends_with("\r\n\r\n789"), "{part}");
        assert!(get(&format!("a/b/blobs/{digest}"), "bytes=10-").starts_with("HTTP/1.1 416 "));
        for (path, code) in [
            ("a/b/manifests/2", "MANIFEST_UNKNOWN"),
            ("a/b/manifests/sha256:0", "MANIFEST_UNKNOWN"),
            ("a/b/blobs/sha256:0", "BLOB_UNKNOWN"),
            ("a/bc/manifests/1", "NAME_UNKNOWN"),
        ] {
            let reply = get(path, "");
            assert!(reply.starts_with("HTTP/1.1 404 ") && reply.contains(code), "{reply}");
        }
        assert!(said(&server, "\x16\x03\x01").starts_with("HTTP/1.1 400 "));
        assert_eq!(server.paths().len(), 8);
    }
}
