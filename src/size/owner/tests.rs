use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::facts::packages::packages;
use crate::facts::python::python;
use crate::size::Breakdown;
use crate::size::breakdown::directories;
use crate::vfs::dump;

const SITE: &str = "/s/site-packages";

/// The lines of a distribution: METADATA, and RECORD with these rows if there are any.
fn distribution(name: &str, rows: &[&str]) -> String {
    let info = format!("{SITE}/{name}-1.dist-info");
    let metadata = format!("f 0644 0:0 {info}/METADATA \"Name: {name}\\nVersion: 1\\n\"");
    match rows {
        [] => metadata,
        rows => format!("{metadata}\nf 0644 0:0 {info}/RECORD \"{}\\n\"", rows.join("\\n")),
    }
}

/// The lines of a package as distroless has it.
fn deb(name: &str, files: &[&str]) -> String {
    let at = format!("f 0644 0:0 /var/lib/dpkg/status.d/{name}");
    let sums: Vec<String> = files.iter().map(|file| format!("0  {}", file.trim_start_matches('/'))).collect();
    format!("{at} \"Package: {name}\\nVersion: 2\\n\"\n{at}.md5sums \"{}\\n\"", sums.join("\\n"))
}

/// The owner of each path, as `kind name`.
fn owned(layers: &[&str], paths: &[&str]) -> Vec<String> {
    let tree = dump::tree(layers.iter().copied()).unwrap();
    let owners = Owners::claimed(&tree, &python(&tree), &packages(&tree));
    let shown = |path: &&str| {
        let owner = owners.owner(tree.get(&(**path).into()).unwrap()).map(|owner| &owners.list()[owner]);
        owner.map_or("nobody".into(), |owner| format!("{} {}", owner.kind, owner.name))
    };
    paths.iter().map(shown).collect()
}

/// Paths and their owners; every path is a file of one byte beside what the packages bring.
fn check(packages: &[String], wanted: &[(&str, &str)]) {
    let files = wanted.iter().map(|(path, _)| format!("f 0644 0:0 {path} \"x\""));
    let lines: Vec<String> = files.chain(packages.iter().cloned()).collect();
    let (paths, owners): (Vec<&str>, Vec<&str>) = wanted.iter().copied().unzip();
    assert_eq!(owned(&[&lines.join("\n")], &paths), owners, "{wanted:?}");
}

#[test]
fn the_first_distribution_whose_record_names_a_file_owns_it() {
    check(
        &[
            distribution("a", &["a.py,,", "both.py,,", "gone.py,,"]),
            distribution("b", &["both.py,,", "../../bin/b,,", "b.libs/x.so,,"]),
        ],
        &[
            ("/s/site-packages/a.py", "python a"),
            ("/s/site-packages/both.py", "python a"),
            ("/bin/b", "python b"),
            ("/s/site-packages/b.libs/x.so", "python b"),
            ("/s/site-packages/c.py", "nobody"),
        ],
    );
}

#[test]
fn what_lies_in_a_dist_info_and_what_python_compiled_needs_no_row() {
    check(
        &[distribution("a", &["a.py,,", "x-1.dist-info/RECORD,,"]), distribution("x", &["a-1.dist-info/taken,,"])],
        &[
            ("/s/site-packages/a-1.dist-info/licenses/MIT", "python a"),
            ("/s/site-packages/a-1.dist-info/taken", "python x"),
            ("/s/site-packages/a.py", "python a"),
            ("/s/site-packages/__pycache__/a.cpython-312.pyc", "python a"),
            ("/s/site-packages/__pycache__/a.cpython-312.opt-1.pyc", "python a"),
            ("/s/site-packages/__pycache__/b.cpython-312.pyc", "nobody"),
        ],
    );
}

#[test]
fn without_a_record_the_names_at_the_top_count() {
    let egg = "f 0644 0:0 /s/site-packages/e.egg-info/PKG-INFO \"Name: e\\n\"\n\
        f 0644 0:0 /s/site-packages/e.egg-info/top_level.txt \"e\\nlone\\na\\n\"";
    check(
        &[distribution("a", &["a/x.py,,"]), egg.to_owned()],
        &[
            ("/s/site-packages/a/x.py", "python a"),
            ("/s/site-packages/a/unlisted", "python e"),
            ("/s/site-packages/e/sub/x.py", "python e"),
            ("/s/site-packages/lone.py", "python e"),
            ("/s/site-packages/e.egg-info/PKG-INFO", "python e"),
            ("/s/site-packages/other/x.py", "nobody"),
        ],
    );
}

#[test]
fn python_goes_before_the_system_and_of_that_the_first_package_by_name() {
    check(
        &[
            distribution("p", &["p.py,,"]),
            deb("b", &["/s/site-packages/p.py", "/s/site-packages/__pycache__/p.cpython-312.pyc", "/etc/both", "/usr/lib/os.py"]),
            deb("a", &["/etc/both"]),
        ],
        &[
            ("/s/site-packages/p.py", "python p"),
            ("/s/site-packages/__pycache__/p.cpython-312.pyc", "python p"),
            ("/etc/both", "deb a"),
            ("/usr/lib/os.py", "deb b"),
            ("/usr/lib/__pycache__/os.cpython-312.pyc", "deb b"),
            ("/var/lib/dpkg/status.d/a.md5sums", "nobody"),
        ],
    );
}

