//! A bucket of a real S3-compatible server, which is fetched from the Python package index: for tests that run where
//! `LUCID_REAL=1` asks for them.

#![allow(dead_code, reason = "each test crate that includes this module uses a part of it")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const NAME: &str = "lucid-cache";
const PACKAGES: [&str; 3] = ["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];

/// The secret of the entries.
pub const KEY: &str = "sixteen bytes and some more";

/// A server of its own with one bucket.
pub struct Bucket {
    server: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Bucket {
    /// Starts a server, and makes the bucket.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/bucket.py");
        let mut command = Command::new("python3");
        command.arg(program).arg(folder.path().join("log")).env("PYTHONPATH", packages()).env_remove("AWS_ENDPOINT_URL");
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let bucket = Self { server, port: port.trim().parse().expect("moto says its port"), folder };
        assert_eq!(bucket.ask("PUT", "", b"").0, 200);
        bucket
    }

    /// Its address, below a prefix that may be empty.
    pub fn url(&self, prefix: &str) -> String {
        format!("s3://{NAME}/{prefix}")
    }

    /// What the program needs to reach it; with the key that authenticates entries.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let variables = self.read_only().into_iter();
        variables.chain([("LUCID_VERIFY_CACHE_KEY", KEY.to_owned())]).collect()
    }

    /// The same without the key.
    pub fn read_only(&self) -> Vec<(&'static str, String)> {
        let fixed = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "hunter2"), ("AWS_REGION", "us-east-1")];
        let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
        fixed.into_iter().chain([("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port))]).collect()
    }

    /// Every request so far, as `METHOD PATH STATUS`.
    pub fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// The names of all objects.
    pub fn list(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        loop {
            let after = names.last().cloned().unwrap_or_default();
            let (_, page) = self.ask("GET", &format!("?list-type=2&start-after={after}"), b"");
            let page = String::from_utf8(page).unwrap();
            let found = page.split("<Key>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
            let before = names.len();
            names.extend(found);
            if names.len() == before {
                return names;
            }
        }
    }

    /// The bytes of an object.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let (status, bytes) = self.ask("GET", &format!("/{name}"), b"");
        (status == 200).then_some(bytes)
    }

    /// Makes or replaces an object.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        assert_eq!(self.ask("PUT", &format!("/{name}"), bytes).0, 200);
    }

    /// Removes an object.
    pub fn delete(&self, name: &str) {
        assert_eq!(self.ask("DELETE", &format!("/{name}"), b"").0, 204);
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let credential = "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        let head = format!("{method} /{NAME}{path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close", self.port);
        let length = body.len();
        write!(stream, "{head}\r\nauthorization: {credential}\r\ncontent-length: {length}\r\n\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer.split_off(end + 4))
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Where the server and what it needs are installed, once: `LUCID_REAL_CACHE`, or `target/lucid-real`.
fn packages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = std::env::var_os("LUCID_REAL_CACHE")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lucid-real"), PathBuf::from);
        let folder = root.join(PACKAGES[0].replace(['[', ']', '='], "-"));
        if !folder.is_dir() {
            fs::create_dir_all(&root).unwrap();
            let fresh = tempfile::tempdir_in(&root).unwrap();
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]).args(PACKAGES);
            assert!(pip.arg("--target").arg(fresh.path()).status().unwrap().success(), "pip installs {PACKAGES:?}");
            // Another process may have been faster.
            let _ = fs::rename(fresh.path(), &folder);
        }
        folder
    })
}
