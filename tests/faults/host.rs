//! The machine that it runs on.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::authority::Authority;
use crate::layout::Layout;
use crate::misbehaving::{Act, Misbehaving, until, whole};
use crate::registry::Image;
use crate::run::{self, Scratch};
use crate::table::{Row, rows};

rows! {
    H01 "A poor machine" => a_poor_machine;
    H02 "Files that nobody named are written" => writes;
    H03 "A cache that is damaged, shared, or left half-written" => cache;
    H04 "A clock that is wrong" => clock;
    H05 "A fault of the program itself" => panic;
}

const LAYERS: &str = r#"
layer ADD rootfs.tar /
d 0755 0:0 /etc
f 0644 0:0 /etc/os-release "ID=debian\nVERSION_ID=\"12\"\n"
f 0755 0:0 4096 /usr/bin/tool elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
layer COPY lib /lib
f 0755 0:0 4096 /lib/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
f 0755 0:0 4096 /lib/libc.so.6 elf:aarch64,soname=libc.so.6
layer COPY app /app
f 0644 65532:65532 /app/data "content\n"
"#;
const CONFIG: &str = r#"{"os": "linux", "architecture": "arm64", "config": {"User": "65532:65532", "Cmd": ["/usr/bin/tool"]}}"#;

/// A small image on disk.
fn small() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    Layout::small().write(folder.path());
    let reference = format!("oci:{}", folder.path().display());
    (folder, reference)
}

/// An image of three layers in a registry.
fn served() -> (Misbehaving, String) {
    let image = Image::written(LAYERS, CONFIG).unwrap();
    let server = Misbehaving::start(move |request, _| whole(request, &image.reply(request)));
    let reference = format!("{}/team/app:1", server.host());
    (server, reference)
}

fn a_poor_machine(row: &Row) {
    let (_folder, on_disk) = small();
    let (_server, in_registry) = served();
    let limited = |case: &str, reference: &str, limit: &str| {
        let script = format!("{limit}; exec \"$0\" \"$@\"");
        row.verify(case, reference).through(&["sh", "-c", &script]).run().ends(0);
    };
    // Of addresses alone glibc's allocator takes 64 MiB for each thread.
    limited("256 MiB of address space", &in_registry, "export MALLOC_ARENA_MAX=2; ulimit -v 262144");
    limited("16 open files", &in_registry, "ulimit -n 16");
    limited("one core", &in_registry, "taskset -p 1 $$ >/dev/null 2>&1 || true");
    limited("no HOME, no folder for a cache", &in_registry, "unset HOME LUCID_VERIFY_CACHE");
    limited("no folder for temporary files", &in_registry, "export TMPDIR=/nonexistent");
    limited("LANG=C", &on_disk, "export LANG=C LC_ALL=C");
    let narrow = row.verify("20 columns", &on_disk).option("--format").option("table").env("COLUMNS", "20").run();
    let widest = narrow.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 80), "{}", narrow.stdout);
    narrow.ends(0).says("HELD");
    let closed = row.verify("stdout is closed", &on_disk).option("--format").option("table");
    let closed = closed.through(&["sh", "-c", "exec \"$0\" \"$@\" >&-"]).run().ends(0);
    assert_eq!(closed.stdout, "");
    if row.needs_real(true, "a file system that is read-only") {
        let script = "mount --bind / / && mount -o remount,ro,bind / && exec \"$0\" \"$@\"";
        let read_only = row.verify("a file system that is read-only", &in_registry).without_baseline();
        read_only.through(&["unshare", "-m", "sh", "-c", script]).run().ends(0);
        let baseline = row.verify("and a baseline to write there", &on_disk);
        baseline.through(&["unshare", "-m", "sh", "-c", script]).run().ends(2).says("Read-only file system");
    }
}

/// The files that a run opened for writing, made, moved or removed, by what strace(1) saw.
fn written(trace: &str) -> Vec<String> {
    let changes = |line: &&str| {
        let call = line.split('(').next().unwrap_or_default();
        let is_open = call.ends_with("openat") || call.ends_with("open");
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag));
        (!is_open || writes) && !line.contains("= -1 ")
    };
    let named = trace.lines().filter(changes).filter_map(|line| line.split('"').nth(1));
    named.map(str::to_owned).collect()
}

