//! W8: images that mean harm.

use crate::bench::Bench;
use crate::link::Link;

const MEMORY: u64 = 48 << 20;

pub fn run(bench: &mut Bench) {
    for attack in bench.corpus.hostile() {
        let reference = bench.push(&attack.image);
        let options = [&["--no-cache"], attack.options].concat();
        let trial = bench.trial(Link::LOOPBACK, &bench.ours(&options, &[&reference]));
        bench.note(&format!("W8, {}", attack.what), std::slice::from_ref(&trial));
        let sample = trial.sample;
        let code = sample.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit {code}"));
        let measured = format!("{code}, {} MiB, {:.2} s", sample.rss >> 20, sample.wall);
        let holds = sample.code == Some(attack.code) && sample.rss <= MEMORY;
        bench.results.claim(
            &format!("W8: {}", attack.what),
            format!("exit {}, ≤ {} MiB", attack.code, MEMORY >> 20),
            measured,
            Some(holds),
        );
    }
}
