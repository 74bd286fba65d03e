//! Requirements: lines of `Requires-Dist`, and sections of `requires.txt`, as far as they can be read. What cannot is no
//! requirement: packages are older than the rules that they are written by.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier};

use super::distribution::normalized;
use super::marker::Marker;

/// What one line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The distribution, as it is written.
    pub name: String,
    /// Its name as it is compared.
    pub normalized: String,
    /// Its extras, normalised.
    pub extras: Vec<String>,
    /// The versions that will do.
    pub versions: Versions,
    /// When it is asked for; `None` for always.
    pub marker: Option<Marker>,
}

/// A set of versions (packaging.python.org, "Version specifiers").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// As it is written, without blanks and parentheses.
    pub written: String,
    specifiers: Vec<VersionSpecifier>,
}

/// Bytes of a line that is looked at; real ones have fewer than a thousand.
const MAX_LINE: usize = 4096;

impl Requirement {
    /// Reads a line; `None` where it is none.
    pub fn parse(line: &str) -> Option<Self> {
        let line = Some(line).filter(|line| line.len() <= MAX_LINE)?;
        let line = line.split(" #").next().unwrap_or_default().trim();
        let end = line.find(|character: char| !character.is_ascii_alphanumeric() && !"-_.".contains(character));
        let (name, rest) = line.split_at(end.unwrap_or(line.len()));
        let is_edge = |character: char| character.is_ascii_alphanumeric();
        if !(name.starts_with(is_edge) && name.ends_with(is_edge)) {
            return None;
        }
        let (extras, rest) = match rest.trim_start().strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest.trim_start()),
        };
        // A semicolon may be part of a URL; one behind a blank is not.
        let is_url = rest.trim_start().starts_with('@');
        let (versions, marker) = rest.split_once(if is_url { " ;" } else { ";" }).unzip();
        let versions = if is_url { Versions::default() } else { Versions::parse(versions.unwrap_or(rest)) };
        let extras = extras.split(',').map(|extra| normalized(extra.trim())).filter(|extra| !extra.is_empty()).collect();
        let marker = match marker {
            Some(marker) => Some(Marker::parse(marker)?),
            None => None,
        };
        Some(Self { name: name.into(), normalized: normalized(name), extras, versions, marker })
    }

    /// As it is written, without its marker: `async-timeout>=4.0.3`.
    pub fn shown(&self) -> String {
        let extras = if self.extras.is_empty() { String::new() } else { format!("[{}]", self.extras.join(",")) };
        format!("{}{extras}{}", self.name, self.versions.written)
    }
}

impl Versions {
    /// Reads a set. Parts that cannot be read ask for nothing, nor does a star behind a comparison (`>=3.6.*`).
    pub fn parse(text: &str) -> Self {
        if text.len() > MAX_LINE {
            return Self::default();
        }
        let text: String = text.trim().trim_start_matches('(').trim_end_matches(')').split_whitespace().collect();
        let specifiers = text.split(',').filter_map(|part| {
            let is_equality = part.starts_with("==") || part.starts_with("!=");
            let part = part.strip_suffix(".*").filter(|_| !is_equality).unwrap_or(part);
            VersionSpecifier::from_str(part).ok()
        });
        Self { specifiers: specifiers.collect(), written: text }
    }

    /// Whether a version is one of them; `None` where it is no version.
    pub fn admit(&self, version: &str) -> Option<bool> {
        let version = Version::from_str(Some(version).filter(|version| version.len() <= MAX_LINE)?).ok()?;
        Some(self.specifiers.iter().all(|specifier| specifier.contains(&version)))
    }
}

