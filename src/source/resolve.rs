//! From a reference to one image: through indexes to a manifest and its configuration, each held against its digest.

use std::collections::BTreeSet;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Fetched, Source, attestation, resume};
use crate::digest::{Algorithm, Digest, Hasher, Verified};
use crate::error::{Error, Kind, Result};
use crate::image::manifest::Document;
use crate::image::{Attestation, Config, Descriptor, Index, Manifest, MediaType, Resolved};
use crate::limits::{self, Limits};
use crate::reference::{Platform, Reference};
use crate::text::{escape, shortened, terminal};

/// Follows a reference to an image. Of an index the entry for `platform` is taken; a single manifest is taken as it is.
/// `retries` bounds how often a broken download is taken up again.
pub fn resolve(
    source: &dyn Source,
    reference: &Reference,
    platform: Option<&Platform>,
    limits: &Limits,
    retries: u32,
) -> Result<Resolved> {
    let walk = Walk { source, reference, limits, notes: Vec::new() };
    walk.resolve(platform, retries).map_err(|error| error.doing(format!("resolve {}", terminal(&reference.to_string()))))
}

/// Follows a reference to the images of all platforms, one after the other: one if it leads to no index. `take` gets them
/// in the order of the index, each with the platform that the index claims for it. One that cannot be followed does not
/// hide the others.
pub fn platforms(
    source: &dyn Source,
    reference: &Reference,
    limits: &Limits,
    retries: u32,
    take: &mut dyn FnMut(Option<Platform>, Result<Resolved>),
) -> Result<()> {
    let doing = format!("resolve {}", terminal(&reference.to_string()));
    let take = &mut |platform, image: Result<Resolved>| take(platform, image.map_err(|error| error.doing(&doing[..])));
    let mut all = All { source, reference, limits, retries, seen: BTreeSet::new(), take };
    all.visit(None, &Way::default()).map_err(|error| error.doing(&doing[..]))
}

struct Walk<'a> {
    source: &'a dyn Source,
    reference: &'a Reference,
    limits: &'a Limits,
    notes: Vec<String>,
}

/// The indexes on the way to an image.
#[derive(Clone, Default)]
struct Way {
    outermost: Option<Digest>,
    depth: usize,
    /// What the innermost index that names a platform says.
    platform: Option<Platform>,
    /// What the innermost index lists beside its entry, as attested of that.
    attestation: Option<Descriptor>,
}

impl Way {
    fn through(&self, index: &Digest) -> Self {
        Self { outermost: self.outermost.clone().or_else(|| Some(index.clone())), depth: self.depth + 1, ..self.clone() }
    }

    fn to(&self, entry: &Descriptor, index: &Index) -> Self {
        let platform = entry.platform.clone().or_else(|| self.platform.clone());
        Self { platform, attestation: index.attestation(&entry.digest).cloned(), ..self.clone() }
    }
}

/// The images of all platforms.
struct All<'a> {
    source: &'a dyn Source,
    reference: &'a Reference,
    limits: &'a Limits,
    retries: u32,
    /// What was met: one image is judged once, however often it is listed.
    seen: BTreeSet<Digest>,
    take: &'a mut dyn FnMut(Option<Platform>, Result<Resolved>),
}

impl All<'_> {
    fn visit(&mut self, entry: Option<&Descriptor>, way: &Way) -> Result<()> {
        let mut walk = Walk { source: self.source, reference: self.reference, limits: self.limits, notes: Vec::new() };
        let (digest, document) = walk.document(entry)?;
        let index = match document {
            Document::Manifest(manifest) => {
                let image = walk.image(digest, manifest, way.clone(), self.retries)?;
                (self.take)(way.platform.clone(), Ok(image));
                return Ok(());
            }
            Document::Index(index) => index,
        };
        let way = way.through(&digest);
        walk.bounded(&index, way.depth).map_err(|error| at(error, "index", &digest))?;
        if index.images().next().is_none() {
            return Err(at(Error::new(Kind::NotFound, "the index holds no image"), "index", &digest));
        }
        for entry in index.images() {
            if !self.seen.insert(entry.digest.clone()) {
                continue;
            }
            if self.seen.len() as u64 > self.limits.index_entries {
                let what = format!("it and the indexes in it have more than {} entries", self.limits.index_entries);
                return Err(at(limits::index_entries(what), "index", &digest));
            }
            let way = way.to(entry, &index);
            if let Err(error) = check_data(entry).and_then(|()| self.visit(Some(entry), &way)) {
                (self.take)(way.platform, Err(error));
            }
        }
        Ok(())
    }
}

