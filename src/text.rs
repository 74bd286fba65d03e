//! Text from an image or a registry made fit to show: bytes without loss, control characters and bidi marks escaped,
//! secrets masked.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Bytes as text without loss: UTF-8 as it is, a backslash doubled, any other byte as `\xNN`.
pub fn lossless(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Whether a terminal would act on this character instead of showing it: C0 and C1 controls, bidi marks and isolates,
/// line and paragraph separators, and invisible characters that make two names look alike.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text that a terminal shows and does not act on.
pub fn terminal(text: &str) -> String {
    if !text.chars().any(acts) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut out, character| {
        match character {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            acting if acts(acting) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(acting));
            }
            plain => out.push(plain),
        }
        out
    })
}

/// Bytes as text for a message: without loss, and safe on a terminal.
pub fn escape(bytes: &[u8]) -> String {
    terminal(&lossless(bytes))
}

/// What stands where a secret stood.
const MASK: &str = "***";

/// `scheme://user:password@host`: the password.
static USERINFO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)(?P<secret>[^/\s@]+)@"));

/// Tokens that their makers gave a recognisable shape, and PEM private keys.
static SHAPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{20,}|\bxox[baprs]-[A-Za-z0-9-]{10,}",
        r"|\bAIza[A-Za-z0-9_-]{35}|\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[A-Za-z0-9_-]{20,}|\bdckr_pat_[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    ))
});

/// Assignments to names that hold secrets (the words of BuildKit's own check), in ENV, ARG and build arguments.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?P<before>\b(?P<name>[a-z0-9_]*?(?:\b|_)(?:apikey|api_key|auth|credentials?|key|password|pword|passwd|secret|token)(?:_[a-z0-9_]*)?)=)(?P<secret>"[^"]*"|'[^']*'|[^\s"',;&|]+)"#,
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Names that look like secrets and are public.
fn is_public(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("gpg_key") || ["public", "file", "version"].iter().any(|word| name.split('_').any(|part| part == *word))
}

/// Whether an environment variable of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    NAMED.captures(&format!("{name}=x")).is_some_and(|found| found.get(0).is_some_and(|all| all.start() == 0)) && !is_public(name)
}

/// Masks what looks like a secret: passwords in URLs, tokens by their shape, values of names that hold secrets.
pub fn mask(text: &str) -> String {
    let text = USERINFO.replace_all(text, |found: &Captures<'_>| format!("{}{MASK}@", &found["before"]));
    let text = SHAPED.replace_all(&text, MASK);
    let masked = NAMED.replace_all(&text, |found: &Captures<'_>| {
        if is_public(&found["name"]) || found["secret"].starts_with('$') {
            found[0].to_owned()
        } else {
            format!("{}{MASK}", &found["before"])
        }
    });
    masked.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_never_acts_on_image_text() {
        assert_eq!(escape(b"a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(escape(b"a\nb\xffc\\"), "a\\nb\\xffc\\\\");
        assert_eq!(escape("grün".as_bytes()), "grün");
        assert_ne!(lossless(b"\xff"), lossless(b"\\xff"));
    }

    #[test]
    fn secrets_are_masked_and_the_rest_is_kept() {
        for (text, masked) in [
            ("mongodb://lucid:changeme@db:27017/x", "mongodb://lucid:***@db:27017/x"),
            ("RUN |1 DB_PASSWORD=hunter2 pip install x", "RUN |1 DB_PASSWORD=*** pip install x"),
            ("ENV API_KEY=abc", "ENV API_KEY=***"),
            ("TOKEN=\"a b\" x", "TOKEN=*** x"),
            ("use ghp_0123456789012345678901234567890123456", "use ***"),
            ("GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D"),
            ("PASSWORD_FILE=/run/secrets/x", "PASSWORD_FILE=/run/secrets/x"),
            ("MONKEY=banana KEYBOARD=us", "MONKEY=banana KEYBOARD=us"),
            ("COPY --chown=65532:65532 /a /b", "COPY --chown=65532:65532 /a /b"),
        ] {
            assert_eq!(mask(text), masked);
        }
        assert!(is_secret_name("DB_PASSWORD") && !is_secret_name("PATH") && !is_secret_name("GPG_KEYS"));
    }
}
