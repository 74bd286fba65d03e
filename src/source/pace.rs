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
/// Bytes that a request counts for: on most links as many come in a round trip or two. Without them, small blobs behind large
/// ones would look like a slow link.
const REQUEST: u64 = 1 << 20;
/// By how much the bytes of a second must grow to go on, or shrink to turn round.
const RISE: f64 = 1.03;
const FALL: f64 = 0.85;

/// The turns of those who read blobs, one after the other. Waiting is all that it does to them: what is read does not depend
/// on it.
pub struct Pace {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    climb: Climb,
    /// Blobs that ended, and bytes that came, since `began`.
    ended: usize,
    bytes: u64,
    began: Instant,
    /// Whether a reader left, because there is nothing more to read: nobody has to wait for that.
    is_over: bool,
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
        let state = State { climb, ended: 0, bytes: 0, began: Instant::now(), is_over: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// How many readers can ever have a turn.
    pub fn most(&self) -> usize {
        self.state().climb.most
    }

    /// The reader of a number, counted from zero. The lower ones come first, so that no thread is used that need not be.
    pub fn reader(&self, number: usize) -> Reader<'_> {
        Reader { pace: self, number, has_read: false }
    }

    /// Counts bytes that came.
    pub fn advanced(&self, bytes: u64) {
        self.count(0, bytes);
    }

    /// Counts, and draws the conclusion when as many blobs ended as are read at the same time, or when that takes long.
    fn count(&self, ended: usize, bytes: u64) {
        let mut state = self.state();
        state.ended += ended;
        state.bytes = state.bytes.saturating_add(bytes);
        let elapsed = state.began.elapsed();
        if state.ended >= state.climb.places || elapsed >= PERIOD {
            #[expect(clippy::cast_precision_loss, reason = "a rate is compared with another")]
            let rate = state.bytes as f64 / elapsed.as_secs_f64().max(1e-6);
            state.climb.next(rate);
            (state.ended, state.bytes, state.began) = (0, 0, Instant::now());
            self.changed.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Someone who reads one blob after the other.
pub struct Reader<'a> {
    pace: &'a Pace,
    number: usize,
    has_read: bool,
}

impl Reader<'_> {
    /// Ends the blob before, and waits for the turn to read another.
    pub fn next(&mut self) {
        if std::mem::replace(&mut self.has_read, true) {
            self.pace.count(1, REQUEST);
        }
        let waits = |state: &mut State| self.number >= state.climb.places && !state.is_over;
        drop(self.pace.changed.wait_while(self.pace.state(), waits));
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.pace.state().is_over = true;
        self.pace.changed.notify_all();
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
    fn readers_get_their_turn_when_there_is_room_or_nothing_to_read() {
        let pace = Pace::adaptive(8);
        let mut readers: Vec<_> = (0..FIRST).map(|number| pace.reader(number)).collect();
        readers.iter_mut().for_each(Reader::next);
        pace.advanced(1000);
        readers.iter_mut().for_each(Reader::next);
        assert_eq!(pace.state().climb.places, FIRST + 1);
        pace.reader(FIRST).next();
        assert!(pace.state().is_over);
        pace.reader(pace.most()).next();
    }
}
