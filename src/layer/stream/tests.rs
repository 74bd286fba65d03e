use std::io::{BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::write::GzEncoder;

use super::*;
use crate::error::Kind;

/// A tar of a few files, longer than all buffers between two stages; the header in its middle may be damaged.
fn tarball(is_damaged: bool) -> Vec<u8> {
    let mut noise: u32 = 1;
    let content: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.to_be_bytes()[0]
    })
    .take(CHUNK * BUFFERS)
    .collect();
    let mut tar = ::tar::Builder::new(Vec::new());
    for name in ["a", "b", "c"] {
        let mut header = ::tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &content[..]).unwrap();
    }
    let mut tar = tar.into_inner().unwrap();
    tar[BLOCK + content.len()] ^= u8::from(is_damaged);
    tar
}

const BLOCK: usize = 512;

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(tar).unwrap();
    encoder.finish().unwrap()
}

/// Gives bytes, and then breaks or panics.
struct Breaking<'a>(&'a [u8], bool);

impl Read for Breaking<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 if self.1 => panic!("the reader panics"),
            0 => Err(Error::new(Kind::Unreachable, "the connection broke").into()),
            length => Ok(length),
        }
    }
}

fn told(walked: Result<Walked>) -> String {
    match walked {
        Ok(walked) => {
            // What was spent until something was wrong is a matter of pieces.
            let content = walked.content.map(|content| (content, walked.spent)).map_err(|error| error.to_string());
            format!("{} {} {content:?}", walked.digest, walked.size)
        }
        Err(error) => error.to_string(),
    }
}

/// What both ways to walk a blob make of it: the events that were seen, and the outcome.
fn both<R: BufRead + Send>(blob: impl Fn() -> Verified<R>, limits: &Limits, stop_at: usize) -> [(usize, String); 2] {
    [walk as fn(_, _, &_, &mut Visit<'_>) -> _, walk_staged].map(|walk| {
        let mut seen = 0;
        let walked = walk(blob(), Algorithm::Sha256, limits, &mut |event, _| {
            seen += usize::from(!matches!(event, Event::Data(_)));
            if seen == stop_at { Err(Error::new(Kind::Limit, "enough was seen")) } else { Ok(()) }
        });
        (seen, told(walked))
    })
}

fn named(content: &[u8]) -> Verified<&[u8]> {
    Verified::new(content, &Digest::sha256(content), content.len() as u64)
}

#[test]
fn stages_come_to_what_one_thread_comes_to() {
    let limits = Limits::default();
    let (plain, damaged) = (tarball(false), tarball(true));
    let good = gzip(&plain);
    let trailing = [&good[..], b"more"].concat();
    let cut = &good[..good.len() / 2];
    for (blob, word) in [
        (&good[..], "Ok"),
        (&plain, "Ok"),
        (&trailing, "follow the gzip data"),
        (&gzip(&damaged), "header"),
        (&damaged, "header"),
        (cut, "early"),
        (&gzip(&damaged)[..good.len() * 2 / 3], "header"),
        (b"", "Ok"),
    ] {
        let [one, staged] = both(|| named(blob), &limits, usize::MAX);
        assert_eq!(one, staged);
        assert!(one.1.contains(word), "{word}: {}", one.1);
    }
    let [one, staged] = both(|| named(&good), &limits, 3);
    assert_eq!(one, staged);
    assert!(one.1.contains("enough was seen"), "{}", one.1);
    let [one, staged] = both(|| named(&good), &Limits { layer_bytes: 1 << 20, ..limits }, usize::MAX);
    assert_eq!(one, staged);
    assert!(one.1.contains("more than 1048576 uncompressed bytes"), "{}", one.1);
}

#[test]
fn what_is_wrong_with_the_blob_outranks_what_its_stages_find() {
    let damaged = gzip(&tarball(true));
    let (limits, size) = (Limits::default(), damaged.len() as u64);
    for (want, size, word) in [(b"else", size, "digest"), (b"else", size + 1, "ends at byte"), (b"else", size - 1, "longer")] {
        let [one, staged] = both(|| Verified::new(&damaged[..], &Digest::sha256(want), size), &limits, usize::MAX);
        assert_eq!(one, staged);
        assert!(one.1.contains(word), "{word}: {}", one.1);
    }
    let half = &damaged[..damaged.len() / 2];
    let broken = || Verified::new(BufReader::new(Breaking(half, false)), &Digest::sha256(&damaged), size);
    let [one, staged] = both(broken, &limits, usize::MAX);
    assert_eq!(one, staged);
    assert!(one.1.contains("the connection broke"), "{}", one.1);
}

#[test]
fn a_panic_in_a_stage_ends_all_of_them() {
    let good = gzip(&tarball(false));
    let limits = Limits::default();
    let walk = |blob, visit: &mut Visit<'_>| {
        catch_unwind(AssertUnwindSafe(|| drop(walk_staged(blob, Algorithm::Sha256, &limits, visit)))).is_err()
    };
    let blob = |panics| Verified::new(BufReader::new(Breaking(&good, panics)), &Digest::sha256(&good), good.len() as u64 + 1);
    assert!(walk(blob(true), &mut |_, _| Ok(())));
    assert!(walk(blob(false), &mut |_, _| panic!("the visitor panics")));
    assert!(!walk(blob(false), &mut |_, _| Ok(())));
}
