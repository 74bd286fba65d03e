//! The layers of an image, read in parallel.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::cached::Wanted;
use super::shared::Where;
use super::{Found, Loaded, Reading, Watch, stages};
use crate::digest::Verified;
use crate::error::{Error, Kind, Result};
use crate::image::{Descriptor, Resolved};
use crate::layer::{self, Body, EntryRef, LayerDiff, Trace};
use crate::limits::{self, Limits};
use crate::source::{self, Pace};
use crate::vfs::NodeId;

/// A layer as errors name it: `read layer 3/5 sha256:…`.
pub(super) fn name(image: &Resolved, index: usize) -> String {
    let layers = &image.manifest.layers;
    format!("read layer {}/{} {}", index + 1, layers.len(), layers[index].digest.short())
}

/// What all layers of an image take together.
#[derive(Default)]
struct Total {
    bytes: AtomicU64,
    entries: AtomicU64,
    kept: AtomicU64,
    over: OnceLock<Error>,
}

impl Total {
    /// Counts a layer in. Over a ceiling, no further layer is begun.
    fn add(&self, diff: &LayerDiff, limits: &Limits) {
        let count = |total: &AtomicU64, own: u64, most: u64, what: &str, error: fn(String) -> Error| {
            if total.fetch_add(own, Ordering::Relaxed) + own > most {
                let _ = self.over.set(error(format!("the layers hold more than {most} {what} together")));
            }
        };
        count(&self.bytes, diff.raw_size, limits.image_bytes, "bytes", limits::image_bytes);
        count(&self.kept, diff.entries.kept_bytes(), limits.kept_bytes, "bytes of metadata and small files", limits::kept_bytes);
        count(&self.entries, diff.entries.len() as u64, limits.entries, "entries", limits::entries);
    }
}

/// Reads every layer, largest first; a blob that the manifest names twice once, and none that another image of the run read.
/// A layer that fails does not stop the others, so that the outcome does not depend on which was faster
/// (docs/decisions/0022).
pub(super) fn read(found: &Found, reading: &Reading, watch: &dyn Watch) -> Vec<Result<Arc<LayerDiff>>> {
    let Found { image, slots, .. } = found;
    let descriptors = &image.manifest.layers;
    let mut positions: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, slot) in slots.iter().enumerate() {
        positions.entry(Arc::as_ptr(slot)).or_default().push(index);
    }
    let mut work: Vec<Vec<usize>> = positions.into_values().collect();
    work.sort_by_key(|indices| (std::cmp::Reverse(descriptors[indices[0]].size), indices[0]));

    let sizes: Vec<u64> = work.iter().map(|indices| descriptors[indices[0]].size).collect();
    let staged = stages::staged(&sizes, stages::processors());
    let pace = &reading.shared.pace;
    let watch: &dyn Watch = &Paced { watch, pace };
    let (next, total) = (AtomicUsize::new(0), Total::default());
    let done: Vec<OnceLock<Result<Arc<LayerDiff>>>> = descriptors.iter().map(|_| OnceLock::new()).collect();
    let worker = || {
        loop {
            let order = next.fetch_add(1, Ordering::Relaxed);
            let Some(indices) = work.get(order).filter(|_| total.over.get().is_none()) else { break };
            let diff = one(found, reading, watch, indices[0], staged[order]);
            if let Ok(diff) = &diff {
                total.add(diff, &reading.limits);
            }
            for index in indices {
                let _ = done[*index].set(diff.clone().map_err(|error| error.doing(name(image, *index))));
                watch.finished(*index);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..pace.most().min(work.len().max(1)) {
            scope.spawn(worker);
        }
    });
    // Which layers were read before a common ceiling was hit depends on which were faster: none counts then.
    let over = total.over.into_inner();
    let unread = || Err(Error::new(Kind::Bug, "a layer was not read"));
    done.into_iter().map(|layer| over.clone().map_or_else(|| layer.into_inner().unwrap_or_else(unread), Err)).collect()
}

