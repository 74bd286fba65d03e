//! W1 to W5: one image, nothing known of it, beside the other programs.

use crate::bench::{Bench, Contestant, Turns};
use crate::corpus::Image;
use crate::floor::Floor;
use crate::link::Link;
use crate::measure::{Sample, Spread};
use crate::peers::{CURL, PEERS, STRUCTURE_TEST};
use crate::results::{Trial, most, ratio};

const MIB: u64 = 1 << 20;
const SKOPEO: &str = "skopeo copy to dir:";
const SYFT: &str = "syft";
const FLOOR: &str = "CPU floor: libdeflate-gunzip, 2 × openssl sha256 of the tars, openssl sha256 of the blobs";

fn seconds(sample: &Sample) -> f64 {
    sample.wall
}

/// Lets peers and us take turns on an image.
fn turns(bench: &mut Bench, workload: &str, image: &Image, link: Link, peers: &[&str], rounds: usize) -> Turns {
    let reference = bench.push(image);
    bench.show(image);
    let peers = peers.iter().filter_map(|name| bench.peer(name, image));
    let contestants: Vec<_> = peers.chain([bench.cold(&[&reference])]).collect();
    let turns = bench.turns(link, bench.options.rounds(rounds), &contestants);
    bench.tell(workload, link, &turns);
    turns
}

/// Our wall time as a share of a peer's, if that took part.
fn against(turns: &Turns, who: &str) -> Option<Spread> {
    turns.of(who).map(|theirs| ratio(turns.ours(), theirs, seconds))
}

/// Each blob once, no more and no less.
fn fetched_once(bench: &mut Bench, workload: &str, image: &Image, trials: &[Trial]) {
    let is_once = |trial: &Trial| {
        let fetched = trial.traffic.blobs.iter().map(|(digest, (times, bytes))| (digest, *times, *bytes));
        fetched.eq(image.blobs.iter().map(|(digest, size)| (digest, 1, *size)))
    };
    let requests = Spread::of(trials.iter().map(|trial| f64::from(u32::try_from(trial.traffic.requests).unwrap())));
    let measured = format!("{} blobs, {} requests in all", image.blobs.len(), requests.median);
    let holds = trials.iter().all(is_once);
    bench.results.claim(&format!("{workload} cold: each blob is fetched"), "exactly once", measured, Some(holds));
}

fn within(bench: &mut Bench, workload: &str, bound: u64, trials: &[Trial]) {
    let rss = most(trials);
    #[expect(clippy::cast_precision_loss, reason = "mebibytes")]
    let text = |bytes: u64| format!("{:.1} MiB", bytes as f64 / MIB as f64);
    bench.results.claim(&format!("{workload} cold: peak memory"), format!("≤ {}", text(bound)), text(rss), Some(rss <= bound));
}

pub fn distroless(bench: &mut Bench) {
    let image = bench.corpus.distroless();
    for link in bench.options.links(&[Link::LOOPBACK, Link::of(1.0, 30)]) {
        let peers: Vec<&str> = match link {
            Link::LOOPBACK => PEERS.iter().map(|peer| peer.name).collect(),
            _ => vec![CURL, SKOPEO],
        };
        let turns = turns(bench, "W1", &image, link, &peers, 5);
        if link == Link::LOOPBACK {
            fetched_once(bench, "W1", &image, turns.ours());
            within(bench, "W1", 48 * MIB, turns.ours());
        }
    }
}

pub fn ml(bench: &mut Bench) {
    let image = bench.corpus.ml();
    for link in bench.options.links(&[Link::of(0.5, 0), Link::of(1.0, 0), Link::LOOPBACK]) {
        if link == Link::LOOPBACK {
            let peers: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
            let turns = turns(bench, "W2", &image, link, &peers, 3);
            comparable(bench, &turns);
            fetched_once(bench, "W2", &image, turns.ours());
            within(bench, "W2", 48 * MIB, turns.ours());
            same_reports(bench, &image);
            floor(bench, &image);
            continue;
        }
        let turns = turns(bench, "W2", &image, link, &[CURL], 7);
        let bounds = [(Link::of(0.5, 0), 1.05), (Link::of(1.0, 0), 1.16)];
        if let Some((_, bound)) = bounds.iter().find(|(promised, _)| *promised == link) {
            bench.results.at_most(&format!("W2 cold at {link}: time beside {CURL}"), *bound, against(&turns, CURL));
        }
    }
}

