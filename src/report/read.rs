//! A JSON report, or a saved baseline, read back for a comparison.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::fleets::Listed;
use super::{SCHEMA, Verdict};
use crate::error::{Error, Kind, Result};
use crate::finding::Level;
use crate::size::snapshot::{Fingerprint, Folded, Origin, Side, Snapshot, SnapshotLayer, Totals, kind};
use crate::size::{Amount, Package, baseline, breakdown};
use crate::text::{escape, shortened, terminal};

/// Layers of an image that is compared: eight times the default ceiling of those that are read.
const LAYERS: usize = 4096;

/// Reads what `--format json` printed or `--save-baseline` wrote: the images that it speaks of, in their order. The caller
/// bounds the bytes. An error is `Usage`, and says what is wrong and where.
pub fn read(bytes: &[u8]) -> Result<Vec<Snapshot>> {
    if bytes.trim_ascii_start().starts_with(b"{") { report(bytes) } else { baseline::parse(bytes).map(|snapshot| vec![snapshot]) }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(Kind::Usage, what).hint("write it anew: lucid-verify --format json IMAGE, or --save-baseline FILE")
}

/// What tells a report from other documents.
#[derive(Deserialize)]
struct Head {
    schema: Option<u64>,
    images: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Report {
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    reference: String,
    digest: Option<String>,
    platform: Option<String>,
    complete: bool,
    verdict: Option<Verdict>,
    rules: Vec<Rule>,
    layers: Vec<Layer>,
    sizes: Sizes,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    level: Level,
    message: String,
    waived: Option<String>,
    path: Option<String>,
    #[serde(default)]
    count: u64,
}

#[derive(Deserialize)]
struct Layer {
    diff_id: String,
    compressed_bytes: u64,
    files_bytes: Option<u64>,
    created_by: Option<String>,
}

#[derive(Deserialize)]
struct Sizes {
    compressed_bytes: u64,
    unpacked_bytes: u64,
    bytes: u64,
    files: u64,
    directories: Vec<Sum>,
    packages: Vec<Sum>,
    unowned: Option<Sum>,
    waste: Waste,
}

#[derive(Deserialize)]
struct Waste {
    bytes: u64,
}

/// A directory, a package, or what no package owns.
#[derive(Deserialize)]
struct Sum {
    #[serde(default)]
    path: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    bytes: u64,
    files: u64,
}

/// Reads a report as far as `T` asks for it. An error says what is wrong, and in which line and column.
pub(super) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let no_report = |error: serde_json::Error| {
        let line = bytes.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        let line = shortened(&escape(line.trim_ascii()));
        let line = if line.is_empty() { String::new() } else { format!(" `{line}`") };
        wrong(format!("it is no report of lucid-verify: {}{line}", shortened(&terminal(&error.to_string()))))
    };
    let head: Head = serde_json::from_slice(bytes).map_err(no_report)?;
    match (head.schema, head.images) {
        (Some(schema), _) if schema != u64::from(SCHEMA) => {
            return Err(wrong(format!("it is a report of schema {schema}, and this program reads schema {SCHEMA}")));
        }
        (Some(_), Some(_)) => {}
        _ => return Err(wrong("it is no report of lucid-verify: a report has `schema` and `images`")),
    }
    serde_json::from_slice(bytes).map_err(no_report)
}

fn report(bytes: &[u8]) -> Result<Vec<Snapshot>> {
    let report: Report = parsed(bytes)?;
    if report.images.is_empty() {
        return Err(wrong("the report is of no image"));
    }
    report.images.into_iter().map(snapshot).collect()
}

/// Reads the report of a fleet: all its images, those that were not read to their end without what they weigh.
pub fn fleet(bytes: &[u8]) -> Result<Vec<Listed>> {
    let report: Report = parsed(bytes)?;
    let listed = |image: Image| {
        let (reference, platform) = (image.reference.clone(), image.platform.clone());
        let verdict = image.verdict.unwrap_or(Verdict::Incomplete);
        let snapshot = if image.complete && platform.is_some() { Some(snapshot(image)?) } else { None };
        Ok(Listed { reference, platform, verdict, snapshot })
    };
    report.images.into_iter().map(listed).collect()
}

