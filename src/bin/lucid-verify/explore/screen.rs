//! The terminal: taken, and given back on every way out.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::explore::{Model, draw::draw};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};

/// Whether the terminal is taken. A signal may end the process at any time, on another thread.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is taken.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal: raw mode, and the alternate screen, so that what stood there comes back.
    pub fn open() -> Result<Self> {
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout()))).map_err(|error| failed(&error))?;
        take().map_err(|error| failed(&error))?;
        Ok(Self { terminal })
    }

    /// Draws a model, at the size that the screen has.
    pub fn draw(&mut self, model: &mut Model) -> Result<()> {
        let drawn = self.terminal.size().and_then(|size| {
            model.resize((size.width, size.height));
            self.terminal.draw(|frame| draw(frame, model)).map(drop)
        });
        drawn.map_err(|error| failed(&error))
    }

    /// Gives the terminal back until the shell continues the process.
    pub fn suspend(&mut self) -> Result<()> {
        give_back();
        #[cfg(unix)]
        let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTSTP);
        take().and_then(|()| self.terminal.clear()).map_err(|error| failed(&error))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, Hide)
}

/// Gives the terminal back, if it is taken.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = terminal::disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

/// Columns and rows.
pub fn size() -> Result<(u16, u16)> {
    terminal::size().map_err(|error| failed(&error))
}

/// The next event.
pub fn next() -> Result<Event> {
    event::read().map_err(|error| failed(&error))
}

/// Whether there is an event, or will be within a time.
pub fn is_waiting(within: Duration) -> Result<bool> {
    event::poll(within).map_err(|error| failed(&error))
}

/// Ends the process as SIGINT ends it.
pub fn interrupt() {
    #[cfg(unix)]
    {
        let _nothing_new = lucid_verify::transient::remove_all();
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
    }
}

fn failed(error: &io::Error) -> Error {
    Error::new(Kind::Usage, error.to_string())
        .doing("use the terminal")
        .hint("--plain is a dialogue in lines, which needs no terminal")
}
