//! Whose the files are.

use super::Breakage;
use crate::image::Entry;

pub const BREAKAGES: &[Breakage] = &[Breakage {
    name: "root-owned-file",
    done: "copied one more module without `--chown`",
    edit: |image, _| {
        let extra = Entry::file("app/extra.py", "EXTRA = 1\n");
        image.append("COPY extra.py /app/extra.py", vec![Entry::directory("app"), extra]);
    },
    rule: "ownership/tree",
    level: "error",
    path: Some("/app/extra.py"),
    layer: Some("extra.py"),
    explains: &[],
}];