/// The lines of a `requires.txt`, which setuptools wrote before there were others: sections `[extra:marker]`, of which
/// either may be missing, made lines of `Requires-Dist`.
pub(super) fn of_sections(text: &str) -> Vec<String> {
    let mut condition = String::new();
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
            lines.push(format!("{line}{condition}"));
            continue;
        };
        let (extra, marker) = section.split_once(':').unwrap_or((section, ""));
        let extra = Some(extra).filter(|extra| !extra.is_empty()).map(|extra| format!("extra == '{extra}'"));
        let marker = Some(marker).filter(|marker| !marker.is_empty()).map(|marker| format!("({marker})"));
        let both: Vec<String> = marker.into_iter().chain(extra).collect();
        condition = if both.is_empty() { String::new() } else { format!(" ; {}", both.join(" and ")) };
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::marker::Environment;
    use super::*;

    #[test]
    fn a_requirement_is_read_in_every_form_that_packages_have() {
        for (line, shown, has_marker) in [
            ("async-timeout>=4.0.3; python_full_version < '3.11.3'", "async-timeout>=4.0.3", true),
            ("requests (>=2.0)", "requests>=2.0", false),
            ("requests (>=2.0, <3) ; os_name == 'nt'", "requests>=2.0,<3", true),
            ("uvicorn [standard,Http_2] >= 0.12", "uvicorn[standard,http-2]>=0.12", false),
            ("Plain", "Plain", false),
            ("pip @ https://x.example/a;b.whl ; os_name == 'nt'", "pip", true),
            ("pip@git+https://x.example/a", "pip", false),
            ("a.b_c~=1.4.2 # why", "a.b_c~=1.4.2", false),
            ("numpy!=1.3.0,>=1.2", "numpy!=1.3.0,>=1.2", false),
        ] {
            let found = Requirement::parse(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((found.shown().as_str(), found.marker.is_some()), (shown, has_marker), "{line}");
        }
        for line in ["", "# comment", "-r other.txt", "-e .", "a[b", "a; os_name", "-a-", ".", &"a".repeat(5000)] {
            assert_eq!(Requirement::parse(line), None, "{line:.20}");
        }
    }

    #[test]
    fn versions_are_compared_as_installers_do() {
        for (versions, version, is_admitted) in [
            (">=4.0.3", "4.0.3", Some(true)),
            (">=4.0.3,<5", "5.0.1", Some(false)),
            ("==3.*", "3.11.2", Some(true)),
            (">=3.11,<3.12", "3.12.0", Some(false)),
            (">=3.6.*", "3.6", Some(true)),
            ("~=4.12", "4.13.2", Some(true)),
            ("!=1.5.*", "1.5.2", Some(false)),
            ("==2.1.0", "2.1.0+cpu", Some(true)),
            (">=1.0", "2.0rc1", Some(true)),
            ("<2.0", "2.0rc1", Some(false)),
            ("(>=2.0)", "1", Some(false)),
            (">=nonsense,<2", "3", Some(false)),
            ("", "1", Some(true)),
            (">=1", "of today", None),
        ] {
            assert_eq!(Versions::parse(versions).admit(version), is_admitted, "{version} {versions}");
        }
    }

    #[test]
    fn sections_of_old_become_markers() {
        let text = "six>=1.5\n\n[:python_version < '3']\nfutures\n\n[tls]\nidna\n\n[tls:os_name == 'nt']\nwin\n[]\nlast\n";
        let lines = of_sections(text);
        assert_eq!(
            lines,
            [
                "six>=1.5",
                "futures ; (python_version < '3')",
                "idna ; extra == 'tls'",
                "win ; (os_name == 'nt') and extra == 'tls'",
                "last"
            ]
        );
        assert!(lines.iter().all(|line| Requirement::parse(line).is_some()));
    }

    proptest! {
        #[test]
        fn no_line_does_harm(
            line in "[a-z0-9._\\[\\](),;@<>=!~'\" é*+-]{0,80}",
            version in "[0-9a-z.+!*-]{0,24}",
            operator in "[<>=!~]{0,3}",
        ) {
            let environment = Environment { minor: "3.11".into(), full: "3.11.2".into(), machine: Some("aarch64") };
            for line in [line.clone(), format!("a {operator}{version}; python_version {operator} '{version}'"), format!("a; {line}")] {
                if let Some(found) = Requirement::parse(&line) {
                    let _ = (found.versions.admit(&version), found.marker.as_ref().map(|marker| marker.judge(&environment, "x").0), found.shown());
                }
            }
            let _ = Marker::parse(&line);
            of_sections(&line.replace(' ', "\n"));
        }
    }
}
