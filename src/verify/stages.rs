//! Which layers are worth several threads.

use crate::layer::STAGED_BYTES;

/// Compressed bytes of a layer below which threads cost more than they bring.
const WORTHWHILE: u64 = 1 << 20;

/// Bytes of the buffers between stages, of all layers of a run together.
const BUDGET: usize = 16 << 20;

/// Layers for whose buffers that is enough.
pub(super) const ROOM: usize = BUDGET / STAGED_BYTES;

/// The processors of this machine.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Which layers are read in stages, given their compressed sizes, largest first, which is the order in which they are begun.
/// One that is more than a processor's share of what is left then would be waited for, with processors idle.
pub(super) fn staged(sizes: &[u64], processors: usize) -> Vec<bool> {
    let mut left: u64 = sizes.iter().fold(0, |sum, size| sum.saturating_add(*size));
    let mut room = if processors > 1 { ROOM } else { 0 };
    let is_staged = |size: &u64| {
        let share = left / processors.max(1) as u64;
        left = left.saturating_sub(*size);
        let is_staged = room > 0 && *size > share && *size >= WORTHWHILE;
        room -= usize::from(is_staged);
        is_staged
    };
    sizes.iter().map(is_staged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    #[test]
    fn a_layer_that_would_be_waited_for_is_read_in_stages() {
        assert_eq!(staged(&[140 * MB, 35 * MB, 3 * MB], 2), [true, true, true]);
        assert_eq!(staged(&[140 * MB], 2), [true]);
        assert_eq!(staged(&[40 * MB, 40 * MB, 40 * MB, 40 * MB], 2), [false, false, false, true]);
        assert_eq!(staged(&[40 * MB, 30 * MB], 4), [true, true]);
    }

    #[test]
    fn one_processor_has_nothing_to_share_and_small_layers_are_not_worth_it() {
        assert_eq!(staged(&[140 * MB, 35 * MB], 1), [false, false]);
        assert_eq!(staged(&[MB, 10], 8), [false, false]);
        assert_eq!(staged(&[], 8), [false; 0]);
    }

    #[test]
    fn sizes_that_no_sum_holds_are_no_trouble() {
        assert_eq!(staged(&[u64::MAX, u64::MAX, u64::MAX], 2), [true, true, true]);
    }

    #[test]
    fn the_buffers_of_all_stages_fit_into_their_budget() {
        let layers = staged(&[2 * MB; 100], 64);
        assert_eq!(layers.iter().filter(|is_staged| **is_staged).count(), ROOM);
    }
}
