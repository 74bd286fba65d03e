//! The health check.

pub(super) mod argv0;
pub(super) mod compiles;
pub(super) mod connect_ex;
pub(super) mod durations;
pub(super) mod exec_form;
pub(super) mod exit_code;
pub(super) mod port;
pub(super) mod timeout;

use super::{Context, declare_rule, words};
use crate::facts::probe::Script;
use crate::finding::{Finding, Judgement, Level, Place};

declare_rule! {
    /// There is a health check
    ///
    /// # What it checks
    /// HEALTHCHECK is set, and not NONE.
    ///
    /// # Why
    /// Without one, a service that hangs looks like one that works, and others that wait for it to be healthy wait forever.
    /// Images in the OCI format that podman and buildah push have none: the format has no place for it.
    ///
    /// # Symptom
    /// `container … has no healthcheck configured`, from whatever waits for it.
    ///
    /// # Fix
    /// HEALTHCHECK in the last stage, in its JSON form.
    ///
    /// # Options
    /// None.
    PRESENT = "healthcheck/present", Conforms, Error, since "0.1.0", needs Config,
    unit "health check is set" | "health checks are set", check present
}

fn present(context: &Context<'_>) -> Judgement {
    let config = &context.facts.config;
    if config.healthcheck().is_some() {
        return Judgement::looked(1, vec![]);
    }
    let kind = config.run.healthcheck.as_ref().and_then(|check| check.test.first());
    let message = kind.map_or_else(|| "no HEALTHCHECK".into(), |kind| format!("HEALTHCHECK is {}", words::excerpt(kind)));
    let fix = "HEALTHCHECK --interval=30s --timeout=10s CMD [\"program\", \"argument\"]";
    Judgement::looked(1, vec![Finding::new(Level::Error, message, fix)])
}

/// What the other rules say of an image without a health check: that it should have one is a rule of its own.
fn nothing() -> Judgement {
    Judgement::skip("there is no health check")
}

impl Context<'_> {
    /// Says which file a finding about the health check's code is in, if it is in one.
    fn in_script(&self, finding: Finding) -> Finding {
        let file = self.facts.probe.as_ref().and_then(|probe| probe.file.as_ref());
        match file.and_then(|path| Some((path, self.tree.resolve(path).ok()?))) {
            Some((path, node)) => finding.at(Place::path(path, self.tree.content_layer(node))),
            None => finding,
        }
    }

    /// What the code in Python does that the health check is, if it opens connections; else why no rule asks.
    fn script(&self) -> Result<&Script, Judgement> {
        let probe = self.facts.probe.as_ref().ok_or_else(nothing)?;
        let script = probe
            .script
            .as_ref()
            .ok_or_else(|| Judgement::skip("the health check is no program in Python whose text is known"))?;
        let opens = Some(script).filter(|script| !script.opens.is_empty());
        opens.ok_or_else(|| Judgement::skip("the health check opens no connection that this rule knows"))
    }
}
