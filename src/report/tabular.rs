//! A report as one table for databases: a row an image, a layer, a package, a finding, and on each what tells its image from
//! others, so that nothing needs a join (docs/formats.md, "csv and parquet"). Columns are only added, at the end, with a new
//! [`VERSION`].

pub mod csv;
pub mod parquet;

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{Finding, Image, Layer, Package, Report, Rule};
use crate::finding::{Level, Question};
use crate::reference::{Reference, Transport};

/// The version of the table: how many times columns were added to it.
pub const VERSION: u32 = 1;

/// A column.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The rows that have it.
    pub rows: &'static str,
    /// What it says.
    pub says: &'static str,
    get: Get,
}

/// The type of a column, and how a row's value is found; `None` where it has none.
#[derive(Clone, Copy)]
enum Get {
    Text(for<'a> fn(&Row<'a>) -> Option<Cow<'a, str>>),
    Number(fn(&Row<'_>) -> Option<u64>),
    Date(fn(&Row<'_>) -> Option<NaiveDate>),
}

impl Column {
    /// The type of its values, as databases call it.
    pub const fn kind(&self) -> &'static str {
        match self.get {
            Get::Text(_) => "VARCHAR",
            Get::Number(_) => "BIGINT",
            Get::Date(_) => "DATE",
        }
    }
}

/// A row.
struct Row<'a> {
    today: Option<NaiveDate>,
    image: &'a Image,
    /// Repository and tag of its reference.
    name: &'a (String, Option<String>),
    part: Part<'a>,
}

/// What a row is about.
enum Part<'a> {
    Image,
    Layer(&'a Layer),
    Package(&'a Package),
    Finding(&'a Rule, &'a Finding),
}

/// Calls `take` with each row, in the order of the report.
fn rows(report: &Report, take: &mut dyn FnMut(&Row<'_>)) {
    let today = NaiveDate::parse_from_str(&report.today, "%Y-%m-%d").ok();
    for image in &report.images {
        let name = named(&image.reference);
        let mut row = |part| take(&Row { today, image, name: &name, part });
        row(Part::Image);
        image.layers.iter().for_each(|layer| row(Part::Layer(layer)));
        image.sizes.packages.iter().for_each(|package| row(Part::Package(package)));
        let findings = image.rules.iter().flat_map(|rule| rule.findings.iter().map(move |finding| (rule, finding)));
        findings.for_each(|(rule, finding)| row(Part::Finding(rule, finding)));
    }
}

/// Repository and tag; of what is on disk the place, and the name in it.
fn named(reference: &str) -> (String, Option<String>) {
    let Ok(parsed) = reference.parse::<Reference>() else { return (reference.to_owned(), None) };
    match parsed {
        Reference { transport: Transport::Registry { host, repository }, tag, .. } => (format!("{host}/{repository}"), tag),
        Reference { transport, tag, .. } => (Reference { transport, tag: None, digest: None }.to_string(), tag),
    }
}

impl<'a> Row<'a> {
    fn layer(&self) -> Option<&'a Layer> {
        if let Part::Layer(layer) = self.part { Some(layer) } else { None }
    }

    fn package(&self) -> Option<&'a Package> {
        if let Part::Package(package) = self.part { Some(package) } else { None }
    }

    fn finding(&self) -> Option<(&'a Rule, &'a Finding)> {
        if let Part::Finding(rule, finding) = self.part { Some((rule, finding)) } else { None }
    }

    /// What is said once an image.
    fn once<T>(&self, of: impl FnOnce(&'a Image) -> T) -> Option<T> {
        matches!(self.part, Part::Image).then(|| of(self.image))
    }

    /// A measure of an image whose bytes were read.
    fn measured(&self, of: impl FnOnce(&'a Image) -> u64) -> Option<u64> {
        self.once(of).filter(|_| self.image.complete)
    }

    fn open(&self, level: Level) -> Option<u64> {
        self.once(|image| image.rules.iter().flat_map(Rule::open).filter(|finding| finding.level == level).count() as u64)
    }

    fn answer(&self, question: Question) -> Option<Cow<'a, str>> {
        some(self.image.answers.to(question).word())
    }
}

fn some<'a>(text: impl Into<Cow<'a, str>>) -> Option<Cow<'a, str>> {
    Some(text.into())
}

fn maybe(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(|text| Cow::Borrowed(&text[..]))
}

const fn text(
    name: &'static str,
    rows: &'static str,
    says: &'static str,
    get: for<'a> fn(&Row<'a>) -> Option<Cow<'a, str>>,
) -> Column {
    Column { name, rows, says, get: Get::Text(get) }
}

const fn number(name: &'static str, rows: &'static str, says: &'static str, get: fn(&Row<'_>) -> Option<u64>) -> Column {
    Column { name, rows, says, get: Get::Number(get) }
}

const ALL: &str = "all";

