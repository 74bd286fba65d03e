//! Whatever bytes stand where metadata is expected, gathering ends, does not panic, and finds the same twice.

use proptest::prelude::*;
use serde_json::json;

use super::fixture::{config, file, link, tree};
use super::{accounts, command, packages, probe, python, tools};

/// Bytes that come close to what the parsers look for.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        prop::sample::select(vec![
            "\n",
            "\n\n",
            ":",
            ",",
            "\"",
            "\r",
            " ",
            "/",
            "..",
            "#!",
            "\0",
            "Package:",
            "Status: install ok installed",
            "P:",
            "F:",
            "R:",
            "Name:",
            "Tag:",
            "Requires-Dist:",
            "[console_scripts]",
            "=",
            "/bin/sh\n'''exec' ",
            "sha256=",
            "root:x:0:0",
            "/usr/bin/env",
            "-S",
            "18446744073709551616"
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_metadata(text in bytes(), user in ".{0,12}", name in "[a-z/. ]{0,8}") {
        let script = [b"#!", &text[..]].concat();
        let files = [
            "/etc/passwd", "/etc/group", "/var/lib/dpkg/status", "/var/lib/dpkg/info/x.list", "/var/lib/dpkg/status.d/x",
            "/var/lib/dpkg/status.d/x.md5sums", "/lib/apk/db/installed", "/s/site-packages/a-1.dist-info/METADATA",
            "/s/site-packages/a-1.dist-info/WHEEL", "/s/site-packages/a-1.dist-info/entry_points.txt", "/s/site-packages/a-1.dist-info/RECORD", "/s/site-packages/a.egg-info",
        ];
        let items = files.iter().map(|path| file(path, &text));
        let target = String::from_utf8_lossy(&text).into_owned();
        let tree = tree(items.chain([file("/bin/run", &script), link("/bin/link", &target)]));
        let config = config(&json!({"Cmd": ["run"], "User": user, "Env": [format!("PATH=/bin:{target}")], "WorkingDir": name,
            "Healthcheck": {"Test": ["CMD-SHELL", format!("curl {target} {user}")]}}));
        let gather = || {
            let user = accounts::user(&tree, &user);
            let follow = |name: &str| command::follow(&tree, &config, &user, vec![name.into()]);
            let commands = [follow("run"), follow("link"), follow(&name)].map(|command| (command.shown(&tree), command));
            (python::python(&tree), packages::packages(&tree), tools::executables(&tree, &config), commands, user, probe::Probe::of(&tree, &config))
        };
        prop_assert_eq!(format!("{:?}", gather()), format!("{:?}", gather()));
    }
}
