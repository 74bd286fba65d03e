//! What the headers of answers mean. Pure: the clock is handed in, and whatever stands in a header is an answer or none.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{HeaderMap, LINK};

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of RFC 9110, 5.6.7. A time that has
/// passed asks for nothing.
pub fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let obsolete = |form| NaiveDateTime::parse_from_str(text, form).ok().map(|date| date.and_utc());
    let date = DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc());
    let date = date.or_else(|| obsolete("%A, %d-%b-%y %H:%M:%S GMT")).or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))?;
    date.signed_duration_since(now).to_std().ok()
}

/// Reads `Content-Range: bytes START-END/TOTAL` (RFC 9110, 14.4): the start, and the total unless it is `*`.
pub fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    (start <= end && total.is_none_or(|total| end < total)).then_some((start, total))
}

/// Reads `Warning: 299 - "TEXT"` (distribution-spec, "Warnings"): the text, unescaped. Of other codes and agents nothing is to
/// be shown.
pub fn warning(text: &str) -> Option<String> {
    let mut quoted = text.trim().strip_prefix("299 - \"")?.chars();
    let mut said = String::new();
    loop {
        match quoted.next()? {
            '"' => return Some(said).filter(|said| !said.is_empty()),
            '\\' => said.push(quoted.next()?),
            character => said.push(character),
        }
    }
}

/// The query by which the next page is asked for (RFC 8288; distribution-spec, "Listing Tags"). Where it leads does not
/// count: the registry that is asked is the one that was named.
pub fn next(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split('<').skip(1));
    let is_next = |said: &str| said.split([';', ',']).any(|part| part.trim().replace('"', "").eq_ignore_ascii_case("rel=next"));
    let mut next = links.filter_map(|link| link.split_once('>')).filter(|(_, said)| is_next(said));
    next.next().and_then(|(address, _)| Some(address.split_once('?')?.1.to_owned()))
}

/// How many requests a registry still lets through, and when it lets more through, if it says so: `RateLimit-Remaining` with
/// `RateLimit-Reset` (draft-ietf-httpapi-ratelimit-headers-07; Docker Hub, "Pull usage and limits", which names no time), and the
/// older names of the same with `X-` before them, where a time may be one of the clock.
pub fn left(headers: &HeaderMap, now: DateTime<Utc>) -> Option<(u64, Option<Duration>)> {
    let number = |name: &str| {
        let value = [name, &format!("x-{name}")].iter().find_map(|name| headers.get(*name)?.to_str().ok());
        value.and_then(|value| value.split([';', ',']).next()?.trim().parse::<u64>().ok())
    };
    let reset = number("ratelimit-reset").map(|reset| {
        let clock = u64::try_from(now.timestamp()).unwrap_or_default();
        Duration::from_secs(if reset > CLOCK { reset.saturating_sub(clock) } else { reset })
    });
    Some((number("ratelimit-remaining")?, reset))
}

/// Seconds of which more are a time of the clock (2001-09-09), and no wait.
const CLOCK: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T12:00:00Z").unwrap().to_utc();
        for (text, want) in [
            ("1", Some(1)),
            ("3600", Some(3600)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sat, 21 Nov 2026 12:00:30 GMT", Some(30)),
            ("Saturday, 21-Nov-26 12:00:30 GMT", Some(30)),
            ("Sat Nov 21 12:00:30 2026", Some(30)),
            ("Tue Dec  1 12:00:00 2026", Some(864_000)),
            ("Sat, 21 Nov 2026 11:00:00 GMT", None),
            ("abc", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now).map(|wait| wait.as_secs()), want, "{text}");
        }
    }

    #[test]
    fn a_range_names_where_it_begins() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for bad in ["", "bytes", "bytes */10", "bytes 9-5/10", "bytes 5-10/10", "items 5-9/10", "bytes -5-9/10", "bytes 5-9/x"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_warning_is_what_the_specification_calls_one() {
        assert_eq!(warning(r#"299 - "say \"when\" \\""#).unwrap(), r#"say "when" \"#);
        assert_eq!(warning("299 - \"a\" \"Sat, 21 Nov 2026 12:00:30 GMT\"").unwrap(), "a");
        for other in ["199 - \"x\"", "299 proxy \"x\"", "299 - x", "299 - \"x", "299 - \"x\\", "299 - \"\"", ""] {
            assert_eq!(warning(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_page_is_asked_of_the_same_registry() {
        let of = |links: &[&str]| {
            let mut headers = HeaderMap::new();
            for link in links {
                headers.append(LINK, link.parse().unwrap());
            }
            next(&headers)
        };
        for link in [
            r#"</v2/x/referrers/sha256:1?n=2&last=a,b>; rel="next""#,
            r"<https://elsewhere.example/v2/?n=2&last=a,b>;rel=next",
            r#"</first?n=0>; rel="first", </v2/?n=2&last=a,b> ; title="x"; rel="next""#,
        ] {
            assert_eq!(of(&[link]).as_deref(), Some("n=2&last=a,b"), "{link}");
        }
        assert_eq!(of(&[r#"</v2/?n=1>; rel="prev""#, r#"</v2/?n=2>; rel="next""#]).as_deref(), Some("n=2"));
        for link in [r#"</v2/?n=2>; rel="prev""#, r#"</v2/>; rel="next""#, "<", ">", "", r#"</v2/?n=2; rel="next""#] {
            assert_eq!(of(&[link]), None, "{link}");
        }
    }

    #[test]
    fn what_a_registry_still_lets_through_is_read_in_all_spellings() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T12:00:00Z").unwrap().to_utc();
        let of = |pairs: &[(&'static str, &str)]| {
            let headers: HeaderMap = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            left(&headers, now)
        };
        let clock = (now.timestamp() + 7).to_string();
        for (pairs, want) in [
            (&[("ratelimit-remaining", "76;w=21600")][..], Some((76, None))),
            (&[("ratelimit-remaining", "3"), ("ratelimit-reset", "30")], Some((3, Some(Duration::from_secs(30))))),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &clock)], Some((0, Some(Duration::from_secs(7))))),
            (&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1500000000")], Some((0, Some(Duration::ZERO)))),
            (&[("ratelimit-remaining", "-1")], None),
            (&[("ratelimit-reset", "30")], None),
        ] {
            assert_eq!(of(pairs), want, "{pairs:?}");
        }
    }
}
