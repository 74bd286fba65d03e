//! The dialogue in lines: stdin asks, stdout answers.

use std::io::{self, BufRead, IsTerminal, Read};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::explore::plain::{Answer, Dialogue};
use lucid_verify::verify::{Loaded, Reading};

use crate::output;

/// Bytes of a line: a path has no more than 4,096 of them, and each may be written as four.
const LINE: u64 = 32 << 10;

/// What stands before a line that a person types.
const PROMPT: &[u8] = b"> ";

/// Asks and answers until the lines end.
pub fn run(mut dialogue: Dialogue, loaded: &Loaded, reading: &Reading) -> Result<()> {
    let is_typed = io::stdin().is_terminal() && output::is_terminal();
    say(&dialogue.greeting())?;
    loop {
        if is_typed {
            output::write(PROMPT)?;
        }
        let Some(line) = line()? else { return Ok(()) };
        match dialogue.answer(&line) {
            Answer::Lines(lines) => say(&lines)?,
            Answer::Read(wanted) => {
                let content = super::content(loaded, &wanted, reading);
                say(&dialogue.read(&wanted, content))?;
            }
            Answer::End => return Ok(()),
        }
    }
}

fn say(lines: &[String]) -> Result<()> {
    output::write(&output::lines(&lines.iter().map(|line| line.clone() + "\n").collect::<String>()))
}

/// The next line; what is no UTF-8 in it is replaced. `None`: there is none.
fn line() -> Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LINE).read_until(b'\n', &mut bytes);
    read.map_err(|error| Error::new(Kind::Usage, error.to_string()).doing("read a command from stdin"))?;
    Ok((!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}
