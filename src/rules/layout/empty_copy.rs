//! `layout/empty-copy`

use super::super::{Context, blame, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// Every COPY copied something
    ///
    /// # What it checks
    /// The layer of every COPY and ADD of the history ships a file, a link or a special file; directories alone do not
    /// count. A COPY to which `BuildKit` gave no layer copied nothing either.
    ///
    /// # Why
    /// A wildcard that matches no file is no mistake to the builder, nor is a directory with nothing in it: the build
    /// goes on, and the image lacks what it was built for.
    ///
    /// # Symptom
    /// The build succeeds; the container says `ModuleNotFoundError: No module named '…'`, or
    /// `can't open file '…': [Errno 2] No such file or directory`.
    ///
    /// # Fix
    /// Name the directory, or one file that must be there, in place of a wildcard. To make an empty directory, use
    /// WORKDIR.
    ///
    /// # Options
    /// None.
    RULE = "layout/empty-copy", Whole, Error, since "0.1.0", needs Tree,
    unit "COPY copied something" | "COPYs copied something", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (facts, trail) = (context.facts, context.tree.trail());
    if facts.instructions.iter().all(Option::is_none) {
        return Judgement::skip("the history does not say which instruction made which layer");
    }
    let layers = facts.instructions.iter().enumerate();
    let made = layers.filter_map(|(layer, text)| Some((layer, text.as_deref().filter(|text| blame::copies(text))?)));
    let without: Vec<&String> = facts.layerless.iter().filter(|text| blame::copies(text)).collect();
    let examined = made.clone().count() + without.len();
    let empty = made.filter(|(layer, _)| trail.written(*layer) == 0).map(|(layer, text)| finding(text, Some(layer)));
    Judgement::looked(examined, empty.chain(without.iter().map(|text| finding(text, None))).collect())
}

fn finding(text: &str, layer: Option<usize>) -> Finding {
    let is_wild = text.split_whitespace().any(|word| word.contains(['*', '?']));
    let (why, fix) = if is_wild {
        ("its wildcard matched no file", "name the directory, or a file that must be there, in place of the wildcard")
    } else {
        ("there is no file in what it copies", "copy from where the files are; to make an empty directory, use WORKDIR")
    };
    let path = blame::destination(text).map(|path| path.to_string());
    let what = format!("{} wrote nothing: {why}", words::excerpt(text));
    Finding::new(Level::Error, what, fix).at(Place { path, layer })
}
