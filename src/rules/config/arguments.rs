//! Words of ENTRYPOINT, CMD and HEALTHCHECK that may hold a secret.

use super::super::toolchain::names;
use crate::facts::Facts;
use crate::facts::command::program;
use crate::text::is_secret_name;

/// What a word without a name is called.
const ARGUMENT: &str = "argument";

/// Every word with the instruction that it stands in and the name that says what it is: of an option, of an assignment.
pub(super) fn arguments(facts: &Facts) -> impl Iterator<Item = (&'static str, &str, &str)> {
    let run = &facts.config.run;
    let mut probe = run.healthcheck.iter().flat_map(|check| &check.test).map(String::as_str);
    let is_shell = probe.next() == Some("CMD-SHELL");
    let entrypoint = hands_line_to_shell(&run.entrypoint);
    let cmd = entrypoint || hands_line_to_shell(&run.cmd);
    let of = [
        ("ENTRYPOINT", words(run.entrypoint.iter().map(String::as_str), entrypoint)),
        ("CMD", words(run.cmd.iter().map(String::as_str), cmd)),
        ("HEALTHCHECK", words(probe, is_shell)),
    ];
    of.into_iter().flat_map(|(instruction, words)| named(&words).into_iter().map(move |(name, value)| (instruction, name, value)))
}

fn hands_line_to_shell(words: &[String]) -> bool {
    let first = program::program(words).first();
    first.is_some_and(|first| names::SHELLS.contains(&names::plain(program::base(first)).as_str()))
}

/// The words of a vector; those of a line for a shell one by one.
fn words<'a>(argv: impl Iterator<Item = &'a str>, is_shell: bool) -> Vec<&'a str> {
    argv.flat_map(|word| if is_shell { word.split_whitespace().collect() } else { vec![word] }).collect()
}

/// Words with their names: `--password=x`, `--password x` and `PASSWORD=x` are the password `x`.
fn named<'a>(words: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(word) = words.get(at) {
        at += 1;
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if holds_secret(name, value) => (name, value),
            None if word.starts_with('-') => match words.get(at).filter(|next| holds_secret(word, next)) {
                Some(next) => {
                    at += 1;
                    (*word, *next)
                }
                None => (ARGUMENT, *word),
            },
            _ => (ARGUMENT, *word),
        };
        found.push((name, value.trim_matches(['"', '\''])));
    }
    found
}

/// Whether a name says that its value is a secret. Keys of options are often files.
fn holds_secret(name: &str, value: &str) -> bool {
    let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || ['-', '_'].contains(&letter));
    let is_file = || name.to_ascii_lowercase().ends_with("key") && value.contains(['.', '/']);
    is_name && is_secret_name(name) && !value.starts_with('-') && !is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_assignments_name_their_values() {
        for (line, wanted) in [
            ("--db-password=hunter2", vec![("--db-password", "hunter2")]),
            (
                "serve --api-token t --port 80",
                vec![(ARGUMENT, "serve"), ("--api-token", "t"), (ARGUMENT, "--port"), (ARGUMENT, "80")],
            ),
            ("PGPASSWORD='x' psql", vec![("PGPASSWORD", "x"), (ARGUMENT, "psql")]),
            ("--password --key server.pem", vec![(ARGUMENT, "--password"), (ARGUMENT, "--key"), (ARGUMENT, "server.pem")]),
            ("token=os.getenv('X')=1", vec![("token", "os.getenv('X')=1")]),
        ] {
            assert_eq!(named(&line.split(' ').collect::<Vec<_>>()), wanted, "{line}");
        }
        assert_eq!(named(&["s.connect(password='x')"]), [(ARGUMENT, "s.connect(password='x')")]);
    }
}
