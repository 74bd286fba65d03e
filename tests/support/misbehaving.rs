//! A server that does to a connection what networks and registries do: each request is answered by a script, down to the
//! byte, and what came is kept.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use lucid_verify::serve::{Reply, Request};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

/// The longest that a connection is kept of whose other end nothing is heard.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long what was sent may take to arrive before a reset overtakes it.
const ARRIVAL: Duration = Duration::from_millis(30);

/// Bytes that are handed to the system, and counted, at a time.
const PART: usize = 64 << 10;

/// A step of an answer. After the last the connection is closed in order.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these bytes as they are.
    Send(Vec<u8>),
    /// Sends one byte after the other, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Sends the same bytes for as long as someone reads them.
    Flood(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Says nothing more, until the other side hangs up.
    Stall,
    /// Breaks the connection off (RST).
    Reset,
    /// Is but the way to this address, as a proxy is after `CONNECT`.
    Tunnel(String),
}

/// An answer in order.
pub fn whole(request: &Request, reply: &Reply) -> Vec<Act> {
    let body = if request.method == "HEAD" { &[] } else { reply.body() };
    vec![Act::Send([reply.head().as_bytes(), body].concat())]
}

/// An answer that is announced whole and comes as far as this byte of its body; what happens then is to follow.
pub fn until(reply: &Reply, end: usize) -> Vec<Act> {
    vec![Act::Send([reply.head().as_bytes(), &reply.body()[..end.min(reply.body().len())]].concat())]
}

/// These lines and an empty one, as the head of an answer, and the body.
pub fn raw(lines: &[&str], body: &[u8]) -> Vec<Act> {
    vec![Act::Send([lines.join("\r\n").as_bytes(), b"\r\n\r\n", body].concat())]
}

/// How often a method was asked of a path.
type Counts = BTreeMap<(String, String), usize>;

/// What is known of the requests so far.
#[derive(Default)]
struct Log {
    requests: Mutex<(Vec<Request>, Counts)>,
    sent: AtomicU64,
}

/// A server that ends when it is dropped.
pub struct Misbehaving {
    address: SocketAddr,
    log: Arc<Log>,
    stopped: Arc<AtomicBool>,
}

impl Misbehaving {
    /// Listens on a free port of 127.0.0.1. The script gets each request, and how often its method was asked of its path
    /// before: that does not depend on which of several layers came first.
    pub fn start(script: impl Fn(&Request, usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1", None, script)
    }

    /// Listens on a free port of this address; over TLS if there is a configuration for it.
    pub fn listen(
        address: &str,
        tls: Option<Arc<ServerConfig>>,
        script: impl Fn(&Request, usize) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("a free port");
        let server = Self { address: listener.local_addr().unwrap(), log: Arc::default(), stopped: Arc::default() };
        let (log, stopped, script) = (Arc::clone(&server.log), Arc::clone(&server.stopped), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (log, tls, script) = (Arc::clone(&log), tls.clone(), Arc::clone(&script));
                thread::spawn(move || {
                    // Whoever asked may be gone: that is no fault of a server.
                    let _ = serve(&stream, tls, &log, &*script).and_then(|()| stream.shutdown(Shutdown::Write));
                });
            }
        });
        server
    }

    /// Address and port, as references and URLs have them.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// All requests so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.log.requests.lock().unwrap().0.clone()
    }

    /// How many requests so far have this in their path or query.
    pub fn count(&self, part: &str) -> usize {
        self.requests().iter().filter(|request| request.path.contains(part)).count()
    }

    /// Whether nobody ever sent a header that tells who asks, or this text.
    pub fn saw_nothing_of(&self, secret: &str) -> bool {
        let told = |request: &Request| {
            request.header("authorization").is_some() || request.body.contains(secret) || request.path.contains(secret)
        };
        !self.requests().iter().any(told)
    }

    /// Bytes that the system took from this server so far.
    pub fn sent(&self) -> u64 {
        self.log.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Misbehaving {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The thread that listens wakes up for a connection only.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    stream: &TcpStream,
    tls: Option<Arc<ServerConfig>>,
    log: &Log,
    script: &dyn Fn(&Request, usize) -> Vec<Act>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // What is short is not held back until what went before is acknowledged.
    stream.set_nodelay(true)?;
    match tls {
        None => answer(stream, stream, log, script),
        Some(tls) => {
            let session = ServerConnection::new(tls).map_err(io::Error::other)?;
            let mut secure = StreamOwned::new(session, stream.try_clone()?);
            answer(&mut secure, stream, log, script)?;
            secure.conn.send_close_notify();
            secure.flush()
        }
    }
}

fn answer(
    mut channel: impl Read + Write,
    stream: &TcpStream,
    log: &Log,
    script: &dyn Fn(&Request, usize) -> Vec<Act>,
) -> io::Result<()> {
    let Some(request) = Request::read(&mut channel) else {
        return channel.write_all(b"HTTP/1.1 400 Answer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    };
    let before = {
        let mut seen = log.requests.lock().unwrap();
        let count = seen.1.entry((request.method.clone(), request.path.clone())).or_default();
        let before = *count;
        *count += 1;
        seen.0.push(request.clone());
        before
    };
    for act in script(&request, before) {
        perform(act, &mut channel, stream, log)?;
    }
    Ok(())
}

fn perform(act: Act, channel: &mut (impl Read + Write), stream: &TcpStream, log: &Log) -> io::Result<()> {
    let mut send = |bytes: &[u8]| {
        for part in bytes.chunks(PART) {
            channel.write_all(part)?;
            channel.flush()?;
            log.sent.fetch_add(part.len() as u64, Ordering::SeqCst);
        }
        Ok(())
    };
    match act {
        Act::Send(bytes) => send(&bytes),
        Act::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
            thread::sleep(pause);
            send(&[*byte])
        }),
        Act::Flood(bytes) => loop {
            send(&bytes)?;
        },
        Act::Wait(time) => {
            thread::sleep(time);
            Ok(())
        }
        Act::Stall => io::copy(channel, &mut io::sink()).map(drop),
        Act::Tunnel(address) => {
            let there = TcpStream::connect(address)?;
            let (mut from, mut to) = (stream.try_clone()?, there.try_clone()?);
            let forth = thread::spawn(move || io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write)));
            let back = io::copy(&mut &there, &mut &*stream).and_then(|_| stream.shutdown(Shutdown::Write));
            let _ = forth.join();
            back
        }
        Act::Reset => {
            thread::sleep(ARRIVAL);
            let socket = SockRef::from(stream);
            // Closed so, with nobody waiting for what is under way, it is a reset (socket(7), SO_LINGER).
            socket.set_linger(Some(Duration::ZERO))?;
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        }
    }
}
