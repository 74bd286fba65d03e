//! Images as they are made every day, judged against themselves: nothing that is right may be held against them.

use lucid_verify::finding::Level;
use serde_json::{Value, json};

use super::golden::{image, lines};

const GLIBC: &str = "layer ADD rootfs.tar /
    l 0777 0:0 /lib/ld-linux-aarch64.so.1 -> aarch64-linux-gnu/ld-linux-aarch64.so.1
    f 0755 0:0 /lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 elf:aarch64,soname=ld-linux-aarch64.so.1
    f 0644 0:0 /lib/aarch64-linux-gnu/libc.so.6 elf:aarch64,soname=libc.so.6
";

fn configured(run: &Value) -> Value {
    json!({"os": "linux", "architecture": "arm64", "config": run})
}

/// The findings that weigh as much as a warning, and the others.
fn judged(text: &str, run: &Value) -> (Vec<String>, Vec<String>) {
    let judged = image(text, configured(run)).judge();
    let (light, heavy): (Vec<_>, Vec<_>) = judged
        .iter()
        .flat_map(|judged| judged.judgement.findings.iter().map(|finding| finding.level).zip(lines(judged)))
        .partition(|(level, _)| *level < Level::Warn);
    let texts = |all: Vec<(Level, String)>| all.into_iter().map(|(_, line)| line).collect();
    (texts(heavy), texts(light))
}

const NOTHING: [&str; 0] = [];

#[test]
fn what_debian_packages_of_python_say_of_themselves_is_not_believed() {
    let text = [
        GLIBC,
        r##"f 0755 0:0 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
        l 0777 0:0 /usr/bin/python3 -> python3.11
        f 0755 0:0 /usr/bin/c_rehash "#!/usr/bin/perl\n"
        f 0644 0:0 /usr/lib/python3/dist-packages/demo.py "pass\n"
        f 0755 0:0 /usr/lib/python3/dist-packages/fast.cpython-311-aarch64-linux-gnu.so elf:aarch64,needed=libc.so.6
        f 0755 0:0 /usr/lib/python3/dist-packages/fast.cpython-312-aarch64-linux-gnu.so elf:aarch64,needed=libc.so.6
        f 0644 0:0 /usr/lib/python3/dist-packages/demo-1.dist-info/METADATA "Name: demo\nVersion: 1\n"
        f 0644 0:0 /usr/lib/python3/dist-packages/demo-1.dist-info/WHEEL "Tag: cp311-cp311-linux_x86_64\n"
        f 0644 0:0 /usr/lib/python3/dist-packages/demo-1.dist-info/RECORD "../../bin/demo,,\n"
        f 0644 0:0 /usr/lib/python3/dist-packages/demo-1.dist-info/entry_points.txt "[console_scripts]\ndemo = demo:main\n"
        f 0644 0:0 /usr/lib/python3/dist-packages/old-1.egg-info/PKG-INFO "Name: old\nVersion: 1\n"
        f 0644 0:0 /usr/lib/python3/dist-packages/old-1.egg-info/entry_points.txt "[console_scripts]\nold = old:main\n"
        "##,
    ];
    let (heavy, light) = judged(&text.concat(), &json!({"User": "1000:1000", "Cmd": ["python3"]}));
    assert_eq!((heavy, light), (vec![], vec![]));
}

#[test]
fn an_environment_of_its_own_holds_together() {
    let text = [
        GLIBC,
        r##"f 0755 0:0 /usr/local/bin/python3.12 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
        l 0777 0:0 /usr/local/bin/python3 -> python3.12
        f 0644 0:0 /usr/local/lib/python3.12/site-packages/pip/__init__.py ""
        f 0644 0:0 /usr/local/lib/python3.12/site-packages/pip-25.0.dist-info/METADATA "Name: pip\nVersion: 25.0\n"
        d 0700 0:0 /root
        f 0600 0:0 /root/.local/lib/python3.12/site-packages/left-1.dist-info/METADATA "Name: left\nVersion: 1\n"
        layer COPY --from=builder /opt/venv /opt/venv
        l 0777 0:0 /opt/venv/bin/python -> /usr/local/bin/python3
        f 0755 0:0 /opt/venv/bin/gunicorn "#!/opt/venv/bin/python\n"
        f 0755 0:0 /opt/venv/bin/long "#!/bin/sh\n'''exec' \"/opt/venv/bin/python\" \"$0\" \"$@\"\n' '''\n"
        f 0755 0:0 /opt/venv/bin/shell "#!/usr/bin/env bash\n"
        f 0644 0:0 /opt/venv/pyvenv.cfg "home = /usr/local/bin\n"
        f 0644 0:0 /opt/venv/lib/python3.12/site-packages/gunicorn/__init__.py ""
        f 0755 0:0 /opt/venv/lib/python3.12/site-packages/fast.abi3.so elf:aarch64,needed=libc.so.6
        f 0644 0:0 /opt/venv/lib/python3.12/site-packages/gunicorn-1.dist-info/METADATA "Name: gunicorn\nVersion: 1\n"
        f 0644 0:0 /opt/venv/lib/python3.12/site-packages/gunicorn-1.dist-info/WHEEL "Tag: py3-none-any\n"
        f 0644 0:0 /opt/venv/lib/python3.12/site-packages/gunicorn-1.dist-info/RECORD "../../../bin/gunicorn,,\n../../../bin/shell,,\n../../../bin/long,,\n"
        layer COPY . /app
        d 0755 0:0 /app
        f 0644 0:0 /app/main.py "pass\n"
        "##,
    ];
    let text = text.concat() + "f 0755 0:0 /bin/sh elf:aarch64,exec\n";
    let run = json!({
        "User": "1000",
        "WorkingDir": "/app",
        "Env": ["PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"],
        "Cmd": ["gunicorn", "main:app"],
    });
    let (heavy, light) = judged(&text, &run);
    assert_eq!(heavy, NOTHING);
    let wanted = [
        "python/console-script-shebang info /opt/venv/bin/shell 1",
        "python/pip-present info /usr/local/lib/python3.12/site-packages/pip-25.0.dist-info 0",
    ];
    assert_eq!(light, wanted);
}

