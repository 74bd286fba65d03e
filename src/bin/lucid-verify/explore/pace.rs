//! How long frames take.

use std::time::{Duration, Instant};

/// The frames of a run: each is the time from a key to the screen that shows what it did.
#[derive(Debug, Default)]
pub struct Pace {
    frames: Vec<Duration>,
}

/// Frames whose times are kept.
const KEPT: usize = 100_000;

impl Pace {
    /// A frame that was begun then is on the screen.
    pub fn frame(&mut self, begun: Instant) {
        if self.frames.len() < KEPT {
            self.frames.push(begun.elapsed());
        }
    }

    /// What is said of them.
    pub fn said(&self) -> String {
        let mut frames = self.frames.clone();
        frames.sort_unstable();
        let ms = |frame: Option<&Duration>| frame.map_or(0.0, Duration::as_secs_f64) * 1e3;
        let (median, longest) = (ms(frames.get(frames.len() / 2)), ms(frames.last()));
        format!("{} frames drawn, median {median:.1} ms, longest {longest:.1} ms", frames.len())
    }
}
