//! W7: the same tar in every format, each beside the program that decodes that format quickest.

use crate::bench::{Bench, Contestant};
use crate::floor::Floor;
use crate::link::Link;
use crate::results::ratio;

const FLOOR: &str = "floor of this format";

pub fn run(bench: &mut Bench) {
    for (name, image) in bench.corpus.formats() {
        let reference = bench.push(&image);
        bench.show(&image);
        let floor = Floor::of(&image, &bench.runner);
        let theirs = Contestant { who: FLOOR.to_owned(), invocation: floor.work(), rounds: usize::MAX };
        let turns = bench.turns(Link::LOOPBACK, bench.options.rounds(3), &[theirs, bench.cold(&[&reference])]);
        bench.tell(&format!("W7, {name}"), Link::LOOPBACK, &turns);
        let share = turns.of(FLOOR).map(|floor| ratio(turns.ours(), floor, |sample| sample.user));
        bench.results.at_most(&format!("W7 {name}: user CPU beside its best decoder and the same digests"), 1.1, share);
    }
}
