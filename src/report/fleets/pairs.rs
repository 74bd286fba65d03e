//! Which image of one fleet is which of another.

use std::collections::BTreeMap;

use super::Listed;
use crate::reference::Reference;

/// What images are known again by.
type Key<'a> = (&'a str, Option<&'a str>);

/// Pairs, the images that only the old fleet has, and those that only the new one has. An image is known again by its reference
/// and platform; else by repository, tag and platform, whatever digest is pinned; else by repository and tag, where one side
/// does not know the platform.
pub(super) fn pairs(old: Vec<Listed>, new: Vec<Listed>) -> (Vec<(Listed, Listed)>, Vec<Listed>, Vec<Listed>) {
    let names = |images: &[Listed]| images.iter().map(|image| unpinned(&image.reference)).collect::<Vec<_>>();
    let (old_names, new_names) = (names(&old), names(&new));
    let mut left: Vec<Option<Listed>> = old.into_iter().map(Some).collect();
    let mut right: Vec<Option<Listed>> = new.into_iter().map(Some).collect();
    let mut both = Vec::new();
    for round in 0..3 {
        let found: Vec<(usize, usize)> = {
            let mut known: BTreeMap<Key<'_>, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
            for (at, (image, name)) in left.iter().zip(&old_names).enumerate() {
                let Some(image) = image else { continue };
                known.entry(key(round, image, name)).or_default().0.push(at);
            }
            for (at, (image, name)) in right.iter().zip(&new_names).enumerate() {
                let Some(image) = image else { continue };
                known.entry(key(round, image, name)).or_default().1.push(at);
            }
            let only = |(old, new): &(Vec<usize>, Vec<usize>)| match (&old[..], &new[..]) {
                ([old], [new]) => Some((*old, *new)),
                _ => None,
            };
            known.values().filter_map(only).collect()
        };
        for (old, new) in found {
            let (Some(before), Some(after)) = (left.get_mut(old), right.get_mut(new)) else { continue };
            let is_known = |image: &Option<Listed>| image.as_ref().is_some_and(|image| image.platform.is_some());
            if round < 2 || !(is_known(before) && is_known(after)) {
                both.extend(before.take().zip(after.take()));
            }
        }
    }
    both.sort_by(|(_, one), (_, other)| (&one.reference, &one.platform).cmp(&(&other.reference, &other.platform)));
    (both, left.into_iter().flatten().collect(), right.into_iter().flatten().collect())
}

fn key<'a>(round: usize, image: &'a Listed, name: &'a str) -> Key<'a> {
    let platform = image.platform.as_deref();
    match round {
        0 => (&image.reference, platform),
        1 => (name, platform),
        _ => (name, None),
    }
}

/// The reference without its digest.
fn unpinned(reference: &str) -> String {
    let parsed = reference.parse::<Reference>().map(|parsed| Reference { digest: None, ..parsed }.to_string());
    parsed.unwrap_or_else(|_| reference.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::listed;
    use super::*;

    #[test]
    fn an_image_is_known_again_by_repository_tag_and_platform() {
        let pinned = |digit: char| format!("docker.io/team/p@sha256:{}", digit.to_string().repeat(64));
        let (arm, amd) = (Some("linux/arm64"), Some("linux/amd64"));
        let old = [("docker.io/team/a:1", arm), ("docker.io/team/a:1", amd), ("docker.io/team/b:1", None), (&pinned('1'), arm)];
        let new = [("docker.io/team/a:1", amd), ("docker.io/team/b:1", arm), ("docker.io/team/a:2", arm), (&pinned('2'), arm)];
        let of = |images: &[(&str, Option<&str>)]| {
            images.iter().map(|(reference, platform)| listed(reference, *platform, 1, "1")).collect::<Vec<_>>()
        };
        let (both, removed, added) = pairs(of(&old), of(&new));
        let both: Vec<_> = both.iter().map(|(old, new)| (&old.reference[..], &new.reference[..])).collect();
        let same = ["docker.io/team/a:1", "docker.io/team/b:1"].map(|name| (name, name));
        assert_eq!(both, [same[0], same[1], (&pinned('1')[..], &pinned('2')[..])]);
        assert_eq!((removed.len(), &removed[0].platform.as_deref()), (1, &arm));
        assert_eq!((added.len(), &added[0].reference[..]), (1, "docker.io/team/a:2"));
    }
}
