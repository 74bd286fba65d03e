use serde_json::{Value, json};

use super::super::sys_path::Origin;
use super::*;
use crate::facts::fixture::{Item, config, dir, elf, file, link, tree, unkept};
use crate::facts::{accounts, packages};

const PYTHON: u16 = 183;

fn gather(tree: &Tree, run: &Value) -> Vec<Runtime> {
    let config = config(run);
    runtimes(tree, &config, &accounts::user(tree, &config.run.user), &packages::packages(tree))
}

fn only(tree: &Tree, run: &Value) -> Runtime {
    let [runtime] = <[Runtime; 1]>::try_from(gather(tree, run)).unwrap();
    runtime
}

/// The entries of one origin.
fn of(runtime: &Runtime, origin: Origin) -> Vec<String> {
    let entries = runtime.path.entries.iter().filter(|entry| entry.origin == origin);
    entries.map(|entry| entry.path.to_string()).collect()
}

/// Debian's own interpreter, as it lies in distroless images.
fn debian() -> Vec<Item> {
    vec![
        elf("/usr/bin/python3.12", PYTHON),
        link("/usr/bin/python3", "/usr/bin/python3.12"),
        unkept("/usr/lib/python3.12/os.py"),
        unkept("/usr/lib/python3.12/json/__init__.py"),
        unkept("/usr/lib/python3.12/sitecustomize.py"),
        file("/var/lib/dpkg/status.d/python3.12-minimal", "Package: python3.12-minimal\nVersion: 3.12.3-1ubuntu0.8\n"),
        file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    ]
}

/// The interpreter of the official images.
fn upstream() -> Vec<Item> {
    vec![
        elf("/usr/local/bin/python3.13", PYTHON),
        link("/usr/local/bin/python3", "python3.13"),
        link("/usr/local/bin/python", "python3"),
        unkept("/usr/local/lib/python3.13/os.py"),
        unkept("/usr/local/lib/python3.13/site-packages/pip/__init__.py"),
    ]
}

fn with(mut items: Vec<Item>, more: impl IntoIterator<Item = Item>) -> Tree {
    items.extend(more);
    tree(items)
}

#[test]
fn debian_reads_dist_packages_and_what_the_variable_names() {
    let runtime = only(&tree(debian()), &json!({"Cmd": ["python3"], "WorkingDir": "/app", "Env": ["PYTHONPATH=/app::lib"]}));
    let Interpreter { path, version, prefix, is_debian, .. } = &runtime.interpreter;
    assert_eq!(
        (path.to_string(), version.to_string(), version.told_by),
        ("/usr/bin/python3".into(), "3.12.3".into(), "its package")
    );
    assert!(*is_debian && *prefix == "/usr".into());
    assert_eq!(of(&runtime, Origin::Program), ["/app"]);
    assert_eq!(of(&runtime, Origin::Environment), ["/app", "/app", "/app/lib"]);
    assert_eq!(
        of(&runtime, Origin::Library),
        ["python312.zip", "python3.12", "python3.12/lib-dynload"].map(|at| format!("/usr/lib/{at}"))
    );
    assert_eq!(
        of(&runtime, Origin::Site),
        [
            "/root/.local/lib/python3.12/site-packages",
            "/usr/local/lib/python3.12/dist-packages",
            "/usr/lib/python3/dist-packages",
            "/usr/lib/python3.12/dist-packages"
        ]
    );
    assert_eq!(runtime.path.unknown, [""; 0]);
}

#[test]
fn other_interpreters_read_site_packages_below_their_prefix() {
    let header = file("/usr/local/include/python3.13/patchlevel.h", "#define PY_VERSION\t\t\"3.13.1+\"\n");
    let run = json!({"Entrypoint": ["tini", "--"], "Cmd": ["python"], "Env": ["PYTHON_VERSION=3.13.7"]});
    let tini = || elf("/usr/bin/tini", PYTHON);
    let of_variable = only(&with(upstream(), [tini()]), &run).interpreter;
    assert_eq!((of_variable.version.to_string(), of_variable.version.told_by), ("3.13.7".into(), "ENV PYTHON_VERSION"));
    let of_header = only(&with(upstream(), [tini(), header]), &run).interpreter;
    assert_eq!((of_header.version.to_string(), of_header.is_debian), ("3.13.1".into(), false));
    let sites: Vec<String> = of_header.site_directories().iter().map(ToString::to_string).collect();
    assert_eq!(sites, ["lib", "lib64"].map(|at| format!("/usr/local/{at}/python3.13/site-packages")));
}

#[test]
fn the_package_of_another_prefix_does_not_tell_the_version() {
    let status = file("/var/lib/dpkg/status.d/python3.13-minimal", "Package: python3.13-minimal\nVersion: 3.13.2-1\n");
    let interpreter = only(&with(upstream(), [status]), &json!({"Cmd": ["python3"]})).interpreter;
    assert_eq!((interpreter.version.to_string(), interpreter.version.told_by), ("3.13".into(), "its name"));
    assert!(!interpreter.is_debian);
}

