//! Archives that come on stdin: the same image as in a file, read once, and whatever is wrong, never a verdict on it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/archives.rs"]
mod archives;
#[path = "support/cli.rs"]
#[allow(dead_code, reason = "all of these have something on stdin")]
mod cli;
#[path = "support/layout.rs"]
mod layout;
#[path = "support/tarball.rs"]
#[allow(dead_code, reason = "archives need less of it than layers")]
mod tarball;

use archives::{Members, large, modern, neutral, oci, pack, saved, two};
use cli::lucid;
use layout::Layout;
use lucid_verify::digest::{Algorithm, Digest, Hasher};
use serde_json::Value;
use tarball::{Header, Tarball};

/// Runs with something on stdin, and returns exit code, stdout and stderr.
fn piped(arguments: &[&str], input: &[u8]) -> (i32, Vec<u8>, String) {
    let output = lucid(arguments).write_stdin(input).output().unwrap();
    (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

/// Exit code, the image's report, and what was said of a failure.
fn verify(reference: &str, input: &[u8], more: &[&str]) -> (i32, Value, String) {
    let arguments = [&[reference, "--profile", "generic", "--format", "json"], more].concat();
    let (code, stdout, stderr) = piped(&arguments, input);
    let report: Value = serde_json::from_slice(&stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    assert_eq!(report["exit_code"], code);
    (code, report["images"][0].clone(), stderr)
}

/// What is said of an archive in a file.
fn in_a_file(transport: &str, tar: &[u8]) -> (i32, Value) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("x.tar");
    std::fs::write(&file, tar).unwrap();
    let (code, mut image, _) = verify(&format!("{transport}:{}", file.display()), b"", &[]);
    image["reference"].take();
    (code, image)
}

fn on_stdin(transport: &str, tar: &[u8]) -> (i32, Value) {
    let (code, mut image, _) = verify(&format!("{transport}:-"), tar, &[]);
    image["reference"].take();
    (code, image)
}

/// Every shape of the same image, and how it is read.
fn shapes(image: &Layout) -> [(&'static str, Members); 4] {
    [
        ("oci-archive", oci(image)),
        ("docker-archive", saved(image, "x/a:1")),
        ("docker-archive", modern(image, "x/a:1")),
        ("oci-archive", modern(image, "x/a:1")),
    ]
}

#[test]
fn an_archive_on_stdin_is_the_archive_in_the_file_whatever_comes_first() {
    for (transport, mut members) in shapes(&large()) {
        let wanted = in_a_file(transport, &pack(&members));
        assert!(wanted.0 <= 1 && wanted.1["complete"] == true, "{}", wanted.1);
        assert_eq!(on_stdin(transport, &pack(&members)), wanted, "{transport}");
        members.reverse();
        assert_eq!(on_stdin(transport, &pack(&members)), wanted, "{transport}, backwards");
    }
}

#[test]
fn what_docker_saves_since_version_25_is_on_stdin_what_it_saved_before() {
    let said = |(transport, members): (&str, Members)| neutral(on_stdin(transport, &pack(&members)).1);
    let [_, old, new, as_layout] = shapes(&large()).map(said);
    assert_eq!(new, old);
    assert_eq!(as_layout, old);
}

#[test]
fn a_compressed_layer_of_a_docker_archive_is_known_by_its_own_digest_on_stdin_too() {
    for compress in [tarball::gzip, tarball::zstd] {
        let mut members = saved(&large(), "x/a:1");
        members[1].1 = compress(&members[1].1);
        let (code, image) = on_stdin("docker-archive", &pack(&members));
        assert!(code <= 1, "{image}");
        assert_eq!(image["layers"][1]["digest"], Digest::sha256(&members[1].1).to_string());
        assert_eq!((code, image), in_a_file("docker-archive", &pack(&members)));
    }
}

#[test]
fn a_diff_id_of_another_algorithm_is_not_taken_for_damage() {
    let mut members = saved(&large(), "x/a:1");
    let mut hasher = Hasher::new(Algorithm::Sha512);
    hasher.update(&members[1].1);
    let config = String::from_utf8(members[2].1.clone()).unwrap();
    members[2].1 = config.replace(&Digest::sha256(&members[1].1).to_string(), &hasher.finish().to_string()).into_bytes();
    let manifest = String::from_utf8(members[3].1.clone()).unwrap().replace(&members[2].0, "config");
    (members[2].0, members[3].1) = ("config".into(), manifest.into_bytes());
    let (code, image) = in_a_file("docker-archive", &pack(&members));
    assert!(code <= 1, "{image}");
    let (code, _, stderr) = verify("docker-archive:-", &pack(&members), &[]);
    assert!(code == 7 && stderr.contains("write the archive to a file"), "{code} {stderr}");
}

#[test]
fn links_to_members_are_followed_on_stdin() {
    let members = saved(&large(), "x/a:1");
    for (kind, target) in [(b'2', "../4567/layer.tar"), (b'1', "4567/layer.tar")] {
        let tar = Tarball::default().file("4567/layer.tar", &members[1].1).file(&members[0].0, &members[0].1);
        let tar = tar.header(&Header::new(&members[1].0, kind, 0).link(target));
        let tar = members[2..].iter().fold(tar, |tar, (name, content)| tar.file(name, content)).end();
        assert_eq!(on_stdin("docker-archive", &tar), in_a_file("docker-archive", &pack(&members)), "{target}");
    }
}

#[test]
fn of_several_images_on_stdin_one_is_named() {
    let tar = pack(&two());
    let (code, _, stderr) = verify("docker-archive:-", &tar, &[]);
    assert!(code == 3 && stderr.contains("it holds 2 images") && stderr.contains("x/a:1, x/b:1"), "{stderr}");
    for name in ["x/a:1", "x/b:1"] {
        assert!(verify(&format!("docker-archive:-:{name}"), &tar, &[]).0 <= 1, "{name}");
    }
    assert!(verify("oci-archive:-:tag", &pack(&oci(&large())), &[]).0 <= 1);
}

#[test]
fn an_archive_on_stdin_that_ends_early_is_never_judged() {
    for (transport, members) in shapes(&Layout::small()) {
        let tar = pack(&members);
        for length in (0..tar.len()).step_by(512).chain([tar.len() - 1]) {
            let (code, image, stderr) = verify(&format!("{transport}:-"), &tar[..length], &[]);
            assert!(code == 6 && image["complete"] == false, "{length} bytes of {transport}: {stderr}");
        }
    }
    let tar = pack(&oci(&large()));
    for length in (0..tar.len()).step_by(40 * 512) {
        assert_eq!(verify("oci-archive:-", &tar[..length], &[]).0, 6, "{length} bytes");
    }
}

#[test]
fn a_flipped_bit_on_stdin_never_changes_what_is_said_of_an_image() {
    for (transport, members) in shapes(&large()) {
        let tar = pack(&members);
        let whole = on_stdin(transport, &tar);
        // Everywhere in the headers and documents, and here and there in the layers.
        let is_layer = |byte: &usize| tar[byte - byte % 512..].iter().take(64).all(|byte| *byte != 0);
        for byte in (0..tar.len()).step_by(251).filter(|byte| byte % 11 == 0 || !is_layer(byte)) {
            let mut damaged = tar.clone();
            damaged[byte] ^= 1 << (byte % 8);
            let found = on_stdin(transport, &damaged);
            assert!(found.0 >= 3 || found == whole, "byte {byte} of {transport}: exit {}", found.0);
        }
    }
}

#[test]
fn a_layer_that_is_not_the_declared_one_is_corrupt_whatever_it_looks_like() {
    for (transport, members) in shapes(&large()) {
        let layer = members.iter().position(|(_, content)| content.len() > 100_000).unwrap();
        let (whole, length) = (&members[layer].1, members[layer].1.len());
        let mut flipped = whole.clone();
        flipped[length / 2] ^= 1;
        let longer = [&whole[..], &[0; 512]].concat();
        let nonsense = vec![b'x'; length];
        for content in [flipped, longer, nonsense, whole[..length - 512].to_vec()] {
            let mut members = members.clone();
            members[layer].1 = content;
            let (code, image, stderr) = verify(&format!("{transport}:-"), &pack(&members), &[]);
            assert!(code == 6 && image["complete"] == false, "{transport}: {code} {stderr}");
        }
    }
}

#[test]
fn what_is_not_of_the_image_is_read_and_changes_nothing() {
    let noise: Vec<u8> = (0..200_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    for (transport, members) in shapes(&large()) {
        let mut more = members.clone();
        more.insert(0, ("noise".into(), noise.clone()));
        more.insert(1, ("damaged.tar.gz".into(), [&[0x1f, 0x8b][..], &noise].concat()));
        more.insert(2, ("[huge]".into(), [b"[".repeat(5 << 20)].concat()));
        more.insert(3, ("other.tar".into(), layout::tar(&[("x", &noise)])));
        assert_eq!(on_stdin(transport, &pack(&more)), in_a_file(transport, &pack(&members)), "{transport}");
    }
}

#[test]
fn of_members_of_one_name_the_last_counts_on_stdin_too() {
    let members = saved(&large(), "x/a:1");
    let mut twice = members.clone();
    twice.insert(0, (members[1].0.clone(), vec![b'x'; 100_000]));
    twice.insert(0, ("./manifest.json".into(), b"[]".to_vec()));
    assert_eq!(on_stdin("docker-archive", &pack(&twice)), in_a_file("docker-archive", &pack(&members)));
    twice.push((members[1].0.clone(), vec![b'x'; members[1].1.len()]));
    assert_eq!(on_stdin("docker-archive", &pack(&twice)).0, 6);
}

#[test]
fn hostile_archives_end_in_their_class() {
    let members = saved(&large(), "x/a:1");
    let without: Members = members[1..].to_vec();
    let lying = Tarball::default().header(&Header::new("big", b'0', 1 << 40)).raw(&[b'x'; 4096]).end();
    // 512 bytes, and a hole up to 128 KiB (GNU tar manual, "Storing Sparse Files").
    let sparse = Tarball::default().pax(&[
        ("GNU.sparse.major", b"0"),
        ("GNU.sparse.minor", b"1"),
        ("GNU.sparse.size", b"131072"),
        ("GNU.sparse.numblocks", b"1"),
        ("GNU.sparse.map", b"0,512"),
    ]);
    let sparse = sparse.file(&members[0].0, &[b'x'; 512]);
    let sparse = members[1..].iter().fold(sparse, |tar, (name, content)| tar.file(name, content)).end();
    let mut huge = members.clone();
    huge[3].1 = [b"[".to_vec(), vec![b' '; 100 << 20]].concat();
    let tiny = (0..100_000).fold(Tarball::default(), |tar, number| tar.file(&format!("{number}"), b"x"));
    let tiny = members.iter().fold(tiny, |tar, (name, content)| tar.file(name, content)).end();
    let no_json: Members = vec![("manifest.json".into(), vec![b'x'; 100_000])];
    for (what, tar, more, code, wanted) in [
        ("a missing layer", pack(&without), "", 3, "holds no 0000/layer.tar"),
        ("a member that goes on for ever", lying, "", 6, "beyond the archive's end"),
        ("a layer with holes", sparse, "", 7, "no regular file"),
        ("a huge manifest", pack(&huge), "", 8, "--limit manifest="),
        ("tiny members", tiny.clone(), "", 0, ""),
        ("too many members", tiny, "entries=1000", 8, "--limit entries="),
        ("too much to keep", pack(&members), "kept-bytes=2000", 8, "--limit kept-bytes="),
        ("too much to unpack", pack(&members), "image-bytes=50000", 8, "--limit image-bytes="),
        ("too large a layer", pack(&members), "layer-bytes=50000", 8, "--limit layer-bytes="),
        ("a manifest that is none", pack(&no_json), "", 7, "not kept"),
        ("a compressed archive", tarball::gzip(&pack(&members)), "", 7, "gunzip"),
        ("another shape", pack(&oci(&large())), "", 7, "oci-archive:FILE"),
        ("nothing", Vec::new(), "", 6, "ends at byte 0"),
    ] {
        let limit: &[&str] = if more.is_empty() { &[] } else { &["--limit", more] };
        let (found, _, stderr) = verify("docker-archive:-", &tar, limit);
        assert!((found == code || code == 0 && found == 1) && stderr.contains(wanted), "{what}: {found} {stderr}");
    }
}

#[test]
fn other_verbs_read_stdin_too() {
    let tar = pack(&saved(&large(), "x/a:1"));
    let (code, stdout, _) = piped(&["ls", "-R", "docker-archive:-"], &tar);
    assert!(code == 0 && String::from_utf8(stdout).unwrap().contains("/usr/share/noise"));
    let (code, stdout, _) = piped(&["inspect", "docker-archive:-", "--format", "json"], &tar);
    assert!(code == 0 && serde_json::from_slice::<Value>(&stdout).is_ok());
    let (code, stdout, _) = piped(&["cat", "docker-archive:-", "/etc/motd"], &tar);
    assert_eq!((code, &stdout[..]), (0, &b"hello\n"[..]));
    let (code, stdout, stderr) = piped(&["cat", "docker-archive:-", "/usr/share/noise"], &tar);
    assert!(code == 7 && stdout.is_empty() && stderr.contains("write the archive to a file"), "{code} {stderr}");
}

#[test]
fn stdin_holds_one_thing() {
    for (arguments, wanted) in [
        (&["oci-archive:-", "docker-archive:-"][..], "several image archives would"),
        (&["oci-archive:-", "--username", "x", "--password-stdin"], "an image archive and --password-stdin would"),
        (&["cat", "oci-archive:-", "/x", "--username", "x", "--password-stdin"], "an image archive and --password-stdin would"),
    ] {
        let (code, stdout, stderr) = piped(arguments, b"");
        assert!(code == 2 && stdout.is_empty() && stderr.contains(wanted), "{stderr}");
    }
}
