//! TOML to profile: every value checked, every mistake with its place.

use std::collections::BTreeMap;

use globset::{Glob, GlobBuilder, GlobMatcher};
use toml::Spanned;

use super::check::Check;
use super::document::{
    AutoTable, Bounds, Bytes, CheckTable, Document, ExpectTable, IgnoreTable, RowTable, RuleTable, ServiceTable, Setting,
    SizeTable,
};
use super::draft::{Auto, Draft, Offer};
use super::extended::is_kept_in_registry;
use super::place::Source;
use super::structure::STRUCTURE_TEST;
use super::{Expect, Known, Opt, OptKind, Pattern, Requirement, Service, Settings, Size, Value, Waiver};
use crate::error::Result;
use crate::finding::Level;
use crate::limits::{Limits, parse_bytes};

/// Reads a document.
pub(super) fn document(source: Source<'_>) -> Result<Document> {
    toml::from_str(source.text).map_err(|error| source.unread(&error))
}

impl Draft {
    /// Lays a document over what is already there.
    pub(super) fn apply(&mut self, document: Document, source: Source<'_>, known: &[Known]) -> Result<()> {
        self.said.push_str(&serde_json::to_string(&document).unwrap_or_default());
        self.said.push('\n');
        self.hold(&document, source)?;
        if let Some(auto) = document.auto {
            self.auto = Some(source.auto(&auto.into_inner())?);
        }
        source.expect(&document.expect, &mut self.expect)?;
        if let Some(only) = &document.service {
            if !document.services.is_empty() {
                return Err(source.mistake(&only.span(), "a file has either [service] or [services.NAME]"));
            }
            let name = only.get_ref().name.as_ref().map_or("service", |name| name.get_ref());
            self.offers = [source.offer(name, only.get_ref())?].into_iter().map(|offer| (name.to_owned(), offer)).collect();
            self.only = true;
        }
        for (name, table) in &document.services {
            if let Some(twice) = &table.name {
                return Err(source.mistake(&twice.span(), format!("the heading [services.{name}] names the service")));
            }
            if std::mem::take(&mut self.only) {
                self.offers.clear();
            }
            self.offers.insert(name.clone(), source.offer(name, table)?);
        }
        if let Some(size) = &document.size {
            source.size(size, &mut self.size)?;
        }
        self.lay(&document.check, source)?;
        for (id, table) in &document.rules {
            let options = source.rule(id, known, &self.checks)?;
            let before = self.rules.get(id.get_ref()).cloned().unwrap_or_default();
            let mut settings = before.clone();
            source.settings(table, id.get_ref(), options, &mut settings)?;
            if let Some(lock) = self.lock_on(id.get_ref()) {
                let level = before.level.unwrap_or_else(|| self.declared(id.get_ref(), known));
                source.tightened(table, id.get_ref(), lock, (level, &before), &settings)?;
            }
            if super::BUILT_IN.iter().all(|(name, _)| *name != source.file) {
                settings.place = Some(source.place(&id.span()));
            }
            self.rules.insert(id.get_ref().clone(), settings);
        }
        if let Some(rows) = &document.matrix {
            self.matrix = rows.iter().map(|row| source.requirement(row, known, &self.checks)).collect::<Result<_>>()?;
        }
        for table in &document.ignore {
            let longest = self.longest();
            if let (Some(longest), None) = (&longest, &table.get_ref().expires) {
                let what = format!("a waiver needs `expires`: {} lets it hold for {} days", longest.by, longest.days);
                return Err(source.mistake(&table.span(), what));
            }
            self.waivers.push(Waiver { longest, ..source.waiver(table, known, &self.checks)? });
        }
        source.limits(&document.limits, &mut self.limits)?;
        if let Some(table) = &document.lock {
            let lock = source.lock(table, known, self)?;
            self.locks.push(lock);
        }
        Ok(())
    }
}

