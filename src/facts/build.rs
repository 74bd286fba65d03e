//! How an image was built, as its Dockerfile says: the one that was handed over, else the one that the builder attests.

use crate::facts::history::History;
use crate::image::dockerfile::{Dockerfile, Instruction, words};
pub use crate::image::provenance::{Attestation, Material, Provenance, familiar};

/// The Dockerfile of an image, and where its layers stand in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The Dockerfile.
    pub dockerfile: Option<Dockerfile>,
    /// The line of the instruction that made each layer, from 1; `None` where none fits.
    pub lines: Vec<Option<usize>>,
}

impl Build {
    /// Lays a Dockerfile beside the history of an image of so many layers.
    pub fn of(dockerfile: Option<Dockerfile>, history: &History, layers: usize) -> Self {
        let mut lines = vec![None; layers];
        let mut open: Vec<&Instruction> = dockerfile.iter().flat_map(Dockerfile::instructions).collect();
        // From the end: what stands at the beginning may be of the base image.
        for step in history.steps.iter().rev() {
            let Some(own) = step.layer.and_then(|layer| lines.get_mut(layer)) else { continue };
            let text = words(&step.text);
            if let Some(at) = open.iter().rposition(|instruction| instruction.fits(step.keyword, &text)) {
                *own = open.get(at).map(|instruction| instruction.line);
                open.truncate(at);
            }
        }
        Self { dockerfile, lines }
    }
}

/// The Dockerfile that a builder attests; one that cannot be read is none.
pub fn attested(attestation: &Attestation) -> Option<Dockerfile> {
    let Attestation::Provenance(provenance) = attestation else { return None };
    let Provenance { dockerfile: Some((name, text)), target, arguments, .. } = &**provenance else { return None };
    Dockerfile::parse(name, text, target.as_deref(), arguments).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::image::history::History as Line;

    #[test]
    fn each_layer_finds_its_line_from_the_end() {
        let text = "FROM a AS b\nCOPY x /y\nFROM c\nARG V\nWORKDIR /app\nCOPY --from=b --chown=1:1 /y /app\nRUN make\nCOPY $V /app\nRUN make\n";
        let dockerfile = Dockerfile::parse("Dockerfile", text, None, &BTreeMap::new()).unwrap();
        let made = [
            "RUN /bin/sh -c make",
            "WORKDIR /app",
            "COPY --chown=1:1 /y /app",
            "COPY v1 /app",
            "RUN |1 V=v1 /bin/sh -c make",
            "COPY z /z",
        ];
        let lines: Vec<Line> =
            made.iter().map(|made| Line { created_by: format!("{made} # buildkit"), ..Line::default() }).collect();
        let build = Build::of(Some(dockerfile), &History::of(&lines, made.len(), false), made.len());
        assert_eq!(build.lines, [None, Some(5), Some(6), Some(8), Some(9), None]);
    }

    /// Text that comes close to what the readers of Dockerfiles and of the history look for.
    fn hostile() -> impl Strategy<Value = String> {
        let words = [
            "FROM ",
            "FROM a AS b\n",
            "RUN ",
            "COPY ",
            "ADD ",
            "ARG ",
            "WORKDIR ",
            "ONBUILD ",
            "HEALTHCHECK ",
            "a",
            "/b",
            "--x=",
            "|2 ",
            "|",
            "A=",
            "=",
            "$",
            "${",
            "}",
            ":-",
            "<<E\n",
            "E\n",
            "\\\n",
            "\n",
            " ",
            "[\"",
            "\"]",
            "#",
            "/bin/sh -c ",
            "#(nop)",
            " in ",
            "file:",
            "# buildkit",
            "é",
        ];
        prop::collection::vec(prop::sample::select(words.to_vec()), 0..30).prop_map(|words| words.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_stands_there_it_is_read_or_refused(text in hostile(), made in prop::collection::vec(hostile(), 0..6)) {
            let lines: Vec<Line> = made.into_iter().map(|created_by| Line { created_by, ..Line::default() }).collect();
            let history = History::of(&lines, lines.len(), false);
            let dockerfile = Dockerfile::parse("x", &format!("FROM a\n{text}"), None, &BTreeMap::new()).ok();
            prop_assert_eq!(Build::of(dockerfile, &history, lines.len()).lines.len(), lines.len());
            prop_assert!(history.steps.iter().all(|step| step.destination().is_none() || step.copies()));
            let _ = Dockerfile::parse("x", &text, None, &BTreeMap::new());
        }
    }
}