#[test]
fn what_a_package_of_the_system_brought_is_that_packages() {
    check(
        &[
            distribution("p", &["p.py,,", "both.py,,"]),
            distribution("q", &["both.py,,"]),
            deb("d", &["/s/site-packages/p-1.dist-info/METADATA"]),
        ],
        &[
            ("/s/site-packages/p.py", "deb d"),
            ("/s/site-packages/__pycache__/p.cpython-312.pyc", "deb d"),
            ("/s/site-packages/both.py", "python q"),
            ("/s/site-packages/p-1.dist-info/extra", "deb d"),
        ],
    );
}

#[test]
fn a_path_is_its_packages_whoever_wrote_it_last_and_a_link_is_no_file() {
    let base = deb("a", &["/lib/x", "/etc/link", "/usr/lib/y"])
        + "\nf 0644 0:0 /usr/lib/x \"1\"\nl 0777 0:0 /lib -> usr/lib\nf 0644 0:0 /real \"1\"\nl 0777 0:0 /etc/link -> /real\n";
    let later = "f 0644 5:5 /usr/lib/x \"22\"\nf 0644 0:0 /usr/lib/y \"3\"\nh /usr/lib/z => /usr/lib/y";
    let paths = ["/usr/lib/x", "/usr/lib/y", "/usr/lib/z", "/real", "/etc/link"];
    assert_eq!(owned(&[&base, later], &paths), ["deb a", "deb a", "deb a", "nobody", "nobody"]);
}

#[test]
fn packages_of_whose_files_nothing_is_known_are_left_out() {
    let silent = "f 0644 0:0 /var/lib/dpkg/status.d/silent \"Package: silent\\n\"".to_owned();
    let lines = [deb("gone", &["/x", "/y"]), silent, distribution("empty", &[])];
    let tree = dump::tree([&lines.join("\n")[..]]).unwrap();
    let owners = Owners::claimed(&tree, &python(&tree), &packages(&tree));
    let names: Vec<_> = owners.list().iter().map(|owner| &owner.name[..]).collect();
    assert_eq!(names, ["empty", "gone"]);
    let sizes = Breakdown::by(&tree, &owners, &|_| None);
    assert_eq!(sizes.packages.iter().map(|package| package.files).collect::<Vec<_>>(), [1, 0]);
}

fn path() -> impl Strategy<Value = &'static str> {
    select(vec![
        "/s/site-packages/a.py",
        "/s/site-packages/p/b.py",
        "/s/site-packages/__pycache__/a.cpython-312.pyc",
        "/s/site-packages/p/__pycache__/b.cpython-312.pyc",
        "/s/site-packages/a-1.dist-info/extra",
        "/s/site-packages/b-1.dist-info/tests/x",
        "/usr/lib/x.so",
        "/usr/bin/x",
        "/lib/x.so",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_has_at_most_one_owner_and_just_one_kind(
        files in vec((path(), 0_u64..9), 1..9),
        links in vec((path(), any::<Index>()), 0..4),
        rows in vec(vec(path(), 0..6), 2),
        lists in vec(vec(path(), 0..6), 2),
        is_merged in any::<bool>(),
    ) {
        let mut lines: Vec<String> = is_merged.then(|| "l 0777 0:0 /lib -> usr/lib".to_owned()).into_iter().collect();
        lines.extend(files.iter().map(|(path, size)| format!("f 0644 0:0 {size} {path}")));
        lines.extend(links.iter().map(|(path, target)| format!("h {path} => {}", target.get(&files).0)));
        lines.extend(["a", "b"].iter().zip(&rows).map(|(name, rows)| distribution(name, rows)));
        lines.extend(["x", "y"].iter().zip(&lists).map(|(name, files)| deb(name, files)));
        let Ok(tree) = dump::tree([&lines.join("\n")[..]]) else { return Ok(()) };
        let (python, system) = (python(&tree), packages(&tree));
        let owners = Owners::claimed(&tree, &python, &system);
        let sizes = Breakdown::by(&tree, &owners, &|_| None);
        let sum = |parts: Vec<(u64, u64)>| parts.into_iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        let all = (sizes.bytes, sizes.files);
        let mut owned: Vec<_> = sizes.packages.iter().map(|package| (package.bytes, package.files)).collect();
        owned.push((sizes.unowned.bytes, sizes.unowned.files));
        prop_assert_eq!(sum(owned), all);
        prop_assert_eq!(sum(sizes.kinds.iter().map(|kind| (kind.bytes, kind.files)).collect()), all);
        let top = directories(&tree, 1, usize::MAX).iter().map(|top| (top.bytes, top.files)).collect();
        prop_assert_eq!(sum(top), all);
        let inodes: BTreeSet<InodeId> = tree.iter().filter(|id| tree.trace(*id).is_some()).map(|id| tree.inode(id)).collect();
        prop_assert_eq!(inodes.len() as u64, sizes.files);
        let named: BTreeSet<InodeId> = [&rows, &lists].into_iter().flatten().flatten()
            .filter_map(|path| tree.resolve_parent(&(*path).into()).ok())
            .filter(|id| tree.trace(*id).is_some())
            .map(|id| tree.inode(id))
            .collect();
        prop_assert!(named.iter().all(|inode| owners.of.get(*inode).is_some()), "{lines:?}");
        prop_assert_eq!(owners.of.values().count() as u64, sizes.files - sizes.unowned.files);
    }
}
