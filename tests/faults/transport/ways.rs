//! The way to a registry: names, TLS, proxies.

use super::{image, layer, name, path};
use crate::authority::Authority;
use crate::misbehaving::{Misbehaving, raw, whole};
use crate::multiplexed::{Answer, Ending, Multiplexed};
use crate::registry::Request;
use crate::table::Row;

fn reply(request: &Request, _: usize) -> Vec<crate::misbehaving::Act> {
    whole(request, &image().reply(request))
}

pub fn nobody(row: &Row) {
    let ran = row.verify("a name without an address", "registry.invalid/org/app:1").option("--retries=0").run();
    assert_eq!(ran.code, 5);
    ran.says("the name registry.invalid leads to no address").says("check the name");
    row.observe("a name without an address", "5 unreachable: the name registry.invalid leads to no address");
    let gone = Misbehaving::start(reply).host();
    let ran = row.verify("a port where nobody listens", &format!("{gone}/org/app:1")).option("--retries=0").run();
    ran.ends(5).says("no connection with");

    let authority = Authority::new("an authority");
    let secure = |subject: &str, year| Misbehaving::listen("127.0.0.1", Some(authority.issue(subject, year).server(None)), reply);
    let trusting = |case, server: &Misbehaving| {
        row.verify(case, &name(server)).home("ca.pem", &authority.pem).option("--ca-file=ca.pem").run()
    };
    let server = secure("127.0.0.1", 2999);
    row.verify("an authority that nobody knows", &name(&server)).run().ends(5).says("--ca-file");
    trusting("that authority, named by `--ca-file`", &server).ends(0);
    trusting("an expired certificate", &secure("127.0.0.1", 2020)).ends(5).says("expired on 2020-12-31");
    trusting("the certificate of another host", &secure("other.example", 2999)).ends(5).says("is for another host");
    assert!(server.requests().iter().all(|request| request.method != "POST"));

    let plain = Misbehaving::start(reply);
    let place = plain.host();
    let proxy = Misbehaving::start(move |request, _| match &request.method[..] {
        "CONNECT" => [raw(&["HTTP/1.1 200 x"], b""), vec![crate::misbehaving::Act::Tunnel(place.clone())]].concat(),
        _ => whole(request, &image().reply(request)),
    });
    let through = format!("http://{}", proxy.host());
    let run = |case| {
        let run = row.verify(case, "registry.example/org/app:1");
        run.env("HTTPS_PROXY", &through).env("HTTP_PROXY", &through)
    };
    run("plain HTTP where TLS is wanted").run().ends(5).says("--plain-http");
    run("the same with `--plain-http`").option("--plain-http").run().ends(0);
    assert_eq!(plain.requests().len(), 0);
    clients(row, &authority);
}

/// A registry that wants to know its clients.
fn clients(row: &Row, authority: &Authority) {
    let tls = authority.issue("127.0.0.1", 2999).server(Some(authority));
    let server = Misbehaving::listen("127.0.0.1", Some(tls), reply);
    let run = |case, options: &[&str]| {
        let client = authority.issue("client.example", 2999);
        let run = row.verify(case, &name(&server)).home("ca.pem", &authority.pem);
        let run = run.home("client.pem", &client.pem).home("client.key", &client.key_pem).option("--ca-file=ca.pem");
        options.iter().fold(run, |run, option| run.option(option)).run()
    };
    let case = "a client's certificate is wanted";
    let unknown = run(case, &[]);
    assert_eq!(unknown.code, 5, "{}", unknown.stderr);
    // The alert that says so may come before there is anything to answer.
    row.observe(case, "5 unreachable: … if it wants to know its clients, show a certificate with --client-cert FILE …");
    unknown.says("show a certificate with --client-cert");
    run("and shown", &["--client-cert=client.pem", "--client-key=client.key"]).ends(0);
}