impl Draft {
    /// Adds the checks of a document; each takes the place of one that an extended profile has under its id.
    fn lay(&mut self, tables: &[Spanned<CheckTable>], source: Source<'_>) -> Result<()> {
        for (at, table) in tables.iter().enumerate() {
            let check = source.check(table)?;
            let id = &table.get_ref().id;
            if tables.iter().take(at).any(|before| before.get_ref().id.get_ref() == id.get_ref()) {
                return Err(source.mistake(&id.span(), format!("there are two checks `{}`", check.id)));
            }
            match self.checks.iter_mut().find(|known| known.id == check.id) {
                Some(known) => *known = check,
                None => self.checks.push(check),
            }
        }
        Ok(())
    }
}

/// What may stand before the name of a package and a colon.
pub(super) const PACKAGES: [&str; 3] = ["python", "deb", "apk"];

pub(super) fn no_kind(kind: &str) -> String {
    format!("{kind:?} is no kind of package: python, deb or apk")
}

/// A glob. In paths `*` stops at `/`, in names of images it does not.
pub(super) fn glob(text: &str, in_paths: bool) -> Result<GlobMatcher, String> {
    parsed(text, in_paths).map(|glob| glob.compile_matcher())
}

/// A glob that is not matched with yet: most options are read in vain, and compiling is what takes its time.
fn parsed(text: &str, in_paths: bool) -> Result<Glob, String> {
    let glob = GlobBuilder::new(text).literal_separator(in_paths).build();
    glob.map_err(|error| format!("{text:?} is no glob: {}", error.kind()))
}

/// Reads `NAME: LINE`.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    let (name, line) = text.split_once(": ").ok_or_else(|| format!("{text:?} is no pattern: write NAME: LINE"))?;
    let whole = regex::Regex::new(&format!("^(?:{line})$")).map_err(|_| format!("{line:?} is no regular expression"))?;
    Ok(Pattern { name: glob(name, true)?, line: whole, wanted: line.to_owned() })
}

fn bytes(text: &str) -> Result<u64, String> {
    parse_bytes(text).ok_or_else(|| format!("{text:?} is no number of bytes: write 600MB, 512MiB or a number"))
}

/// Reads `uid:gid`.
fn user(text: &str) -> Result<(u64, u64), String> {
    let numbers = text.split_once(':').and_then(|(uid, gid)| Some((uid.parse().ok()?, gid.parse().ok()?)));
    numbers.ok_or_else(|| format!("{text:?} is no user: write uid:gid, both as numbers"))
}

fn absolute(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err(format!("{text:?} is no absolute path")) }
}

fn date(text: &str) -> Result<chrono::NaiveDate, String> {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("{text:?} is no date: write YYYY-MM-DD"))
}

