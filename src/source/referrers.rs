//! What refers to a manifest: signatures, attestations, lists of contents. It is listed for who looks at an image; no verdict
//! depends on it.

use std::collections::BTreeMap;

use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::Value;

use super::headers;
use super::layout::{Layout, ref_name};
use super::registry::{DIGEST, Registry, accept};
use super::retry::Attempts;
use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::image::config::null_as_default;
use crate::image::manifest::Document;
use crate::image::{Descriptor, MediaType};
use crate::text::{escape, shortened};

/// Referrers of one manifest that are listed.
const MOST: usize = 1000;

/// Answers that a registry may spread them over.
const PAGES: usize = 20;

/// Further tries of one request: what is listed beside an image is not worth the patience that the image is.
const TRIES: u32 = 1;

/// When it was made (image-spec, annotations.md).
const CREATED: &str = "org.opencontainers.image.created";

/// What cosign before its third version tags, instead of letting it refer: the end of the tag, and what is there (cosign,
/// `specs/SIGNATURE_SPEC.md` "Tag-based Discovery").
const TAGGED: [(&str, &str); 3] = [("sig", "cosign signature"), ("att", "cosign attestation"), ("sbom", "cosign SBOM")];

/// What only some places can list.
pub trait Listing {
    /// What refers to the manifest of this digest; of each document at most `limit` bytes are read. What cannot be had is a
    /// note: it says nothing of the image.
    fn referrers(&self, subject: &Digest, limit: u64) -> Referrers;
}

/// What refers to a manifest.
#[derive(Debug, Default)]
pub struct Referrers {
    /// In the order in which the place lists them.
    pub listed: Vec<Referrer>,
    /// What could not be had, fit to be shown.
    pub notes: Vec<String>,
}

/// A manifest that refers to another. All of it is a claim of the place that it is in, fit to be shown.
#[derive(Debug, PartialEq, Eq)]
pub struct Referrer {
    /// What it is: its artifact type, else its media type.
    pub artifact_type: String,
    /// Its digest, where the place tells.
    pub digest: Option<Digest>,
    /// The size of its manifest in bytes, where the place tells.
    pub size: Option<u64>,
    /// When it was made, as its annotation claims.
    pub created: Option<String>,
    /// The tag by which it was found, if it does not refer by itself.
    pub tag: Option<String>,
}

/// A list of manifests: an index.
#[derive(Deserialize)]
struct Listed {
    // Go writes none as `null`.
    #[serde(deserialize_with = "null_as_default")]
    manifests: Vec<Value>,
}

/// An entry of such a list, as far as it is a referrer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    media_type: String,
    digest: Digest,
    size: u64,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// A manifest that may refer to another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referring {
    #[serde(default)]
    subject: Option<Descriptor>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

fn shown(text: &str) -> String {
    shortened(&escape(text.as_bytes()))
}

/// The tag that lists referrers where a registry does not (distribution-spec, "Referrers Tag Schema").
fn tag(subject: &Digest) -> String {
    subject.to_string().replacen(':', "-", 1)
}

impl Referrers {
    /// Adds the entries of an index; false once there are too many.
    fn add(&mut self, index: &[u8]) -> Result<bool> {
        let listed: Listed = Document::read(index)?;
        let mut strange = 0_u64;
        for entry in &listed.manifests {
            if self.listed.len() >= MOST {
                self.notes.push(format!("of its referrers the first {MOST} are listed"));
                return Ok(false);
            }
            match Entry::deserialize(entry) {
                Ok(entry) => self.listed.push(entry.into()),
                Err(_) => strange += 1,
            }
        }
        if strange > 0 {
            self.notes.push(format!("in the list of its referrers {strange} of {} are none", listed.manifests.len()));
        }
        Ok(true)
    }

    /// Notes what went wrong, except that nothing is there.
    fn note(&mut self, error: Error, subject: &Digest) {
        if error.kind != Kind::NotFound {
            self.notes.push(error.doing(format!("list what refers to {}", subject.short())).to_string());
        }
    }
}

impl From<Entry> for Referrer {
    fn from(entry: Entry) -> Self {
        let Entry { artifact_type, media_type, digest, size, annotations } = entry;
        let kind = artifact_type.filter(|kind| !kind.is_empty()).unwrap_or(media_type);
        let created = annotations.as_ref().and_then(|all| all.get(CREATED)).map(|created| shown(created));
        Self { artifact_type: shown(&kind), digest: Some(digest), size: Some(size), created, tag: None }
    }
}

impl Listing for Registry {
    fn referrers(&self, subject: &Digest, limit: u64) -> Referrers {
        self.host.runtime.block_on(self.referring(subject, limit))
    }
}

