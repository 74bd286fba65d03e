//! Figures as people read them: thousands apart, bytes in powers of ten as docker prints them; what changed with its sign.

use std::cmp::Ordering;

/// `9,310`.
pub fn grouped(number: u64) -> String {
    apart(&number.to_string())
}

fn apart(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 file`, `9,310 files`.
pub fn count(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `37.2 MB`.
pub fn bytes(bytes: u64) -> String {
    Unit::of(bytes).print(bytes)
}

/// `818 MB → 572 MB, −246 MB (−30 %)`; `572 MB, unchanged`. Of a change that is less than a twentieth of a percent, or from
/// nothing, the share is left out: it would say nothing, or nothing true.
pub fn change(old: u64, new: u64) -> String {
    let (before, after) = pair(old, new);
    if old == new { format!("{after}, unchanged") } else { format!("{before} → {after}, {}", difference(old, new)) }
}

/// Both in the unit of the larger: `818 MB`, `572 MB`; what would read as zero there in its own.
pub(super) fn pair(old: u64, new: u64) -> (String, String) {
    let common = Unit::in_three_digits(old.max(new).into());
    let print = |bytes: u64| {
        let unit = if bytes < common.bytes / 20 { Unit::in_three_digits(bytes.into()) } else { common };
        format!("{} {}", unit.rounded(bytes.into()), unit.name)
    };
    (print(old), print(new))
}

/// What was added, and its share of what was there: `−246 MB (−30 %)`.
pub(super) fn difference(old: u64, new: u64) -> String {
    let by = i128::from(new) - i128::from(old);
    match growth(old, new) {
        Some(share) => format!("{} ({share})", signed(by)),
        None => signed(by),
    }
}

/// `+28.4 MB`, in three digits.
pub fn signed(change: i128) -> String {
    let amount = change.unsigned_abs();
    let unit = Unit::in_three_digits(amount);
    format!("{}{} {}", sign(change), unit.rounded(amount), unit.name)
}

/// `+28,412,345`.
pub fn exact(change: i128) -> String {
    format!("{}{}", sign(change), apart(&change.unsigned_abs().to_string()))
}

/// With the minus sign that is as wide as a plus.
fn sign(change: i128) -> &'static str {
    match change.cmp(&0) {
        Ordering::Less => "−",
        Ordering::Equal => "",
        Ordering::Greater => "+",
    }
}

/// `−30 %`, below ten percent with one decimal; nothing where there was nothing, or where it would read as zero.
fn growth(old: u64, new: u64) -> Option<String> {
    let by = i128::from(new) - i128::from(old);
    let tenths = (by.unsigned_abs() * 1_000 + u128::from(old) / 2).checked_div(old.into())?;
    let share = if tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { apart(&((tenths + 5) / 10).to_string()) };
    (tenths > 0).then(|| format!("{}{share} %", sign(by)))
}

/// `100 * number / of`, with one decimal.
pub(super) fn percent(number: u64, of: u64) -> String {
    tenths(number, of, 100)
}

/// A decimal unit of bytes.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    pub(super) name: &'static str,
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

    /// The unit in which three digits say the most of so many bytes.
    fn in_three_digits(bytes: u128) -> Self {
        let (name, unit) = match bytes {
            0..1_000 => ("B", 1),
            1_000..999_500 => ("kB", 1_000),
            999_500..9_999_500_000 => ("MB", 1_000_000),
            _ => ("GB", 1_000_000_000),
        };
        Self { name, bytes: unit }
    }

    /// The figure alone: whole from 100 on, else with one decimal; of bytes always whole.
    fn rounded(self, bytes: u128) -> String {
        let unit = u128::from(self.bytes);
        let tenths = bytes.saturating_mul(10).saturating_add(unit / 2) / unit;
        if self.bytes == 1 || tenths >= 1_000 {
            return apart(&(bytes.saturating_add(unit / 2) / unit).to_string());
        }
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// The figure alone.
    pub(super) fn figure(self, bytes: u64) -> String {
        if self.bytes == 1 { grouped(bytes) } else { tenths(bytes, self.bytes, 1) }
    }

    /// The figure and the unit.
    pub(super) fn print(self, bytes: u64) -> String {
        format!("{} {}", self.figure(bytes), self.name)
    }
}

fn tenths(number: u64, of: u64, scale: u64) -> String {
    let of = u128::from(of.max(1));
    let tenths = (u128::from(number) * u128::from(scale) * 10 + of / 2) / of;
    format!("{}.{}", grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX)), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_docker_prints_them() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_550), "1.6 kB");
        assert_eq!(bytes(215_300_000), "215.3 MB");
        assert_eq!(bytes(1_215_300_000), "1,215.3 MB");
        assert_eq!(bytes(u64::MAX), "18,446,744,073.7 GB");
        assert_eq!(percent(4, 2000), "0.2");
        assert_eq!(percent(1, 0), "100.0");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((count(1, "file"), count(9_310, "file")), ("1 file".into(), "9,310 files".into()));
    }

    #[test]
    fn a_change_reads_as_people_write_it() {
        assert_eq!(change(818_000_000, 572_000_000), "818 MB → 572 MB, −246 MB (−30 %)");
        assert_eq!(change(572_000_000, 818_400_000), "572 MB → 818 MB, +246 MB (+43 %)");
        assert_eq!(change(44_200_000, 46_050_000), "44.2 MB → 46.1 MB, +1.9 MB (+4.2 %)");
        assert_eq!(change(572_000_000, 572_000_000), "572 MB, unchanged");
        assert_eq!(change(0, 0), "0 B, unchanged");
        assert_eq!(change(0, 1_200_000), "0 B → 1.2 MB, +1.2 MB");
        assert_eq!(change(900, 0), "900 B → 0 B, −900 B (−100 %)");
        assert_eq!(change(1_000_000, 10_000), "1.0 MB → 10.0 kB, −990 kB (−99 %)");
        assert_eq!(change(u64::MAX, u64::MAX - 1), "18,446,744,074 GB → 18,446,744,074 GB, −1 B");
    }

    #[test]
    fn a_real_change_never_reads_as_none() {
        assert_eq!(change(572_000_000, 571_987_655), "572 MB → 572 MB, −12.3 kB");
        assert_eq!(change(572_000_000, 571_700_000), "572 MB → 572 MB, −300 kB (−0.1 %)");
        assert!(change(1, u64::MAX).starts_with("1 B → 18,446,744,074 GB, +18,446,744,074 GB (+1,844,"));
    }

    #[test]
    fn what_changed_has_its_sign() {
        assert_eq!([28_412_345, -246_000_000, 0, -999].map(signed), ["+28.4 MB", "−246 MB", "0 B", "−999 B"]);
        assert_eq!([28_412_345, -1_000, 0].map(exact), ["+28,412,345", "−1,000", "0"]);
        assert_eq!([99_949, 99_950, 999_499, 999_500].map(signed), ["+99.9 kB", "+100 kB", "+999 kB", "+1.0 MB"]);
    }
}
