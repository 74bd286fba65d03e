//! What the network does to a pull.

#[path = "transport/answers.rs"]
mod answers;
#[path = "transport/blobs.rs"]
mod blobs;
#[path = "transport/ends.rs"]
mod ends;
#[path = "transport/redirects.rs"]
mod redirects;
#[path = "transport/ways.rs"]
mod ways;

use crate::misbehaving::{Act, Misbehaving, whole};
use crate::registry::{Fixture, Image, Request};
use crate::table::{Row, rows};

use answers::{encoded, head, no_registry, warnings};
use blobs::{lengths, longer, no_progress, reset, slow, splices};
use ends::signals;
use redirects::{asking, directions, storage};
use ways::{http2, nobody, proxies};

rows! {
    R23 "A connection that is reset in the middle of a blob" => reset;
    R24 "A range that is answered by something else" => splices;
    R25 "A connection that is reset again and again" => no_progress;
    R26 "Silence, headers and bodies without end" => slow;
    R27 "`Content-Length` and chunks that are not so" => lengths;
    R28 "A body that is longer than its descriptor says" => longer;
    R29 "A redirect to a storage that takes no `Authorization`" => storage;
    R30 "Redirects: in a circle, many, to other schemes, hosts and ports" => directions;
    R31 "A storage that asks who is there" => asking;
    R32 "HEAD that a registry does not know" => head;
    R33 "Answers of what is no registry" => no_registry;
    R34 "Nobody there, or somebody else: DNS, TLS, plain HTTP" => nobody;
    R35 "Proxies" => proxies;
    R36 "`Content-Encoding` that nobody asked for" => encoded;
    R37 "`Warning: 299`" => warnings;
    R38 "HTTP/2: GOAWAY, RST_STREAM, empty frames" => http2;
    R39 "Signals, a reader that goes away, a full disk" => signals;
}

/// Bytes of the layer that is broken here.
const SIZE: usize = 100_000;

/// An image with a layer of `SIZE` bytes and what a tar has around them.
fn image() -> Image {
    Image::new("arm64", &[&layer()])
}

fn layer() -> Vec<u8> {
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(SIZE).collect();
    crate::layout::tar(&[("data", &bytes)])
}

/// Where the layer is asked for.
fn path() -> String {
    format!("/blobs/{}", image().content[1].0)
}

/// A registry in order, but for the layer, whose requests are numbered from zero.
fn with_layer(script: impl Fn(&Request, usize) -> Vec<Act> + Send + Sync + 'static) -> Misbehaving {
    let (image, path) = (image(), path());
    Misbehaving::start(move |request, before| {
        if request.path.ends_with(&path) { script(request, before) } else { whole(request, &image.reply(request)) }
    })
}

fn name(server: &Misbehaving) -> String {
    format!("{}/org/app:1", server.host())
}

/// The ranges that were asked for of the layer, in order; `-` where the whole was.
fn ranges(server: &Misbehaving) -> String {
    let asked = server.requests().into_iter().filter(|request| request.path.ends_with(&path()));
    let ranges: Vec<String> = asked.map(|request| request.header("range").unwrap_or("-").to_owned()).collect();
    ranges.join(" ")
}

/// Notes what was asked for.
fn observe_ranges(row: &Row, case: &str, server: &Misbehaving, wanted: &str) {
    assert_eq!(ranges(server), wanted, "{case}");
    row.observe(&format!("{case}: ranges asked for"), &format!("`{wanted}`"));
}
