use serde_json::json;

use crate::facts::fixture::{Item, config, elf, file, link, tree, unkept};
use crate::facts::{accounts, packages, python};

const SITE: &str = "/usr/local/lib/python3.12/site-packages";

/// A distribution with a module of its name.
fn distribution(name: &str, version: &str, requires: &[&str]) -> Vec<Item> {
    let requires: Vec<String> = requires.iter().map(|line| format!("Requires-Dist: {line}\n")).collect();
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{}", requires.concat());
    let module = name.replace('-', "_");
    vec![
        file(&format!("{SITE}/{module}-{version}.dist-info/METADATA"), metadata),
        unkept(&format!("{SITE}/{module}/__init__.py")),
    ]
}

/// What is not met, as it is said, and what is not known.
fn needs(patch: Option<u32>, items: impl IntoIterator<Item = Vec<Item>>) -> (Vec<String>, usize) {
    let official = [
        elf("/usr/local/bin/python3.12", 183),
        link("/usr/local/bin/python3", "python3.12"),
        unkept("/usr/local/lib/python3.12/os.py"),
        unkept("/usr/local/lib/python3.12/dataclasses.py"),
    ];
    let tree = tree(official.into_iter().chain(items.into_iter().flatten()));
    let env: Vec<String> = patch.iter().map(|patch| format!("PYTHON_VERSION=3.12.{patch}")).collect();
    let config = config(&json!({"Cmd": ["python3"], "Env": env}));
    let (user, packages) = (accounts::user(&tree, ""), packages::packages(&tree));
    let runtime = python::runtimes(&tree, &config, &user, &packages).remove(0);
    let python = python::python(&tree);
    let needs = runtime.needs(&tree, &python, "arm64");
    let said = needs.unmet.iter().map(|unmet| {
        let found = unmet.found.map_or("nothing".to_owned(), |found| found.version.clone());
        let because = unmet.because.as_ref().map(|because| format!(" because {because}")).unwrap_or_default();
        let certain = if unmet.is_certain { "" } else { " perhaps" };
        let newer = if unmet.is_of_patch { ", and a newer one does not" } else { "" };
        format!("{}{certain} needs {}, found {found}{because}{newer}", unmet.by.name, unmet.wanted.shown())
    });
    (said.chain(needs.unknown.iter().cloned()).collect(), needs.examined)
}

const SKEW: &str = "async-timeout>=4.0.3; python_full_version < '3.12.3'";

#[test]
fn the_version_of_the_runtime_decides_and_not_that_of_the_builder() {
    let redis = || [distribution("redis", "8.1.0", &[SKEW])];
    let wanted = "redis needs async-timeout>=4.0.3, found nothing because python is 3.12.2 (<3.12.3), and a newer one does not";
    assert_eq!(needs(Some(2), redis()).0, [wanted]);
    assert_eq!(needs(Some(15), redis()), (vec![], 0));
    let unknown = needs(None, redis()).0;
    assert!(matches!(&unknown[..], [one] if one.starts_with("redis perhaps needs")), "{unknown:?}");
    assert_eq!(needs(Some(2), [distribution("redis", "8", &[SKEW]), distribution("async-timeout", "5.0", &[])]), (vec![], 1));
}

#[test]
fn what_is_there_must_be_of_a_version_that_will_do() {
    let boto = |found: &str| {
        needs(Some(2), [distribution("boto3", "1.40", &["Botocore<1.41,>=1.40"]), distribution("botocore", found, &[])]).0
    };
    assert_eq!(boto("1.40.7"), [""; 0]);
    assert_eq!(boto("1.39"), ["boto3 needs Botocore<1.41,>=1.40, found 1.39"]);
    assert_eq!(boto("of-today"), [""; 0]);
}

#[test]
fn extras_count_where_another_distribution_asks_for_them() {
    let server = || distribution("server", "1", &["fast; extra == 'speed'", "helper[deep]; extra == 'speed'"]);
    let helper = || distribution("helper", "1", &["bottom; extra == 'deep'", "server[speed]; extra == 'deep'"]);
    assert_eq!(needs(Some(2), [server()]), (vec![], 0));
    let asked = needs(Some(2), [server(), helper(), distribution("app", "1", &["server[speed]"])]).0;
    let wanted = ["server needs fast, found nothing", "helper needs bottom, found nothing"];
    assert_eq!(asked, wanted);
}

#[test]
fn a_module_that_can_be_imported_stands_in_for_its_distribution() {
    let app = |requirement: &str| distribution("app", "1", &[requirement]);
    for requirement in ["dataclasses", "PyYAML>=5", "opencv-python", "tests; sys_platform == 'win32'", "-garbage-"] {
        let copied = Vec::from(["yaml/__init__.py", "cv2.abi3.so"].map(|name| unkept(&format!("{SITE}/{name}"))));
        assert_eq!(needs(Some(2), [app(requirement), copied]).0, [""; 0], "{requirement}");
    }
    let namespace = vec![unkept(&format!("{SITE}/thing/data.txt"))];
    assert_eq!(needs(Some(2), [app("thing"), namespace]).0, ["app needs thing, found nothing"]);
}

#[test]
fn eggs_need_and_provide_too() {
    let egg = vec![
        file(&format!("{SITE}/old-1.egg-info/PKG-INFO"), "Metadata-Version: 1.0\nName: old\nVersion: 1\n"),
        file(&format!("{SITE}/old-1.egg-info/requires.txt"), "lost\n\n[tests]\npytest\n"),
    ];
    assert_eq!(needs(Some(2), [egg, distribution("new", "1", &["old==1"])]).0, ["old needs lost, found nothing"]);
}

#[test]
fn where_modules_may_be_anywhere_nothing_is_said_to_be_missing() {
    let hook = vec![file(&format!("{SITE}/hook.pth"), "import hook; hook.install()\n")];
    let (said, examined) = needs(Some(2), [distribution("app", "1", &["thing"]), hook]);
    assert!(matches!(&said[..], [one] if one.contains("hook.pth runs code")), "{said:?}");
    assert_eq!(examined, 1);
}

#[test]
fn extras_of_extras_without_end_are_given_up() {
    let lines: Vec<String> = (0..600).map(|at| format!("app[x{at}]")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).chain(std::iter::repeat_n("a; extra == 'b'", 400)).collect();
    let (said, _) = needs(Some(2), [distribution("app", "1", &lines)]);
    assert!(said.iter().any(|line| line.contains("more than")), "{said:?}");
}
