//! Answers that are no content: what a status means for the one who waits, in the server's own words.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::body;
use super::client::authority;
use crate::error::{Error, Kind};
use crate::text;

/// Bytes of an error body that are read.
const BODY_LIMIT: u64 = 64 << 10;

/// Where to look for an image that no registry has.
pub const LOCAL: &str = "an image that only the local engine has is named docker-daemon:NAME";

/// What to do where a registry is asked too often.
pub const LATER: &str = "try again then; registries grant more to those who log in, and --rate N asks less often";

/// Characters of a server's text that are shown.
const SHOWN: usize = 512;

/// The error document of the distribution specification ("Error Codes"), and what token servers make of it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Document {
    errors: Vec<Entry>,
    error: Option<serde_json::Value>,
    error_description: Option<String>,
    message: Option<String>,
    details: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    code: Option<String>,
    message: Option<String>,
}

/// A server's text, fit to be shown: short, escaped, masked.
pub fn excerpt(text: &str) -> String {
    // Masked before it is cut, so that half a secret is not left behind.
    let shown = text::escape(text::mask(text.trim()).as_bytes());
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

/// What a refused answer says. What it says is shown by [`Refusal::error`] alone.
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The registry's error code, such as `MANIFEST_UNKNOWN`.
    pub code: String,
    /// What the server says, of any length.
    said: String,
    html: bool,
}

impl Refusal {
    /// Reads a refused answer, as far as it is worth reading, and takes `secrets` out of it: a server may echo what it
    /// was sent.
    pub async fn read(response: Response, secrets: &[String]) -> Self {
        let status = response.status();
        let html = is_html(&response);
        let body = body::read_up_to(response, BODY_LIMIT).await;
        let document: Document = serde_json::from_slice(&body).unwrap_or_default();
        let first = document.errors.into_iter().next().unwrap_or_default();
        let code = first.code.or_else(|| document.error.and_then(|error| error.as_str().map(str::to_owned))).unwrap_or_default();
        let message = [first.message, document.error_description, document.message, document.details].into_iter().flatten();
        let parts: Vec<String> = std::iter::once(code.clone()).chain(message).filter(|part| !part.is_empty()).collect();
        let mut said = if !parts.is_empty() {
            parts.join(": ")
        } else if html {
            String::new()
        } else {
            String::from_utf8_lossy(&body).into_owned()
        };
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            said = said.replace(secret.as_str(), "***");
        }
        Self { status, code, said, html }
    }

    /// An error of this kind: `subject`, the status and the server's words.
    pub fn error(&self, kind: Kind, subject: &str) -> Error {
        let said = excerpt(&self.said);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let reason = self.status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
        let error = Error::new(kind, format!("{subject} ({}{reason}){said}", self.status.as_u16()));
        if self.html { error.hint("the answer is a web page: is the host a registry?") } else { error }
    }

    /// The error of a registry that does not have what was asked for.
    pub fn absent(&self, subject: &str) -> Error {
        let error = self.error(Kind::NotFound, subject);
        if self.html { error } else { error.hint(format!("check the name and the tag; {LOCAL}")) }
    }
}

/// Whether an answer is a web page.
pub fn is_html(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.to_ascii_lowercase().contains("html")
}

/// The error of a server that asks to come back later, or fails in a way that may pass.
pub async fn overloaded(response: Response, asked: Option<Duration>, secrets: &[String]) -> Error {
    let host = authority(response.url());
    let limited = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let refusal = Refusal::read(response, secrets).await;
    let subject = if limited { format!("{host} limits the rate of requests") } else { format!("{host} fails") };
    let error = refusal.error(Kind::Unreachable, &subject);
    match asked {
        Some(wait) => {
            let what = format!("{}; it asks to retry after {} s", error.what, wait.as_secs());
            Error { what, ..error }.hint(LATER)
        }
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_shown_short_escaped_and_masked() {
        assert_eq!(excerpt("a\x1b[2Jb PASSWORD=hunter2"), "a\\u{1b}[2Jb PASSWORD=***");
        assert_eq!(excerpt(&"é".repeat(600)).chars().count(), SHOWN + 1);
        let status = StatusCode::FORBIDDEN;
        let refusal = Refusal { status, code: String::new(), said: "no\n".into(), html: true };
        let error = refusal.error(Kind::Denied, "refused");
        assert_eq!(error.what, "refused (403 Forbidden): no");
        assert!(error.hint.unwrap().contains("web page"));
    }
}
