//! This reader beside Go's, entry by entry: Go's verdict is ours, and where it is not, the reason stands here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use lucid_verify::digest::{Digest, hex};
use lucid_verify::layer::tar::{Event, Member, Reader};
use lucid_verify::limits::Limits;
use sha2::Digest as _;

use super::go::{self, Entry, Verdict};
use super::image::debian::run;
use super::image::folder::kept;
use super::mutate::{Random, mutate};
use super::tar_bytes::{sealed, seeds};
use crate::table::Row;
use crate::tarball::Blob;

/// Larger contents are not looked at: they are holes. The program that asks Go has the same number.
const LARGEST: u64 = 4 << 20;

/// Errors of this reader where Go reads on, and why.
const STRICTER: [(&str, &str); 2] = [
    ("is negative", "a number below 0 of an owner or a device, which no file system has"),
    ("a record holds a NUL", "a NUL in the name of a sparse file, where Go does not look for it"),
];

/// Archives of any bytes that both readers are given.
const MUTANTS: usize = 4000;

pub fn peers(row: &Row) {
    if !row.needs_real(false, "what other readers make of archives") {
        return;
    }
    let source = go::root().join("src/archive/tar/testdata").canonicalize().unwrap();
    let python = go::unpacked(&["libpython3.11-testsuite"]).join("usr/lib/python3.11/test");
    let mut seeds = seeds();
    for (case, folder, fewest) in [
        ("the archives of Go's own tests", source, 42),
        ("those of CPython's", python, 2),
        ("those of the crate astral-tokio-tar", crates(), 20),
    ] {
        let archives = archives(&folder);
        assert!(archives.len() >= fewest, "{case}: {} archives in {}", archives.len(), folder.display());
        let (names, archives): (Vec<_>, Vec<_>) = archives.into_iter().unzip();
        seeds.extend(archives.iter().filter(|archive| archive.len() < 64 << 10).cloned());
        row.observe(case, &compared(&names, &archives));
    }
    let mut random = Random::new(1);
    let mutants: Vec<_> = (0..MUTANTS).map(|_| mutate(&mut random, &seeds)).map(|mutant| sealed(&mutant)).collect();
    let names: Vec<_> = (0..MUTANTS).map(|at| PathBuf::from(format!("mutant {at}"))).collect();
    row.observe("archives with mutations", &compared(&names, &mutants));
    // What the guided fuzzer kept because it goes other ways than all before (fuzz/README.md).
    if let Some(corpus) = std::env::var_os("LUCID_FUZZ_CORPUS") {
        let files = crate::run::files(&Path::new(&corpus).join("tar_bytes"));
        let archives: Vec<_> = files.iter().map(|file| sealed(&std::fs::read(file).unwrap())).collect();
        compared(&files, &archives);
    }
}

/// The archives below a folder, in the order of their names.
fn archives(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found: Vec<_> =
        crate::run::files(folder).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "tar")).collect();
    found.sort();
    found.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// The tests of a crate, as its registry has them.
fn crates() -> PathBuf {
    let manifest = "[package]\nname = \"none\"\nedition = \"2024\"\n[workspace]\n[dependencies]\nastral-tokio-tar = \"=0.7.0\"\n";
    kept("crates", manifest, |target| {
        std::fs::create_dir(target.join("src")).unwrap();
        std::fs::write(target.join("src/lib.rs"), "").unwrap();
        std::fs::write(target.join("Cargo.toml"), manifest).unwrap();
        run(Command::new(env!("CARGO")).args(["vendor", "-q"]).current_dir(target));
    })
    .join("vendor/astral-tokio-tar/tests")
}

/// Holds every archive against what Go makes of it. Returns how many there were of which outcome.
fn compared(names: &[PathBuf], archives: &[Vec<u8>]) -> String {
    let mut outcomes = BTreeMap::<&str, usize>::new();
    let mut different = Vec::new();
    for ((name, archive), theirs) in names.iter().zip(archives).zip(go::verdicts(archives)) {
        let mut ours = verdict(archive);
        let stricter = match difference(&mut ours, theirs) {
            Ok(stricter) => stricter,
            Err(what) => {
                different.push(format!("{}: {what}\n{}", name.display(), kept_for_later(archive)));
                continue;
            }
        };
        let outcome = stricter.unwrap_or(if ours.error.is_empty() { "read, as by Go" } else { "refused, as by Go" });
        let limits = Limits { layer_bytes: LARGEST, ..Limits::default() };
        let is_read = Blob::plain(archive).read_within(&limits).is_ok();
        assert!(!is_read || (stricter.is_none() && ours.error.is_empty()), "{} is read", name.display());
        *outcomes.entry(outcome).or_default() += 1;
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect::<Vec<_>>().join("; ")
}

fn kept_for_later(archive: &[u8]) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.tar", &Digest::sha256(archive).hex()[..12]));
    std::fs::write(&file, archive).unwrap();
    file.display().to_string()
}

