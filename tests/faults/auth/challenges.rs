//! What registries ask of those who come without a pass.

use super::{BASIC, User, challenged, granted, guarded, image, name, reply};
use crate::misbehaving::{Misbehaving, raw, whole};
use crate::registry::{Reply, Request};
use crate::table::Row;
use crate::world::{Script, World};

/// A registry that wants a token of `/token`-like places elsewhere.
fn bearer(challenge: &'static str) -> Script {
    Box::new(move |request, _| match request.header("authorization") {
        Some("Bearer canary-token") => reply(request),
        _ => challenged(request, challenge),
    })
}

pub fn docker_hub(row: &Row) {
    let world = World::of([
        (
            "registry-1.docker.io",
            bearer(
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#,
            ),
        ),
        ("auth.docker.io", Box::new(|request, _| granted(request, "canary-token"))),
    ]);
    world.around(row.verify("`nginx`", "nginx")).run().ends(0).says("docker.io/library/nginx:latest");
    let token = &world.host("auth.docker.io").requests()[0].path;
    assert_eq!(token, "/token?scope=repository%3Alibrary%2Fnginx%3Apull&service=registry.docker.io");
    assert_eq!((world.host("auth.docker.io").requests().len(), world.asked("//docker.io")), (1, 0), "one token serves all");
    assert!(world.host("registry-1.docker.io").requests().iter().all(|request| request.path.starts_with("/v2/library/nginx/")));
    row.observe("tokens asked for, for a manifest, a configuration and a layer", "1");
}

