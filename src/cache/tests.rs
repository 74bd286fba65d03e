use std::cell::RefCell;
use std::fs::{self, File};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::*;

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn say(what: &str) {
    SAID.with_borrow_mut(|said| said.push(what.to_owned()));
}

fn said() -> Vec<String> {
    SAID.take()
}

fn cache(folder: &Path) -> Cache {
    Cache::open(&folder.join("cache"), CAP, say).unwrap()
}

/// The folder of a cache.
fn folder_of(cache: &Cache) -> &Folder {
    match &cache.place {
        Place::Folder(folder) => folder,
        Place::Bucket(_) => panic!("a bucket"),
    }
}

/// Claims an entry without looking for it.
fn claim(cache: &Cache, key: &Digest) -> Option<Claim> {
    cache.claim(Kind::Layer, key, &|| None::<()>, &std::thread::sleep).unwrap_err()
}

fn key(name: &str) -> Digest {
    Digest::sha256(name.as_bytes())
}

#[test]
fn what_was_put_is_got_under_its_kind_and_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (cache(folder.path()), cache(folder.path()));
    assert_eq!(one.get(Kind::Layer, &key("a")), None);
    one.put(Kind::Layer, &key("a"), b"first");
    one.put(Kind::Layer, &key("a"), b"second");
    one.put(Kind::Document, &key("b"), b"");
    assert_eq!(other.get(Kind::Layer, &key("a")).unwrap(), b"second");
    assert_eq!(other.get(Kind::Document, &key("b")).unwrap(), b"");
    assert_eq!(other.get(Kind::Layer, &key("b")), None);
    assert_eq!(other.get(Kind::Verdict, &key("a")), None);
    assert_eq!(said(), Vec::<String>::new());
}

#[test]
fn what_is_damaged_cut_off_swapped_or_foreign_is_said_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    for kind in Kind::ALL {
        cache.put(kind, &key("a"), b"payload");
        let path = folder_of(&cache).entry(kind, &key("a"));
        let whole = fs::read(&path).unwrap();
        let flipped = (0..whole.len()).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        });
        let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
        let longer = [&whole[..], b"x"].concat();
        for bytes in flipped.chain(cut).chain([longer, b"something else".repeat(10)]) {
            fs::write(&path, bytes).unwrap();
            assert_eq!(cache.get(kind, &key("a")), None);
            assert!(said()[0].contains(&format!("{} {} is passed over", kind.name(), key("a").short())));
        }
        cache.put(kind, &key("a"), b"payload");
        assert_eq!(cache.get(kind, &key("a")).unwrap(), b"payload");
        cache.put(kind, &key("b"), b"of another key");
        fs::rename(folder_of(&cache).entry(kind, &key("b")), &path).unwrap();
        assert_eq!((cache.get(kind, &key("a")), said().len()), (None, 1));
    }
    cache.put(Kind::Layer, &key("c"), b"of another kind");
    fs::create_dir_all(folder_of(&cache).entry(Kind::Verdict, &key("c")).parent().unwrap()).unwrap();
    fs::rename(folder_of(&cache).entry(Kind::Layer, &key("c")), folder_of(&cache).entry(Kind::Verdict, &key("c"))).unwrap();
    assert_eq!((cache.get(Kind::Verdict, &key("c")), said().len()), (None, 1));
}

#[cfg(unix)]
#[test]
fn it_is_its_owners_alone() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    cache.put(Kind::Layer, &key("a"), b"payload");
    let entry = folder_of(&cache).entry(Kind::Layer, &key("a"));
    assert_eq!(fs::metadata(&entry).unwrap().mode() & 0o777, 0o600);
    for above in entry.ancestors().skip(1).take_while(|above| *above != folder.path()) {
        assert_eq!(fs::metadata(above).unwrap().mode() & 0o777, 0o700, "{}", above.display());
    }
    let own = folder.path().join("cache");
    for mode in [0o777, 0o1777, 0o720] {
        fs::set_permissions(&own, fs::Permissions::from_mode(mode)).unwrap();
        let error = Cache::open(&own, CAP, say).unwrap_err();
        assert!(error.kind == Fault::Denied && error.what.contains(&format!("{mode:04o}")), "{error}");
    }
    let error = Cache::open(&entry, CAP, say).unwrap_err();
    assert!(error.kind == Fault::Usage && error.hint.unwrap().contains("--no-cache"));
}

#[test]
fn one_that_cannot_be_written_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    fs::create_dir(folder.path().join("cache")).unwrap();
    fs::write(folder_of(&cache).layout(), b"in the way").unwrap();
    cache.put(Kind::Layer, &key("a"), b"payload");
    cache.put(Kind::Layer, &key("b"), b"payload");
    let said = said();
    assert!(said.len() == 1 && said[0].contains("cannot be written"), "{said:?}");
    assert!(claim(&cache, &key("a")).is_none());
    assert_eq!((cache.get(Kind::Layer, &key("a")), cache.contents().unwrap().len()), (None, 4));
}

