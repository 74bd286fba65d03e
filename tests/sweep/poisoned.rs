//! Someone who can write the bucket, and what comes of it: nothing but work.

use std::collections::BTreeSet;

use crate::place::Place;
use crate::run;

/// What an object is an entry of, by the folder that it lies in.
const KINDS: [&str; 3] = ["/layer-", "/document-", "/verdict-"];

/// The name of an object in the bucket of a sweep with another key.
fn elsewhere(name: &str) -> String {
    name.replacen("sweep/", "elsewhere/", 1)
}

#[test]
fn entries_that_someone_else_made_are_refused_said_and_read_anew() {
    if !run::asked("entries_that_someone_else_made_are_refused_said_and_read_anew") {
        return;
    }
    let place = Place::of(1);
    let right = place.ended(&mut place.shared("sweep"));
    let other = ("LUCID_VERIFY_CACHE_KEY", "another secret of at least sixteen bytes");
    place.ended(place.shared("elsewhere").env(other.0, other.1));
    let names = place.bucket.list();
    let bytes = |name: &str| place.bucket.get(name).unwrap();
    let mut poisoned = BTreeSet::new();
    for kind in KINDS {
        let entries: Vec<&String> = names.iter().filter(|name| name.starts_with("sweep/") && name.contains(kind)).collect();
        let [wrong_key, wrong_digest, truncated, swapped, for_it, ..] = entries[..] else { panic!("{kind}: {entries:?}") };
        let mut flipped = bytes(wrong_digest);
        *flipped.last_mut().unwrap() ^= 1;
        let half = bytes(truncated).len() / 2;
        for (name, content) in [
            (wrong_key, bytes(&elsewhere(wrong_key))),
            (wrong_digest, flipped),
            (truncated, bytes(truncated)[..half].to_vec()),
            (swapped, bytes(for_it)),
            (for_it, bytes(swapped)),
        ] {
            assert_ne!(bytes(name), content, "{name}");
            place.bucket.put(name, &content);
            poisoned.insert(name.clone());
        }
    }
    // Who has a verdict looks at no layer.
    let verdicts = names.iter().filter(|name| name.starts_with("sweep/") && name.contains(KINDS[2]));
    verdicts.filter(|name| !poisoned.contains(*name)).for_each(|name| place.bucket.delete(name));
    place.asked();

    let again = place.ended(&mut place.shared("sweep"));
    assert!((again.code, &again.json, &again.table) == (right.code, &right.json, &right.table), "{}", again.said);
    let read: BTreeSet<String> = place.asked().blobs.into_keys().filter(|blob| place.layers.contains(blob)).collect();
    let layers = |names: &BTreeSet<String>| -> BTreeSet<String> {
        let layers = names.iter().filter(|name| name.contains(KINDS[0]));
        layers.map(|name| format!("sha256:{}", name.rsplit('/').next().unwrap())).collect()
    };
    assert_eq!(read, layers(&poisoned), "what was poisoned is read again, and nothing else: {}", again.said);
    // The first are named with the reason, the others counted. A document can be poisoned and not be wanted, because what names
    // it was poisoned, too.
    let told = again.said.matches(" is refused: ").count();
    let others =
        again.said.split_once(" more entries of the cache ").and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
    let refused = told + others.unwrap_or(0);
    let sure = poisoned.iter().filter(|name| !name.contains(KINDS[1])).count();
    assert!(told > 0 && (sure + 1..=poisoned.len()).contains(&refused), "{refused}: {}", again.said);
    let third = place.ended(&mut place.shared("sweep"));
    assert!(third.json == right.json && place.asked().blobs.keys().all(|blob| !place.layers.contains(blob)), "{}", third.said);
}
