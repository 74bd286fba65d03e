//! `lucid-verify cache [clear]`: what earlier runs left; and the cache of a run that reads images.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use lucid_verify::cache::{CAP, Cache, Kind as Entry, Secret, Service, Share};
use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::figures::{bytes, count, grouped};
use lucid_verify::report::{ExitCode, json};
use lucid_verify::source::{self, Access, Tls};
use serde::Serialize;

use crate::args::{self, Action, Common, ListFormat};
use crate::{exit, output};

/// The variable that holds what authenticates the entries of a bucket.
const KEY: &str = "LUCID_VERIFY_CACHE_KEY";

/// The cache of a run, where there is a place for one. One that cannot be used stops nothing.
pub fn open(common: &Common) -> Result<Option<Arc<Cache>>> {
    let Some(place) = place(common) else { return Ok(None) };
    if let Some(address) = bucket(&place) {
        let secret = secret()?;
        let is_read_only = secret.is_none();
        let cache = in_bucket(&address, secret, common)?;
        if is_read_only && !common.quiet {
            let what = format!("the cache {} is only read, because {KEY} is not set", cache.name());
            exit::warn(&format!("{what}: whoever may write to that bucket decides what is said of images"));
        }
        return Ok(Some(Arc::new(cache)));
    }
    match Cache::open(&place, CAP, say(common)) {
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

/// The place that is asked for, else the folder for what programs can make again (XDG Base Directory Specification).
fn place(common: &Common) -> Option<PathBuf> {
    if common.no_cache {
        return None;
    }
    let asked = common.cache.as_ref().filter(|asked| !asked.is_empty()).map(PathBuf::from);
    asked.or_else(|| home(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")))
}

/// The address of a bucket, where the place is one.
fn bucket(place: &Path) -> Option<String> {
    place.as_os_str().as_encoded_bytes().starts_with(b"s3://").then(|| place.to_string_lossy().into_owned())
}

/// What authenticates entries, where it is set.
fn secret() -> Result<Option<Secret>> {
    let key = std::env::var_os(KEY);
    key.map(|key| Secret::new(key.as_encoded_bytes())).transpose().map_err(|error| error.doing(format!("use {KEY}")))
}

/// The cache in a bucket. Certificates of `--ca-file` count for it; that of a client is for registries.
fn in_bucket(address: &str, secret: Option<Secret>, common: &Common) -> Result<Cache> {
    let access = Access { tls: Tls { ca_file: common.ca_file.clone(), ..Tls::default() }, ..Access::default() };
    let service = Service {
        client: &|is_plain| source::store_client(&access, is_plain),
        timeout: Duration::from_secs(common.timeout),
        deadline: common.deadline,
        secret,
        say: say(common),
        warn: if common.quiet { |_| {} } else { exit::warn },
    };
    Cache::in_bucket(address, service)
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
    let place = place(common).ok_or_else(none)?;
    let cache = match bucket(&place) {
        Some(address) => in_bucket(&address, secret()?, common)?,
        None => Cache::open(&place, CAP, say(common))?,
    };
    let document = match (args.action, format) {
        (None, ListFormat::Json) => json::document(&Told::of(&cache)?),
        (None, ListFormat::Table) => table(&cache)?.into_bytes(),
        (Some(Action::Clear), format) => {
            let removed = cache.clear()?;
            match format {
                ListFormat::Json => {
                    json::document(&Removed { folder: cache.name(), entries: removed.entries, bytes: removed.bytes })
                }
                ListFormat::Table => format!("removed {} from {}\n", sum(&removed), cache.name()).into_bytes(),
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
    /// None of a bucket.
    limit: Option<u64>,
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
    fn of(cache: &Cache) -> Result<Self> {
        let shares = cache.contents()?;
        let row = |(kind, share): &(Option<Entry>, Share)| Row {
            kind: name(*kind),
            entries: share.entries,
            bytes: share.bytes,
            oldest_use: share.oldest.map(|time| date(time).to_rfc3339_opts(SecondsFormat::Secs, true)),
        };
        let kinds: Vec<Row> = shares.iter().map(row).collect();
        Ok(Self {
            folder: cache.name(),
            entries: kinds.iter().map(|row| row.entries).sum(),
            bytes: kinds.iter().map(|row| row.bytes).sum(),
            limit: cache.cap(),
            kinds,
        })
    }
}

/// Entries of formats that this version does not read are of another.
fn name(kind: Option<Entry>) -> &'static str {
    kind.map_or("other", Entry::name)
}

fn table(cache: &Cache) -> Result<String> {
    let mut text = format!("{}\n", cache.name());
    let shares = cache.contents()?;
    for (kind, share) in shares.iter().filter(|(kind, share)| kind.is_some() || share.entries > 0) {
        let of_others = || format!("{} of other versions", grouped(share.entries));
        let entries = kind.map_or_else(of_others, |kind| count(share.entries, kind.name()));
        let oldest = share.oldest.map(|time| format!("   oldest use {}", date(time).format("%Y-%m-%d")));
        let _ = writeln!(text, "  {entries:<20} {:>9}{}", bytes(share.bytes), oldest.unwrap_or_default());
    }
    let all: u64 = shares.iter().map(|(_, share)| share.bytes).sum();
    let most = cache.cap().map(|cap| format!(" of {}", bytes(cap))).unwrap_or_default();
    let _ = writeln!(text, "{}{most} are taken; `lucid-verify cache clear` empties it", bytes(all));
    Ok(text)
}

fn sum(share: &Share) -> String {
    let entries = if share.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", share.entries) };
    format!("{entries}, {}", bytes(share.bytes))
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
