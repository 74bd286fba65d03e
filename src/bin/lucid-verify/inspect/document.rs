//! What is shown of an image, as JSON has it.

use lucid_verify::digest::Digest;
use lucid_verify::facts::{packages, python};
use lucid_verify::image::history;
use lucid_verify::report::{Failure, Layer};
use lucid_verify::source::referrers::Referrers;
use lucid_verify::text;
use lucid_verify::verify::Loaded;
use serde::Serialize;
use serde_json::Value;

use super::secrets;

/// An image.
#[derive(Serialize)]
pub struct Document {
    pub reference: String,
    pub digest: Option<String>,
    pub index_digest: Option<String>,
    pub config_digest: String,
    pub platform: String,
    pub complete: bool,
    pub error: Option<Failure>,
    pub notes: Vec<String>,
    pub config: Value,
    pub layers: Vec<Layer>,
    pub packages: Vec<Package>,
    /// `None`: the place cannot tell, or must not be asked.
    pub referrers: Option<Vec<Referring>>,
}

/// What refers to the image or to its index, as the place claims.
#[derive(Serialize)]
pub struct Referring {
    pub subject: String,
    pub artifact_type: String,
    pub digest: Option<String>,
    pub bytes: Option<u64>,
    pub created: Option<String>,
    pub tag: Option<String>,
}

/// An installed package.
#[derive(Serialize)]
pub struct Package {
    pub kind: &'static str,
    pub name: String,
    pub version: String,
}

impl Document {
    /// Everything that is known of an image that was read.
    pub fn of(loaded: &Loaded, secrets: bool, referrers: Option<&[(Digest, Referrers)]>) -> Self {
        let image = &loaded.image;
        let config = if secrets { image.config.document.clone() } else { secrets::masked(&image.config.document) };
        let found = || referrers.into_iter().flatten();
        Self {
            reference: image.reference.to_string(),
            digest: image.digest.as_ref().map(ToString::to_string),
            index_digest: image.index_digest.as_ref().map(ToString::to_string),
            config_digest: image.config.digest.to_string(),
            platform: image.config.platform().to_string(),
            complete: loaded.gap.is_none(),
            error: loaded.gap.as_ref().map(Failure::from),
            notes: image.notes.iter().chain(found().flat_map(|(_, found)| &found.notes)).cloned().collect(),
            config,
            layers: layers(loaded, secrets),
            packages: installed(loaded),
            referrers: referrers.map(|found| found.iter().flat_map(referring).collect()),
        }
    }
}

fn referring((subject, found): &(Digest, Referrers)) -> impl Iterator<Item = Referring> {
    found.listed.iter().map(move |referrer| Referring {
        subject: subject.to_string(),
        artifact_type: referrer.artifact_type.clone(),
        digest: referrer.digest.as_ref().map(ToString::to_string),
        bytes: referrer.size,
        created: referrer.created.clone(),
        tag: referrer.tag.clone(),
    })
}

pub fn layers(loaded: &Loaded, secrets: bool) -> Vec<Layer> {
    let (manifest, config) = (&loaded.image.manifest, &loaded.image.config);
    let made = history::instructions(&config.history, manifest.layers.len());
    let shown = |made: String| if secrets { made } else { text::mask(&made) };
    let described = manifest.layers.iter().zip(&config.rootfs.diff_ids).zip(made).zip(loaded.contents()).enumerate();
    described
        .map(|(index, (((descriptor, diff_id), made), content))| {
            let read = loaded.layers.get(index).and_then(Option::as_ref);
            Layer {
                index,
                digest: descriptor.digest.to_string(),
                diff_id: diff_id.to_string(),
                media_type: descriptor.media_type.clone(),
                compressed_bytes: descriptor.size,
                bytes: read.map(|read| read.raw_size),
                entries: read.map(|read| read.entries.len() as u64),
                files_bytes: content.map(|content| content.bytes),
                hidden_bytes: content.map(|content| content.hidden),
                created_by: made.map(shown),
            }
        })
        .collect()
}

fn installed(loaded: &Loaded) -> Vec<Package> {
    let system = packages::packages(&loaded.tree).installed.into_iter().map(|package| Package {
        kind: package.format.word(),
        name: package.name,
        version: package.version,
    });
    let sites = python::python(&loaded.tree).sites;
    let python = sites.into_iter().flat_map(|site| site.distributions);
    let python = python.map(|dist| Package { kind: "python", name: dist.name, version: dist.version });
    let mut all: Vec<Package> = system.chain(python).collect();
    all.sort_by(|one, other| (one.kind, &one.name, &one.version).cmp(&(other.kind, &other.name, &other.version)));
    all
}
