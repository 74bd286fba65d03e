//! How long frames take.

use std::fs;
use std::time::{Duration, Instant};

/// A moment: by the clock, and by the CPU time of this thread, where the system tells it (proc(5), `schedstat`).
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    clock: Instant,
    cpu: Option<Duration>,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
        let cpu = told.and_then(|told| told.split_whitespace().next()?.parse().ok()).map(Duration::from_nanos);
        Self { clock: Instant::now(), cpu }
    }

    /// The time since then, by the clock.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

/// The frames of a run: each is the time from a key to the screen that shows what it did.
#[derive(Debug, Default)]
pub struct Pace {
    frames: Vec<Duration>,
    /// The most time that a CPU took for one.
    busiest: Duration,
}

/// Frames whose times are kept.
const KEPT: usize = 100_000;

impl Pace {
    /// A frame that was begun then is on the screen.
    pub fn frame(&mut self, begun: Moment) {
        let now = Moment::now();
        if self.frames.len() < KEPT {
            self.frames.push(begun.elapsed());
        }
        if let (Some(before), Some(after)) = (begun.cpu, now.cpu) {
            self.busiest = self.busiest.max(after.saturating_sub(before));
        }
    }

    /// What is said of them.
    pub fn said(&self) -> String {
        let mut frames = self.frames.clone();
        frames.sort_unstable();
        let ms = |frame: Duration| frame.as_secs_f64() * 1e3;
        let of = |frame: Option<&Duration>| ms(frame.copied().unwrap_or_default());
        let (median, longest) = (of(frames.get(frames.len() / 2)), of(frames.last()));
        let busiest = ms(self.busiest);
        format!("{} frames drawn, median {median:.1} ms, longest {longest:.1} ms, busiest {busiest:.1} ms of a CPU", frames.len())
    }
}