impl Source<'_> {
    fn auto(&self, table: &AutoTable) -> Result<Auto> {
        let globs = |list: &[Spanned<String>]| {
            list.iter().map(|text| self.read(text, |text| glob(text, false))).collect::<Result<Vec<_>>>()
        };
        Ok(Auto { names: globs(&table.names)?, labels: globs(&table.labels)?, files: globs(&table.files)? })
    }

    fn expect(&self, table: &ExpectTable, expect: &mut Expect) -> Result<()> {
        let platform = |text: &str| text.parse().map_err(|error: crate::error::Error| error.what);
        self.say(table.platform.as_ref(), &mut expect.platform, platform)?;
        self.say(table.user.as_ref(), &mut expect.user, user)?;
        self.say(table.python.as_ref(), &mut expect.python, absolute)?;
        self.say(table.site_packages.as_ref(), &mut expect.site_packages, absolute)?;
        self.say(table.base.as_ref(), &mut expect.base, |text| Ok(text.to_owned()))?;
        Ok(())
    }

    fn bytes(&self, value: &Spanned<Bytes>) -> Result<u64> {
        match value.get_ref() {
            Bytes::Count(count) => Ok(*count),
            Bytes::Text(text) => bytes(text).map_err(|what| self.mistake(&value.span(), what)),
        }
    }

    /// Ceilings. Who publishes a profile does not know what the machines can bear that read by it.
    fn limits(&self, table: &BTreeMap<Spanned<String>, Spanned<Bytes>>, limits: &mut BTreeMap<String, u64>) -> Result<()> {
        for (name, value) in table {
            let word = name.get_ref();
            let Some(usual) = Limits::default().slot(word).copied() else {
                return Err(self.slip(&name.span(), format!("there is no limit `{word}`"), word, Limits::NAMES.iter().copied()));
            };
            let most = self.bytes(value)?;
            if is_kept_in_registry(self.file) && most > usual {
                let what = format!("a profile from a registry may lower `{word}`, which is {usual}, and not raise it");
                return Err(self
                    .mistake(&value.span(), what)
                    .hint("raise it in the profile that extends this one, or by --limit"));
            }
            limits.insert(word.clone(), most);
        }
        Ok(())
    }

    fn size(&self, table: &SizeTable, size: &mut Size) -> Result<()> {
        let read = |value: &Spanned<Bytes>| match value.get_ref() {
            Bytes::Text(text) if text.is_empty() => Ok(None),
            _ => self.bytes(value).map(Some),
        };
        let bounds = [
            (&table.max_bytes, &mut size.max_bytes),
            (&table.max_compressed, &mut size.max_compressed),
            (&table.max_layer, &mut size.max_layer),
        ];
        for (value, to) in bounds {
            if let Some(value) = value {
                *to = read(value)?;
            }
        }
        for (name, value) in &table.packages {
            if let Some((kind, _)) = name.split_once(':').filter(|(kind, _)| !PACKAGES.contains(kind)) {
                return Err(self.slip(&value.span(), no_kind(kind), kind, PACKAGES));
            }
            match read(value)? {
                Some(most) => drop(size.packages.insert(name.clone(), most)),
                None => drop(size.packages.remove(name)),
            }
        }
        if let Some(bounds) = &table.max_growth {
            let texts = match bounds.get_ref() {
                Bounds::One(text) => std::slice::from_ref(text),
                Bounds::Many(texts) => texts,
            };
            let read = texts.iter().map(|text| text.parse().map_err(|what: String| self.mistake(&bounds.span(), what)));
            size.max_growth = read.collect::<Result<_>>()?;
        }
        size.any = table.any.unwrap_or(size.any);
        Ok(())
    }

    /// Sets what a table says; empty text takes back what was said before.
    fn say<T>(
        &self,
        text: Option<&Spanned<String>>,
        to: &mut Option<T>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<()> {
        if let Some(text) = text {
            *to = if text.get_ref().is_empty() { None } else { Some(self.read(text, read)?) };
        }
        Ok(())
    }

    fn offer(&self, name: &str, table: &ServiceTable) -> Result<Offer> {
        let paths = |list: &[Spanned<String>]| list.iter().map(|path| self.read(path, absolute)).collect::<Result<Vec<_>>>();
        let globs = table.r#match.iter().map(|text| self.read(text, |text| glob(text, false)));
        let config = table.config.iter().map(|(path, keys)| Ok((self.read(path, absolute)?, keys.clone())));
        let service = Service {
            name: name.to_owned(),
            packages: table.packages.clone(),
            modules: table.modules.clone(),
            app: paths(&table.app)?,
            markers: paths(&table.markers)?,
            ports: table.ports.clone(),
            config: config.collect::<Result<_>>()?,
        };
        Ok(Offer { matches: globs.collect::<Result<_>>()?, service })
    }

    /// The options of a rule; checks have none. Which tests a test file holds is not known here.
    fn rule(&self, id: &Spanned<String>, known: &[Known], checks: &[Check]) -> Result<&'static [Opt]> {
        let word = id.get_ref();
        if word.starts_with(STRUCTURE_TEST) || checks.iter().any(|check| check.id == *word) {
            return Ok(&[]);
        }
        let ids = known.iter().map(|rule| rule.id).chain(checks.iter().map(|check| &check.id[..]));
        let unknown = || self.slip(&id.span(), format!("there is no rule `{word}`"), word, ids);
        known.iter().find(|rule| rule.id == word).map(|rule| rule.options).ok_or_else(unknown)
    }

    fn settings(&self, table: &RuleTable, id: &str, options: &[Opt], settings: &mut Settings) -> Result<()> {
        for (key, setting) in table {
            let value = setting.get_ref();
            match (key.get_ref().as_str(), value) {
                ("level", Setting::Text(word)) => settings.level = Some(self.level(word, setting)?),
                ("reason", Setting::Text(reason)) => settings.reason = Some(reason.clone()),
                ("level" | "reason", _) => return Err(self.mistake(&setting.span(), format!("`{key}` is text"))),
                (name, value) => {
                    let Some(option) = options.iter().find(|option| option.name == name) else {
                        let words = options.iter().map(|option| option.name).chain(["level", "reason"]);
                        return Err(self.slip(&key.span(), format!("`{id}` has no option `{name}`"), name, words));
                    };
                    settings.options.insert(name.to_owned(), self.value(value, option.kind, setting)?);
                }
            }
        }
        Ok(())
    }

    fn level(&self, word: &str, at: &Spanned<Setting>) -> Result<Level> {
        const LEVELS: [Level; 4] = [Level::Error, Level::Warn, Level::Info, Level::Off];
        LEVELS.into_iter().find(|level| level.word() == word).ok_or_else(|| {
            let what = format!("{word:?} is no level: write error, warn, info or off");
            self.slip(&at.span(), what, word, LEVELS.map(Level::word))
        })
    }

    fn value(&self, value: &Setting, kind: OptKind, at: &Spanned<Setting>) -> Result<Value> {
        match (kind, value) {
            (OptKind::Text, Setting::Text(text)) => Ok(Value::Text(text.clone())),
            (OptKind::Count | OptKind::Bytes, Setting::Count(count)) => Ok(Value::Count(*count)),
            (OptKind::Texts, Setting::Texts(texts)) => Ok(Value::Texts(texts.clone())),
            (OptKind::Globs, Setting::Texts(texts)) => {
                let bad = texts.iter().find_map(|text| parsed(text, true).err());
                bad.map_or_else(|| Ok(Value::Texts(texts.clone())), |what| Err(self.mistake(&at.span(), what)))
            }
            (OptKind::Bytes, Setting::Text(text)) => bytes(text).map(Value::Count).map_err(|what| self.mistake(&at.span(), what)),
            (OptKind::Patterns, Setting::Texts(texts)) => {
                let bad = texts.iter().find_map(|text| pattern(text).err());
                bad.map_or_else(|| Ok(Value::Texts(texts.clone())), |what| Err(self.mistake(&at.span(), what)))
            }
            _ => Err(self.mistake(&at.span(), format!("wanted {}", kind.words()))),
        }
    }

    fn requirement(&self, row: &RowTable, known: &[Known], checks: &[Check]) -> Result<Requirement> {
        let ids = row.rules.get_ref().iter();
        let rules = ids.map(|id| self.rule(id, known, checks).map(|_| id.get_ref().clone())).collect::<Result<Vec<_>>>()?;
        if rules.is_empty() {
            return Err(self.mistake(&row.rules.span(), "a requirement needs a rule that judges it"));
        }
        Ok(Requirement { requirement: row.requirement.clone(), rules, evidence: row.evidence.clone() })
    }

    fn waiver(&self, table: &Spanned<IgnoreTable>, known: &[Known], checks: &[Check]) -> Result<Waiver> {
        let IgnoreTable { rule, path, reason, expires } = table.get_ref();
        if reason.get_ref().trim().is_empty() {
            return Err(self.mistake(&reason.span(), "a waiver needs its reason"));
        }
        self.rule(rule, known, checks)?;
        Ok(Waiver {
            rule: rule.get_ref().clone(),
            path: path.as_ref().map(|path| self.read(path, |text| glob(text, true))).transpose()?,
            reason: reason.get_ref().clone(),
            expires: expires.as_ref().map(|day| self.read(day, date)).transpose()?,
            expired: false,
            longest: None,
            place: self.place(&table.span()),
        })
    }
}
