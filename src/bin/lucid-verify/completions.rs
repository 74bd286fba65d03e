//! `lucid-verify completions SHELL`.

use clap::CommandFactory;
use lucid_verify::error::Result;
use lucid_verify::report::ExitCode;

use crate::args::{Cli, Completions};
use crate::output;

/// Runs the verb.
pub fn run(args: &Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lucid-verify", &mut script);
    output::write(&script)?;
    Ok(ExitCode::Held)
}
