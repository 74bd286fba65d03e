//! The history of a configuration, and which of its instructions made which layer.

use serde::Deserialize;

/// The remark of `BuildKit`'s Dockerfile frontend on each of its lines.
pub const BUILDKIT: &str = "buildkit.dockerfile.v0";

/// One line of history (image-spec, config.md "history").
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct History {
    /// When, as RFC 3339 text.
    #[serde(deserialize_with = "super::config::null_as_default")]
    pub created: String,
    /// The instruction, as the builder wrote it.
    #[serde(deserialize_with = "super::config::null_as_default")]
    pub created_by: String,
    /// Whether it made no layer.
    #[serde(deserialize_with = "super::config::null_as_default")]
    pub empty_layer: bool,
    /// The builder's remark, such as `buildkit.dockerfile.v0`.
    #[serde(deserialize_with = "super::config::null_as_default")]
    pub comment: String,
}

/// The instruction of each layer, or `None` for every layer where history and layers do not map one to one
/// (squashed images, kaniko, bazel): an instruction is never blamed on a guess.
pub fn instructions(history: &[History], layers: usize) -> Vec<Option<String>> {
    let made: Vec<&History> = history.iter().filter(|entry| !entry.empty_layer).collect();
    if made.len() != layers {
        return vec![None; layers];
    }
    made.iter().map(|entry| Some(instruction(&entry.created_by)).filter(|text| !text.is_empty())).collect()
}

/// Every instruction to which `BuildKit` gave no layer. Beside those that change no file by their nature, such as ENV, these
/// are the ones whose layer had nothing in it: older versions left it out. Where none of `BuildKit`'s instructions has a layer,
/// some other tool laid them together, and nothing is known.
pub fn layerless(history: &[History]) -> Vec<String> {
    let built = || history.iter().filter(|entry| entry.comment == BUILDKIT);
    let is_whole = built().any(|entry| !entry.empty_layer);
    built().filter(|entry| entry.empty_layer && is_whole).map(|entry| instruction(&entry.created_by)).collect()
}

/// The instruction as a Dockerfile would have it: without BuildKit's and Docker's decorations.
pub fn instruction(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    if let Some(rest) = text.strip_prefix("/bin/sh -c #(nop)") {
        return rest.trim().to_owned();
    }
    if let Some(rest) = text.strip_prefix("/bin/sh -c ") {
        return format!("RUN {}", rest.trim());
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(created_by: &str, empty_layer: bool) -> History {
        History { created_by: created_by.into(), empty_layer, ..History::default() }
    }

    #[test]
    fn what_has_no_layer_is_known_of_one_builder_alone() {
        let built = |created_by: &str, empty_layer| History {
            comment: "buildkit.dockerfile.v0".into(),
            ..entry(created_by, empty_layer)
        };
        let history = [entry("COPY base /", true), built("COPY a b # buildkit", true), built("COPY c d # buildkit", false)];
        assert_eq!(layerless(&history), ["COPY a b"]);
        assert_eq!(layerless(&history[..2]), [""; 0]);
    }

    #[test]
    fn instructions_are_never_guessed() {
        let history =
            [entry("COPY a b # buildkit", false), entry("ENV A=1", true), entry("/bin/sh -c #(nop) ADD file:1 in / ", false)];
        assert_eq!(instructions(&history, 2), [Some("COPY a b".to_owned()), Some("ADD file:1 in /".to_owned())]);
        assert_eq!(instructions(&history, 3), [None, None, None]);
        assert_eq!(instruction("/bin/sh -c pip install x"), "RUN pip install x");
        assert_eq!(instruction("RUN /bin/sh -c pip install x # buildkit"), "RUN /bin/sh -c pip install x");
    }
}
