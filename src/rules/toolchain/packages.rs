//! `toolchain/packages`

use super::super::{Context, Offence, declare_rule, words};
use super::names;
use crate::facts::packages::{Format, Package};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// No package of the operating system is a build tool
    ///
    /// # What it checks
    /// The databases of dpkg and apk name no compiler, no build system and no development files. A package whose files
    /// are not in the image is a warning: its database was copied without it.
    ///
    /// # Why
    /// Packages bring more than the programs that a search for names finds: headers, static libraries, internals.
    /// A copied database makes scanners report what is not there.
    ///
    /// # Symptom
    /// A large image; findings of scanners.
    ///
    /// # Fix
    /// Install in a stage of its own. Of `/var/lib`, copy what is needed, not all of it.
    ///
    /// # Options
    /// None.
    RULE = "toolchain/packages", Safe, Error, since "0.1.0", needs Tree,
    unit "system package, not a build tool" | "system packages, no build tool among them", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let packages = &context.facts.packages;
    let unknown = (!packages.unread.is_empty()).then(|| words::list(&packages.unread, 3));
    if packages.databases == 0 && unknown.is_none() {
        return Judgement::skip("there is no package database");
    }
    let tools: Vec<&Package> = packages.installed.iter().filter(|package| is_tool(package)).collect();
    let mut findings: Vec<Finding> = Vec::new();
    let offences =
        tools.iter().map(|tool| Offence { path: tool.database.clone(), layer: Some(tool.layer), what: tool.is_phantom() });
    for group in context.group(offences) {
        let those = tools.iter().filter(|tool| {
            tool.is_phantom() == group.what && Some(tool.layer) == group.layer && group.paths.contains(&tool.database)
        });
        let names: Vec<String> = those.map(|tool| escape(format!("{} {}", tool.name, tool.version).as_bytes())).collect();
        let (level, what, fix) = if group.what {
            let fix = "copy the one file that is needed, not the database of packages with it";
            (Level::Warn, "listed as installed, but their files are absent", fix)
        } else {
            (Level::Error, "installed", "multi-stage: install them in the builder stage only")
        };
        let mut finding = group.finding(level, format!("{what}: {}", words::list(&names, 4)), fix);
        finding.examples.dedup();
        findings.push(finding);
    }
    Judgement::looked(packages.installed.len(), findings).but(unknown)
}

fn is_tool(package: &Package) -> bool {
    match package.format {
        Format::Deb => names::is_deb(&package.name),
        Format::Apk => names::is_apk(&package.name),
    }
}
