//! An image of 200,000 files in 60 layers, as the text that the library's own images are written in.
//!
//! Packages of Debian with their lists, three hundred Python distributions with their RECORDs, and data; and what layers do
//! to each other: owners changed by a `RUN`, files overwritten, removed and hidden, further names, copies.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lucid_verify::digest::Digest;
use lucid_verify::serve::Image;

/// Layers of the image.
pub const LAYERS: usize = 60;

/// Packages of Debian, ten layers of them, and the files of each.
const DEBS: usize = 200;
const DEB_FILES: usize = 250;

/// Python distributions, thirty layers of them, and the packages and modules in each.
const DISTRIBUTIONS: usize = 300;
const PACKAGES: usize = 20;
const MODULES: usize = 20;

/// Directories of data, ten layers of them, and the files in each.
const DATA: usize = 150;
const DATA_FILES: usize = 200;

const SITE: &str = "/usr/local/lib/python3.11/site-packages";

/// What starts: an interpreter with all that it needs.
const BASE: &str = "\
d 0755 0:0 /etc
f 0644 0:0 /etc/passwd \"root:x:0:0:root:/root:/sbin/nologin\\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\\n\"
f 0644 0:0 /etc/os-release \"ID=debian\\nVERSION_ID=\\\"12\\\"\\n\"
l 0777 0:0 /lib/ld-linux-aarch64.so.1 -> aarch64-linux-gnu/ld-linux-aarch64.so.1
f 0755 0:0 16384 /lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
f 0755 0:0 65536 /lib/aarch64-linux-gnu/libc.so.6 elf:aarch64,interp=/lib/ld-linux-aarch64.so.1,needed=ld-linux-aarch64.so.1,soname=libc.so.6
f 0755 0:0 131072 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
f 0644 0:0 /usr/lib/python3.11/encodings/__init__.py \"import codecs\\n\"
f 0644 0:0 /usr/lib/python3.11/os.py \"import sys\\n\"
";

const CONFIG: &str = r#"{"os":"linux","architecture":"arm64","variant":"v8","created":"2025-11-20T18:04:00Z",
    "config":{"User":"65532:65532","Entrypoint":["/usr/bin/python3.11","/app/main.py"],
    "Env":["PATH=/usr/bin","PYTHONPATH=/usr/local/lib/python3.11/site-packages"]}}"#;

/// What the last layer installs.
#[derive(Clone, Copy)]
pub struct Last {
    /// Distributions by name, version and bytes that each of their files has more than usual.
    pub installs: &'static [(&'static str, &'static str, usize)],
}

/// The image before.
pub const BEFORE: Last = Last { installs: &[("bumped", "1.0", 0)] };

/// The image after: one distribution more, another in a newer version.
pub const AFTER: Last = Last { installs: &[("bumped", "1.1", 10), ("gained", "3.0", 0)] };

/// The image with this last layer; the others are the same.
pub fn image(last: Last) -> Image {
    Image::written(&text(last), CONFIG).expect("an image")
}

/// Files of a distribution, and their bytes.
pub fn distribution(name: &str, version: &str, more: usize) -> (u64, u64) {
    let mut layers = Layers::default();
    layers.distribution(name, version, more);
    (layers.files, layers.bytes)
}

fn text(last: Last) -> String {
    let mut layers = Layers::default();
    layers.begin("ADD rootfs.tar /");
    layers.text.push_str(BASE);
    (0..DEBS).for_each(|number| layers.deb(number));
    (0..DISTRIBUTIONS).for_each(|number| {
        if number.is_multiple_of(10) {
            layers.begin(&format!("COPY --from=builder {SITE}/part{number} {SITE}"));
        }
        layers.distribution(&format!("dist{number:03}"), "1.0", 0);
    });
    (0..DATA).for_each(|number| layers.data(number));
    layers.changes();
    layers.begin("COPY app /app");
    let imports = lines((0..DISTRIBUTIONS).map(|number| format!("import dist{number:03}")));
    layers.file("0:0", "/app/main.py", &imports);
    layers.begin("RUN pip install -r requirements.txt");
    last.installs.iter().for_each(|(name, version, more)| layers.distribution(name, version, *more));
    layers.text
}

/// Layers under construction, and what was written into them.
#[derive(Default)]
struct Layers {
    text: String,
    files: u64,
    bytes: u64,
}

impl Layers {
    fn begin(&mut self, instruction: &str) {
        let _ = writeln!(self.text, "layer {instruction}");
    }

    fn line(&mut self, line: &str) {
        self.text.extend([line, "\n"]);
    }

    fn directory(&mut self, path: &str) {
        let _ = writeln!(self.text, "d 0755 0:0 {path}");
    }

    fn file(&mut self, owner: &str, path: &str, content: &str) {
        let _ = writeln!(self.text, "f 0644 {owner} {path} {content:?}");
        self.files += 1;
        self.bytes += content.len() as u64;
    }

