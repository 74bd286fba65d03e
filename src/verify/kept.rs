//! A registry with what is known before it: what this run fetched, and the cache. Documents never change under their digest, so
//! those that came once are not asked for again; of a tag, the registry is asked whether it is what it was.

use std::io::{BufRead, Cursor, Read};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};

use super::{Reading, Watch};
use crate::cache::{Cache, Kind as Entry};
use crate::digest::{Digest, Verified};
use crate::error::{Error, Kind, Result};
use crate::image::{Descriptor, MediaType};
use crate::limits;
use crate::reference::{Reference, Transport};
use crate::source::{self, Fetched, Listing, Source};

/// Hours after which it is noted anew that a tag is what it was: a note each time would cost a write each time.
const NOTED_ANEW: i64 = 1;

/// What a document is asked for as: what is called a manifest is held against that name.
const MANIFEST: &str = "manifest";
const BLOB: &str = "blob";

/// Which document it is, and that document if it is at hand.
type Known = (Digest, Option<Fetched>);

/// A repository of a registry, and what is known of it.
struct Kept {
    reference: Reference,
    reading: Reading,
    /// The registry, once it is asked for anything.
    behind: OnceLock<Result<Box<dyn Source>>>,
}

/// Opens the place that a reference names. Nothing is asked of a registry before the first document is that is not at hand,
/// and offline nothing at all.
pub(super) fn open(reference: &Reference, reading: &Reading, watch: &dyn Watch) -> Result<Arc<dyn Source>> {
    match &reference.transport {
        Transport::Registry { .. } if reading.offline && reading.cache.is_none() => {
            Err(Error::new(Kind::Usage, "there is no cache to answer from").hint("name its folder with --cache DIR"))
        }
        Transport::Registry { .. } => {
            let kept = Kept { reference: reference.clone(), reading: reading.clone(), behind: OnceLock::new() };
            if kept.reading.offline
                && let Some((_, at)) = kept.last_seen()
            {
                watch.last_seen(reference, at);
            }
            Ok(Arc::new(kept))
        }
        Transport::DockerDaemon { .. } if reading.offline => {
            let error = Error::new(Kind::Unreachable, "a Docker engine answers requests, and --offline makes none");
            Err(error.hint("leave out --offline, or pipe the image in: docker save IMAGE | lucid-verify docker-archive:-"))
        }
        _ => Ok(source::open(reference, &reading.access, &reading.limits)?.into()),
    }
}

impl Kept {
    /// The registry; offline the error that says what of it is missing.
    fn behind(&self, missing: impl FnOnce() -> String) -> Result<&dyn Source> {
        if self.reading.offline {
            let error = Error::new(Kind::Unreachable, format!("{} is not in the cache", missing()));
            return Err(error.hint(format!("fetch it without --offline: lucid-verify {}", self.reference)));
        }
        let open = || source::open(&self.reference, &self.reading.access, &self.reading.limits);
        self.behind.get_or_init(open).as_ref().map(|source| &**source).map_err(Clone::clone)
    }

    fn cache(&self) -> Option<&Cache> {
        self.reading.cache.as_deref()
    }

    /// Documents are kept by their repository, too: what one registry calls a document, or that it has it, says nothing of
    /// another.
    fn key(&self, kind: &str, digest: &Digest) -> Digest {
        let Transport::Registry { host, repository } = &self.reference.transport else { return digest.clone() };
        Digest::sha256(format!("{kind} {host}/{repository} {digest}").as_bytes())
    }

    fn tag_key(&self) -> Digest {
        Digest::sha256(format!("tag {}", self.reference).as_bytes())
    }

    /// A document as it came, once it is what its digest says.
    fn document(&self, kind: &str, digest: &Digest) -> Option<Fetched> {
        let entry = self.cache()?.get(Entry::Document, &self.key(kind, digest))?;
        let mut lines = entry.splitn(3, |byte| *byte == b'\n');
        let mut line = || String::from_utf8(lines.next()?.to_vec()).ok().map(|line| Some(line).filter(|line| !line.is_empty()));
        let (content_type, claimed_digest) = (line()?, line()?);
        let bytes = lines.next().filter(|bytes| digest.matches(bytes))?.to_vec();
        Some(Fetched { bytes, content_type, claimed_digest })
    }

    fn keep(&self, kind: &str, digest: &Digest, Fetched { bytes, content_type, claimed_digest }: &Fetched) {
        let line = |text: &Option<String>| text.clone().unwrap_or_default() + "\n";
        let head = line(content_type) + &line(claimed_digest);
        if let Some(cache) = self.cache() {
            cache.put(Entry::Document, &self.key(kind, digest), &[head.as_bytes(), bytes].concat());
        }
    }

