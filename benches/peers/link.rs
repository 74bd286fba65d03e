//! A network link of a bandwidth that all connections share, and of a round-trip time.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};

/// What a link is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Gigabits a second; none: as quick as loopback is.
    pub gigabits: Option<f64>,
    pub round_trip: Duration,
}

impl Link {
    pub const LOOPBACK: Self = Self { gigabits: None, round_trip: Duration::ZERO };

    pub const fn of(gigabits: f64, milliseconds: u64) -> Self {
        Self { gigabits: Some(gigabits), round_trip: Duration::from_millis(milliseconds) }
    }

    fn bytes_a_second(self) -> Option<f64> {
        self.gigabits.map(|gigabits| gigabits * 1e9 / 8.0)
    }
}

/// The bandwidth alone: `0.5`, `1`, `unlimited`.
pub fn bandwidth(text: &str) -> Result<Option<f64>, String> {
    if text == "unlimited" {
        return Ok(None);
    }
    let gigabits = f64::from_str(text).ok().filter(|gigabits| gigabits.is_finite() && *gigabits > 0.0);
    gigabits.map(Some).ok_or_else(|| format!("{text:?} is neither gigabits a second nor \"unlimited\""))
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gigabits {
            Some(gigabits) => write!(f, "{gigabits} Gbit/s")?,
            None => write!(f, "loopback")?,
        }
        if self.round_trip.is_zero() { Ok(()) } else { write!(f, ", {} ms", self.round_trip.as_millis()) }
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How late a transmission may be and still be made up for: sleeping is that coarse.
const SLACK: Duration = Duration::from_millis(10);
/// How long a piece occupies the wire.
const PIECE: f64 = 0.002;
/// The largest piece, which is also the buffer of a connection.
pub const LARGEST_PIECE: usize = 256 << 10;

/// The wire that all connections share.
pub struct Wire {
    state: Mutex<(Link, Instant)>,
}

impl Wire {
    pub fn new() -> Self {
        Self { state: Mutex::new((Link::LOOPBACK, Instant::now())) }
    }

    pub fn set(&self, link: Link) {
        *self.state.lock().unwrap() = (link, Instant::now());
    }

    /// How many bytes to send at a time.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred thousand")]
    pub fn piece(&self) -> usize {
        let link = self.state.lock().unwrap().0;
        link.bytes_a_second().map_or(LARGEST_PIECE, |rate| (rate * PIECE) as usize).clamp(4 << 10, LARGEST_PIECE)
    }

    /// Waits as long as a request and its answer are on their way.
    pub fn travel(&self) {
        let link = self.state.lock().unwrap().0;
        std::thread::sleep(link.round_trip);
    }

    /// Waits until these bytes have passed, behind all that were sent before them.
    #[expect(clippy::cast_precision_loss, reason = "pieces are small")]
    pub fn send(&self, bytes: usize) {
        let due = {
            let (link, free) = &mut *self.state.lock().unwrap();
            let Some(rate) = link.bytes_a_second() else { return };
            let now = Instant::now();
            let begin = now.checked_sub(SLACK).map_or(now, |earliest| earliest.max(*free));
            *free = begin + Duration::from_secs_f64(bytes as f64 / rate);
            *free
        };
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}
