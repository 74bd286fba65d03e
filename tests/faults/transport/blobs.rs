//! Blobs that come in pieces, slowly, too short or too long.

use std::time::Duration;

use super::{image, layer, name, observe_ranges, path, ranges, with_layer};
use crate::misbehaving::{Act, Misbehaving, raw, until, whole};
use crate::registry::{Reply, Request};
use crate::table::Row;

/// So far, and then the connection is reset.
fn broken(request: &Request, length: usize) -> Vec<Act> {
    [until(&image().reply(request), length), vec![Act::Reset]].concat()
}

fn in_order(request: &Request) -> Vec<Act> {
    whole(request, &image().reply(request))
}

pub fn reset(row: &Row) {
    let server = with_layer(|request, before| if before == 0 { broken(request, 40_000) } else { in_order(request) });
    row.verify("once", &name(&server)).run().ends(0);
    observe_ranges(row, "once", &server, "- bytes=40000-");
    let server = with_layer(|request, before| if before == 0 { broken(request, layer().len()) } else { in_order(request) });
    row.verify("behind the last byte", &name(&server)).run().ends(0);
    observe_ranges(row, "behind the last byte", &server, "-");
    let server = with_layer(|request, before| if before == 0 { vec![Act::Reset] } else { in_order(request) });
    row.verify("before the answer", &name(&server)).run().ends(0);
    let server = with_layer(|request, before| if before == 0 { vec![] } else { in_order(request) });
    row.verify("closed without an answer", &name(&server)).run().ends(0);
    let server = with_layer(|request, before| match before {
        0 => until(&image().reply(request), 40_000),
        _ => in_order(request),
    });
    row.verify("closed in the middle", &name(&server)).run().ends(0);
    observe_ranges(row, "closed in the middle", &server, "- bytes=40000-");
}

pub fn splices(row: &Row) {
    let total = layer().len();
    let part = |header: String| Reply::new(206, &layer()[40_000..]).with("content-range", header);
    let right = format!("bytes 40000-{}/{total}", total - 1);
    for (case, answer) in [
        ("200 and the whole", Reply::new(200, layer())),
        ("206 from another byte", part(format!("bytes 0-{}/{total}", total - 1))),
        ("206 of another total", part(format!("bytes 40000-{}/{}", total - 2, total - 1))),
        ("206 with two `Content-Range`", part(right.clone()).with("content-range", &right)),
        ("206 without `Content-Range`", Reply::new(206, &layer()[40_000..])),
        ("416", Reply::new(416, "")),
    ] {
        let server = with_layer(move |request, before| match (before, request.header("range")) {
            (0, _) => broken(request, 40_000),
            (_, Some(_)) => whole(request, &answer),
            (_, None) => whole(request, &Reply::new(200, layer())),
        });
        row.verify(case, &name(&server)).run().ends(0);
        let wanted = if case.starts_with("200") { "- bytes=40000-" } else { "- bytes=40000- -" };
        observe_ranges(row, case, &server, wanted);
    }
    let server = with_layer(|request, _| match request.header("range") {
        None => broken(request, 40_000),
        Some(_) => whole(request, &Reply::new(416, "")),
    });
    let ran = row.verify("416, and the whole breaks again", &name(&server)).option("--retries=3").run().ends(5);
    ran.says("serves no ranges").says(&format!("at byte 40000 of {total}"));
    let server = with_layer(|request, before| {
        let rest = Reply::new(206, vec![0; layer().len() - 40_000]);
        let range = format!("bytes 40000-{}/{}", layer().len() - 1, layer().len());
        if before == 0 { broken(request, 40_000) } else { whole(request, &rest.with("content-range", range)) }
    });
    row.verify("206 of the right range, and other bytes", &name(&server)).run().ends(6);
}

pub fn no_progress(row: &Row) {
    let server = with_layer(|request, _| broken(request, 20_000));
    let ran = row.verify("every 20 000 bytes, `--retries 2`", &name(&server)).option("--retries=2").run().ends(5);
    ran.says(&format!("at byte 60000 of {}", layer().len()));
    observe_ranges(row, "every 20 000 bytes, `--retries 2`", &server, "- bytes=20000- bytes=40000-");
}

