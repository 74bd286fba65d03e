//! A whole registry of a thousand tags, swept by eight workers that share a bucket, as processes of their own: what they find
//! together is what one run finds, and no layer is fetched for each of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/bucket.rs"]
mod bucket;
#[path = "support/image/mod.rs"]
mod image;
#[path = "sweep/kubernetes.rs"]
mod kubernetes;
#[path = "support/many.rs"]
mod many;
#[path = "sweep/pages.rs"]
mod pages;
#[path = "sweep/place.rs"]
mod place;
#[path = "sweep/poisoned.rs"]
mod poisoned;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use many::{REPOSITORIES, TAGS};
use place::{Asked, Place, WORKERS};

/// Those that are killed.
const KILLED: [usize; 2] = [2, 5];

/// Those that sweep their part once more: what holds of two holds of eight, and the server of the bucket is slow.
const AGAIN: [usize; 2] = [0, 1];

#[test]
fn a_thousand_tags_are_swept_by_eight_workers_as_by_one() {
    if !run::asked("a_thousand_tags_are_swept_by_eight_workers_as_by_one") {
        return;
    }
    let place = Place::of(REPOSITORIES);
    let tags = REPOSITORIES * TAGS;

    let single = place.single();
    assert_eq!(single.code, 1, "{}", single.said);
    let asked = place.asked();
    assert_eq!(asked.tags.len(), tags);
    let twice: Vec<_> = asked.blobs.iter().chain(&asked.documents).chain(&asked.tags).filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "one worker asks for nothing twice: {twice:?}");
    assert!(place.layers.iter().all(|layer| asked.blobs.contains_key(layer)), "every layer is read");

    let asked = two_are_killed(&place);
    let merged = place.merged();
    assert!(![0, 1].contains(&merged.code), "{}", merged.said);
    for index in KILLED {
        assert!(merged.said.contains(&format!("shard {index}/{WORKERS}")), "{}", merged.said);
    }
    let asked = asked.and(again(&place, &KILLED));
    let merged = place.merged();
    assert_eq!(merged.code, single.code, "{}", merged.said);
    assert!(merged.json == single.json && merged.table == single.table, "the merge is not what one run says");
    let fetched: usize = place.layers.iter().map(|layer| asked.blobs.get(layer).copied().unwrap_or_default()).sum();
    let unique = place.layers.len();
    assert!(fetched >= unique && fetched * 100 <= unique * 102, "{fetched} fetches of {unique} layers");

    let asked = again(&place, &AGAIN);
    assert_eq!((asked.blobs, asked.documents), (BTreeMap::new(), BTreeMap::new()), "nothing is fetched a second time");
    let images: usize = AGAIN.iter().map(|index| place.images(*index)).sum();
    assert!(asked.tags.values().sum::<usize>() == images && asked.tags.len() == images, "each tag is asked for once");
    let merged = place.merged();
    assert!((merged.code, &merged.json) == (single.code, &single.json), "the second sweep says otherwise: {}", merged.said);
}

/// Eight workers begin, two of them are killed in the middle, and the others end.
fn two_are_killed(place: &Place) -> Asked {
    let mut workers: Vec<_> = (0..WORKERS).map(|index| place.worker(index).spawn().unwrap()).collect();
    let mut asked = Asked::default();
    let layers = |asked: &Asked| place.layers.iter().filter(|layer| asked.blobs.contains_key(*layer)).count();
    while layers(&asked) < place.layers.len() / 2 {
        thread::sleep(Duration::from_millis(100));
        asked = asked.and(place.asked());
    }
    for index in KILLED {
        workers[index].kill().unwrap();
    }
    for (index, worker) in workers.into_iter().enumerate() {
        let ended = worker.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        let wanted = if KILLED.contains(&index) { None } else { Some(0) };
        assert_eq!(ended.status.code(), wanted, "worker {index}: {said}");
        assert_eq!(place.report(index).exists(), wanted.is_some(), "worker {index}");
    }
    asked.and(place.asked())
}

/// These workers, all at once, to their end.
fn again(place: &Place, workers: &[usize]) -> Asked {
    let workers: Vec<_> = workers.iter().map(|index| (index, place.worker(*index).spawn().unwrap())).collect();
    for (index, worker) in workers {
        let ended = worker.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "worker {index}: {}", String::from_utf8_lossy(&ended.stderr));
    }
    place.asked()
}
