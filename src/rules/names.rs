//! Globs against many names: most are told apart by their first letters.

use globset::GlobSet;

use super::Context;
use crate::profile::Pattern;
use crate::text::lossless;

/// Globs of names.
pub(super) struct Names {
    starts: Vec<String>,
    set: GlobSet,
}

impl Names {
    /// Those of a list option of a rule.
    pub fn of(context: &Context<'_>, option: &str) -> Self {
        let starts = context.texts(option).iter().map(|glob| start(glob).to_owned()).collect();
        Self { starts, set: context.globs(option) }
    }

    /// Those of patterns.
    pub fn of_patterns(patterns: &[Pattern]) -> Self {
        let globs = patterns.iter().map(|pattern| pattern.name.glob());
        let set = GlobSet::new(globs.clone()).unwrap_or_default();
        Self { starts: globs.map(|glob| start(glob.glob()).to_owned()).collect(), set }
    }

    /// Whether one of them fits a name.
    pub fn fit(&self, name: &[u8]) -> bool {
        self.starts.iter().any(|start| name.starts_with(start.as_bytes())) && self.set.is_match(lossless(name))
    }
}

/// What a text begins with that a glob fits.
pub(super) fn start(glob: &str) -> &str {
    glob.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default()
}

#[cfg(test)]
#[test]
fn a_glob_begins_with_what_stands_before_its_first_sign() {
    for (glob, wanted) in
        [(".a-*", ".a-"), ("a?b", "a"), ("{a,b}", ""), ("a[bc]", "a"), (r"a\*b", "a"), ("/a/b", "/a/b"), ("", "")]
    {
        assert_eq!(start(glob), wanted, "{glob}");
    }
}
