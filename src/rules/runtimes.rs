//! What an image is must not depend on who unpacks it: a rule that judges otherwise of the tree that a mount shows has not
//! passed. And words for where such a tree differs, and why.

use super::Judged;
use crate::finding::Outcome;
use crate::text::escape;
use crate::vfs::{Difference, Divergence, Kind, LayerPath, Mounted, NodeId, Shown, Tree};

/// Makes unknown what passes, or has nothing to look at, in the tree of the image specification only: `other` is what the same
/// rules say, in the same order, of the mounted tree.
pub fn doubt(judged: &mut [Judged], other: &[Judged], mounted: &Mounted) {
    for (judged, other) in judged.iter_mut().zip(other) {
        let outcome = other.judgement.outcome();
        let is_sound = match judged.judgement.outcome() {
            Outcome::Pass => outcome == Outcome::Pass,
            Outcome::Skip => !matches!(outcome, Outcome::Fail | Outcome::Unknown),
            Outcome::Fail | Outcome::Unknown => true,
        };
        if !is_sound {
            judged.judgement.unknown = Some(reason(other, mounted));
        }
    }
}

fn reason(other: &Judged, mounted: &Mounted) -> String {
    let finding = other.judgement.findings.iter().find(|finding| finding.waived.is_none());
    let said = finding.map(|finding| finding.message.as_str()).or(other.judgement.reason());
    let place = finding.and_then(|finding| finding.place.path.as_deref()).map(LayerPath::from);
    let is_near = |path: &LayerPath| place.as_ref().is_some_and(|place| place.is_within(path) || path.is_within(place));
    let near = mounted.differences.iter().find(|difference| is_near(&difference.path));
    let at = near.or(mounted.differences.first()).map(|difference| format!(" at {}", difference.path)).unwrap_or_default();
    let said = said.map(|said| format!("; where layers are mounted: {said}")).unwrap_or_default();
    format!("runtimes differ{at} (integrity/portability){said}")
}

/// What a layer does.
pub(super) fn does(tree: &Tree, cause: &Divergence) -> String {
    match cause {
        Divergence::ThroughLink(link) => format!("written through the link {link}{} of a lower layer", target(tree, link)),
        Divergence::BroughtBack => "removed and written by one layer, without an opaque mark".into(),
        Divergence::Twice => "written twice by one layer, and a directory only the second time".into(),
        Divergence::OpaqueRoot => "an opaque mark on the root, which a mount does not heed".into(),
        Divergence::Idle => "a whiteout or an opaque mark where there is nothing for it to hide".into(),
        Divergence::Unnamed => "directories that no entry names, in the place of something else".into(),
        Divergence::LinkBelow => "a hard link to a file of a lower layer".into(),
        Divergence::Device => "a character device 0:0, which a mount takes for a whiteout".into(),
    }
}

/// Where a link that is still there leads.
fn target(tree: &Tree, link: &LayerPath) -> String {
    tree.resolve(link).map(|node| format!(" (to {})", tree.path(node))).unwrap_or_default()
}

/// What both trees have at a path.
pub(super) fn told(tree: &Tree, mounted: &Mounted, difference: &Difference) -> String {
    let laid = difference.laid.map_or_else(|| "nothing".into(), |node| word(tree, node));
    let shown = match difference.shown {
        Shown::Nothing => "nothing".into(),
        Shown::Ghost => "a name that is listed and leads nowhere".into(),
        Shown::Node(node) => word(&mounted.tree, node),
    };
    let (laid, shown) = match (difference.laid, difference.shown) {
        (Some(one), Shown::Node(other)) if laid == shown => {
            (laid + &attributes(tree, one), shown + &attributes(&mounted.tree, other))
        }
        _ => (laid, shown),
    };
    let shown = if laid == shown { "one with other content".into() } else { shown };
    format!("{laid}, mounted {shown}")
}

fn word(tree: &Tree, node: NodeId) -> String {
    match tree.kind(node) {
        Kind::Directory => "a directory".into(),
        Kind::File(_) => "a file".into(),
        Kind::Symlink(target) => format!("a link to {}", escape(target)),
        Kind::Device { .. } => "a device".into(),
        Kind::Fifo => "a named pipe".into(),
    }
}

fn attributes(tree: &Tree, node: NodeId) -> String {
    let stat = tree.stat(node);
    format!(" {:04o} {}:{}", stat.mode, stat.uid, stat.gid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Judgement, Level};
    use crate::rules::RULES;
    use crate::vfs::dump;

    #[test]
    fn what_holds_in_one_tree_only_is_unknown_and_a_failure_stays_one() {
        let tree = dump::tree(["f 0644 0:0 1 /b/x", "w /b\nd 0755 0:0 /b"]).unwrap();
        let mounted = tree.mounted().unwrap().unwrap();
        let say = |judgement: Judgement| Judged { rule: RULES[0].identity(), level: Level::Error, judgement };
        let pass = || say(Judgement::looked(1, vec![]));
        let fail = || say(Judgement::looked(1, vec![Finding::new(Level::Error, "it is back", "")]));
        let (skip, unknown) = (|| say(Judgement::skip("")), || say(Judgement::unknown("unread")));
        for (own, other, want) in [
            (pass(), pass(), Outcome::Pass),
            (pass(), fail(), Outcome::Unknown),
            (pass(), skip(), Outcome::Unknown),
            (pass(), unknown(), Outcome::Unknown),
            (skip(), pass(), Outcome::Skip),
            (skip(), fail(), Outcome::Unknown),
            (fail(), pass(), Outcome::Fail),
            (fail(), fail(), Outcome::Fail),
        ] {
            let mut judged = [own];
            doubt(&mut judged, &[other], &mounted);
            assert_eq!(judged[0].judgement.outcome(), want);
        }
        let mut judged = [pass()];
        doubt(&mut judged, &[fail()], &mounted);
        let reason = "runtimes differ at /b/x (integrity/portability); where layers are mounted: it is back";
        assert_eq!(judged[0].judgement.reason(), Some(reason));
    }
}
