//! stdout: the document and nothing else.

use std::io::{self, IsTerminal, Write};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::table::Style;
use lucid_verify::text;

use crate::args::{Color, Common};

/// Columns where nothing tells how many there are.
const WIDTH: usize = 80;

/// Writes a document to stdout. A reader that went away (`| head`) is not an error: the verdict stands.
pub fn write(document: &[u8]) -> Result<()> {
    finish(io::stdout().lock().write_all(document).and_then(|()| io::stdout().flush()))
}

fn finish(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Usage, error.to_string()).doing("write to stdout"))
        }
        _ => Ok(()),
    }
}

/// stdout for bytes that are written while they are read. It swallows everything once its reader went away.
#[derive(Default)]
pub struct Stream {
    closed: bool,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        match io::stdout().lock().write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(bytes.len())
            }
            Err(error) => Err(Error::new(Kind::Usage, error.to_string()).doing("write to stdout").into()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        finish(io::stdout().flush()).map_err(Into::into)
    }
}

/// Lines as a document in which no runner of a CI server hears a command.
pub fn lines(lines: &str) -> Vec<u8> {
    lines.split_inclusive('\n').map(text::unheard).collect::<String>().into_bytes()
}

/// Whether someone looks at stdout.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Columns of the screen.
pub fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let screen = || comfy_table::Table::new().width().map(usize::from);
    told.or_else(screen).filter(|width| *width > 0).unwrap_or(WIDTH)
}

/// How a table is printed.
pub fn style(common: &Common) -> Style {
    let color = match common.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    Style { width: width(), color, verbose: common.verbose }
}

/// How a table is written to a file.
pub fn plain(common: &Common) -> Style {
    Style { width: WIDTH, color: false, verbose: common.verbose }
}