#[test]
fn a_virtual_environment_is_found_by_the_name_that_is_called() {
    let environment = |system: &str| {
        let settings = format!("home = /usr/local/bin\nInclude-System-Site-Packages = {system}\n");
        let items = [file("/opt/venv/pyvenv.cfg", settings), link("/opt/venv/bin/python", "/usr/local/bin/python3")];
        only(&with(upstream(), items), &json!({"Cmd": ["/opt/venv/bin/python", "-m", "x"]}))
    };
    let alone = environment("false");
    assert_eq!(alone.interpreter.prefix, "/usr/local".into());
    assert_eq!(of(&alone, Origin::Site), ["lib", "lib64"].map(|at| format!("/opt/venv/{at}/python3.13/site-packages")));
    assert_eq!(alone.started.as_ref().unwrap().module.as_deref(), Some("x"));
    let both = environment("TRUE");
    assert!(of(&both, Origin::Site).contains(&"/usr/local/lib/python3.13/site-packages".to_owned()));
}

#[test]
fn options_and_variables_take_entries_away() {
    let tree = with(debian(), [dir("/app")]);
    let origins = |word: &str, variable: &str| {
        let env = ["PYTHONPATH=/lib/own", variable];
        let runtime = only(&tree, &json!({"Cmd": ["python3", word, "/app/x.py"], "Env": env}));
        let has = |origin| !of(&runtime, origin).is_empty();
        let user = of(&runtime, Origin::Site).iter().any(|path| path.starts_with("/root"));
        (has(Origin::Program), has(Origin::Environment), has(Origin::Site), user)
    };
    for (word, variable, wanted) in [
        ("-u", "A=", (true, true, true, true)),
        ("-I", "A=", (false, false, true, false)),
        ("-E", "PYTHONSAFEPATH=1", (true, false, true, true)),
        ("-P", "A=", (false, true, true, true)),
        ("-u", "PYTHONSAFEPATH=1", (false, true, true, true)),
        ("-S", "A=", (true, true, false, false)),
        ("-s", "A=", (true, true, true, false)),
        ("-u", "PYTHONNOUSERSITE=1", (true, true, true, false)),
    ] {
        assert_eq!(origins(word, variable), wanted, "{word} {variable}");
    }
}

#[test]
fn what_may_find_modules_elsewhere_is_said() {
    let site = "/usr/local/lib/python3.13/site-packages";
    let said =
        |items: Vec<Item>, env: &str| only(&with(upstream(), items), &json!({"Cmd": ["python"], "Env": [env]})).path.unknown;
    let pth = |name: &str, text: &str| vec![file(&format!("{site}/{name}"), text)];
    for (items, env, why) in [
        (vec![], "PYTHONHOME=/opt", "PYTHONHOME"),
        (vec![unkept("/opt/lib.zip")], "PYTHONPATH=/opt/lib.zip", "archive"),
        (vec![unkept("/opt/sitecustomize.py")], "PYTHONPATH=/opt", "sitecustomize"),
        (vec![file("/usr/local/bin/python._pth", "x")], "A=", "_pth replaces"),
        (pth("__editable___x_finder.pth", "import x; x.install()\n"), "A=", "finder.pth runs code"),
        (vec![unkept(&format!("{site}/x.pth"))], "A=", "not kept"),
    ] {
        let said = said(items, env);
        assert!(matches!(&said[..], [one] if one.contains(why)), "{why}: {said:?}");
    }
    assert_eq!(said(pth("distutils-precedence.pth", "import os; x\n"), "PYTHONHOME="), [""; 0]);
}

#[test]
fn path_files_of_site_directories_add_directories_and_those_of_others_do_not() {
    let items = [
        file("/usr/local/lib/python3.13/site-packages/a.pth", "# x\n/src\n\n../own\r\n/nowhere\n"),
        file("/opt/lib/b.pth", "/other\n"),
        dir("/src"),
        dir("/other"),
        dir("/usr/local/lib/python3.13/own"),
    ];
    let runtime = only(&with(upstream(), items), &json!({"Cmd": ["python"], "Env": ["PYTHONPATH=/opt/lib"]}));
    assert_eq!(of(&runtime, Origin::PathFile), ["/src", "/usr/local/lib/python3.13/own"]);
}

