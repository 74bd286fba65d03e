//! A real registry (Debian's docker-registry) on a free port of the loopback interface, and pushing to it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::layout::{TAG, blob_file};

/// A registry that runs as long as this lives.
pub struct Registry {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    log: Receiver<String>,
    /// Removed with it.
    storage: Option<tempfile::TempDir>,
}

impl Registry {
    pub fn start() -> Self {
        let storage = tempfile::tempdir().unwrap();
        let mut registry = Self::over(storage.path());
        registry.storage = Some(storage);
        registry
    }

    /// A registry of what a folder holds, and will hold after it.
    pub fn over(storage: &Path) -> Self {
        Self::set(storage, &[])
    }

    /// One with settings of its own, as variables of the environment (distribution, "Override specific configuration options").
    pub fn set(storage: &Path, variables: &[(&str, &str)]) -> Self {
        let settings = storage.join("config.yml");
        fs::write(&settings, "version: 0.1\nstorage: {filesystem: {rootdirectory: /nowhere}}\nhttp: {addr: \"127.0.0.1:0\"}\n")
            .unwrap();
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&settings)
            .env("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", storage.join("data"))
            .env("OTEL_TRACES_EXPORTER", "none")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("docker-registry starts");
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, after) = line.split_once("listening on ")?;
            Some(after.chars().take_while(|&sign| sign.is_ascii_digit() || ".:".contains(sign)).collect())
        });
        // A pipe that nobody reads would stop the registry.
        let (lines, read) = channel();
        std::thread::spawn(move || log.map_while(Result::ok).for_each(|line| drop(lines.send(line))));
        Self { child, address: address.expect("docker-registry says where it listens"), log: read, storage: None }
    }

    /// The blobs that were asked for since this was asked last, and the bytes that were sent of each, by the registry's log.
    pub fn sent(&self) -> Vec<(String, u64)> {
        let blob = |(method, uri, written): (String, String, u64)| {
            let (at, digest) = uri.rsplit_once('/')?;
            (method == "GET" && at.ends_with("/blobs")).then(|| (digest.to_owned(), written))
        };
        self.asked().into_iter().filter_map(blob).collect()
    }

    /// Everything that was asked for since it was last asked what, by the registry's log: method, target and the bytes that were
    /// sent.
    pub fn asked(&self) -> Vec<(String, String, u64)> {
        self.request("GET", "/v2/?mark", "", 0, &[][..]);
        let field = |line: &str, name: &str| {
            let (_, after) = line.split_once(&format!(" {name}="))?;
            Some(after.split(' ').next()?.trim_matches('"').to_owned())
        };
        let mut asked = Vec::new();
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(30)).expect("the registry logs what it answers");
            let Some(written) = field(&line, "http.response.written") else { continue };
            let (method, uri) = (field(&line, "http.request.method").unwrap(), field(&line, "http.request.uri").unwrap());
            if uri.ends_with("/?mark") {
                return asked;
            }
            asked.push((method, uri, written.parse().unwrap()));
        }
    }

    /// Pushes the image of a layout, or its index with all that it lists, byte for byte; returns what to pull it by.
    pub fn push(&self, layout: &Path, repository: &str) -> String {
        let index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
        self.push_document(layout, repository, &index["manifests"][0], TAG);
        format!("{}/{repository}:{TAG}", self.address)
    }

    /// What a document names goes before it.
    fn push_document(&self, layout: &Path, repository: &str, named: &Value, name: &str) {
        let digest = |descriptor: &Value| descriptor["digest"].as_str().unwrap().to_owned();
        let bytes = fs::read(blob_file(layout, &digest(named))).unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        for child in document["manifests"].as_array().into_iter().flatten() {
            self.push_document(layout, repository, child, &digest(child));
        }
        for blob in document["layers"].as_array().into_iter().flatten().chain(document.get("config")) {
            self.push_blob(layout, repository, &digest(blob));
        }
        self.put(repository, name, named["mediaType"].as_str().unwrap(), &bytes);
    }

    /// Pushes a document whose parts are there, under a tag or its digest.
    pub fn put(&self, repository: &str, name: &str, media_type: &str, bytes: &[u8]) {
        let target = format!("/v2/{repository}/manifests/{name}");
        let kind = format!("Content-Type: {media_type}\r\n");
        let (status, head) = self.request("PUT", &target, &kind, bytes.len() as u64, bytes);
        assert_eq!(status, 201, "pushing {name}: {head}");
    }

    fn push_blob(&self, layout: &Path, repository: &str, digest: &str) {
        let (status, _) = self.request("HEAD", &format!("/v2/{repository}/blobs/{digest}"), "", 0, &[][..]);
        if status == 200 {
            return;
        }
        let (status, head) = self.request("POST", &format!("/v2/{repository}/blobs/uploads/"), "", 0, &[][..]);
        assert_eq!(status, 202, "starting an upload: {head}");
        let location = head.lines().find_map(|line| line.strip_prefix("Location: ")).expect("an upload has a place");
        let (_, place) = location.split_once(&self.address).expect("the place is at this registry");
        let file = File::open(blob_file(layout, digest)).unwrap();
        let length = file.metadata().unwrap().len();
        let kind = "Content-Type: application/octet-stream\r\n";
        let (status, head) = self.request("PUT", &format!("{place}&digest={digest}"), kind, length, file);
        assert_eq!(status, 201, "pushing {digest}: {head}");
    }

    /// One request on a connection of its own: status and head of the answer.
    fn request(&self, method: &str, target: &str, headers: &str, length: u64, mut body: impl Read) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        )
        .unwrap();
        std::io::copy(&mut body, &mut stream).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer}"));
        (status, answer)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
