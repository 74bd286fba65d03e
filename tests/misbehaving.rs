//! The server that misbehaves, seen by a plain client.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/authority.rs"]
mod authority;
#[path = "support/misbehaving.rs"]
mod misbehaving;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use lucid_verify::serve::Reply;
use misbehaving::{Act, Misbehaving, raw, until};

fn said(server: &Misbehaving, path: &str) -> (String, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(server.host()).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
    let mut reply = Vec::new();
    let error = stream.read_to_end(&mut reply).err().map(|error| error.kind());
    (String::from_utf8(reply).unwrap(), error)
}

#[test]
fn each_act_is_seen_at_the_other_end() {
    let server = Misbehaving::start(|request, before| match (request.path.as_str(), before) {
        ("/reset", 0) => [until(&Reply::new(200, "0123456789"), 4), vec![Act::Reset]].concat(),
        ("/drip", _) => vec![Act::Drip(b"slow".to_vec(), Duration::from_millis(1))],
        _ => raw(&["HTTP/1.1 204 x", "content-length: -1"], b""),
    });
    let (reply, error) = said(&server, "/reset");
    assert!(reply.ends_with("content-length: 10\r\n\r\n0123") && error == Some(ErrorKind::ConnectionReset), "{reply} {error:?}");
    assert_eq!(said(&server, "/reset"), ("HTTP/1.1 204 x\r\ncontent-length: -1\r\n\r\n".into(), None));
    assert_eq!(said(&server, "/drip"), ("slow".into(), None));
    assert_eq!((server.count("/reset"), server.requests().len()), (2, 3));
}