impl Walk<'_> {
    fn resolve(mut self, platform: Option<&Platform>, retries: u32) -> Result<Resolved> {
        let (mut entry, mut way) = (None, Way::default());
        loop {
            let (digest, document) = self.document(entry.as_ref())?;
            let index = match document {
                Document::Manifest(manifest) => return self.image(digest, manifest, way, retries),
                Document::Index(index) => index,
            };
            way = way.through(&digest);
            let chosen = self.choose(&index, way.depth, platform).map_err(|error| at(error, "index", &digest))?;
            way = way.to(&chosen, &index);
            entry = Some(chosen);
        }
    }

    /// The image of a manifest.
    fn image(mut self, digest: Digest, manifest: Manifest, way: Way, retries: u32) -> Result<Resolved> {
        let config = self.config(&manifest, retries).map_err(|error| at(error, "manifest", &digest))?;
        let attestation = self.attestation(&way, retries);
        Ok(Resolved {
            reference: self.reference.clone(),
            digest: self.source.holds_manifests().then_some(digest),
            index_digest: way.outermost,
            index_platform: way.platform,
            manifest,
            config,
            attestation,
            notes: self.notes,
        })
    }

    /// What is attested of the image at the end of a way.
    fn attestation(&mut self, way: &Way, retries: u32) -> Attestation {
        let found = match &way.attestation {
            Some(entry) => attestation::read(self.source, entry, self.limits, retries),
            None if way.outermost.is_none() => {
                Attestation::Absent("the reference leads to no index, where attestations are listed")
            }
            None => Attestation::Absent("the index lists no attestation of the image"),
        };
        if let Attestation::Unread(why) = &found {
            self.notes.push(why.clone());
        }
        found
    }

    /// Fetches and reads what the reference or `entry` names. What its bytes are comes before what they say.
    fn document(&mut self, entry: Option<&Descriptor>) -> Result<(Digest, Document)> {
        if let Some(entry) = entry.filter(|entry| entry.size > self.limits.manifest) {
            let what = format!("{} has {} bytes, more than {}", entry.digest, entry.size, self.limits.manifest);
            return Err(limits::manifest(what));
        }
        let fetched = self.source.manifest(entry, self.limits.manifest)?;
        let wanted = entry.map_or(self.reference.digest.as_ref(), |entry| Some(&entry.digest));
        let digest = self.identify(&fetched, wanted)?;
        if entry.is_none() {
            self.compare_tag();
        }
        let context = |error| at(error, "document", &digest);
        if let Some(entry) = entry.filter(|entry| entry.size != fetched.bytes.len() as u64) {
            let what = format!("it has {} bytes, the index says {}", fetched.bytes.len(), entry.size);
            return Err(context(Error::new(Kind::Corrupt, what)));
        }
        let document = Document::parse(&fetched.bytes, fetched.content_type.as_deref()).map_err(context)?;
        if let Some(entry) = entry {
            agree(entry, &fetched, &document).map_err(context)?;
        }
        Ok((digest, document))
    }

    /// Says so where a tag that stands beside a digest has moved on: the digest counts, and not all who write both know that.
    fn compare_tag(&mut self) {
        let Reference { tag: Some(tag), digest: Some(pinned), .. } = self.reference else { return };
        if let Ok(Some(now)) = self.source.current(pinned)
            && now != *pinned
        {
            self.notes.push(format!("the tag {tag} is {now} now; the digest that was asked for counts"));
        }
    }

    /// The digest of a document, computed from its bytes, once it is the one wanted and the one that the transport claims.
    fn identify(&mut self, fetched: &Fetched, wanted: Option<&Digest>) -> Result<Digest> {
        let computed = |algorithm| {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(&fetched.bytes);
            hasher.finish()
        };
        let differs = |found: &Digest, by: &str, want: &Digest| {
            Error::new(Kind::Corrupt, format!("the document has digest {found}, {by} {want}"))
                .hint("something between here and the registry alters or mixes up content; try again, or from another network")
        };
        let digest = computed(wanted.map_or(Algorithm::Sha256, Digest::algorithm));
        if let Some(wanted) = wanted.filter(|wanted| **wanted != digest) {
            return Err(differs(&digest, "wanted", wanted));
        }
        let Some(claim) = fetched.claimed_digest.as_deref().map(str::trim).filter(|claim| !claim.is_empty()) else {
            return Ok(digest);
        };
        match claim.parse::<Digest>() {
            Ok(claimed) => {
                let found = computed(claimed.algorithm());
                if found != claimed {
                    return Err(differs(&found, "the transport says", &claimed));
                }
            }
            Err(error) => self.notes.push(format!("the transport's digest of {} is not checked: {}", digest.short(), error.what)),
        }
        Ok(digest)
    }

    fn choose(&mut self, index: &Index, depth: usize, platform: Option<&Platform>) -> Result<Descriptor> {
        self.bounded(index, depth)?;
        let chosen = index.choose(platform, &mut self.notes)?;
        check_data(chosen)?;
        Ok(chosen.clone())
    }

    fn bounded(&self, index: &Index, depth: usize) -> Result<()> {
        if depth as u64 > self.limits.index_depth {
            return Err(limits::index_depth(format!("indexes are nested deeper than {}", self.limits.index_depth)));
        }
        let entries = index.manifests.len();
        if entries as u64 > self.limits.index_entries {
            return Err(limits::index_entries(format!("it has {entries} entries, more than {}", self.limits.index_entries)));
        }
        Ok(())
    }

    fn config(&self, manifest: &Manifest, retries: u32) -> Result<Config> {
        let layers = manifest.layers.len();
        if layers as u64 > self.limits.layers {
            return Err(limits::layers(format!("it has {layers} layers, more than {}", self.limits.layers)));
        }
        std::iter::once(&manifest.config).chain(&manifest.layers).try_for_each(check_data)?;
        let Descriptor { digest, size, .. } = &manifest.config;
        if *size > self.limits.config {
            return Err(limits::config(format!("its configuration has {size} bytes, more than {}", self.limits.config)));
        }
        let mut bytes = Vec::new();
        let read = resume::blob(self.source, &manifest.config, retries)
            .and_then(|blob| Ok(Verified::new(blob, digest, *size).read_to_end(&mut bytes)?));
        read.map_err(|error| at(error, "image configuration", digest))?;
        Config::parse(&bytes, digest, layers)
    }
}

