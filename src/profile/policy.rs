//! Which profile an image is judged by, and which service of it.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::draft::Draft;
use super::extended::is_kept_in_registry;
use super::lock::Longest;
use super::structure::Suite;
use super::{BUILT_IN, Check, Floor, GENERIC, Known, LUCID, Profile, Service, Waiver};
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;

/// The label by which an image says which service it is.
pub const SERVICE_LABEL: &str = "com.lucid.service";

/// What an image is, as far as the choice of a profile and of a service goes.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Repository and tag as users name them: `pickme/lucid-auth:latest-arm64`.
    pub name: &'a str,
    /// The labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Whether some file's own name (without directories) matches a glob.
    pub has_file: &'a dyn Fn(&globset::GlobMatcher) -> bool,
}

/// A profile before it is known which image it is for, or the way to choose one (`auto`).
#[derive(Debug, Clone)]
pub struct Policy {
    /// The stricter profile, which an image may choose for itself.
    strict: Option<Draft>,
    draft: Draft,
    chosen: String,
}

impl Policy {
    /// Choose by what the image's name, labels and files say: `lucid`, else `generic`. What an image says of itself can
    /// only make the choice stricter.
    pub fn auto(known: &[Known]) -> Self {
        Self { strict: Some(built_in(LUCID, known)), draft: built_in(GENERIC, known), chosen: "by default".into() }
    }

    /// A built-in profile by its name.
    pub fn builtin(name: &str, known: &[Known]) -> Option<Self> {
        BUILT_IN.iter().any(|(builtin, _)| *builtin == name).then(|| Self {
            strict: None,
            draft: built_in(name, known),
            chosen: "--profile".into(),
        })
    }

    /// A profile file. `read` fetches the text of another file that it extends, named as it is found from the working
    /// directory. Every mistake names `file:line:column`.
    pub fn parse(file: &str, text: &str, known: &[Known], read: &dyn Fn(&str) -> Result<String>) -> Result<Self> {
        let chosen = if is_kept_in_registry(file) { "--profile".into() } else { format!("file {file}") };
        Ok(Self { strict: None, draft: Draft::read(file, text, known, read)?, chosen })
    }

    /// Whether the image chooses, by what it is.
    pub fn is_auto(&self) -> bool {
        self.strict.is_some()
    }

    /// Adds the tests of container-structure-test files. Their names are made unlike one another.
    pub fn add(&mut self, suites: &[Suite]) {
        for draft in self.strict.iter_mut().chain([&mut self.draft]) {
            for suite in suites {
                draft.said.push_str(&suite.text);
                draft.checks.extend(suite.checks(&draft.checks));
            }
        }
    }

    /// The digest of everything that images are judged by, and chosen for. Names of files count: reports hold them.
    pub fn digest(&self) -> Digest {
        let said = |draft: &Draft| (draft.name.clone(), draft.said.clone(), format!("{:?}", draft.checks));
        let all: Vec<_> = self.strict.iter().chain([&self.draft]).map(said).collect();
        Digest::sha256(format!("{:?} {all:?}", self.chosen).as_bytes())
    }

    /// Sets the ceilings that it names.
    pub fn limit(&self, limits: &mut Limits) {
        for (name, most) in &self.draft.limits {
            if let Some(slot) = limits.slot(name) {
                *slot = *most;
            }
        }
    }

    /// Whether every waiver ends as soon as the locks want it, counted from today.
    pub fn dated(&self, today: NaiveDate) -> Result<()> {
        self.draft.waivers.iter().try_for_each(|waiver| waiver.dated(today))
    }

    /// The lock on a rule: its findings cannot be waived by a profile that extends this one.
    pub fn locks(&self, rule: &str) -> Option<String> {
        self.draft.lock_on(rule).map(ToString::to_string)
    }

    /// The most days that a profile which extends this one may waive a finding for.
    pub fn longest_waiver(&self) -> Option<u64> {
        self.draft.longest().map(|longest| longest.days)
    }

    /// The checks that any image may be asked.
    pub fn checks(&self) -> &[Check] {
        &self.draft.checks
    }

