//! Answers that are none, or are more than was asked for.

use super::{image, layer, name, with_layer};
use crate::layout::gzip;
use crate::misbehaving::{Misbehaving, raw, whole};
use crate::registry::{Reply, Request};
use crate::table::Row;

/// Which answers are meant.
type Part = fn(&Request) -> bool;

pub fn head(row: &Row) {
    for (case, reply) in [
        ("405", Reply::new(405, "")),
        ("404", Reply::new(404, "")),
        ("501", Reply::new(501, "")),
        ("200 without a digest", Reply::new(200, "").with("content-type", image().media_type())),
        ("200 with a digest that is none", Reply::new(200, "").with("docker-content-digest", "latest")),
        ("200 and a web page", Reply::new(200, "").with("content-type", "text/html")),
    ] {
        let server = Misbehaving::start(move |request, _| match &request.method[..] {
            "HEAD" => whole(request, &reply),
            _ => whole(request, &image().reply(request)),
        });
        let first = row.verify("an image that is asked for again", &name(&server)).run();
        row.verify(case, &name(&server)).again(first).run().ends(0);
        let methods = server.requests().into_iter().filter(|request| request.path.contains("/manifests/"));
        let methods: Vec<String> = methods.map(|request| request.method).collect();
        assert_eq!(methods, ["GET", "HEAD", "GET"], "{case}");
    }
}

pub fn no_registry(row: &Row) {
    let page = "<html><title>Log in</title>";
    let html = |status| Reply::new(status, page).with("content-type", "text/html; charset=utf-8");
    let error = |code: &str| Reply::new(404, format!(r#"{{"errors":[{{"code":"{code}","message":"unknown"}}]}}"#));
    for (case, code, says, reply) in [
        ("404, no such manifest", 3, "has no manifest 1", error("MANIFEST_UNKNOWN")),
        ("404, no such repository", 3, "there is no repository", error("NAME_UNKNOWN")),
        ("404, and nothing else", 3, "has no manifest 1", Reply::new(404, "")),
        ("404 and a web page", 3, "the answer is a web page", html(404)),
        ("200 and a web page", 7, "not a registry API response", html(200)),
        ("204", 7, "does not answer as a registry does", Reply::new(204, "")),
        ("200 and nothing else", 7, "an empty document", Reply::new(200, "")),
        ("400", 7, "does not answer as a registry does", Reply::new(400, "what?")),
    ] {
        let server = Misbehaving::start(move |request, _| whole(request, &reply));
        row.verify(case, &name(&server)).run().ends(code).says(says);
    }
    let server = with_layer(|request, _| whole(request, &Reply::new(404, r#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#)));
    row.verify("404 to a layer", &name(&server)).run().ends(3).says("push it again");
    for (case, answer) in [("what is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"), ("a head without its end", "HTTP/1.1 200 OK\r\n")] {
        let server = Misbehaving::start(move |_, _| vec![crate::misbehaving::Act::Send(answer.into())]);
        row.verify(case, &name(&server)).run().ends(5);
    }
}

pub fn encoded(row: &Row) {
    let is_config = |request: &Request| request.path.ends_with(&image().content[0].0.to_string());
    let is_manifest = |request: &Request| request.path.contains("/manifests/");
    let parts: [(&str, Part); 3] = [
        ("the manifest", is_manifest),
        ("the configuration", is_config),
        ("the layer", |request| request.path.ends_with(&super::path())),
    ];
    for (part, is_part) in parts {
        let encoded = move |request: &Request, encoding: &str, body: Vec<u8>| {
            let plain = image().reply(request);
            let lines = plain
                .head()
                .lines()
                .filter(|line| !line.is_empty() && !line.contains("length"))
                .map(str::to_owned)
                .collect::<Vec<_>>();
            let headers = [format!("content-encoding: {encoding}"), format!("content-length: {}", body.len())];
            let lines: Vec<&str> = lines.iter().chain(&headers).map(String::as_str).collect();
            raw(&lines, &body)
        };
        let serve = |encoding: &'static str, pack: fn(&[u8]) -> Vec<u8>| {
            Misbehaving::start(move |request, _| {
                if is_part(request) {
                    encoded(request, encoding, pack(image().reply(request).body()))
                } else {
                    whole(request, &image().reply(request))
                }
            })
        };
        let server = serve("gzip", gzip);
        row.verify(&format!("{part}, packed as it is called"), &name(&server)).run().ends(0);
        assert!(server.requests().iter().all(|request| request.header("accept-encoding") == Some("identity")));
        let server = serve("gzip", <[u8]>::to_vec);
        row.verify(&format!("{part}, called packed"), &name(&server)).run().ends(0);
        let code = if part == "the manifest" { 7 } else { 0 };
        let server = serve("br", <[u8]>::to_vec);
        row.verify(&format!("{part}, called `br`"), &name(&server)).run().ends(code);
        let server = serve("gzip", |bytes| {
            let mut packed = gzip(bytes);
            // The checksum before the length (RFC 1952, 2.3.1).
            let checksum = packed.len() - 8;
            packed[checksum] ^= 1;
            packed
        });
        row.verify(&format!("{part}, packed and damaged"), &name(&server)).run().ends(6);
    }
    let bomb = gzip(&vec![0; 64 << 20]);
    let server = with_layer(move |_, _| {
        raw(&["HTTP/1.1 200 x", "content-encoding: gzip", &format!("content-length: {}", bomb.len())], &bomb)
    });
    let ran = row.verify("the layer, packed so that it becomes large", &name(&server)).run().ends(6);
    ran.says(&format!("longer than its declared {} bytes", layer().len()));
}

pub fn warnings(row: &Row) {
    let server =
        |header: String| Misbehaving::start(move |request, _| whole(request, &image().reply(request).with("warning", &header)));
    let said = |case: &str, header: String, wanted: &str| {
        let server = server(header);
        let ran = row.verify(case, &name(&server)).run();
        let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        let shown = warnings.join(" / ").replace(&server.host(), "HOST");
        assert!(ran.code == 0 && shown == wanted, "{case}: {shown}");
        let told = match shown.len() {
            0 => "nothing is told".to_owned(),
            1..200 => format!("`{shown}`"),
            _ => "its first 512 characters are told".to_owned(),
        };
        row.observe(case, &format!("0 held, and {told}"));
    };
    said("on every answer", "299 - \"this tag is \\\"old\\\"\"".into(), "warning: HOST says: this tag is \"old\"");
    said("with what a terminal acts on", "299 - \"\u{9b}31m gone\"".into(), "warning: HOST says: \\u{9b}31m gone");
    let long = format!("299 - \"{}\"", "long ".repeat(1024));
    said("5 KiB", long, &format!("warning: HOST says: {}…", &"long ".repeat(1024)[..512]));
    said("of a proxy, or with another code", "199 proxy \"stale\"".into(), "");
    let ran = row.verify("with `--quiet`", &name(&server("299 - \"old\"".into()))).option("--quiet").run().ends(0);
    assert_eq!(ran.stderr, "");
}
