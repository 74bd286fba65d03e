//! Secrets in text: known by their shape, or by the name that stands before them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands where a secret stood.
const MASK: &str = "***";

/// `scheme://user:password@host`: the password, up to the last `@` before the path.
static USERINFO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://(?P<user>[^/\s:@]*):)(?P<password>[^/\s]+)@"));

/// What their makers gave a recognisable shape.
const SHAPES: [(&str, &str); 11] = [
    ("an AWS access key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", r"\bxox[baprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{20,}"),
    ("a Docker Hub token", r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
    ("a Stripe key", r"\b[sr]k_live_[A-Za-z0-9]{20,}"),
];

/// Any of these, each in a group of its own.
static SHAPED: LazyLock<Regex> = LazyLock::new(|| pattern(&SHAPES.map(|(_, shape)| format!("({shape})")).join("|")));

/// The name of an assignment in ENV, ARG, build arguments and options. The value is no part of it: it may hold assignments.
static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?-u)\b[A-Za-z0-9_][A-Za-z0-9_-]*="));

/// A value as a shell takes it for one word. A quote that is not closed holds the rest.
static VALUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(?:"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|'[^']*(?:'|$)|\\(?:[\s\S]|$)|[^\s"';&|\\])+"#));

/// Words that say that a name holds a secret, wherever in the name they stand (the words of `BuildKit`'s own check).
const SECRET: [&str; 9] = ["password", "passwd", "passphrase", "pword", "secret", "token", "apikey", "credential", "credentials"];

/// Words that say so only as the last one: `API_KEY` and `REGISTRY_AUTH`, not `KEY_SERVER` and `AUTH_SERVICE_PORT`.
const SECRET_AT_END: [&str; 2] = ["key", "auth"];

/// Last words that say that a name speaks of a secret and does not hold it.
#[rustfmt::skip]
const DESCRIPTORS: [&str; 36] = [
    "algorithm", "audience", "count", "days", "dir", "directory", "enabled", "endpoint", "expires", "expiry", "file", "header",
    "host", "hours", "id", "issuer", "length", "limit", "max", "min", "minutes", "name", "path", "policy", "port", "prefix",
    "public", "seconds", "server", "service", "size", "timeout", "ttl", "type", "uri", "url",
];

/// Values that say how something is done, and hide nothing.
const SETTINGS: &[&str] =
    &["auto", "disabled", "enabled", "false", "no", "none", "null", "off", "on", "optional", "required", "true", "trust", "yes"];

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Whether a variable or an option of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(['_', '-']).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return false };
    let is_public = words.iter().any(|word| matches!(*word, "public" | "file" | "version")) || name.starts_with("gpg_key");
    // Some names run their words together: PGPASSWORD.
    let is_secret = |word: &&str| SECRET.contains(word) || word.ends_with("password");
    !is_public && !DESCRIPTORS.contains(last) && (words.iter().any(is_secret) || SECRET_AT_END.contains(last))
}

/// Whether a value is a placeholder: something is still to be put in its place.
pub fn is_template(value: &str) -> bool {
    let is_mask = value.chars().all(|character| ['*', 'x', 'X', '.', '-'].contains(&character));
    let is_named = value.starts_with('<') && value.ends_with('>');
    is_mask || is_named || value.starts_with('$') || ["${", "$(", "{{", "%("].iter().any(|mark| value.contains(mark))
}

/// Whether a value is a switch, a small number, a path or an address.
pub fn is_setting(value: &str) -> bool {
    let is_part =
        |part: &str| part.len() <= 32 && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    let path = value.strip_prefix("file:").unwrap_or(value).trim_start_matches(['~', '.']);
    let is_path = path.starts_with('/') && path.split('/').all(is_part);
    let is_number = value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit());
    SETTINGS.contains(&value.to_ascii_lowercase().as_str()) || is_path || is_number || value.contains("://")
}

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret<'a> {
    /// The password of a URL.
    Password {
        /// The user whose it is.
        user: &'a str,
        /// The password.
        password: &'a str,
    },
    /// What has the shape that its maker gives it.
    Shaped {
        /// What it is: `a GitHub token`.
        kind: &'static str,
        /// The secret.
        text: &'a str,
    },
}

/// The first secret in a text that is known by its shape, tokens before passwords of URLs.
pub fn secret(text: &str) -> Option<Secret<'_>> {
    let shaped = || {
        let found = SHAPED.captures(text)?;
        let mut kinds = SHAPES.iter().zip(found.iter().skip(1));
        kinds.find_map(|((kind, _), group)| Some(Secret::Shaped { kind, text: group?.as_str() }))
    };
    let password = || {
        let found = USERINFO.captures(text)?;
        Some(Secret::Password { user: found.name("user")?.as_str(), password: found.name("password")?.as_str() })
    };
    shaped().or_else(password)
}

