//! A profile out of an image: what it is and brings becomes what is wanted of it, as far as it holds under that.

mod service;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::{Asking, Loaded, Reading, Watch, choose, gather, judge};
use crate::error::Result;
use crate::facts::Facts;
use crate::finding::{Judgement, Level, Outcome};
use crate::layer::LayerPath;
use crate::profile::template::{Accepted, Statement, Table, Template, Value};
use crate::profile::{Policy, Profile};
use crate::report;
use crate::rules;
use crate::size::Breakdown;

/// Days for which a finding is accepted.
const ACCEPTED: u64 = 90;

/// What a profile is proposed from, beside the image.
pub struct Propose<'a> {
    /// What the image is judged by without it.
    pub base: &'a Policy,
    /// The profile that it extends as it is written there; `None`: the one that fits the image.
    pub extends: Option<&'a str>,
    /// Reads what is to be written.
    pub parse: &'a dyn Fn(&str) -> Result<Policy>,
    /// Whether what is found is to be accepted.
    pub accept: bool,
    /// The day.
    pub today: NaiveDate,
}

/// A profile, and what the image is under it.
pub struct Proposal {
    /// The profile.
    pub text: String,
    /// The report of the image.
    pub image: report::Image,
    /// Findings that could not be accepted: the rule, and the lock on it.
    pub locked: Vec<(String, String)>,
}

/// A finding that counts: its rule, its path and its message.
type Found = (String, Option<String>, String);

/// Proposes a profile for an image that was read to its end.
pub fn propose(loaded: &mut Loaded, reading: &Reading, asked: &Propose<'_>, watch: &dyn Watch) -> Result<Proposal> {
    let asking = Asking::all(asked.base, asked.today);
    let reference = loaded.image.reference.clone();
    let base = choose(&asking, &reference, Some(loaded))?;
    let facts = gather(loaded, &loaded.tree, &asking);
    let sizes = Breakdown::of(&loaded.tree, &facts);
    let trial = Trial { loaded, facts: &facts, sizes: &sizes, asked };
    let plain = trial.found(&base);
    let mut template = Template {
        heading: heading(loaded, &facts, asked.today),
        extends: extends(asked.extends, &base),
        service: facts.name.repository.as_ref().and_then(|_| service::name(&facts)),
        ..Template::default()
    };
    let fails = |rule: &str| plain.keys().any(|(id, ..)| id == rule);
    let mut statements = expected(loaded, &facts, &base, &fails);
    statements.extend(service::statements(loaded, &facts, &base));
    statements.extend(sized(&sizes, &base));
    trial.fit(&mut template, statements, &plain)?;
    let judged = |template: &Template, loaded: &mut Loaded| -> Result<(report::Image, Policy)> {
        let policy = (asked.parse)(&template.text())?;
        let asking = Asking::all(&policy, asked.today);
        let profile = choose(&asking, &reference, Some(loaded))?;
        Ok((judge(loaded, &facts, &profile, reading, &asking, watch).0, policy))
    };
    let (mut image, policy) = judged(&template, loaded)?;
    let mut locked = Vec::new();
    if asked.accept {
        let mut acceptance = Acceptance::new(&policy, asked.today);
        for round in 0..ROUNDS {
            if !acceptance.take(&image, round) {
                break;
            }
            acceptance.write(&mut template);
            image = judged(&template, loaded)?.0;
        }
        locked = acceptance.locked.into_iter().collect();
    }
    Ok(Proposal { text: template.text(), image, locked })
}

/// What an image is tried against.
struct Trial<'a> {
    loaded: &'a Loaded,
    facts: &'a Facts,
    sizes: &'a Breakdown,
    asked: &'a Propose<'a>,
}

