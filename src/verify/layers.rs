//! The layers of an image, read in parallel.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::{Loaded, Reading, Watch};
use crate::error::{Error, Kind, Result};
use crate::image::Resolved;
use crate::layer::{self, Body, Entry, LayerDiff, Trace};
use crate::limits;
use crate::source::{self, Source};
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
}

impl Total {
    fn add(&self, diff: &LayerDiff, reading: &Reading) -> Result<()> {
        let limits = &reading.limits;
        let bytes = self.bytes.fetch_add(diff.raw_size, Ordering::Relaxed) + diff.raw_size;
        if bytes > limits.image_bytes {
            return Err(limits::image_bytes(format!("the layers hold more than {} bytes together", limits.image_bytes)));
        }
        let own = diff.kept_bytes();
        if self.kept.fetch_add(own, Ordering::Relaxed) + own > limits.kept_bytes {
            let what = format!("the layers hold more than {} bytes of metadata and small files", limits.kept_bytes);
            return Err(limits::kept_bytes(what));
        }
        let own = diff.entries.len() as u64;
        if self.entries.fetch_add(own, Ordering::Relaxed) + own > limits.entries {
            return Err(limits::entries(format!("the layers have more than {} entries together", limits.entries)));
        }
        Ok(())
    }
}

/// Reads every layer, largest first, `reading.jobs` at a time; a blob that the manifest names twice once. A layer that
/// fails does not stop the others, so that the outcome does not depend on which was faster.
pub(super) fn read(source: &dyn Source, image: &Resolved, reading: &Reading, watch: &dyn Watch) -> Vec<Result<Arc<LayerDiff>>> {
    let descriptors = &image.manifest.layers;
    let diff_ids = &image.config.rootfs.diff_ids;
    let mut positions: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, descriptor) in descriptors.iter().enumerate() {
        positions.entry((&descriptor.digest, descriptor.size, &diff_ids[index])).or_default().push(index);
    }
    let mut work: Vec<Vec<usize>> = positions.into_values().collect();
    work.sort_by_key(|indices| (std::cmp::Reverse(descriptors[indices[0]].size), indices[0]));

    let (next, total) = (AtomicUsize::new(0), Total::default());
    let done: Vec<Mutex<Option<Result<Arc<LayerDiff>>>>> = descriptors.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        while let Some(indices) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let index = indices[0];
            let diff = source::blob(source, &descriptors[index], reading.access.retries).and_then(|blob| {
                let blob = Watched { inner: blob, watch, layer: index };
                layer::read(blob, &descriptors[index], &diff_ids[index], &reading.limits)
            });
            let diff = diff.and_then(|diff| total.add(&diff, reading).map(|()| Arc::new(diff)));
            match diff.map_err(|error| error.doing(name(image, index))) {
                Ok(diff) => indices.iter().for_each(|index| put(&done[*index], Ok(Arc::clone(&diff)))),
                Err(error) => {
                    for other in &indices[1..] {
                        put(&done[*other], Err(Error::new(error.kind, "the same blob failed before").doing(name(image, *other))));
                    }
                    put(&done[index], Err(error));
                }
            }
            indices.iter().for_each(|index| watch.finished(*index));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..reading.jobs.clamp(1, work.len().max(1)) {
            scope.spawn(worker);
        }
    });
    done.into_iter()
        .map(|slot| slot.into_inner().ok().flatten().unwrap_or_else(|| Err(Error::new(Kind::Bug, "a layer was not read"))))
        .collect()
}

fn put<T>(slot: &Mutex<Option<T>>, value: T) {
    if let Ok(mut slot) = slot.lock() {
        *slot = Some(value);
    }
}

/// Reads the layer of a file again, and writes that file's bytes. The entry is found by its content: the layer may know
/// the file by another path, through a link or as another of its names.
pub(super) fn copy(loaded: &Loaded, node: NodeId, trace: &Trace, reading: &Reading, out: &mut dyn Write) -> Result<u64> {
    let index = loaded.tree.content_layer(node);
    let lost = || Error::new(Kind::Bug, "the file is not where it was on the first reading").doing(name(&loaded.image, index));
    let diff = loaded.layers[index].as_ref().ok_or_else(lost)?;
    let same = |entry: &&Entry| matches!(&entry.body, Body::File(other) if other.sha256 == trace.sha256);
    let path = &diff.entries.iter().rfind(same).ok_or_else(lost)?.path;
    let blob = source::blob(&*loaded.source, &diff.descriptor, reading.access.retries)?;
    layer::copy_file(blob, &diff.descriptor, &diff.diff_id, &reading.limits, path, out)?.ok_or_else(lost)
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
