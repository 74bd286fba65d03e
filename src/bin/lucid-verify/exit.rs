//! How the process ends: one code, and talk on stderr.

use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::{ExitCode, Failure};
use lucid_verify::text;

thread_local! {
    /// Where the last panic of a thread happened. Its message may hold what an image or a registry said, so it is not kept.
    static PANICKED: Cell<Option<String>> = const { Cell::new(None) };
}

/// Runs the program. A panic becomes exit 70, an error its own code.
pub fn guard(run: impl FnOnce() -> Result<ExitCode>) -> process::ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        PANICKED.set(place);
    }));
    let code = caught(run).unwrap_or_else(|error| say(&error));
    process::ExitCode::from(code.number())
}

/// Runs something that must not panic; if it does, that is an error of the tool.
pub fn caught<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let place = PANICKED.take();
        Err(bug(place.as_deref().unwrap_or("an unknown place")))
    })
}

fn bug(place: &str) -> Error {
    let version = env!("CARGO_PKG_VERSION");
    Error::new(Kind::Bug, format!("lucid-verify {version} has a fault: it panicked at {place}"))
        .hint("please report this line, the command that you ran and the image, if it is public")
}

/// Says on stderr what went wrong, and how to go on; returns the exit code.
pub fn say(error: &Error) -> ExitCode {
    let failure = Failure::from(error);
    complain(&failure);
    ExitCode::from(error.kind)
}

/// Says a failure on stderr.
pub fn complain(failure: &Failure) {
    let hint = failure.hint.as_deref().map(|hint| format!("\nhint: {}\n", text::terminal(hint))).unwrap_or_default();
    talk(&format!("error: {}\n{hint}", text::terminal(&failure.message)));
}

/// Says something on stderr that does not change the outcome.
pub fn warn(message: &str) {
    talk(&format!("warning: {}\n", text::terminal(message)));
}

/// Says on stderr what is going on.
pub fn note(message: &str) {
    talk(&format!("note: {}\n", text::terminal(message)));
}

/// Says on stderr what is wrong with the arguments, which it repeats.
pub fn explain(lines: &str) {
    talk(&(lines.lines().map(text::terminal).collect::<Vec<_>>().join("\n") + "\n"));
}

/// Writes to stderr. Nobody can be told when it is closed.
pub fn talk(lines: &str) {
    let text: String = lines.split_inclusive('\n').map(text::unheard).collect();
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_holds_no_message() {
        let error = caught::<()>(|| panic!("secret")).unwrap_err();
        assert_eq!(error.kind, Kind::Bug);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
