//! Runs a target on its seeds and on mutations of them, and tells of an input that it panics or hangs on.

use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use lucid_verify::digest::{Digest, hex};

use crate::mutate::{self, Random};

/// An input on which a target takes so long is one that it hangs on.
const HANG: Duration = Duration::from_mins(1);

/// Mutations in a run that nobody gave time.
const ITERATIONS: u64 = 200;

/// Mutations that a target is given.
enum Span {
    Count(u64),
    Time(Duration),
}

impl Span {
    /// `LUCID_FUZZ_SECONDS`; else five seconds where `LUCID_REAL=1` asks for everything, and a number of mutations where not.
    fn asked() -> Self {
        match env::var("LUCID_FUZZ_SECONDS") {
            Ok(seconds) => Self::Time(Duration::from_secs(seconds.parse().expect("LUCID_FUZZ_SECONDS is a number of seconds"))),
            Err(_) if env::var_os("LUCID_REAL").is_some_and(|value| value == "1") => Self::Time(Duration::from_secs(5)),
            Err(_) => Self::Count(ITERATIONS),
        }
    }

    fn is_over(&self, count: u64, since: Instant) -> bool {
        match self {
            Self::Count(most) => count >= *most,
            Self::Time(most) => since.elapsed() >= *most,
        }
    }
}

/// What a target is running on, and since when.
type Current = Arc<Mutex<(Instant, Vec<u8>)>>;

/// Runs a target. `LUCID_FUZZ_INPUT` names a file to run it on instead, `LUCID_FUZZ_SEED` a number to mutate by.
pub fn run(name: &str, target: fn(&[u8]), seeds: &[Vec<u8>]) {
    if let Some(file) = env::var_os("LUCID_FUZZ_INPUT") {
        return target(&fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    }
    let seed = env::var("LUCID_FUZZ_SEED").map_or(1, |seed| seed.parse().expect("LUCID_FUZZ_SEED is a number"));
    let current: Current = Arc::new(Mutex::new((Instant::now(), Vec::new())));
    let (told, outcome) = channel();
    let worker = {
        let (current, seeds) = (Arc::clone(&current), seeds.to_vec());
        move || told.send(fuzz(target, &seeds, seed, &Span::asked(), &current))
    };
    thread::Builder::new().name(name.to_owned()).spawn(worker).unwrap();
    loop {
        match outcome.recv_timeout(Duration::from_secs(1)) {
            Ok((count, longest)) => {
                // For whoever asks with --nocapture.
                let _ = writeln!(io::stderr(), "{name}: {count} inputs, the longest took {longest:?}");
                return;
            }
            Err(RecvTimeoutError::Disconnected) => panic!("{}", found(name, "panics", &current.lock().unwrap().1)),
            Err(RecvTimeoutError::Timeout) => {
                let current = current.lock().unwrap();
                assert!(current.0.elapsed() < HANG, "{}", found(name, "hangs", &current.1));
            }
        }
    }
}

/// Seeds, then mutations. Returns how many inputs there were, and how long the longest took.
fn fuzz(target: fn(&[u8]), seeds: &[Vec<u8>], seed: u64, span: &Span, current: &Current) -> (u64, Duration) {
    let (mut count, mut longest) = (0, Duration::ZERO);
    let mut run = |input: Vec<u8>| {
        let begin = Instant::now();
        *current.lock().unwrap() = (begin, input.clone());
        target(&input);
        count += 1;
        longest = longest.max(begin.elapsed());
        count
    };
    run(Vec::new());
    let begin = Instant::now();
    let mut mutations = 0;
    for input in seeds {
        run(input.clone());
    }
    let mut random = Random::new(seed);
    while !span.is_over(mutations, begin) {
        run(mutate::mutate(&mut random, seeds));
        mutations += 1;
    }
    (count, longest)
}

/// The message about an input, which is left in a file.
fn found(name: &str, what: &str, input: &[u8]) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", &Digest::sha256(input).hex()[..12]));
    let file = fs::write(&file, input).map_or_else(|error| error.to_string(), |()| file.display().to_string());
    format!(
        "{name} {what} on {} bytes:\n{}\nrun it again: LUCID_FUZZ_INPUT={file} cargo test --test fuzz {name}",
        input.len(),
        hex(input)
    )
}