/// Why this reader is stricter, where it is; `Err` where the two differ otherwise.
fn difference(ours: &mut Verdict, mut theirs: Verdict) -> Result<Option<&'static str>, String> {
    // Go gives global headers as entries, and unpackers pass them over.
    theirs.entries.retain(|entry| entry.kind != b'g');
    for entry in &mut theirs.entries {
        // Of what has no content it gives the size that is written, and takes nothing for it.
        if matches!(entry.kind, b'1'..=b'6') {
            entry.size = 0;
            entry.content = Digest::sha256(b"").hex();
        }
    }
    // The old sparse format is refused with its layer, as runtimes do; Go's own reader knows it.
    let is_old_sparse = [&mut ours.entries, &mut theirs.entries].map(|entries| {
        let first = entries.iter().position(|entry| entry.kind == b'S');
        first.inspect(|at| entries.truncate(*at)).is_some()
    });
    // What was not looked at is there, or is not: Go tells of it when it is looked for.
    let unseen = theirs.entries.last().is_some_and(|entry| entry.content == "-");
    if unseen && !theirs.error.is_empty() && !ours.error.is_empty() {
        theirs.entries.truncate(ours.entries.len());
    }
    let count = ours.entries.len().min(theirs.entries.len());
    if let Some(at) = (0..count).find(|at| ours.entries[*at] != theirs.entries[*at]) {
        return Err(format!("entry {at}: {:?}, Go {:?}", ours.entries[at], theirs.entries[at]));
    }
    let is_same = ours.error.is_empty() == theirs.error.is_empty() && ours.entries.len() == theirs.entries.len();
    if is_old_sparse.contains(&true) {
        return Ok(Some("GNU's old sparse type, which no runtime unpacks"));
    } else if is_same {
        return Ok(None);
    }
    let known = STRICTER.iter().find(|(words, _)| ours.error.contains(words) && ours.entries.len() == count);
    let told = |verdict: &Verdict| format!("{} entries and {:?}", verdict.entries.len(), verdict.error);
    known.map(|(_, why)| Some(*why)).ok_or_else(|| format!("{}, Go {}", told(ours), told(&theirs)))
}

/// What this reader makes of an archive, in the same form.
fn verdict(archive: &[u8]) -> Verdict {
    let (mut reader, mut rest) = (Reader::new(1 << 20), archive);
    let mut verdict = Verdict { entries: Vec::new(), error: String::new() };
    let mut open: Option<(Member, sha2::Sha256)> = None;
    loop {
        match reader.next(&mut rest) {
            Ok(Some(Event::Member(member))) => open = Some((member, sha2::Sha256::new())),
            Ok(Some(Event::Data(bytes))) => open.iter_mut().for_each(|(_, hash)| hash.update(bytes)),
            Ok(Some(Event::Hole(zeros))) => {
                let (member, hash) = open.as_mut().unwrap();
                if member.size <= LARGEST {
                    hash.update(vec![0; usize::try_from(zeros).unwrap()]);
                }
            }
            Ok(Some(Event::Close)) => verdict.entries.extend(open.take().map(entry)),
            Ok(None) => {
                verdict.error = reader.finish().err().map_or_else(String::new, |error| error.to_string());
                return verdict;
            }
            Err(error) => {
                verdict.error = error.to_string();
                return verdict;
            }
        }
    }
}

fn entry((member, hash): (Member, sha2::Sha256)) -> Entry {
    let content = if member.size <= LARGEST { hex(&hash.finalize()) } else { "-".into() };
    Entry {
        name: hex(&member.name),
        link: hex(&member.link),
        kind: member.kind,
        size: member.size.cast_signed(),
        mode: member.mode,
        uid: member.uid.cast_signed(),
        gid: member.gid.cast_signed(),
        mtime: member.mtime,
        major: member.device.0.cast_signed(),
        minor: member.device.1.cast_signed(),
        content,
    }
}
