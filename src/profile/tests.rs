use chrono::NaiveDate;

use super::*;
use crate::error::{Error, Kind, Result};

pub(super) const KNOWN: [Known; 5] = [
    Known { id: "marker/content", level: Level::Error, options: &[Opt { name: "lines", kind: OptKind::Patterns }] },
    Known { id: "ownership/tree", level: Level::Error, options: &[Opt { name: "roots", kind: OptKind::Texts }] },
    Known { id: "python/record-integrity", level: Level::Warn, options: &[Opt { name: "pruned", kind: OptKind::Globs }] },
    Known { id: "size/regression", level: Level::Error, options: &[] },
    Known { id: "size/waste", level: Level::Warn, options: &[Opt { name: "min-bytes", kind: OptKind::Bytes }] },
];

fn no_file(file: &str) -> Result<String> {
    Err(Error::new(Kind::NotFound, format!("{file} does not exist")))
}

fn parse(text: &str) -> Result<Policy> {
    parse_with(text, &[])
}

/// Reads a profile beside others.
pub(super) fn parse_with(text: &str, files: &[(&str, &str)]) -> Result<Policy> {
    let read = |name: &str| {
        files.iter().find(|(file, _)| *file == name).map_or_else(|| no_file(name), |(_, text)| Ok((*text).to_owned()))
    };
    Policy::parse("dir/my.toml", text, &KNOWN, &read)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn choose(
    policy: &Policy,
    name: &str,
    labels: &[(&str, &str)],
    files: &[&str],
    service: Option<&str>,
) -> Result<Profile> {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let has_file = |glob: &globset::GlobMatcher| files.iter().any(|file| glob.is_match(file));
    policy.choose(&Subject { name, labels: &labels, has_file: &has_file }, service, day("2026-11-21"))
}

#[test]
fn every_mistake_names_its_place_and_what_was_meant() {
    for (text, message, hint) in [
        ("a =", "dir/my.toml:1:4: ", ""),
        ("[expect]\n plattform = \"linux/arm64\"", "dir/my.toml:2:2: unknown field `plattform`", "`platform`"),
        ("expct = 1", "dir/my.toml:1:1: unknown field `expct`", "`expect`"),
        ("[expect]\nuser = 65532", "dir/my.toml:2:8: invalid type: integer `65532`, expected a string", ""),
        ("[expect]\nuser = \"nonroot\"", "dir/my.toml:2:8: \"nonroot\" is no user: write uid:gid", ""),
        ("[expect]\nplatform = \"arm64\"", "dir/my.toml:2:12: \"arm64\" is no platform", ""),
        ("[expect]\npython = \"python3\"", "dir/my.toml:2:10: \"python3\" is no absolute path", ""),
        ("[rules.\"ownership/tre\"]\nlevel = \"off\"", "dir/my.toml:1:8: there is no rule `ownership/tre`", "`ownership/tree`"),
        ("[rules.\"ownership/tree\"]\nlevel = \"warning\"", "dir/my.toml:2:9: \"warning\" is no level", ""),
        ("[rules.\"ownership/tree\"]\nlevel = \"eror\"", "dir/my.toml:2:9: \"eror\" is no level", "`error`"),
        ("[rules.\"ownership/tree\"]\nroot = [\"/\"]", "dir/my.toml:2:1: `ownership/tree` has no option `root`", "`roots`"),
        ("[rules.\"ownership/tree\"]\nroots = \"/\"", "dir/my.toml:2:9: wanted a list of texts", ""),
        ("[rules.\"ownership/tree\"]\nroots = true", "dir/my.toml:2:9: wanted text, a list of texts or a number", ""),
        ("[rules.\"python/record-integrity\"]\npruned = [\"[\"]", "dir/my.toml:2:10: \"[\" is no glob", ""),
        ("[[ignore]]\nrule = \"x\"\nreason = \"y\"", "dir/my.toml:2:8: there is no rule `x`", ""),
        ("[[ignore]]\nrule = \"ownership/tree\"", "dir/my.toml:1:1: missing field `reason`", ""),
        ("[[ignore]]\nrule = \"ownership/tree\"\nreason = \" \"", "dir/my.toml:3:10: a waiver needs its reason", ""),
        (
            "[[ignore]]\nrule = \"ownership/tree\"\nreason = \"y\"\nexpires = \"soon\"",
            "dir/my.toml:4:11: \"soon\" is no date: write YYYY-MM-DD",
            "",
        ),
        ("[[ignore]]\nrule = \"ownership/tree\"\nreason = \"y\"\npath = \"/a/{b\"", "dir/my.toml:4:8: \"/a/{b\" is no glob", ""),
        ("[rules.\"marker/content\"]\nlines = [\".keep\"]", "dir/my.toml:2:9: \".keep\" is no pattern", ""),
        ("[rules.\"marker/content\"]\nlines = [\"x: (\"]", "dir/my.toml:2:9: \"(\" is no regular expression", ""),
        ("[service.config]\n\"app.yml\" = []", "dir/my.toml:2:1: \"app.yml\" is no absolute path", ""),
        ("extends = \"lucit\"", "dir/my.toml:1:11: there is no built-in profile `lucit`", "`lucid`"),
        ("extends = \"docker://a/b:1\"", "dir/my.toml:1:11: docker://a/b:1 names no digest", "`oras push` printed"),
        (
            "extends = \"docker://A/b\"",
            "dir/my.toml:1:11: \"A/b\" is no image reference: repository names are lower case",
            "did you mean a/b?",
        ),
        ("[limits]\nmanifests = 1", "dir/my.toml:2:1: there is no limit `manifests`", "`manifest`"),
        ("[limits]\nmanifest = \"8 megs\"", "dir/my.toml:2:12: \"8 megs\" is no number of bytes", ""),
        ("[lock]\nrules = [\"ownership/tre\"]", "dir/my.toml:2:10: there is no rule `ownership/tre` to lock", "`ownership/tree`"),
        ("[lock]\nrules = [\"*\"]", "dir/my.toml:2:10: there is no rule `*` to lock", "write GROUP/*"),
        ("[lock]\nmax-waiver = \"3 months\"", "dir/my.toml:2:14: \"3 months\" is no number of days", ""),
        ("[size]\nmax-growth = \"5 percent\"", "dir/my.toml:2:14: \"5 percent\" is no threshold: write [SCOPE=]LIMIT", ""),
        ("[size]\nmax-growth = [\"5%\", \"app=1\"]", "dir/my.toml:2:14: \"app=1\" is no threshold: a scope is", ""),
        ("[size]\nmax-growth = 5", "dir/my.toml:2:14: wanted a bound of growth such as \"5%\", or a list", ""),
        ("[size]\nmax-byte = 1", "dir/my.toml:2:1: unknown field `max-byte`", "`max-bytes`"),
        ("[size]\nmax-bytes = \"1 mega\"", "dir/my.toml:2:13: \"1 mega\" is no number of bytes: write 600MB", ""),
        ("[size]\nmax-layer = -1", "dir/my.toml:2:13: wanted bytes: a number, or text such as \"600MB\"", ""),
        ("[size.packages]\ngrpcio = \"20 Mb\"", "dir/my.toml:2:10: \"20 Mb\" is no number of bytes", ""),
        ("[size.packages]\n\"dep:a\" = 1", "dir/my.toml:2:11: \"dep\" is no kind of package: python, deb or apk", "`deb`"),
        ("[rules.\"size/waste\"]\nmin-bytes = \"10 megs\"", "dir/my.toml:2:13: \"10 megs\" is no number of bytes", ""),
        ("[auto]\nnames = [\"*\"]", "dir/my.toml:1:1: only built-in profiles have [auto]", ""),
        ("[service]\n[services.a]", "dir/my.toml:1:1: a file has either [service] or [services.NAME]", ""),
        ("[services.a]\nname = \"b\"", "dir/my.toml:2:8: the heading [services.a] names the service", ""),
        ("[services.a]\nmarkers = [\"x\"]", "dir/my.toml:2:12: \"x\" is no absolute path", ""),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{text}");
        assert!(error.to_string().starts_with(message), "{text}\n{error}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{text}\n{:?}", error.hint);
        assert_eq!(error.hint.is_some(), !hint.is_empty(), "{text}\n{:?}", error.hint);
    }
}

#[test]
fn every_mistake_in_a_check_names_its_place_and_what_was_meant() {
    for (text, message, hint) in [
        ("", "1:1: missing field `id`", ""),
        ("id = \"x\"\nfiles = \"/x\"", "2:6: \"x\" is no id of a check: write own/NAME", ""),
        ("id = \"own/\"\nfiles = \"/x\"", "2:6: \"own/\" is no id", ""),
        ("id = \"own/x\"", "1:1: a check is of files, config, label, package or command", ""),
        ("id = \"own/x\"\nfile = \"/x\"", "3:1: unknown field `file`", "`files`"),
        ("id = \"own/x\"\nlevel = \"eror\"", "3:9: unknown variant `eror`", "`error`"),
        ("id = \"own/x\"\nanswers = \"lena\"", "3:11: unknown variant `lena`", "`lean`"),
        ("id = \"own/x\"\nfiles = \"x\"", "3:9: \"x\" is no absolute path", ""),
        ("id = \"own/x\"\nfiles = \"/[\"", "3:9: \"/[\" is no glob", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nlabel = \"y\"", "4:9: a check is of one thing", ""),
        ("id = \"own/x\"\nlabel = \"x\"\nexcept = [\"y\"]", "4:11: `except` is of `files`", ""),
        ("id = \"own/x\"\nconfig = \"Usr\"", "3:10: \"Usr\" is no field: User, Env", ""),
        ("id = \"own/x\"\npackage = \"dep:x\"", "3:11: \"dep\" is no kind of package", "`deb`"),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { ower = \"1\" }", "4:10: `files` has no `ower` to want", "`owner`"),
        ("id = \"own/x\"\nlabel = \"x\"\nwant = { owner = \"1\" }", "4:10: `label` has no `owner` to want", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { owner = \"web\" }", "4:18: \"web\" is no owner", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { owner = true }", "4:18: wanted `UID` or `UID:GID`", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { min-count = -1 }", "4:22: wanted true or false, text", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { max-bytes = \"much\" }", "4:22: \"much\" is no number of bytes", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { contains = \"\" }", "4:21: an empty text", ""),
        ("id = \"own/x\"\nfiles = \"/x\"\nwant = { type = \"dir\" }", "4:17: \"dir\" is none of file, directory", ""),
        ("id = \"own/x\"\nconfig = \"User\"\nwant = { matches = \"(\" }", "4:20: \"(\" is no regular expression", ""),
    ] {
        let error = parse(&format!("[[check]]\n{text}")).unwrap_err();
        assert_eq!(error.kind, Kind::Usage, "{text}");
        assert!(error.to_string().starts_with(&format!("dir/my.toml:{message}")), "{text}\n{error}");
        assert_eq!(
            error.hint.as_deref().unwrap_or_default().split_once('`').map_or("", |(_, hint)| hint),
            hint.get(1..).map_or(String::new(), |hint| format!("{hint}?")),
            "{text}\n{:?}",
            error.hint
        );
    }
    let twice = "[[check]]\nid = \"own/x\"\nfiles = \"/x\"\n";
    let error = parse(&twice.repeat(2)).unwrap_err();
    assert_eq!(error.to_string(), "dir/my.toml:5:6: there are two checks `own/x`");
}

#[test]
fn checks_are_extended_replaced_waived_and_weighed() {
    let check = |id: &str, rest: &str| format!("[[check]]\nid = \"own/{id}\"\n{rest}\n");
    let base = check("a", "files = \"/a\"") + &check("b", "command = \"sh\"\nwant = { starts = false }");
    let files = |_: &str| Ok(base.clone());
    let text = "extends = \"base.toml\"\n".to_owned()
        + &check("a", "label = \"a\"\nlevel = \"warn\"\nanswers = \"safe\"")
        + "[rules.\"own/b\"]\nlevel = \"info\"\n[[ignore]]\nrule = \"own/a\"\nreason = \"x\"\n"
        + "[[ignore]]\nrule = \"structure-test/any name\"\nreason = \"x\"";
    let policy = Policy::parse("dir/my.toml", &text, &KNOWN, &files).unwrap();
    let profile = choose(&policy, "x", &[], &[], None).unwrap();
    let [a, b] = &profile.checks[..] else { panic!("{:?}", profile.checks) };
    assert!(matches!(a.demand, Demand::Label(..)) && matches!(b.demand, Demand::Command(_)));
    assert_eq!((a.level, a.question), (Level::Warn, crate::finding::Question::Safe));
    assert_eq!(profile.level("own/b", b.level), Level::Info);
    assert_eq!((profile.waiver("own/a", None), profile.waiver("structure-test/any name", None)), (Some(0), Some(1)));
    let error = parse(&(text.replace("extends", "#") + "\n[rules.\"own/c\"]")).unwrap_err();
    assert!(error.to_string().contains("there is no rule `own/b`"), "{error}");
    assert!(error.hint.unwrap().contains("`own/a`"));
}

#[test]
fn a_profile_lies_over_what_it_extends() {
    let files = |file: &str| match file {
        "dir/base.toml" => Ok("extends = \"team/root.toml\"\n[expect]\nuser = \"1:1\"".to_owned()),
        "dir/team/root.toml" => Ok(concat!(
            "[expect]\nplatform = \"linux/arm64\"\nuser = \"2:2\"\n",
            "[rules.\"ownership/tree\"]\nlevel = \"info\"\nroots = [\"/app\"]\n[services.a]\npackages = []"
        )
        .to_owned()),
        other => no_file(other),
    };
    let text = "extends = \"base.toml\"\n[rules.\"ownership/tree\"]\nlevel = \"warn\"\nreason = \"why\"";
    let policy = Policy::parse("dir/my.toml", text, &KNOWN, &files).unwrap();
    let profile = choose(&policy, "x", &[], &[], Some("a")).unwrap();
    assert_eq!(profile.expect.user, Some((1, 1)));
    assert_eq!(profile.expect.platform.as_ref().unwrap().to_string(), "linux/arm64");
    assert_eq!(profile.level("ownership/tree", Level::Error), Level::Warn);
    assert_eq!(profile.texts("ownership/tree", "roots"), ["/app"]);
    assert_eq!(profile.service.as_ref().unwrap().packages, Some(vec![]));
    assert_eq!((profile.name.as_str(), profile.chosen.as_str()), ("dir/my.toml", "file dir/my.toml"));

    let error = Policy::parse("my.toml", "extends = \"gone.toml\"", &KNOWN, &no_file).unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.to_string().contains("gone.toml that my.toml:1:11 extends: gone.toml does not exist"), "{error}");
    let circle = |_: &str| Ok("extends = \"my.toml\"".to_owned());
    let error = Policy::parse("my.toml", "extends = \"my.toml\"", &KNOWN, &circle).unwrap_err();
    assert!(error.to_string().contains("my.toml extend each other in a circle"), "{error}");
}

#[test]
fn a_profile_from_a_registry_extends_no_file_and_raises_no_limit() {
    let name = |letter: &str| format!("docker://team/p@sha256:{}", letter.repeat(64));
    let short = |letter: &str| format!("docker://docker.io/team/p@sha256:{}…", letter.repeat(12));
    let text = format!("extends = \"{}\"\n[limits]\nmanifest = \"8MiB\"", name("a"));
    let read = |base: String| {
        move |file: &str| {
            assert!(file.starts_with("docker://docker.io/team/p@sha256:"), "{file}");
            Ok(if file.ends_with('a') { base.clone() } else { "[limits]\npath = 99\nlayers = 3".to_owned() })
        }
    };
    let refused = |base: &str| Policy::parse("my.toml", &text, &KNOWN, &read(base.to_owned())).unwrap_err();
    assert!(
        refused("extends = \"base.toml\"").what.starts_with(&format!("{}:1:11: a profile from a registry extends", short("a")))
    );
    let raised = refused("[limits]\nmanifest = \"5MiB\"");
    assert!(raised.what.starts_with(&format!("{}:2:12: a profile from a registry may lower `manifest`", short("a"))), "{raised}");

    let policy = Policy::parse("my.toml", &text, &KNOWN, &read(format!("extends = \"{}\"", name("b")))).unwrap();
    let mut limits = crate::limits::Limits::default();
    policy.limit(&mut limits);
    assert_eq!((limits.manifest, limits.path, limits.layers), (8 << 20, 99, 3));

    let denied = |file: &str| Err(Error::new(Kind::Denied, format!("no {file}")));
    let error = Policy::parse("my.toml", &text, &KNOWN, &denied).unwrap_err();
    assert_eq!(error.kind, Kind::Denied);
    assert!(error.doing[0].ends_with("that my.toml:1:11 extends"), "{error}");
    let absent = Policy::parse("my.toml", &text, &KNOWN, &no_file).unwrap_err();
    assert_eq!(absent.kind, Kind::NotFound);
}

#[test]
fn bounds_of_size_have_units_and_are_taken_back_by_empty_text() {
    let base = "[size]\nmax-bytes = \"600MB\"\nmax-compressed = \"2MiB\"\nmax-layer = 7\npackages = { grpcio = \"20MB\", a = 1 }";
    let files = |_: &str| Ok(base.to_owned());
    let text = "extends = \"base.toml\"\n[size]\nmax-bytes = \"\"\npackages = { a = \"\", b = 2 }\n\
                [rules.\"size/waste\"]\nmin-bytes = \"1kB\"";
    let policy = Policy::parse("dir/my.toml", text, &KNOWN, &files).unwrap();
    let profile = choose(&policy, "x", &[], &[], None).unwrap();
    let Size { max_bytes, max_compressed, max_layer, packages, .. } = &profile.size;
    assert_eq!((*max_bytes, *max_compressed, *max_layer), (None, Some(2 << 20), Some(7)));
    assert_eq!(packages.iter().collect::<Vec<_>>(), [(&"b".to_owned(), &2), (&"grpcio".to_owned(), &20_000_000)]);
    assert_eq!(profile.count("size/waste", "min-bytes"), Some(1_000));
    assert_eq!(profile.today, day("2026-11-21"));
}

#[test]
fn empty_text_takes_back_what_was_expected() {
    let known = crate::rules::known();
    let text = "extends = \"lucid\"\n[expect]\nuser = \"\"\nplatform = \"\"\npython = \"/p\"";
    let policy = Policy::parse("my.toml", text, &known, &no_file).unwrap();
    let expect = choose(&policy, "x", &[], &[], None).unwrap().expect;
    assert_eq!((expect.user, expect.platform, expect.python.as_deref()), (None, None, Some("/p")));
    assert!(expect.site_packages.is_some());
}

#[test]
fn bounds_of_growth_are_one_or_a_list_and_an_empty_list_takes_them_back() {
    let base = "[size]\nmax-growth = [\"5%\", \"/app=1MB\"]\nany = true";
    let size = |text: &str| {
        let policy = Policy::parse("my.toml", text, &KNOWN, &|_| Ok(base.to_owned())).unwrap();
        choose(&policy, "x", &[], &[], None).unwrap().size
    };
    let bounds = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>();
    let extended = size("extends = \"base.toml\"");
    assert_eq!((extended.max_growth, extended.any), (bounds(&["5%", "/app=1MB"]), true));
    let other = size("extends = \"base.toml\"\n[size]\nmax-growth = \"layer=0\"");
    assert_eq!((other.max_growth, other.any), (bounds(&["layer=0"]), true));
    let back = size("extends = \"base.toml\"\n[size]\nmax-growth = []\nany = false");
    assert_eq!((back.max_growth, back.any), (vec![], false));
}

#[test]
fn a_pattern_is_of_a_whole_line_and_of_a_name() {
    let text = "[rules.\"marker/content\"]\nlines = [\".m*: A_[0-9]+\", \".keep: B|C\"]";
    let profile = choose(&parse(text).unwrap(), "x", &[], &[], None).unwrap();
    let [first, second] = &profile.patterns("marker/content", "lines")[..] else { panic!("two patterns") };
    assert!(first.name.is_match(".marker") && !first.name.is_match(".keep"));
    assert!(first.line.is_match("A_1") && !first.line.is_match("A_1x") && !second.line.is_match("BC"));
    assert_eq!(second.wanted, "B|C");
}

#[test]
fn what_an_image_says_of_itself_makes_the_choice_stricter() {
    let policy = Policy::auto(&crate::rules::known());
    for (name, labels, files, profile, chosen) in [
        ("pickme/lucid-auth:latest-arm64", &[][..], &[][..], "lucid", "by name pickme/*"),
        ("registry:5000/team/lucid-auth:1", &[], &[], "lucid", "by name */lucid-*"),
        ("nginx:1", &[("com.lucid.service", "auth")], &[], "lucid", "by label com.lucid.service"),
        ("nginx:1", &[], &["x", ".lucid-marker"], "lucid", "by file .lucid-*"),
        ("nginx:1", &[("maintainer", "x")], &["x"], "generic", "by default"),
    ] {
        let chosen_profile = choose(&policy, name, labels, files, None).unwrap();
        assert_eq!((chosen_profile.name.as_str(), chosen_profile.chosen.as_str()), (profile, chosen), "{name}");
    }
    let asked_for = Policy::builtin("generic", &crate::rules::known()).unwrap();
    assert_eq!(choose(&asked_for, "pickme/x", &[], &[], None).unwrap().name, "generic");
    assert!(Policy::builtin("lucit", &crate::rules::known()).is_none());
}

#[test]
fn a_service_is_chosen_by_its_name_then_by_match_then_by_label() {
    let fleet = parse("[services.a]\nmatch = [\"x/a*\"]\n[services.b]\nmodules = [\"b\"]").unwrap();
    let service = |name, labels: &[(&str, &str)], named| {
        choose(&fleet, name, labels, &[], named).map(|profile| profile.service.map(|service| service.name))
    };
    assert_eq!(service("x/a1", &[("com.lucid.service", "b")], Some("b")).unwrap().as_deref(), Some("b"));
    assert_eq!(service("x/a1", &[("com.lucid.service", "b")], None).unwrap().as_deref(), Some("a"));
    assert_eq!(service("x/y", &[("com.lucid.service", "b")], None).unwrap().as_deref(), Some("b"));
    assert_eq!(service("x/y", &[], None).unwrap(), None);
    let error = service("x/y", &[], Some("c")).unwrap_err();
    assert_eq!((error.kind, error.hint.as_deref()), (Kind::Usage, Some("its services are a, b")));

    let alone = parse("[service]\npackages = [\"x\"]").unwrap();
    assert_eq!(choose(&alone, "x/y", &[], &[], None).unwrap().service.unwrap().packages.unwrap(), ["x"]);
}

#[test]
fn a_waiver_holds_through_its_last_day_and_below_its_path() {
    let ignore = |path: &str, expires: &str| {
        format!("[[ignore]]\nrule = \"ownership/tree\"\nreason = \"r\"\npath = \"{path}\"\nexpires = \"{expires}\"\n")
    };
    let text = ignore("/a/**", "2026-11-21") + &ignore("/b/*", "2026-11-20") + &ignore("/c/*", "2027-01-01");
    let profile = choose(&parse(&text).unwrap(), "x", &[], &[], None).unwrap();
    assert_eq!(profile.waiver("ownership/tree", Some("/a/b/c")), Some(0));
    assert_eq!(profile.waiver("ownership/tree", Some("/b/x")), None);
    assert!(profile.waivers[1].expired);
    assert_eq!(profile.waiver("ownership/tree", Some("/c/x/y")), None);
    assert_eq!(profile.waiver("ownership/tree", None), None);
    assert_eq!(profile.waiver("python/record-integrity", Some("/a/b")), None);
    assert_eq!(profile.waivers[2].place, "dir/my.toml:11:1");
}

#[test]
fn the_digest_is_of_what_is_said_and_not_of_how() {
    let digest = |text: &str| choose(&parse(text).unwrap(), "x", &[], &[], None).unwrap().digest;
    let one = digest("[expect]\nuser = \"1:1\"\npython = \"/p\"");
    assert_eq!(one, digest("# a remark\n[expect]\npython='/p'\nuser = '1:1'"));
    assert_ne!(one, digest("[expect]\nuser = \"1:2\"\npython = \"/p\""));
    let check = |bytes: &str| digest(&format!("[[check]]\nid = \"own/x\"\nfiles = \"/x\"\nwant = {{ max-bytes = {bytes} }}"));
    assert_eq!(check("1"), check(" 1 "));
    assert_ne!(check("1"), check("2"));
}

#[test]
fn options_are_filled_in_from_what_is_expected() {
    let text =
        "[expect]\nsite-packages = \"/s\"\n[rules.\"ownership/tree\"]\nroots = [\"{site-packages}/x\", \"{python}/y\", \"/z\"]";
    let profile = choose(&parse(text).unwrap(), "x", &[], &[], None).unwrap();
    assert_eq!(profile.texts("ownership/tree", "roots"), ["/s/x", "/z"]);
}

#[test]
fn the_schema_names_every_rule_and_its_options() {
    let schema = schema(&KNOWN);
    let rules = &schema["properties"]["rules"]["properties"];
    assert_eq!(rules["ownership/tree"]["properties"]["roots"]["type"], "array");
    assert_eq!(schema["$defs"]["CheckTable"]["properties"]["want"]["properties"].as_object().unwrap().len(), WANTS.len());
    assert!(schema["properties"]["extends"].is_object() && schema["properties"]["auto"].is_null());
}

#[test]
fn a_matrix_takes_the_place_of_the_one_that_it_extends() {
    let row = "[[matrix]]\nrequirement = \"Owned\"\nrules = [\"ownership/tree\"]\nevidence = \"files\"\n";
    let read = |file: &str| if file == "dir/base.toml" { Ok(row.to_owned()) } else { no_file(file) };
    let rows = |text: &str| {
        let policy = Policy::parse("dir/my.toml", text, &KNOWN, &read).unwrap();
        choose(&policy, "x", &[], &[], None).unwrap().matrix
    };
    assert_eq!(rows("extends = \"base.toml\"\n").iter().map(|row| &row.requirement[..]).collect::<Vec<_>>(), ["Owned"]);
    assert_eq!(rows("extends = \"base.toml\"\nmatrix = []\n"), []);
    let error = |text: &str| parse(text).unwrap_err().what;
    let wrong = row.replace("ownership/tree", "ownership/tre");
    assert_eq!(error(&wrong), "dir/my.toml:3:10: there is no rule `ownership/tre`");
    let none = row.replace("\"ownership/tree\"", "");
    assert_eq!(error(&none), "dir/my.toml:3:9: a requirement needs a rule that judges it");
}
