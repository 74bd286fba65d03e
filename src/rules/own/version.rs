//! Whether a version is one that is wanted.

use std::cmp::Ordering;
use std::str::FromStr;

use pep440_rs::Version;

use crate::profile::check::Constraint;

/// Whether a version of a kind of package is within a constraint: PEP 440 orders those of Python, deb-version(7) others.
pub(super) fn holds(constraint: &Constraint, kind: &str, version: &str) -> bool {
    let (operator, wanted) = match constraint {
        Constraint::Like(glob) => return glob.is_match(version),
        Constraint::Order(operator, wanted) => (*operator, wanted),
    };
    let python = || Some(Version::from_str(version).ok()?.cmp(&Version::from_str(wanted).ok()?));
    let order = if kind == "python" { python() } else { None }.unwrap_or_else(|| debian(version, wanted));
    match operator {
        ">=" => order.is_ge(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        "<" => order.is_lt(),
        "!=" => order.is_ne(),
        _ => order.is_eq(),
    }
}

/// The order of deb-version(7): epoch, upstream version, revision. apk's versions are ordered well enough by it.
fn debian(one: &str, other: &str) -> Ordering {
    let orders = parts(one).into_iter().zip(parts(other)).map(|(one, other)| compare(one, other));
    orders.fold(Ordering::Equal, Ordering::then)
}

fn parts(version: &str) -> [&str; 3] {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    [epoch, upstream, revision]
}

/// Compares runs of other characters, in which a tilde goes before the end and letters before the rest, and runs of digits
/// by turns.
fn compare(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let ((text, rest), (of_text, of_rest)) = (run(one, false), run(other, false));
        let weight = |character: Option<char>| match character {
            Some('~') => -1,
            None => 0,
            Some(letter) if letter.is_ascii_alphabetic() => i64::from(u32::from(letter)),
            Some(other) => i64::from(u32::from(other)) + 256,
        };
        for at in 0..text.chars().count().max(of_text.chars().count()) {
            let order = weight(text.chars().nth(at)).cmp(&weight(of_text.chars().nth(at)));
            if order.is_ne() {
                return order;
            }
        }
        let ((number, rest), (of_number, of_rest)) = (run(rest, true), run(of_rest, true));
        let (number, of_number) = (number.trim_start_matches('0'), of_number.trim_start_matches('0'));
        let order = number.len().cmp(&of_number.len()).then_with(|| number.cmp(of_number));
        if order.is_ne() {
            return order;
        }
        (one, other) = (rest, of_rest);
    }
    Ordering::Equal
}

/// The run of digits, or of anything else, that a text begins with, and what follows it.
fn run(text: &str, digits: bool) -> (&str, &str) {
    let end = text.find(|character: char| character.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_their_kind_orders_them() {
        for (low, high) in [
            ("1.9", "1.10"),
            ("1.0~rc1", "1.0"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0+b"),
            ("3.0.11-1~deb12u1", "3.0.11-1"),
            ("9", "1:0"),
            ("1.0-1", "1.0-1.1"),
            ("1.2.3-r4", "1.2.3-r10"),
        ] {
            assert_eq!((debian(low, high), debian(high, low)), (Ordering::Less, Ordering::Greater), "{low} {high}");
        }
        assert_eq!(debian("1.0", "1.00"), Ordering::Equal);
        let order = |operator| Constraint::Order(operator, "1.0".into());
        assert!(holds(&order("<"), "python", "1.0rc1") && !holds(&order("<"), "deb", "1.0rc1"));
        assert!(holds(&order("=="), "python", "1.0.0") && holds(&order("!="), "deb", "1.0.0"));
        assert!(holds(&order(">="), "python", "no version") && holds(&order("<="), "apk", "1.0"));
    }
}
