use std::path::Path;

use serde_json::Value;

use crate::documents::pushed::{Draft, OnDisk};
use crate::layout::tar;
use crate::table::Row;

fn image(bytes: usize) -> OnDisk {
    OnDisk::new(&Draft::of(&[tar(&[("data", &vec![b'x'; bytes])])]).image())
}

/// What a run with this baseline comes to; no such run says that nothing has grown.
fn against(row: &Row, case: &str, file: &Path, code: i32, says: &str) {
    let disk = image(5000);
    let verify = row.verify(case, &disk.reference).option("--rule=size/regression").option("--max-growth=1%");
    let ran = verify.option(&format!("--baseline={}", file.display())).run().ends(code).says(says);
    assert!(code != 2 || ran.rule("size/regression").is_none_or(|outcome| outcome != "pass"), "{case}");
}

/// A saved baseline and a report of an image.
fn saved(row: &Row, bytes: usize) -> (String, String) {
    let ran = row.verify("what the next are made from", &image(bytes).reference).option("--rule=size/waste").run().ends(0);
    (std::fs::read_to_string(ran.scratch.path("baseline")).unwrap(), ran.stdout)
}

pub fn baselines(row: &Row) {
    let (baseline, report) = saved(row, 4000);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let wrong = |case: &str, content: &str, says: &str| {
        std::fs::write(file("x.baseline"), content).unwrap();
        against(row, case, &file("x.baseline"), 2, says);
    };
    std::fs::write(file("good.baseline"), &baseline).unwrap();
    against(row, "it grew", &file("good.baseline"), 1, "size/regression");
    std::os::unix::fs::symlink(file("good.baseline"), file("link.baseline")).unwrap();
    against(row, "it grew, by a link to the file", &file("link.baseline"), 1, "size/regression");
    against(row, "no such file", &file("none.baseline"), 2, "there is no file");
    std::os::unix::fs::symlink("loop.baseline", file("loop.baseline")).unwrap();
    against(row, "a link to itself", &file("loop.baseline"), 2, "baseline");
    against(row, "a folder", folder.path(), 2, "it is a directory");
    let disk = image(5000);
    let optional = row.verify("no such file, and none is needed", &disk.reference).option("--baseline-optional");
    optional.option(&format!("--baseline={}", file("none.baseline").display())).run().ends(0);

    let line = |from: &str, to: &str| {
        assert!(baseline.contains(from), "{baseline}");
        baseline.replacen(from, to, 1)
    };
    wrong("empty", "", "neither a JSON report nor a saved baseline");
    wrong("another format", &line("baseline 1\n", "baseline 0\n"), "format 0, and this program reads format 1");
    wrong("cut in a line", &baseline[..baseline.len() - 3], "is cut: it does not end");
    let lines = |count: usize| baseline.split_inclusive('\n').take(count).collect::<String>();
    wrong("cut behind a line", &lines(baseline.lines().count() - 1), "it has no line `waste`");
    wrong("a negative size", &line("\nbytes 4000", "\nbytes -4000"), "its line `bytes`: `-4000` is no number");
    wrong("NaN", &line("\nbytes 4000", "\nbytes NaN"), "its line `bytes`: `NaN` is no number");
    wrong("a number beyond all", &line("\nbytes 4000", "\nbytes 18446744073709551616"), "is no number");
    wrong("a size that is no sum", &line("\nbytes 4000", "\nbytes 1"), "its line `bytes` says 1, and the other lines make 4000");
    wrong("more than any has", &format!("{baseline}{}", "x".repeat(50_000)), "which no saved baseline has");
    wrong("a conflict of git", &line("\nbytes 4000", "\n<<<<<<< ours\nbytes 4000"), "of a merge conflict");

    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut report: Value = serde_json::from_str(&report).unwrap();
        edit(&mut report);
        serde_json::to_string_pretty(&report).unwrap()
    };
    wrong("a report of another schema", &edited(&|report| report["schema"] = 2.into()), "it is a report of schema 2");
    wrong("a report that is cut", &report[..report.len() / 2], "EOF while parsing");
    let negative = edited(&|report| report["images"][0]["sizes"]["bytes"] = (-1).into());
    wrong("a report of a negative size", &negative, "`\"bytes\": -1");
    let incomplete = edited(&|report| report["images"][0]["complete"] = false.into());
    wrong("a report of an image that was not read", &incomplete, "was not read to its end");
    wrong("a report of no image", &edited(&|report| report["images"] = serde_json::json!([])), "the report is of no image");
    wrong("NaN in a report", &report.replacen("\"schema\": 1", "\"schema\": NaN", 1), "`\"schema\": NaN");
    let other = edited(&|report| report["images"][0]["platform"] = "linux/s390x".into());
    std::fs::write(file("other.json"), other).unwrap();
    against(row, "a report of another platform", &file("other.json"), 2, "linux/s390x");

    let whole = image(10);
    // Nobody can make a file there, root neither.
    let nowhere = row.verify("no folder to write to", &whole.reference).option("--save-baseline=/proc/x.baseline");
    nowhere.run().ends(2).says("write the baseline /proc/x.baseline");
}