fn at(error: Error, what: &str, digest: &Digest) -> Error {
    error.doing(format!("read the {what} {digest}"))
}

/// Holds a child against what its index says of it: a document that is called two things can be read in two ways
/// (CVE-2021-41190).
fn agree(entry: &Descriptor, fetched: &Fetched, document: &Document) -> Result<()> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        media_type: Option<String>,
    }
    let name = |text: &str| text.split(';').next().unwrap_or_default().trim().to_owned();
    let shape = match document {
        Document::Manifest(_) => MediaType::Manifest,
        Document::Index(_) => MediaType::Index,
    };
    let own = serde_json::from_slice::<Named>(&fetched.bytes).ok().and_then(|named| named.media_type);
    let transport = fetched.content_type.as_deref().map(name).filter(|text| MediaType::parse(text).is_some());
    let called = own.filter(|text| !text.is_empty()).or(transport);
    let wanted = name(&entry.media_type);
    if MediaType::parse(&wanted) == Some(shape) && called.as_deref().is_none_or(|called| name(called) == wanted) {
        return Ok(());
    }
    let called = called.unwrap_or_else(|| format!("{shape:?}"));
    let told = |media_type: &str| shortened(&escape(media_type.as_bytes()));
    let what = format!("it is ambiguous: the index calls it {}, it is {}", told(&wanted), told(&called));
    Err(Error::new(Kind::Unsupported, what))
}

/// Holds the content that a descriptor embeds against its digest and size (image-spec, descriptor.md "Embedded Content").
fn check_data(descriptor: &Descriptor) -> Result<()> {
    let Some(data) = descriptor.data.as_deref() else { return Ok(()) };
    let content = STANDARD.decode(data).ok();
    if content.is_some_and(|content| content.len() as u64 == descriptor.size && descriptor.digest.matches(&content)) {
        return Ok(());
    }
    Err(Error::new(Kind::Corrupt, format!("the data that the descriptor of {} embeds is not its content", descriptor.digest)))
}