impl Registry {
    async fn referring(&self, subject: &Digest, limit: u64) -> Referrers {
        let mut found = Referrers::default();
        if let Err(error) = self.pages(subject, limit, &mut found).await {
            let is_away = error.kind == Kind::Unreachable;
            found.note(error, subject);
            if is_away {
                return found;
            }
            let listed = self.document("manifests", &tag(subject), limit, Attempts::new(TRIES)).await;
            if let Err(error) = listed.and_then(|(_, index)| found.add(&index)) {
                found.note(error, subject);
            }
        }
        for (end, kind) in TAGGED {
            let tag = format!("{}.{end}", tag(subject));
            match self.ask(&Method::HEAD, "manifests", &tag, &accept(), &mut Attempts::new(TRIES)).await {
                Ok(response) => found.listed.push(tagged(&response, kind, tag)),
                Err(error) if error.kind == Kind::NotFound => {}
                // The next tag would fail so, too.
                Err(error) => {
                    found.note(error, subject);
                    break;
                }
            }
        }
        found
    }

    /// The pages of the list that the registry itself keeps (distribution-spec, "Listing Referrers").
    async fn pages(&self, subject: &Digest, limit: u64, found: &mut Referrers) -> Result<()> {
        let mut name = subject.to_string();
        for _ in 0..PAGES {
            let (said, index) = self.document("referrers", &name, limit, Attempts::new(TRIES)).await?;
            if !found.add(&index)? {
                return Ok(());
            }
            let Some(query) = headers::next(&said) else { return Ok(()) };
            name = format!("{subject}?{query}");
        }
        found.notes.push(format!("of the list of its referrers the first {PAGES} pages were read"));
        Ok(())
    }
}

/// What a tag of cosign's stands for, as a HEAD tells.
fn tagged(response: &Response, kind: &str, tag: String) -> Referrer {
    let digest = response.headers().get(&DIGEST).and_then(|value| value.to_str().ok());
    let size = response.headers().get(reqwest::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    Referrer {
        artifact_type: kind.to_owned(),
        digest: digest.and_then(|digest| digest.trim().parse().ok()),
        size: size.and_then(|size| size.parse().ok()),
        created: None,
        tag: Some(tag),
    }
}

impl Listing for Layout {
    /// Those whose manifests index.json lists (image-spec, image-layout.md).
    fn referrers(&self, subject: &Digest, limit: u64) -> Referrers {
        let mut found = Referrers::default();
        let index = self.files.read("index.json", limit).and_then(|index| Document::read::<Listed>(&index));
        match index {
            Ok(index) => index.manifests.iter().take(MOST).for_each(|entry| self.entry(entry, subject, limit, &mut found)),
            Err(error) => found.note(error, subject),
        }
        found
    }
}

impl Layout {
    fn entry(&self, entry: &Value, subject: &Digest, limit: u64, found: &mut Referrers) {
        let Ok(descriptor) = Descriptor::deserialize(entry) else { return };
        let is_document = matches!(MediaType::parse(&descriptor.media_type), Some(MediaType::Manifest | MediaType::Index));
        if !is_document || descriptor.digest == *subject {
            return;
        }
        let read = self.files.read(&super::layout::file(&descriptor), limit).and_then(|bytes| {
            if ref_name(entry) == Some(&tag(subject)[..]) {
                return found.add(&bytes).map(drop);
            }
            let Referring { subject: about, artifact_type, config, annotations } = Document::read(&bytes)?;
            if about.is_some_and(|about| about.digest == *subject) {
                let artifact_type = artifact_type.filter(|kind| !kind.is_empty()).or(config.map(|config| config.media_type));
                let Descriptor { media_type, digest, size, .. } = descriptor.clone();
                found.listed.push(Entry { artifact_type, media_type, digest, size, annotations }.into());
            }
            Ok(())
        });
        if let Err(error) = read {
            found.note(error, subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_bounded_and_fit_to_be_shown() {
        let entry =
            |kind: &str| format!(r#"{{"artifactType":"{kind}","mediaType":"m","digest":"sha256:{}","size":2}}"#, "a".repeat(64));
        let index = |entries: Vec<String>| format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
        let mut found = Referrers::default();
        let hostile = [entry("a\\u001b[31m"), entry(""), r#"{"digest":"no"}"#.to_owned()];
        assert!(found.add(index(hostile.into()).as_bytes()).unwrap());
        let kinds: Vec<&str> = found.listed.iter().map(|referrer| &referrer.artifact_type[..]).collect();
        assert_eq!((kinds, found.notes.len()), (vec!["a\\u{1b}[31m", "m"], 1));
        assert!(!found.add(index(vec![entry("x"); MOST + 1]).as_bytes()).unwrap());
        assert_eq!(found.listed.len(), MOST);
        for wrong in ["", "[]", "null", "{}", r#"{"manifests":[],"manifests":[]}"#] {
            assert!(Referrers::default().add(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
