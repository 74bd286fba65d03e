//! What an argument vector starts, seen through inits and env(1); and what Python is told to run.

/// Programs that start the command behind them and reap its children, and their options that take a word of their own.
const INITS: &[(&str, &[&str])] = &[
    ("catatonit", &[]),
    ("docker-init", &["-e", "-p"]),
    ("dumb-init", &["-r", "--rewrite"]),
    ("tini", &["-e", "-p"]),
    ("tini-static", &["-e", "-p"]),
];

/// Options of the interpreter that take the next word, where nothing is written behind their letter (`python --help`).
const WITH_ARGUMENT: &[u8] = b"WX";

/// What Python is told to run (Python documentation, "Command line and environment").
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line are switches")]
pub struct Python<'a> {
    /// `-E` or `-I`: no variable of the environment counts.
    pub ignores_environment: bool,
    /// `-P` or `-I`: neither the script's directory nor the working directory is on `sys.path`.
    pub has_safe_path: bool,
    /// `-S`: the module `site` is not imported, and no site directory is on `sys.path`.
    pub is_without_site: bool,
    /// `-s` or `-I`: the site directory of the user is not on `sys.path`.
    pub is_without_user_site: bool,
    /// What it runs.
    pub runs: Runs<'a>,
}

/// What an interpreter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs<'a> {
    /// A file, or a directory or archive with a `__main__`.
    Script(&'a str),
    /// `-m`.
    Module(&'a str),
    /// `-c`.
    Code(&'a str),
    /// Standard input, or nothing.
    Nothing,
}

/// Whether a word names a program that only starts the command behind it and reaps its children.
pub fn is_init(word: &str) -> bool {
    INITS.iter().any(|(init, _)| *init == base(word))
}

/// The program that a vector starts and its arguments, behind the inits and `env` that only pass it on.
pub fn program<S: AsRef<str>>(mut argv: &[S]) -> &[S] {
    while let Some(inner) = passed_on(argv) {
        argv = inner;
    }
    argv
}

/// What an init or `env` starts; `None` of any other program, and where they start nothing.
fn passed_on<S: AsRef<str>>(argv: &[S]) -> Option<&[S]> {
    let (first, rest) = argv.split_first()?;
    let name = base(first.as_ref());
    if name == "env" {
        let rest = behind(rest, |word| ["-u", "-C", "--unset", "--chdir"].contains(&word))?;
        let assignments = rest.iter().take_while(|word| word.as_ref().contains('=')).count();
        return Some(&rest[assignments..]).filter(|rest| !rest.is_empty());
    }
    let (_, with_argument) = INITS.iter().find(|(init, _)| *init == name)?;
    behind(rest, |word| with_argument.contains(&word))
}

/// What follows the options; `None` where nothing does.
fn behind<S: AsRef<str>>(mut words: &[S], takes_argument: impl Fn(&str) -> bool) -> Option<&[S]> {
    while let Some((word, rest)) = words.split_first().filter(|(word, _)| word.as_ref().starts_with('-')) {
        words = if takes_argument(word.as_ref()) { rest.get(1..)? } else { rest };
        if word.as_ref() == "--" {
            break;
        }
    }
    Some(words).filter(|words| !words.is_empty())
}

/// The name of a program without its directories.
pub fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}

/// Whether a word or the name of a file names Python: `python`, or that with a version, whatever the directory.
pub fn is_python(word: impl AsRef<[u8]>) -> bool {
    let name = word.as_ref().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let version = name.strip_prefix(b"python");
    version.is_some_and(|version| version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// What Python runs, given the words behind its name.
pub fn python<S: AsRef<str>>(arguments: &[S]) -> Python<'_> {
    let mut found = Python {
        ignores_environment: false,
        has_safe_path: false,
        is_without_site: false,
        is_without_user_site: false,
        runs: Runs::Nothing,
    };
    let mut words = arguments.iter().map(AsRef::as_ref);
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            found.runs = if word == "-" { Runs::Nothing } else { Runs::Script(word) };
            return found;
        };
        match letters {
            "-" => {}
            "-check-hash-based-pycs" => drop(words.next()),
            _ if letters.starts_with('-') => {}
            _ => {
                if let Some(runs) = options(letters, &mut words, &mut found) {
                    found.runs = runs;
                    return found;
                }
            }
        }
    }
    found
}

