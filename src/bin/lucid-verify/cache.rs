//! `lucid-verify cache [clear]`: what earlier runs left; and the cache of a run that reads images.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use lucid_verify::cache::{CAP, Cache, Kind as Entry, Share};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::figures::{bytes, count, grouped};
use lucid_verify::report::{ExitCode, json};
use lucid_verify::text;
use serde::Serialize;

use crate::args::{self, Action, Common, ListFormat};
use crate::{exit, output, pending};

/// The cache of a run, where there is a place for one. One that cannot be used stops nothing.
pub fn open(common: &Common) -> Result<Option<Arc<Cache>>> {
    let Some(folder) = folder(common)? else { return Ok(None) };
    match Cache::open(&folder, CAP, say(common)) {
        Ok(cache) => Ok(Some(Arc::new(cache))),
        Err(error) => {
            if !common.quiet {
                let hint = error.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                exit::warn(&format!("{error}; going on without a cache{hint}"));
            }
            Ok(None)
        }
    }
}

/// What is wrong with entries is of interest to those alone who ask: they are made again.
fn say(common: &Common) -> fn(&str) {
    if common.verbose { exit::note } else { |_| {} }
}

/// The folder that is asked for, else the one for what programs can make again (XDG Base Directory Specification).
fn folder(common: &Common) -> Result<Option<PathBuf>> {
    if common.no_cache {
        return Ok(None);
    }
    if let Some(asked) = common.cache.as_ref().filter(|asked| !asked.is_empty()) {
        if asked.as_encoded_bytes().starts_with(b"s3://") {
            return Err(Error::new(Kind::Usage, pending::sentence("a cache at s3://")).hint("name a folder, or mount the bucket"));
        }
        return Ok(Some(asked.into()));
    }
    Ok(home(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")))
}

fn home(caches: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: Option<OsString>| path.map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute(caches).or_else(|| absolute(home).map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("lucid-verify"))
}

/// Runs the verb.
pub fn run(args: &args::Cache, common: &Common) -> Result<ExitCode> {
    let format = common.format.of_a_list("cache")?;
    let none = || Error::new(Kind::Usage, "there is no cache: nothing names a folder for it").hint("name one with --cache DIR");
    let cache = Cache::open(&folder(common)?.ok_or_else(none)?, CAP, say(common))?;
    let document = match (args.action, format) {
        (None, ListFormat::Json) => json::document(&Told::of(&cache)),
        (None, ListFormat::Table) => table(&cache).into_bytes(),
        (Some(Action::Clear), format) => {
            let removed = cache.clear();
            match format {
                ListFormat::Json => {
                    json::document(&Removed { folder: shown(&cache), entries: removed.entries, bytes: removed.bytes })
                }
                ListFormat::Table => format!("removed {} from {}\n", sum(&removed), shown(&cache)).into_bytes(),
            }
        }
    };
    output::write(&document)?;
    Ok(ExitCode::Held)
}

/// What the cache holds, as JSON has it.
#[derive(Serialize)]
struct Told {
    folder: String,
    entries: u64,
    bytes: u64,
    limit: u64,
    kinds: Vec<Row>,
}

/// One kind of entries.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    entries: u64,
    bytes: u64,
    oldest_use: Option<String>,
}

/// What was removed, as JSON has it.
#[derive(Serialize)]
struct Removed {
    folder: String,
    entries: u64,
    bytes: u64,
}

impl Told {
    fn of(cache: &Cache) -> Self {
        let shares = cache.contents();
        let row = |(kind, share): &(Option<Entry>, Share)| Row {
            kind: name(*kind),
            entries: share.entries,
            bytes: share.bytes,
            oldest_use: share.oldest.map(|time| date(time).to_rfc3339_opts(SecondsFormat::Secs, true)),
        };
        let kinds: Vec<Row> = shares.iter().map(row).collect();
        Self {
            folder: shown(cache),
            entries: kinds.iter().map(|row| row.entries).sum(),
            bytes: kinds.iter().map(|row| row.bytes).sum(),
            limit: cache.cap(),
            kinds,
        }
    }
}

/// Entries of formats that this version does not read are of another.
fn name(kind: Option<Entry>) -> &'static str {
    kind.map_or("other", Entry::name)
}

fn table(cache: &Cache) -> String {
    let mut text = format!("{}\n", shown(cache));
    let shares = cache.contents();
    for (kind, share) in shares.iter().filter(|(kind, share)| kind.is_some() || share.entries > 0) {
        let of_others = || format!("{} of other versions", grouped(share.entries));
        let entries = kind.map_or_else(of_others, |kind| count(share.entries, kind.name()));
        let oldest = share.oldest.map(|time| format!("   oldest use {}", date(time).format("%Y-%m-%d")));
        let _ = writeln!(text, "  {entries:<20} {:>9}{}", bytes(share.bytes), oldest.unwrap_or_default());
    }
    let all: u64 = shares.iter().map(|(_, share)| share.bytes).sum();
    let _ = writeln!(text, "{} of {} are taken; `lucid-verify cache clear` empties it", bytes(all), bytes(cache.cap()));
    text
}

fn sum(share: &Share) -> String {
    let entries = if share.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", share.entries) };
    format!("{entries}, {}", bytes(share.bytes))
}

fn shown(cache: &Cache) -> String {
    text::escape(cache.folder().as_os_str().as_encoded_bytes())
}

fn date(time: SystemTime) -> DateTime<Utc> {
    time.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_lie_where_the_user_keeps_them() {
        let path = |caches: Option<&str>, own: Option<&str>| home(caches.map(OsString::from), own.map(OsString::from));
        assert_eq!(path(Some("/c"), Some("/h")), Some("/c/lucid-verify".into()));
        assert_eq!(path(Some("relative"), Some("/h")), Some("/h/.cache/lucid-verify".into()));
        assert_eq!(path(None, Some("/h")), Some("/h/.cache/lucid-verify".into()));
        assert_eq!([path(None, None), path(Some(""), Some("")), path(None, Some("h"))], [None, None, None]);
    }
}
