//! PAX extended headers (POSIX pax, "pax Extended Header"), by their length prefixes.

use std::collections::BTreeMap;

use super::header::Header;

/// The records that a reader acts on. Others are checked and passed over.
const KNOWN: [&str; 16] = [
    "path",
    "linkpath",
    "size",
    "uid",
    "gid",
    "mtime",
    "atime",
    "ctime",
    MAP,
    CAPABILITIES,
    "GNU.sparse.numblocks",
    "GNU.sparse.major",
    "GNU.sparse.minor",
    "GNU.sparse.name",
    "GNU.sparse.size",
    "GNU.sparse.realsize",
];
/// The sparse map of formats 0.0 and 0.1: offsets and lengths, with commas between.
pub(super) const MAP: &str = "GNU.sparse.map";
/// The extended attribute of file capabilities, as Docker, containerd and podman write it.
pub(super) const CAPABILITIES: &str = "SCHILY.xattr.security.capability";

/// Extended attributes by which overlay file systems mark what is opaque, a whiteout or moved (Linux, Documentation/filesystems/
/// overlayfs.rst; fuse-overlayfs(1)).
const MARKS: [&[u8]; 3] = [b"SCHILY.xattr.trusted.overlay.", b"SCHILY.xattr.user.overlay.", b"SCHILY.xattr.user.fuseoverlayfs."];

/// The records of one extended header.
#[derive(Debug, Default)]
pub(super) struct Records {
    values: BTreeMap<&'static str, Vec<u8>>,
    /// Whether a record that counts appears twice: the last one holds, and other readers take the first.
    pub(super) has_duplicates: bool,
    /// Whether there is an extended attribute by which overlay file systems mark their own.
    pub(super) is_marked: bool,
}

impl Records {
    /// Reads the body of an extended header.
    pub(super) fn parse(mut body: &[u8]) -> Result<Self, &'static str> {
        let mut records = Self::default();
        let mut map: Vec<&[u8]> = Vec::new();
        while !body.is_empty() {
            let (key, value, rest) = record(body)?;
            body = rest;
            match key {
                // Format 0.0 spells its map as pairs of records.
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                    if key.ends_with(b"offset") != map.len().is_multiple_of(2) || value.contains(&b',') {
                        return Err("its sparse map is out of order");
                    }
                    map.push(value);
                }
                key => records.set(key, value),
            }
        }
        if !map.is_empty() {
            records.set(MAP.as_bytes(), &map.join(&b','));
        }
        Ok(records)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.is_marked |= MARKS.iter().any(|mark| key.starts_with(mark)) && !value.is_empty();
        if let Some(known) = KNOWN.into_iter().find(|known| known.as_bytes() == key) {
            self.has_duplicates |= self.values.insert(known, value.to_vec()).is_some();
        }
    }

    /// The last value of a record. An empty one says that the header's own field holds.
    pub(super) fn get(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    /// A record that is a decimal number.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, String> {
        self.get(key).map(|value| decimal(value).ok_or_else(|| format!("its {key} record is no number"))).transpose()
    }

    /// Lets the records override the fields of the header that they precede.
    pub(super) fn merge(&self, header: &mut Header) -> Result<(), String> {
        let text = |key, field: &mut Vec<u8>| {
            if let Some(value) = self.get(key) {
                *field = value.to_vec();
            }
        };
        text("path", &mut header.name);
        text("linkpath", &mut header.link);
        for (key, field) in [("size", &mut header.size), ("uid", &mut header.uid), ("gid", &mut header.gid)] {
            if let Some(number) = self.number(key)? {
                *field = number;
            }
        }
        for key in ["atime", "ctime", "mtime"] {
            let Some(value) = self.get(key) else { continue };
            let seconds = time(value).ok_or_else(|| format!("its {key} record is no time"))?;
            if key == "mtime" {
                header.mtime = seconds;
            }
        }
        Ok(())
    }
}

