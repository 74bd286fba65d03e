//! The machine that it runs on.

use crate::layout::Layout;
use crate::table::{Row, rows};

rows! {
    H01 "A poor machine" => a_poor_machine;
}

/// A small image on disk.
fn small() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    Layout::small().write(folder.path());
    let reference = format!("oci:{}", folder.path().display());
    (folder, reference)
}

fn a_poor_machine(row: &Row) {
    let (_folder, reference) = small();
    row.verify("nothing is wrong with it", &reference).run().ends(0);
    let limited = |case, limit: &str| {
        let script = format!("ulimit {limit}; exec \"$@\"");
        row.verify(case, &reference).through(&["sh", "-c", &script, "sh"]).run().ends(0);
    };
    limited("256 MiB of address space", "-v 262144");
    limited("16 open files", "-n 16");
}
