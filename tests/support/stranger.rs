//! A server whose certificate no authority vouches for, made from nothing: no client gets further than to refuse it.

use std::net::TcpListener;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, SignatureScheme};

/// PKCS #8 of an Ed25519 key (RFC 8410, 7), without its 32 bytes.
const KEY: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// The algorithm Ed25519.
const ED25519: [u8; 7] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

/// A value in DER, whose lengths are as short as can be; none here is over 255 bytes.
fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u8::try_from(content.len()).unwrap();
    let head = if length < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [head, content].concat()
}

/// Listens until the test ends; returns `127.0.0.1:PORT`.
pub fn listen() -> String {
    let key = PrivatePkcs8KeyDer::from([&KEY[..], &[7; 32]].concat());
    let provider = Arc::new(default_provider());
    let signing = provider.key_provider.load_private_key(key.clone_key().into()).unwrap();
    let name = der(0x30, &[&der(0x31, &[&der(0x30, &[&[6, 3, 0x55, 4, 3], &der(0x0c, &[b"nobody"])])])]);
    let times = der(0x30, &[&der(0x18, &[b"20200101000000Z"]), &der(0x18, &[b"99991231235959Z"])]);
    let public = signing.public_key().unwrap();
    let body = der(0x30, &[&[0xa0, 3, 2, 1, 2], &[2, 1, 1], &ED25519, &name, &times, &name, &public]);
    let signature = signing.choose_scheme(&[SignatureScheme::ED25519]).unwrap().sign(&body).unwrap();
    let certificate = CertificateDer::from(der(0x30, &[&body, &ED25519, &der(3, &[&[0], &signature])]));
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key.into()).unwrap());

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The client hangs up.
            let _ = ServerConnection::new(Arc::clone(&config)).unwrap().complete_io(&mut stream);
        }
    });
    host
}
