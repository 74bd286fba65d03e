//! How many blobs are read at the same time.
//!
//! One connection rarely fills a link, and each request waits for a round trip; but registries also slow down who comes with
//! many connections. So the number is found while reading: one more as long as that brings more bytes a second, fewer when
//! it brings less.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Blobs at the beginning: what other clients of registries read at the same time.
const FIRST: usize = 3;
/// The longest that the number stays untried where blobs are large.
const PERIOD: Duration = Duration::from_secs(1);
/// By how much the bytes of a second must grow to be more, or shrink to be fewer.
const RISE: f64 = 1.03;
const FALL: f64 = 0.85;

/// Places for those who read blobs. Waiting for one is all that it does to them: what is read does not depend on it.
pub struct Pace {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    taken: usize,
    /// Places that were given back, and bytes that came, since `began`.
    ended: usize,
    bytes: u64,
    began: Instant,
    climb: Climb,
}

impl Pace {
    /// Always so many places.
    pub fn steady(places: usize) -> Self {
        Self::new(Climb { places: places.max(1), most: places.max(1), before: 0.0 })
    }

    /// As many places as pay, and at most so many.
    pub fn adaptive(most: usize) -> Self {
        let most = most.max(1);
        Self::new(Climb { places: FIRST.min(most), most, before: 0.0 })
    }

    fn new(climb: Climb) -> Self {
        let state = State { taken: 0, ended: 0, bytes: 0, began: Instant::now(), climb };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for a place.
    pub fn place(&self) -> Place<'_> {
        let full = |state: &mut State| state.taken >= state.climb.places;
        let state = self.changed.wait_while(self.state(), full);
        state.unwrap_or_else(PoisonError::into_inner).taken += 1;
        Place { pace: self }
    }

    /// Counts bytes that came.
    pub fn advanced(&self, bytes: u64) {
        self.count(|state| state.bytes = state.bytes.saturating_add(bytes));
    }

    /// Counts, and draws the conclusion when as many blobs ended as are read at the same time, or when that takes long.
    fn count(&self, event: impl FnOnce(&mut State)) {
        let mut state = self.state();
        event(&mut state);
        let elapsed = state.began.elapsed();
        if state.ended >= state.climb.places || elapsed >= PERIOD {
            #[expect(clippy::cast_precision_loss, reason = "a rate is compared with another")]
            let rate = state.bytes as f64 / elapsed.as_secs_f64().max(1e-6);
            state.climb.next(rate);
            (state.ended, state.bytes, state.began) = (0, 0, Instant::now());
        }
        drop(state);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, until it is dropped.
pub struct Place<'a> {
    pace: &'a Pace,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pace.count(|state| (state.taken, state.ended) = (state.taken - 1, state.ended + 1));
        self.pace.changed.notify_all();
    }
}

/// The number of places, and the way that it goes.
struct Climb {
    places: usize,
    most: usize,
    /// Bytes of a second before the last step.
    before: f64,
}

impl Climb {
    /// Additive increase, multiplicative decrease.
    fn next(&mut self, rate: f64) {
        if rate > self.before * RISE {
            self.places = (self.places + 1).min(self.most);
        } else if rate < self.before * FALL {
            self.places = (self.places * 3 / 4).max(1);
        }
        self.before = rate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it comes to on a link whose rate depends on the places so.
    fn climb(most: usize, steps: usize, rate: impl Fn(f64) -> f64) -> usize {
        let mut climb = Climb { places: FIRST.min(most), most, before: 0.0 };
        for _ in 0..steps {
            climb.next(rate(climb.places as f64));
        }
        climb.places
    }

    #[test]
    fn where_each_connection_waits_for_round_trips_there_are_soon_as_many_as_allowed() {
        assert_eq!(climb(8, 5, |places| places), 8);
        assert_eq!(climb(2, 5, |places| places), 2);
    }

    #[test]
    fn where_the_link_is_full_there_are_no_more() {
        assert_eq!(climb(20, 50, |places| places.min(5.0)), 6);
        assert_eq!(climb(20, 50, |_| 1.0), 4);
    }

    #[test]
    fn where_more_connections_bring_less_there_are_fewer() {
        assert!(climb(8, 50, |places| 10.0 / places) <= 3);
    }

    #[test]
    fn nobody_waits_for_a_place_that_was_given_back() {
        let pace = Pace::steady(1);
        for _ in 0..3 {
            let place = pace.place();
            pace.advanced(5);
            drop(place);
        }
        let pace = Pace::adaptive(8);
        let places: Vec<_> = (0..FIRST).map(|_| pace.place()).collect();
        pace.advanced(1000);
        drop(places);
        assert_eq!(pace.state().climb.places, FIRST + 1);
    }
}
