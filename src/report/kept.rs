//! The report of an image as it is kept for the next run: its JSON, read back to the same value. What is never kept (why an
//! image could not be read, what it is compared with) is not read.

use serde::{Deserialize, Deserializer};

/// Reads what is not there.
pub(super) fn absent<'de, D: Deserializer<'de>, T>(from: D) -> Result<Option<T>, D::Error> {
    <()>::deserialize(from).map(|()| None)
}

/// Reads a list of nothing.
pub(super) fn empty<'de, D: Deserializer<'de>, T>(from: D) -> Result<Vec<T>, D::Error> {
    <[(); 0]>::deserialize(from).map(|_| Vec::new())
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Kind};
    use crate::finding::{Level, Outcome, Question};
    use crate::report::{Blame, Finding, Image, Package, Rule};

    fn image() -> Image {
        let mut image = Image::unread("a".into(), (&Error::new(Kind::NotFound, "gone")).into());
        let blame = Blame { index: 1, digest: "d".into(), diff_id: "e".into(), created_by: None, dockerfile_line: Some(3) };
        let finding = Finding { layer: Some(blame), ..Finding::plain(Level::Warn, "\u{1b}[1m\n\"é", "mend") };
        image.rules.push(Rule {
            id: "own/x".into(),
            answers: Question::Lean,
            level: Level::Warn,
            outcome: Outcome::Fail,
            examined: u64::MAX,
            reason: None,
            findings: vec![finding],
        });
        image.sizes.packages.push(Package { kind: "deb", name: "n".into(), version: "1".into(), bytes: 7, files: 1 });
        image
    }

    #[test]
    fn an_image_that_was_read_comes_back_as_it_was() {
        let written = serde_json::to_vec(&Image { error: None, ..image() }).unwrap();
        let back: Image = serde_json::from_slice(&written).unwrap();
        assert_eq!(serde_json::to_vec(&back).unwrap(), written);
    }

    #[test]
    fn what_is_never_kept_is_never_read() {
        let unread = serde_json::to_vec(&image()).unwrap();
        assert!(serde_json::from_slice::<Image>(&unread).is_err());
        let text = String::from_utf8(serde_json::to_vec(&Image { error: None, ..image() }).unwrap()).unwrap();
        for (there, wrong) in [("\"deb\"", "\"rpm\""), ("\"largest\":[]", "\"largest\":[1]"), ("\"delta\":null", "\"delta\":{}")]
        {
            assert!(text.contains(there) && serde_json::from_str::<Image>(&text.replace(there, wrong)).is_err(), "{there}");
        }
    }
}
