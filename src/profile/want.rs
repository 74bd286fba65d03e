//! The keys of `want`, and how their values are read.

use toml::Spanned;

use super::check::{Constraint, FileType, Mode, Value};
use super::document::Wanted;
use super::load::glob;

/// A key of `want`: for parsing, for the schema, and for the documentation.
#[derive(Debug, Clone, Copy)]
pub struct WantKey {
    /// The key.
    pub name: &'static str,
    /// The subjects that have it.
    pub subjects: &'static [&'static str],
    /// What its value is, in words.
    pub value: &'static str,
    /// What it asks.
    pub meaning: &'static str,
}

const fn key(name: &'static str, subjects: &'static [&'static str], value: &'static str, meaning: &'static str) -> WantKey {
    WantKey { name, subjects, value, meaning }
}

const FILES: &[&str] = &["files"];
const TEXTS: &[&str] = &["config", "label"];

/// All of them.
pub static WANTS: &[WantKey] = &[
    key("exists", FILES, "true or false", "whether anything matches; without `want`, that something does"),
    key("type", FILES, "`file`, `directory`, `link`, `device` or `pipe`", "the type of each; links are not followed"),
    key("owner", FILES, "`UID` or `UID:GID`, as numbers", "the owner of each"),
    key("mode", FILES, "octal (`0644`), or clauses as chmod has them (`a-w,u+x`)", "the permission bits of each that is no link"),
    key("contains", FILES, "a text or a list of texts", "texts, taken literally, that each regular file holds"),
    key("excludes", FILES, "a text or a list of texts", "texts, taken literally, that no regular file holds"),
    key("sha256", FILES, "64 hexadecimal digits", "the digest of each regular file"),
    key("link", FILES, "a text", "the target of each: all of them are links"),
    key("elf", FILES, "an architecture, as `arm64`", "each regular file is machine code of that architecture"),
    key("min-count", FILES, "a number", "how many match at least; directories count only where `type` says so"),
    key("max-bytes", FILES, "a number or text with a unit, as `50MB`", "bytes of all regular files together, at most"),
    key("equals", TEXTS, "a text; of a list in the configuration, a list of texts", "the value; `\"\"` and `[]`: not set"),
    key("matches", TEXTS, "a regular expression", "all of the value fits it; a list is read as JSON"),
    key("one-of", TEXTS, "a list of texts", "the value is one of these"),
    key("version", &["package"], "a glob (`3.0.*`), or constraints (`>=3.0.11,<4`)", "the version of each"),
    key("absent", &["package"], "true or false", "that none is installed"),
    key("starts", &["command"], "true or false", "whether it leads to machine code that can run; without `want`, that it does"),
];

/// The values of a `want` table that are not taken yet.
pub(super) struct Wants<'a>(pub Vec<(&'a Spanned<String>, &'a Spanned<Wanted>)>);

/// What is wrong with a value, and where.
pub(super) type Wrong = (std::ops::Range<usize>, String);

impl<'a> Wants<'a> {
    /// Takes a key out, and reads its value.
    pub fn take<T>(&mut self, name: &str, read: impl Fn(&'a Wanted) -> Option<Result<T, String>>) -> Result<Option<T>, Wrong> {
        let Some(at) = self.0.iter().position(|(key, _)| key.get_ref() == name) else { return Ok(None) };
        let (_, value) = self.0.remove(at);
        let wanted = || WANTS.iter().find(|key| key.name == name).map_or("", |key| key.value);
        let read = read(value.get_ref()).unwrap_or_else(|| Err(format!("wanted {}", wanted())));
        read.map(Some).map_err(|what| (value.span(), what))
    }

    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Wrong> {
        self.take(name, |value| matches!(value, Wanted::Flag(_)).then_some(Ok(*value == Wanted::Flag(true))))
    }

    pub fn text(&mut self, name: &str) -> Result<Option<String>, Wrong> {
        self.parsed(name, |text| Ok(text.to_owned()))
    }

    /// A text that a parser reads.
    pub fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Wrong> {
        self.take(name, |value| match value {
            Wanted::Text(text) => Some(parse(text)),
            _ => None,
        })
    }

    /// A list of texts; one text is a list, too.
    pub fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Wrong> {
        self.take(name, |value| {
            match value {
                Wanted::Text(text) => Some(vec![text.clone()]),
                Wanted::Texts(texts) => Some(texts.clone()),
                _ => None,
            }
            .map(|texts| {
                if texts.iter().any(String::is_empty) { Err("an empty text is in every file".into()) } else { Ok(texts) }
            })
        })
    }

    pub fn count(&mut self, name: &str) -> Result<Option<u64>, Wrong> {
        self.take(name, |value| match value {
            Wanted::Count(count) => Some(Ok(*count)),
            _ => None,
        })
    }

    pub fn bytes(&mut self, name: &str) -> Result<Option<u64>, Wrong> {
        let unit = |text: &str| format!("{text:?} is no number of bytes: write it as 50MB or 64KiB");
        self.take(name, |value| match value {
            Wanted::Count(count) => Some(Ok(*count)),
            Wanted::Text(text) => Some(crate::limits::parse_bytes(text).ok_or_else(|| unit(text))),
            _ => None,
        })
    }

    /// A text or a list of texts, whatever is in them.
    pub fn value(&mut self, name: &str) -> Result<Option<Value>, Wrong> {
        self.take(name, |value| match value {
            Wanted::Text(text) => Some(Ok(Value::One(text.clone()))),
            Wanted::Count(count) => Some(Ok(Value::One(count.to_string()))),
            Wanted::Flag(flag) => Some(Ok(Value::One(flag.to_string()))),
            Wanted::Texts(texts) => Some(Ok(Value::Many(texts.clone()))),
        })
    }
}

pub(super) fn file_type(text: &str) -> Result<FileType, String> {
    let words = || FileType::ALL.map(FileType::word).join(", ");
    FileType::ALL.into_iter().find(|kind| kind.word() == text).ok_or_else(|| format!("{text:?} is none of {}", words()))
}

/// Reads `UID` or `UID:GID`.
pub(super) fn owner(text: &str) -> Result<(u64, Option<u64>), String> {
    let wrong = || format!("{text:?} is no owner: write uid or uid:gid, both as numbers");
    let (uid, gid) = text.split_once(':').map_or((text, None), |(uid, gid)| (uid, Some(gid)));
    let number = |text: &str| text.parse().map_err(|_| wrong());
    Ok((number(uid)?, gid.map(number).transpose()?))
}

/// Reads 64 hexadecimal digits, `sha256:` before them or not.
pub(super) fn sha256(text: &str) -> Result<[u8; 32], String> {
    let wrong = || format!("{text:?} is no SHA-256: write its 64 hexadecimal digits");
    let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    let digit =
        |at: usize| digits.get(at).and_then(|digit| char::from(*digit).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    let mut out = [0; 32];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = digit(2 * at).ok_or_else(wrong)? << 4 | digit(2 * at + 1).ok_or_else(wrong)?;
    }
    if digits.len() == 64 { Ok(out) } else { Err(wrong()) }
}

/// Every permission bit.
const ALL: u16 = 0o7777;

/// Reads a mode: octal, all bits of which count, or clauses as chmod(1) has them.
pub(super) fn mode(text: &str) -> Result<Mode, String> {
    let wrong = || format!("{text:?} is no mode: write it as 0644 or as a-w,u+x");
    let (mut set, mut clear) = (0, 0);
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        set = u16::from_str_radix(text, 8).ok().filter(|mode| *mode <= ALL).ok_or_else(wrong)?;
        clear = ALL & !set;
    } else {
        for clause in text.split(',') {
            let at = clause.find(['+', '-', '=']).ok_or_else(wrong)?;
            let (who, how) = clause.split_at(at);
            let bits = bits(who, &how[1..]).ok_or_else(wrong)?;
            match &how[..1] {
                "+" => set |= bits,
                "-" => clear |= bits,
                _ => {
                    set |= bits;
                    clear |= super::want::bits(who, "rwx").ok_or_else(wrong)? & !bits;
                }
            }
        }
    }
    if set & clear == 0 { Ok(Mode { written: text.to_owned(), set, clear }) } else { Err(format!("{text:?} contradicts itself")) }
}

/// The bits that these permissions are of these classes; nobody named is everybody.
fn bits(who: &str, permissions: &str) -> Option<u16> {
    let mut bits = 0;
    for class in if who.is_empty() { "a" } else { who }.chars() {
        let (mask, special) = match class {
            'u' => (0o700, 0o4000),
            'g' => (0o070, 0o2000),
            'o' => (0o007, 0),
            'a' => (0o777, 0o6000),
            _ => return None,
        };
        for permission in permissions.chars() {
            bits |= match permission {
                'r' => 0o444 & mask,
                'w' => 0o222 & mask,
                'x' => 0o111 & mask,
                's' => special,
                't' => 0o1000,
                _ => return None,
            };
        }
    }
    (!permissions.is_empty()).then_some(bits)
}

/// Operators, the longer before those that they begin with.
const OPERATORS: [&str; 6] = [">=", "<=", "==", "!=", ">", "<"];

/// Reads constraints between commas; what begins with no operator is a glob.
pub(super) fn version(text: &str) -> Result<Vec<Constraint>, String> {
    let one = |part: &str| match OPERATORS.iter().find_map(|operator| Some((*operator, part.strip_prefix(operator)?.trim()))) {
        Some((_, version)) if version.is_empty() || version.contains('*') => Err(format!("{part:?} names no version")),
        Some((operator, version)) => Ok(Constraint::Order(operator, version.to_owned())),
        None if part.is_empty() => Err(format!("{text:?} is no version")),
        None => glob(part, false).map(Constraint::Like),
    };
    text.split(',').map(|part| one(part.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_or_clauses() {
        for (text, holds, fails) in [
            ("0644", &[0o644][..], &[0o645, 0o640, 0o4644][..]),
            ("755", &[0o755], &[0o1755]),
            ("a-w", &[0o555, 0o444], &[0o755, 0o446]),
            ("u+x,go-w", &[0o755, 0o100], &[0o644, 0o722]),
            ("u=rw", &[0o600, 0o677, 0o4600], &[0o700, 0o400]),
            ("+x", &[0o111], &[0o110]),
            ("a-s", &[0o777], &[0o4777, 0o2777]),
        ] {
            let mode = mode(text).unwrap();
            assert!(holds.iter().all(|bits| mode.holds(*bits)) && !fails.iter().any(|bits| mode.holds(*bits)), "{text}");
        }
        for text in ["", "888", "77777", "a", "a+", "x+w", "a+q", "a+w,u-w"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn owners_digests_and_versions_are_read() {
        assert_eq!((owner("101:7"), owner("101")), (Ok((101, Some(7))), Ok((101, None))));
        assert!(["", "web", "1:", ":1", "-1"].iter().all(|text| owner(text).is_err()));
        let digits = "0aF9".repeat(16);
        assert_eq!(sha256(&digits).unwrap()[..2], [0x0a, 0xf9]);
        assert!(
            sha256(&format!("sha256:{digits}")).is_ok()
                && sha256(&digits[1..]).is_err()
                && sha256(&format!("{digits}0")).is_err()
        );
        let [Constraint::Order(">=", low), Constraint::Order("<", high)] = &version(">= 3.0, <4").unwrap()[..] else { panic!() };
        assert_eq!((&low[..], &high[..]), ("3.0", "4"));
        assert!(matches!(&version("3.0.*").unwrap()[..], [Constraint::Like(like)] if like.is_match("3.0.11-1")));
        assert!([">=", "", "1,,2", "==1.*", "["].iter().all(|text| version(text).is_err()));
    }
}
