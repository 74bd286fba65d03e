//! How much an image may grow: `[SCOPE=]LIMIT`, as profiles and the command line have it.

use std::fmt;
use std::str::FromStr;

use super::delta::Change;
use crate::facts::python::distribution::normalized;
use crate::limits::parse_bytes;
use crate::vfs::LayerPath;

/// What is wanted of a text.
const FORM: &str = "write [SCOPE=]LIMIT, such as 5%, 10MB, /app=1MB or python:numpy=0";

/// The scopes, as errors list them.
const SCOPES: &str = "a scope is unpacked, compressed, layer, package, /DIRECTORY, python:NAME, deb:NAME or apk:NAME";

/// The largest percentage: beyond it nobody means one.
const MOST_PERCENT: u64 = 1_000_000;

/// A bound of growth: `[SCOPE=]LIMIT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// What may grow by no more; `None`: the unpacked and the compressed bytes, each.
    pub scope: Option<Scope>,
    /// By how much.
    pub limit: Limit,
}

/// What may grow. Ordered as findings are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Regular files of all layers.
    Unpacked,
    /// Blobs of all layers.
    Compressed,
    /// Regular files of any one layer; a new layer grows from nothing.
    Layer,
    /// Everything below a directory of the final tree, by its path with a leading `/`.
    Directory(String),
    /// Any one package.
    AnyPackage,
    /// One package, by its kind and its name as that kind compares names.
    Package(&'static str, String),
}

/// By how much something may grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// Thousandths of a percent of what it was.
    Percent {
        /// The thousandths.
        thousandths: u64,
        /// As it was written: `0.5%`.
        written: String,
    },
    /// Bytes.
    Bytes {
        /// The bytes.
        most: u64,
        /// As it was written: `10MB`.
        written: String,
    },
}

impl Threshold {
    /// The bounds where nobody set any: 5 % and 10 MB.
    pub fn usual() -> Vec<Self> {
        let percent = Limit::Percent { thousandths: 5_000, written: "5%".into() };
        let bytes = Limit::Bytes { most: 10_000_000, written: "10MB".into() };
        [percent, bytes].map(|limit| Self { scope: None, limit }).into()
    }

    /// The directory that it is about.
    pub fn directory(&self) -> Option<&str> {
        match &self.scope {
            Some(Scope::Directory(path)) => Some(path),
            _ => None,
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scope, limit) = text.rsplit_once('=').map_or((None, text), |(scope, limit)| (Some(scope), limit));
        Ok(Self {
            scope: scope.map(|scope| Scope::read(scope.trim(), text)).transpose()?,
            limit: Limit::read(limit.trim(), text)?,
        })
    }
}

impl Scope {
    fn read(scope: &str, text: &str) -> Result<Self, String> {
        let package = |kind, name: &str| match kind {
            "python" => Self::Package(kind, normalized(name)),
            _ => Self::Package(kind, name.to_owned()),
        };
        match scope {
            "unpacked" => Ok(Self::Unpacked),
            "compressed" => Ok(Self::Compressed),
            "layer" => Ok(Self::Layer),
            "package" => Ok(Self::AnyPackage),
            path if path.starts_with('/') => Ok(Self::Directory(LayerPath::new(path).to_string())),
            _ => {
                let kinds = ["python", "deb", "apk"].into_iter();
                let named = kinds.filter_map(|kind| Some((kind, scope.strip_prefix(kind)?.strip_prefix(':')?)));
                let mut named = named.filter(|(_, name)| !name.is_empty()).map(|(kind, name)| package(kind, name));
                named.next().ok_or_else(|| format!("{text:?} is no threshold: {SCOPES}"))
            }
        }
    }
}

impl Limit {
    fn read(limit: &str, text: &str) -> Result<Self, String> {
        let read = match limit.strip_suffix('%') {
            Some(number) => {
                thousandths(number.trim_end()).map(|thousandths| Self::Percent { thousandths, written: limit.to_owned() })
            }
            // Whoever writes 5 may mean percent: only nothing needs no unit.
            None => parse_bytes(limit)
                .filter(|most| *most == 0 || !limit.ends_with(|last: char| last.is_ascii_digit()))
                .map(|most| Self::Bytes { most, written: limit.to_owned() }),
        };
        read.ok_or_else(|| format!("{text:?} is no threshold: {FORM}"))
    }

