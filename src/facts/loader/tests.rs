//! What is found where, by which loader.

use serde_json::{Value, json};

use super::*;
use crate::facts::fixture::config;
use crate::facts::{accounts, command, elf, packages, python, tools};
use crate::vfs::dump;

/// The lines of a glibc image whose command is `/bin/run`, which needs `libx.so.1`, and more lines.
fn glibc(run: &str, more: &str) -> String {
    format!(
        "d 0755 0:0 /lib/aarch64-linux-gnu
        f 0755 0:0 /lib/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
        f 0644 0:0 /lib/aarch64-linux-gnu/libc.so.6 elf:aarch64,soname=libc.so.6,needed=ld-linux-aarch64.so.1
        f 0755 0:0 /bin/run elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libx.so.1,needed=libc.so.6{run}
        {more}"
    )
}

fn musl(run: &str, more: &str) -> String {
    format!(
        "f 0755 0:0 /lib/ld-musl-aarch64.so.1 elf:aarch64,soname=libc.musl-aarch64.so.1
        f 0755 0:0 /bin/run elf:aarch64,exec,interp=/lib/ld-musl-aarch64.so.1,needed=libx.so.1,needed=libc.musl-aarch64.so.1{run}
        {more}"
    )
}

fn linked(lines: &str, run: &Value) -> (Tree, Linkage) {
    let tree = dump::tree([lines]).unwrap();
    let mut config = config(run);
    config.architecture = "arm64".into();
    let user = accounts::user(&tree, "");
    let found = command::command(&tree, &config, &user);
    let packages = packages::packages(&tree);
    let image = Image {
        tree: &tree,
        config: &config,
        objects: &elf::objects(&tree),
        runtimes: &python::runtimes(&tree, &config, &user, &packages),
        executables: &tools::executables(&tree, &config),
        started: command::machine_code(&tree, &config, &user, &found),
    };
    let linkage = linkage(&image);
    (tree, linkage)
}

/// What comes of what an object needs.
fn needs((tree, linkage): &(Tree, Linkage), path: &str) -> Vec<String> {
    let shown = |node: NodeId| tree.path(node).to_string();
    let links = &linkage.links[&tree.get(&path.into()).unwrap()];
    let words = links.needs.iter().map(|need| match need {
        Need::Loader => "loader".into(),
        Need::Found(node) => shown(*node),
        Need::Preloaded(node) => format!("preloaded {}", shown(*node)),
        Need::Elsewhere(node) => format!("elsewhere {}", shown(*node)),
        Need::Foreign => "foreign".into(),
        Need::Missing => "missing".into(),
    });
    words.collect()
}

/// Where `/bin/run` finds `libx.so.1`.
fn first(lines: &str, env: &[&str]) -> String {
    needs(&linked(lines, &json!({"Cmd": ["/bin/run"], "Env": env})), "/bin/run").remove(0)
}

#[test]
fn the_directories_of_glibc_come_in_their_order() {
    let x = |directory: &str| format!("f 0644 0:0 {directory}/libx.so.1 elf:aarch64,soname=libx.so.1\n");
    let all = ["/r", "/p", "/n", "/lib/aarch64-linux-gnu", "/usr/lib"].map(x).concat();
    assert_eq!(first(&glibc(",rpath=/r,runpath=/n", &all), &["LD_LIBRARY_PATH=/none:/p"]), "/p/libx.so.1");
    assert_eq!(first(&glibc(",rpath=/r,runpath=/n", &all), &[]), "/n/libx.so.1");
    assert_eq!(first(&glibc(",rpath=/r", &all), &["LD_LIBRARY_PATH=/p"]), "/r/libx.so.1");
    assert_eq!(first(&glibc("", &all), &[]), "/lib/aarch64-linux-gnu/libx.so.1");
    assert_eq!(first(&glibc("", &x("/usr/lib")), &[]), "/usr/lib/libx.so.1");
    assert_eq!(first(&glibc("", &x("/usr/local/lib")), &[]), "elsewhere /usr/local/lib/libx.so.1");
    assert_eq!(first(&glibc("", ""), &[]), "missing");
}

#[test]
fn the_words_of_a_run_path_are_filled_in_and_links_followed() {
    let more = "f 0644 0:0 /opt/lib/aarch64/libx.so.1.2 elf:aarch64,soname=libx.so.1
        l 0777 0:0 /opt/lib/aarch64/libx.so.1 -> libx.so.1.2
        l 0777 0:0 /opt/link -> lib/aarch64";
    for path in ["$ORIGIN/../opt/$LIB/${PLATFORM}", "${ORIGIN}/../opt/link"] {
        assert_eq!(first(&glibc(&format!(",runpath={path}"), more), &[]), "/opt/lib/aarch64/libx.so.1.2", "{path}");
    }
}

#[test]
fn an_rpath_is_handed_down_and_a_runpath_is_not() {
    let more = "f 0644 0:0 /r/libx.so.1 elf:aarch64,soname=libx.so.1,needed=liby.so.1
        f 0644 0:0 /r/liby.so.1 elf:aarch64,soname=liby.so.1";
    for (path, found) in [("rpath", "/r/liby.so.1"), ("runpath", "elsewhere /r/liby.so.1")] {
        let linked = linked(&glibc(&format!(",{path}=/r"), more), &json!({"Cmd": ["/bin/run"]}));
        assert_eq!(needs(&linked, "/r/libx.so.1"), [found], "{path}");
        assert_eq!(linked.1.links[&linked.0.get(&"/r/libx.so.1".into()).unwrap()].reach, Reach::Command);
    }
}

