//! Work on many things, as many at a time as there are processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What a function makes of each of many, as many at a time as the machine has processors: whichever is free takes the next.
pub fn each<T: Sync, R: Send>(all: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let take = || {
        let place = next.fetch_add(1, Ordering::Relaxed);
        all.get(place).map(|one| (place, make(one)))
    };
    let work = || std::iter::from_fn(take).collect::<Vec<_>>();
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let parts: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}