    /// A package as distroless lays it, twenty in a layer.
    fn deb(&mut self, number: usize) {
        if number.is_multiple_of(20) {
            self.begin(&format!("RUN apt-get install -y part{number}"));
        }
        let (name, mut sums) = (format!("lib{number:03}"), String::new());
        for file in 0..DEB_FILES {
            let path = format!("usr/share/{name}/{:02}/{file:03}.txt", file / 25);
            if file.is_multiple_of(25) {
                self.directory(&format!("/usr/share/{name}/{:02}", file / 25));
            }
            self.file("0:0", &format!("/{path}"), &format!("file {file} of {name}\n"));
            let _ = writeln!(sums, "{:032x}  {path}", number * DEB_FILES + file);
        }
        let status = format!("/var/lib/dpkg/status.d/{name}");
        self.file("0:0", &status, &format!("Package: {name}\nVersion: 1.{number}-1\nArchitecture: arm64\n"));
        self.file("0:0", &format!("{status}.md5sums"), &sums);
    }

    fn distribution(&mut self, name: &str, version: &str, more: usize) {
        let (info, mut record) = (format!("{name}-{version}.dist-info"), String::new());
        let mut put = |layers: &mut Self, path: &str, content: &str| {
            layers.file("0:0", &format!("{SITE}/{path}"), content);
            let digest = hash(content);
            let _ = writeln!(record, "{path},sha256={digest},{}", content.len());
        };
        self.directory(&format!("{SITE}/{name}"));
        let packages = lines((0..PACKAGES).map(|package| format!("import {name}.p{package:02}")));
        put(self, &format!("{name}/__init__.py"), &packages);
        for package in 0..PACKAGES {
            let folder = format!("{name}/p{package:02}");
            self.directory(&format!("{SITE}/{folder}"));
            put(self, &format!("{folder}/__init__.py"), &format!("from {name}.p{package:02} import m00, m01, m02\n"));
            for module in 0..MODULES {
                let content = format!("NAME = \"{name}.{package}.{module}\"\n{}", "#".repeat(more));
                put(self, &format!("{folder}/m{module:02}.py"), &content);
            }
        }
        self.directory(&format!("{SITE}/{info}"));
        put(self, &format!("{info}/METADATA"), &format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"));
        put(self, &format!("{info}/WHEEL"), "Wheel-Version: 1.0\nTag: py3-none-any\n");
        let _ = writeln!(record, "{info}/RECORD,,");
        self.file("0:0", &format!("{SITE}/{info}/RECORD"), &record);
    }

    /// A directory of data, fifteen in a layer; of its files one in ten is in every other directory, too.
    fn data(&mut self, number: usize) {
        if number.is_multiple_of(15) {
            self.begin(&format!("COPY data/part{number} /srv/data"));
        }
        self.directory(&format!("/srv/data/{number:03}"));
        for file in 0..DATA_FILES {
            let owner = if file.is_multiple_of(10) { 0 } else { number };
            self.file("0:0", &datum(number, file), &format!("{{\"of\": {owner}, \"number\": {file}}}\n"));
        }
    }

    /// What later layers do to the files of earlier ones.
    fn changes(&mut self) {
        self.begin("RUN chown -R 65532:65532 /srv/data/000 /srv/data/001");
        for (number, file) in (0..2).flat_map(|number| (0..DATA_FILES).map(move |file| (number, file))) {
            let owner = if file.is_multiple_of(10) { 0 } else { number };
            self.file("65532:65532", &datum(number, file), &format!("{{\"of\": {owner}, \"number\": {file}}}\n"));
        }
        self.begin("COPY fixes /srv/data/002");
        (0..DATA_FILES).for_each(|file| self.file("0:0", &datum(2, file), &format!("{{\"fixed\": {file}}}\n")));
        self.begin("RUN rm -rf /srv/data/003 /srv/data/004");
        self.line("w /srv/data/003\nw /srv/data/004");
        self.begin("RUN rm /srv/data/005/*");
        (0..DATA_FILES).for_each(|file| self.line(&format!("w {}", datum(5, file))));
        self.begin("COPY data /srv/data/006");
        self.line("o /srv/data/006");
        (0..DATA_FILES / 2).for_each(|file| self.file("0:0", &datum(6, file), &format!("{{\"new\": {file}}}\n")));
        self.begin("RUN cp -al /srv/data/007 /srv/linked");
        self.directory("/srv/linked");
        (0..DATA_FILES).for_each(|file| self.line(&format!("h /srv/linked/{file:03}.json => {}", datum(7, file))));
        self.begin("COPY data/008 /srv/copied");
        self.directory("/srv/copied");
        for file in 0..DATA_FILES {
            let owner = if file.is_multiple_of(10) { 0 } else { 8 };
            self.file("0:0", &format!("/srv/copied/{file:03}.json"), &format!("{{\"of\": {owner}, \"number\": {file}}}\n"));
        }
    }
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

fn datum(number: usize, file: usize) -> String {
    format!("/srv/data/{number:03}/{file:03}.json")
}

/// A digest as RECORD files have it.
fn hash(content: &str) -> String {
    let digest = Digest::sha256(content.as_bytes());
    let hex = digest.hex();
    let bytes: Vec<u8> = (0..32).filter_map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}
