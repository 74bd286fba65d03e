//! Which verb is meant: it is moved to the front, so that options may stand anywhere.

use std::ffi::{OsStr, OsString};

use clap::CommandFactory;
use lucid_verify::error::{Error, Kind};

use crate::args::Cli;
use crate::{pending, suggest};

/// A verb is suggested for a word that is so many edits from it.
const NEAR: usize = 2;

/// The arguments with the verb in front, `verify` where none is written. Words that are reserved for what does not
/// exist yet, and words that were meant as a verb, are refused.
pub fn first(mut words: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    let command = Cli::command();
    let options: Vec<&str> =
        words.iter().skip(1).take_while(|word| *word != "--").filter_map(|word| word.to_str()?.strip_prefix("--")).collect();
    let verbs: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    match plain(&words, &command) {
        Plain::Word(at) => {
            let word = words[at].to_string_lossy().into_owned();
            if verbs.contains(&&word[..]) {
                let verb = words.remove(at);
                words.insert(1, verb);
                return Ok(words);
            }
            meant(&word, &verbs)?;
        }
        Plain::Nothing if options.iter().any(|option| ["help", "version"].contains(option)) || short(&words) => return Ok(words),
        Plain::Nothing | Plain::Image => {}
    }
    words.insert(1, "verify".into());
    Ok(words)
}

/// Whether `-h` or `-V` is among the words.
fn short(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "-h" || word == "-V")
}

/// Refuses a first word that is no verb and was meant as one.
fn meant(word: &str, verbs: &[&str]) -> Result<(), Error> {
    let image = format!("docker://{word} is the image of that name");
    if pending::VERBS.contains(&word) {
        return Err(Error::new(Kind::Usage, pending::sentence(&format!("the verb {word}"))).hint(image));
    }
    if word.is_empty() || word.contains(['/', ':', '@', '.']) {
        return Ok(());
    }
    match suggest::nearest(word, verbs.iter().copied().chain(pending::VERBS.iter().copied()), NEAR) {
        Some(verb) => Err(Error::new(Kind::Usage, format!("there is no verb {word:?}; did you mean {verb:?}?")).hint(image)),
        None => Ok(()),
    }
}

/// The first word that is no option and no option's value.
enum Plain {
    /// There is none.
    Nothing,
    /// It is at this place.
    Word(usize),
    /// It follows `--`, or an option that is not known: no verb, whatever it is.
    Image,
}

fn plain(words: &[OsString], command: &clap::Command) -> Plain {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        if word == "--" {
            return if words.len() > at + 1 { Plain::Image } else { Plain::Nothing };
        }
        if !word.as_encoded_bytes().starts_with(b"-") || word == "-" {
            return Plain::Word(at);
        }
        match takes_value(word, command) {
            Some(value) => at += 1 + usize::from(value),
            None => return Plain::Image,
        }
    }
    Plain::Nothing
}

/// Whether the next word is the value of this option, of whatever verb. `None`: no verb has such an option, so the next
/// word may be either.
fn takes_value(option: &OsStr, command: &clap::Command) -> Option<bool> {
    let Some(name) = option.to_str().and_then(|option| option.strip_prefix("--")) else { return Some(false) };
    if name.contains('=') || ["help", "version"].contains(&name) {
        return Some(false);
    }
    std::iter::once(command)
        .chain(command.get_subcommands())
        .flat_map(clap::Command::get_arguments)
        .find(|argument| argument.get_long() == Some(name))
        .map(|argument| argument.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Result<String, String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        first(words).map(|words| words.join(OsStr::new(" ")).into_string().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_verb_comes_first_and_verify_is_the_default() {
        for (line, ordered) in [
            ("x alpine", "x verify alpine"),
            ("x --format json ls alpine -l", "x ls --format json alpine -l"),
            ("x --profile ls alpine", "x verify --profile ls alpine"),
            ("x --profile=ls rules", "x rules --profile=ls"),
            ("x -v alpine", "x verify -v alpine"),
            ("x -- rules", "x verify -- rules"),
            ("x --help", "x --help"),
            ("x alpine -h", "x verify alpine -h"),
            ("x docker://demo", "x verify docker://demo"),
            ("x rule.s", "x verify rule.s"),
            ("x --plain-http", "x verify --plain-http"),
            ("x --jbs 4 alpine", "x verify --jbs 4 alpine"),
            ("x --help rules", "x rules --help"),
        ] {
            assert_eq!(order(line).as_deref(), Ok(ordered), "{line}");
        }
    }

    #[test]
    fn a_mistyped_or_reserved_word_is_no_pull() {
        assert_eq!(order("x inspct").unwrap_err(), "there is no verb \"inspct\"; did you mean \"inspect\"?");
        assert_eq!(order("x -v rulse").unwrap_err(), "there is no verb \"rulse\"; did you mean \"rules\"?");
        for verb in pending::VERBS {
            assert_eq!(order(&format!("x {verb} y")).unwrap_err(), format!("the verb {verb} is not available yet"));
        }
    }

    #[test]
    fn what_is_pending_is_not_there() {
        let command = Cli::command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert!(pending::VERBS.iter().all(|verb| !names.contains(verb)));
    }
}
