//! Servers that ask to come back later, and failures that pass.

use std::time::Duration;

use chrono::DateTime;
use lucid_verify::source::headers;

use super::{name, reply};
use crate::misbehaving::{Misbehaving, whole};
use crate::registry::Reply;
use crate::table::Row;

const BODY: &str = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}"#;

/// A registry that answers so once, and then as it should.
fn once(failure: &Reply) -> Misbehaving {
    let failure = failure.clone();
    Misbehaving::start(move |request, before| if before == 0 { whole(request, &failure) } else { reply(request) })
}

fn always(failure: &Reply) -> Misbehaving {
    let failure = failure.clone();
    Misbehaving::start(move |request, _| whole(request, &failure))
}

pub fn retry_after(row: &Row) {
    for value in ["0", "Fri, 31 Dec 1999 23:59:59 GMT", "abc", "-1", ""] {
        // A blank value is none: waits of its own then.
        let server = once(&Reply::new(429, BODY).with("retry-after", value));
        row.verify(&format!("`Retry-After: {value}`, once"), &name(&server)).option("--jobs=1").run().ends(0);
    }
    let server = always(&Reply::new(429, BODY).with("retry-after", 3600));
    let ran = row.verify("`Retry-After: 3600`", &name(&server)).option("--retries=5").run().ends(5);
    ran.says("retry after 3600 s").says("pull rate limit").says("registries grant more to those who log in");
    assert_eq!(server.requests().len(), 1, "nothing is asked after that");
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    for date in ["Tue, 14 Nov 2023 22:13:50 GMT", "Tuesday, 14-Nov-23 22:13:50 GMT", "Tue Nov 14 22:13:50 2023"] {
        assert_eq!(headers::retry_after(date, now), Some(Duration::from_secs(30)), "{date}");
        row.observe(&format!("`{date}`, half a minute before"), "30 s are waited");
    }
}

pub fn for_ever(row: &Row) {
    let server = always(&Reply::new(429, BODY).with("retry-after", 0));
    let ran = row.verify("`--retries 5`", &name(&server)).option("--retries=5").run().ends(5);
    ran.says("TOOMANYREQUESTS: You have reached your pull rate limit.");
    assert_eq!(server.requests().len(), 6);
}

pub fn failing(row: &Row) {
    for status in [500, 502, 503, 504, 408, 499, 522] {
        let failure = Reply::new(status, "out of \x1b[31morder").with("retry-after", 0);
        row.verify(&format!("{status} once"), &name(&once(&failure))).run().ends(0);
        let case = format!("{status} without end");
        let ran = row.verify(&case, &name(&always(&failure))).run().ends(5);
        ran.says(&status.to_string()).says("out of \\u{1b}[31morder");
    }
    let error = r#"{"errors":[{"code":"UNAVAILABLE","message":"the storage is gone"}]}"#;
    let server = always(&Reply::new(503, error).with("retry-after", 0));
    row.verify("503 with the document of an error", &name(&server)).run().ends(5).says("UNAVAILABLE: the storage is gone");
}
