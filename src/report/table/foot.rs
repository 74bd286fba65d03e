//! How many rules came to what, where the bytes are, and what to do next.

use super::cause::Cause;
use super::known::known;
use super::page::Page;
use crate::finding::Outcome;
use crate::report::figures::{self, Unit, count};
use crate::report::{Directory, Image, Sizes, Verdict};

/// Packages that are named.
const PACKAGES: usize = 3;
/// Directories that are named, and the least share of all bytes that is worth a name: one in so many.
const DIRECTORIES: usize = 6;
const SHARE: u64 = 200;

/// The foot of an image; `lines`: how many the directories may take.
pub(super) fn write(page: &mut Page, image: &Image, verbose: bool, lines: usize) {
    if !image.rules.is_empty() {
        page.paragraph("  ", "  ", &counts(image));
    }
    if image.complete && image.sizes.bytes > 0 {
        places(page, &image.sizes, lines);
        page.items(&parts(&image.sizes));
    }
    if let Some(next) = next(image, verbose) {
        page.blank();
        page.paragraph("", "      ", &next);
    }
}

pub(in crate::report) fn counts(image: &Image) -> String {
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
    let known = known(image).map(|(number, _)| format!("{} of the baseline, ", count(number, "finding"))).unwrap_or_default();
    format!("{rules}, {fails}, {skips}, {known}{} waived, {unknown} unknown", image.policy.waived)
}

/// `215.3 MB on disk: /usr/local/lib 149.8, /app 52.1, other 13.4`: as many directories as fit.
fn places(page: &mut Page, sizes: &Sizes, lines: usize) {
    let unit = Unit::of(sizes.bytes);
    let mut named = apart(&sizes.directories);
    named.retain(|directory| directory.bytes.saturating_mul(SHARE) >= sizes.bytes);
    loop {
        let mut parts: Vec<String> =
            named.iter().map(|directory| format!("{} {}", directory.path, unit.figure(directory.bytes))).collect();
        let other = sizes.bytes.saturating_sub(named.iter().map(|directory| directory.bytes).fold(0, u64::saturating_add));
        if other > 0 && !parts.is_empty() {
            parts.push(format!("other {}", unit.figure(other)));
        }
        let named_of = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        let before = page.len();
        page.paragraph("  ", "  ", &format!("{} on disk{named_of}", unit.print(sizes.bytes)));
        if page.len() - before <= lines || named.pop().is_none() {
            return;
        }
        page.truncate(before);
    }
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
    apart.truncate(DIRECTORIES);
    apart
}

fn parts(sizes: &Sizes) -> Vec<String> {
    let mut packages: Vec<_> = sizes.packages.iter().filter(|package| package.bytes > 0).collect();
    packages.sort_by_key(|package| std::cmp::Reverse(package.bytes));
    let unit = packages.first().map_or(Unit::of(0), |package| Unit::of(package.bytes));
    let largest: Vec<String> =
        packages.iter().take(PACKAGES).map(|package| format!("{} {}", package.name, unit.figure(package.bytes))).collect();
    let mut parts = Vec::new();
    if !largest.is_empty() {
        parts.push(format!("largest {} {}", largest.join(", "), unit.name));
    }
    let waste = sizes.waste.bytes;
    if waste > 0 {
        parts.push(format!("waste {} ({} %)", figures::bytes(waste), figures::percent(waste, sizes.unpacked_bytes)));
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
    // Users know their own checks and tests: there is no more to tell of them.
    let is_own = |id: &str| id.starts_with("own/") || id.starts_with("structure-test/");
    let causes = Cause::of(image);
    let cause =
        causes.first().filter(|cause| !is_own(&cause.rule.id)).map(|cause| format!("lucid-verify rules {}", cause.rule.id));
    let parts: Vec<String> = cause.into_iter().chain(all).collect();
    (!parts.is_empty()).then(|| format!("next: {}", parts.join("   ·   ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_directories_add_up() {
        let directory = |path: &str, bytes| Directory { path: path.into(), bytes, files: 1 };
        let directories =
            [directory("/", 9), directory("/usr", 8), directory("/usr/lib", 5), directory("/usr2", 1), directory("/opt", 2)];
        let names: Vec<&str> = apart(&directories).iter().map(|directory| &directory.path[..]).collect();
        assert_eq!(names, ["/usr/lib", "/opt", "/usr2"]);
    }
}
