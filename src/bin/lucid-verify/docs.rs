//! `docs/cli.md`, written from the arguments themselves.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};
use lucid_verify::limits::Limits;
use lucid_verify::report::ExitCode;

use crate::args::{Cli, Format};

fn document() -> String {
    let mut command = Cli::command();
    command.build();
    let mut out = String::from("# The command line\n\n");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(out, "{about}\n\n```\nlucid-verify [OPTIONS] IMAGE...\nlucid-verify VERB [OPTIONS] ...\n```\n");
    out.push_str("`IMAGE` is a Docker reference, `docker://REF`, `oci:DIR[:REF]`, `oci-archive:FILE[:REF]`,\n");
    out.push_str(
        "`docker-archive:FILE[:REF]`, or `docker-daemon:` with a Docker reference or an image's id. As `FILE`, `-` is stdin.\n",
    );
    out.push_str("A verb outranks an image of its name.\n");
    for verb in command.get_subcommands() {
        section(&mut out, verb);
    }
    out.push_str("\n## Installing completions and manual pages\n\n```sh\n");
    out.push_str("lucid-verify completions bash > ~/.local/share/bash-completion/completions/lucid-verify\n");
    out.push_str("lucid-verify completions zsh > \"${fpath[1]}/_lucid-verify\"\n");
    out.push_str("lucid-verify completions fish > ~/.config/fish/completions/lucid-verify.fish\n");
    out.push_str("mkdir -p ~/.local/share/man/man1\n");
    out.push_str("lucid-verify man > ~/.local/share/man/man1/lucid-verify.1\n");
    out.push_str("lucid-verify man verify > ~/.local/share/man/man1/lucid-verify-verify.1\n```\n");
    out.push_str("\n## Options of all verbs\n");
    options(&mut out, command.get_arguments().filter(|argument| argument.is_global_set()));
    let _ = writeln!(out, "\n`FORMAT` is one of {} ([formats.md](formats.md)).", code_list(&Format::ALL.map(|(name, _)| name)));
    let _ = writeln!(out, "\n`--limit` knows {}; a value may carry a unit (`64MiB`, `2GB`).", code_list(Limits::NAMES));
    out.push_str("\n## Exit codes\n\n| code | name | when |\n|---|---|---|\n");
    for code in ExitCode::ALL {
        let _ = writeln!(out, "| {} | {} | {} |", code.number(), code.name(), code.meaning());
    }
    out.push_str("| 130, 143 | interrupted | by the signal; nothing is left behind |\n\n");
    out.push_str(
        "One image: 3–8 outrank 1, 1 outranks 9. Several: the highest of 2–8 or 70 if any ended there, else 1, else 9, else 0. ",
    );
    out.push_str("A run that could not look never ends with 0 or 1.\n");
    out
}

fn code_list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn section(out: &mut String, verb: &Command) {
    let own = || verb.get_arguments().filter(|argument| !argument.is_global_set() && argument.get_id() != "help");
    let values = || own().filter(|argument| argument.is_positional());
    let usage: Vec<String> = values()
        .map(|argument| if argument.is_required_set() { value(argument) } else { format!("[{}]", value(argument)) })
        .collect();
    let _ = writeln!(out, "\n## `{}`\n", format!("{} {}", verb.get_name(), usage.join(" ")).trim_end());
    let _ = writeln!(out, "{}.", verb.get_about().map(ToString::to_string).unwrap_or_default());
    if let Some((_, more)) = verb.get_long_about().map(ToString::to_string).unwrap_or_default().split_once("\n\n") {
        let _ = writeln!(out, "\n{more}");
    }
    options(out, values().chain(own().filter(|argument| !argument.is_positional())));
}

fn value(argument: &Arg) -> String {
    let names: Vec<&str> = argument.get_value_names().into_iter().flatten().map(clap::builder::Str::as_str).collect();
    let dots = if argument.get_action().takes_values() && argument.get_num_args().is_some_and(|count| count.max_values() > 1) {
        "..."
    } else {
        ""
    };
    format!("{}{dots}", names.join(" "))
}

fn options<'a>(out: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let shown: Vec<&Arg> = arguments.filter(|argument| !argument.is_hide_set()).collect();
    if shown.is_empty() {
        return;
    }
    out.push_str("\n| | |\n|---|---|\n");
    for argument in shown {
        let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let default: Vec<String> =
            argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
        if argument.get_action().takes_values() && !default.is_empty() {
            let _ = write!(help, " (default: `{}`)", default.join(" "));
        }
        let _ = writeln!(out, "| `{}` | {} |", spelled(argument).replace('|', "\\|"), help.replace('|', "\\|"));
    }
}

fn spelled(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let names: Vec<String> = short.into_iter().chain(long).collect();
    match (names.is_empty(), argument.get_action().takes_values()) {
        (true, _) => value(argument),
        (false, true) => format!("{} {}", names.join(", "), value(argument)),
        (false, false) => names.join(", "),
    }
}

/// `LUCID_UPDATE=1` writes the page anew.
#[test]
fn the_page_is_what_the_program_takes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
    let current = document();
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == current, "docs/cli.md is stale: run the tests with LUCID_UPDATE=1");
}

#[test]
fn clap_finds_no_fault() {
    Cli::command().debug_assert();
}
