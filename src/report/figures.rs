//! Figures as people read them: thousands apart, bytes in powers of ten as docker prints them.

/// `9,310`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
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
}