/// Key, value, and the records behind.
type Split<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// Splits the first record off: `LENGTH KEY=VALUE\n`, where LENGTH counts all of it, so that a value may hold anything.
fn record(body: &[u8]) -> Result<Split<'_>, &'static str> {
    let space = body.iter().position(|byte| *byte == b' ').ok_or("a record has no length")?;
    let length = decimal(&body[..space]).and_then(|length| usize::try_from(length).ok()).ok_or("a record has no length")?;
    // Five bytes are the shortest record there is, `5 k=\n`.
    let (record, rest) = body.split_at_checked(length.max(5)).filter(|_| length >= 5).ok_or("a record has a wrong length")?;
    let record = record.get(space + 1..).ok_or("a record has a wrong length")?;
    let record = record.strip_suffix(b"\n").ok_or("a record does not end in a newline")?;
    let equals = record.iter().position(|byte| *byte == b'=').ok_or("a record has no value")?;
    let (key, value) = (&record[..equals], &record[equals + 1..]);
    let is_name = matches!(key, b"path" | b"linkpath" | b"uname" | b"gname" | b"GNU.sparse.name");
    if key.contains(&0) || is_name && value.contains(&0) {
        return Err("a record holds a NUL");
    }
    Ok((key, value, rest))
}

/// A decimal number with an optional sign.
pub(in crate::layer) fn decimal(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Whole seconds of a time that may have a fraction, rounded down. Of the fraction Go reads nine digits, which have to be some.
fn time(text: &[u8]) -> Option<i64> {
    let (whole, fraction) = text.split_at(text.iter().position(|byte| *byte == b'.').unwrap_or(text.len()));
    let (seconds, fraction) = (decimal(whole)?, fraction.get(1..).unwrap_or_default());
    let is_below = whole.starts_with(b"-") && fraction.iter().take(9).any(|digit| *digit != b'0');
    let is_number = fraction.iter().all(u8::is_ascii_digit);
    is_number.then(|| seconds.saturating_sub(is_below.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, value: &[u8]) -> Vec<u8> {
        let length = key.len() + value.len() + 5;
        [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
    }

    #[test]
    fn a_value_may_hold_newlines_and_the_records_behind_it_count() {
        let xattr = record("SCHILY.xattr.security.capability", b"\x01\x00\x0a\x029 uid=1\n");
        let records = Records::parse(&[xattr, b"13 uid=65532\n".to_vec()].concat()).unwrap();
        assert_eq!(records.number("uid"), Ok(Some(65532)));
        assert!(records.get(CAPABILITIES).is_some() && records.get("gid").is_none());
    }

    #[test]
    fn the_last_record_holds_and_an_empty_one_takes_all_back() {
        let records = Records::parse(b"9 path=a\n9 path=b\n").unwrap();
        assert_eq!(records.get("path"), Some(&b"b"[..]));
        assert!(records.has_duplicates);
        assert_eq!(Records::parse(b"9 path=a\n8 path=\n").unwrap().get("path"), None);
    }

    #[test]
    fn malformed_records_are_errors() {
        for body in [
            &b"x path=a\n"[..],
            b"path=a\n",
            b"99 path=a\n",
            b"4 a=\n",
            b"9 path=ab",
            b"9 path=a\n0",
            b"7 path\n",
            b"11 path=a\x00b\n",
            b"9 pa\0h=a\n",
            b"-9 path=a\n",
            b"9223372036854775807 path=a\n",
            b"26 GNU.sparse.numbytes=10\n",
        ] {
            assert!(Records::parse(body).is_err(), "{}", body.escape_ascii());
        }
        for (key, value) in
            [("uid", "12345x"), ("mtime", "1.00x"), ("atime", "12-34"), ("size", " 12345"), ("size", "99999999999999999999")]
        {
            let records = Records::parse(&record(key, value.as_bytes())).unwrap();
            assert!(records.merge(&mut Header::default()).unwrap_err().contains(key));
        }
    }

    #[test]
    fn times_may_be_negative_and_fractional() {
        assert_eq!(time(b"-5.25"), Some(-6));
        assert_eq!((time(b"-5.000"), time(b"5.25"), time(b"-0.5")), (Some(-5), Some(5), Some(-1)));
        assert_eq!(time(b"1000000000000"), Some(1_000_000_000_000));
        assert_eq!(time(b"5."), Some(5));
        assert_eq!(time(b".5"), None);
    }
}