#[test]
fn the_first_of_packages_modules_and_namespaces_is_found() {
    let found = |items: Vec<Item>, name: &str| {
        let tree = with(upstream(), items);
        match only(&tree, &json!({"Cmd": ["python"], "WorkingDir": "/a", "Env": ["PYTHONPATH=/b"]})).import(&tree, name) {
            Import::Found(node) => tree.path(node).to_string(),
            Import::Namespace(portions) => format!("namespace of {}", portions.len()),
            Import::Missing(missing) => {
                format!("no {} in {:?}", missing.name, missing.within.map(|node| tree.path(node)))
            }
            other => format!("{other:?}"),
        }
    };
    let (tagged, older) = ("x.cpython-313-aarch64-linux-gnu.so", "x.cpython-312-aarch64-linux-gnu.so");
    for (paths, name, wanted) in [
        (vec!["/a/x/__init__.py", "/a/x.py"], "x", "/a/x/__init__.py".to_owned()),
        (vec!["/a/x/y.py", "/b/x.py"], "x", "/b/x.py".into()),
        (vec!["/a/x/y.py", "/b/x/z.py"], "x", "namespace of 2".into()),
        (vec!["/a/x/y.py", "/b/x/z.py"], "x.z", "/b/x/z.py".into()),
        (vec!["/a/x.py", &format!("/a/{tagged}")], "x", format!("/a/{tagged}")),
        (vec!["/a/x.abi3.so", "/a/x.py"], "x", "/a/x.abi3.so".into()),
        (vec!["/a/x.pyc"], "x", "/a/x.pyc".into()),
        (vec![&format!("/a/{older}")], "x", "no x in None".into()),
        (vec!["/a/__pycache__/x.cpython-313.pyc"], "x", "no x in None".into()),
        (vec!["/a/x/__init__.py"], "x.y.z", "no x.y in Some(/a/x)".into()),
        (vec!["/a/x.py"], "x.y", "no x.y in Some(/a/x.py)".into()),
        (vec!["/a/x.sol"], "x", "no x in None".into()),
        (vec![], "sys", "BuiltIn".into()),
        (vec![], "", "no  in None".into()),
        (vec![], "os", "/usr/local/lib/python3.13/os.py".into()),
        (vec![], "pip", "/usr/local/lib/python3.13/site-packages/pip/__init__.py".into()),
    ] {
        let items = paths.iter().map(|path| unkept(path)).collect();
        assert_eq!(found(items, name), wanted, "{name} of {paths:?}");
    }
}

#[test]
fn a_directory_that_is_named_a_thousand_times_is_looked_at_once() {
    let tree = with(upstream(), [unkept("/a/x/y.py")]);
    let run = json!({"Cmd": ["python"], "WorkingDir": "/a", "Env": [format!("PYTHONPATH={}", ["/a"; 1000].join(":"))]});
    let Import::Namespace(portions) = only(&tree, &run).import(&tree, "x") else { panic!("x is a namespace") };
    assert_eq!(portions.len(), 1);
}

#[test]
fn a_script_leads_to_its_interpreter_and_is_looked_beside() {
    let items = [file("/usr/local/bin/serve", "#!/usr/bin/env -S python3 -sE\n"), elf("/usr/bin/env", PYTHON), dir("/app")];
    let runtime =
        only(&with(upstream(), items), &json!({"Cmd": ["serve", "-m", "x"], "WorkingDir": "/app", "Env": ["PYTHONPATH=/x"]}));
    assert_eq!((of(&runtime, Origin::Program), of(&runtime, Origin::Environment)), (vec!["/usr/local/bin".into()], vec![]));
    let started = runtime.started.unwrap();
    assert_eq!((started.script, started.module), (Some("/usr/local/bin/serve".into()), None));
    assert!(started.ignores_environment);
}

#[test]
fn where_the_command_leads_to_no_python_those_that_are_there_are_asked() {
    let items = [
        elf("/bin/sh", PYTHON),
        file("/usr/bin/python3-config", "#!/bin/sh\n"),
        link("/opt/venv/bin/python", "/usr/local/bin/python3.13"),
        file("/opt/venv/pyvenv.cfg", "home = /usr/local/bin\n"),
    ];
    let found = gather(&with(upstream(), items), &json!({"Cmd": ["/bin/sh", "-c", "python x"]}));
    let paths: Vec<String> = found.iter().map(|runtime| runtime.interpreter.path.to_string()).collect();
    assert_eq!(paths, ["/usr/local/bin/python3.13", "/opt/venv/bin/python"]);
    assert!(found.iter().all(|runtime| runtime.started.is_none()));
    assert!(gather(&tree([file("/usr/bin/python3", "#!/bin/sh\n")]), &json!({"Cmd": ["python3"]})).is_empty());
}

#[test]
fn hostile_values_are_bounded() {
    let tree = tree(upstream());
    let runtime = only(&tree, &json!({"Cmd": ["python"], "Env": [format!("PYTHONPATH={}", ":x".repeat(1 << 20))]}));
    assert!(runtime.path.entries.len() <= 1100);
    assert!(!runtime.import(&tree, &".".repeat(1 << 20)).is_found());
    assert!(!runtime.import(&tree, &"pip.".repeat(1 << 20)).is_found());
}
