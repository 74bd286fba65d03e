//! Which layer hid the content of which, and what would have kept it from being shipped.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vfs::{Hidden, LayerIndex, NodeId, Tree};

/// Causes that are listed: the sums count all.
const CAUSES: usize = 20;

/// How content came to be shipped and not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The layer removed it.
    Removed,
    /// The layer has other content in its place.
    Overwritten,
    /// The layer ships the same content again.
    MetadataOnly,
}

impl Loss {
    /// How a hidden file was lost.
    pub(super) fn of(tree: &Tree, hidden: &Hidden) -> Self {
        let content = |id| tree.trace(id).map(|trace| trace.sha256);
        match hidden.successor.map(content) {
            None => Self::Removed,
            Some(other) if other == content(hidden.node) => Self::MetadataOnly,
            Some(_) => Self::Overwritten,
        }
    }
}

/// Metadata of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metadata {
    /// Its user or group.
    Owner,
    /// Its permission bits.
    Mode,
    /// Its file capabilities.
    Capabilities,
    /// Its modification time.
    Time,
}

/// What one layer hid in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// How.
    pub kind: Loss,
    /// The layer that hid it, base first, from 0.
    pub layer: LayerIndex,
    /// The instruction that made that layer, as the image claims.
    pub created_by: Option<String>,
    /// Bytes of content that no name leads to any more.
    pub bytes: u64,
    /// Files that they were in. Empty files are not counted.
    pub files: u64,
    /// The largest of these files, as [`crate::text::lossless`] text with a leading `/`.
    pub largest: String,
    /// The layer whose content it is, where it is one layer's.
    pub lost_layer: Option<LayerIndex>,
    /// Of content that is shipped again what differs between the two; nothing of other kinds.
    pub changed: Vec<Metadata>,
    /// What would have kept it from being shipped.
    pub fix: String,
}

/// What is summed up of a cause.
struct Tally {
    bytes: u64,
    files: u64,
    largest: (u64, NodeId),
    from: BTreeSet<LayerIndex>,
    changed: BTreeSet<Metadata>,
    owners: BTreeSet<(u64, u64)>,
    modes: BTreeSet<u16>,
}

impl Tally {
    fn new(node: NodeId) -> Self {
        let (from, changed, owners, modes) = Default::default();
        Self { bytes: 0, files: 0, largest: (0, node), from, changed, owners, modes }
    }

    fn add(&mut self, tree: &Tree, hidden: &Hidden, kind: Loss) {
        let old = tree.stat(hidden.node);
        self.bytes = self.bytes.saturating_add(old.size);
        self.files += 1;
        self.from.insert(tree.content_layer(hidden.node));
        if old.size > self.largest.0 {
            self.largest = (old.size, hidden.node);
        }
        let Some(new) = hidden.successor.filter(|_| kind == Loss::MetadataOnly).map(|new| tree.stat(new)) else { return };
        if (old.uid, old.gid) != (new.uid, new.gid) {
            self.changed.insert(Metadata::Owner);
            self.owners.insert((new.uid, new.gid));
        }
        if old.mode != new.mode {
            self.changed.insert(Metadata::Mode);
            self.modes.insert(new.mode);
        }
        if old.capable != new.capable {
            self.changed.insert(Metadata::Capabilities);
        }
        if old.mtime != new.mtime {
            self.changed.insert(Metadata::Time);
        }
    }

    /// The one layer that the content came from, if it is one.
    fn lost_layer(&self) -> Option<LayerIndex> {
        only(&self.from)
    }