/// The columns, in their order.
pub const COLUMNS: &[Column] = &[
    text("row", ALL, "what the row is: `image`, `layer`, `package`, `finding`", |row| {
        some(match row.part {
            Part::Image => "image",
            Part::Layer(_) => "layer",
            Part::Package(_) => "package",
            Part::Finding(..) => "finding",
        })
    }),
    Column { name: "today", rows: ALL, says: "the day by which waivers were judged", get: Get::Date(|row| row.today) },
    text("reference", ALL, "the full reference", |row| some(&row.image.reference[..])),
    text("repository", ALL, "host and repository; of an image on disk its place", |row| some(row.name.0.clone())),
    text("tag", ALL, "the tag, where there is one", |row| row.name.1.clone().map(Cow::Owned)),
    text("digest", ALL, "the manifest's digest", |row| maybe(row.image.digest.as_ref())),
    text("platform", ALL, "the platform, once it is known", |row| maybe(row.image.platform.as_ref())),
    text("profile", ALL, "the profile", |row| some(&row.image.policy.profile[..])),
    text("verdict", ALL, "`held`, `findings`, `undecided`, `incomplete`", |row| some(row.image.verdict.word())),
    text("whole", ALL, "`yes`, `no`, `unknown`, `not-asked`", |row| row.answer(Question::Whole)),
    text("starts", ALL, "the same", |row| row.answer(Question::Starts)),
    text("safe", ALL, "the same", |row| row.answer(Question::Safe)),
    text("conforms", ALL, "the same", |row| row.answer(Question::Conforms)),
    text("lean", ALL, "the same", |row| row.answer(Question::Lean)),
    text("error", "image", "why it could not be looked at: `not-found`, `unreachable`, …", |row| {
        row.once(|image| image.error.as_ref().map(|failure| Cow::Borrowed(failure.kind))).flatten()
    }),
    text("created", "image", "when it was created, as it claims", |row| {
        row.once(|image| maybe(image.created.as_ref())).flatten()
    }),
    number("errors", "image", "findings of level error that stand", |row| row.open(Level::Error)),
    number("warnings", "image", "those of level warn", |row| row.open(Level::Warn)),
    number("layers", "image", "its layers", |row| row.once(|image| image.layers.len() as u64)),
    number("packages", "image", "its packages", |row| row.measured(|image| image.sizes.packages.len() as u64)),
    number("compressed_bytes", "image, layer", "bytes of the blobs, of the blob", |row| {
        row.layer().map(|layer| layer.compressed_bytes).or_else(|| row.measured(|image| image.sizes.compressed_bytes))
    }),
    number("unpacked_bytes", "image, layer", "regular files of all layers, of the layer", |row| {
        row.layer().map_or_else(|| row.measured(|image| image.sizes.unpacked_bytes), |layer| layer.files_bytes)
    }),
    number("bytes", "image, package", "regular files of the final tree, of the package", |row| {
        row.package().map(|package| package.bytes).or_else(|| row.measured(|image| image.sizes.bytes))
    }),
    number("files", "image, package", "how many these are", |row| {
        row.package().map(|package| package.files).or_else(|| row.measured(|image| image.sizes.files))
    }),
    number("waste_bytes", "image, layer", "shipped and not seen; of a layer what later ones hide", |row| {
        row.layer().map_or_else(|| row.measured(|image| image.sizes.waste.bytes), |layer| layer.hidden_bytes)
    }),
    number("layer", "layer, finding", "the place of the layer, base first, from 0", |row| {
        let blamed = || row.finding()?.1.layer.as_ref().map(|blame| blame.index as u64);
        row.layer().map(|layer| layer.index as u64).or_else(blamed)
    }),
    text("layer_digest", "layer, finding", "the digest of its blob", |row| {
        let blamed = || row.finding()?.1.layer.as_ref().map(|blame| Cow::Borrowed(&blame.digest[..]));
        row.layer().map(|layer| Cow::Borrowed(&layer.digest[..])).or_else(blamed)
    }),
    text("created_by", "layer, finding", "the instruction that made it, as the image claims", |row| {
        let blamed = || row.finding()?.1.layer.as_ref().map(|blame| maybe(blame.created_by.as_ref()));
        row.layer().map(|layer| maybe(layer.created_by.as_ref())).or_else(blamed).flatten()
    }),
    text("kind", "package", "`python`, `deb`, `apk`", |row| row.package().map(|package| Cow::Borrowed(package.kind))),
    text("name", "package", "its name", |row| row.package().map(|package| Cow::Borrowed(&package.name[..]))),
    text("version", "package", "its version", |row| row.package().map(|package| Cow::Borrowed(&package.version[..]))),
    text("rule", "finding", "the id of the rule", |row| row.finding().map(|(rule, _)| Cow::Borrowed(&*rule.id))),
    text("question", "finding", "the question that the rule answers", |row| {
        row.finding().map(|(rule, _)| Cow::Borrowed(rule.answers.word()))
    }),
    text("level", "finding", "`error`, `warn`, `info`", |row| row.finding().map(|(_, found)| Cow::Borrowed(found.level.word()))),
    text("status", "finding", "`open`; `waived`; `known`: the baseline has it, too", |row| {
        row.finding().map(|(_, found)| {
            Cow::Borrowed(match (&found.waived, found.known) {
                (Some(_), _) => "waived",
                (None, true) => "known",
                (None, false) => "open",
            })
        })
    }),
    text("message", "finding", "what is wrong", |row| row.finding().map(|(_, found)| Cow::Borrowed(&found.message[..]))),
    text("fix", "finding", "what to change", |row| row.finding().map(|(_, found)| Cow::Borrowed(&found.fix[..]))),
    text("path", "finding", "where", |row| maybe(row.finding()?.1.path.as_ref())),
    text("found", "finding", "the value found", |row| maybe(row.finding()?.1.found.as_ref())),
    text("want", "finding", "the value wanted", |row| maybe(row.finding()?.1.want.as_ref())),
    number("count", "finding", "how many offenders it stands for", |row| row.finding().map(|(_, found)| found.count)),
    text("because", "finding", "the rule whose finding explains this one", |row| maybe(row.finding()?.1.because.as_ref())),
];

/// The columns as they stand in the documentation.
pub fn markdown() -> String {
    let row = |column: &Column| format!("| `{}` | {} | {} | {} |\n", column.name, column.kind(), column.rows, column.says);
    COLUMNS.iter().map(row).fold("| column | type | rows | says |\n|---|---|---|---|\n".to_owned(), |text, row| text + &row)
}
