//! Layers out of the cache, and into it.

use std::io::BufRead;
use std::sync::OnceLock;

use super::{Reading, Watch};
use crate::cache::{Cache, Claim, Kind};
use crate::digest::{Algorithm, Verified};
use crate::error::Result;
use crate::image::{Descriptor, Resolved};
use crate::layer::{self, Passed};
use crate::source::Turn;

/// A layer that is wanted. Where it is read, those who wait for it see that the bytes come.
pub(super) struct Wanted<'a> {
    pub(super) descriptor: &'a Descriptor,
    /// What its tar is hashed with.
    pub(super) algorithm: Algorithm,
    pub(super) reading: &'a Reading,
    /// Whether its blob lies on this machine: then it is hashed even if what is in it is known.
    pub(super) is_at_hand: bool,
    /// Whether it is read on several threads.
    pub(super) is_staged: bool,
    pub(super) watch: &'a dyn Watch,
    /// What is given back while another process reads the layer.
    pub(super) turn: &'a Turn<'a>,
    pub(super) claim: OnceLock<Claim>,
}

impl Wanted<'_> {
    /// What the layer is, out of the cache or from its blob. Of several processes one reads it, and the others wait for that.
    pub(super) fn pass<R: BufRead + Send>(&self, blob: &dyn Fn() -> Result<R>) -> Result<Passed> {
        let verified = || Ok(Verified::new(blob()?, &self.descriptor.digest, self.descriptor.size));
        let read = || {
            let pass = if self.is_staged { layer::pass_staged } else { layer::pass };
            pass(verified()?, self.algorithm, &self.reading.limits)
        };
        let Some(cache) = &self.reading.cache else { return read() };
        let (look, rest) = (|| self.known(cache, &verified), |pause| self.turn.rest(pause));
        match cache.claim(Kind::Layer, &self.descriptor.digest, &look, &rest) {
            Ok(known) => return Ok(known),
            Err(claim) => claim.into_iter().for_each(|claim| drop(self.claim.set(claim))),
        }
        let passed = read()?;
        if passed.is_sound() {
            cache.put_with(Kind::Layer, &passed.digest, |out| passed.store(&self.reading.limits, out));
        }
        Ok(passed)
    }

    fn known<R: BufRead>(&self, cache: &Cache, blob: &dyn Fn() -> Result<Verified<R>>) -> Option<Passed> {
        let stored = cache.get(Kind::Layer, &self.descriptor.digest)?;
        let restored = Passed::restore(&stored, self.descriptor, self.algorithm, &self.reading.limits);
        let known = restored.unwrap_or_else(|why| {
            cache.pass_over(Kind::Layer, &self.descriptor.digest, why);
            None
        })?;
        // What is wrong with the blob is told by reading it as if nothing were known.
        (!self.is_at_hand || blob().ok()?.drain().is_ok()).then_some(known)
    }
}

impl Watch for Wanted<'_> {
    fn resolved(&self, image: &Resolved) {
        self.watch.resolved(image);
    }

    fn advanced(&self, layer: usize, bytes: u64) {
        if let Some(claim) = self.claim.get() {
            claim.beat();
        }
        self.watch.advanced(layer, bytes);
    }

    fn finished(&self, layer: usize) {
        self.watch.finished(layer);
    }
}
