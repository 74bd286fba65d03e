//! `config/stop-signal`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The signal that stops the container can be handled
    ///
    /// # What it checks
    /// Where STOPSIGNAL is set, it is a signal of Linux by name or number, and neither KILL nor STOP, which nobody can handle.
    /// Whether a program handles the signal cannot be seen in an image.
    ///
    /// # Why
    /// A service that is stopped by KILL cannot finish what it began: requests are cut off, files stay half written.
    ///
    /// # Symptom
    /// `invalid signal: …` when the container is created; or clients whose connections are reset at every update.
    ///
    /// # Fix
    /// `STOPSIGNAL SIGTERM`, or none, which means the same; and an init in ENTRYPOINT where the program ignores it.
    ///
    /// # Options
    /// None.
    RULE = "config/stop-signal", Conforms, Info, since "0.1.0", needs Config,
    unit "signal can be handled" | "signals can be handled", check check
}

/// Names of signal(7), without `SIG`; beside these, `RTMIN` and `RTMAX` with an offset.
#[rustfmt::skip]
const SIGNALS: [&str; 32] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "PIPE", "POLL", "PROF", "PWR",
    "QUIT", "SEGV", "STKFLT", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
    "XFSZ",
];

fn check(context: &Context<'_>) -> Judgement {
    let written = context.facts.config.run.stop_signal.trim();
    if written.is_empty() {
        return Judgement::skip("STOPSIGNAL is not set: runtimes send TERM");
    }
    let upper = written.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let what = match (name, name.parse::<u8>()) {
        ("KILL" | "STOP", _) | (_, Ok(9 | 19)) => "cannot be handled",
        (_, Ok(1..=64)) => return Judgement::looked(1, vec![]),
        (name, _) if SIGNALS.contains(&name) || name.starts_with("RTM") => return Judgement::looked(1, vec![]),
        _ => "is no signal of Linux",
    };
    let written = words::excerpt(written);
    let finding = Finding::new(Level::Info, format!("STOPSIGNAL {written} {what}"), "STOPSIGNAL SIGTERM");
    Judgement::looked(1, vec![finding.contrast(written, "SIGTERM")])
}
