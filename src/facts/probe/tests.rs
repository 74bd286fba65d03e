use serde_json::json;

use super::*;
use crate::facts::fixture::{config, file, tree, unkept};

fn probe(test: &[&str]) -> Probe {
    let run = json!({"Env": ["PORT=8090", "PEER=mongo"], "Healthcheck": {"Test": test}, "WorkingDir": "/app"});
    let tree = tree([file("/app/health.py", "#!/usr/bin/python3\n".to_owned() + GOOD), unkept("/app/unkept.py")]);
    Probe::of(&tree, &config(&run)).unwrap()
}

fn code(text: &str) -> Probe {
    probe(&["CMD", "/usr/bin/python3", "-c", text])
}

fn script(text: &str) -> Script {
    code(text).script.unwrap()
}

const GOOD: &str = "import socket; s = socket.socket(); s.settimeout(2); result = s.connect_ex(('127.0.0.1', 8089)); s.close(); \
    exit(0 if result == 0 else 1)";

#[test]
fn the_probe_of_the_pattern_ends_tells_and_raises_nothing() {
    let probe = code(GOOD);
    assert_eq!(probe.ports().collect::<Vec<_>>(), [8089]);
    let script = probe.script.unwrap();
    assert_eq!((script.opens, script.endless, script.raises), (vec!["connect_ex".to_owned()], vec![], 0));
    assert_eq!((script.timeout, script.is_constant), (Some(Duration::from_secs(2)), false));
}

#[test]
fn a_connection_without_a_timeout_is_endless() {
    for (text, endless) in [
        ("import socket; socket.create_connection(('localhost', 1))", 1),
        ("import socket; socket.create_connection(('localhost', 1), 3)", 0),
        ("import socket; socket.create_connection(('localhost', 1), timeout=None)", 1),
        ("import socket; socket.setdefaulttimeout(3); socket.create_connection(('localhost', 1))", 0),
        ("import socket; s = socket.socket(); s.connect(('localhost', 1)) # s.settimeout(1)", 1),
        ("import socket; s = socket.socket(); s.settimeout(None); s.connect(('localhost', 1))", 1),
        ("from urllib.request import urlopen; urlopen('http://localhost:1')", 1),
        ("from urllib.request import urlopen; urlopen('http://localhost:1', None, 3)", 0),
        ("import requests; requests.get('http://localhost:1')", 1),
        ("import requests; requests.get('http://localhost:1', timeout=T)", 0),
        ("import httpx; httpx.get('http://localhost:1')", 0),
        ("import httpx; httpx.get('http://localhost:1', timeout=None)", 1),
        ("import http.client; http.client.HTTPConnection('localhost', 1).request('GET', '/')", 1),
        ("import http.client; http.client.HTTPConnection('localhost', 1, timeout=2.5).request('GET', '/')", 0),
        ("import psycopg2; psycopg2.connect('x')", 0),
        ("print('socket connect(x)')", 0),
    ] {
        assert_eq!(script(text).endless.len(), endless, "{text}");
    }
    assert_eq!(script("import requests; requests.get('http://x', timeout=2.5)").timeout, Some(Duration::from_millis(2500)));
    assert_eq!(script("import socket; s = socket.socket(); s.settimeout(1e400)").timeout, None);
}

#[test]
fn an_exit_code_tells_or_it_does_not() {
    for (text, constant) in [
        (GOOD, false),
        ("import socket; s.connect_ex(('localhost', 1)); exit(0)", true),
        ("import socket; s.connect_ex(('localhost', 1))", true),
        ("import socket; s.connect(('localhost', 1)); exit(0)", true),
        ("import socket; s.connect(('localhost', 1))", false),
        ("import socket, sys; sys.exit(s.connect_ex(('localhost', 1)))", false),
        ("import socket\ntry:\n s.connect(('localhost', 1))\nexcept OSError:\n exit(1)", false),
        ("import socket\ntry:\n s.connect(('localhost', 1))\nexcept OSError:\n pass", true),
        ("from urllib.request import urlopen; urlopen('http://localhost:1'); exit(0)", false),
        ("import socket; raise SystemExit(s.connect_ex(('localhost', 1)))", false),
    ] {
        assert_eq!(script(text).is_constant, constant, "{text}");
    }
    assert_eq!(script("import socket; s.connect(('localhost', 1))").raises, 1);
    assert_eq!(script("import socket\ntry:\n s.connect(('localhost', 1))\nexcept OSError:\n exit(1)").raises, 0);
}

#[test]
fn ports_are_read_from_literals_names_variables_and_urls() {
    for (text, ports) in [
        ("s.connect_ex(('localhost', int(os.getenv('PORT', '1'))))", vec![8090]),
        ("s.connect_ex(('localhost', int(os.getenv('NOPE', '7'))))", vec![7]),
        ("port = int(os.environ['PORT']); s.connect_ex(('', port))", vec![8090]),
        ("address = ('127.0.0.1', 9); s.connect_ex(address)", vec![9]),
        ("host = os.getenv('CONTROL_HOST', 'tor-proxy'); s.connect_ex((host, 9051))", vec![]),
        ("s.connect_ex((os.getenv('PEER', 'localhost'), 27017))", vec![]),
        ("p = 8; urlopen(f'http://localhost:{p}/x')", vec![8]),
        ("urlopen('http://127.0.0.1:' + os.getenv('PORT') + '/x')", vec![8090]),
        ("urlopen('http://u:p@[::1]/')", vec![80]),
        ("urlopen('https://localhost')", vec![443]),
        ("HTTPConnection('localhost:70').request()", vec![70]),
        ("HTTPConnection('localhost', 71, timeout=1)", vec![71]),
        ("s.connect_ex(('localhost', 99999))", vec![]),
        ("s.connect_ex(('localhost', a)); a = b + b; b = a + a", vec![]),
    ] {
        let text = format!("import socket; {text}");
        assert_eq!(code(&text).ports().collect::<Vec<_>>(), ports, "{text}");
    }
    assert_eq!(probe(&["CMD", "curl", "-f", "http://localhost:8080/health"]).ports().collect::<Vec<_>>(), [8080]);
    let shell = |line| probe(&["CMD-SHELL", line]).ports().collect::<Vec<_>>();
    assert_eq!(shell("curl -f \"http://localhost:${PORT}/\" || exit 1"), [8090]);
    assert_eq!(shell("wget -qO- localhost:${NOPE:-81} || exit 1"), [81]);
    assert_eq!(shell("pg_isready -h localhost"), [0; 0]);
}

#[test]
fn a_file_is_read_as_a_line_is() {
    for path in ["/app/health.py", "health.py", "../app/health.py"] {
        let probe = probe(&["CMD", "python3", "-u", path, "8089"]);
        assert_eq!((probe.ports().collect::<Vec<_>>(), probe.file), (vec![8089], Some("/app/health.py".into())), "{path}");
        assert_eq!(probe.script, Some(script(GOOD)));
    }
}

#[test]
fn what_is_no_line_of_python_has_no_script() {
    assert_eq!(probe(&["CMD", "python3", "/app/gone.py"]).script, None);
    assert_eq!(probe(&["CMD", "python3", "/app/unkept.py"]), Probe::default());
    assert_eq!(code(&"x".repeat(1 << 20)).script, None);
    assert_eq!(probe(&["CMD", "/usr/bin/tini", "--", "python3", "-Ic", "print()"]).script.unwrap().opens, [""; 0]);
}
