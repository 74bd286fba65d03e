//! Any text as an image reference, a platform or a limit: what is read is written and read to be the same.

use lucid_verify::error::Kind;
use lucid_verify::limits::Limits;
use lucid_verify::reference::{Platform, Reference, Transport};

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<Reference>() {
        Ok(reference) => {
            let written = reference.to_string();
            assert_eq!(written.parse::<Reference>().as_ref().ok(), Some(&reference), "{written:?}");
            if let Transport::Registry { host, repository } = &reference.transport {
                let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%\\@".contains(&byte));
                assert!(is_plain(host) && is_plain(repository), "they stand in a URL as they are: {written:?}");
                assert!(!repository.split('/').any(|part| matches!(part, "" | "." | "..")), "{written:?}");
            }
            let familiar = format!("docker://{}", reference.familiar());
            if matches!(reference.transport, Transport::Registry { .. }) {
                assert_eq!(familiar.parse::<Reference>().ok(), Some(reference), "{familiar:?}");
            }
        }
        Err(error) => told(&error),
    }
    match text.parse::<Platform>() {
        Ok(platform) => {
            assert!(platform.serves(&platform));
            assert_eq!(platform.to_string().parse::<Platform>().ok(), Some(platform));
        }
        Err(error) => told(&error),
    }
    if let Err(error) = Limits::default().set(text) {
        assert_eq!(error.kind, Kind::Usage);
    }
}

/// An error is about what was written, and safe to show.
fn told(error: &lucid_verify::error::Error) {
    assert_eq!(error.kind, Kind::Usage);
    assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let digest = format!("a@sha256:{}", "0".repeat(64));
    let texts = [
        "a",
        "a/b:t",
        "localhost:5000/a",
        "[::1]:5000/a",
        "index.docker.io/a",
        "r.io/a__b/c-d.e:T_1",
        &digest,
        "oci:dir:ref",
        "oci-archive:a.tar",
        "docker-archive:-:x/y:1",
        "docker-daemon:a",
        "docker://demo",
        "linux/arm64/v8",
        "windows/amd64",
        "manifest=8MiB",
        "layers=600",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
