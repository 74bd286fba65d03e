use proptest::prelude::*;

use super::super::interpreter::Version;
use super::*;

fn setting(is_main: bool) -> Setting<'static> {
    let version = Version { major: 3, minor: 11, patch: Some(2), told_by: "" };
    Setting { version, machine: Some("aarch64"), is_main }
}

/// What is said of the imports of a text, by the parser alone.
fn whole(text: &str) -> Vec<Imported> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |at: usize| u32::try_from(ends.partition_point(|end| *end < at) + 1).unwrap();
    walk(text, &setting(false), &line).imports
}

fn by_skeleton(text: &str) -> Vec<Imported> {
    read(&skeleton(text.as_bytes()), &setting(false)).imports
}

fn strengths(text: &str) -> Vec<(String, Strength)> {
    let found = read(&skeleton(text.as_bytes()), &setting(true));
    found.imports.into_iter().map(|imported| (imported.module, imported.strength)).collect()
}

#[test]
fn an_import_is_as_sure_as_what_it_stands_in() {
    let text = "\
import a
try:
    import b
except ImportError:
    import c
else:
    import d
finally:
    import e
try:
    import f
except KeyError:
    pass
class X:
    import g
    def h(self):
        import h
if unknown:
    import i
else:
    import j
with x:
    import k
try:
    import l
except (ValueError, whatever.Error):
    pass
";
    let found: Vec<_> = strengths(text);
    let of = |wanted| found.iter().filter(|(_, strength)| *strength == wanted).map(|(name, _)| name.as_str()).collect::<String>();
    assert_eq!([of(Strength::Always), of(Strength::Perhaps), of(Strength::Deferred)], ["aefg", "bcdijkl", "h"]);
}

#[test]
fn of_branches_that_the_image_decides_only_those_count_that_run() {
    for (condition, runs) in [
        ("sys.version_info >= (3, 11)", Some(true)),
        ("sys.version_info < (3, 11, 3)", Some(true)),
        ("sys.version_info >= (3, 11, 2)", Some(true)),
        ("sys.version_info == (3, 11)", Some(false)),
        ("sys.version_info[:2] == (3, 11)", Some(true)),
        ("sys.version_info[0] < 3 or six.PY2", Some(false)),
        ("_sys.version_info.minor > 10 and x", None),
        ("not TYPE_CHECKING", Some(true)),
        ("typing.TYPE_CHECKING", Some(false)),
        ("sys.platform.startswith('win')", Some(false)),
        ("sys.platform in ('linux', 'darwin')", Some(true)),
        ("'win' in sys.platform", Some(false)),
        ("os.name == \"nt\"", Some(false)),
        ("platform.machine() == 'aarch64'", Some(true)),
        ("platform.system() != 'Linux'", Some(false)),
        ("__name__ == '__main__'", Some(true)),
        ("x", None),
        ("x > 3", None),
    ] {
        let wanted = match runs {
            Some(true) => vec![("a".to_owned(), Strength::Always)],
            Some(false) => vec![("b".to_owned(), Strength::Always)],
            None => ["a", "b"].map(|name| (name.to_owned(), Strength::Perhaps)).to_vec(),
        };
        assert_eq!(strengths(&format!("if {condition}:\n    import a\nelse:\n    import b\n")), wanted, "{condition}");
    }
    let imported = read(&skeleton(b"if __name__ == '__main__':\n    import a\n"), &setting(false));
    assert_eq!(imported.imports, []);
}

#[test]
fn dots_and_names_are_read_and_edits_seen() {
    let found =
        read(&skeleton(b"from .. import a, b as c\nfrom .x.y import *\nimport sys\nsys.path.append('x')\n"), &setting(false));
    let read: Vec<_> = found.imports.iter().map(|one| (one.line, one.level, &*one.module, one.names.join(" "))).collect();
    assert_eq!(read, [(1, 2, "", "a b".to_owned()), (2, 1, "x.y", "*".to_owned()), (3, 0, "sys", String::new())]);
    assert_eq!(found.edits, [(4, Edit::Path)]);
}

/// Lines of Python, each of which may stand in a block.
fn block(depth: u32) -> impl Strategy<Value = String> {
    let simple = prop::sample::select(vec![
        "import a.b as c, d",
        "from . import (x,\n  y, # z\n)",
        "x = 1; import e",
        "'''\nimport no\n'''",
        "y = f'{x:>{\"4\"}}' 'import no' # import no",
        "z = [\n'import no',\n]; from q import *",
        "w = lambda: {1: 2}",
        "from ..r \\\n    import s",
        "pass",
        "x: int = 3",
        "'\\\nimport no'",
    ]);
    let simple = simple.prop_map(|text| format!("{text}\n"));
    simple.prop_recursive(depth, 40, 4, |inner| {
        let headers = prop::sample::select(vec![
            ("if x == 'a:#':", "elif y[1:2]:"),
            ("if sys.version_info >= (3, 8):", "else:"),
            ("try:", "except (ImportError, KeyError):"),
            ("try:", "except KeyError as e: # why"),
            ("try:", "finally:"),
            ("for x in (1,\n 2):", "else:"),
            ("while lambda: 1:", "else:"),
            ("def f(a: int = 1) -> {1: 2}:", ""),
            ("async def g():", ""),
            ("class C(D, e=1):", ""),
            ("with a as b, c:", ""),
        ]);
        let body = prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| parts.concat());
        let compound = (headers, body.clone(), body).prop_map(|((first, second), one, two)| {
            let other = if second.is_empty() { String::new() } else { format!("{second}\n{}", shift(&two)) };
            format!("{first}\n{}{other}", shift(&one))
        });
        prop_oneof![compound, prop::collection::vec(inner, 1..4).prop_map(|parts| parts.concat())]
    })
}

/// A block one step to the right. What stands inside of strings is moved too, which changes nothing here.
fn shift(text: &str) -> String {
    text.lines().fold(String::new(), |out, line| out + "  " + line + "\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_skeleton_imports_what_its_module_imports(text in block(4)) {
        prop_assert_eq!(by_skeleton(&text), whole(&text), "{}\n--\n{}", text, String::from_utf8_lossy(&skeleton(text.as_bytes())));
    }

    #[test]
    fn any_text_has_a_skeleton_that_can_be_read(words in prop::collection::vec(prop::sample::select(vec!["import ", "from", " ", "\n", "\t", "if ", "try", ":", "f'{", "'", "\"\"\"", "}", "(", ")", "\\", "#", ";", "lambda", "match x", "case ", "else", "é", "sys.path", "="]), 0..40)) {
        by_skeleton(&words.concat());
    }
}

/// Modules of the machine's own Python, and of a folder of unpacked packages, if there is one.
#[test]
fn a_skeleton_imports_what_real_modules_import() {
    if std::env::var("LUCID_REAL").is_err() {
        return;
    }
    let folders = std::env::var("LUCID_MODULES").unwrap_or_else(|_| "/usr/lib/python3".into());
    let (mut todo, mut looked) = (folders.split(':').map(std::path::PathBuf::from).collect::<Vec<_>>(), 0);
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "py")
            && let Ok(text) = std::fs::read_to_string(&path)
            && ruff_python_parser::parse_unchecked_source(&text, PySourceType::Python).errors().is_empty()
        {
            let (found, wanted) = (by_skeleton(&text), whole(&text));
            let other = found.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
            assert!(
                found.len() == wanted.len() && other.is_none(),
                "{}: {other:#?}, {} of {}",
                path.display(),
                found.len(),
                wanted.len()
            );
            looked += 1;
        }
    }
    assert!(looked > 100, "{looked} modules in {folders}");
}