    fn fix(&self, kind: Loss, layer: LayerIndex, instruction: impl Fn(LayerIndex) -> Option<String>) -> String {
        let (from, again) = (self.lost_layer(), layer + 1);
        let first = from.map_or_else(|| "the layer that has it first".into(), |from| format!("layer {}", from + 1));
        let made = from.and_then(instruction).unwrap_or_default();
        let (is_run, is_copied) = (made.starts_with("RUN "), made.starts_with("COPY ") || made.starts_with("ADD "));
        let verbs: Vec<&str> = self.changed.iter().filter_map(|changed| verb(*changed)).collect();
        let verbs = verbs.join(" and ");
        match kind {
            Loss::Removed if is_copied => format!("do not copy it in {first}"),
            Loss::Removed if is_run => format!("remove it in the RUN of {first}"),
            Loss::Removed => "remove it in the RUN that made it, or do not copy it".into(),
            Loss::Overwritten if from == Some(layer) => format!("pack each path once into {first}"),
            Loss::Overwritten => format!("copy the final version once: layer {again} writes it again"),
            Loss::MetadataOnly if verbs.is_empty() => format!("one COPY too many: layer {again} ships what is there already"),
            Loss::MetadataOnly if is_run || self.changed.contains(&Metadata::Capabilities) => {
                format!("{verbs} in {first}, not in layer {again}")
            }
            Loss::MetadataOnly => format!("COPY{} in {first}, not {verbs} in layer {again}", self.options()),
        }
    }

    /// The options of the COPY that would have done the same.
    fn options(&self) -> String {
        let owner = only(&self.owners).map_or_else(|| "…".into(), |(user, group)| format!("{user}:{group}"));
        let mode = only(&self.modes).map_or_else(|| "…".into(), |mode| format!("{mode:04o}"));
        let option = |changed: Metadata, option: String| if self.changed.contains(&changed) { option } else { String::new() };
        let owner = option(Metadata::Owner, format!(" --chown={owner}"));
        owner + &option(Metadata::Mode, format!(" --chmod={mode}"))
    }
}

/// What changes it, beside time, which everything changes.
fn verb(changed: Metadata) -> Option<&'static str> {
    match changed {
        Metadata::Owner => Some("chown"),
        Metadata::Mode => Some("chmod"),
        Metadata::Capabilities => Some("setcap"),
        Metadata::Time => None,
    }
}

fn only<T: Copy + Ord>(set: &BTreeSet<T>) -> Option<T> {
    set.first().copied().filter(|_| set.len() == 1)
}

