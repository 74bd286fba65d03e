//! Tokens: who gives them out, for what, and how long they hold.

use std::time::Duration;

use super::{BASIC, PASSWORD, User, challenged, granted, image, name, own_realm, reply, with_tokens};
use crate::misbehaving::{Act, Misbehaving, until, whole};
use crate::registry::{Fixture, Image, Reply};
use crate::table::Row;
use crate::world::{Script, World};

/// A configuration with a refresh token for a registry.
fn refresh(server: &Misbehaving) -> String {
    format!(r#"{{"auths": {{"{}": {{"identitytoken": "{PASSWORD}"}}}}}}"#, server.host())
}

pub fn identity(row: &Row) {
    let replies = [("`access_token` alone", r#"{"access_token":"canary-token"}"#)];
    let replies = replies.into_iter().chain([("an empty `token` beside it", r#"{"token":"","access_token":"canary-token"}"#)]);
    for (case, body) in replies {
        let server = with_tokens(move |request, _| match &request.method[..] {
            "POST" => whole(request, &Reply::new(200, body)),
            _ => whole(request, &Reply::new(400, "")),
        });
        row.verify(case, &name(&server)).home(".docker/config.json", &refresh(&server)).run().ends(0);
        let post = server.requests().into_iter().find(|request| request.method == "POST").unwrap();
        for field in ["grant_type=refresh_token", "service=test", "scope=repository%3Aorg%2Fapp%3Apull", PASSWORD] {
            assert!(post.body.contains(field), "{}", post.body);
        }
        assert_eq!(server.count("/token"), 1);
    }
    for status in [401, 404, 405] {
        let server = with_tokens(move |request, _| match (&request.method[..], request.header("authorization")) {
            ("POST", _) => whole(request, &Reply::new(status, "")),
            (_, Some("Basic PHRva2VuPjphLWNhbmFyeS1wYXNzd29yZA==")) => granted(request, "canary-token"),
            _ => whole(request, &Reply::new(401, "")),
        });
        let case = format!("POST answers {status}: GET with the token as the password");
        row.verify(&case, &name(&server)).home(".docker/config.json", &refresh(&server)).run().ends(0);
        assert_eq!(server.count("/token"), 2);
    }
}

/// A registry whose challenge names this realm.
fn naming(realm: &str) -> Script {
    let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
    Box::new(move |request, _| match request.header("authorization") {
        Some("Bearer canary-token") => reply(request),
        _ => challenged(request, &challenge),
    })
}

pub fn realms(row: &Row) {
    for (realm, host) in [
        ("http://auth.example/token", "auth.example"),
        ("https://169.254.169.254/token", "169.254.169.254"),
        ("https://[fd00:ec2::254]/token", "fd00"),
        ("https://0.0.0.0/token", "0.0.0.0"),
        ("https://localhost/token", "localhost"),
        ("file:///etc/passwd", "passwd"),
        ("https://user:canary@auth.example/", "auth.example"),
    ] {
        let world = World::of([("registry.example", naming(realm))]);
        let case = format!("`{}`", realm.replace("canary", "…"));
        let ran = world.around(row.verify(&case, "registry.example/org/app:1")).known().run();
        ran.ends(4).says("refusing realm");
        assert_eq!(world.asked(host), 0, "{realm}: nothing is sent there");
    }
    for target in ["https://169.254.169.254/latest/", "https://localhost/"] {
        let world = World::of([
            ("registry.example", naming("https://auth.example/token")),
            ("auth.example", Box::new(move |request, _| whole(request, &Reply::new(307, "").with("location", target)))),
        ]);
        let case = format!("a token server that redirects to `{target}`");
        world.around(row.verify(&case, "registry.example/org/app:1")).known().run().ends(5).says("is refused");
        assert_eq!(world.asked("169.254") + world.asked("localhost"), 0);
    }
}

pub fn strangers(row: &Row) {
    let script: Script = Box::new(|request, _| match request.header("authorization") {
        Some(BASIC) => granted(request, "canary-token"),
        _ => whole(request, &Reply::new(401, "")),
    });
    let world = World::of([("registry.example", naming("https://auth.example/token")), ("auth.example", script)]);
    world.around(row.verify("over https", "registry.example/org/app:1")).known().run().ends(0);
    let sent = world.host("registry.example").requests();
    assert!(sent.iter().all(|request| request.header("authorization") != Some(BASIC)), "the password is the token server's");

    let elsewhere = Misbehaving::start(|request, _| granted(request, "canary-token"));
    let realm = format!("http://{}/token", elsewhere.host());
    let proxy = Misbehaving::start(move |request, before| naming(&realm)(request, before));
    let through = format!("http://{}", proxy.host());
    let ran = row.verify("over plain HTTP, on this machine", "registry.example/org/app:1").option("--plain-http").known();
    ran.env("HTTP_PROXY", &through).env("HTTPS_PROXY", &through).run().ends(4).says("refusing realm");
    assert_eq!(elsewhere.requests().len(), 0);
}

pub fn token_servers(row: &Row) {
    let large = format!(r#"{{"token":"{}"}}"#, "a".repeat(2 << 20));
    for (case, code, says, reply) in [
        ("401", 4, "they say no", Reply::new(401, r#"{"details":"they say no"}"#)),
        (
            "403",
            4,
            "DENIED: blocked by policy",
            Reply::new(403, r#"{"errors":[{"code":"DENIED","message":"blocked by policy"}]}"#),
        ),
        ("500", 5, "out of order", Reply::new(500, "out of order").with("retry-after", 0)),
        ("a web page", 4, "not the JSON of a token reply", Reply::new(200, "<html>").with("content-type", "text/html")),
        ("2 MiB", 4, "larger than 1 MiB", Reply::new(200, large)),
        ("`{}`", 4, "neither token nor access_token", Reply::new(200, "{}")),
        ("JSON without its end", 4, "not the JSON of a token reply", Reply::new(200, r#"{"token":"canary"#)),
        ("a token that no header can hold", 4, "no header can hold", Reply::new(200, r#"{"token":"canary\n"}"#)),
    ] {
        let server = with_tokens(move |request, _| whole(request, &reply));
        let ran = row.verify(case, &name(&server)).run().ends(code);
        ran.says("get a token for").says(says);
    }
}

pub fn expiry(row: &Row) {
    let layer = format!("/blobs/{}", image().content[1].0);
    // The layer wants the second token.
    let script = move |request: &crate::registry::Request, before: usize| match request.header("authorization") {
        _ if request.path.starts_with("/token") => granted(request, &format!("canary-token-{}", before + 1)),
        Some("Bearer canary-token-2") => reply(request),
        Some("Bearer canary-token-1") if !request.path.ends_with(&layer) => reply(request),
        _ => challenged(request, &own_realm(request)),
    };
    let server = Misbehaving::start(script);
    row.verify("401 at the layer", &name(&server)).run().ends(0);
    assert_eq!(server.count("/token"), 2);
    many(row);

    let hasty = Misbehaving::start(|request, _| match request.header("authorization") {
        _ if request.path.starts_with("/token") => whole(request, &Reply::new(200, r#"{"token":"canary-token","expires_in":1}"#)),
        Some(_) if request.path.contains("/manifests/") => [vec![Act::Wait(Duration::from_millis(900))], reply(request)].concat(),
        Some(_) => reply(request),
        None => challenged(request, &own_realm(request)),
    });
    row.verify("`expires_in: 1`, and a slow manifest", &name(&hasty)).run().ends(0);
    assert!(hasty.count("/token") >= 2 && hasty.count("/blobs/") == 2, "it is renewed before it is refused");

    let large = || Image::new("arm64", &[&crate::layout::tar(&[("data", &vec![7; 100_000])])]);
    let server = Misbehaving::start(move |request, before| match request.header("authorization") {
        _ if request.path.starts_with("/token") => granted(request, &format!("canary-token-{}", before + 1)),
        Some("Bearer canary-token-2") => whole(request, &large().reply(request)),
        Some("Bearer canary-token-1") if request.header("range").is_none() => {
            let reply = large().reply(request);
            let breaks = reply.body().len() > 50_000;
            if breaks { [until(&reply, 40_000), vec![Act::Reset]].concat() } else { whole(request, &reply) }
        }
        _ => challenged(request, &own_realm(request)),
    });
    row.verify("401 to the range that takes a broken layer up", &name(&server)).run().ends(0);
    assert_eq!(server.count("/token"), 2);
    let ranges: Vec<_> = server.requests().into_iter().filter_map(|request| request.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, ["bytes=40000-", "bytes=40000-"], "no byte is asked for twice");
}

/// Many layers at once, all of which refuse the token that the documents took.
fn many(row: &Row) {
    let layers: Vec<Vec<u8>> = (0..8).map(|number| crate::layout::tar(&[("data", &vec![number; 10_000])])).collect();
    let layers: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
    let image = Image::new("arm64", &layers);
    let documents = [image.content[0].0.to_string(), "/manifests/1".to_owned()];
    let server = Misbehaving::start(move |request, before| match request.header("authorization") {
        _ if request.path.starts_with("/token") => granted(request, &format!("canary-token-{}", before + 1)),
        Some("Bearer canary-token-2") => whole(request, &image.reply(request)),
        Some("Bearer canary-token-1") if documents.iter().any(|end| request.path.ends_with(end)) => {
            whole(request, &image.reply(request))
        }
        _ => [vec![Act::Wait(Duration::from_millis(50))], challenged(request, &own_realm(request))].concat(),
    });
    row.verify("401 at eight layers at once", &name(&server)).run().ends(0);
    assert_eq!(server.count("/token"), 2);
    row.observe("401 at eight layers at once: tokens asked for after the first", "1");
}

pub fn insufficient(row: &Row) {
    let server = |granted_for: &'static str| {
        Misbehaving::start(move |request, _| match request.header("authorization") {
            _ if request.path.starts_with("/token") => {
                let is_asked = request.path.contains(granted_for);
                granted(request, if is_asked { "canary-wide" } else { "canary-narrow" })
            }
            Some("Bearer canary-wide") => reply(request),
            Some(_) => {
                let more = "error=\"insufficient_scope\",scope=\"repository:virtual/org/app:pull\"";
                challenged(request, &format!("{},{more}", own_realm(request)))
            }
            None => challenged(request, &own_realm(request)),
        })
    };
    let wide = server("scope=repository%3Avirtual%2Forg%2Fapp%3Apull");
    // What is asked for without a token is refused first, then what is asked for with a narrow one.
    row.verify("the scope that it names is granted", &name(&wide)).run().ends(0);
    assert_eq!(wide.count("/token"), 2);
    let never = server("scope=never");
    row.verify("and it is not", &name(&never)).run().ends(4).says("does not take the token");
    assert!(never.count("/manifests/") <= 3, "{:?}", never.requests());
}

pub fn endless(row: &Row) {
    let server = Misbehaving::start(|request, _| {
        let is_token = request.path.starts_with("/token");
        if is_token { granted(request, "canary-token") } else { challenged(request, &own_realm(request)) }
    });
    row.verify("a token is given, and refused", &name(&server)).run().ends(4).says("does not take the token for org/app");
    assert!(server.count("/manifests/") <= 3, "{:?}", server.requests());
    let server = Misbehaving::start(|request, _| {
        let echo = format!("what is {}?", request.header("authorization").unwrap_or_default());
        whole(request, &Reply::new(401, echo).with("www-authenticate", "Basic realm=\"x\""))
    });
    let ran = row.verify("a password is refused, and repeated", &name(&server)).known().run().ends(4);
    ran.says("does not accept the credentials").says("what is Basic ***?").never_says(&BASIC["Basic ".len()..]);
    assert_eq!(server.requests().len(), 2);
}
