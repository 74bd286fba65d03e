//! Rules beside one another: none waits for another.

use std::iter;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What comes of each, in their order. Whichever thread is done with one takes the next.
pub(super) fn on_two<'a, T: Sync, R: Send>(all: &'a [T], one: &(dyn Fn(&'a T) -> R + Sync)) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        iter::from_fn(|| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            all.get(at).map(|item| (at, one(item)))
        })
    };
    let work = || take().collect::<Vec<_>>();
    let mut done = thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut done = work();
        done.extend(other.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_each_is_in_their_order_whoever_took_it() {
        let all: Vec<usize> = (0..1000).collect();
        assert_eq!(on_two(&all, &|number| number * 2), all.iter().map(|number| number * 2).collect::<Vec<_>>());
        assert_eq!(on_two(&[], &|number: &usize| *number), [] as [usize; 0]);
    }
}