pub fn ghcr(row: &Row) {
    let script: Script = Box::new(|request, _| match (request.path.starts_with("/token"), request.header("authorization")) {
        (true, _) => whole(request, &Reply::new(200, r#"{"token":"canary-token"}"#)),
        (_, Some("Bearer canary-token")) => reply(request),
        _ => challenged(request, r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull""#),
    });
    let world = World::of([("ghcr.io", script)]);
    world.around(row.verify("an anonymous pull", "ghcr.io/org/app:1")).run().ends(0);
    let token = world.host("ghcr.io").requests().into_iter().find(|request| request.path.starts_with("/token")).unwrap();
    // Its example stands in the challenge of whatever is asked for.
    assert!(token.path.contains("scope=repository%3Aorg%2Fapp%3Apull&"), "{}", token.path);
}

pub fn ecr(row: &Row) {
    const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let script: Script = Box::new(|request, _| match request.header("authorization") {
        Some(BASIC) if request.path.contains("/manifests/") => {
            whole(request, &Reply::new(200, image().manifest).with("content-type", image().media_type()))
        }
        Some(BASIC) => reply(request),
        _ => challenged(request, &format!("Basic realm=\"https://{HOST}/\",service=\"ecr.amazonaws.com\"")),
    });
    let world = World::of([(HOST, script)]);
    let ran = world.around(row.verify("a password", &format!("{HOST}/org/app:1"))).known().run().ends(0);
    assert_eq!(ran.image()["digest"], image().digest().to_string(), "it is that of the bytes");
    assert_eq!(world.host(HOST).requests()[0].header("authorization"), None, "nobody asked yet");
}

pub fn gcr(row: &Row) {
    let script: Script = Box::new(|request, _| match (&request.path[..], request.header("authorization")) {
        (path, _) if path.starts_with("/v2/token") => granted(request, "canary-token"),
        ("/v2/", None) => challenged(request, r#"Bearer realm="https://gcr.io/v2/token",service="gcr.io""#),
        (path, None) if path.contains("/blobs/") => whole(request, &Reply::new(401, "")),
        _ => reply(request),
    });
    let world = World::of([("gcr.io", script)]);
    world.around(row.verify("the challenge stands at the entrance", "gcr.io/org/app:1")).run().ends(0);
    assert_eq!(world.host("gcr.io").count("/v2/token"), 1);
    let server = Misbehaving::start(|request, _| whole(request, &Reply::new(401, "")));
    row.verify("a challenge stands nowhere", &name(&server)).run().ends(4).says("does not say how to tell it");
}

pub fn basic_of_many(row: &Row) {
    for (case, challenge) in [
        ("`BASIC realm=\"Sonatype Nexus Repository Manager\"`", r#"BASIC realm="Sonatype Nexus Repository Manager""#),
        ("`Basic realm=\"harbor\"`", r#"Basic realm="harbor""#),
        ("`Basic realm=/`", "Basic realm=/"),
        ("`Basic`", "Basic"),
    ] {
        row.verify(case, &name(&guarded(challenge))).known().run().ends(0);
    }
}

pub fn several(row: &Row) {
    let both = Misbehaving::start(|request, _| match request.header("authorization") {
        Some(BASIC) => reply(request),
        _ => whole(
            request,
            &Reply::new(401, "").with("www-authenticate", "Negotiate").with("www-authenticate", "Basic realm=\"x\""),
        ),
    });
    row.verify("`Negotiate` and `Basic`", &name(&both)).known().run().ends(0);
    let one = super::with_tokens(|request, _| granted(request, "canary-token"));
    row.verify("`Bearer` alone", &name(&one)).run().ends(0);
    let list = Misbehaving::start(|request, _| match request.header("authorization") {
        _ if request.path.starts_with("/token") => granted(request, "canary-token"),
        Some("Bearer canary-token") => reply(request),
        _ => challenged(request, &format!("Basic realm=\"x\", {}", super::own_realm(request))),
    });
    row.verify("`Basic …, Bearer …` in one header", &name(&list)).run().ends(0);
}

pub fn unsupported(row: &Row) {
    let server = Misbehaving::start(|request, _| {
        let digest = r#"Digest realm="x", nonce="abc", qop="auth""#;
        whole(request, &Reply::new(401, "").with("www-authenticate", "Negotiate").with("www-authenticate", digest))
    });
    let ran = row.verify("`Negotiate`, `Digest`", &name(&server)).known().run().ends(4);
    ran.says("offers Negotiate, Digest authentication; supported: Basic, Bearer");
    assert!(server.saw_nothing_of(super::PASSWORD));
}

pub fn malformed(row: &Row) {
    let answers = |challenge: Vec<u8>| {
        Misbehaving::start(move |request: &Request, _| match request.header("authorization") {
            _ if request.path.starts_with("/tok") => granted(request, "canary-token"),
            Some("Bearer canary-token") => reply(request),
            _ => {
                let host = request.header("host").unwrap_or_default();
                let challenge = String::from_utf8_lossy(&challenge).replace("HOST", host);
                raw(&["HTTP/1.1 401 x", "content-length: 0", &format!("www-authenticate: {challenge}")], b"")
            }
        })
    };
    for (case, challenge, code, says) in [
        ("a quote without its end", "Bearer realm=\"http://HOST/token", 4, "cannot be read"),
        ("no realm", "Bearer service=\"x\"", 4, "missing realm"),
        ("an empty realm", "Bearer realm=\"\"", 4, "missing realm"),
        ("a realm that is no address", "Bearer realm=\"token\"", 4, "no absolute URL"),
        ("an escaped character", "Bearer realm=\"http://HOST/to\\ken\"", 0, ""),
        ("an empty parameter", "Bearer realm=\"http://HOST/token\",service=\"\"", 0, ""),
        ("an empty challenge", "", 4, "does not say which"),
        ("characters that a terminal acts on", "\u{9b}31m", 4, "\\u{9b}31m"),
    ] {
        row.verify(case, &name(&answers(challenge.into()))).run().ends(code).says(says);
    }
    let long = format!("Bearer realm=\"http://HOST/{}\"", "a".repeat(64 << 10));
    row.verify("64 KiB of it", &name(&answers(long.into()))).run().ends(4);
}
