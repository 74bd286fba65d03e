//! Until when base images are maintained: what is known as of [`AS_OF`].

use chrono::NaiveDate;

use super::fits;
use crate::facts::base::Base;

/// The month in which the table was last held against its sources: the support policy of distroless, Debian's distro-info-data
/// (the end of long-term support, after which nobody mends it for everyone) and Alpine's release branches.
pub(super) const AS_OF: &str = "2026-11";

/// A base image as `[expect]` names it, and the last day on which it is maintained.
const ENDS: [(&str, (i32, u32, u32)); 26] = [
    ("distroless/python3-debian11", (2023, 12, 1)),
    ("distroless/python3-debian12", (2026, 4, 30)),
    ("distroless/cc-debian11", (2024, 6, 1)),
    ("distroless/cc-debian12", (2026, 9, 30)),
    ("distroless/base-debian11", (2024, 6, 1)),
    ("distroless/base-debian12", (2026, 9, 30)),
    ("distroless/static-debian11", (2024, 6, 1)),
    ("distroless/static-debian12", (2026, 9, 30)),
    ("debian/9", (2022, 6, 30)),
    ("debian/10", (2024, 6, 30)),
    ("debian/11", (2026, 8, 31)),
    ("debian/12", (2028, 6, 30)),
    ("debian/13", (2030, 6, 30)),
    ("ubuntu/18.04", (2023, 5, 31)),
    ("ubuntu/20.04", (2025, 5, 29)),
    ("ubuntu/22.04", (2027, 6, 1)),
    ("ubuntu/24.04", (2029, 5, 31)),
    ("ubuntu/24.10", (2025, 7, 10)),
    ("ubuntu/25.04", (2026, 1, 15)),
    ("ubuntu/25.10", (2026, 7, 9)),
    ("alpine/3.18", (2025, 5, 9)),
    ("alpine/3.19", (2025, 11, 1)),
    ("alpine/3.20", (2026, 4, 1)),
    ("alpine/3.21", (2026, 11, 1)),
    ("alpine/3.22", (2027, 5, 1)),
    ("alpine/3.23", (2027, 11, 1)),
];

/// The last day on which a base image is maintained, if that is known.
pub(super) fn end(base: &Base) -> Option<NaiveDate> {
    let (_, (year, month, day)) = ENDS.iter().find(|(name, _)| fits(base, name))?;
    NaiveDate::from_ymd_opt(*year, *month, *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_table_is_one_and_belongs_to_one_base() {
        for (name, (year, month, day)) in ENDS {
            assert!(NaiveDate::from_ymd_opt(year, month, day).is_some(), "{name}");
            assert_eq!(ENDS.iter().filter(|(other, _)| *other == name).count(), 1, "{name}");
        }
        let base =
            |id: &str, version: &str, distroless| Base { id: id.into(), version: version.into(), distroless, ..Base::default() };
        assert_eq!(end(&base("debian", "12", Some("python3"))), NaiveDate::from_ymd_opt(2026, 4, 30));
        assert_eq!(end(&base("debian", "12", None)), NaiveDate::from_ymd_opt(2028, 6, 30));
        assert_eq!(end(&base("alpine", "3.20.3", None)), NaiveDate::from_ymd_opt(2026, 4, 1));
        assert_eq!(end(&base("debian", "13", Some("python3"))), None);
    }
}
