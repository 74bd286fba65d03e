//! `platform/config-arch`

use super::super::last_line::{self, Errno};
use super::super::{Context, declare_rule};
use crate::facts::elf::Isa;
use crate::finding::{Finding, Judgement, Level};
use crate::reference::Platform;
use crate::vfs::{FileKind, NodeId};

declare_rule! {
    /// The image is for the platform that it should be for
    ///
    /// # What it checks
    /// Operating system, architecture and variant of the configuration are `platform` of `[expect]`; `arm64` and
    /// `arm64/v8` are the same.
    ///
    /// # Why
    /// A runtime picks an image by what it says of itself, and starts it even where that is wrong.
    ///
    /// # Symptom
    /// `exec …: exec format error`; where only the configuration is wrong,
    /// `WARNING: The requested image's platform (…) does not match the detected host platform (…) and no specific platform was requested`.
    ///
    /// # Fix
    /// `docker buildx build --platform linux/arm64`.
    ///
    /// # Options
    /// None beside `platform` of `[expect]`.
    RULE = "platform/config-arch", Starts, Error, since "0.1.0", needs Config,
    unit "platform is the one asked for" | "platforms are those asked for", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(wanted) = &context.expect().platform else {
        return Judgement::skip("the profile names no platform");
    };
    let claimed = context.facts.config.platform();
    if claimed.serves(wanted) {
        return Judgement::looked(1, vec![]);
    }
    let names_any = !claimed.os.is_empty() && !claimed.architecture.is_empty();
    let found = if names_any { claimed.to_string() } else { "for no platform".into() };
    let fix = format!("docker buildx build --platform {wanted}");
    let finding = Finding::new(Level::Error, format!("image is {found}, want {wanted}"), fix);
    let finding = finding.predicts(predicted(context, &found, wanted));
    Judgement::looked(1, vec![finding.contrast(found, wanted.to_string())])
}

/// Where the machine code is for the machine that is wanted, it runs, and Docker only says that the configuration is odd.
fn predicted(context: &Context<'_>, found: &str, wanted: &Platform) -> String {
    let isa = Isa::of_architecture(&wanted.architecture);
    let is_for = |node: &NodeId| matches!(context.tree.trace(*node).map(|trace| &trace.kind), Some(FileKind::Elf(elf)) if isa == Some(Isa::of(elf)));
    if !context.programs().iter().any(is_for) {
        return context.refused(Errno::NoExec);
    }
    format!(
        "WARNING: The requested image's platform ({found}) does not match the detected host platform ({}) and no specific \
         platform was requested",
        last_line::host(wanted)
    )
}