/// One layer: what another image of the run read, or what is read now.
fn one(found: &Found, reading: &Reading, watch: &dyn Watch, layer: usize, is_staged: bool) -> Result<Arc<LayerDiff>> {
    let Found { source, image, slots } = found;
    let (descriptor, diff_id) = (&image.manifest.layers[layer], &image.config.rootfs.diff_ids[layer]);
    let (algorithm, is_at_hand) = (diff_id.algorithm(), source.is_at_hand());
    let opened = || source::blob(&**source, descriptor, reading.access.retries);
    let drained = || Verified::new(opened()?, &descriptor.digest, descriptor.size).drain().map_err(Error::from);
    let holds = || !is_at_hand || source.layer(descriptor, diff_id).map_or_else(|| drained().is_ok(), |passed| passed.is_ok());
    let at = Where { reference: &image.reference, holds: &holds };
    slots[layer].get(&at, || {
        if let Some(passed) = source.layer(descriptor, diff_id) {
            return passed;
        }
        let turn = &reading.shared.pace.turn();
        reading.shared.staged(is_staged, |is_staged| {
            let claim = OnceLock::new();
            let wanted = Wanted { descriptor, algorithm, reading, is_at_hand, is_staged, watch, turn, claim };
            let blob = || Ok(Watched { inner: opened()?, watch: &wanted, layer });
            wanted.pass(&blob).map_err(|error| elsewhere(error, descriptor))?.hold(descriptor, diff_id)
        })
    })
}

/// Says of a foreign layer that is not where the image is why it is not read (docs/decisions/0028).
fn elsewhere(error: Error, descriptor: &Descriptor) -> Error {
    if error.kind != Kind::NotFound || !descriptor.is_foreign() {
        return error;
    }
    let what = format!("the layer is foreign, and was not fetched from where its urls lead: {error}");
    Error::new(Kind::NotFound, what)
        .hint("push the image with its foreign layers: dockerd's allow-nondistributable-artifacts does")
}

/// Reads the layer of a file again, and writes that file's bytes. The entry is found by its content: the layer may know
/// the file by another path, through a link or as another of its names.
pub(super) fn copy(loaded: &Loaded, node: NodeId, trace: &Trace, reading: &Reading, out: &mut dyn Write) -> Result<u64> {
    let index = loaded.tree.content_layer(node);
    let lost = || Error::new(Kind::Bug, "the file is not where it was on the first reading").doing(name(&loaded.image, index));
    let diff = loaded.layers[index].as_ref().ok_or_else(lost)?;
    let same = |entry: &EntryRef<'_>| matches!(entry.body(), Body::File(other) if other.sha256 == trace.sha256);
    let path = &diff.entries.iter().rfind(same).ok_or_else(lost)?.path();
    let again = |error: Error| error.doing(format!("read {path} a second time"));
    let blob = source::blob(&*loaded.source, &diff.descriptor, reading.access.retries).map_err(again)?;
    layer::copy_file(blob, &diff.descriptor, &diff.diff_id, &reading.limits, path, out)?.ok_or_else(lost)
}

/// Watches the pace beside whoever else watches.
struct Paced<'a> {
    watch: &'a dyn Watch,
    pace: &'a Pace,
}

impl Watch for Paced<'_> {
    fn resolved(&self, image: &Resolved) {
        self.watch.resolved(image);
    }

    fn advanced(&self, layer: usize, bytes: u64) {
        self.pace.advanced(bytes);
        self.watch.advanced(layer, bytes);
    }

    fn finished(&self, layer: usize) {
        self.watch.finished(layer);
    }
}

/// Tells a watcher of the bytes that pass.
struct Watched<'a, R> {
    inner: R,
    watch: &'a dyn Watch,
    layer: usize,
}

impl<R: BufRead> BufRead for Watched<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.watch.advanced(self.layer, amount as u64);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Watched<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(out)?;
        self.watch.advanced(self.layer, length as u64);
        Ok(length)
    }
}
