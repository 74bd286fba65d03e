//! Who makes an entry, when several machines want it: an object that one of them could make, and writes anew while bytes come.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use object_store::PutMode;
use object_store::path::Path;
use tokio::runtime::Handle;

use super::wire::{Found, Wire};
use super::{Bucket, LAYOUT};
use crate::cache::Kind;
use crate::cache::claim::{Claim, PATIENCE, claimed};
use crate::cache::contents::CLAIMS;
use crate::cache::sealed::{self, Secret};
use crate::digest::Digest;

/// Seconds between two signs of life.
const BEAT: u64 = 4;
/// The pauses between two looks at a claim of another grow from this
const FIRST_LOOK: Duration = Duration::from_millis(20);
/// to this.
const LAST_LOOK: Duration = Duration::from_secs(1);
/// How long is waited for one entry in all, however lively its maker: a layer that takes longer is worth reading twice.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// A claim on an entry, as the object that says so.
#[derive(Debug)]
pub(in crate::cache) struct Held {
    sign: Arc<Sign>,
    runtime: Handle,
    since: Instant,
    /// How often there was to be a sign of life.
    beats: AtomicU64,
}

#[derive(Debug)]
pub(super) struct Sign {
    wire: Arc<Wire>,
    secret: Secret,
    pub(super) at: Path,
    name: String,
    /// Tells this claim from all others.
    nonce: u64,
    state: Mutex<State>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// The object of this version is ours.
    Ours(PutMode),
    /// It is being written.
    Writing,
    /// Another took it over.
    Lost,
}

impl Bucket {
    /// See [`Cache::claim`](crate::cache::Cache::claim).
    pub(in crate::cache) fn claim<T>(
        &self,
        kind: Kind,
        key: &Digest,
        look: &dyn Fn() -> Option<T>,
        rest: &dyn Fn(Duration),
    ) -> Result<T, Option<Claim>> {
        self.claim_within(kind, key, look, rest, PATIENCE)
    }

    pub(super) fn claim_within<T>(
        &self,
        kind: Kind,
        key: &Digest,
        look: &dyn Fn() -> Option<T>,
        rest: &dyn Fn(Duration),
        patience: Duration,
    ) -> Result<T, Option<Claim>> {
        let Some(sign) = self.sign(kind, key) else { return Err(None) };
        let (begun, mut mode) = (Instant::now(), PutMode::Create);
        while begun.elapsed() < LONGEST_WAIT {
            match self.attempt(sign.put(0, mode)) {
                None => return Err(None),
                Some(Some(version)) => {
                    let held = sign.held(version, self.handle());
                    // It may have come between the last look and the claim.
                    return look().ok_or_else(|| Some(held.into()));
                }
                Some(None) => {}
            }
            let Some(next) = self.wait(&sign, rest, patience) else { return Err(None) };
            if next == PutMode::Create
                && let Some(found) = look()
            {
                return Ok(found);
            }
            mode = next;
        }
        Err(None)
    }

    /// Waits until a claim of another is gone, or shows no life; returns how it is replaced.
    fn wait(&self, sign: &Sign, rest: &dyn Fn(Duration), patience: Duration) -> Option<PutMode> {
        let (mut pause, begun) = (FIRST_LOOK, Instant::now());
        let mut seen: Option<(PutMode, Instant)> = None;
        loop {
            rest(pause);
            pause = (pause * 2).min(LAST_LOOK);
            let Some(Found { bytes, version }) = self.attempt(self.wire().get(&sign.at))? else { return Some(PutMode::Create) };
            let is_claim = bytes.is_some_and(|bytes| sealed::open(&sign.name, Some(&sign.secret), bytes).is_ok());
            let is_new = seen.as_ref().is_none_or(|(known, _)| *known != version);
            let is_dead = seen.as_ref().is_some_and(|(_, since)| since.elapsed() > patience);
            // What nobody made who has the key claims nothing.
            if !is_claim || (!is_new && is_dead) {
                return Some(version);
            }
            if is_new {
                seen = Some((version, Instant::now()));
            }
            if begun.elapsed() > LONGEST_WAIT {
                return None;
            }
        }
    }

    pub(super) fn sign(&self, kind: Kind, key: &Digest) -> Option<Sign> {
        let secret = self.secret()?.clone();
        let place = format!("{LAYOUT}/{CLAIMS}/{}", claimed(kind, key));
        let (at, name) = (self.path(&place), format!("{place}\n"));
        let nonce = RandomState::new().hash_one(&place);
        Some(Sign { wire: Arc::clone(self.wire()), secret, at, name, nonce, state: Mutex::new(State::Writing) })
    }
}

impl Sign {
    /// Writes the object with this number.
    pub(super) async fn put(&self, number: u64, mode: PutMode) -> Result<Option<PutMode>, String> {
        let object = sealed::seal(&self.name, &self.secret, |out| write!(out, "{:016x} {number}\n", self.nonce));
        self.wire.put(&self.at, object.map_err(|error| error.to_string())?, mode).await
    }

    fn held(self, version: PutMode, runtime: Handle) -> Held {
        self.set(State::Ours(version));
        Held { sign: Arc::new(self), runtime, since: Instant::now(), beats: AtomicU64::new(0) }
    }

    pub(super) fn set(&self, state: State) -> State {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state)
    }

    pub(super) async fn beat(&self, number: u64, version: PutMode) {
        let state = match self.put(number, version.clone()).await {
            Ok(Some(version)) => State::Ours(version),
            Ok(None) => State::Lost,
            Err(_) => State::Ours(version),
        };
        self.set(state);
    }
}

impl Held {
    /// Shows those who wait that the work goes on, beside the work.
    pub(in crate::cache) fn beat(&self) {
        let number = self.since.elapsed().as_secs() / BEAT;
        if self.beats.swap(number, Ordering::Relaxed) == number {
            return;
        }
        let mut state = self.sign.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Ours(version) = state.clone() {
            *state = State::Writing;
            let sign = Arc::clone(&self.sign);
            self.runtime.spawn(async move { sign.beat(number, version).await });
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.sign.set(State::Lost) == State::Lost {
            return;
        }
        let sign = Arc::clone(&self.sign);
        let release = async move {
            // Whoever waits takes it over later.
            let _ = sign.wire.delete(&sign.at).await;
        };
        self.sign.wire.beside(&self.runtime, release);
    }
}