/// What the layers of a tree hid, the largest first.
pub(super) fn causes(tree: &Tree, instruction: impl Fn(LayerIndex) -> Option<String>) -> Vec<Cause> {
    let mut tallies: BTreeMap<(LayerIndex, Loss), Tally> = BTreeMap::new();
    for hidden in tree.hidden().filter(|hidden| tree.stat(hidden.node).size > 0) {
        let kind = Loss::of(tree, &hidden);
        tallies.entry((hidden.layer, kind)).or_insert_with(|| Tally::new(hidden.node)).add(tree, &hidden, kind);
    }
    let mut tallies: Vec<((LayerIndex, Loss), Tally)> = tallies.into_iter().collect();
    tallies.sort_by_key(|(_, tally)| Reverse(tally.bytes));
    let of = |((layer, kind), tally): ((LayerIndex, Loss), Tally)| Cause {
        kind,
        layer,
        created_by: instruction(layer),
        bytes: tally.bytes,
        files: tally.files,
        largest: tree.path(tally.largest.1).lossless(),
        lost_layer: tally.lost_layer(),
        fix: tally.fix(kind, layer, &instruction),
        changed: tally.changed.into_iter().collect(),
    };
    tallies.into_iter().take(CAUSES).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::dump;

    fn found(layers: &[&str], made: &[&str]) -> Vec<Cause> {
        causes(&dump::tree(layers.iter().copied()).unwrap(), |layer| made.get(layer).map(ToString::to_string))
    }

    #[test]
    fn a_cause_is_a_layer_and_what_it_did_to_which() {
        let base = "f 0644 0:0 /a \"12345\"\nf 0644 0:0 /b \"123\"\nf 0644 0:0 /c \"1\"\nf 0644 0:0 /empty";
        let middle = "f 0644 0:0 /d \"1234\"";
        let last = "w /a\nw /b\nw /d\nw /empty\nf 0644 1:1 /c \"1\"";
        let found = found(&[base, middle, last], &["COPY a", "COPY d", "RUN rm"]);
        let [removed, again] = &found[..] else { panic!("{found:?}") };
        assert_eq!((removed.kind, removed.layer, removed.bytes, removed.files), (Loss::Removed, 2, 12, 3));
        assert_eq!((&removed.largest[..], removed.lost_layer, &removed.changed[..]), ("/a", None, &[][..]));
        assert_eq!((again.kind, again.bytes, again.lost_layer), (Loss::MetadataOnly, 1, Some(0)));
        assert_eq!((&again.changed[..], again.created_by.as_deref()), (&[Metadata::Owner][..], Some("RUN rm")));
    }

    #[test]
    fn the_fix_is_right_for_what_was_done_and_for_what_made_it() {
        let base = "f 0644 0:0 @1 /a \"12345\"\nf 0600 0:0 @1 /b \"123\"";
        for (made, layer, fix) in [
            ("COPY . /", "w /a", "do not copy it in layer 1"),
            ("RUN make", "w /a", "remove it in the RUN of layer 1"),
            ("", "w /a", "remove it in the RUN that made it, or do not copy it"),
            ("COPY . /", "f 0644 0:0 /a \"1\"", "copy the final version once: layer 2 writes it again"),
            ("COPY . /", "f 0644 7:8 @1 /a \"12345\"", "COPY --chown=7:8 in layer 1, not chown in layer 2"),
            ("ADD . /", "f 0755 0:0 @1 /a \"12345\"", "COPY --chmod=0755 in layer 1, not chmod in layer 2"),
            ("RUN make", "f 0755 7:8 @1 /a \"12345\"", "chown and chmod in layer 1, not in layer 2"),
            (
                "",
                "f 0755 7:8 @2 /a \"12345\"\nf 0700 7:9 /b \"123\"",
                "COPY --chown=… --chmod=… in layer 1, not chown and chmod in layer 2",
            ),
            ("COPY . /", "f 0644 0:0 @2 /a \"12345\"", "one COPY too many: layer 2 ships what is there already"),
            ("COPY . /", "f 0644 0:0 @1 /a \"12345\"", "one COPY too many: layer 2 ships what is there already"),
            ("COPY . /", "f 0644 0:0 @1 cap /a \"12345\"", "setcap in layer 1, not in layer 2"),
        ] {
            assert_eq!(found(&[base, layer], &[made])[0].fix, fix, "{made}: {layer}");
        }
    }

    #[test]
    fn what_came_from_several_layers_is_mended_in_each() {
        let layers = ["f 0644 0:0 /a \"12345\"", "f 0644 0:0 /b \"123\"", "f 0644 7:8 /a \"12345\"\nf 0644 7:8 /b \"123\""];
        let found = found(&layers, &["COPY a", "RUN b", "RUN chown"]);
        assert_eq!((found.len(), found[0].lost_layer, found[0].files), (1, None, 2));
        assert_eq!(found[0].fix, "COPY --chown=7:8 in the layer that has it first, not chown in layer 3");
    }

    #[test]
    fn a_path_that_one_layer_holds_twice_is_its_own_cause() {
        let cause = &found(&["f 0644 0:0 /a \"12345\"\nf 0644 0:0 /a \"1\""], &["COPY a"])[0];
        assert_eq!((cause.layer, cause.lost_layer, &cause.fix[..]), (0, Some(0), "pack each path once into layer 1"));
    }

    #[test]
    fn twenty_causes_are_listed_the_largest_first() {
        let layers: Vec<String> = (1..40).map(|bytes| format!("f 0644 0:0 /a \"{}\"", "x".repeat(bytes))).collect();
        let found = found(&layers.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        assert_eq!((found.len(), found[0].bytes, found[19].bytes), (20, 38, 19));
    }
}
