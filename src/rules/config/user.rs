//! `config/user`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level};
use crate::text::escape;

declare_rule! {
    /// The image runs as the user that it should
    ///
    /// # What it checks
    /// `USER`, looked up in the image's own passwd and group, is `user` of `[expect]`; without that, root
    /// is a warning. So is the right user in another spelling; a name that the image does not know is an error.
    ///
    /// # Why
    /// A process that runs as root in a container is root on whatever the container reaches. Without a numeric user,
    /// Kubernetes' `runAsNonRoot` refuses the image.
    ///
    /// # Symptom
    /// `unable to find user x: no matching entries in passwd file`, or none: it runs with more rights than it needs.
    ///
    /// # Fix
    /// `USER UID:GID` in the last stage, both as numbers.
    ///
    /// # Options
    /// None beside `user` of `[expect]`.
    RULE = "config/user", Safe, Error, since "0.1.0", needs Tree,
    unit "user is the right one" | "users are the right ones", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let user = &context.facts.user;
    let written = escape(user.written.as_bytes());
    let wanted = context.expect().user.map(|(uid, gid)| format!("{uid}:{gid}"));
    let fix = format!("USER {}", wanted.as_deref().unwrap_or("with a number that is not 0"));
    let finding = |level, message: String, found: String| {
        let want = wanted.clone().unwrap_or_else(|| "a user other than root".into());
        Judgement::looked(1, vec![Finding::new(level, message, fix.clone()).contrast(found, want)])
    };
    let identity = match &user.identity {
        Ok(identity) => identity,
        Err(why) => {
            let mut judgement = finding(Level::Error, format!("USER \"{written}\" cannot start: {why}"), written.clone());
            let line = format!("unable to find user {written}: no matching entries in passwd file");
            judgement.findings.iter_mut().for_each(|finding| finding.predicts = Some(line.clone()));
            return judgement;
        }
    };
    let resolved = format!("{}:{}", identity.uid, identity.gid);
    match &wanted {
        _ if identity.uid == 0 && wanted.as_ref() != Some(&resolved) => {
            let level = if wanted.is_some() { Level::Error } else { Level::Warn };
            finding(level, format!("USER is \"{written}\" (root)"), resolved)
        }
        Some(wanted) if resolved != *wanted => {
            finding(Level::Error, format!("USER \"{written}\" is {resolved}, want {wanted}"), resolved)
        }
        Some(wanted) if user.written != *wanted => {
            finding(Level::Warn, format!("USER \"{written}\" resolves to {resolved}, spell it fully"), written)
        }
        _ => Judgement::looked(1, vec![]),
    }
}
