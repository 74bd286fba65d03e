use super::distribution::{NoRecord, normalized};
use super::*;
use crate::facts::fixture::{Item, dir, elf, file, link, over, tree, unkept};

const SITE: &str = "/usr/lib/python3.12/site-packages";

fn at(name: &str) -> String {
    format!("{SITE}/{name}")
}

fn read(items: impl IntoIterator<Item = Item>) -> Site {
    let python = python(&tree(items));
    python.site(&SITE.into()).cloned().unwrap()
}

#[test]
fn site_directories_are_found_at_any_depth_by_their_real_path() {
    let tree = tree([
        dir("/opt/venv/lib/python3.12/site-packages"),
        link("/opt/venv/lib64", "lib"),
        dir("/usr/lib/python3/dist-packages"),
        dir("/opt/venv/lib/python3.12/site-packages/demo/site-packages"),
        link("/srv/site-packages", "/opt/venv/lib/python3.12/site-packages"),
        file("/etc/site-packages", ""),
        file("/srv/pool/demo.py", ""),
        link("/usr/local/lib/python3.12/site-packages", "/srv/pool"),
        link("/usr/local/lib/python3.11/site-packages", "nowhere"),
    ]);
    let sites: Vec<_> = python(&tree).sites.iter().map(|site| site.path.to_string()).collect();
    assert_eq!(
        sites,
        [
            "/opt/venv/lib/python3.12/site-packages",
            "/opt/venv/lib/python3.12/site-packages/demo/site-packages",
            "/srv/pool",
            "/usr/lib/python3/dist-packages"
        ]
    );
}

#[test]
fn what_python_could_import_is_counted() {
    let importable = [
        file(&at("package/__init__.py"), ""),
        elf(&at("native/__init__.cpython-312-aarch64-linux-gnu.so"), 183),
        file(&at("module.py"), ""),
        elf(&at("_ext.cpython-312-aarch64-linux-gnu.so"), 183),
        elf(&at("_stable.abi3.so"), 183),
        link(&at("linked"), "package"),
    ];
    let not = [
        file(&at(".marker"), "x"),
        file(&at("namespace/module.py"), ""),
        file(&at("demo-1.0.dist-info/__init__.py"), ""),
        file(&at("demo-1.0.data/__init__.py"), ""),
        file(&at("__pycache__/__init__.py"), ""),
        elf(&at("numpy.libs/__init__.abi3.so"), 183),
        elf(&at("libplain.so"), 183),
        file(&at("not-a-name.py"), ""),
        file(&at("9.py"), ""),
        file(&at("hook.pth"), ""),
        link(&at("dangling.py"), "nowhere.py"),
        dir(&at("directory.py")),
        file(&at("contract.sol"), ""),
    ];
    let (imported, rest) = (importable.len(), not.len());
    let site = read(importable.into_iter().chain(not));
    assert_eq!((site.importable, site.entries), (imported, imported + rest));
    assert_eq!(read([file(&at(".marker"), "x")]).importable, 0);
}

#[test]
fn a_distribution_is_its_metadata_wheel_and_record() {
    let site = read([
        file(&at("Demo_Pkg-1.0.dist-info/METADATA"), "Metadata-Version: 2.1\nname: Demo.Pkg\nVersion: 1.0.post1\n\nName: body\n"),
        file(&at("Demo_Pkg-1.0.dist-info/WHEEL"), "Wheel-Version: 1.0\nTag: cp312-cp312-linux_aarch64\nTag: py3-none-any\n"),
        file(&at("Demo_Pkg-1.0.dist-info/RECORD"), "demo/__init__.py,,\n../../../bin/demo,,\n"),
        file(&at("demo/__init__.py"), ""),
        file("/usr/bin/demo", "#!/usr/bin/python3\n"),
    ]);
    let [demo] = &site.distributions[..] else { panic!("{site:?}") };
    assert_eq!((demo.name.as_str(), demo.normalized.as_str(), demo.version.as_str()), ("Demo.Pkg", "demo-pkg", "1.0.post1"));
    assert_eq!((demo.path.to_string(), demo.has_metadata), (at("Demo_Pkg-1.0.dist-info"), true));
    assert_eq!(demo.tags, ["cp312-cp312-linux_aarch64", "py3-none-any"]);
    let rows = &demo.record.as_ref().unwrap().rows;
    assert_eq!(rows.iter().map(|row| (row.is_outside, row.node.is_some())).collect::<Vec<_>>(), [(false, true), (true, true)]);
}

