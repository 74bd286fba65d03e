//! How many rules came to what, where the bytes are, and what to do next.

use unicode_width::UnicodeWidthStr;

use super::cause::Cause;
use super::page::Page;
use crate::finding::Outcome;
use crate::report::{Directory, Image, Sizes, Verdict};
use crate::text::terminal;

/// Directories and packages that are named.
const NAMED: usize = 3;

pub(super) fn write(page: &mut Page, image: &Image, verbose: bool) {
    if !image.rules.is_empty() {
        page.paragraph("  ", "  ", &counts(image));
    }
    if image.complete && image.sizes.bytes > 0 {
        page.paragraph("  ", "  ", &places(&image.sizes, page.width()));
        page.items(&parts(&image.sizes));
    }
    if let Some(next) = next(image, verbose) {
        page.blank();
        page.paragraph("", "      ", &next);
    }
}

fn counts(image: &Image) -> String {
    let of = |outcome| image.rules.iter().filter(|rule| rule.outcome == outcome).count();
    let (pass, fail, skip, unknown) = (of(Outcome::Pass), of(Outcome::Fail), of(Outcome::Skip), of(Outcome::Unknown));
    let causes = Cause::of(image).len();
    let rules = if pass == 1 { "1 rule passes".to_owned() } else { format!("{pass} rules pass") };
    let fails = match (fail, causes) {
        (0, _) => "0 fail".to_owned(),
        (1, 1) => "1 fails".to_owned(),
        (_, 1) => format!("{fail} fail for 1 cause"),
        _ => format!("{fail} fail for {causes} causes"),
    };
    let skips = if skip == 1 { "1 does not apply".to_owned() } else { format!("{skip} do not apply") };
    format!("{rules}, {fails}, {skips}, {} waived, {unknown} unknown", image.policy.waived)
}

/// `215.3 MB on disk: /usr/local/lib 149.8, /app 52.1, other 13.4`; as many directories as fit on a line.
fn places(sizes: &Sizes, width: usize) -> String {
    let unit = Unit::of(sizes.bytes);
    let total = format!("{} on disk", unit.print(sizes.bytes));
    let mut named = apart(&sizes.directories);
    while !named.is_empty() {
        let mut parts: Vec<String> =
            named.iter().map(|directory| format!("{} {}", directory.path, unit.figure(directory.bytes))).collect();
        let other = sizes.bytes.saturating_sub(named.iter().map(|directory| directory.bytes).fold(0, u64::saturating_add));
        if other > 0 {
            parts.push(format!("other {}", unit.figure(other)));
        }
        let line = format!("{total}: {}", parts.join(", "));
        if terminal(&line).width() + 2 <= width {
            return line;
        }
        named.pop();
    }
    total
}

/// The largest directories of which none holds another, so that their bytes add up.
fn apart(directories: &[Directory]) -> Vec<&Directory> {
    let holds = |outer: &Directory, inner: &Directory| {
        let outer = outer.path.trim_end_matches('/');
        inner.path.strip_prefix(outer).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
    };
    let innermost = |one: &&Directory| !directories.iter().any(|other| holds(one, other));
    let mut apart: Vec<&Directory> = directories.iter().filter(innermost).collect();
    apart.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.path.cmp(&other.path)));
    apart.truncate(NAMED);
    apart
}

fn parts(sizes: &Sizes) -> Vec<String> {
    let mut packages: Vec<_> = sizes.packages.iter().collect();
    packages.sort_by_key(|package| std::cmp::Reverse(package.bytes));
    let unit = packages.first().map_or(Unit::of(0), |package| Unit::of(package.bytes));
    let largest: Vec<String> =
        packages.iter().take(NAMED).map(|package| format!("{} {}", package.name, unit.figure(package.bytes))).collect();
    let mut parts = Vec::new();
    if !largest.is_empty() {
        parts.push(format!("largest {} {}", largest.join(", "), unit.name));
    }
    let waste = sizes.waste.bytes;
    if waste > 0 {
        parts.push(format!("waste {} ({} %)", Unit::of(waste).print(waste), tenths(waste, sizes.unpacked_bytes, 100)));
    }
    parts
}

/// What to do next; of an image that holds its warnings say it themselves.
fn next(image: &Image, verbose: bool) -> Option<String> {
    let failed = image.rules.iter().filter(|rule| rule.outcome == Outcome::Fail).count() as u64;
    let unknown = image.rules.iter().filter(|rule| rule.outcome == Outcome::Unknown).count() as u64;
    let all = match (image.verdict, failed, unknown) {
        _ if verbose => None,
        (Verdict::Held, ..) => return None,
        (Verdict::Undecided, _, unknown) => Some(format!("-v lists {} that could not be judged", count(unknown, "rule"))),
        (_, 0, _) => None,
        (_, 1, _) => Some("-v lists all its findings".to_owned()),
        (_, failed, _) => Some(format!("-v lists all {}", count(failed, "failed rule"))),
    };
    let cause = Cause::of(image).first().map(|cause| format!("lucid-verify rules {}", cause.rule.id));
    let parts: Vec<String> = cause.into_iter().chain(all).collect();
    (!parts.is_empty()).then(|| format!("next: {}", parts.join("   ·   ")))
}

/// `1 file`, `9,310 files`.
fn count(number: u64, what: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {what}{}", if number == 1 { "" } else { "s" })
}

/// A decimal unit of bytes, as docker prints them.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    name: &'static str,
    bytes: u64,
}

impl Unit {
    /// The unit in which so many bytes are said.
    pub(super) fn of(bytes: u64) -> Self {
        let (name, unit) = match bytes {
            0..1_000 => ("B", 1),
            1_000..100_000 => ("kB", 1_000),
            100_000..10_000_000_000 => ("MB", 1_000_000),
            _ => ("GB", 1_000_000_000),
        };
        Self { name, bytes: unit }
    }

    fn figure(self, bytes: u64) -> String {
        if self.bytes == 1 { bytes.to_string() } else { tenths(bytes, self.bytes, 1) }
    }

    /// The figure and the unit.
    pub(super) fn print(self, bytes: u64) -> String {
        format!("{} {}", self.figure(bytes), self.name)
    }
}

/// `number * scale / of`, rounded to one decimal.
fn tenths(number: u64, of: u64, scale: u64) -> String {
    let of = u128::from(of.max(1));
    let tenths = (u128::from(number) * u128::from(scale) * 10 + of / 2) / of;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_docker_prints_them() {
        let print = |bytes| Unit::of(bytes).print(bytes);
        assert_eq!(print(999), "999 B");
        assert_eq!(print(1_550), "1.6 kB");
        assert_eq!(print(215_300_000), "215.3 MB");
        assert_eq!(print(u64::MAX), "18446744073.7 GB");
        assert_eq!(count(1_234_567, "file"), "1,234,567 files");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(tenths(4, 2000, 100), "0.2");
        assert_eq!(tenths(1, 0, 100), "100.0");
    }

    #[test]
    fn named_directories_add_up() {
        let directory = |path: &str, bytes| Directory { path: path.into(), bytes, files: 1 };
        let directories =
            [directory("/", 9), directory("/usr", 8), directory("/usr/lib", 5), directory("/usr2", 1), directory("/opt", 2)];
        let names: Vec<&str> = apart(&directories).iter().map(|directory| &directory.path[..]).collect();
        assert_eq!(names, ["/usr/lib", "/opt", "/usr2"]);
    }
}
