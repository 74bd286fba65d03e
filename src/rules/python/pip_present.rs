//! `python/pip-present`

use std::collections::BTreeSet;

use super::super::{Context, Offence, declare_rule, words};
use crate::facts::python::marker::Marker;
use crate::facts::python::{Distribution, Requirement};
use crate::finding::{Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// Installers of Python packages stayed in the builder
    ///
    /// # What it checks
    /// None of conda, pdm, pip, pipenv, pipx, poetry, setuptools, uv and wheel is an installed distribution. One that
    /// another distribution requires is a remark.
    ///
    /// # Why
    /// Whoever gets into a container installs what he likes with them; and they are megabytes that nothing imports.
    ///
    /// # Symptom
    /// None at run time.
    ///
    /// # Fix
    /// Leave `pip` out of what `pip install --user --upgrade` brings, or remove it in the builder before the COPY.
    ///
    /// # Options
    /// None.
    RULE = "python/pip-present", Safe, Warn, since "0.1.0", needs Tree,
    unit "distribution is no installer" | "distributions are no installers", check check
}

const INSTALLERS: [&str; 9] = ["conda", "pdm", "pip", "pipenv", "pipx", "poetry", "setuptools", "uv", "wheel"];

fn check(context: &Context<'_>) -> Judgement {
    let wanted = context.distributions().flat_map(|found| &found.requires).filter_map(|line| Requirement::parse(line));
    let wanted = wanted.filter(|wanted| !wanted.marker.as_ref().is_some_and(Marker::is_of_extra));
    let required: BTreeSet<String> = wanted.map(|wanted| wanted.normalized).collect();
    let installers: Vec<&Distribution> =
        context.distributions().filter(|found| INSTALLERS.contains(&found.normalized.as_str())).collect();
    let offences = installers.iter().map(|found| Offence {
        path: found.path.clone(),
        layer: Some(found.layer),
        what: required.contains(&found.normalized),
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let of_group = || installers.iter().filter(|found| group.paths.contains(&found.path));
        let names: Vec<String> =
            of_group().map(|found| escape(format!("{} {}", found.name, found.version).trim().as_bytes())).collect();
        let files = of_group().flat_map(|found| found.record.iter().flat_map(|record| &record.rows)).map(|row| &row.path);
        let (names, bytes) = (words::list(&names, 9), words::bytes(context.bytes(files)));
        let (level, why, fix) = if group.what {
            (Level::Info, ", which other packages require", "nothing to do while those need it")
        } else {
            (Level::Warn, "", "leave pip out of pip install --user --upgrade, or remove it in the builder before the COPY")
        };
        group.finding(level, format!("{names} in the image{why}: {bytes}"), fix)
    });
    Judgement::looked(context.distributions().count(), findings.collect())
}
