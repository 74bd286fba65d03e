use serde_json::{Value, json};

use super::super::{probing, runtimes};
use super::*;
use crate::facts::fixture::{config, elf, file, link, tree, unkept};
use crate::facts::{Sources, accounts, packages};

const SITE: &str = "/usr/local/lib/python3.13/site-packages";

fn image(files: &[(&str, &str)]) -> Tree {
    let python = [
        elf("/usr/local/bin/python3.13", 183),
        link("/usr/local/bin/python3", "python3.13"),
        unkept("/usr/local/lib/python3.13/os.py"),
        unkept("/usr/local/lib/python3.13/encodings/__init__.py"),
        unkept("/usr/local/lib/python3.13/json/__init__.py"),
    ];
    let place = |path: &str| if path.starts_with('/') { path.to_owned() } else { format!("{SITE}/{path}") };
    tree(python.into_iter().chain(files.iter().map(|(path, text)| file(&place(path), text))))
}

fn all(tree: &Tree, run: &Value) -> Vec<Closure> {
    let config = config(run);
    let (user, packages) = (accounts::user(tree, &config.run.user), packages::packages(tree));
    let probing = probing(tree, &config, &user, &packages);
    closures(tree, &config, &runtimes(tree, &config, &user, &packages), probing.as_ref(), &Sources::default())
}

fn of(files: &[(&str, &str)], run: &Value) -> (Tree, Closure) {
    let tree = image(files);
    let closure = all(&tree, run).remove(0);
    (tree, closure)
}

