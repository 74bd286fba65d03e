use serde_json::{Value, json};

use super::*;
use crate::facts::accounts;
use crate::facts::fixture::{Item, config, dir, elf, file, link, object, tree};
use crate::layer::elf::Elf;

/// What a configuration's command comes to: its chain in one line, or why it is broken.
fn run(items: impl IntoIterator<Item = Item>, run: &Value) -> Result<String, Broken> {
    let (tree, config) = (tree(items), config(run));
    let user = accounts::user(&tree, &config.run.user);
    let command = command(&tree, &config, &user);
    let shown = command.shown(&tree);
    command.broken.map_or(Ok(shown), Err)
}

fn dynamic(path: &str, loader: &str) -> Item {
    let interpreter = Some(loader.as_bytes().into());
    object(path, Elf { bits: 64, little_endian: true, machine: 183, kind: 2, interpreter, ..Elf::default() })
}

fn python() -> [Item; 4] {
    [
        dynamic("/usr/bin/python3.12", "/lib/ld-linux.so.1"),
        link("/usr/bin/python3", "/usr/bin/python3.12"),
        link("/lib/ld-linux.so.1", "aarch64/ld.so"),
        elf("/lib/aarch64/ld.so", 183),
    ]
}

const PYTHON: &str = "/usr/bin/python3 → /usr/bin/python3.12 (ELF AArch64)";

#[test]
fn a_name_is_found_through_path_and_links() {
    let chain = run(python(), &json!({"Cmd": ["python3", "/app/x.py"]}));
    assert_eq!(chain, Ok(format!("python3 → {PYTHON}")));
    assert_eq!(run(python(), &json!({"Cmd": ["/usr/bin/python3"]})), Ok(PYTHON.into()));
    let merged = [link("/bin", "usr/bin"), elf("/usr/bin/dash", 62), link("/usr/bin/sh", "dash")];
    let chain = run(merged, &json!({"Cmd": ["/bin/sh"]}));
    assert_eq!(chain, Ok("/bin/sh → /usr/bin/sh → /usr/bin/dash (ELF x86-64)".into()));
}

#[test]
fn entrypoint_comes_before_cmd() {
    let tree = tree(python());
    let config = config(&json!({"Entrypoint": ["/usr/bin/python3.12"], "Cmd": ["/usr/bin/python3.12", "x"]}));
    let command = command(&tree, &config, &accounts::user(&tree, ""));
    assert_eq!(command.argv, ["/usr/bin/python3.12", "/usr/bin/python3.12", "x"]);
    assert_eq!(command.chain.len(), 1);
}

#[test]
fn relative_paths_start_at_the_working_directory() {
    let app = || [elf("/app/bin/run", 183)];
    for (dir, name) in [("/app", "./bin/run"), ("/app/bin", "../bin/run"), ("", "app/bin/run")] {
        assert!(run(app(), &json!({"Cmd": [name], "WorkingDir": dir})).is_ok(), "{dir} {name}");
    }
    assert!(run(app(), &json!({"Cmd": ["run"], "Env": ["PATH=/nowhere:"], "WorkingDir": "/app/bin"})).is_ok());
}

#[test]
fn an_image_without_a_command_is_empty() {
    assert_eq!(run([], &json!({"Cmd": null})), Err(Broken::Empty));
}

#[test]
fn a_name_that_is_in_no_directory_names_the_path() {
    let broken = run(python(), &json!({"Cmd": ["python3\u{1b}"], "Env": ["PATH=/usr/bin"]}));
    assert_eq!(broken, Err(Broken::NotOnPath { name: "python3\\u{1b}".into(), path: "/usr/bin".into() }));
    assert!(matches!(run(python(), &json!({"Cmd": ["python3"], "Env": ["PATH="]})), Err(Broken::NotOnPath { .. })));
    assert!(matches!(run(python(), &json!({"Cmd": [""]})), Err(Broken::NotOnPath { .. })));
}