/// Sets when an entry was last used.
fn used(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn the_least_recently_used_go_when_it_is_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let small = Cache::open(&folder.path().join("cache"), 10_000, say).unwrap();
    let keys: Vec<Digest> = (0..12).map(|at| key(&at.to_string())).collect();
    for (at, key) in keys.iter().enumerate() {
        small.put(Kind::ALL[at % 3], key, &[0; 1000]);
        used(&folder_of(&small).entry(Kind::ALL[at % 3], key), 1000 + at as u64);
    }
    // The oldest is used again.
    assert!(small.get(Kind::Layer, &keys[0]).is_some());
    let foreign = folder_of(&small).layout().join("notes.txt");
    fs::write(&foreign, vec![0; 20_000]).unwrap();
    drop(small);
    let cache = cache(folder.path());
    let kept: Vec<usize> = (0..12).filter(|at| folder_of(&cache).entry(Kind::ALL[at % 3], &keys[*at]).exists()).collect();
    assert_eq!(kept, [0, 5, 6, 7, 8, 9, 10, 11]);
    assert!(foreign.exists());
}

#[test]
fn one_entry_that_is_too_much_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let small = Cache::open(&folder.path().join("cache"), 100, say).unwrap();
    small.put(Kind::Layer, &key("a"), &[0; 101]);
    let folder = folder_of(&small).entry(Kind::Layer, &key("a"));
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 0);
    small.put(Kind::Layer, &key("a"), &[0; 100]);
    assert!(small.get(Kind::Layer, &key("a")).is_some() && said().is_empty());
}

#[test]
fn what_a_killed_process_left_goes_and_what_is_being_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let writing = cache(folder.path());
    writing.put(Kind::Layer, &key("a"), b"payload");
    let beside = folder_of(&writing).entry(Kind::Layer, &key("a"));
    let [stale, fresh] = ["1-1", "2-1"].map(|name| beside.with_file_name(format!("{}{name}", contents::TEMPORARY)));
    let claims = folder_of(&writing).layout().join(contents::CLAIMS);
    fs::create_dir(&claims).unwrap();
    let claim = claims.join("layer-0");
    for path in [&stale, &fresh, &claim] {
        fs::write(path, b"").unwrap();
    }
    used(&stale, 1000);
    used(&claim, 1000);
    drop(writing);
    assert_eq!([stale.exists(), claim.exists(), fresh.exists(), beside.exists()], [false, false, true, true]);
}

#[test]
fn what_it_holds_is_told_and_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    cache.put(Kind::Layer, &key("a"), &[0; 100]);
    cache.put(Kind::Layer, &key("b"), &[0; 100]);
    cache.put(Kind::Verdict, &key("b"), b"");
    used(&folder_of(&cache).entry(Kind::Layer, &key("a")), 1000);
    let old = folder_of(&cache).layout().join("layer-0/sha256/ab").join("ab".repeat(32));
    private::create_folder(old.parent().unwrap()).unwrap();
    fs::write(&old, b"of another version").unwrap();
    let contents = cache.contents().unwrap();
    let told: Vec<(Option<Kind>, u64, u64)> = contents.iter().map(|(kind, share)| (*kind, share.entries, share.bytes)).collect();
    let of = |kind, entries, bytes| (kind, entries, bytes);
    assert_eq!(
        told,
        [of(Some(Kind::Layer), 2, 296), of(Some(Kind::Document), 0, 0), of(Some(Kind::Verdict), 1, 48), of(None, 1, 18)]
    );
    assert_eq!(contents[0].1.oldest, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1000)));
    let removed = cache.clear().unwrap();
    assert_eq!((removed.entries, removed.bytes), (4, 362));
    assert!(cache.contents().unwrap().iter().all(|(_, share)| *share == Share::default()));
}

#[test]
fn one_makes_an_entry_and_the_others_wait_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, made) = (cache(folder.path()), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let look = || cache.get(Kind::Layer, &key("a"));
                if let Err(claim) = cache.claim(Kind::Layer, &key("a"), &look, &std::thread::sleep) {
                    let claim = claim.unwrap();
                    claim.beat();
                    made.fetch_add(1, Ordering::Relaxed);
                    cache.put(Kind::Layer, &key("a"), b"payload");
                }
            });
        }
    });
    assert_eq!(made.into_inner(), 1);
    assert_eq!(fs::read_dir(folder_of(&cache).layout().join(contents::CLAIMS)).unwrap().count(), 0);
}

#[test]
fn whoever_hangs_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path());
    let hanging = claim(&cache, &key("a")).unwrap();
    let within = folder_of(&cache).claim_within(Kind::Layer, &key("a"), &std::thread::sleep, Duration::from_millis(50));
    assert!(within.is_none());
    assert!(claim(&cache, &key("b")).is_some());
    drop(hanging);
    assert!(claim(&cache, &key("a")).is_some());
}
