//! Any bytes as the files of an image that are read for what they say: package databases, Python metadata, modules,
//! compiled modules, ELF objects, accounts.

use std::sync::OnceLock;

use lucid_verify::digest::Digest;
use lucid_verify::facts::{Facts, Sources, Verified};
use lucid_verify::image::manifest::Document;
use lucid_verify::image::{Attestation, Config, Resolved};
use lucid_verify::serve;
use lucid_verify::vfs::Tree;

use super::tarball::{Blob, Tarball};

const SITE: &str = "usr/local/lib/python3.11/site-packages";

/// What the bytes are taken for, one of these at a time.
const FILES: [&str; 16] = [
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/base",
    "var/lib/dpkg/info/libc6.list",
    "lib/apk/db/installed",
    "usr/local/lib/python3.11/site-packages/a-1.dist-info/METADATA",
    "usr/local/lib/python3.11/site-packages/a-1.dist-info/RECORD",
    "usr/local/lib/python3.11/site-packages/a-1.dist-info/entry_points.txt",
    "usr/local/lib/python3.11/site-packages/a.pth",
    "usr/local/lib/python3.11/site-packages/a/__init__.py",
    "usr/local/lib/python3.11/site-packages/a/__pycache__/__init__.cpython-311.pyc",
    "usr/local/lib/python3.11/site-packages/a/native.cpython-311-aarch64-linux-gnu.so",
    "usr/bin/python3.11",
    "app/main.py",
    "etc/passwd",
    "etc/os-release",
    "etc/ld.so.conf",
];

/// The first byte says which file.
pub fn run(data: &[u8]) {
    let Some((which, content)) = data.split_first() else { return };
    let name = FILES[usize::from(*which) % FILES.len()];
    let tar = Tarball::default()
        .file("usr/bin/python3.11", elf())
        .file(&format!("{SITE}/a-1.dist-info/METADATA"), b"Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b>1\n")
        .file(&format!("{SITE}/a/__init__.py"), b"import b.c\n")
        .file("app/main.py", b"import a\n")
        .file(name, content)
        .end();
    let (blob, image) = (Blob::plain(&tar), image());
    let mut tree = Tree::new();
    tree.apply(0, &blob.read().expect("the tar is a good one")).expect("so is the layer");
    let gather = || format!("{:?}", Facts::gather(image, &tree, Verified::default(), &Sources::default()));
    assert_eq!(gather(), gather(), "the same twice");
}

/// The documents of an image of one layer.
fn image() -> &'static Resolved {
    static IMAGE: OnceLock<Resolved> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let config = r#"{"os": "linux", "architecture": "arm64", "config": {"User": "nonroot", "WorkingDir": "/app",
            "Entrypoint": ["/usr/bin/python3.11"], "Cmd": ["main.py"]}}"#;
        let made = made(config);
        let Ok(Document::Manifest(manifest)) = Document::parse(&made.manifest, None) else { panic!("it is a manifest") };
        let digest = manifest.config.digest.clone();
        let (_, _, bytes) = made.content.iter().find(|(of, ..)| *of == digest).unwrap();
        Resolved {
            reference: "registry.test/fuzz:1".parse().unwrap(),
            digest: Some(made.digest()),
            index_digest: None,
            index_platform: None,
            config: Config::parse(bytes, &digest, 1).unwrap(),
            manifest,
            attestation: Attestation::Absent("there is none"),
            notes: Vec::new(),
        }
    })
}

fn made(config: &str) -> serve::Image {
    let object = "f 0755 0:0 8192 /o elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6,soname=o";
    serve::Image::written(&format!("layer RUN make\n{object}\n"), config).unwrap()
}

/// An ELF object.
fn elf() -> &'static [u8] {
    static ELF: OnceLock<Vec<u8>> = OnceLock::new();
    ELF.get_or_init(|| {
        let made = made(r#"{"os": "linux", "architecture": "arm64"}"#);
        let (_, _, blob) = made.content.iter().find(|(_, _, bytes)| bytes.starts_with(&[0x1f, 0x8b])).unwrap();
        let mut tar = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&blob[..]), &mut tar).unwrap();
        let at = tar.windows(4).position(|bytes| bytes == b"\x7fELF").unwrap();
        // The headers are in its first pages; the rest are zeros.
        tar[at..at + 1024].to_vec()
    })
}

pub fn seeds() -> Vec<Vec<u8>> {
    let digest = Digest::sha256(b"content").hex();
    let deb = b"Package: libc6\nStatus: install ok installed\nArchitecture: arm64\nVersion: 2.36-9\nDescription: C\n library\n\n";
    let apk = b"P:musl\nV:1.2\nA:aarch64\nF:lib\nR:libc.so\nZ:Q1x=\n\n";
    let metadata =
        b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b[x]>=1,<2; python_version < '3.12' and extra == 'y'\n\n";
    let record = format!("a/__init__.py,sha256={digest},11\na-1.dist-info/RECORD,,\n\"../../x,y\",sha256=x,1\n");
    let python = b"from __future__ import annotations\ntry:\n    import b.c as d\nexcept ImportError:\n    d = None\nif TYPE_CHECKING:\n    from . import e\n";
    let compiled = b"\xa7\x0d\r\n\0\0\0\0\x01\0\0\0\x02\x01\0\0\xe3\0\0\0";
    let texts: [&[u8]; 16] = [
        deb,
        deb,
        b"/.\n/lib\n/lib/libc.so.6\n",
        apk,
        metadata,
        record.as_bytes(),
        b"[console_scripts]\nrun = a.b:main [x]\n",
        b"../other\nimport sys; sys.path.append('x')\n",
        python,
        compiled,
        elf(),
        elf(),
        python,
        b"root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532::/home:/sbin/nologin\n",
        b"ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian \\\"12\\\"'\n",
        b"include /etc/ld.so.conf.d/*.conf\n/usr/local/lib # here\n",
    ];
    (0_u8..).zip(texts).map(|(which, text)| [&[which], text].concat()).collect()
}