impl Trial<'_> {
    /// The warnings and errors under a profile.
    fn found(&self, profile: &Profile) -> BTreeMap<Found, String> {
        let alone = Judgement::skip("nothing is compared");
        let judged = rules::judge(&self.loaded.tree, self.facts, self.sizes, profile, Err(&alone), None, &|_| true);
        let failed = judged.iter().filter(|judged| judged.judgement.outcome() == Outcome::Fail);
        let findings = failed.flat_map(|judged| judged.judgement.findings.iter().map(|finding| (&judged.rule.id, finding)));
        let counting = findings.filter(|(_, finding)| finding.level >= Level::Warn && finding.waived.is_none());
        let told = counting.map(|(rule, finding)| {
            let key = (rule.to_string(), finding.place.path.clone(), finding.message.clone());
            (key, format!("{rule}: {}", crate::text::mask(&finding.message)))
        });
        told.collect()
    }

    /// Why the image does not hold under a profile, beside what it does not hold under anyway.
    fn fails(&self, template: &Template, plain: &BTreeMap<Found, String>) -> Result<Option<String>> {
        let policy = (self.asked.parse)(&template.text())?;
        let profile = choose(&Asking::all(&policy, self.asked.today), &self.loaded.image.reference, Some(self.loaded))?;
        let known = |found: &Found| plain.keys().any(|(rule, path, _)| *rule == found.0 && *path == found.1);
        Ok(self.found(&profile).into_iter().find(|(found, _)| !known(found)).map(|(_, told)| told))
    }

    /// Adds the statements under which the image holds, and the others as comments. Mostly it holds under all of them.
    fn fit(&self, template: &mut Template, statements: Vec<Statement>, plain: &BTreeMap<Found, String>) -> Result<()> {
        let all = Template { statements, ..template.clone() };
        if self.fails(&all, plain)?.is_none() {
            *template = all;
            return Ok(());
        }
        for statement in all.statements {
            template.statements.push(statement);
            if let Some(why) = self.fails(template, plain)?
                && let Some(last) = template.statements.last_mut()
            {
                last.left_out = Some(why);
            }
        }
        Ok(())
    }
}

fn heading(loaded: &Loaded, facts: &Facts, today: NaiveDate) -> String {
    let name = loaded.image.reference.to_string();
    let digest = facts.digest.as_ref().map(|digest| format!(" ({})", digest.short())).unwrap_or_default();
    format!(
        "What is wanted of {name}, written by `lucid-verify init` on {today} from the image itself{digest}. Change what should be \
         otherwise; `lucid-verify schema profile` knows every key, `lucid-verify rules` every rule."
    )
}

fn extends(written: Option<&str>, base: &Profile) -> (String, String) {
    let why = match written {
        Some(_) => "What it starts from: everything in there is wanted, too.".to_owned(),
        None => format!("What it starts from ({}); `lucid-verify rules` tells what that asks.", base.chosen),
    };
    (written.unwrap_or(&base.name).to_owned(), why)
}

/// What the image is, where the profile does not say it or the image is otherwise. Who runs as root is told so, and does not
/// have it written down as wanted.
fn expected(loaded: &Loaded, facts: &Facts, base: &Profile, fails: &dyn Fn(&str) -> bool) -> Vec<Statement> {
    let said = &base.expect;
    let user = facts.user.identity.as_ref().ok().filter(|user| user.uid != 0);
    let runtime = facts.runtimes.iter().find(|runtime| runtime.started.is_some()).or(facts.runtimes.first());
    let site = service::site(loaded, facts).map(|site| site.path.to_string());
    let rows = [
        ("platform", said.platform.is_some(), "platform/config-arch", Some(facts.config.platform().to_string()), PLATFORM),
        ("user", said.user.is_some(), "config/user", user.map(|user| format!("{}:{}", user.uid, user.gid)), USER),
        ("python", said.python.is_some(), "base/python", runtime.map(|one| one.interpreter.path.to_string()), PYTHON),
        ("site-packages", said.site_packages.is_some(), "python/site-packages-exists", site, SITE),
        ("base", said.base.is_some(), "base/kind", facts.base.file.map(|_| facts.base.to_string()), BASE),
    ];
    let wanted = rows.into_iter().filter(|(_, is_said, rule, ..)| !is_said || fails(rule));
    let statement = |(key, _, _, value, why): (&'static str, _, _, Option<String>, &'static str)| {
        Some(Statement { table: Table::Expect, key, value: Value::Text(value?), why, left_out: None })
    };
    wanted.filter_map(statement).collect()
}

const PLATFORM: &str = "An image for another machine ends with `exec format error`.";
const USER: &str = "Who it runs as, and whom its files belong to.";
const PYTHON: &str = "The interpreter that commands name.";
const SITE: &str = "Where the packages are installed: the rules about them look there.";
const BASE: &str = "The base image of the last stage; another one brings other tools and other libraries.";
const BYTES: &str = "Regular files of all layers, as `docker images` counts them: a tenth more than there are today.";
const GROWTH: &str = "How much more than --baseline it may weigh: what passes both fails size/regression.";

