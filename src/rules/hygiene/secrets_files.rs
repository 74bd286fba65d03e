//! `hygiene/secrets-files`

use super::super::{Context, Group, Offence, declare_rule, words};
use crate::facts::secret_files::SecretFile;
use crate::finding::{Finding, Judgement, Level};
use crate::vfs::LayerIndex;

declare_rule! {
    /// No file holds a secret, in any layer
    ///
    /// # What it checks
    /// No layer holds a private key, a `.netrc`, `.pypirc`, `pip.conf`, `.npmrc` or `.git-credentials` with a password or a
    /// token, credentials of AWS, Google, Docker, Kubernetes, cargo or GitHub, or a `.env` that gives a value to a name of a
    /// secret. Neither does a file that a later layer deleted. Key stores (`*.p12`, `*.jks`) are a warning, by their name
    /// alone; what belongs to a package, or lies among tests, examples or documentation, is a remark. Certificates, templates
    /// (`.env.example`) and references (`${TOKEN}`) are none.
    ///
    /// # Why
    /// Whoever can pull the image has every layer of it. `rm` in a later RUN hides a file, and takes nothing back.
    ///
    /// # Symptom
    /// None, until somebody uses it.
    ///
    /// # Fix
    /// Replace the secret. Hand it to the build with `RUN --mount=type=secret`, and to the service at run time.
    ///
    /// # Options
    /// None.
    RULE = "hygiene/secrets-files", Safe, Error, since "0.1.0", needs Tree,
    unit "content of a file holds no secret" | "contents of files hold no secret", check check
}

/// What offenders of one finding share: the level, what they hold, and who hid them.
type Shared = (Level, &'static str, Option<LayerIndex>);

fn check(context: &Context<'_>) -> Judgement {
    let (secrets, owned) = (&context.facts.secrets, context.owners);
    let offences = secrets.files.iter().map(|file| {
        let level = level(file, file.is_shown || owned.get(&file.path).is_some());
        Offence { path: file.path.clone(), layer: Some(file.layer), what: (level, file.kind, file.hidden_by) }
    });
    let findings = context.group(offences).iter().map(|group| finding(context, group)).collect();
    let unknown = (!secrets.unread.is_empty()).then(|| words::list(&secrets.unread, 3));
    Judgement::looked(secrets.looked, findings).but(unknown)
}

fn level(file: &SecretFile, is_shown: bool) -> Level {
    match (is_shown, file.by_name) {
        (true, _) => Level::Info,
        (false, true) => Level::Warn,
        (false, false) => Level::Error,
    }
}

fn finding(context: &Context<'_>, group: &Group<Shared>) -> Finding {
    let (level, kind, hidden_by) = group.what;
    let files = if group.count() == 1 { group.first() } else { format!("{} files (first: {})", group.count(), group.first()) };
    let message = match hidden_by {
        None => format!("{files}: {kind}"),
        Some(layer) => {
            let by = context.facts.instructions.get(layer).and_then(Option::as_deref).map(words::excerpt);
            let by = by.unwrap_or_else(|| format!("layer {}", layer.saturating_add(1)));
            format!("{files}: {kind}, taken away by {by}, and still in its layer for whoever pulls the image")
        }
    };
    let fix = "replace the secret: it is known to whoever has the image; name the file in .dockerignore, RUN --mount=type=secret";
    group.finding(level, message, fix)
}
