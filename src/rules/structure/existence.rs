//! `fileExistenceTests`.

use std::collections::BTreeMap;

use super::{finding, shown};
use crate::finding::{Finding, Judgement, Place};
use crate::profile::structure::Existence;
use crate::rules::Context;
use crate::vfs::{Kind, LayerPath, Stat};

pub(super) fn judge(context: &Context<'_>, test: &Existence) -> Judgement {
    let path = LayerPath::new(match &test.variables {
        Some(own) => {
            let mut variables = context.facts.config.variables();
            variables.extend(own.iter().map(|(name, value)| (&name[..], &value[..])));
            expand(&test.path, &variables)
        }
        None => test.path.clone(),
    });
    let node = match (context.tree.resolve_parent(&path), test.should_exist) {
        (Err(_), false) => return Judgement::looked(1, Vec::new()),
        (Err(unresolved), true) => {
            let absence = context.absence(&path, &unresolved);
            let why = absence.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let gone = finding(format!("{path} is not there{why}"), &absence.fix(format!("COPY {path} in")));
            return Judgement::looked(1, vec![gone.at(absence.place)]);
        }
        (Ok(node), _) => node,
    };
    let place = Place::path(&path, context.tree.layer(node));
    let mut findings = if test.should_exist {
        Vec::new()
    } else {
        vec![finding(format!("{path} is there, and should not be"), "take it out of the image")]
    };
    findings.extend(wrong(test, &path, context.tree.kind(node), &context.tree.stat(node)));
    Judgement::looked(1, findings.into_iter().map(|finding| finding.at(place.clone())).collect())
}

/// What is wrong with mode and owner of what is there.
fn wrong(test: &Existence, path: &LayerPath, kind: Kind<'_>, stat: &Stat) -> Vec<Finding> {
    let found = go_mode(kind, stat.mode);
    let mut findings = Vec::new();
    if !test.permissions.is_empty() && test.permissions != found {
        let want = shown(&test.permissions);
        let fix = "COPY --chmod, or chmod in the layer that writes it";
        findings.push(finding(format!("{path} has the permissions {found}, want {want}"), fix).contrast(&found, want));
    }
    let bits = match test.executable_by.as_str() {
        "" => None,
        "any" => Some(0o111),
        "owner" => Some(0o100),
        "group" => Some(0o010),
        "other" => Some(0o001),
        unknown => {
            let message = format!("isExecutableBy is \"{}\": any, owner, group or other is wanted", shown(unknown));
            findings.push(finding(message, "correct the test"));
            None
        }
    };
    if bits.is_some_and(|bits| effective(kind, stat.mode) & bits == 0) {
        let message = format!("{path} has the permissions {found}, want it executable by {}", test.executable_by);
        findings.push(finding(message, "COPY --chmod=0755").contrast(&found, format!("executable by {}", test.executable_by)));
    }
    for (what, id, want) in [("user", stat.uid, test.uid), ("group", stat.gid, test.gid)] {
        if let Some(want) = want.filter(|want| u64::try_from(*want).ok() != Some(id)) {
            let message = format!("{path} belongs to {what} {id}, want {want}");
            findings.push(finding(message, "COPY --chown").contrast(id.to_string(), want.to_string()));
        }
    }
    findings
}

/// Permission bits as lstat(2) tells them: links have all.
fn effective(kind: Kind<'_>, mode: u16) -> u16 {
    if matches!(kind, Kind::Symlink(_)) { 0o777 } else { mode }
}

/// A mode as Go spells it (`fs.FileMode.String`): letters of the type and of special bits, or a dash, then nine bits.
fn go_mode(kind: Kind<'_>, mode: u16) -> String {
    let mut out = String::from(match kind {
        Kind::Directory => "d",
        Kind::Symlink(_) => "L",
        Kind::Device { block: true, .. } => "D",
        Kind::Device { .. } | Kind::Fifo | Kind::File(_) => "",
    });
    let is_character = matches!(kind, Kind::Device { block: false, .. });
    let letters = [("D", is_character), ("p", matches!(kind, Kind::Fifo)), ("u", mode & 0o4000 != 0), ("g", mode & 0o2000 != 0)];
    let letters = letters.into_iter().chain([("c", is_character), ("t", mode & 0o1000 != 0)]);
    out.extend(letters.filter(|(_, is_set)| *is_set).map(|(letter, _)| letter));
    if out.is_empty() {
        out.push('-');
    }
    let mode = effective(kind, mode);
    out.extend("rwxrwxrwx".chars().enumerate().map(|(at, letter)| if mode >> (8 - at) & 1 == 1 { letter } else { '-' }));
    out
}

/// Fills variables in as Go's `os.Expand` does: `$NAME` and `${NAME}`, of one that is not set nothing; a bad brace is
/// dropped with its dollar, and a dollar that names nothing stays.
fn expand(text: &str, variables: &BTreeMap<&str, &str>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, length) = variable(after);
        match (name.is_empty(), length) {
            (true, 0) => out.push('$'),
            (true, _) => {}
            _ => out.push_str(variables.get(name).copied().unwrap_or_default()),
        }
        rest = after.get(length..).unwrap_or_default();
    }
    out + rest
}

/// The name behind a dollar, and the bytes that it takes.
fn variable(text: &str) -> (&str, usize) {
    let is_special = |letter: char| "*#$@!?-0123456789".contains(letter);
    if let Some(braced) = text.strip_prefix('{') {
        let special = braced.get(..1).filter(|first| first.starts_with(is_special) && braced[1..].starts_with('}'));
        return match (special, braced.find('}')) {
            (Some(name), _) => (name, 3),
            (None, Some(end)) => (&braced[..end], end + 2),
            (None, None) => ("", 1),
        };
    }
    if text.starts_with(is_special) {
        return (&text[..1], 1);
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    (&text[..end], end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_as_go_does_it() {
        let variables = BTreeMap::from([("HOME", "/root"), ("A_1", "x"), ("1", "one"), ("a b", "y")]);
        for (text, filled) in [
            ("$HOME/a", "/root/a"),
            ("${HOME}a", "/roota"),
            ("/$NONE/a", "//a"),
            ("$A_1-$1x", "x-onex"),
            ("${a b}", "y"),
            ("a$", "a$"),
            ("a$/b", "a$/b"),
            ("${}x", "x"),
            ("${HOME", "HOME"),
            ("${1}${*}", "one"),
            ("$é", "$é"),
        ] {
            assert_eq!(expand(text, &variables), filled, "{text}");
        }
    }

    #[test]
    fn a_mode_is_spelled_as_go_spells_it() {
        let trace = crate::vfs::Trace::of(Vec::new());
        let file = Kind::File(&trace);
        let device = |block| Kind::Device { block, major: 1, minor: 3 };
        for (kind, mode, spelled) in [
            (file, 0o644, "-rw-r--r--"),
            (file, 0o4755, "urwxr-xr-x"),
            (file, 0o2755, "grwxr-xr-x"),
            (file, 0o6000, "ug---------"),
            (file, 0o1644, "trw-r--r--"),
            (Kind::Directory, 0o755, "drwxr-xr-x"),
            (Kind::Directory, 0o1777, "dtrwxrwxrwx"),
            (Kind::Symlink(b"x"), 0o644, "Lrwxrwxrwx"),
            (device(true), 0o660, "Drw-rw----"),
            (device(false), 0o666, "Dcrw-rw-rw-"),
            (Kind::Fifo, 0o600, "prw-------"),
        ] {
            assert_eq!(go_mode(kind, mode), spelled);
        }
    }
}
