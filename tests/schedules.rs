//! Faults at random: whatever a network does to a run, and whenever, the run ends in the verdict that it has without faults, or
//! says that it could not look.
//!
//! `LUCID_SCHEDULES=10000` is the long form; the number of a schedule that failed is printed and tried alone with
//! `LUCID_SCHEDULE=N`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/load.rs"]
mod load;
#[path = "support/misbehaving.rs"]
mod misbehaving;
#[path = "support/registry.rs"]
mod registry;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::NaiveDate;
use lucid_verify::cache::Cache;
use lucid_verify::finding::Level;
use lucid_verify::profile::Policy;
use lucid_verify::report::{self, Report};
use lucid_verify::rules;
use lucid_verify::source::{Access, Credentials};
use lucid_verify::verify::{self, Asking, Reading};
use misbehaving::{Act, Misbehaving, raw, until, whole};
use registry::{Image, Reply, Request};
use serde_json::Value;

const LAYERS: &str = r##"
layer ADD rootfs.tar /
d 0755 0:0 /etc
f 0644 0:0 /etc/os-release "ID=debian\nVERSION_ID=\"12\"\n"
f 0644 0:0 /etc/passwd "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:n:/home/nonroot:/sbin/nologin\n"
f 0755 0:0 300000 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
layer COPY lib /lib
f 0755 0:0 200000 /lib/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
f 0755 0:0 100000 /lib/libc.so.6 elf:aarch64,soname=libc.so.6
layer COPY app /app
f 0644 65532:65532 /app/main.py "import os\nprint(os)\n"
f 0755 65532:65532 /app/run "#!/usr/bin/python3.11\n"
w /etc/passwd
"##;
const CONFIG: &str = r#"{"os": "linux", "architecture": "arm64", "config": {"User": "65532:65532", "Entrypoint": ["/app/run"]}}"#;

const PASSWORD: &str = "canary-of-the-schedules";

/// Numbers that look random and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Broken off after so many bytes of the body.
    Reset(usize),
    /// Closed in order after so many bytes of the body.
    Short(usize),
    /// Silent after so many bytes of the body.
    Stall(usize),
    /// Another status.
    Status(u16),
    /// The pass is not good any more.
    Unauthorized,
    /// One byte of the body is another.
    Altered(usize),
    /// The range is answered with bytes from elsewhere, or with everything.
    WrongRange,
}

/// The faults of a run, by the number of the request that each happens to.
#[derive(Debug)]
struct Schedule {
    faults: BTreeMap<usize, Fault>,
    jobs: usize,
    with_cache: bool,
}

impl Schedule {
    fn numbered(number: usize) -> Self {
        let mut numbers = Numbers(number as u64);
        let mut faults = BTreeMap::new();
        let kind = |numbers: &mut Numbers| {
            let place = numbers.below(50_000);
            match numbers.below(9) {
                0 => Fault::Reset(place),
                1 => Fault::Reset(0),
                2 => Fault::Short(place),
                3 => Fault::Stall(place),
                4 => Fault::Status([500, 502, 503, 504][numbers.below(4)]),
                5 => Fault::Status(429),
                6 => Fault::Unauthorized,
                7 => Fault::Altered(place),
                _ => Fault::WrongRange,
            }
        };
        // Every fifth network never gets well again.
        if numbers.below(5) == 0 {
            let (first, fault) = (numbers.below(8), kind(&mut numbers));
            faults.extend((first..200).map(|request| (request, fault)));
        } else {
            for _ in 0..=numbers.below(4) {
                let request = numbers.below(12);
                faults.insert(request, kind(&mut numbers));
            }
        }
        Self { faults, jobs: 1 + numbers.below(3), with_cache: numbers.below(2) == 0 }
    }
}