    /// The profile of an image: the service chosen by `service`, then by match, then by label; waivers judged by
    /// `today`. A waiver that is longer than a lock allows is an error, and a service that the profile does not have is an error that lists those that it has.
    pub fn choose(&self, subject: &Subject<'_>, service: Option<&str>, today: NaiveDate) -> Result<Profile> {
        let strict = self.strict.as_ref().and_then(|draft| Some((draft, draft.auto.as_ref()?.fits(subject)?)));
        let (draft, chosen) = strict.unwrap_or_else(|| (&self.draft, self.chosen.clone()));
        self.dated(today)?;
        let mut profile = draft.profile(draft.service(subject, service)?, chosen, today);
        for lock in &draft.locks {
            // A service that is told by its name is one of this profile's, and need not be one of those that it extends.
            let own = lock.floor.service(subject, service).or_else(|_| lock.floor.service(subject, None))?;
            let floor = lock.floor.profile(own, String::new(), today);
            let is_same = floor.expect == profile.expect && floor.size == profile.size && floor.service == profile.service;
            if !is_same {
                profile.floors.push(Floor { lock: lock.clone(), profile: floor });
            }
        }
        Ok(profile)
    }
}

impl Waiver {
    fn dated(&self, today: NaiveDate) -> Result<()> {
        let (Some(Longest { days, by }), Some(expires)) = (&self.longest, self.expires) else { return Ok(()) };
        match today.checked_add_days(Days::new(*days)) {
            Some(last) if expires > last => {
                let what = format!("{}: the waiver of {} holds until {expires}", self.place, self.rule);
                Err(Error::new(Kind::Usage, format!("{what}: {by} lets it hold for {days} days, until {last} as of today")))
            }
            _ => Ok(()),
        }
    }
}

fn built_in(name: &str, known: &[Known]) -> Draft {
    let text = BUILT_IN.iter().find(|(builtin, _)| *builtin == name).map_or("", |(_, text)| text);
    let no_file = |file: &str| Err(Error::new(Kind::Bug, format!("a built-in profile extends the file {file}")));
    Draft::read(name, text, known, &no_file).unwrap_or_else(|error| unreachable!("{error}"))
}

impl Draft {
    fn profile(&self, service: Option<Service>, chosen: String, today: NaiveDate) -> Profile {
        let mut waivers = self.waivers.clone();
        for waiver in &mut waivers {
            waiver.expired = waiver.expires.is_some_and(|last| last < today);
        }
        Profile {
            name: self.name.clone(),
            chosen,
            digest: Digest::sha256(self.said.as_bytes()),
            expect: self.expect.clone(),
            service,
            waivers,
            matrix: self.matrix.clone(),
            size: self.size.clone(),
            today,
            checks: self.checks.clone(),
            rules: self.rules.clone(),
            floors: Vec::new(),
        }
    }

    fn service(&self, subject: &Subject<'_>, named: Option<&str>) -> Result<Option<Service>> {
        let offer = match named {
            Some(name) => Some(self.offers.get(name).ok_or_else(|| self.no_service(name))?),
            None if self.only => self.offers.values().next(),
            None => {
                let fitting = |offer: &&_| matches(offer, subject.name);
                let labelled = || subject.labels.get(SERVICE_LABEL).and_then(|label| self.offers.get(label));
                self.offers.values().find(fitting).or_else(labelled)
            }
        };
        Ok(offer.map(|offer| offer.service.clone()))
    }

    fn no_service(&self, name: &str) -> Error {
        let error = Error::new(Kind::Usage, format!("the profile {} has no service {name:?}", self.name));
        let names: Vec<&str> = self.offers.keys().map(String::as_str).collect();
        error.hint(if names.is_empty() {
            "it has none: add [services.NAME]".into()
        } else {
            format!("its services are {}", names.join(", "))
        })
    }
}

/// Whether a name is one of an offer's, with its registry or without it: a mirror holds the same images under another host.
fn matches(offer: &super::draft::Offer, name: &str) -> bool {
    let (first, rest) = name.split_once('/').unwrap_or_default();
    let is_host = first == "localhost" || first.contains(['.', ':']);
    offer.matches.iter().any(|glob| glob.is_match(name) || is_host && glob.is_match(rest))
}