fn snapshot(image: Image) -> Result<Snapshot> {
    let reference = image.reference;
    let of = |error: Error| error.doing(format!("read the report of {reference}"));
    if !image.complete {
        return Err(of(wrong("it is of an image that was not read to its end")));
    }
    let sizes = image.sizes;
    let packages: Vec<Package> = sizes.packages.into_iter().map(package).collect::<Result<_>>().map_err(of)?;
    let held = packages.iter().fold(Amount::default(), |sum, package| sum.plus(package.bytes, package.files));
    let left = sizes.bytes.checked_sub(held.bytes).zip(sizes.files.checked_sub(held.files));
    let left = left.map(|(bytes, files)| Amount { bytes, files });
    let unowned = sizes.unowned.map(|unowned| Amount { bytes: unowned.bytes, files: unowned.files });
    let unowned = left.filter(|left| unowned.is_none_or(|unowned| unowned == *left));
    let unowned = unowned.ok_or_else(|| of(wrong("what its packages hold, and what is unowned, is not what the image holds")))?;
    let is_judged = !image.rules.is_empty();
    // Only a report that judged is known to list as many directories as there is room for.
    let lists_all = is_judged && sizes.directories.len() < breakdown::DIRECTORIES;
    Ok(Snapshot {
        totals: Totals {
            compressed: sizes.compressed_bytes,
            unpacked: sizes.unpacked_bytes,
            bytes: sizes.bytes,
            files: sizes.files,
            waste: sizes.waste.bytes,
        },
        unowned,
        packages,
        directories: sizes.directories.into_iter().map(|sum| (sum.path, Amount { bytes: sum.bytes, files: sum.files })).collect(),
        depth: if lists_all { breakdown::DEPTH } else { 0 },
        folded: Folded::default(),
        layers: layers(image.layers).map_err(of)?,
        files: None,
        config: None,
        findings: is_judged.then(|| fingerprints(&image.rules)),
        side: Side {
            from: Origin::Report,
            digest: image.digest,
            platform: image.platform.ok_or_else(|| of(wrong("it names no platform")))?,
            reference,
        },
    })
}

fn package(sum: Sum) -> Result<Package> {
    let unknown = || wrong(format!("there are no packages of the kind {:?}", sum.kind));
    Ok(Package {
        kind: kind(&sum.kind).ok_or_else(unknown)?,
        name: sum.name,
        version: sum.version,
        bytes: sum.bytes,
        files: sum.files,
    })
}

fn layers(layers: Vec<Layer>) -> Result<Vec<SnapshotLayer>> {
    if layers.len() > LAYERS {
        return Err(wrong(format!("it has {} layers, and no image has more than {LAYERS}", layers.len())));
    }
    let layer = |(index, layer): (usize, Layer)| {
        let files_bytes = layer.files_bytes.ok_or_else(|| wrong(format!("layers[{index}].files_bytes is missing")))?;
        let Layer { diff_id, created_by, compressed_bytes: compressed, .. } = layer;
        Ok(SnapshotLayer { index, diff_id, created_by, compressed, files_bytes })
    };
    layers.into_iter().enumerate().map(layer).collect()
}