pub fn slow(row: &Row) {
    let patient = |case, server: &Misbehaving, says: &str| {
        let ran = row.verify(case, &name(server)).option("--timeout=1").option("--retries=0").run();
        assert_eq!(ran.code, 5, "{case}: {}", ran.stderr);
        // How far it came in this second is another in the next run.
        row.observe(case, &format!("5 unreachable: … {}", says.replace(&server.host(), "127.0.0.1:PORT")));
        ran.says(says);
    };
    let server = with_layer(|request, _| [until(&image().reply(request), 40_000), vec![Act::Stall]].concat());
    patient(
        "silence in the middle of a blob",
        &server,
        &format!("at byte 40000 of {}: {} fell silent", layer().len(), server.host()),
    );
    let server = with_layer(|request, _| {
        let drip = Act::Drip(vec![0; 10_000], Duration::from_millis(100));
        [until(&image().reply(request), 40_000), vec![drip]].concat()
    });
    patient("ten bytes a second without end", &server, "sends less than 100 bytes a second");
    assert_eq!(ranges(&server), "-");
    let server = with_layer(|_, _| vec![Act::Stall]);
    patient("silence before the answer", &server, "fell silent");
    let server = with_layer(|_, _| {
        let header = b"HTTP/1.1 200 x\r\nx-a: b\r\n".repeat(100);
        vec![Act::Drip(header, Duration::from_millis(100))]
    });
    patient("a header that comes byte by byte", &server, "fell silent");
    let server = Misbehaving::start(|request, _| {
        let drip = Act::Drip(vec![b' '; 10_000], Duration::from_millis(100));
        [until(&image().reply(request), 10), vec![drip]].concat()
    });
    patient("a manifest that comes byte by byte", &server, "sends less than 100 bytes a second");
    let server = with_layer(|request, _| {
        let drip = Act::Drip(vec![0; 50_000], Duration::from_millis(2));
        [until(&image().reply(request), 40_000), vec![drip]].concat()
    });
    let case = "500 bytes a second, and a deadline";
    let ran = row.verify(case, &name(&server)).option("--deadline=1s").run();
    assert_eq!(ran.code, 5, "{case}: {}", ran.stderr);
    row.observe(case, "5 unreachable: … it is not over after 1 s");
    ran.says("it is not over after 1 s").says("--deadline sets how long");
}

pub fn lengths(row: &Row) {
    let length = layer().len();
    let answer = |headers: &[String], body: &[u8]| {
        let lines: Vec<&str> =
            ["HTTP/1.1 200 x", "connection: close"].into_iter().chain(headers.iter().map(String::as_str)).collect();
        raw(&lines, body)
    };
    let chunk = |size: &str| [size.as_bytes(), b"\r\n", &layer(), b"\r\n0\r\n\r\n"].concat();
    let cases: [(&str, i32, Vec<Act>); 8] = [
        ("`Content-Length` is too small", 6, answer(&[format!("content-length: {}", length - 512)], &layer())),
        ("`Content-Length` is too large", 0, answer(&[format!("content-length: {}", length + 512)], &layer())),
        ("`Content-Length: -1`", 5, answer(&["content-length: -1".into()], &layer())),
        ("two values of it", 5, answer(&[format!("content-length: {length}"), "content-length: 5".into()], &layer())),
        ("none, until the connection is closed", 0, answer(&[], &layer())),
        ("chunks", 0, answer(&["transfer-encoding: chunked".into()], &chunk(&format!("{length:x}")))),
        ("a chunk whose size overflows", 5, answer(&["transfer-encoding: chunked".into()], &chunk("fffffffffffffffffff"))),
        ("a chunk that is longer than it says", 5, answer(&["transfer-encoding: chunked".into()], &chunk("10"))),
    ];
    for (case, code, answer) in cases {
        let server = with_layer(move |request, _| match request.header("range") {
            None => answer.clone(),
            Some(_) => whole(request, &Reply::new(416, "")),
        });
        row.verify(case, &name(&server)).option("--retries=1").run().ends(code);
    }
}

pub fn longer(row: &Row) {
    let server = with_layer(|_, _| [raw(&["HTTP/1.1 200 x"], &layer()), vec![Act::Flood(vec![0; 64 << 10])]].concat());
    let ran = row.verify("without end", &name(&server)).run().ends(6);
    ran.says(&format!("longer than its declared {} bytes", layer().len()));
    assert_eq!(server.count(&path()), 1, "nothing is asked for again");
    // What is on its way when the connection is closed lies in the buffers of the two systems.
    assert!(server.sent() < 64 << 20, "{}", server.sent());
    row.observe("how much of it is taken", "not more than lies in the buffers of the connection");
}
