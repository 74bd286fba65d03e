use std::cell::RefCell;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;

use object_store::memory::InMemory;

use super::claim::State;
use super::*;
use crate::cache::claim::Claim;

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn warn(what: &str) {
    SAID.with_borrow_mut(|said| said.push(what.to_owned()));
}

fn said() -> Vec<String> {
    SAID.take()
}

const RIGHT: &str = "a key of more than sixteen bytes";
const KIND: Kind = Kind::Layer;

/// A worker with this key, in the bucket that others have, too.
fn worker(store: &Arc<InMemory>, key: Option<&str>) -> Bucket {
    let secret = key.map(|key| Secret::new(key.as_bytes()).unwrap());
    let hour = Duration::from_hours(1);
    let client = |_| unreachable!("nothing is asked over a network");
    let service = Service { client: &client, timeout: hour, deadline: hour, secret, say: |_| {}, warn };
    Bucket::over(Arc::<InMemory>::clone(store), "s3://b/p".into(), Path::from("p"), &service).unwrap()
}

fn key(name: &str) -> Digest {
    Digest::sha256(name.as_bytes())
}

fn put(bucket: &Bucket, name: &str, content: &[u8]) {
    bucket.put(KIND, &key(name), |out| out.write_all(content));
}

/// The bytes of an object, or none.
fn raw(bucket: &Bucket, at: &Path) -> Option<Vec<u8>> {
    bucket.runtime.block_on(bucket.wire.get(at)).unwrap().and_then(|found| found.bytes)
}

fn write(bucket: &Bucket, at: &Path, bytes: Vec<u8>) {
    bucket.runtime.block_on(bucket.wire.put(at, bytes, PutMode::Overwrite)).unwrap();
}

fn names(store: &Arc<InMemory>) -> Vec<String> {
    let bucket = worker(store, None);
    let objects = bucket.runtime.block_on(bucket.wire.list(&Path::from(""))).unwrap();
    objects.into_iter().map(|object| object.location.to_string()).collect()
}

fn claim(bucket: &Bucket, name: &str, patience: Duration) -> Option<Claim> {
    bucket.claim_within(KIND, &key(name), &|| None::<()>, &thread::sleep, patience).unwrap_err()
}

#[test]
fn what_one_worker_put_another_gets_under_its_kind_and_key_alone() {
    let store = Arc::default();
    let (one, other) = (worker(&store, Some(RIGHT)), worker(&store, Some(RIGHT)));
    put(&one, "a", b"content");
    assert_eq!(other.get(KIND, &key("a")).unwrap(), b"content");
    assert_eq!(worker(&store, None).get(KIND, &key("a")).unwrap(), b"content");
    assert!(other.get(KIND, &key("b")).is_none() && other.get(Kind::Verdict, &key("a")).is_none());
    let hex = key("a").hex().to_owned();
    assert_eq!(names(&store), [format!("p/v1/{}/sha256/{}/{hex}", KIND.folder(), &hex[..2])]);
    assert_eq!(said(), Vec::<String>::new());
}

#[test]
fn every_poison_is_refused_said_and_replaced() {
    let store = Arc::default();
    let foreign = worker(&store, Some("another key of sixteen bytes"));
    let worker = worker(&store, Some(RIGHT));
    let at = |kind: Kind, name: &str| worker.path(&kind.place(&key(name)));
    put(&worker, "b", b"of b");
    worker.put(Kind::Verdict, &key("a"), |out| out.write_all(b"a verdict"));
    let stolen = [at(KIND, "b"), at(Kind::Verdict, "a")].map(|at| raw(&worker, &at).unwrap());
    put(&foreign, "a", b"of another key");
    let of_another = raw(&worker, &at(KIND, "a")).unwrap();
    let (cut, mut damaged) = (stolen[0][..stolen[0].len() - 1].to_vec(), of_another.clone());
    damaged.extend(b"more");
    for poison in stolen.into_iter().chain([of_another, cut, damaged, Vec::new(), b"not an entry".repeat(20)]) {
        write(&worker, &at(KIND, "a"), poison);
        assert!(worker.get(KIND, &key("a")).is_none() && worker.get(KIND, &key("a")).is_none());
        put(&worker, "a", b"right");
        assert_eq!(worker.get(KIND, &key("a")).unwrap(), b"right");
    }
    drop(worker);
    let said = said();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[..3].iter().all(|line| line.contains(&format!("layer {} in the cache s3://b/p is refused", key("a").short()))));
    assert!(said[3].starts_with("4 more entries of the cache s3://b/p were refused"), "{said:?}");
}

#[test]
fn what_is_longer_than_any_entry_is_not_fetched() {
    let store = Arc::default();
    let mut worker = worker(&store, Some(RIGHT));
    Arc::get_mut(&mut worker.wire).unwrap().longest = 1000;
    write(&worker, &worker.path(&KIND.place(&key("a"))), vec![0; 1001]);
    assert!(worker.get(KIND, &key("a")).is_none() && said()[0].contains("longer than any entry"));
    put(&worker, "a", b"right");
    assert_eq!(worker.get(KIND, &key("a")).unwrap(), b"right");
}