#[test]
fn a_path_that_leads_nowhere_says_where_it_ended() {
    let missing = |items: Vec<Item>, name: &str| match run(items, &json!({"Cmd": [name], "Env": ["PATH=/bin"]})) {
        Err(Broken::Missing { path, why }) => format!("{path}: {why}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(vec![], "/bin/x"), "/bin/x: /bin does not exist");
    assert_eq!(missing(vec![link("/bin/x", "/opt/x")], "x"), "/bin/x: /opt does not exist");
    assert_eq!(missing(vec![file("/bin/x", "")], "/bin/x/y"), "/bin/x/y: /bin/x is no directory");
    assert_eq!(missing(vec![link("/a", "b"), link("/b", "a")], "/a"), "/a: more than 40 symbolic links");
}

#[test]
fn a_directory_is_no_program() {
    assert_eq!(run([dir("/usr/bin/x")], &json!({"Cmd": ["/usr/bin/x"]})), Err(Broken::NotAFile("/usr/bin/x".into())));
}

#[test]
fn the_user_must_reach_and_execute_the_file() {
    let broken = |items: Vec<Item>| run(items, &json!({"Cmd": ["/opt/x/run"], "User": "1000"}));
    let denied = |path: &str, mode: &str| Err(Broken::NotExecutable { path: path.into(), mode: mode.into() });
    assert_eq!(broken(vec![elf("/opt/x/run", 183).mode(0o644)]), denied("/opt/x/run", "0644 0:0"));
    assert_eq!(broken(vec![elf("/opt/x/run", 183).mode(0o750).owner(1, 2)]), denied("/opt/x/run", "0750 1:2"));
    assert_eq!(broken(vec![dir("/opt").mode(0o700), elf("/opt/x/run", 183)]), denied("/opt", "0700 0:0"));
    let through_link = vec![dir("/opt").mode(0o700), link("/opt/x", "/pub"), elf("/pub/run", 183)];
    assert_eq!(broken(through_link), denied("/opt", "0700 0:0"));
    assert!(broken(vec![dir("/opt").mode(0o700).owner(1000, 1000), elf("/opt/x/run", 183)]).is_ok());
    assert!(run([dir("/opt").mode(0), elf("/opt/x/run", 183).mode(0o100)], &json!({"Cmd": ["/opt/x/run"]})).is_ok());
}

#[test]
fn a_file_that_cannot_be_executed_hides_none_behind_it_in_path() {
    let shadow = || elf("/usr/local/bin/tool", 183).mode(0o600);
    let found = run([shadow(), elf("/usr/bin/tool", 62)], &json!({"Cmd": ["tool"], "User": "1000"}));
    assert_eq!(found, Ok("tool → /usr/bin/tool (ELF x86-64)".into()));
    assert!(matches!(run([shadow()], &json!({"Cmd": ["tool"], "User": "1000"})), Err(Broken::NotExecutable { .. })));
}

#[test]
fn a_user_without_an_identity_bars_nothing() {
    assert!(run([elf("/x", 183).mode(0o100)], &json!({"Cmd": ["/x"], "User": "nobody"})).is_ok());
    assert!(run([elf("/x", 183).mode(0o666)], &json!({"Cmd": ["/x"], "User": "nobody"})).is_err());
}

#[test]
fn a_script_runs_by_its_interpreter() {
    let with = |line: &str| run(python().into_iter().chain([file("/app/run", line)]), &json!({"Cmd": ["/app/run"]}));
    assert_eq!(with("#!/usr/bin/python3 -u\nx"), Ok(format!("/app/run → {PYTHON}")));
    let interpreter = |line: &str| match with(line) {
        Err(Broken::Interpreter { script, interpreter, why }) => format!("{script}: {interpreter}: {why}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        interpreter("#!/usr/local/bin/python3.12\n"),
        "/app/run: /usr/local/bin/python3.12: /usr/local/bin/python3.12 leads nowhere: /usr/local does not exist"
    );
    assert!(
        interpreter("#!/usr/bin/python3\r\n").starts_with("/app/run: /usr/bin/python3\\r: /usr/bin/python3\\r leads nowhere")
    );
    assert!(interpreter("#!/usr/bin/env python3\n").contains("/usr/bin/env leads nowhere"));
}

#[test]
fn a_script_that_a_shell_passes_on_needs_both_interpreters() {
    let text = "#!/bin/sh\n'''exec' \"/usr/bin/python3\" \"$0\" \"$@\"\n' '''\nimport x\n";
    let with = |items: Vec<Item>| run(items.into_iter().chain([file("/app/run", text)]), &json!({"Cmd": ["/app/run"]}));
    let shell = || vec![elf("/bin/sh", 183)];
    assert_eq!(with(shell().into_iter().chain(python()).collect()), Ok(format!("/app/run → /bin/sh → {PYTHON}")));
    for items in [shell(), python().into()] {
        assert!(matches!(with(items), Err(Broken::Interpreter { .. })));
    }
}

#[test]
fn env_finds_the_interpreter_in_path() {
    let items = |line: &str| python().into_iter().chain([elf("/usr/bin/env", 183), file("/bin/run", line)]);
    for line in ["#!/usr/bin/env python3\n", "#!/usr/bin/env -S python3 -u\n"] {
        assert_eq!(run(items(line), &json!({"Cmd": ["run"]})), Ok(format!("run → /bin/run → /usr/bin/env → {PYTHON}")));
    }
    let broken = run(items("#!/usr/bin/env python3 -u\n"), &json!({"Cmd": ["run"]}));
    assert!(
        matches!(broken, Err(Broken::Interpreter { why, .. }) if why.to_string().contains("python3 -u is in no directory of PATH="))
    );
}

#[test]
fn scripts_that_lead_to_scripts_end() {
    let scripts = |count: u32| {
        let script = |n: u32| file(&format!("/s{n}"), format!("#!/s{}\n", n + 1));
        (0..count).map(script).chain([elf(&format!("/s{count}"), 183)]).collect::<Vec<_>>()
    };
    assert!(run(scripts(4), &json!({"Cmd": ["/s0"]})).is_ok());
    let broken = run(scripts(5), &json!({"Cmd": ["/s0"]}));
    assert!(
        matches!(&broken, Err(Broken::Interpreter { script, why, .. }) if *script == "/s4".into() && why.to_string().contains("more than 4"))
    );
    assert!(run([file("/s", "#!/s\n")], &json!({"Cmd": ["/s"]})).is_err());
    let env_loop = [elf("/bin/env", 183), file("/bin/s", "#!/bin/env s\n")];
    assert!(run(env_loop, &json!({"Cmd": ["s"]})).is_err());
}

#[test]
fn a_loader_must_be_in_the_image() {
    let broken = run([dynamic("/bin/x", "/lib64/ld.so")], &json!({"Cmd": ["x"]}));
    assert_eq!(broken, Err(Broken::Loader { path: "/bin/x".into(), loader: "/lib64/ld.so".into() }));
    let plain = [dynamic("/bin/x", "/lib64/ld.so"), elf("/lib64/ld.so", 183).mode(0o644)];
    assert!(matches!(run(plain, &json!({"Cmd": ["x"]})), Err(Broken::Loader { .. })));
}

#[test]
fn what_is_neither_elf_nor_script_has_no_format() {
    let relocatable = Elf { bits: 64, little_endian: true, machine: 183, kind: 1, ..Elf::default() };
    for item in [file("/x", "").mode(0o755), file("/x", "#! \n"), file("/x", "data").mode(0o755), object("/x", relocatable)] {
        assert_eq!(run([item], &json!({"Cmd": ["/x"]})), Err(Broken::Format("/x".into())));
    }
}