/// What the image may weigh.
fn sized(sizes: &Breakdown, base: &Profile) -> Vec<Statement> {
    let statement = |key, value, why| Statement { table: Table::Size, key, value, why, left_out: None };
    let most = Value::Text(rounded(sizes.unpacked_bytes));
    let growth = Value::Texts(vec!["5%".into(), "10MB".into()]);
    let bytes = base.size.max_bytes.is_none().then(|| statement("max-bytes", most, BYTES));
    let growth = base.size.max_growth.is_empty().then(|| statement("max-growth", growth, GROWTH));
    bytes.into_iter().chain(growth).collect()
}

/// A tenth more, in whole megabytes, or kilobytes where those say little.
fn rounded(bytes: u64) -> String {
    let most = bytes.saturating_add(bytes.div_ceil(10));
    match most {
        0..10_000_000 => format!("{}kB", most.div_ceil(1_000)),
        _ => format!("{}MB", most.div_ceil(1_000_000)),
    }
}

/// How often it is looked again for what a waiver did not cover: a finding about many files names one of them.
const ROUNDS: usize = 6;

/// Findings that become waivers, where no lock forbids that.
struct Acceptance<'a> {
    policy: &'a Policy,
    today: NaiveDate,
    /// By rule and path: what is said of it, and whether everything below is meant.
    waivers: BTreeMap<(String, Option<LayerPath>), (String, bool)>,
    locked: BTreeSet<(String, String)>,
}

impl<'a> Acceptance<'a> {
    fn new(policy: &'a Policy, today: NaiveDate) -> Self {
        Self { policy, today, waivers: BTreeMap::new(), locked: BTreeSet::new() }
    }

    /// Takes what is found; whether there is anything. What comes again lies beside what was accepted: then all is that lies
    /// below the directory of both, and at last whatever the rule says.
    fn take(&mut self, image: &report::Image, round: usize) -> bool {
        let mut is_any = false;
        for rule in &image.rules {
            let id = rule.id.to_string();
            for finding in rule.open().filter(|finding| finding.level >= Level::Warn) {
                if let Some(lock) = self.policy.locks(&id) {
                    self.locked.insert((id.clone(), lock));
                    continue;
                }
                is_any = true;
                let path = finding.path.as_ref().map(LayerPath::new);
                if round == 0 {
                    self.waivers.entry((id.clone(), path)).or_insert_with(|| (finding.message.clone(), false));
                } else {
                    self.widen(&id, path.filter(|_| round + 1 < ROUNDS), &finding.message);
                }
            }
        }
        is_any
    }

    fn widen(&mut self, rule: &str, path: Option<LayerPath>, message: &str) {
        let (mut above, mut first) = (path, message.to_owned());
        for ((_, path), (message, _)) in self.waivers.extract_if(.., |(id, _), _| id == rule) {
            above = above.zip(path).map(|(one, other)| common(one, &other));
            first = message;
        }
        let above = above.filter(|above| !above.is_root());
        let below = above.is_some();
        self.waivers.insert((rule.to_owned(), above), (first, below));
    }

    fn write(&self, template: &mut Template) {
        let (today, days) = (self.today, self.policy.longest_waiver().map_or(ACCEPTED, |longest| longest.min(ACCEPTED)));
        let expires = today.checked_add_days(Days::new(days)).unwrap_or(today);
        template.waived = format!(
            "What was found on {today}, accepted for {days} days. Each comes back when its waiver expires: mend it until then, or \
             say why it stays."
        );
        let accepted = |((rule, path), (message, below)): (&(String, Option<LayerPath>), &(String, bool))| Accepted {
            rule: rule.clone(),
            path: path.as_ref().map(|path| format!("/{}", String::from_utf8_lossy(path.as_bytes()))),
            below: *below,
            reason: format!("accepted by init on {today}: {message}"),
            expires,
        };
        template.waivers = self.waivers.iter().map(accepted).collect();
    }
}

/// The directory that holds both, or one of them if it holds the other.
fn common(mut one: LayerPath, other: &LayerPath) -> LayerPath {
    while !other.is_within(&one) {
        one = one.parent().unwrap_or_default();
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_more_is_rounded_up_to_what_a_person_would_write() {
        for (bytes, text) in [(0, "0kB"), (1, "1kB"), (90_000, "99kB"), (9_090_909, "10MB"), (215_300_000, "237MB")] {
            assert_eq!(rounded(bytes), text, "{bytes}");
        }
        assert!(rounded(u64::MAX).ends_with("MB"));
    }
}
