//! What the history says of how the image was made.

pub(super) mod add_remote;
pub(super) mod copy_chown;
pub(super) mod latest_base;
pub(super) mod runtime_verify;
pub(super) mod secret;
pub(super) mod shell_run;

use super::Context;
use crate::facts::command::program::is_python;
use crate::facts::history::Step;
use crate::finding::Judgement;
use crate::vfs::LayerPath;

/// What a line of Python does that proves something.
const PROOFS: [&str; 6] = ["assert", "import ", "find_spec", "import_module", "py_compile", "compileall"];

/// Whether what a RUN does proves that Python finds or compiles something.
pub(super) fn is_proof(text: &str) -> bool {
    let mut words = text.split(|letter: char| letter.is_whitespace() || "\"'[],;&|()".contains(letter));
    let has_python = words.any(|word| word.starts_with(['/', 'p']) && is_python(word));
    has_python && PROOFS.iter().any(|proof| text.contains(proof)) || text.contains("pip check")
}

impl<'a> Context<'a> {
    /// The lines of the history that the image's own Dockerfile left, or what is said where there are none.
    pub(super) fn own_steps(&self) -> Result<&'a [Step], Judgement> {
        let history = &self.facts.history;
        if history.steps.iter().all(|step| step.keyword.is_empty()) {
            return Err(Judgement::skip("the history has no instruction of a Dockerfile"));
        }
        history.above_base().ok_or_else(|| {
            Judgement::unknown("the history does not show where the base image ends and the image's own part begins")
        })
    }

    /// Whether a COPY or ADD brings something into one of these directories.
    fn brings(step: &Step, roots: &[LayerPath]) -> bool {
        let to = step.destination().filter(|to| !to.is_root());
        to.is_some_and(|to| roots.iter().any(|root| to.is_within(root) || root.is_within(&to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_done_by_python_and_says_what_it_wants() {
        for (text, is) in [
            ("/usr/bin/python3.11 -c import os; assert os.path.exists('/app')", true),
            ("python3 --version && python3 -m py_compile /app/main.py", true),
            ("set -e; python -c \"import fastapi\"", true),
            ("pip install x && pip check", true),
            ("python3 --version && which python3", false),
            ("echo important pythonic assertions", false),
            ("pip install --user -r requirements.txt", false),
        ] {
            assert_eq!(is_proof(text), is, "{text}");
        }
    }
}
