//! Whom to blame for a path that is not there: who took it away, else the COPY that should have brought it. That a layer
//! wrote the directory around it says nothing of what is missing there.

use super::Context;
use crate::vfs::{LayerIndex, LayerPath, NodeId};

impl Context<'_> {
    /// The last layer that took something out of a directory that is there.
    pub fn emptied(&self, directory: NodeId) -> Option<LayerIndex> {
        let (above, trail) = (self.tree.path(directory), self.tree.trail());
        let below = trail.changed().filter(|(path, _)| path.is_within(&above) && **path != above);
        below.filter_map(|(path, _)| trail.removal(path)).map(|event| event.layer).max()
    }

    /// The layer to blame for a path that is not there; `None` where that would be a guess.
    pub fn blame(&self, missing: &LayerPath) -> Option<LayerIndex> {
        let removal = self.tree.trail().removal(missing).map(|event| event.layer);
        removal.or_else(|| bringer(&self.facts.instructions, missing))
    }
}

/// The layer of the COPY or ADD whose destination is the longest prefix of a path. The root is nobody's destination (base
/// images are added there), and where several have the same one, none of them is named.
fn bringer(instructions: &[Option<String>], path: &LayerPath) -> Option<LayerIndex> {
    let mut longest = (0, None);
    for (layer, instruction) in instructions.iter().enumerate() {
        let to = instruction.as_deref().and_then(destination);
        let length = to.filter(|to| path.is_within(to)).map_or(0, |to| to.as_bytes().len());
        if length > longest.0 {
            longest = (length, Some(layer));
        } else if length == longest.0 {
            longest.1 = None;
        }
    }
    longest.1
}

/// Whether an instruction copies files.
pub(super) fn copies(instruction: &str) -> bool {
    instruction.split_whitespace().next().is_some_and(|word| ["COPY", "ADD"].contains(&word))
}

/// Where a COPY or ADD puts what it copies, if that is an absolute path: the working directory of others is not known.
pub(super) fn destination(instruction: &str) -> Option<LayerPath> {
    let last = instruction.split_whitespace().skip(1).last().filter(|_| copies(instruction))?.trim_matches(['[', ']', '"', ',']);
    last.starts_with('/').then(|| LayerPath::new(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_destination_of_a_copy_is_its_last_word() {
        for (instruction, to) in [
            ("COPY --chown=1:1 /a /b /usr/local/bin/", Some("/usr/local/bin")),
            ("ADD file:1 in /", Some("/")),
            (r#"COPY ["a b", "/opt/c"]"#, Some("/opt/c")),
            ("COPY a .", None),
            ("COPY", None),
            ("RUN cp a /usr/bin", None),
            ("bazel build //python:root /usr", None),
        ] {
            assert_eq!(destination(instruction), to.map(LayerPath::new), "{instruction}");
        }
    }

    #[test]
    fn only_the_one_copy_that_comes_nearest_is_blamed() {
        let blamed = |instructions: &[&str], path: &str| {
            let instructions: Vec<_> = instructions.iter().map(|text| Some((*text).to_owned())).collect();
            bringer(&instructions, &LayerPath::new(path))
        };
        let image = ["ADD rootfs.tar /", "COPY a /app", "COPY b /app/b/", "RUN c /app/b/x", "COPY d /srv", "COPY e /srv"];
        assert_eq!(blamed(&image, "/app/b/x"), Some(2));
        assert_eq!(blamed(&image, "/app/main.py"), Some(1));
        assert_eq!(blamed(&image, "/application"), None);
        assert_eq!(blamed(&image, "/usr/bin/python3"), None);
        assert_eq!(blamed(&image, "/srv/x"), None);
    }
}
