//! `--wait`: what is still being pushed is asked for again; and the proxies that stand before registries.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/cli.rs"]
mod cli;
#[path = "support/registry.rs"]
mod registry;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cli::lucid;
use registry::{Fixture, Image, Reply, Request, Server, scripted};

fn image() -> Image {
    Image::new("arm64", &[&[0; 1024]])
}

/// A registry in which what `late` holds of is missing when it is asked for the first time.
fn pushing(late: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Server {
    let missed = AtomicUsize::new(0);
    scripted(move |request| {
        if late(request) && missed.fetch_add(1, Ordering::SeqCst) == 0 {
            return Reply::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#);
        }
        image().reply(request)
    })
}

fn verify(server: &Server, more: &[&str]) -> (i32, String) {
    let reference = format!("{}/x:1", server.host());
    let output = lucid(&[&[&reference[..], "--profile", "generic"], more].concat()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn a_tag_or_a_blob_that_comes_late_is_waited_for() {
    let layer = image().content[1].0.to_string();
    let late: [fn(&Request, &str) -> bool; 2] =
        [|request, _| request.path.contains("/manifests/"), |request, layer| request.path.ends_with(layer)];
    for late in late {
        let layer = layer.clone();
        let server = pushing(move |request| late(request, &layer));
        let (code, said) = verify(&server, &["--wait", "20s", "-v"]);
        assert!(code <= 1, "{code} {said}");
        assert!(said.contains("note: ") && said.contains("asking again in 1 s"), "{said}");
    }
    let server = pushing(|request| request.path.contains("/manifests/"));
    assert_eq!(verify(&server, &["--wait", "20"]), verify(&server, &[]), "silent without -v");
}

#[test]
fn what_never_comes_is_waited_for_no_longer_than_was_said() {
    let server = scripted(|_| Reply::new(404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"name unknown"}]}"#));
    let begin = Instant::now();
    let (code, said) = verify(&server, &["--wait", "2s"]);
    assert!(code == 3 && said.contains("waited 2 s for it"), "{code} {said}");
    assert!((Duration::from_secs(2)..Duration::from_secs(10)).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    assert!(!verify(&server, &[]).1.contains("waited"));
}

#[test]
fn who_is_denied_does_not_wait() {
    for status in [401, 403] {
        let server = scripted(move |_| Reply::new(status, r#"{"errors":[{"code":"DENIED","message":"no"}]}"#));
        let begin = Instant::now();
        assert_eq!(verify(&server, &["--wait", "1h"]).0, 4);
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn a_duration_is_a_number_with_a_unit() {
    for wrong in ["", "s", "5d", "-1", "1.5h", "25h", "99999999999999999999h", "5 m"] {
        let (code, _, stderr) = cli::run(&["a/x", &format!("--wait={wrong}")]);
        assert!(code == 2 && stderr.contains("--wait"), "{wrong}: {stderr}");
    }
}

/// Runs with proxies in the environment.
fn proxied(reference: &str, proxy: &Server, without: &str) -> (i32, String) {
    let mut command = lucid(&[reference, "--plain-http", "--retries", "0", "--profile", "generic"]);
    for name in ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "no_proxy", "REQUEST_METHOD"] {
        command.env_remove(name);
    }
    command.env("HTTP_PROXY", format!("http://{}", proxy.host())).env("NO_PROXY", without);
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_registry_is_asked_through_the_proxy_of_the_environment() {
    let proxy = scripted(|request| image().reply(request));
    let (code, stderr) = proxied("registry.invalid/x:1", &proxy, "");
    assert!(code <= 1, "{stderr}");
    assert!(proxy.paths().iter().any(|path| path == "http://registry.invalid/v2/x/manifests/1"), "{:?}", proxy.paths());
}

#[test]
fn what_no_proxy_names_and_loopback_are_asked_directly() {
    let proxy = scripted(|_| Reply::new(418, ""));
    assert_eq!(proxied("registry.invalid/x:1", &proxy, "other.example,.invalid").0, 5);
    let registry = scripted(|request| image().reply(request));
    assert!(proxied(&format!("{}/x:1", registry.host()), &proxy, "").0 <= 1);
    assert_eq!(proxy.paths(), [""; 0]);
}
