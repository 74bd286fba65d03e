//! `metadataTest`: what the configuration says.

use super::{finding, quoted, shown};
use crate::finding::{Finding, Judgement};
use crate::profile::structure::{Metadata, Pair};
use crate::rules::Context;
use crate::rules::words::{argv, excerpt};

pub(super) fn judge(context: &Context<'_>, test: &Metadata) -> Judgement {
    let config = &context.facts.config;
    let run = &config.run;
    let mut findings = Vec::new();
    let variables = config.variables();
    findings.extend(test.env.iter().filter_map(|pair| wrong("the variable", "ENV", pair, variables.get(&pair.key[..]).copied())));
    findings.extend(
        test.labels.iter().filter_map(|pair| wrong("the label", "LABEL", pair, run.labels.get(&pair.key).map(String::as_str))),
    );
    for key in test.unbound.iter().filter(|key| variables.contains_key(&key[..])) {
        findings.push(finding(format!("the variable {} is set, and should not be", shown(key)), "take its ENV out"));
    }
    for (name, found, want) in [("ENTRYPOINT", &run.entrypoint, &test.entrypoint), ("CMD", &run.cmd, &test.cmd)] {
        if let Some(want) = want.as_ref().filter(|want| *want != found) {
            let (found, want) = (argv(found), argv(want));
            findings.push(finding(format!("{name} is {found}, want {want}"), &format!("{name} {want}")).contrast(found, &want));
        }
    }
    for (name, found, want) in [("WORKDIR", &run.working_dir, &test.workdir), ("USER", &run.user, &test.user)] {
        if !want.is_empty() && want != found {
            let (found, want) = (excerpt(found), excerpt(want));
            findings.push(
                finding(format!("{name} is \"{found}\", want \"{want}\""), &format!("{name} {want}")).contrast(found, &want),
            );
        }
    }
    // A port is its number: what a test writes behind a slash never matches.
    let ports: Vec<&str> = run.exposed_ports.keys().filter_map(|port| port.split('/').next()).collect();
    let volumes = config.document.pointer("/config/Volumes").and_then(|volumes| volumes.as_object());
    let volumes: Vec<&str> = volumes.into_iter().flat_map(|volumes| volumes.keys().map(String::as_str)).collect();
    findings.extend(listed("port", "EXPOSE", &ports, &test.ports, &test.unexposed));
    findings.extend(listed("volume", "VOLUME", &volumes, &test.volumes, &test.unmounted));
    Judgement::looked(asked(test), findings)
}

/// How many things a test asks.
fn asked(test: &Metadata) -> usize {
    let lists = [&test.unbound, &test.ports, &test.unexposed, &test.volumes, &test.unmounted];
    let texts = [&test.workdir, &test.user].into_iter().filter(|text| !text.is_empty()).count();
    let vectors = [&test.entrypoint, &test.cmd].into_iter().flatten().count();
    test.env.len() + test.labels.len() + lists.into_iter().map(Vec::len).sum::<usize>() + texts + vectors
}

/// The finding about a variable or a label that is not what it should be. Its name stands with its value, so that one which
/// tells of a secret hides it.
fn wrong(what: &str, instruction: &str, want: &Pair, found: Option<&str>) -> Option<Finding> {
    let key = shown(&want.key);
    let Some(found) = found else {
        return Some(finding(format!("{what} {key} is not set"), &format!("{instruction} {key}")));
    };
    let holds = match &want.pattern {
        Some(pattern) => match &pattern.regex {
            Ok(regex) => regex.is_match(found.as_bytes()),
            Err(why) => return Some(finding(why.as_str(), "correct the test")),
        },
        None => found == want.value,
    };
    let (found, wanted) = (excerpt(&format!("{}={found}", want.key)), quoted(&want.value));
    let wanted = if crate::text::is_secret_name(&want.key) { "another".to_owned() } else { wanted };
    let how = if want.pattern.is_some() { "a match of " } else { "" };
    let message = format!("{what} is {found}, want {how}{wanted}");
    (!holds).then(|| finding(message, &format!("{instruction} {key}")).contrast(found, wanted))
}

/// The findings about what is not listed and should be, and what is and should not.
fn listed(what: &str, instruction: &str, found: &[&str], want: &[String], unwanted: &[String]) -> Vec<Finding> {
    let missing = want.iter().filter(|name| !found.contains(&&name[..]));
    let missing = missing
        .map(|name| finding(format!("the {what} {} is not listed", shown(name)), &format!("{instruction} {}", shown(name))));
    let there = unwanted.iter().filter(|name| found.contains(&&name[..]));
    let there = there.map(|name| {
        finding(format!("the {what} {} is listed, and should not be", shown(name)), &format!("take its {instruction} out"))
    });
    missing.chain(there).collect()
}
