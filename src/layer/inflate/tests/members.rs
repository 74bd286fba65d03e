use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use super::{contents, noise};
use crate::layer::inflate::Gunzip;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Everything, and the bytes behind it, from a source that hands on at most `piece` bytes at once.
fn read(file: &[u8], piece: usize) -> io::Result<(Vec<u8>, u64)> {
    let mut gunzip = Gunzip::new(BufReader::with_capacity(piece, file));
    let mut content = Vec::new();
    gunzip.read_to_end(&mut content)?;
    Ok((content, gunzip.trailing()))
}

#[test]
fn members_are_one_stream_and_what_follows_is_counted() {
    let parts: Vec<Vec<u8>> = contents(5000);
    let file: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
    for trailer in [&b""[..], b"x", b"\x1f", b"\x1fx", b"xy\x1f\x8b", &[0; 700]] {
        for piece in [1, 2, 3, 100, 1 << 20] {
            let found = read(&[&file, trailer].concat(), piece).unwrap();
            assert_eq!((found.0.len(), found.1), (parts.concat().len(), trailer.len() as u64), "{trailer:?}, {piece}");
            assert!(found.0 == parts.concat());
        }
    }
}

#[test]
fn a_match_does_not_reach_into_the_member_before() {
    // A fixed block: a match of three at distance one, the end.
    let mut reaching = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\x02\x00".to_vec();
    reaching.extend([0; 8]);
    let error = read(&[gzip(&[0; 100]), reaching].concat(), 100).unwrap_err();
    assert!(error.to_string().contains("beyond the start"), "{error}");
}

#[test]
fn bytes_are_had_in_portions_of_any_size_and_before_the_damage() {
    let content: Vec<u8> = noise(9).take(400_000).map(|byte| byte & 15).collect();
    let mut file = gzip(&content);
    for portion in [1, 7, 4095, 1 << 20] {
        let (mut gunzip, mut out, mut found) = (Gunzip::new(&file[..]), vec![0; portion], Vec::new());
        while let length @ 1.. = gunzip.read(&mut out).unwrap() {
            found.extend_from_slice(&out[..length]);
        }
        assert!(found == content);
        assert_eq!(gunzip.read(&mut out).unwrap(), 0, "the end stays the end");
    }
    let at = file.len() - 5;
    file[at] ^= 1;
    let mut gunzip = Gunzip::new(&file[..]);
    let mut found = 0;
    let error = loop {
        match gunzip.fill_buf().map(<[u8]>::len) {
            Ok(length) => {
                found += length;
                gunzip.consume(length);
            }
            Err(error) => break error,
        }
    };
    assert_eq!((found, error.kind()), (content.len(), io::ErrorKind::InvalidData));
}

#[test]
fn every_header_is_judged_as_flate2_judges_it() {
    let content = b"content, content";
    let mut whole = GzBuilder::new().extra(b"extra".to_vec()).filename("name").comment("comment").mtime(7);
    let mut encoder = std::mem::take(&mut whole).write(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    let file = encoder.finish().unwrap();
    assert_eq!(read(&file, 1).unwrap().0, content);
    for length in 2..file.len() {
        assert_eq!(read(&file[..length], 100).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{length}");
    }
    for at in 2..file.len() {
        for bit in 0..8 {
            let mut file = file.clone();
            file[at] ^= 1 << bit;
            let mut theirs = Vec::new();
            let verdict = GzDecoder::new(&file[..]).read_to_end(&mut theirs).map(|_| theirs);
            assert_eq!(read(&file, 3).ok().map(|(ours, _)| ours), verdict.ok(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_header_has_its_checksum_and_its_bounds() {
    let member = gzip(b"content");
    let mut header = b"\x1f\x8b\x08\x02\0\0\0\0\0\xff".to_vec();
    let checksum = crc32fast::hash(&header).to_le_bytes();
    let file = [&header, &checksum[..2], &member[10..]].concat();
    assert_eq!(read(&file, 100).unwrap().0, b"content");
    let file = [&header, &checksum[2..], &member[10..]].concat();
    assert!(read(&file, 100).unwrap_err().to_string().contains("checksum"));
    header[3] = 8;
    let named = |length: usize| read(&[&header, &vec![b'n'; length][..], &b"\0"[..], &member[10..]].concat(), 100);
    assert_eq!(named(511).unwrap().0, b"content");
    assert!(named(512).unwrap_err().to_string().contains("more than 511 bytes"));
}

#[test]
fn what_other_compressors_write_is_read() {
    let content: Vec<u8> = contents(300_000).concat();
    for (program, levels) in [("gzip", ["-1", "-9"]), ("libdeflate-gzip", ["-1", "-12"]), ("pigz", ["-1", "-11"])] {
        for level in levels {
            let Ok(mut child) = Command::new(program).args([level, "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
            else {
                #[expect(clippy::print_stderr, reason = "a test that was not made says so")]
                {
                    eprintln!("skipped: {program} is not installed");
                }
                continue;
            };
            let (mut stdin, copy) = (child.stdin.take().unwrap(), content.clone());
            let writer = std::thread::spawn(move || stdin.write_all(&copy));
            let file = child.wait_with_output().unwrap().stdout;
            writer.join().unwrap().unwrap();
            assert!(read(&file, 5000).unwrap() == (content.clone(), 0), "{program} {level}");
        }
    }
}
