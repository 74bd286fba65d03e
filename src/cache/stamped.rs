//! Entries that know when they were made, because people are told.

use std::time::UNIX_EPOCH;

use chrono::{DateTime, Utc};

use super::{Cache, Kind, now};
use crate::digest::Digest;

/// Bytes before the content: seconds since 1970.
const STAMP: usize = 8;

impl Cache {
    /// Keeps `payload` with the time of now.
    pub fn put_stamped(&self, kind: Kind, key: &Digest, payload: &[u8]) {
        let seconds = now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.put(kind, key, &[&seconds.to_le_bytes(), payload].concat());
    }

    /// What was put under a key, and when.
    pub fn get_stamped(&self, kind: Kind, key: &Digest) -> Option<(DateTime<Utc>, Vec<u8>)> {
        let mut entry = self.get(kind, key)?;
        let seconds = i64::from_le_bytes(*entry.first_chunk::<STAMP>()?);
        let at = DateTime::from_timestamp(seconds, 0)?;
        entry.drain(..STAMP);
        Some((at, entry))
    }

    /// Whole hours since then; none where the clock went back.
    pub fn hours_since(then: DateTime<Utc>) -> i64 {
        (DateTime::<Utc>::from(now()) - then).num_hours()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::CAP;

    #[test]
    fn an_entry_comes_back_with_the_time_at_which_it_was_put() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("c"), CAP, |_| {}).unwrap();
        let key = Digest::sha256(b"key");
        cache.put_stamped(Kind::Verdict, &key, b"held");
        let (at, payload) = cache.get_stamped(Kind::Verdict, &key).unwrap();
        assert_eq!((&payload[..], Cache::hours_since(at)), (&b"held"[..], 0));
        assert!(cache.get_stamped(Kind::Document, &key).is_none());
        cache.put(Kind::Verdict, &key, b"short");
        assert!(cache.get_stamped(Kind::Verdict, &key).is_none());
    }
}
