//! `lucid-verify man [VERB]`: manual pages, in roff.

use clap::CommandFactory;
use clap_mangen::Man as Page;
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::ExitCode;

use crate::args::{Cli, Man};
use crate::output;

/// Runs the verb.
pub fn run(args: &Man) -> Result<ExitCode> {
    output::write(&page(args.verb.as_deref())?)?;
    Ok(ExitCode::Held)
}

/// The page of the program, or of a verb. It bears no date: the same program prints the same page.
fn page(verb: Option<&str>) -> Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let failed = |error: std::io::Error| Error::new(Kind::Bug, error.to_string()).doing("print the manual page");
    let (command, title) = match verb {
        None => (command, "lucid-verify".to_owned()),
        Some(name) => {
            let verbs: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            let unknown = || {
                let error = Error::new(Kind::Usage, format!("there is no verb {name:?}"));
                error.hint(format!("the verbs are {}", verbs.join(", ")))
            };
            let verb = command.find_subcommand(name).ok_or_else(unknown)?;
            let title = format!("lucid-verify-{name}");
            (verb.clone().name(&title), title)
        }
    };
    let mut roff = Vec::new();
    let page = Page::new(command).title(title).date("");
    page.render(&mut roff).map_err(failed)?;
    Ok(roff)
}
