//! An entry where others can write: what a file of a folder holds, and between its header and its content a tag that only those
//! can make who have the secret (RFC 2104).

use std::io::{self, Write};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::entry::{HEADER, LONGEST, header};
use crate::error::{Error, Kind as Fault, Result};

/// Bytes of a tag.
const TAG: usize = 32;
/// Bytes before the content.
const HEAD: usize = HEADER + TAG;
/// Bytes of the longest object that can be an entry.
pub(super) const LONGEST_OBJECT: u64 = LONGEST + HEAD as u64;
/// Bytes of the shortest secret: what half of the tag's own strength takes (RFC 2104, section 3, wants no less than that of the hash).
const SHORTEST_SECRET: usize = 16;

/// What authenticates entries.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// A secret of these bytes. Fails with `Usage` where they are fewer than sixteen.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let short = || {
            let what = format!("the key has {} bytes, and fewer than {SHORTEST_SECRET} can be guessed", bytes.len());
            Error::new(Fault::Usage, what).hint("make one with `openssl rand -hex 32`, or unset the variable to read only")
        };
        let mac = Hmac::new_from_slice(bytes).ok().filter(|_| bytes.len() >= SHORTEST_SECRET);
        mac.map(Self).ok_or_else(short)
    }

    fn of(&self, name: &str, content: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(name).chain_update(content)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The object of what `write` writes. Fails with `FileTooLarge` where that is longer than an entry may be.
pub(super) fn seal(name: &str, secret: &Secret, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut draft = Draft(vec![0; HEAD]);
    write(&mut draft)?;
    let mut object = draft.0;
    let content = object.get(HEAD..).unwrap_or_default();
    let header = header(content.len() as u64, Sha256::new_with_prefix(name).chain_update(content));
    let tag = secret.of(name, content).finalize().into_bytes();
    object.iter_mut().zip(header.iter().chain(&tag)).for_each(|(byte, value)| *byte = *value);
    Ok(object)
}

/// The content of an object, once it is the entry of this name; else what is wrong with it. Without the secret its tag counts for
/// nothing.
pub(super) fn open(name: &str, secret: Option<&Secret>, mut object: Vec<u8>) -> std::result::Result<Vec<u8>, &'static str> {
    let Some((head, content)) = object.split_at_checked(HEAD) else { return Err("it is cut off") };
    let (found, tag) = head.split_at(HEADER);
    if found != header(content.len() as u64, Sha256::new_with_prefix(name).chain_update(content)) {
        return Err("it is damaged, or not the entry of this name");
    }
    if secret.is_some_and(|secret| secret.of(name, content).verify_slice(tag).is_err()) {
        return Err("nobody who has the key made it");
    }
    object.drain(..HEAD);
    Ok(object)
}

/// An object that is being written.
struct Draft(Vec<u8>);

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        if self.0.len() as u64 > LONGEST_OBJECT { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "layer-1 sha256:ab\n";

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes()).unwrap()
    }

    fn sealed(content: &[u8]) -> Vec<u8> {
        seal(NAME, &secret("0123456789abcdef"), |out| out.write_all(content)).unwrap()
    }

    #[test]
    fn only_who_has_the_key_makes_an_entry_and_only_under_its_name() {
        let (object, right) = (sealed(b"content"), secret("0123456789abcdef"));
        assert_eq!(open(NAME, Some(&right), object.clone()).unwrap(), b"content");
        assert_eq!(open(NAME, None, object.clone()).unwrap(), b"content");
        assert!(open(NAME, Some(&secret("0123456789abcdeF")), object.clone()).unwrap_err().contains("the key"));
        assert!(open("layer-2 sha256:ab\n", Some(&right), object).unwrap_err().contains("damaged"));
        assert_eq!(open(NAME, Some(&right), sealed(b"")).unwrap(), b"");
    }

    #[test]
    fn no_byte_of_it_can_be_another_and_none_can_be_missing() {
        let (object, right) = (sealed(b"content"), secret("0123456789abcdef"));
        for at in 0..object.len() {
            let mut flipped = object.clone();
            flipped[at] ^= 1;
            assert!(open(NAME, Some(&right), flipped).is_err(), "{at}");
            assert!(open(NAME, Some(&right), object[..at].to_vec()).is_err(), "{at}");
        }
        assert!(open(NAME, Some(&right), [&object[..], b"x"].concat()).is_err());
    }

    #[test]
    fn a_short_key_is_none_and_no_key_is_shown() {
        for short in ["", "hunter2hunter2h"] {
            let error = Secret::new(short.as_bytes()).unwrap_err();
            assert!(error.kind == Fault::Usage && error.what.contains(&format!("{} bytes", short.len())), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert!(!format!("{:?}", secret("hunter2hunter2hunter2")).contains("hunter2"));
    }
}
