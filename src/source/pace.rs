//! How many blobs are read at the same time.
//!
//! One connection rarely fills a link, and each request waits for a round trip; but registries also slow down who comes with
//! many connections. So the number is found while reading: one more as long as that brings more bytes a second, fewer when
//! it brings less.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Blobs at the beginning: what other clients of registries read at the same time.
const FIRST: usize = 3;
/// The longest that the number stays untried where blobs are large.
const PERIOD: Duration = Duration::from_secs(1);
/// Bytes that a request counts for: on most links as many come in a round trip or two. Without them, small blobs behind large
/// ones would look like a slow link.
const REQUEST: u64 = 1 << 20;
/// By how much the bytes of a second must grow to go on, or shrink to turn round.
const RISE: f64 = 1.03;
const FALL: f64 = 0.85;

/// The turns of those who read blobs. Waiting is all that it does to them: what is read does not depend on it.
pub struct Pace {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    climb: Climb,
    /// Blobs that are being read.
    reading: usize,
    /// Blobs that ended, and bytes that came, since `began`.
    ended: usize,
    bytes: u64,
    began: Instant,
}

impl Pace {
    /// Always so many at the same time.
    pub fn steady(places: usize) -> Self {
        Self::new(Climb::new(places, places))
    }

    /// As many at the same time as pays, and at most so many.
    pub fn adaptive(most: usize) -> Self {
        Self::new(Climb::new(FIRST, most))
    }

    fn new(climb: Climb) -> Self {
        let state = State { climb, reading: 0, ended: 0, bytes: 0, began: Instant::now() };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// How many can ever have a turn at the same time.
    pub fn most(&self) -> usize {
        self.state().climb.most
    }

    /// Waits for the turn to read a blob. It ends when what is returned is dropped.
    pub fn turn(&self) -> Turn<'_> {
        self.begin();
        Turn { pace: self }
    }

    fn begin(&self) {
        let waits = |state: &mut State| state.reading >= state.climb.places;
        let mut state = self.changed.wait_while(self.state(), waits).unwrap_or_else(PoisonError::into_inner);
        if state.reading == 0 {
            // While nothing was read, no link was slow.
            (state.ended, state.bytes, state.began) = (0, 0, Instant::now());
        }
        state.reading += 1;
    }

    /// Counts bytes that came.
    pub fn advanced(&self, bytes: u64) {
        count(&mut self.state(), 0, bytes, &self.changed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts, and draws the conclusion when as many blobs ended as are read at the same time, or when that takes long.
fn count(state: &mut State, ended: usize, bytes: u64, changed: &Condvar) {
    state.ended += ended;
    state.bytes = state.bytes.saturating_add(bytes);
    let elapsed = state.began.elapsed();
    if state.ended >= state.climb.places || elapsed >= PERIOD {
        #[expect(clippy::cast_precision_loss, reason = "a rate is compared with another")]
        let rate = state.bytes as f64 / elapsed.as_secs_f64().max(1e-6);
        state.climb.next(rate);
        (state.ended, state.bytes, state.began) = (0, 0, Instant::now());
        changed.notify_all();
    }
}

/// Leave to read one blob.
pub struct Turn<'a> {
    pace: &'a Pace,
}

impl Turn<'_> {
    /// Lets time pass in which another may read, and waits for a place again.
    pub fn rest(&self, time: Duration) {
        let mut state = self.pace.state();
        state.reading = state.reading.saturating_sub(1);
        drop(state);
        self.pace.changed.notify_one();
        thread::sleep(time);
        self.pace.begin();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.reading = state.reading.saturating_sub(1);
        count(&mut state, 1, REQUEST, &self.pace.changed);
        self.pace.changed.notify_one();
    }
}

/// The number of places, and the way that it goes.
struct Climb {
    places: usize,
    most: usize,
    /// Bytes of a second before the last step.
    before: f64,
    is_upward: bool,
}

impl Climb {
    fn new(places: usize, most: usize) -> Self {
        let most = most.max(1);
        Self { places: places.clamp(1, most), most, before: 0.0, is_upward: true }
    }

    /// Goes on the way that brought more, and turns round where it brought less: up by one, down by a quarter.
    fn next(&mut self, rate: f64) {
        let (is_more, is_less) = (rate > self.before * RISE, rate < self.before * FALL);
        self.is_upward ^= is_less;
        if is_more || is_less {
            self.places = if self.is_upward { (self.places + 1).min(self.most) } else { (self.places * 3 / 4).max(1) };
        }
        self.before = rate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(climb: &Climb) -> f64 {
        f64::from(u32::try_from(climb.places).unwrap())
    }

    /// Where it comes to on a link whose rate depends on the places so.
    fn climb(most: usize, steps: usize, rate: impl Fn(f64) -> f64) -> usize {
        let mut climb = Climb::new(FIRST, most);
        for _ in 0..steps {
            climb.next(rate(places(&climb)));
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
        assert_eq!(climb(8, 50, |places| 10.0 / places), 1);
    }

    #[test]
    fn what_has_other_reasons_is_made_good() {
        let mut climb = Climb::new(FIRST, 8);
        for rate in [9.0, 9.0, 5.0] {
            climb.next(rate);
        }
        assert_eq!(climb.places, 3, "fewer came, and it was not the fourth place");
        for _ in 0..8 {
            climb.next(places(&climb));
        }
        assert_eq!(climb.places, 8);
    }

    #[test]
    fn so_many_read_at_the_same_time_and_the_next_when_one_of_them_ends() {
        let pace = Pace::steady(2);
        let (one, two) = (pace.turn(), pace.turn());
        let is_third = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _third = pace.turn();
                is_third.store(true, std::sync::atomic::Ordering::SeqCst);
            });
            assert!(!is_third.load(std::sync::atomic::Ordering::SeqCst));
            drop(one);
        });
        assert!(is_third.into_inner());
        drop(two);
        assert_eq!(pace.state().reading, 0);
    }

    #[test]
    fn whoever_only_waits_for_something_else_leaves_the_place_to_others() {
        let pace = Pace::steady(1);
        let (turn, has_read) = (pace.turn(), std::sync::atomic::AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _other = pace.turn();
                has_read.store(true, std::sync::atomic::Ordering::SeqCst);
            });
            while !has_read.load(std::sync::atomic::Ordering::SeqCst) {
                turn.rest(Duration::from_millis(1));
            }
        });
        assert_eq!(pace.state().reading, 1);
    }

    #[test]
    fn blobs_that_ended_are_a_reason_to_try_one_more() {
        let pace = Pace::adaptive(8);
        for _ in 0..FIRST {
            drop(pace.turn());
        }
        // Between them nothing was read: each began anew.
        assert_eq!(pace.state().climb.places, FIRST);
        let turns: Vec<_> = (0..FIRST).map(|_| pace.turn()).collect();
        drop(turns);
        assert_eq!(pace.state().climb.places, FIRST + 1);
        assert_eq!(pace.most(), 8);
    }
}