/// What programs that do comparable work take.
fn comparable(bench: &mut Bench, turns: &Turns) {
    let peers = PEERS.iter().filter(|peer| peer.is_comparable);
    let ratios = peers.filter_map(|peer| Some((peer.name, against(turns, peer.name)?)));
    // The quickest of them is the one of whose time ours is the largest share.
    let quickest = ratios.max_by(|one, other| one.1.median.total_cmp(&other.1.median));
    let name = quickest.as_ref().map_or("the quickest comparable program", |(name, _)| name);
    let what = format!("W2 cold: time beside {name}, the quickest that does comparable work");
    bench.results.at_most(&what, 0.15, quickest.map(|(_, ratio)| ratio));
    let tenth = |ratio: Spread| Spread::of([ratio.least / 10.0, ratio.median / 10.0, ratio.most / 10.0]);
    let what = "W2 cold: time beside container-structure-test with 30 assertions, taken as ten times that with 3";
    bench.results.at_most(what, 0.01, against(turns, STRUCTURE_TEST).map(tenth));
}

/// Of the CPU floor, what of it the program takes.
fn floor(bench: &mut Bench, image: &Image) {
    let reference = bench.reference(image);
    let floor = Floor::of(image, &bench.runner);
    let theirs = Contestant { who: FLOOR.to_owned(), invocation: floor.work(), rounds: usize::MAX };
    let turns = bench.turns(Link::LOOPBACK, bench.options.rounds(5), &[theirs, bench.cold(&[&reference])]);
    bench.tell("W2, CPU", Link::LOOPBACK, &turns);
    let share = |of| turns.of(FLOOR).map(|floor| ratio(turns.ours(), floor, of));
    bench.results.at_most("W2 cold: user CPU beside the floor", 0.92, share(|sample| sample.user));
    let whole = share(|sample| sample.user + sample.system);
    let measured =
        whole.map_or_else(String::new, |whole| format!("{:.3} ({:.3} to {:.3})", whole.median, whole.least, whole.most));
    bench.results.claim(
        "W2 cold: user and kernel CPU beside the floor, which reads files and no network",
        "for comparison",
        measured,
        None,
    );
}

/// Whether the report is the same however it comes about.
fn same_reports(bench: &mut Bench, image: &Image) {
    let reference = bench.reference(image);
    let told = |options: &[&str]| bench.trial(Link::LOOPBACK, &bench.ours(options, &[&reference])).sample.stdout;
    let cold = told(&["--no-cache"]);
    let others: &[&[&str]] = &[&["--no-cache", "--jobs", "1"], &["--no-cache", "--jobs", "8"]];
    let is_same = !cold.is_empty() && others.iter().all(|options| told(options) == cold);
    let measured = format!("{} bytes of JSON, {}", cold.len(), if is_same { "identical" } else { "they differ" });
    bench.results.claim("W2: reports at --jobs 1, --jobs 8 and without", "byte-identical", measured, Some(is_same));
}

pub fn cuda(bench: &mut Bench) {
    let image = bench.corpus.cuda();
    for link in bench.options.links(&[Link::LOOPBACK]) {
        let turns = turns(bench, "W3", &image, link, &[CURL, SKOPEO], 3);
        fetched_once(bench, "W3", &image, turns.ours());
        within(bench, "W3", 48 * MIB, turns.ours());
    }
}

pub fn tiny(bench: &mut Bench) {
    let image = bench.corpus.tiny();
    let reference = bench.push(&image);
    bench.show(&image);
    let link = Link::LOOPBACK;
    let mut contestants: Vec<_> = [CURL, SKOPEO, SYFT].iter().filter_map(|name| bench.peer(name, &image)).collect();
    for contestant in contestants.iter_mut().filter(|contestant| contestant.who == SYFT) {
        contestant.rounds = 1;
    }
    contestants.push(bench.cold(&[&reference]));
    let turns = bench.turns(link, bench.options.rounds(3), &contestants);
    bench.tell("W4", link, &turns);
    bench.results.at_most("W4 cold: time beside syft", 0.05, against(&turns, SYFT));
    fetched_once(bench, "W4", &image, turns.ours());
    within(bench, "W4", 24 * MIB + 144 * image.entries, turns.ours());
}

pub fn layers(bench: &mut Bench) {
    let image = bench.corpus.layers();
    for link in bench.options.links(&[Link::LOOPBACK, Link::of(1.0, 30)]) {
        let peers: &[&str] = if link == Link::LOOPBACK { &[CURL, SKOPEO, SYFT] } else { &[SKOPEO] };
        let turns = turns(bench, "W5", &image, link, peers, 3);
        if link == Link::LOOPBACK {
            fetched_once(bench, "W5", &image, turns.ours());
            within(bench, "W5", 48 * MIB, turns.ours());
        }
    }
}