/// The letters of one word of options. `-c` and `-m` end them: what follows belongs to the program.
fn options<'a>(letters: &'a str, words: &mut impl Iterator<Item = &'a str>, found: &mut Python<'a>) -> Option<Runs<'a>> {
    for (at, letter) in letters.char_indices() {
        let attached = || Some(&letters[at + letter.len_utf8()..]).filter(|text| !text.is_empty());
        match letter {
            'c' => return Some(attached().or_else(|| words.next()).map_or(Runs::Nothing, Runs::Code)),
            'm' => return Some(attached().or_else(|| words.next()).map_or(Runs::Nothing, Runs::Module)),
            'E' => found.ignores_environment = true,
            'I' => (found.ignores_environment, found.has_safe_path, found.is_without_user_site) = (true, true, true),
            'P' => found.has_safe_path = true,
            'S' => found.is_without_site = true,
            's' => found.is_without_user_site = true,
            _ if letter.is_ascii() && WITH_ARGUMENT.contains(&(letter as u8)) => {
                if attached().is_none() {
                    words.next();
                }
                return None;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inits_and_env_pass_the_command_on() {
        for (argv, wanted) in [
            ("/usr/bin/tini -- python3 /app/x.py", "python3 /app/x.py"),
            ("tini -g -p SIGTERM -- /usr/bin/env A=1 B= python3 x", "python3 x"),
            ("dumb-init --rewrite 15:3 gunicorn app", "gunicorn app"),
            ("env -u HOME python3", "python3"),
            ("python3 tini", "python3 tini"),
            ("tini --", "tini --"),
            ("tini -p", "tini -p"),
            ("", ""),
        ] {
            let argv: Vec<&str> = argv.split_whitespace().collect();
            assert_eq!(program(&argv).join(" "), wanted);
        }
        assert_eq!(program(&vec!["env"; 1 << 20]).len(), 1);
    }

    #[test]
    fn an_interpreter_is_known_by_its_name_and_version() {
        assert!(["python", "python3", "/usr/bin/python3.12"].iter().all(is_python));
        assert!(["pythonic", "/python/run", "python3-config", ""].iter().all(|word| !is_python(word)));
    }

    #[test]
    fn what_python_runs_stands_behind_its_options() {
        for (arguments, runs) in [
            ("-u /app/x.py -m no", Runs::Script("/app/x.py")),
            ("-Wignore -X dev -W error -m auth.main -c no", Runs::Module("auth.main")),
            ("-uBm auth.main", Runs::Module("auth.main")),
            ("-mauth.main", Runs::Module("auth.main")),
            ("-Ic code", Runs::Code("code")),
            ("--check-hash-based-pycs always x", Runs::Script("x")),
            ("-- x", Runs::Script("x")),
            ("-m", Runs::Nothing),
            ("-", Runs::Nothing),
            ("-é", Runs::Nothing),
            ("", Runs::Nothing),
        ] {
            let arguments: Vec<&str> = arguments.split_whitespace().collect();
            assert_eq!(python(&arguments).runs, runs, "{arguments:?}");
        }
    }

    #[test]
    fn isolation_is_read_from_letters() {
        let of = |letters: &str| {
            let words = [letters, "x"];
            let found = python(&words);
            (found.ignores_environment, found.has_safe_path, found.is_without_site, found.is_without_user_site)
        };
        assert_eq!(
            [of("-I"), of("-uES"), of("-P"), of("-sBu")],
            [(true, true, false, true), (true, false, true, false), (false, true, false, false), (false, false, false, true)]
        );
    }
}