/// A registry that gives tokens to whoever knows the password, and what it holds to whoever has a token.
fn honest(image: &Image, request: &Request) -> Reply {
    if request.path.starts_with("/token") {
        return Reply::new(200, r#"{"token":"canary-token","expires_in":300}"#);
    }
    if request.header("authorization") == Some("Bearer canary-token") { image.reply(request) } else { refused(request) }
}

fn refused(request: &Request) -> Reply {
    let realm = format!("http://{}/token", request.header("host").unwrap_or_default());
    Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#).with("www-authenticate", format!("Bearer realm=\"{realm}\""))
}

fn answer(image: &Image, request: &Request, fault: Option<Fault>) -> Vec<Act> {
    let reply = honest(image, request);
    let Some(fault) = fault else { return whole(request, &reply) };
    let length = reply.body().len();
    let cut = |place: usize, last: Act| [until(&reply, place % length.max(1)), vec![last]].concat();
    match fault {
        Fault::Reset(place) => cut(place, Act::Reset),
        Fault::Short(place) => until(&reply, place % length.max(1)),
        Fault::Stall(place) => cut(place, Act::Stall),
        Fault::Status(status) => whole(request, &Reply::new(status, "not now").with("retry-after", "0")),
        Fault::Unauthorized => whole(request, &refused(request)),
        Fault::Altered(place) if length > 0 => {
            let mut body = reply.body().to_vec();
            body[place % length] ^= 0x10;
            let head = reply.head();
            vec![Act::Send([head.as_bytes(), &body].concat())]
        }
        Fault::WrongRange if request.from().is_some() => {
            let (end, total) = (length, length + request.from().unwrap_or_default());
            let range = format!("content-range: bytes 0-{}/{total}", end.saturating_sub(1));
            raw(&["HTTP/1.1 206 Answer", &range, &format!("content-length: {end}"), "connection: close"], reply.body())
        }
        Fault::Altered(_) | Fault::WrongRange => whole(request, &reply),
    }
}

struct Ended {
    code: u8,
    document: Value,
    requests: usize,
}

/// A run against a registry to which this happens.
fn run(policy: &Policy, schedule: &Arc<Schedule>) -> Ended {
    let image = Image::written(LAYERS, CONFIG).unwrap();
    let asked = AtomicUsize::new(0);
    let script = Arc::clone(schedule);
    let server = Misbehaving::start(move |request, _| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        answer(&image, request, script.faults.get(&number).copied())
    });
    let folder = tempfile::tempdir().unwrap();
    let credentials = Credentials { username: "user".to_owned(), password: PASSWORD.to_owned() };
    let access = Access { credentials: Some(credentials), retries: 1, timeout: Duration::from_millis(300), ..Access::default() };
    let cache = schedule.with_cache.then(|| Arc::new(Cache::open(folder.path(), 1 << 30, |_| {}).unwrap()));
    let reading = Reading { access, shared: verify::Shared::new(schedule.jobs, true), cache, ..load::reading() };
    let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let reference = format!("{}/team/app:1", server.host()).parse().unwrap();
    let image = verify::verify(&reference, &reading, &Asking::all(policy, today), &load::Unwatched).image;
    let report = Report::new(vec![image], Some(Level::Error), today);
    let document = String::from_utf8(report::json::render(&report)).unwrap();
    assert!(!document.contains("canary"), "a secret is shown: {document}");
    let document = document.replace(&server.host(), "registry");
    Ended { code: report.exit_code, document: serde_json::from_str(&document).unwrap(), requests: server.requests().len() }
}

/// What is wrong with how a run ended.
fn fault_of(ended: &Ended, honest: &Ended) -> Option<String> {
    let (image, error) = (&ended.document["images"][0], &ended.document["images"][0]["error"]);
    match ended.code {
        code if code == honest.code => (ended.document != honest.document).then(|| format!("another report: {}", ended.document)),
        4..=6 if image["complete"] == false && error["hint"].is_string() => None,
        code => Some(format!("exit {code}: {error}")),
    }
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

#[test]
fn no_schedule_of_faults_leads_to_another_verdict() {
    let is_real = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
    let schedules = number("LUCID_SCHEDULES").unwrap_or(if is_real { 500 } else { 60 });
    let chosen: Vec<usize> = number("LUCID_SCHEDULE").map_or_else(|| (0..schedules).collect(), |one| vec![one]);
    let policy = Policy::builtin("generic", &rules::known()).unwrap();
    let honest = run(&policy, &Arc::new(Schedule { faults: BTreeMap::new(), jobs: 1, with_cache: false }));
    assert!(honest.code <= 1 && honest.requests >= 7, "{} {}", honest.code, honest.requests);

    let (next, codes, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<u8, usize>::new()), Mutex::new(Vec::new()));
    // Almost all of a run is waiting.
    std::thread::scope(|scope| {
        for _ in 0..48.min(chosen.len()) {
            scope.spawn(|| {
                while let Some(number) = chosen.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let schedule = Arc::new(Schedule::numbered(*number));
                    let ended = run(&policy, &schedule);
                    *codes.lock().unwrap().entry(ended.code).or_default() += 1;
                    if let Some(why) = fault_of(&ended, &honest) {
                        wrong.lock().unwrap().push(format!("schedule {number}: {why}; {schedule:?}"));
                    }
                }
            });
        }
    });
    let (codes, wrong) = (codes.into_inner().unwrap(), wrong.into_inner().unwrap());
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), chosen.len(), wrong.join("\n"));
    let ended = |code: u8| codes.get(&code).copied().unwrap_or_default();
    let well = ended(honest.code);
    assert!(chosen.len() == 1 || well * 5 > chosen.len() && well < chosen.len(), "{codes:?}");
    let _ = writeln!(std::io::stderr(), "{} schedules: exit codes {codes:?}", chosen.len());
}