    /// What the tag was when it was last asked for, and when that was.
    fn last_seen(&self) -> Option<(Digest, DateTime<Utc>)> {
        let (at, text) = self.cache()?.get_stamped(Entry::Document, &self.tag_key())?;
        Some((std::str::from_utf8(&text).ok()?.parse().ok()?, at))
    }

    /// What the tag is now, if that can be had without a document: what the registry says to one who has the last one. What
    /// is not at hand any more is asked for plainly.
    fn tag(&self) -> Result<Option<Known>> {
        let Some((known, at)) = self.last_seen() else { return Ok(None) };
        let document = self.document(MANIFEST, &known);
        if self.reading.offline {
            return Ok(Some((known, document)));
        }
        if document.is_none() {
            return Ok(None);
        }
        let now = self.behind(String::new)?.current(&known)?;
        if let Some(now) = now.as_ref().filter(|now| **now != known || Cache::hours_since(at) >= NOTED_ANEW) {
            self.note(now);
        }
        Ok(now.map(|now| {
            let document = if now == known { document } else { self.document(MANIFEST, &now) };
            (now, document)
        }))
    }

    fn note(&self, digest: &Digest) {
        if let Some(cache) = self.cache() {
            cache.put_stamped(Entry::Document, &self.tag_key(), digest.to_string().as_bytes());
        }
    }

    /// A small blob, held against its digest.
    fn small(&self, descriptor: &Descriptor) -> Result<Vec<u8>> {
        let Descriptor { digest, size, .. } = descriptor;
        if let Some(fetched) = self.document(BLOB, digest) {
            return Ok(fetched.bytes);
        }
        let fetch = || {
            let behind = self.behind(|| format!("the document {digest}"))?;
            let mut bytes = Vec::new();
            Verified::new(source::blob(behind, descriptor, self.reading.access.retries)?, digest, *size)
                .read_to_end(&mut bytes)?;
            Ok(Fetched { bytes, content_type: None, claimed_digest: None })
        };
        // It was held against digest and size: of all repositories of a registry one is asked.
        let host = self.reference.host().unwrap_or_default();
        let key = Digest::sha256(format!("{BLOB} {host} {digest} {size}").as_bytes());
        let fetched = self.reading.shared.document(key, fetch)?;
        self.keep(BLOB, digest, &fetched);
        Ok(fetched.bytes)
    }
}

impl Source for Kept {
    fn manifest(&self, child: Option<&Descriptor>, limit: u64) -> Result<Fetched> {
        let pinned = child.map(|child| &child.digest).or(self.reference.digest.as_ref());
        let at_hand = |digest: &Digest| Ok(Some((digest.clone(), self.document(MANIFEST, digest))));
        let known = pinned.map_or_else(|| self.tag(), at_hand)?;
        let (known, fetched) = known.map_or((None, None), |(digest, fetched)| (Some(digest), fetched));
        if let Some(fetched) = fetched {
            let most = |fetched: &Fetched| fetched.bytes.len() as u64 <= limit;
            return Some(fetched)
                .filter(most)
                .ok_or_else(|| limits::manifest(format!("the manifest is larger than {limit} bytes")));
        }
        let missing = || match &known {
            Some(digest) => format!("the manifest {digest}"),
            None => format!("what the tag of {} stands for", self.reference),
        };
        let fetch = || self.behind(missing)?.manifest(child, limit);
        let Some(pinned) = pinned else {
            let fetched = fetch()?;
            let digest = Digest::sha256(&fetched.bytes);
            self.keep(MANIFEST, &digest, &fetched);
            self.note(&digest);
            return Ok(fetched);
        };
        let fetched = self.reading.shared.document(self.key(MANIFEST, pinned), fetch)?;
        if pinned.matches(&fetched.bytes) {
            self.keep(MANIFEST, pinned, &fetched);
        }
        Ok(fetched)
    }

    fn current(&self, known: &Digest) -> Result<Option<Digest>> {
        if self.reading.offline { Ok(None) } else { self.behind(String::new)?.current(known) }
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.behind(String::new).ok()?.listing()
    }

    fn is_at_hand(&self) -> bool {
        false
    }

    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>> {
        let Descriptor { media_type, digest, size, .. } = descriptor;
        if matches!(MediaType::parse(media_type), Some(MediaType::Layer(_))) {
            return self.behind(|| format!("the layer {digest} of {size} bytes"))?.blob(descriptor, from);
        }
        let mut bytes = Cursor::new(self.small(descriptor)?);
        bytes.set_position(from);
        Ok(Box::new(bytes))
    }
}
