//! A registry that speaks HTTP/2, and ends streams and connections as that can.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use http::Response;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio_rustls::TlsAcceptor;

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its last byte.
    InOrder,
    /// Before it begins: the whole connection is given up.
    GoAway,
    /// After so many bytes: the stream is reset.
    Reset(usize),
    /// Never: there come frames that hold nothing.
    EmptyFrames,
}

/// An answer.
pub struct Answer {
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub ending: Ending,
}

type Script = dyn Fn(&str, usize) -> Option<Answer> + Send + Sync;

/// How often each path was asked for.
type Counts = Mutex<BTreeMap<String, usize>>;

/// A server that ends when it is dropped.
pub struct Multiplexed {
    address: SocketAddr,
    counts: Arc<Counts>,
    _runtime: Runtime,
}

impl Multiplexed {
    /// Listens over TLS. The script gets a path, and how often it was asked for before; what it has no answer to is not there.
    pub fn start(tls: &ServerConfig, script: impl Fn(&str, usize) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (address, counts, script) = (listener.local_addr().unwrap(), Arc::<Counts>::default(), Arc::new(script));
        let mut tls = tls.clone();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let asked = Arc::clone(&counts);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&script) as Arc<Script>, Arc::clone(&asked)));
            }
        });
        Self { address, counts, _runtime: runtime }
    }

    /// Address and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.counts.lock().unwrap().values().sum()
    }
}

/// Answers what comes on a connection, until either side has enough of it.
async fn serve(acceptor: TlsAcceptor, stream: TcpStream, script: Arc<Script>, counts: Arc<Counts>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let path = request.uri().path().to_owned();
        let before = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(path.clone()).or_default();
            *count += 1;
            *count - 1
        };
        match script(&path, before) {
            Some(Answer { ending: Ending::GoAway, .. }) => connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM),
            answer => drop(tokio::spawn(reply(answer, respond))),
        }
    }
}

async fn reply(answer: Option<Answer>, mut respond: SendResponse<Bytes>) -> Option<()> {
    let head = |status: u16| Response::builder().status(status);
    let Some(Answer { content_type, body, ending }) = answer else {
        respond.send_response(head(404).body(()).ok()?, true).ok()?;
        return None;
    };
    let head = head(200).header("content-type", content_type).header("content-length", body.len()).body(()).ok()?;
    let mut stream = respond.send_response(head, false).ok()?;
    match ending {
        Ending::InOrder | Ending::GoAway => stream.send_data(body.into(), true).ok(),
        Ending::Reset(length) => {
            stream.send_data(Bytes::copy_from_slice(body.get(..length)?), false).ok()?;
            // What is sent goes on its way before it.
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.send_reset(Reason::INTERNAL_ERROR);
            None
        }
        Ending::EmptyFrames => loop {
            stream.send_data(Bytes::new(), false).ok()?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        },
    }
}
