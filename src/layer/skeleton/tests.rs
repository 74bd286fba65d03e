use super::skeleton;

fn of(text: &str) -> String {
    String::from_utf8(skeleton(text.as_bytes())).unwrap()
}

#[test]
fn imports_stand_on_one_line_each_with_the_number_of_their_own() {
    let text = "\u{feff}\"\"\"import no\n\"\"\"\nimport a.b as c, d; import e\nfrom .x import (  # why\n    y,\n    z as w,\n)\nx = 'import no'; from . \\\n  import q\n";
    assert_eq!(of(text), "import a.b as c, d #3\nimport e #3\nfrom .x import ( y, z as w, ) #4\nfrom . import q #8\n");
}

#[test]
fn headers_are_kept_only_where_they_hold_imports() {
    let text = "def f(a: int = (1), b={}):\n    return a\nclass C:\n  x = 1\n  if x:\n    def g(self): pass\n  elif sys.platform == 'win32': # w\n    import a\n  else:\n    import b\nimport c\n";
    assert_eq!(
        of(text),
        "class _:\n if x:pass\n elif sys.platform == 'win32':\n  import a #8\n else:\n  import b #10\nimport c #11\n"
    );
}

#[test]
fn what_guards_an_import_is_kept_also_where_it_holds_none() {
    let text = "try:\n    import a\nexcept (ImportError,\n        KeyError) as e:\n    a = None\nelse: pass\nfinally:\n    x()\ntry: import b\nexcept: pass\ntry:\n    x()\nexcept ImportError:\n    pass\n";
    let wanted = "try:\n import a #2\nexcept (ImportError, KeyError) as e:pass\nelse:pass\nfinally:pass\ntry:\n import b #9\nexcept :pass\n";
    assert_eq!(of(text), wanted);
}

#[test]
fn strings_brackets_and_comments_hide_nothing_and_show_nothing() {
    for text in [
        "x = '''\nimport no\n'''",
        "x = f'{y:{\"}\"}}' # '",
        "x = f\"{y['a']!r:>{w}} {{ \\N{DASH} \\\"\"",
        "x = rb'\\'",
        "x = f'''{\nimport_(\n'}}}')}\nimport no\n'''",
        "x = (\nimport_no,\n)",
        "x = 'a\\\nimport no'",
        "x: int = lambda: {1: 2}",
        "match = x[1:2]; match: int = 3",
        "# import no \\",
        "importlib.x",
        "from_ = import_",
    ] {
        let text = format!("{text}\nimport yes\n");
        let line = text.lines().count();
        assert_eq!(of(&text), format!("import yes #{line}\n"), "{text}");
    }
}

#[test]
fn soft_keywords_are_headers_only_where_they_head_a_block() {
    let text = "match x:\n  case [1, {'a': b}] if (c := d): import a\n  case _:\n    import b\nmatch(y)\ncase = 1\nimport c\n";
    assert_eq!(of(text), "while _:\n while _:\n  import a #2\n while _:\n  import b #4\nimport c #7\n");
}

#[test]
fn headers_with_lambdas_and_assignments_end_at_their_own_colon() {
    let text = "def f(set_lambda=1, key=lambda x: x): import z\nif (a := 1) and b: import a\nif lambda: x: import b\nwhile x := f(): import c\nasync def f():\n\tasync with y: import d\n";
    let wanted = "def _():\n import z #1\nif (a := 1) and b:\n import a #2\nif lambda: x:\n import b #3\nwhile _:\n import c #4\ndef _():\n while _:\n  import d #6\n";
    assert_eq!(of(text), wanted);
}

#[test]
fn statements_that_change_where_modules_come_from_leave_their_name() {
    for (statement, place) in [
        ("sys.path.insert(0, 'x')", "sys.path"),
        ("sys.path[:0] = ['x']", "sys.path"),
        ("sys.path += x", "sys.path"),
        ("site.addsitedir(x)", "sys.path"),
        ("sys.meta_path.append(x)", "sys.meta_path"),
        ("sys.modules[__name__] = x", "sys.modules"),
        ("__path__ = __import__('pkgutil').extend_path(__path__, __name__)", "__path__"),
        ("x = sys.path == y", ""),
        ("print(sys.path)", ""),
    ] {
        let found = of(&format!("import sys\n{statement}\n"));
        let wanted = if place.is_empty() { String::new() } else { format!("{place} #2\n") };
        assert_eq!(found, format!("import sys #1\n{wanted}"), "{statement}");
    }
}

#[test]
fn nothing_that_a_file_may_hold_stops_it() {
    for text in [
        "\\",
        "'",
        "f'{",
        "f'{a:{",
        "import",
        "from",
        "if",
        "if :",
        "else: import x",
        "\t\r\x0cimport a\rimport b\r\n",
        "lazy",
        "async",
        "))import x",
    ] {
        skeleton(text.as_bytes());
        skeleton(format!("import x\n{text}").as_bytes());
    }
    assert_eq!(of("import a\rimport b\r\nimport c\n"), "import a #1\nimport b #2\nimport c #3\n");
    let deep: String = (0..500).map(|depth| " ".repeat(depth) + "if x:\n").collect();
    assert_eq!(of(&format!("{deep}{}import x\n", " ".repeat(500))), "");
    skeleton("f'{".repeat(10_000).as_bytes());
    assert!(of(&format!("if {}:\n import x\n", "(".repeat(300) + &")".repeat(300))).starts_with("if _:\n"));
}
