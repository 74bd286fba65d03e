//! Lines as a snapshot.

use std::collections::BTreeMap;

use super::{EMPTY, FORMAT, HEADER};
use crate::error::{Error, Kind, Result};
use crate::size::Package;
use crate::size::snapshot::{Amount, Fingerprint, Origin, Side, Snapshot, SnapshotLayer, Totals, kind};

/// What git leaves where two baselines could not be merged.
const CONFLICT: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// Bytes of a file that is read: twice what is ever written.
const LARGEST: usize = 40_000;

/// How often one finding stands there at most.
const FINDINGS: usize = 10_000;

/// The facts of which there is one.
#[rustfmt::skip]
const SINGLE: [&str; 14] = [
    "bytes", "compressed", "digest", "directories", "files", "findings", "findings-left-out", "image", "layers-left-out",
    "packages", "platform", "unowned", "unpacked", "waste",
];

fn wrong(what: impl Into<String>) -> Error {
    Error::new(Kind::Usage, what).hint("write it anew: lucid-verify --save-baseline FILE IMAGE")
}

/// Reads what [`to_text`](super::to_text) wrote. Anything else is an error, which is `Usage` and names the line: a line that is
/// cut, in a wrong place, or missing from a sum.
pub fn parse(bytes: &[u8]) -> Result<Snapshot> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| wrong("it is neither a saved baseline nor a JSON report: it is no text"))?;
    if bytes.len() > LARGEST {
        return Err(wrong(format!("it has {} bytes, which no saved baseline has", bytes.len())));
    }
    let first = text.lines().next().unwrap_or_default();
    let is_mark = |line: &str| CONFLICT.iter().any(|mark| line.starts_with(mark));
    let format = first.strip_prefix(HEADER);
    let conflict = text.lines().position(is_mark).filter(|at| *at == 0 || format.is_some());
    if let Some(at) = conflict {
        return Err(wrong(format!("line {} is of a merge conflict that nobody resolved", at + 1)));
    }
    let format = format.ok_or_else(|| {
        wrong(format!("it is neither a JSON report nor a saved baseline, whose first line is `{HEADER}{FORMAT}`"))
    })?;
    if format != FORMAT.to_string() {
        let shown = crate::text::terminal(&format.chars().take(20).collect::<String>());
        return Err(wrong(format!("it is a baseline of format {shown}, and this program reads format {FORMAT}")));
    }
    if !text.ends_with('\n') {
        return Err(wrong(format!("line {} is cut: it does not end", text.lines().count())));
    }
    let mut read = Read::default();
    let mut before = "";
    for (number, line) in text.lines().enumerate().skip(1) {
        let at = |what: String| wrong(format!("line {}: {what}", number + 1));
        if line <= before {
            let what =
                if line == before { "it stands there twice" } else { "it is not in its place: the lines are sorted by bytes" };
            return Err(at(what.to_owned()));
        }
        before = line;
        read.line(line).map_err(at)?;
    }
    read.finish().map_err(wrong)
}

/// The lines so far.
#[derive(Default)]
struct Read<'a> {
    snapshot: Snapshot,
    /// The facts of which there is one, by their first words.
    single: BTreeMap<&'a str, &'a str>,
}