    /// Whether a change is more than it allows.
    pub fn is_passed(&self, change: Change) -> bool {
        let by = change.new.saturating_sub(change.old);
        match self {
            Self::Bytes { most, .. } => by > *most,
            Self::Percent { thousandths, .. } => u128::from(by) * 100_000 > u128::from(change.old) * u128::from(*thousandths),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Percent { written, .. } | Self::Bytes { written, .. }) = self;
        f.write_str(written)
    }
}

/// A decimal with at most three places, in thousandths.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) || part.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= MOST_PERCENT)?;
    format!("{whole}{part:0<3}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Scope>, Limit) {
        let Threshold { scope, limit } = text.parse().unwrap_or_else(|error| panic!("{error}"));
        (scope, limit)
    }

    fn bytes(text: &str) -> u64 {
        match read(text).1 {
            Limit::Bytes { most, .. } => most,
            Limit::Percent { .. } => panic!("{text} is no bytes"),
        }
    }

    #[test]
    fn a_limit_is_percent_or_bytes_with_a_unit() {
        let percent = |text: &str, wanted: u64| match read(text).1 {
            Limit::Percent { thousandths, written } => assert_eq!((thousandths, &written[..]), (wanted, text)),
            Limit::Bytes { .. } => panic!("{text} is percent"),
        };
        for (text, wanted) in [("5%", 5_000), ("0.5%", 500), ("0%", 0), ("0.125%", 125), ("100%", 100_000)] {
            percent(text, wanted);
        }
        assert_eq!(["10MB", "64KiB", "0", "7B"].map(bytes), [10_000_000, 65_536, 0, 7]);
    }

    #[test]
    fn a_scope_is_a_total_a_layer_a_directory_or_a_package() {
        for (text, scope) in [
            ("unpacked=5%", Scope::Unpacked),
            ("compressed=5%", Scope::Compressed),
            ("layer=1MB", Scope::Layer),
            ("/app/=1MB", Scope::Directory("/app".into())),
            ("/a=b/../c=1MB", Scope::Directory("/c".into())),
            ("package=0", Scope::AnyPackage),
            ("python:Flask_Login=0", Scope::Package("python", "flask-login".into())),
            ("deb:libssl3=0", Scope::Package("deb", "libssl3".into())),
            ("apk:musl=0", Scope::Package("apk", "musl".into())),
        ] {
            assert_eq!(read(text).0, Some(scope), "{text}");
        }
        assert_eq!(read("5%").0, None);
    }

    #[test]
    fn what_is_mistyped_is_an_error_that_says_what_is_wanted() {
        for text in [
            "",
            "%",
            "5",
            "/app=5",
            "5 percent",
            "-5%",
            "5,5%",
            "0.1234%",
            ".5%",
            "5.%",
            "1e3%",
            "99999999%",
            "10Mb",
            "-1",
            "1.5MB",
            "=5%",
            "app=5%",
            "python:=5%",
            "rpm:x=5%",
            "unpacked",
            "/app=",
            "99999999999999999999",
        ] {
            let error = text.parse::<Threshold>().unwrap_err();
            assert!(error.contains("is no threshold: ") && (error.contains(FORM) || error.contains(SCOPES)), "{text}: {error}");
        }
    }

    #[test]
    fn a_limit_is_passed_by_more_than_it_and_of_nothing_by_anything() {
        let passed = |limit: &str, old, new| read(limit).1.is_passed(Change { old, new });
        assert!(!passed("5%", 100, 105) && passed("5%", 100, 106) && !passed("5%", 100, 90));
        assert!(!passed("5B", 100, 105) && passed("5B", 100, 106));
        assert!(passed("0", 100, 101) && !passed("0", 100, 100) && passed("0%", 100, 101) && !passed("0%", 100, 100));
        assert!(passed("1000000%", 0, 1) && !passed("5%", 0, 0));
        assert!(passed("0.5%", 1000, 1006) && !passed("0.5%", 1000, 1005));
        assert!(!passed("1000000%", u64::MAX, u64::MAX) && passed("5%", 1, u64::MAX));
    }
}
