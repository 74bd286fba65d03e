//! The first line of a script, as Linux reads it (execve(2), "Interpreter scripts").

/// Interpreter and at most one argument of a first line without its `#!`; `None` where it names no interpreter. A
/// carriage return is part of the word that it ends.
pub(super) fn parse(line: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let line = trim(line);
    let end = line.iter().position(|byte| is_blank(*byte)).unwrap_or(line.len());
    let (interpreter, argument) = line.split_at(end);
    let argument = Some(trim(argument)).filter(|argument| !argument.is_empty());
    (!interpreter.is_empty()).then_some((interpreter, argument))
}

/// The program that an interpreter goes on to look for in `PATH`: env(1) and its argument, which the kernel does not
/// split, and which `-S` makes env split.
pub(super) fn through_env<'a>(interpreter: &[u8], argument: Option<&'a [u8]>) -> Option<&'a [u8]> {
    let is_env = interpreter.rsplit(|byte| *byte == b'/').next() == Some(b"env");
    let argument = argument.filter(|_| is_env)?;
    let Some(split) = [&b"-S"[..], b"-vS", b"--split-string="].iter().find_map(|option| argument.strip_prefix(*option)) else {
        return (!argument.starts_with(b"-") && !argument.contains(&b'=')).then_some(argument);
    };
    let mut words = split.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        match word {
            b"-u" | b"-C" | b"--unset" | b"--chdir" => drop(words.next()),
            _ if word.starts_with(b"-") || word.contains(&b'=') => {}
            _ => return Some(word),
        }
    }
    None
}

/// The interpreter of a script whose first line could not name it, being too long or holding a blank: `/bin/sh` executes
/// it from the second line, as installers of Python packages write it (distlib, uv). `None` where that is computed.
pub fn trampoline(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"#!/bin/sh\n'''exec' ")?;
    let path = match rest {
        [quote @ (b'"' | b'\''), rest @ ..] => rest.split(|byte| byte == quote).next()?,
        _ => rest.split(|byte| is_blank(*byte) || *byte == b'\n').next()?,
    };
    Some(path).filter(|path| path.starts_with(b"/"))
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

/// The kernel's `spacetab`.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_is_an_interpreter_and_one_argument() {
        for (line, interpreter, argument) in [
            ("/bin/sh", "/bin/sh", None),
            (" \t/bin/sh  -e  -u\t ", "/bin/sh", Some("-e  -u")),
            ("/usr/bin/python3\r", "/usr/bin/python3\r", None),
            ("/bin/sh -e\r", "/bin/sh", Some("-e\r")),
            ("/bin/sh\0junk", "/bin/sh", None),
        ] {
            assert_eq!(parse(line.as_bytes()), Some((interpreter.as_bytes(), argument.map(str::as_bytes))), "{line:?}");
        }
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b" \t"), None);
    }

    #[test]
    fn a_trampoline_names_the_interpreter_in_its_second_line() {
        for (line, interpreter) in [
            ("\"/a b/python\" \"$0\" \"$@\"", Some("/a b/python")),
            ("'/a b/python' \"$0\" \"$@\"", Some("/a b/python")),
            ("/long/python \"$0\" \"$@\"", Some("/long/python")),
            ("\"$(dirname -- \"$0\")\"/'python' \"$0\"", None),
        ] {
            let text = format!("#!/bin/sh\n'''exec' {line}\n' '''\nimport x\n");
            assert_eq!(trampoline(text.as_bytes()), interpreter.map(str::as_bytes), "{line}");
        }
        assert_eq!(trampoline(b"#!/bin/sh\nexec /bin/x\n"), None);
    }

    #[test]
    fn env_looks_for_what_it_is_told() {
        for (interpreter, argument, program) in [
            ("/usr/bin/env", "python3", Some("python3")),
            ("/usr/bin/env", "python3 -u", Some("python3 -u")),
            ("/usr/bin/env", "-S python3 -u", Some("python3")),
            ("/usr/bin/env", "-S -i -u HOME A=b\tpython3", Some("python3")),
            ("/usr/bin/env", "--split-string=python3 -u", Some("python3")),
            ("/usr/bin/env", "-S", None),
            ("/usr/bin/env", "-i", None),
            ("/usr/bin/env", "A=b", None),
            ("/bin/sh", "-e", None),
            ("/usr/bin/notenv", "python3", None),
        ] {
            let found = through_env(interpreter.as_bytes(), Some(argument.as_bytes()));
            assert_eq!(found, program.map(str::as_bytes), "{interpreter} {argument}");
        }
        assert_eq!(through_env(b"env", None), None);
    }
}
