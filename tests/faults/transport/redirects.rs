//! Redirects: followed where a registry may send its users, and without what is for the registry alone.

use std::sync::Arc;

use super::{image, name, path, with_layer};
use crate::misbehaving::{Act, Misbehaving, whole};
use crate::registry::{Reply, Request};
use crate::table::Row;
use crate::world::{Script, World};

const PASSWORD: &str = "a-canary-password";
const BASIC: &str = "Basic dXNlcjphLWNhbmFyeS1wYXNzd29yZA==";

fn to(request: &Request, location: &str) -> Vec<Act> {
    whole(request, &Reply::new(307, "").with("location", location))
}

/// A registry that wants a password, and has its layer somewhere else.
fn elsewhere(location: String) -> Misbehaving {
    Misbehaving::start(move |request, _| match request.header("authorization") {
        Some(BASIC) if request.path.ends_with(&path()) => to(request, &location),
        Some(BASIC) => whole(request, &image().reply(request)),
        _ => whole(request, &Reply::new(401, "").with("www-authenticate", "Basic realm=\"x\"")),
    })
}

pub fn storage(row: &Row) {
    for address in ["127.0.0.1", "127.0.0.2"] {
        let storage = Misbehaving::listen(address, None, |request, _| match request.header("authorization") {
            Some(_) => whole(request, &Reply::new(400, "Only one auth mechanism allowed")),
            None => whole(request, &Reply::new(200, super::layer())),
        });
        let server = elsewhere(format!("http://{}/object?signature=canary", storage.host()));
        let case = format!("a password for the registry, the layer at {address}");
        let run = row.verify(&case, &name(&server)).env("LUCID_VERIFY_USERNAME", "user");
        run.env("LUCID_VERIFY_PASSWORD", PASSWORD).run().ends(0);
        assert!(storage.count("/object?signature=") == 1 && storage.saw_nothing_of(PASSWORD));
    }
    let storage = Misbehaving::start(|request, _| whole(request, &Reply::new(403, "<Code>AccessDenied</Code>")));
    let place = format!("http://{}/object?signature=canary", storage.host());
    let server = with_layer(move |request, _| to(request, &place));
    let ran = row.verify("a storage that refuses", &name(&server)).run().ends(5);
    ran.says(&format!("redirects to {}, which refuses (403 Forbidden): <Code>AccessDenied", storage.host()));
}

pub fn directions(row: &Row) {
    let circle = with_layer(|request, _| to(request, &request.path));
    row.verify("in a circle", &name(&circle)).run().ends(5).says("more than 5 redirects");
    for (case, hops, code) in [("five", 5, 0), ("six", 6, 5)] {
        let hopping = Misbehaving::start(move |request, _| match request.path.split_once("/hop/") {
            Some((_, number)) if number.parse::<u32>().unwrap() < hops => {
                to(request, &format!("/hop/{}", number.parse::<u32>().unwrap() + 1))
            }
            Some(_) => whole(request, &Reply::new(200, super::layer())),
            None if request.path.ends_with(&path()) => to(request, "/hop/1"),
            None => whole(request, &image().reply(request)),
        });
        row.verify(case, &name(&hopping)).run().ends(code);
    }
    let relative = with_layer(|request, _| {
        if request.path.contains("other") {
            whole(request, &Reply::new(200, super::layer()))
        } else {
            to(request, &format!("../../other{}", path()))
        }
    });
    row.verify("to a relative place", &name(&relative)).run().ends(0);
    for (case, location) in [
        ("to `file:`", "file:///etc/passwd"),
        ("to a link-local address", "http://169.254.169.254/latest/meta-data?signature=canary"),
        ("to no address at all", "http://[::"),
    ] {
        let server = with_layer(move |request, _| to(request, location));
        let ran = row.verify(case, &name(&server)).run();
        // Of an address that cannot be read, nothing is followed, and the answer is what it is.
        let code = if case.ends_with("at all") { ran.code } else { 5 };
        assert!(code >= 3);
        ran.ends(code);
    }
    let plain = Arc::new(Misbehaving::start(|request, _| whole(request, &Reply::new(200, super::layer()))));
    let place = format!("http://{}/object?signature=canary", plain.host());
    for (case, location) in [
        ("from https to http", "http://storage.example/object?signature=canary".to_owned()),
        ("from https to http on this machine", place.clone()),
        ("from elsewhere to this machine", place.replace("http:", "https:")),
    ] {
        let script: Script = Box::new(move |request, _| {
            if request.path.ends_with(&path()) { to(request, &location) } else { whole(request, &image().reply(request)) }
        });
        let world = World::of([("registry.example", script)]);
        world.around(row.verify(case, "registry.example/org/app:1")).run().ends(5).says("is refused");
        assert_eq!((plain.requests().len(), world.asked("storage")), (0, 0));
    }
}

pub fn asking(row: &Row) {
    let storage = Misbehaving::start(|request, _| {
        let realm = format!("Bearer realm=\"http://{}/token\",service=\"s\"", request.header("host").unwrap_or_default());
        whole(request, &Reply::new(401, "").with("www-authenticate", realm))
    });
    let server = elsewhere(format!("http://{}/object", storage.host()));
    let run = row.verify("401 with a challenge of its own", &name(&server)).env("LUCID_VERIFY_USERNAME", "user");
    run.env("LUCID_VERIFY_PASSWORD", PASSWORD).run().ends(5).says("which refuses (401 Unauthorized)");
    assert!(storage.count("/token") == 0 && storage.saw_nothing_of(PASSWORD));
}