fn names(closure: &Closure, strength: Strength) -> String {
    let of = closure.modules.iter().filter(|module| module.strength == strength);
    of.map(|module| module.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// `name strength place, place`, one line each.
fn missing((tree, closure): &(Tree, Closure)) -> String {
    let line = |missing: &Missing| {
        let places: Vec<String> = missing.importers.iter().map(|importer| closure.place(tree, *importer)).collect();
        format!("{} {:?} {}", missing.name, missing.strength, places.join(", "))
    };
    closure.missing.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn script(files: &[(&str, &str)]) -> (Tree, Closure) {
    of(files, &json!({"Cmd": ["python3", "/app/main.py"]}))
}

#[test]
fn what_is_started_is_followed_in_the_order_of_python() {
    let found = script(&[
        ("/app/main.py", "import json, os.path\nfrom a.b import c, d\nimport z\n"),
        ("a/__init__.py", "from . import e\nfrom .f import no\n"),
        ("a/b/__init__.py", "import z\n"),
        ("a/b/c.py", "def f():\n    import late\n"),
        ("a/e.py", "try:\n    import fast\nexcept ImportError:\n    import slow\n"),
        ("a/f.py", ""),
        ("fast.py", "import deep\n"),
        ("slow.py", ""),
        ("deep.py", ""),
        ("late.py", ""),
        ("z.py", ""),
        ("unused.py", ""),
    ]);
    assert_eq!(names(&found.1, Strength::Always), "__main__ a a.e a.f a.b z a.b.c");
    assert_eq!(names(&found.1, Strength::Perhaps), "fast deep slow");
    assert_eq!(names(&found.1, Strength::Deferred), "late");
    assert_eq!((missing(&found), found.1.unfollowed.len()), (String::new(), 0));
    let strength = |path: &str| found.1.strength(found.0.get(&path.into()).unwrap());
    assert_eq!(strength(&format!("{SITE}/slow.py")), Some(Strength::Perhaps));
    assert_eq!(strength(&format!("{SITE}/unused.py")), None);
}

#[test]
fn what_is_not_there_names_who_imports_it_and_how_surely() {
    let found = script(&[
        (
            "/app/main.py",
            "import a\nimport gone\ntry:\n    import maybe\nexcept ImportError:\n    pass\nimport a.b.c, os.no, m.x\n",
        ),
        ("a/__init__.py", "import gone, only_here\n"),
        ("m.py", "def f():\n    import later\n"),
    ]);
    let init = format!("{SITE}/a/__init__.py:1");
    let wanted = format!(
        "gone Always {init}, /app/main.py:2\nonly_here Always {init}\na.b Always /app/main.py:7\nm.x Always /app/main.py:7\n\
         maybe Perhaps /app/main.py:4\nlater Deferred {SITE}/m.py:2"
    );
    assert_eq!(missing(&found), wanted);
    let chain = found.1.chain(found.1.missing[0].importers[0]);
    let places: Vec<String> = chain.iter().map(|importer| found.1.place(&found.0, *importer)).collect();
    assert_eq!(places, ["/app/main.py:1".to_owned(), init]);
}

#[test]
fn packages_that_make_their_modules_by_hand_are_not_judged() {
    let found = script(&[
        ("/app/main.py", "import six.moves.urllib, old.sub, new.sub, opaque.sub, kept.sub\n"),
        ("six.py", "__path__ = []\n"),
        ("old/__init__.py", "import sys\nsys.modules['old.sub'] = sys\n"),
        ("new/__init__.py", "import sys\nsys.meta_path.append(new)\n"),
        ("opaque/__init__.pyc", ""),
        ("kept/__init__.py", "import sys\nsys.path.append('x')\n"),
    ]);
    assert_eq!(missing(&found), "kept.sub Always /app/main.py:1");
    assert_eq!(found.1.unfollowed.len(), 1);
}

#[test]
fn an_edit_of_the_path_is_seen_on_the_way_and_in_the_image_s_own_code() {
    let edits = |path: &str, text: &str| {
        let found = script(&[("/app/main.py", "import gone, own, lib\n"), ("/app/own.py", ""), ("lib.py", ""), (path, text)]);
        let missing = &found.1.missing[0];
        found.1.editor(&found.0, missing).map(|module| module.name.clone())
    };
    let text = "import sys\nsys.path.append('x')\n";
    assert_eq!(edits("/app/own.py", text).as_deref(), Some("own"));
    assert_eq!(edits("lib.py", text), None);
    assert_eq!(edits("/app/other.py", text), None);
}

#[test]
fn modules_servers_and_health_checks_are_starts() {
    let files = [
        ("/app/pkg/__init__.py", "import a\n"),
        ("/app/pkg/__main__.py", "from . import b\nfrom .. import no\n"),
        ("/app/pkg/b.py", ""),
        ("a.py", ""),
        ("uvicorn/__init__.py", ""),
        ("uvicorn/__main__.py", "import gone\n"),
        ("/srv/site.app", ""),
        ("/srv/web.py", "import pkg.b\n"),
        ("/usr/local/bin/uvicorn", "#!/usr/local/bin/python3\nfrom uvicorn import main\n"),
        ("/app/run.py", "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('nothing.main:app', port=1)\n"),
    ];
    let start = |cmd: Value| {
        of(
            &files,
            &json!({"Cmd": cmd, "WorkingDir": "/app", "Healthcheck": {"Test": ["CMD", "python3", "-c", "import a, gone"]}}),
        )
    };
    assert_eq!(names(&start(json!(["python3", "-m", "pkg"])).1, Strength::Always), "__main__ pkg a pkg.b");
    let found = start(json!(["uvicorn", "--app-dir", "/srv", "web:app"]));
    assert_eq!(names(&found.1, Strength::Always), "__main__ uvicorn web pkg a pkg.b");
    assert_eq!(missing(&start(json!(["python3", "run.py"]))), "nothing Always /app/run.py:3");
    let tree = image(&files);
    let run =
        json!({"Cmd": ["sleep"], "WorkingDir": "/app", "Healthcheck": {"Test": ["CMD", "python3", "-c", "import a, gone"]}});
    let probes = all(&tree, &run);
    assert_eq!((probes[0].by, names(&probes[0], Strength::Always)), (By::HealthCheck, "__main__ a".into()));
    assert_eq!(probes[0].place(&tree, probes[0].missing[0].importers[0]), "HEALTHCHECK");
}

#[test]
fn circles_and_deep_names_end() {
    let deep = format!("import {}\n", vec!["a"; 5000].join("."));
    let found = script(&[
        ("/app/main.py", &deep),
        ("a/__init__.py", "import a.a, main\nfrom . import a\n"),
        ("/app/a/__init__.py", "from .... import x\n"),
    ]);
    assert_eq!(missing(&found), "a.a Always /app/main.py:1");
}
