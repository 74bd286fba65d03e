//! `lucid-verify explore IMAGE`: the terminal browser.

mod dialogue;
mod pace;
pub mod screen;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::explore::plain::Dialogue;
use lucid_verify::explore::{Ask, Content, Look, Model, Reading as Wanted, Subject, VIEW};
use lucid_verify::facts::Sources;
use lucid_verify::report::ExitCode;
use lucid_verify::verify::{Asking, Loaded, Reading, explore, shipped};
use ratatui::crossterm::event::{Event, KeyEventKind};

use crate::args::{Common, Explore, Format};
use crate::progress::Bars;
use crate::{exit, output, policy, reading, verify};
use pace::{Moment, Pace};
use screen::Screen;

/// Time for what was begun, between two frames.
const SLICE: Duration = Duration::from_millis(8);

/// Keys that may come before what they did is drawn.
const KEYS: usize = 64;

/// Runs the verb.
pub fn run(args: &Explore, common: &Common) -> Result<ExitCode> {
    if common.format != Format::Table {
        let what = format!("explore is for people: it has no {}", common.format.name());
        return Err(Error::new(Kind::Usage, what).hint("`lucid-verify inspect --facts IMAGE` has everything as JSON"));
    }
    let is_plain = is_plain(args)?;
    let (reading, loaded, subject) = load(args, common)?;
    let look = Look { color: output::style(common).color, unicode: is_unicode() };
    if is_plain {
        dialogue::run(Dialogue::new(subject, look), &loaded, &reading)?;
        return Ok(loaded.gap.as_ref().map_or(ExitCode::Held, exit::say));
    }
    let mut pace = Pace::default();
    let model = Model::new(subject, look, screen::size()?);
    let leaving = browse(model, &loaded, &reading, &mut pace)?;
    if common.verbose {
        exit::note(&pace.said());
    }
    if leaving == Ask::Interrupt {
        screen::interrupt();
    }
    Ok(loaded.gap.as_ref().map_or(ExitCode::Held, exit::say))
}

/// Reads and judges the image.
fn load(args: &Explore, common: &Common) -> Result<(Reading, Loaded, Subject)> {
    let today = verify::day()?;
    let images = [&args.image];
    let mut reading = reading::reading(common, &images)?;
    let (policy, selection) = verify::asked(&args.asked, &[], today, &|profile| policy::fetch(profile, &reading, &images))?;
    reading.limits = reading::limits(common, Some(&policy))?;
    let asked = |rule: &_| selection.holds(rule);
    let sources = Arc::new(Sources::keeping());
    let asking = Asking { service: args.asked.service.as_deref(), asked: &asked, sources, ..Asking::all(&policy, today) };
    let bars = Bars::new(common);
    let (loaded, subject) = explore(&args.image, &reading, &asking, &bars)?;
    drop(bars);
    Ok((reading, loaded, subject))
}

/// Whether it is a dialogue in lines: because that is asked for, or because there is no terminal that has a screen.
fn is_plain(args: &Explore) -> Result<bool> {
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let has_lines = !args.image.is_on_stdin() && !io::stdin().is_terminal();
    let is_plain = args.plain || is_dumb || has_lines || !output::is_terminal();
    if is_plain && args.image.is_on_stdin() {
        let what = "an image archive and the lines of a dialogue would be read from stdin, which holds one thing";
        return Err(Error::new(Kind::Usage, what).hint("write the archive to a file"));
    }
    Ok(is_plain)
}

/// Whether the terminal shows more than ASCII, as the locale says (locale(7)).
fn is_unicode() -> bool {
    let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let name = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set);
    let locale = name.and_then(|name| std::env::var(name).ok()).unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The loop: draw, wait for a key, do what it asks for. Returns how it was left.
fn browse(mut model: Model, loaded: &Loaded, reading: &Reading, pace: &mut Pace) -> Result<Ask> {
    let mut screen = Screen::open()?;
    let mut begun = Moment::now();
    let mut is_working = false;
    loop {
        screen.draw(&mut model)?;
        pace.frame(begun);
        if is_working && !screen::is_waiting(Duration::ZERO)? {
            begun = Moment::now();
            is_working = work(&mut model, begun);
            continue;
        }
        let event = screen::next()?;
        begun = Moment::now();
        let mut asked = press(&mut model, &event);
        for _ in 0..KEYS {
            if asked.is_some() || !screen::is_waiting(Duration::ZERO)? {
                break;
            }
            asked = press(&mut model, &screen::next()?);
        }
        is_working = model.work();
        match asked {
            Some(Ask::Read(wanted)) => {
                model.say("reading the layer a further time ...");
                screen.draw(&mut model)?;
                let content = content(loaded, &wanted, reading);
                model.read(&wanted, content);
                begun = Moment::now();
            }
            Some(Ask::Suspend) => {
                screen.suspend()?;
                begun = Moment::now();
            }
            Some(leaving) => return Ok(leaving),
            None => {}
        }
    }
}

/// Does what was begun, as long as nobody notices. Whether there is more.
fn work(model: &mut Model, begun: Moment) -> bool {
    while model.work() {
        if begun.elapsed() >= SLICE {
            return true;
        }
    }
    false
}

fn press(model: &mut Model, event: &Event) -> Option<Ask> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => model.press(*key),
        _ => None,
    }
}

/// The begin of a file's content.
fn content(loaded: &Loaded, wanted: &Wanted, reading: &Reading) -> Result<Content, String> {
    let mut begin = Begin(Vec::new());
    let size = shipped(loaded, wanted, reading, &mut begin).map_err(|error| error.to_string())?;
    Ok(Content { bytes: begin.0, size })
}

/// Keeps as much as is shown.
struct Begin(Vec<u8>);

impl Write for Begin {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = VIEW.saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend_from_slice(&bytes[..room]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
