//! `labels/service`

use super::super::{Context, declare_rule};
use super::labelled;
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// The label of the service names the service of the repository
    ///
    /// # What it checks
    /// The label that `label` names and the last part of the repository's name name one service: they are equal, or one ends with
    /// the other behind a hyphen; case, underscores and an ending `-service` do not count. An image without the label is the
    /// business of labels/required; one without a name has nothing to compare.
    ///
    /// # Why
    /// A Dockerfile that was copied from another service keeps that one's label, and everything that goes by it is mistaken.
    ///
    /// # Symptom
    /// None at build time; logs, dashboards and deployments show one service as the other.
    ///
    /// # Fix
    /// Correct the label, or push to the repository of the service.
    ///
    /// # Options
    /// - `label`: the name of the label; without it the rule does not apply.
    RULE = "labels/service", Conforms, Warn, since "0.1.0", needs Config,
    unit "label names the service of the repository" | "labels name the service of the repository",
    options { "label": Text }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let (label, said) = match labelled(context) {
        Ok(found) => found,
        Err(judgement) => return judgement,
    };
    let Some(repository) = &context.facts.name.repository else {
        return Judgement::skip("the image has no name of a repository");
    };
    let finding = (!fits(said, repository)).then(|| {
        let (said, repository) = (escape(said.as_bytes()), escape(repository.as_bytes()));
        let message = format!("{label}=\"{said}\" does not fit the repository {repository}");
        let fix = format!("LABEL {label} names the service that {repository} is of, or push it elsewhere");
        Finding::new(Level::Warn, message, fix).contrast(said, repository)
    });
    Judgement::looked(1, finding.into_iter().collect())
}

fn fits(said: &str, repository: &str) -> bool {
    let plain = |name: &str| {
        let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
        name.strip_suffix("-service").map_or_else(|| name.clone(), str::to_owned)
    };
    let (said, name) = (plain(said), plain(repository.rsplit('/').next().unwrap_or_default()));
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('-'));
    said == name || ends(&name, &said) || ends(&said, &name)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_label_fits_the_repository_of_its_service_alone() {
        for label in ["x-auth", "auth", "AUTH_SERVICE", "x_auth_service"] {
            assert!(fits(label, "registry:5000/team/x-auth"), "{label}");
        }
        for label in ["th", "x", "auth-engine", "engine"] {
            assert!(!fits(label, "team/x-auth"), "{label}");
        }
    }
}
