//! The profiles that a profile can extend, and how they are named.

use std::borrow::Cow;

use toml::Spanned;

use super::place::Source;
use crate::error::{Error, Kind, Result};
use crate::reference::{Reference, Transport};

/// What stands before the name of a profile that a registry keeps.
const REGISTRY: &str = "docker://";

/// Digits of a digest that are shown.
const SHOWN: usize = 12;

/// Whether a profile's name is of one that a registry keeps.
pub fn is_kept_in_registry(name: &str) -> bool {
    name.starts_with(REGISTRY)
}

/// A profile's name in messages: enough of a digest to tell it by.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    let digits = name.rsplit_once(':').filter(|_| is_kept_in_registry(name)).and_then(|(_, digits)| digits.get(SHOWN..));
    digits.map_or(name.into(), |rest| format!("{}…", name.trim_end_matches(rest)).into())
}

/// The name of a profile that a registry keeps. It is pinned by its digest: else whoever may push there could change unseen
/// what is asked.
pub fn pinned(name: &str) -> Result<Reference> {
    let reference: Reference = name.parse()?;
    match (&reference.transport, &reference.digest) {
        (Transport::Registry { .. }, Some(_)) => Ok(reference),
        _ => Err(Error::new(Kind::Usage, format!("{name} names no digest, and a tag can be moved")).hint(format!(
            "write {REGISTRY}REF@sha256:…, with the digest that `oras push` printed, or that `oras resolve` or `crane digest` tells of {}",
            name.trim_start_matches(REGISTRY)
        ))),
    }
}

/// The name and the text of what a profile extends: a built-in one, a file relative to it, or one that a registry keeps.
pub(super) fn extended(
    extends: &Spanned<String>,
    source: Source<'_>,
    read: &dyn Fn(&str) -> Result<String>,
) -> Result<(String, String)> {
    let name = extends.get_ref();
    if let Some((name, text)) = super::BUILT_IN.iter().find(|(builtin, _)| builtin == name) {
        return Ok(((*name).to_owned(), (*text).to_owned()));
    }
    let file = if is_kept_in_registry(name) {
        let mistake = |error: Error| Error { hint: error.hint.clone(), ..source.mistake(&extends.span(), error) };
        format!("{REGISTRY}{}", pinned(name).map_err(mistake)?)
    } else if is_kept_in_registry(source.file) {
        let what =
            format!("a profile from a registry extends a built-in one or {REGISTRY}REF@sha256:…, and no file such as {name}");
        return Err(source.mistake(&extends.span(), what).hint("push that as a profile of its own"));
    } else if name.contains(['/', '.']) {
        let beside = std::path::Path::new(source.file).parent().unwrap_or_else(|| "".as_ref()).join(name);
        beside.to_string_lossy().into_owned()
    } else {
        let what = format!("there is no built-in profile `{name}`");
        return Err(source.slip(&extends.span(), what, name, super::BUILT_IN.iter().map(|(builtin, _)| *builtin)));
    };
    let text = read(&file).map_err(|error| {
        let error = error.doing(format!("read the profile {file} that {} extends", source.place(&extends.span())));
        // A file that does not exist is a mistake of who names it; what a registry does not have, it may have later.
        let is_mistake = error.kind == Kind::NotFound && !is_kept_in_registry(&file);
        if is_mistake { Error { kind: Kind::Usage, ..error } } else { error }
    })?;
    Ok((file, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_registry_keeps_is_named_by_its_digest() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert!(pinned(&format!("docker://team/p:1@{digest}")).is_ok());
        let error = pinned("docker://registry.example/team/p:1").unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(error.what, "docker://registry.example/team/p:1 names no digest, and a tag can be moved");
        assert!(error.hint.unwrap().ends_with("`crane digest` tells of registry.example/team/p:1"));
        assert!(pinned("docker://UPPER@x").is_err());
        assert_eq!(shown(&format!("docker://team/p@{digest}")), "docker://team/p@sha256:aaaaaaaaaaaa…");
        assert_eq!(shown("dir:aaaaaaaaaaaaaaaaaa/my.toml"), "dir:aaaaaaaaaaaaaaaaaa/my.toml");
    }
}
