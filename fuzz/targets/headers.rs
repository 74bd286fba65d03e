//! `Content-Range`, `Retry-After` and `Warning`, which decide what bytes are taken for, how long is waited and what is shown.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lucid_verify::source::headers;

/// One value, read as each of the headers.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some((start, Some(total))) = headers::content_range(&text) {
        assert!(start < total, "{start} of {total}");
    }
    let now = DateTime::<Utc>::UNIX_EPOCH;
    if let Some(wait) = headers::retry_after(&text, now) {
        let later = headers::retry_after(&text, now + Duration::from_secs(1));
        assert!(later.is_none_or(|later| later <= wait), "{wait:?} {later:?}");
    }
    if let Some(said) = headers::warning(&text) {
        assert!(!said.is_empty() && said.len() <= text.len());
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let seeds = [
        "bytes 5-9/10",
        "bytes 5-9/*",
        "bytes */10",
        "bytes 0-18446744073709551615/*",
        "120",
        "99999999999999999999999",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        r#"299 - "this tag is \"old\" \\" "Sun, 06 Nov 1994 08:49:37 GMT""#,
        "199 proxy \"stale\"",
    ];
    seeds.map(|seed| seed.as_bytes().to_vec()).into()
}