fn writes(row: &Row) {
    if !row.needs_real(false, "strace") {
        return;
    }
    let (server, reference) = served();
    let calls = "trace=open,openat,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,\
                 unlink,unlinkat,rmdir,truncate,chmod,fchmodat,chown,lchown,fchownat,utimensat";
    let scratch = Scratch::new();
    let trace = scratch.path("trace");
    let traced = ["strace", "-f", "-qq", "-s", "4096", "-o", trace.to_str().unwrap(), "-e", calls];
    let ran = row.verify("an image of a registry, with a cache and a baseline to write", &reference).through(&traced).run();
    let (cache, baseline) = (ran.scratch.path("cache"), ran.scratch.path("baseline"));
    let ran = ran.ends(0);
    let seen = written(&fs::read_to_string(&trace).unwrap());
    let drafts = ran.scratch.path(".baseline.");
    let is_named = |path: &str| {
        Path::new(path).starts_with(&cache)
            || Path::new(path) == baseline
            || path.starts_with(drafts.to_str().unwrap())
            || matches!(path, "/dev/null" | "/dev/tty")
    };
    let strange: Vec<&String> = seen.iter().filter(|path| !is_named(path)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(seen.iter().any(|path| Path::new(path).starts_with(&cache)) && seen.iter().any(|path| path.contains("baseline")));
    row.observe("files that it made, wrote, moved or removed", "its entries in the cache, and the baseline that was named");

    let nothing = row.verify("with neither", &reference).option("--no-cache").without_baseline().through(&traced).run();
    nothing.ends(0);
    let seen = written(&fs::read_to_string(&trace).unwrap());
    assert!(seen.iter().all(|path| matches!(&path[..], "/dev/null" | "/dev/tty")), "{seen:?}");
    row.observe("files that it made, wrote, moved or removed", "none");
    drop(server);
}

/// What happens to the bytes of a file.
type Damage = fn(&mut Vec<u8>);

fn cache(row: &Row) {
    let (server, reference) = served();
    let mut ran = row.verify("an empty cache", &reference).run().ends(0);
    let report = ran.stdout.clone();
    let entries = run::files(&ran.scratch.path("cache"));
    let blobs = || server.count("/blobs/");
    let damages: [(&str, Damage); 4] = [
        ("a byte of every entry is another", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }),
        ("every entry ends early", |bytes| bytes.truncate(bytes.len() / 2)),
        ("every entry is empty", Vec::clear),
        ("bytes follow every entry", |bytes| bytes.extend_from_slice(b"more")),
    ];
    for (case, damage) in damages {
        for path in &entries {
            let mut bytes = fs::read(path).unwrap();
            damage(&mut bytes);
            fs::write(path, bytes).unwrap();
        }
        let before = blobs();
        ran = row.verify(case, &reference).again(ran).run().ends(0);
        assert_eq!(ran.stdout, report, "{case}");
        assert!(blobs() > before, "{case}: nothing was read again");
    }
    let before = blobs();
    ran = row.verify("as the run before left it", &reference).again(ran).run().ends(0);
    assert_eq!((blobs(), &ran.stdout), (before, &report));

    let entries = run::files(&ran.scratch.path("cache"));
    let (first, second) = (fs::read(&entries[0]).unwrap(), fs::read(&entries[1]).unwrap());
    fs::write(&entries[0], second).unwrap();
    fs::write(&entries[1], first).unwrap();
    ran = row.verify("two entries are swapped", &reference).again(ran).run().ends(0);
    assert_eq!(ran.stdout, report);

    let start = |reference: &str, scratch: &Scratch| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lucid-verify"));
        command.args(["--format", "json", "--profile", "generic", "--rule", "whole", reference]);
        command.env_clear().env("LUCID_VERIFY_CACHE", scratch.path("cache")).env("SOURCE_DATE_EPOCH", "1763661840");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let shared = Scratch::new();
    let together: Vec<_> = (0..8).map(|_| start(&reference, &shared)).collect();
    for child in together {
        let (code, stdout, _) = run::finish(child, "eight runs at once");
        assert_eq!((code, String::from_utf8(stdout).unwrap()), (0, report.clone()));
    }
    row.observe("eight runs at once, one cache", "0 held, eight equal reports");

    let slow = Image::written(LAYERS, CONFIG).unwrap();
    let stalling = Misbehaving::start(move |request, _| {
        let reply = slow.reply(request);
        let (is_blob, half) = (request.path.contains("/blobs/"), reply.body().len() / 2);
        if is_blob && !reply.body().starts_with(b"{") {
            [until(&reply, half), vec![Act::Stall]].concat()
        } else {
            whole(request, &reply)
        }
    });
    let scratch = Scratch::new();
    let mut killed = start(&format!("{}/team/app:1", stalling.host()), &scratch);
    let began = Instant::now();
    while stalling.count("/blobs/") < 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "no layer was asked for");
        thread::sleep(Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let mut after = row.verify("a run before was killed while it read a layer", &reference);
    after.scratch = scratch;
    let after = after.run().ends(0);
    assert_eq!(after.stdout, report);
}

/// A TLS server whose certificate holds for 127.0.0.1, now; and the file of the authority that says so.
fn over_tls(folder: &Path) -> (Misbehaving, String) {
    let authority = Authority::new("a clock's");
    let file = folder.join("authority.pem");
    fs::write(&file, &authority.pem).unwrap();
    let config = authority.issue("127.0.0.1", 2033).server(None);
    let image = Image::written(LAYERS, CONFIG).unwrap();
    let server = Misbehaving::listen("127.0.0.1", Some(config), move |request, _| whole(request, &image.reply(request)));
    (server, file.to_str().unwrap().to_owned())
}

fn clock(row: &Row) {
    if !row.needs_real(false, "a clock of its own (faketime)") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, authority) = over_tls(folder.path());
    let reference = format!("{}/team/app:1", server.host());
    let at = |case, time: &str| {
        let run = row.verify(case, &reference).option("--ca-file").option(&authority).option("--retries").option("0");
        run.through(&["faketime", time]).run()
    };
    at("the clock is right enough", "2027-01-01 00:00:00").ends(0);
    at("the clock stands in 1970", "1970-01-02 00:00:00").ends(5).says("this machine's clock");
    at("the clock is ten years ahead", "2036-11-22 00:00:00").ends(5).says("this machine's clock");
}

fn panic(row: &Row) {
    if !row.needs_real(true, "a user who may start no thread") {
        return;
    }
    let (folder, reference) = small();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let own = tempfile::tempdir().unwrap();
    fs::set_permissions(own.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let copy = own.path().join("program");
    let script = format!(
        "install -m 755 \"$0\" {copy} && chmod a+rwx .. ../* && ulimit -u 1 && \
         exec setpriv --reuid=64242 --clear-groups {copy} \"$@\"",
        copy = copy.display()
    );
    let ran = row.verify("it panics, because no thread can be started", &reference).without_baseline();
    let ran = ran.through(&["bash", "-c", &script]).run().ends(70);
    ran.says("has a fault: it panicked at").says("please report this line").never_says("Resource temporarily unavailable");
}
