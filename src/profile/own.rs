//! `[[check]]` tables: users' own rules.

use globset::GlobSetBuilder;
use toml::Spanned;

use super::check::{Check, Demand, Files, Packages, Start, Text, Which};
use super::document::CheckTable;
use super::load::{PACKAGES, glob, no_kind};
use super::place::Source;
use super::want::{self, WANTS, Wants, Wrong};
use crate::error::Result;
use crate::finding::{Level, Question};

/// What the ids of users' own rules begin with.
const OWN: &str = "own/";

/// The fields of a configuration that a check can name, those of the document itself last.
const FIELDS: [&str; 17] = [
    "User",
    "Env",
    "Entrypoint",
    "Cmd",
    "WorkingDir",
    "Shell",
    "Healthcheck",
    "ExposedPorts",
    "Volumes",
    "Labels",
    "StopSignal",
    "OnBuild",
    "architecture",
    "os",
    "variant",
    "created",
    "author",
];

impl Source<'_> {
    /// Reads a check.
    pub(super) fn check(&self, table: &Spanned<CheckTable>) -> Result<Check> {
        let CheckTable { id, level, answers, why, fix, optional, except, want, .. } = table.get_ref();
        let name = id.get_ref().strip_prefix(OWN).unwrap_or_default();
        let is_name = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(is_name) {
            let what = format!("{:?} is no id of a check: write own/NAME, with a-z, 0-9, -, _ and .", id.get_ref());
            return Err(self.mistake(&id.span(), what));
        }
        let (subject, of) = self.subject(table)?;
        if let Some(except) = except.first().filter(|_| subject != "files") {
            return Err(self.mistake(&except.span(), format!("`except` is of `files`, and this check is of `{subject}`")));
        }
        let rows = want.iter().flatten().collect();
        let mut wants = Wants(rows);
        let at = |(span, what): Wrong| self.mistake(&span, what);
        let demand = match subject {
            "files" => Demand::Files(Box::new(self.files(of, except, &mut wants)?)),
            "config" => Demand::Config(self.read(of, field)?, text(&mut wants).map_err(at)?),
            "label" => Demand::Label(self.read(of, |text| glob(text, false))?, text(&mut wants).map_err(at)?),
            "package" => Demand::Packages(self.packages(of, &mut wants)?),
            _ => Demand::Command(start(of.get_ref(), &mut wants).map_err(at)?),
        };
        if let Some((key, _)) = wants.0.first() {
            let known = WANTS.iter().filter(|known| known.subjects.contains(&subject)).map(|known| known.name);
            let what = format!("`{subject}` has no `{}` to want", key.get_ref());
            return Err(self.slip(&key.span(), what, key.get_ref(), known));
        }
        Ok(Check {
            id: id.get_ref().clone(),
            level: level.unwrap_or(Level::Error),
            question: answers.unwrap_or(Question::Conforms),
            why: why.clone(),
            fix: fix.clone(),
            optional: *optional,
            written: (format!("{subject} = {:?}", of.get_ref()), self.place(&table.span())),
            demand,
        })
    }

    /// The one subject of a check.
    fn subject<'t>(&self, table: &'t Spanned<CheckTable>) -> Result<(&'static str, &'t Spanned<String>)> {
        let CheckTable { files, config, label, package, command, .. } = table.get_ref();
        let subjects = [("files", files), ("config", config), ("label", label), ("package", package), ("command", command)];
        let mut said = subjects.into_iter().filter_map(|(name, of)| Some((name, of.as_ref()?)));
        match (said.next(), said.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(self.mistake(&table.span(), "a check is of files, config, label, package or command: name one")),
            (Some((one, _)), Some((other, of))) => {
                Err(self.mistake(&of.span(), format!("a check is of one thing, and this one is of `{one}` and of `{other}`")))
            }
        }
    }

    fn files(&self, of: &Spanned<String>, except: &[Spanned<String>], wants: &mut Wants<'_>) -> Result<Files> {
        let at = |(span, what): Wrong| self.mistake(&span, what);
        let written = of.get_ref();
        if !written.starts_with('/') {
            return Err(self.mistake(&of.span(), format!("{written:?} is no absolute path")));
        }
        let is_pattern = |part: &str| part.contains(['*', '?', '[', '{', '\\']);
        let literal: Vec<&str> = written.split('/').take_while(|part| !is_pattern(part)).collect();
        let mut set = GlobSetBuilder::new();
        for except in except {
            set.add(self.read(except, |text| glob(text, true))?.glob().clone());
        }
        let files = Files {
            written: written.clone(),
            root: literal.join("/"),
            glob: is_pattern(written).then(|| self.read(of, |text| glob(text, true))).transpose()?,
            except: set.build().unwrap_or_default(),
            exists: wants.flag("exists").map_err(at)?.unwrap_or(true),
            kind: wants.parsed("type", want::file_type).map_err(at)?,
            owner: wants.parsed("owner", want::owner).map_err(at)?,
            mode: wants.parsed("mode", want::mode).map_err(at)?,
            contains: wants.texts("contains").map_err(at)?.unwrap_or_default(),
            excludes: wants.texts("excludes").map_err(at)?.unwrap_or_default(),
            sha256: wants.parsed("sha256", want::sha256).map_err(at)?,
            link: wants.text("link").map_err(at)?,
            elf: wants.text("elf").map_err(at)?,
            min_count: wants.count("min-count").map_err(at)?,
            max_bytes: wants.bytes("max-bytes").map_err(at)?,
        };
        Ok(files)
    }

    fn packages(&self, of: &Spanned<String>, wants: &mut Wants<'_>) -> Result<Packages> {
        let (kind, name) = of.get_ref().split_once(':').map_or((None, &of.get_ref()[..]), |(kind, name)| (Some(kind), name));
        if let Some(kind) = kind.filter(|kind| !PACKAGES.contains(kind)) {
            return Err(self.slip(&of.span(), no_kind(kind), kind, PACKAGES));
        }
        let at = |(span, what): Wrong| self.mistake(&span, what);
        Ok(Packages {
            written: of.get_ref().clone(),
            kind: kind.map(ToOwned::to_owned),
            name: glob(name, false).map_err(|what| self.mistake(&of.span(), what))?,
            absent: wants.flag("absent").map_err(at)?.unwrap_or(false),
            version: wants.parsed("version", want::version).map_err(at)?.unwrap_or_default(),
        })
    }
}

fn field(text: &str) -> Result<String, String> {
    let first = text.split('.').next().unwrap_or_default();
    if FIELDS.contains(&first) { Ok(text.to_owned()) } else { Err(format!("{first:?} is no field: {}", FIELDS.join(", "))) }
}

fn text(wants: &mut Wants<'_>) -> Result<Text, Wrong> {
    let regex =
        |text: &str| regex::Regex::new(&format!("^(?:{text})$")).map_err(|_| format!("{text:?} is no regular expression"));
    Ok(Text { equals: wants.value("equals")?, matches: wants.parsed("matches", regex)?, one_of: wants.texts("one-of")? })
}

fn start(of: &str, wants: &mut Wants<'_>) -> Result<Start, Wrong> {
    let which = match of {
        "entrypoint" => Which::Entrypoint,
        "healthcheck" => Which::Healthcheck,
        words => Which::Words(words.split_whitespace().map(ToOwned::to_owned).collect()),
    };
    Ok(Start { which, starts: wants.flag("starts")?.unwrap_or(true) })
}
