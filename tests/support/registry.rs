//! A registry in this process: HTTP/1.1 on a loopback port, a thread a connection, each answer scripted by a closure.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lucid_verify::digest::Digest;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// What a `POST` holds.
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Where the wanted range starts.
    pub fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// An answer.
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
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Closes the connection after so many bytes of the body.
    pub fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }

    /// Waits before the body.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends the body again and again, as long as someone reads it.
    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    fn write(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\nconnection: close\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        if !self.endless {
            write!(head, "content-length: {}\r\n", self.body.len())?;
        }
        head.extend_from_slice(b"\r\n");
        stream.write_all(&head)?;
        std::thread::sleep(self.delay);
        if self.endless {
            loop {
                stream.write_all(&self.body)?;
            }
        }
        stream.write_all(&self.body[..self.cut.unwrap_or(self.body.len())])
    }
}

/// A server that ends with its test.
pub struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Listens on a free port and answers with `script`.
    pub fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (log, stopped, script) = (Arc::<Mutex<Vec<Request>>>::default(), Arc::<AtomicBool>::default(), Arc::new(script));
        let server = Self { address, log: Arc::clone(&log), stopped: Arc::clone(&stopped) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                std::thread::spawn(move || {
                    // A TLS greeting (record type 22) and what else is no HTTP is not answered.
                    let Some(request) = read(&stream) else { return };
                    let reply = script(&request);
                    log.lock().expect("the log").push(request);
                    let _ = reply.write(&stream);
                    let _ = stream.shutdown(Shutdown::Write);
                });
            }
        });
        server
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().expect("the log").clone()
    }

    /// The paths of all requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream.take(64 << 10));
    if reader.fill_buf().ok()?.first() == Some(&0x16) {
        return None;
    }
    let mut lines = reader.by_ref().lines();
    let first = lines.next()?.ok()?;
    let (method, path) =
        first.strip_suffix(" HTTP/1.1")?.split_once(' ').filter(|(method, _)| ["GET", "POST"].contains(method))?;
    let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let headers =
        headers.filter_map(|line| line.split_once(':').map(|(key, value)| (key.to_lowercase(), value.trim().to_owned())));
    let (method, path, headers) = (method.to_owned(), path.to_owned(), headers.collect());
    let mut request = Request { method, path, body: String::new(), headers };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    reader.take(length).read_to_string(&mut request.body).ok()?;
    Some(request)
}

/// An image that a test pushes: documents and blobs by digest.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// The manifest, or the outermost index.
    pub manifest: Vec<u8>,
    /// Everything by digest: the media type of documents, and the bytes.
    pub content: Vec<(Digest, &'static str, Vec<u8>)>,
}

/// The media type of OCI manifests.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of OCI indexes.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Image {
    /// An image of a platform with these layer blobs, whose configuration lists a digest for each.
    pub fn new(architecture: &str, layers: &[&[u8]]) -> Self {
        let ids: Vec<String> = layers.iter().map(|layer| format!("\"{}\"", Digest::sha256(layer))).collect();
        let config = format!(
            r#"{{"os":"linux","architecture":"{architecture}","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            ids.join(",")
        );
        let mut image = Self::default();
        let config = image.add("application/vnd.oci.image.config.v1+json", config.into_bytes(), "");
        let layers: Vec<String> =
            layers.iter().map(|layer| image.add("application/vnd.oci.image.layer.v1.tar", layer.to_vec(), "")).collect();
        image.manifest =
            format!(r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{config},"layers":[{}]}}"#, layers.join(",")).into();
        image
    }

    /// An index of this image alone, whose entry has `extra` fields.
    pub fn indexed(mut self, extra: &str) -> Self {
        let media_type = if self.is_index() { INDEX } else { MANIFEST };
        let entry = self.add(media_type, self.manifest.clone(), extra);
        self.manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entry}]}}"#).into();
        self
    }

    fn add(&mut self, media_type: &'static str, bytes: Vec<u8>, extra: &str) -> String {
        let digest = Digest::sha256(&bytes);
        let descriptor = format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{}{extra}}}"#, bytes.len());
        self.content.push((digest, media_type, bytes));
        descriptor
    }

    fn is_index(&self) -> bool {
        self.manifest.windows(11).any(|part| part == b"\"manifests\"")
    }

    /// The digest of the manifest or the outermost index.
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.manifest)
    }

    /// Answers as a registry that holds this image under every tag, with ranges and digests.
    pub fn reply(&self, request: &Request) -> Reply {
        let path = request.path.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let found = self.content.iter().find(|(digest, ..)| digest.to_string() == name);
        if path.contains("/manifests/") && (!name.contains(':') || name == self.digest().to_string()) {
            let reply = Reply::new(200, self.manifest.clone()).with("docker-content-digest", self.digest());
            return reply.with("content-type", if self.is_index() { INDEX } else { MANIFEST });
        }
        match (found, request.from()) {
            (None, _) => Reply::new(404, r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#),
            (Some((_, media_type, bytes)), None) => Reply::new(200, bytes.clone()).with("content-type", media_type),
            (Some((.., bytes)), Some(from)) => match bytes.get(from..).filter(|rest| !rest.is_empty()) {
                Some(rest) => {
                    Reply::new(206, rest).with("content-range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len()))
                }
                None => Reply::new(416, ""),
            },
        }
    }

    /// An entry of an index.json that points at the image, with `extra` fields.
    pub fn entry(&self, extra: &str) -> String {
        let media_type = if self.is_index() { INDEX } else { MANIFEST };
        format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}{extra}}}"#, self.digest(), self.manifest.len())
    }

    /// Writes the image into a layout directory whose index.json has these entries.
    pub fn write_layout(&self, directory: &std::path::Path, entries: &[&str]) {
        let blobs = directory.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).expect("a directory");
        let manifest = (self.digest(), self.manifest.clone());
        let content = self.content.iter().map(|(digest, _, bytes)| (digest.clone(), bytes.clone()));
        for (digest, bytes) in content.chain([manifest]) {
            std::fs::write(blobs.join(digest.hex()), bytes).expect("a blob");
        }
        std::fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("the marker");
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
        std::fs::write(directory.join("index.json"), index).expect("index.json");
    }
}