#[test]
fn without_metadata_the_directory_names_the_distribution() {
    let site = read([
        dir(&at("zeta_x-2.dist-info")),
        file(&at("alpha-1-py3.12.egg-info"), ""),
        file(&at("beta.egg-info/PKG-INFO"), "Name: Beta\nVersion: 3\n"),
        file(&at("file.dist-info"), ""),
        link(&at("nowhere-1.dist-info"), "nowhere"),
    ]);
    let found: Vec<_> = site
        .distributions
        .iter()
        .map(|found| {
            (found.normalized.as_str(), found.version.as_str(), found.has_metadata, found.record == Err(NoRecord::Absent))
        })
        .collect();
    assert_eq!(found, [("alpha", "1", false, true), ("beta", "3", true, true), ("zeta-x", "2", false, true)]);
}

#[test]
fn what_was_not_kept_is_not_absent() {
    let site = read([over(&at("demo-1.dist-info/METADATA")), unkept(&at("demo-1.dist-info/RECORD"))]);
    let demo = &site.distributions[0];
    assert!(demo.has_metadata && demo.name == "demo");
    assert!(demo.unread.as_ref().is_some_and(|why| why.contains("METADATA is over the ceiling")), "{:?}", demo.unread);
    assert!(matches!(&demo.record, Err(NoRecord::Unreadable(why)) if why.contains("RECORD was not kept")), "{:?}", demo.record);
}

#[test]
fn names_are_compared_as_pep_503_has_them() {
    for (name, compared) in
        [("Foo", "foo"), ("a-_.b", "a-b"), ("A.B_c", "a-b-c"), ("", ""), ("x..", "x-"), ("_x", "-x"), ("--", "-")]
    {
        assert_eq!(normalized(name), compared, "{name}");
    }
}

#[test]
fn hostile_metadata_is_read_without_harm() {
    let site = read([
        file(&at("\u{202e}-\u{1b}.dist-info/METADATA"), b"\xff\xff:\n\0\n"),
        file(&at(".dist-info/METADATA"), "Name:\nVersion:"),
        file(&at("-.dist-info/WHEEL"), "Tag"),
        file(&at("-.egg-info"), "Name: \n folded\n"),
    ]);
    let names: Vec<_> = site.distributions.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["", "", "folded", "\u{202e}"]);
}

#[test]
fn a_record_that_is_gone_or_empty_is_not_one_that_never_was() {
    for (files, known) in [
        (vec![("RECORD", "")], Some("lists no file")),
        (vec![("RECORD", "\n\r\n"), ("INSTALLER", "pip\n")], Some("lists no file")),
        (vec![("INSTALLER", "pip\n")], Some("it is gone, and pip")),
        (vec![("INSTALLER", "rpm\n")], None),
        (vec![("WHEEL", "")], None),
    ] {
        let items = files.iter().map(|(name, text)| file(&at(&format!("demo-1.dist-info/{name}")), *text));
        match (&read(items).distributions[0].record, known) {
            (Err(NoRecord::Unreadable(why)), Some(known)) => assert!(why.contains(known), "{files:?}: {why}"),
            (Err(NoRecord::Absent), None) => {}
            (found, _) => panic!("{files:?}: {found:?}"),
        }
    }
}

#[test]
fn the_record_of_a_debian_package_is_that_of_its_build() {
    let of = |installer: Option<&str>| {
        let at = |name: &str| format!("/usr/lib/python3/dist-packages/demo-1.dist-info/{name}");
        let items = installer.map(|name| file(&at("INSTALLER"), name)).into_iter().chain([file(&at("RECORD"), "x.py,,\n")]);
        python(&tree(items)).sites[0].distributions[0].record.clone()
    };
    assert_eq!(of(None), Err(NoRecord::Absent));
    assert_eq!(of(Some("pip\n")).unwrap().rows.len(), 1);
}