fn fingerprints(rules: &[Rule]) -> Vec<Fingerprint> {
    let findings = rules.iter().flat_map(|rule| rule.findings.iter().map(move |finding| (rule, finding)));
    let standing = findings.filter(|(_, finding)| finding.waived.is_none() && finding.level > Level::Off);
    let fingerprint = |finding: &Finding, rule: &str| Fingerprint::new(rule, finding.path.as_deref(), &finding.message);
    standing.map(|(rule, finding)| fingerprint(finding, &rule.id).of(finding.count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::golden;
    use serde_json::{Value, json};

    fn document() -> Value {
        json!({"schema": 1, "tool": {"name": "x"}, "images": [{
            "reference": "docker.io/a/b:1", "digest": null, "platform": "linux/arm64", "complete": true, "later": 1,
            "rules": [{"id": "a/b", "findings": [
                {"level": "warn", "message": "3 of 7 files", "waived": null, "path": null, "known": true},
                {"level": "warn", "message": "x", "waived": "known", "path": "/x"},
                {"level": "error", "message": "x", "waived": null, "path": "/y"}]}],
            "layers": [{"diff_id": "sha256:1", "compressed_bytes": 5, "files_bytes": 9, "created_by": "RUN x"}],
            "sizes": {"compressed_bytes": 5, "unpacked_bytes": 9, "bytes": 8, "files": 2, "waste": {"bytes": 1},
                "directories": [{"path": "/a", "bytes": 6, "files": 1}, {"path": "/a/b", "bytes": 6, "files": 1},
                    {"path": "/a/b/c", "bytes": 6, "files": 1}],
                "packages": [{"kind": "deb", "name": "n", "version": "1", "bytes": 6, "files": 1}]}}]})
    }

    fn of(document: &Value) -> Result<Vec<Snapshot>> {
        read(document.to_string().as_bytes())
    }

    #[test]
    fn a_report_says_what_it_says_and_no_more() {
        let [snapshot] = &of(&document()).unwrap()[..] else { panic!() };
        assert_eq!(snapshot.totals, Totals { compressed: 5, unpacked: 9, bytes: 8, files: 2, waste: 1 });
        assert_eq!(snapshot.unowned, Amount { bytes: 2, files: 1 });
        assert_eq!((snapshot.directory("/b"), snapshot.directory("/a/b/c/d")), (Some(Amount::default()), None));
        let findings: Vec<_> = snapshot.findings.iter().flatten().map(|found| (&found.rule[..], &found.at[..])).collect();
        assert_eq!(findings, [("a/b", " of  files"), ("a/b", "/y")]);
        assert_eq!((&snapshot.files, &snapshot.config, snapshot.layers.len()), (&None, &None, 1));
    }

    #[test]
    fn what_this_program_prints_is_read() {
        let found = crate::report::Finding::plain(Level::Warn, "7 files", "x");
        let rule = golden::rule("a/b", crate::finding::Question::Lean, Level::Warn, vec![found]);
        let mut image = golden::image("docker.io/a/b:1", vec![rule]);
        let package = Package { kind: "apk", name: "n".into(), version: "1".into(), bytes: 7, files: 1 };
        let unowned = Amount { bytes: 2, files: 1 };
        image.sizes = crate::report::Sizes { bytes: 9, files: 2, unowned, packages: vec![package.clone()], ..Default::default() };
        let report = crate::report::Report::new(vec![image], None, chrono::NaiveDate::MIN);
        let read = read(&crate::report::json::render(&report)).unwrap().remove(0);
        assert_eq!((read.packages, read.unowned, read.totals.bytes), (vec![package], unowned, 9));
        assert_eq!((read.findings.unwrap().len(), read.layers.is_empty()), (1, false));
    }

    #[test]
    fn a_report_that_judged_nothing_has_no_findings_and_a_full_list_of_directories_says_nothing_of_others() {
        let mut asked = document();
        asked["images"][0]["rules"] = json!([]);
        let snapshot = of(&asked).unwrap().remove(0);
        assert_eq!((snapshot.findings.clone(), snapshot.directory("/b")), (None, None));
        let directory = |number: usize| json!({"path": format!("/{number}"), "bytes": 1, "files": 1});
        let mut full = document();
        full["images"][0]["sizes"]["directories"] = (0..40).map(directory).collect();
        assert_eq!(of(&full).unwrap().remove(0).directory("/b"), None);
    }

    #[test]
    fn what_is_no_whole_report_is_named() {
        let at = |pointer: &str, value: Value| {
            let mut document = document();
            *document.pointer_mut(pointer).unwrap() = value;
            document.to_string()
        };
        for (text, what) in [
            (at("/schema", json!(2)), "schema 2, and this program reads schema 1"),
            (at("/schema", json!(-1)), "expected u64"),
            (at("/schema", json!(null)), "`schema` and `images`"),
            (at("/images", json!([])), "of no image"),
            (at("/images/0/complete", json!(false)), "not read to its end"),
            (at("/images/0/platform", json!(null)), "no platform"),
            (at("/images/0/sizes/bytes", json!(5)), "is not what the image holds"),
            (at("/images/0/sizes/bytes", json!(-5)), "expected u64"),
            (at("/images/0/sizes/files", json!(1e30)), "expected u64"),
            (at("/images/0/sizes/packages/0/kind", json!("rpm")), "\"rpm\""),
            (at("/images/0/layers/0/files_bytes", json!(null)), "layers[0].files_bytes"),
            (document().to_string().replace(":9,", ":99999999999999999999,"), "u64"),
            ("{\"schema\":1,\"images\":[{".into(), "EOF"),
            ("{\"schema\":1,\"delta\":{}}".into(), "`schema` and `images`"),
            (format!("{{\"schema\":1,\"images\":{}", "[".repeat(100_000)), "EOF"),
            ("PK\u{3}".into(), "neither"),
            (String::new(), "neither"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.kind == Kind::Usage && error.to_string().contains(what), "{what}: {error}");
        }
    }
}
