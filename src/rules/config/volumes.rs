//! `config/volumes`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerPath;

declare_rule! {
    /// No volume hides the service, or the kernel's own directories
    ///
    /// # What it checks
    /// No VOLUME is one of `/dev`, `/proc` and `/sys`; and none is, or is above, a directory of `paths` or one that the service
    /// declares. A volume below one of these is well.
    ///
    /// # Why
    /// A volume takes what the image has there when it is made, and keeps it: the next image's code is hidden behind that of
    /// the first. Runtimes mount the kernel's directories themselves.
    ///
    /// # Symptom
    /// The old version runs after an update; or `… cannot be mounted because it is inside /proc`.
    ///
    /// # Fix
    /// `VOLUME` of the directory that holds data, and nothing else.
    ///
    /// # Options
    /// - `paths`: directories of code.
    RULE = "config/volumes", Conforms, Error, since "0.1.0", needs Config,
    unit "volume holds no code" | "volumes hold no code",
    options { "paths": Texts }, check check
}

/// What runtimes mount themselves (runtime-spec, config-linux.md "Default Filesystems").
const KERNEL: [&str; 3] = ["/dev", "/proc", "/sys"];

fn check(context: &Context<'_>) -> Judgement {
    let declared = context.profile.service.iter().flat_map(|service| &service.app).cloned();
    let code: Vec<LayerPath> = context.texts("paths").into_iter().chain(declared).map(LayerPath::new).collect();
    let volumes = &context.facts.config.run.volumes;
    let findings = volumes.keys().map(LayerPath::new).filter_map(|volume| {
        let hidden = code.iter().find(|path| path.is_within(&volume));
        let (level, what) = match hidden {
            _ if KERNEL.iter().any(|path| LayerPath::new(path) == volume) => (Level::Error, "is the kernel's".to_owned()),
            Some(path) if *path == volume => (Level::Warn, "hides the code of the next image".to_owned()),
            Some(path) => (Level::Warn, format!("hides {path} of the next image")),
            None => return None,
        };
        let message = format!("VOLUME {volume} {what}");
        let mut finding = Finding::new(level, message, "VOLUME of the directory that holds data, and nothing else");
        finding.found = Some(volume.to_string());
        Some(finding)
    });
    Judgement::looked(volumes.len(), findings.collect())
}