#[test]
fn what_is_for_another_machine_is_passed_over() {
    let more = "f 0644 0:0 /lib/aarch64-linux-gnu/libx.so.1 elf:x86-64,soname=libx.so.1";
    assert_eq!(first(&glibc("", more), &[]), "foreign");
    let more = format!("{more}\nf 0644 0:0 /usr/lib/libx.so.1 elf:aarch64");
    assert_eq!(first(&glibc("", &more), &[]), "/usr/lib/libx.so.1");
}

#[test]
fn musl_looks_in_its_own_directories_and_is_its_own_libc() {
    let x = |directory: &str| format!("f 0644 0:0 {directory}/libx.so.1 elf:aarch64,soname=libx.so.1\n");
    assert_eq!(first(&musl("", &x("/usr/local/lib")), &[]), "/usr/local/lib/libx.so.1");
    assert_eq!(first(&musl("", &(x("/own") + "f 0644 0:0 /etc/ld-musl-aarch64.path \"/own\\n\"")), &[]), "/own/libx.so.1");
    assert_eq!(first(&musl(",runpath=/r", &(x("/r") + &x("/lib"))), &[]), "/r/libx.so.1");
    let linked = linked(&musl("", &x("/lib")), &json!({"Cmd": ["/bin/run"]}));
    assert_eq!(needs(&linked, "/bin/run")[1], "loader");
    assert_eq!(linked.1.libc, Some(Libc::Musl));
    let more = "f 0644 0:0 /r/libx.so.1 elf:aarch64,needed=liby.so.1\nf 0644 0:0 /r/liby.so.1 elf:aarch64";
    let handed = self::linked(&musl(",runpath=/r", more), &json!({"Cmd": ["/bin/run"]}));
    assert_eq!(needs(&handed, "/r/libx.so.1"), ["/r/liby.so.1"]);
}

#[test]
fn modules_find_what_their_packages_have_and_what_lies_beside_them_elsewhere_is_not_theirs() {
    let site = "/usr/lib/python3/dist-packages";
    let text = format!(
        "f 0755 0:0 /usr/bin/python3.12 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
        f 0644 0:0 /usr/lib/python3.12/os.py \"\"
        f 0644 0:0 /usr/lib/python3.12/lib-dynload/_ssl.cpython-312-aarch64-linux-gnu.so elf:aarch64,needed=libssl.so.3
        f 0644 0:0 {site}/a/x.abi3.so elf:aarch64,needed=libown-1.so,needed=libgone.so.1
        f 0644 0:0 {site}/a.libs/libown-1.so elf:aarch64,soname=libown-1.so,needed=libc.so.6
        f 0644 0:0 {site}/a/tests/t.abi3.so elf:aarch64,needed=libgone.so.1"
    );
    let linked = linked(&glibc("", &text), &json!({"Cmd": ["/usr/bin/python3.12"]}));
    assert_eq!(
        needs(&linked, &format!("{site}/a/x.abi3.so")),
        [format!("preloaded {site}/a.libs/libown-1.so"), "missing".into()]
    );
    let reach = |path: &str| linked.1.links[&linked.0.get(&path.into()).unwrap()].reach;
    assert_eq!(reach("/usr/bin/python3.12"), Reach::Command);
    assert_eq!(reach("/usr/lib/python3.12/lib-dynload/_ssl.cpython-312-aarch64-linux-gnu.so"), Reach::Library);
    assert_eq!(reach(&format!("{site}/a.libs/libown-1.so")), Reach::Module);
    assert_eq!(reach(&format!("{site}/a/tests/t.abi3.so")), Reach::Other);
    assert_eq!(reach("/bin/run"), Reach::Called);
}

#[test]
fn the_cache_is_asked_before_the_defaults() {
    let cache = "glibc-ld.so.cache1.1\\x01\\x00\\x00\\x00\\x1d\\x00\\x00\\x00\\x02".to_owned()
        + &"\\x00".repeat(19)
        + "\\x03\\x0a\\x00\\x00\\x48\\x00\\x00\\x00\\x52\\x00\\x00\\x00"
        + &"\\x00".repeat(12)
        + "libx.so.1\\x00/opt/x/libx.so.1\\x00";
    let more = format!("f 0644 0:0 /etc/ld.so.cache \"{cache}\"\nf 0644 0:0 /opt/x/libx.so.1 elf:aarch64");
    assert_eq!(first(&glibc("", &more), &[]), "/opt/x/libx.so.1");
    assert_eq!(first(&glibc("", &(more + "\nf 0644 0:0 /lib/libx.so.1 elf:aarch64")), &[]), "/opt/x/libx.so.1");
}

#[test]
fn objects_that_need_each_other_end() {
    let more = "f 0644 0:0 /r/libx.so.1 elf:aarch64,rpath=$ORIGIN/a:$ORIGIN,needed=liby.so.1
        f 0644 0:0 /r/liby.so.1 elf:aarch64,rpath=$ORIGIN/b:$ORIGIN,needed=libx.so.1";
    let linked = linked(&glibc(",rpath=/r", more), &json!({"Cmd": ["/bin/run"]}));
    assert_eq!(needs(&linked, "/r/liby.so.1"), ["/r/libx.so.1"]);
    assert!(!linked.1.is_cut);
}