#[test]
fn a_good_entry_of_another_is_not_overwritten() {
    let store = Arc::default();
    let (one, other) = (worker(&store, Some(RIGHT)), worker(&store, Some(RIGHT)));
    write(&one, &one.path(&KIND.place(&key("a"))), b"poison".to_vec());
    assert!(one.get(KIND, &key("a")).is_none() && other.get(KIND, &key("a")).is_none());
    put(&one, "a", b"first");
    put(&other, "a", b"second");
    assert_eq!(other.get(KIND, &key("a")).unwrap(), b"first");
    put(&other, "a", b"third");
    assert_eq!(one.get(KIND, &key("a")).unwrap(), b"third", "what was seen is replaced");
}

#[test]
fn without_the_key_nothing_is_written_or_claimed() {
    let store = Arc::default();
    let reader = worker(&store, None);
    put(&reader, "a", b"content");
    assert!(claim(&reader, "a", Duration::ZERO).is_none());
    assert_eq!(names(&store), Vec::<String>::new());
}

#[test]
fn one_worker_makes_an_entry_and_the_others_wait_for_it() {
    let (store, made) = (Arc::default(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let worker = worker(&store, Some(RIGHT));
                let look = || worker.get(KIND, &key("a"));
                if let Err(claim) = worker.claim(KIND, &key("a"), &look, &thread::sleep) {
                    assert!(claim.is_some());
                    made.fetch_add(1, Ordering::Relaxed);
                    put(&worker, "a", b"content");
                }
            });
        }
    });
    assert_eq!((made.into_inner(), names(&store).len()), (1, 1), "no claim is left behind");
}

#[test]
fn a_claim_without_life_is_taken_over_by_one_and_its_holder_does_not_release_it() {
    let store = Arc::default();
    let (dead, next) = (worker(&store, Some(RIGHT)), worker(&store, Some(RIGHT)));
    let held = claim(&dead, "a", Duration::ZERO).unwrap();
    let taken = claim(&next, "a", Duration::from_millis(30)).unwrap();
    let after = names(&store);
    assert!(after.len() == 1 && after[0].starts_with("p/v1/claims/layer-"), "{after:?}");
    drop((taken, next));
    assert_eq!(names(&store), Vec::<String>::new());
    drop((held, dead));
}

#[test]
fn a_sign_of_life_keeps_a_claim_and_tells_its_holder_that_it_is_lost() {
    let store = Arc::default();
    let (one, other) = (worker(&store, Some(RIGHT)), worker(&store, Some(RIGHT)));
    let sign = one.sign(KIND, &key("a")).unwrap();
    let version = one.attempt(sign.put(0, PutMode::Create)).unwrap().unwrap();
    let first = raw(&one, &sign.at).unwrap();
    one.runtime.block_on(sign.beat(1, version.clone()));
    let second = raw(&one, &sign.at).unwrap();
    assert_ne!(first, second);
    let taken = claim(&other, "a", Duration::ZERO).unwrap();
    // Another has written since.
    one.runtime.block_on(sign.beat(2, version));
    assert_eq!(sign.set(State::Lost), State::Lost);
    drop(taken);
}

#[test]
fn what_nobody_signed_claims_nothing() {
    let store = Arc::default();
    let worker = worker(&store, Some(RIGHT));
    let sign = worker.sign(KIND, &key("a")).unwrap();
    write(&worker, &sign.at, b"mine".to_vec());
    assert!(claim(&worker, "a", Duration::from_hours(1)).is_some());
}

#[test]
fn it_tells_what_is_its_own_and_removes_nothing_else() {
    let store = Arc::default();
    let worker = worker(&store, Some(RIGHT));
    put(&worker, "a", b"12345");
    worker.put(Kind::Document, &key("b"), |_| Ok(()));
    let old = worker.path(&format!("v1/verdict-0/sha256/ab/{}", "ab".repeat(32)));
    let foreign = ["v1/notes.txt", "v1/layer-1/sha256/ab/notes.txt", "v2/x", "v1/other/sha256/ab/cd"];
    write(&worker, &old, b"123".to_vec());
    write(&worker, &worker.path("v1/claims/layer-0"), b"stale".to_vec());
    foreign.iter().for_each(|name| write(&worker, &worker.path(name), b"x".to_vec()));
    write(&worker, &Path::from("elsewhere"), b"x".to_vec());
    let told: Vec<(u64, u64)> = worker.contents().unwrap().iter().map(|(_, share)| (share.entries, share.bytes)).collect();
    assert_eq!(told, [(1, 85), (1, 80), (0, 0), (1, 3)]);
    let removed = worker.clear().unwrap();
    assert_eq!((removed.entries, removed.bytes), (3, 168));
    assert_eq!(names(&store).len(), foreign.len() + 1);
}
