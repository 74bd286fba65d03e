//! Runs that are ended from outside, and documents that find no room.

use std::time::Duration;

use super::{image, name, path, with_layer};
use crate::misbehaving::{Act, Misbehaving, until, whole};
use crate::registry::Request;
use crate::table::Row;

/// Where a run hangs until it is ended.
type Stage = fn(&Request) -> bool;

pub fn signals(row: &Row) {
    let stages: [(&str, Stage); 3] = [
        ("the manifest", |request| request.path.contains("/manifests/")),
        ("the configuration", |request| request.path.ends_with(&image().content[0].0.to_string())),
        ("the layer", |request| request.path.ends_with(&path())),
    ];
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        for (stage, is_stage) in &stages {
            let is_stage = *is_stage;
            let server = Misbehaving::start(move |request, _| {
                if is_stage(request) {
                    [until(&image().reply(request), 20), vec![Act::Stall]].concat()
                } else {
                    whole(request, &image().reply(request))
                }
            });
            let case = format!("SIG{signal} while {stage} comes");
            let through = ["timeout", "--preserve-status", "-s", signal, "0.4"];
            let ran = row.verify(&case, &name(&server)).through(&through).run().ends(code);
            assert_eq!(ran.stdout, "");
        }
    }
    let server = with_layer(|request, _| whole(request, &image().reply(request)));
    for moment in 1..=16 {
        let after = format!("{:.3}", f64::from(moment) * 0.006);
        let through = ["timeout", "--preserve-status", "-s", "TERM", &after];
        let ran = row.verify("SIGTERM at any moment", &name(&server)).through(&through).run();
        assert!(matches!(ran.code, 0 | 143), "{}", ran.stderr);
    }
    row.observe("SIGTERM at 16 moments of a run that fills the cache", "no draft is left");
    let server =
        with_layer(|request, _| [vec![Act::Wait(Duration::from_millis(200))], whole(request, &image().reply(request))].concat());
    let through = ["bash", "-c", "set -o pipefail; \"$@\" | head -c 0", "bash"];
    let ran = row.verify("nobody reads stdout", &name(&server)).through(&through).option("--format").option("table").run();
    ran.ends(0);
    let through = ["sh", "-c", "\"$@\" > /dev/full", "sh"];
    let full = row.verify("stdout is a full disk", &name(&server)).through(&through).run().ends(2);
    full.says("write to stdout");
    for (case, place) in
        [("a folder that is not there for the baseline", "none/x"), ("a folder where nobody may write", "/proc/x")]
    {
        let ran = row.verify(case, &name(&server)).option(&format!("--save-baseline={place}")).run().ends(2);
        ran.says("write the baseline");
    }
}