/// Masks what looks like a secret: passwords in URLs, tokens by their shape, values of names that hold secrets.
pub fn mask(text: &str) -> String {
    let text = USERINFO.replace_all(text, |found: &Captures<'_>| format!("{}{MASK}@", &found["before"]));
    mask_values(&SHAPED.replace_all(&text, MASK))
}

/// A value as it may be shown beside its name, which may say that it is a secret, blanks and all.
pub fn mask_value(name: &str, value: &str) -> String {
    if is_secret_name(name) && !value.is_empty() { MASK.to_owned() } else { mask(value) }
}

/// Masks the values of names that hold secrets, but for references to variables.
fn mask_values(text: &str) -> String {
    let (mut out, mut shown) = (String::with_capacity(text.len()), 0);
    for found in NAME.find_iter(text).filter(|found| is_secret_name(found.as_str().trim_end_matches('='))) {
        let Some((value, begin)) = text.get(found.end()..).zip(text.get(shown..found.end())) else { continue };
        if let Some(value) = VALUE.find(value).filter(|value| !value.as_str().starts_with('$')) {
            out.push_str(begin);
            out.push_str(MASK);
            shown = found.end() + value.end();
        }
    }
    out.push_str(&text[shown..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("AUTH_SERVICE_PORT=8089 AUTH_SERVICE_HOST=0.0.0.0", "AUTH_SERVICE_PORT=8089 AUTH_SERVICE_HOST=0.0.0.0"),
            ("OPTS=\"--db-password=hunter2 --x\" y", "OPTS=\"--db-password=*** --x\" y"),
            ("SECRET=a,b;next", "SECRET=***;next"),
            ("SECRET='a b'\"c d\"e f", "SECRET=*** f"),
            ("SECRET=\"a\\\"b\" c", "SECRET=*** c"),
            ("SECRET=\"cut sho", "SECRET=***"),
            ("SECRET=${FROM_ELSEWHERE} x", "SECRET=${FROM_ELSEWHERE} x"),
            ("SECRET= x", "SECRET= x"),
            ("TOKEN=PASSWORD=x y", "TOKEN=*** y"),
            ("https://me:p@ss@host/x@y", "https://me:***@host/x@y"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn a_secret_is_known_by_its_shape() {
        let kind = |text: &str| match secret(text) {
            Some(Secret::Shaped { kind, .. }) => kind.to_owned(),
            Some(Secret::Password { user, password }) => format!("{user} {password}"),
            None => String::new(),
        };
        for (text, known) in [
            ("AKIA0123456789ABCDEF", "an AWS access key"),
            ("x ghp_0123456789012345678901234567890123456", "a GitHub token"),
            ("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "a JSON web token"),
            ("-----BEGIN RSA PRIVATE KEY-----\\nMII", "a private key"),
            ("redis://:hunter2@cache:6379/0", " hunter2"),
            ("postgres://app:p@ss@db/x@y", "app p@ss"),
            ("postgres://app@db:5432/x", ""),
            ("postgres://app:@db:5432/x", ""),
            ("-----BEGIN CERTIFICATE-----", ""),
            ("A035C8C19219BA821ECEA86B64E628F8D684696D", ""),
        ] {
            assert_eq!(kind(text), known, "{text}");
        }
    }

    #[test]
    fn a_name_is_secret_by_its_words_and_by_their_place() {
        for secret in [
            "DB_PASSWORD",
            "PGPASSWORD",
            "password",
            "SECRET_KEY_BASE",
            "AUTH_TOKEN_1",
            "API_KEY",
            "REGISTRY_AUTH",
            "APIKEY",
            "db-passwd",
            "AWS_CREDENTIALS",
            "KEY_PASSPHRASE",
            "TOKEN_VALUE",
        ] {
            assert!(is_secret_name(secret), "{secret}");
        }
        for shown in [
            "PATH",
            "GPG_KEY",
            "GPG_KEYS",
            "AUTH_SERVICE_PORT",
            "AUTH_SERVICE_HOST",
            "KEY_SERVER",
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "SECRET_NAME",
            "JWT_PUBLIC_KEY",
            "JWT_PUBLIC_KEY_TOKEN",
            "TOKEN_EXPIRY_MINUTES",
            "TOKENIZERS_PARALLELISM",
            "MONKEY",
            "AUTHOR",
            "PASSWORD_MIN_LENGTH",
            "API_KEY_HEADER",
            "PASSWORD_FILE_OLD",
            "TOKEN_VERSION",
            "",
            "_",
            "=",
        ] {
            assert!(!is_secret_name(shown), "{shown}");
        }
    }

    #[test]
    fn masking_a_mebibyte_takes_no_longer_than_reading_it() {
        for piece in [
            "a",
            "a-",
            "key_",
            "key=",
            "token=\"",
            "token='",
            "SECRET=\\",
            "a://b:",
            "a://b:c@",
            "-----BEGIN PRIVATE KEY-----",
            "eyJ",
            "A=",
        ] {
            let started = std::time::Instant::now();
            let masked = mask(&piece.repeat((1 << 20) / piece.len()));
            assert!(masked.len() <= 4 << 20 && started.elapsed().as_secs() < 5, "{piece:?} took {:?}", started.elapsed());
        }
    }
}