#[test]
fn packages_without_their_commands_are_a_remark_where_only_modules_are_started() {
    let text = [
        GLIBC,
        r#"f 0755 0:0 /usr/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
        layer COPY --from=builder /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages
        f 0644 0:0 /usr/local/lib/python3.11/site-packages/uvicorn/__init__.py ""
        f 0644 0:0 /usr/local/lib/python3.11/site-packages/uvicorn/__main__.py "pass\n"
        f 0644 0:0 /usr/local/lib/python3.11/site-packages/uvicorn-1.dist-info/METADATA "Name: uvicorn\nVersion: 1\n"
        f 0644 0:0 /usr/local/lib/python3.11/site-packages/uvicorn-1.dist-info/RECORD "../../../bin/uvicorn,,\n"
        "#,
    ];
    let run = json!({
        "User": "65532",
        "Env": ["PYTHONPATH=/usr/local/lib/python3.11/site-packages"],
        "Cmd": ["/usr/bin/python3.11", "-m", "uvicorn"],
    });
    let (heavy, light) = judged(&text.concat(), &run);
    assert_eq!(heavy, NOTHING);
    assert_eq!(light, ["python/console-scripts-present info /usr/local/bin/uvicorn -"]);
}

#[test]
fn an_image_with_musl_has_wheels_and_modules_for_musl() {
    let text = r#"layer ADD alpine.tar /
        f 0755 0:0 /lib/ld-musl-aarch64.so.1 elf:aarch64,soname=libc.musl-aarch64.so.1
        f 0755 0:0 /usr/local/bin/python3.12 elf:aarch64,exec,interp=/lib/ld-musl-aarch64.so.1
        layer RUN pip install demo
        f 0755 0:0 /usr/local/lib/python3.12/site-packages/demo.cpython-312-aarch64-linux-musl.so elf:aarch64
        f 0644 0:0 /usr/local/lib/python3.12/site-packages/demo-1.dist-info/METADATA "Name: demo\nVersion: 1\n"
        f 0644 0:0 /usr/local/lib/python3.12/site-packages/demo-1.dist-info/WHEEL "Tag: cp312-cp312-musllinux_1_2_aarch64\n"
        f 0644 0:0 /usr/local/lib/python3.12/site-packages/demo-1.dist-info/RECORD "demo.cpython-312-aarch64-linux-musl.so,,\n"
        "#;
    let (heavy, light) = judged(text, &json!({"User": "1000", "Cmd": ["python3.12"]}));
    assert_eq!((heavy, light), (vec![], vec![]));
}

#[test]
fn what_the_user_cannot_reach_is_an_error_where_it_is_used() {
    let text = [
        GLIBC,
        r#"f 0755 0:0 /usr/local/bin/python3.11 elf:aarch64,exec,interp=/lib/ld-linux-aarch64.so.1,needed=libc.so.6
        d 0700 0:0 /root
        f 0644 0:0 /root/.local/lib/python3.11/site-packages/demo.py "pass\n"
        f 0644 0:0 /root/.local/lib/python3.11/site-packages/demo-1.dist-info/METADATA "Name: demo\nVersion: 1\n"
        f 0755 0:0 /root/.local/bin/demo ""
        "#,
    ];
    let on_path = "PATH=/root/.local/bin:/usr/local/bin";
    let run = json!({"User": "1000", "Env": [on_path], "Cmd": ["python3.11", "-m", "demo"]});
    let (heavy, _) = judged(&text.concat(), &run);
    assert_eq!(heavy, ["ownership/readable error /root 0"]);
    let (heavy, _) = judged(&text.concat(), &json!({"User": "1000", "Cmd": ["python3.11"]}));
    assert_eq!(heavy, NOTHING);
}