pub fn proxies(row: &Row) {
    let way = Misbehaving::start(reply);
    let host = way.host();
    let run =
        |case, address: String| row.verify(case, "registry.example/org/app:1").option("--plain-http").env("HTTP_PROXY", address);
    run("`HTTP_PROXY`", format!("http://user:canary@{host}")).run().ends(0);
    assert!(way.requests().iter().all(|request| request.path.starts_with("http://registry.example/v2/")));
    assert!(way.requests().iter().all(|request| request.header("proxy-authorization").is_some()));
    let before = way.requests().len();
    let run = run("`NO_PROXY`", format!("http://{host}")).env("NO_PROXY", "registry.example").option("--retries=0").run();
    assert_eq!((run.code, way.requests().len()), (5, before));
    row.observe("`NO_PROXY`", "5 unreachable: the proxy is not asked, and the name has no address here");
    let local = Misbehaving::start(reply);
    row.verify("a registry on this machine", &name(&local)).env("HTTP_PROXY", format!("http://{host}")).run().ends(0);
    assert_eq!(way.requests().len(), before);

    let strict = Misbehaving::start(|_, _| raw(&["HTTP/1.1 407 x", "content-length: 0", "proxy-authenticate: Basic"], b""));
    let address = format!("http://user:canary@{}", strict.host());
    let asked = row.verify("407 to plain HTTP", "registry.example/org/app:1").option("--plain-http");
    asked.env("HTTP_PROXY", &address).env("HTTPS_PROXY", &address).run().ends(5).says("proxy");
    let asked = row.verify("407 to CONNECT", "registry.example/org/app:1").env("HTTPS_PROXY", &address);
    asked.option("--retries=0").run().ends(5).says("proxy").says("HTTPS_PROXY names one");
    let gone = Misbehaving::start(reply).host();
    let asked =
        row.verify("a proxy that is not there", "registry.example/org/app:1").env("HTTPS_PROXY", format!("http://{gone}"));
    asked.option("--retries=0").run().ends(5);
}

pub fn http2(row: &Row) {
    let authority = Authority::new("an authority");
    let image = image();
    let layer_path = path();
    let documents = vec![
        ("/manifests/1".to_owned(), image.media_type(), image.manifest.clone()),
        (format!("/blobs/{}", image.content[0].0), "", image.content[0].2.clone()),
        (layer_path.clone(), "", layer()),
    ];
    for (case, ending, code) in [
        ("in order", Ending::InOrder, 0),
        ("GOAWAY at the layer, once", Ending::GoAway, 0),
        ("RST_STREAM in the middle of the layer, once", Ending::Reset(40_000), 0),
        ("empty frames without end", Ending::EmptyFrames, 5),
    ] {
        let (documents, layer_path) = (documents.clone(), layer_path.clone());
        let script = move |path: &str, before: usize| {
            let (_, content_type, body) = documents.iter().find(|(end, ..)| path.ends_with(end.as_str()))?;
            let is_hit = path.ends_with(&layer_path) && (before == 0 || ending == Ending::EmptyFrames);
            let ending = if is_hit { ending } else { Ending::InOrder };
            Some(Answer { content_type, body: body.clone(), ending })
        };
        let server = Multiplexed::start(&authority.issue("127.0.0.1", 2999).server(None), script);
        let run = row.verify(case, &format!("{}/org/app:1", server.host())).home("ca.pem", &authority.pem);
        let patience = if code == 0 { ["--timeout=5", "--retries=1"] } else { ["--timeout=1", "--retries=0"] };
        let ran = patience.iter().fold(run.option("--ca-file=ca.pem"), |run, option| run.option(option)).run();
        assert_eq!(ran.code, code, "{case}: {}", ran.stderr);
        // Who notices first that nothing comes depends on the machine.
        row.observe(
            case,
            if code == 0 { "0 held" } else { "5 unreachable: it is too much of nothing, or less than 100 bytes a second" },
        );
        assert!(server.requests() >= 3, "{case}: HTTP/2 was spoken");
    }
}