impl<'a> Read<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), String> {
        let (what, rest) = line.split_once(' ').ok_or_else(|| format!("{} says nothing", shown(line)))?;
        let twice = match what {
            "directory" => {
                let [path, bytes, files] = fields(rest)?;
                self.snapshot.directories.insert(decoded(path)?, amount(bytes, files)?).is_some()
            }
            "packages-left-out" => {
                let [kind, packages, bytes, files] = fields(rest)?;
                let folded = (number(packages)?, amount(bytes, files)?);
                self.snapshot.folded.packages.insert(known(kind)?, folded).is_some()
            }
            "package" => self.package(rest)?,
            "layer" => self.layer(rest)?,
            "finding" => self.finding(rest)?,
            _ if SINGLE.contains(&what) => self.single.insert(what, rest).is_some(),
            _ => return Err(format!("{} is no fact of a baseline", shown(what))),
        };
        if twice { Err(format!("{} is said a second time", shown(line))) } else { Ok(()) }
    }

    fn package(&mut self, rest: &str) -> Result<bool, String> {
        let [kind, name, version, bytes, files] = fields(rest)?;
        let Amount { bytes, files } = amount(bytes, files)?;
        let package = Package { kind: known(kind)?, name: decoded(name)?, version: decoded(version)?, bytes, files };
        let is_same =
            |other: &Package| (other.kind, &other.name, &other.version) == (package.kind, &package.name, &package.version);
        let twice = self.snapshot.packages.iter().any(is_same);
        self.snapshot.packages.push(package);
        Ok(twice)
    }

    fn layer(&mut self, rest: &str) -> Result<bool, String> {
        let [index, diff_id, compressed, files_bytes, created_by] = fields(rest)?;
        let index = index.parse().map_err(|_| format!("{} is no place of a layer", shown(index)))?;
        let twice = self.snapshot.layers.iter().any(|layer| layer.index == index);
        let created_by = Some(decoded(created_by)?).filter(|text| !text.is_empty());
        let (compressed, files_bytes) = (number(compressed)?, number(files_bytes)?);
        self.snapshot.layers.push(SnapshotLayer { index, diff_id: decoded(diff_id)?, created_by, compressed, files_bytes });
        Ok(twice)
    }

    fn finding(&mut self, rest: &str) -> Result<bool, String> {
        let [rule, count, at] = fields(rest)?;
        let finding = Fingerprint { rule: decoded(rule)?, at: decoded(at)? };
        let findings = self.snapshot.findings.get_or_insert_default();
        let twice = findings.last() == Some(&finding);
        let count = usize::try_from(number(count)?).ok().filter(|count| (1..=FINDINGS).contains(count));
        let count = count.ok_or_else(|| format!("no image has a finding 0 times, or more than {FINDINGS} times"))?;
        findings.extend(std::iter::repeat_n(finding, count));
        Ok(twice)
    }

    /// The text of a fact that must be there.
    fn said(&self, what: &str) -> Result<&'a str, String> {
        self.single.get(what).copied().ok_or_else(|| format!("it has no line `{what}`"))
    }

    fn numbers<const N: usize>(&self, what: &str) -> Result<[u64; N], String> {
        let mut numbers = [0; N];
        for (into, field) in numbers.iter_mut().zip(fields::<N>(self.said(what)?)?) {
            *into = number(field).map_err(|why| format!("its line `{what}`: {why}"))?;
        }
        Ok(numbers)
    }

    fn total(&self, what: &str) -> Result<u64, String> {
        self.numbers(what).map(|[total]| total)
    }

    /// Numbers of a line that stands there only if there is something to say.
    fn if_said<const N: usize>(&self, what: &str) -> Result<[u64; N], String> {
        if self.single.contains_key(what) { self.numbers(what) } else { Ok([0; N]) }
    }

    fn finish(mut self) -> Result<Snapshot, String> {
        let [bytes, files] = self.numbers("unowned")?;
        let (layers, findings) = (self.if_said::<3>("layers-left-out")?, self.if_said::<1>("findings-left-out")?);
        let totals = Totals {
            compressed: self.total("compressed")?,
            unpacked: self.total("unpacked")?,
            bytes: self.total("bytes")?,
            files: self.total("files")?,
            waste: self.total("waste")?,
        };
        let side = Side {
            from: Origin::Baseline,
            reference: decoded(self.said("image")?)?,
            digest: self.single.get("digest").map(|digest| decoded(digest)).transpose()?,
            platform: decoded(self.said("platform")?)?,
        };
        if self.single.contains_key("findings") {
            let listed = self.snapshot.findings.get_or_insert_default().len() as u64;
            agree("findings", self.total("findings")?, [listed, findings[0]])?;
        } else if self.snapshot.findings.is_some() {
            return Err("it has no line `findings`".to_owned());
        }
        agree("directories", self.total("directories")?, [self.snapshot.directories.len() as u64])?;
        agree("packages", self.total("packages")?, [self.snapshot.packages.len() as u64])?;
        self.snapshot.folded.layers = layers[0];
        self.snapshot.folded.findings = findings[0];
        let snapshot = Snapshot { side, totals, unowned: Amount { bytes, files }, ..self.snapshot };
        let held = |of: fn(Amount) -> u64| {
            let packages = snapshot.packages.iter().map(move |package| of(Amount { bytes: package.bytes, files: package.files }));
            let folded = snapshot.folded.packages.values().map(move |(_, amount)| of(*amount));
            packages.chain(folded).chain([of(snapshot.unowned)])
        };
        agree("bytes", totals.bytes, held(|amount| amount.bytes))?;
        agree("files", totals.files, held(|amount| amount.files))?;
        agree("compressed", totals.compressed, snapshot.layers.iter().map(|layer| layer.compressed).chain([layers[1]]))?;
        agree("unpacked", totals.unpacked, snapshot.layers.iter().map(|layer| layer.files_bytes).chain([layers[2]]))?;
        Ok(snapshot)
    }
}

/// Whether a total is the sum of what is said one by one.
fn agree(what: &str, total: u64, parts: impl IntoIterator<Item = u64>) -> Result<(), String> {
    let sum: u128 = parts.into_iter().map(u128::from).sum();
    if sum == u128::from(total) { Ok(()) } else { Err(format!("its line `{what}` says {total}, and the other lines make {sum}")) }
}

/// The fields of a line; the last holds all that is left.
fn fields<const N: usize>(rest: &str) -> Result<[&str; N], String> {
    let found: Vec<&str> = rest.splitn(N, ' ').collect();
    found.try_into().map_err(|found: Vec<&str>| format!("{} fields follow the first word, and it has {N}", found.len()))
}

fn amount(bytes: &str, files: &str) -> Result<Amount, String> {
    Ok(Amount { bytes: number(bytes)?, files: number(files)? })
}

fn number(field: &str) -> Result<u64, String> {
    let number = field.parse().ok().filter(|number: &u64| number.to_string() == field);
    number.ok_or_else(|| format!("{} is no number", shown(field)))
}

fn known(word: &str) -> Result<&'static str, String> {
    kind(word).ok_or_else(|| format!("{} is no kind of packages", shown(word)))
}

/// The text of a field.
fn decoded(field: &str) -> Result<String, String> {
    if field == EMPTY {
        return Ok(String::new());
    }
    let mut parts = field.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    let wrong = || format!("{} is wrongly encoded", shown(field));
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// A piece of the file as an error shows it.
fn shown(text: &str) -> String {
    format!("`{}`", crate::text::terminal(&text.chars().take(60).collect::<String>()))
}
