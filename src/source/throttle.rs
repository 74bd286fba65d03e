//! How fast one registry is asked: so many requests at the same time, no more in a second than was said, and none while it asks
//! to be left alone, whichever request it said that to.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::deadline::Waiting;
use super::headers;
use super::retry::LONGEST_ASKED;
use crate::error::{Error, Kind, Result};

/// Requests that wait for an answer of one registry at the same time. What comes after the head of an answer is bounded by who
/// reads it.
const PLACES: usize = 16;

/// Requests that a registry still lets through when it is time to go slower: as many may be under way already.
const LOW: u64 = PLACES as u64;

/// The turns of those who ask one registry.
pub struct Throttle {
    places: Semaphore,
    pace: Mutex<Pace>,
}

/// When the next request may be made. Pure: the clock is handed in.
#[derive(Debug)]
struct Pace {
    /// The shortest time between two requests that was asked for here.
    own: Duration,
    /// That by which what the registry lets through lasts until it lets more through.
    wanted: Duration,
    next: Option<Instant>,
    /// The end of a wait that the registry asked for.
    held: Option<Instant>,
}

impl Throttle {
    /// At most so many requests a second.
    pub fn new(rate: Option<u32>) -> Self {
        let own = rate.and_then(|rate| Duration::from_secs(1).checked_div(rate)).unwrap_or_default();
        let pace = Pace { own, wanted: Duration::ZERO, next: None, held: None };
        Self { places: Semaphore::new(PLACES), pace: Mutex::new(pace) }
    }

    /// Waits for the turn of a request to `host`. It ends when what is returned is dropped.
    pub async fn turn(&self, host: &str, waiting: Waiting) -> Result<SemaphorePermit<'_>> {
        let place = self.places.acquire().await.map_err(|error| Error::new(Kind::Bug, error.to_string()))?;
        loop {
            match self.pace().take(Instant::now()) {
                Ok(None) => return Ok(place),
                Ok(Some(wait)) => waiting.pause(wait).await?,
                Err(wait) => {
                    let what = format!("{host} asks to be left alone for {} s", wait.as_secs());
                    return Err(Error::new(Kind::Unreachable, what).hint(super::refusal::LATER));
                }
            }
        }
    }

    /// Lets nobody ask for so long.
    pub fn hold(&self, wait: Duration) {
        self.pace().hold(Instant::now(), wait);
    }

    /// Takes to heart what an answer says of the requests that are left; whether that is few.
    pub fn heed(&self, said: &HeaderMap) -> bool {
        let now = Instant::now();
        headers::left(said, super::client::now()).is_some_and(|(left, reset)| self.pace().heed(now, left, reset))
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Takes the turn. `Some`: it comes after that time at the earliest; an error, if that is longer than anyone should wait.
    fn take(&mut self, now: Instant) -> Result<Option<Duration>, Duration> {
        let until = |time: Option<Instant>| time.map(|time| time.saturating_duration_since(now)).unwrap_or_default();
        let held = until(self.held);
        if held > LONGEST_ASKED {
            return Err(held);
        }
        let wait = held.max(until(self.next));
        if !wait.is_zero() {
            return Ok(Some(wait));
        }
        self.next = now.checked_add(self.own.max(self.wanted));
        Ok(None)
    }

    fn hold(&mut self, now: Instant, wait: Duration) {
        // A time that no clock shows is as good as a day.
        let end = now.checked_add(wait).or_else(|| now.checked_add(Duration::from_hours(24)));
        self.held = self.held.max(end);
    }

    /// Of requests that are few the last comes when there are more.
    fn heed(&mut self, now: Instant, left: u64, reset: Option<Duration>) -> bool {
        let is_few = left < LOW;
        let reset = reset.filter(|reset| is_few && *reset <= LONGEST_ASKED);
        self.wanted = reset.map_or(Duration::ZERO, |reset| reset / u32::try_from(left.saturating_add(1)).unwrap_or(u32::MAX));
        if let Some(reset) = reset.filter(|_| left == 0) {
            self.hold(now, reset);
        }
        is_few
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(rate: Option<u32>) -> Pace {
        Throttle::new(rate).pace.into_inner().unwrap()
    }

    #[test]
    fn so_many_requests_a_second_are_that_far_apart() {
        let (mut pace, now) = (pace(Some(4)), Instant::now());
        assert_eq!(pace.take(now), Ok(None));
        assert_eq!(pace.take(now), Ok(Some(SECOND / 4)));
        assert_eq!(pace.take(now + SECOND / 4), Ok(None));
        assert_eq!(pace.take(now + SECOND), Ok(None), "what was not asked for is not made up for");
        assert_eq!(pace.take(now + SECOND), Ok(Some(SECOND / 4)));
        let mut free = self::pace(None);
        assert!((0..100).all(|_| free.take(now) == Ok(None)));
    }

    #[test]
    fn whoever_was_refused_all_wait_and_not_for_an_hour() {
        let (mut pace, now) = (pace(None), Instant::now());
        pace.hold(now, 3 * SECOND);
        pace.hold(now, SECOND);
        assert_eq!(pace.take(now + SECOND), Ok(Some(2 * SECOND)), "the longest counts");
        assert_eq!(pace.take(now + 3 * SECOND), Ok(None));
        pace.hold(now, Duration::from_hours(1));
        assert_eq!(pace.take(now), Err(Duration::from_hours(1)));
        pace.hold(now, Duration::MAX);
        assert!(pace.take(now).is_err());
    }

    #[test]
    fn when_few_requests_are_left_they_last_until_there_are_more() {
        let (mut pace, now) = (pace(None), Instant::now());
        assert!(!pace.heed(now, 100, Some(10 * SECOND)));
        assert_eq!((pace.take(now), pace.take(now)), (Ok(None), Ok(None)));
        assert!(pace.heed(now, 4, Some(10 * SECOND)));
        assert_eq!((pace.take(now), pace.take(now)), (Ok(None), Ok(Some(2 * SECOND))));
        assert!(pace.heed(now, 0, Some(10 * SECOND)));
        assert_eq!(pace.take(now), Ok(Some(10 * SECOND)));
        // How long a window of hours still is, or how long it is at all, nobody sits through.
        let mut pace = self::pace(None);
        assert!(pace.heed(now, 0, None) && pace.heed(now, 0, Some(Duration::from_hours(6))));
        assert_eq!((pace.take(now), pace.take(now)), (Ok(None), Ok(None)));
    }
}
