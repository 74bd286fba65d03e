//! What it costs to pull images: bytes of layers, each once.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

/// Images of which each is held against each other one; of more, only what they need where all others are.
const PAIRS: usize = 50;

/// Shared layers that are listed.
const SHARED: usize = 100;

/// What a host downloads for some images: the blobs of their layers. A blob is sent once (distribution-spec, "Pulling
/// blobs"), however often an image names it. Manifests and configurations, a few kilobytes each, do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pull {
    /// The images, in the order of the report.
    pub images: Vec<Pulled>,
    /// How many layers they have, each counted once.
    pub layers: u64,
    /// Bytes of all layers, each once: what a host that has none of the images pulls for all.
    pub bytes: u64,
    /// Bytes if each image came to a host of its own.
    pub sum_bytes: u64,
    /// Bytes of layers that hold what another layer holds, compressed anew: they could be shared.
    pub repacked_bytes: u64,
    /// The layers that several images have, those first that save most; at most a hundred.
    pub shared: Vec<Shared>,
    /// What a host that has one image pulls for another: every pair, of at most fifty images; of more, none.
    pub needs: Vec<Need>,
    /// What the reader should know of these figures.
    pub notes: Vec<String>,
}

/// An image among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pulled {
    /// The full reference.
    pub reference: String,
    /// The platform that the configuration claims.
    pub platform: Option<String>,
    /// Bytes that a host pulls which has none of the images.
    pub compressed_bytes: u64,
    /// Bytes that a host pulls which has all the others: layers that no other image has.
    pub own_bytes: u64,
}

/// A layer that several images have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shared {
    /// The blob's digest; of a layer that one of the images holds uncompressed, the `diff_id`.
    pub digest: String,
    /// Bytes of the blob; the fewest, where images hold it otherwise compressed.
    pub compressed_bytes: u64,
    /// How many images have it.
    pub images: u64,
}

/// What a host that has one image pulls for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Need {
    /// The place in `images` of what the host has, from 0.
    pub have: usize,
    /// The place in `images` of what it pulls.
    pub want: usize,
    /// Bytes of the layers that it lacks.
    pub bytes: u64,
}

/// An image as a manifest describes it.
#[derive(Debug, Clone)]
pub struct Parcel<'a> {
    /// The full reference.
    pub reference: &'a str,
    /// The platform that the configuration claims.
    pub platform: Option<&'a str>,
    /// Its layers.
    pub blobs: Vec<Blob<'a>>,
}

/// The blob of a layer.
#[derive(Debug, Clone, Copy)]
pub struct Blob<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// The digest of what it holds uncompressed; the same where it is not compressed.
    pub diff_id: &'a str,
    /// Its bytes.
    pub bytes: u64,
}

/// What is known of a layer, over all images.
struct Held<'a> {
    diff_id: &'a str,
    bytes: u64,
    images: u64,
}

impl Pull {
    /// Weighs images against each other; `None` of fewer than two.
    ///
    /// A layer is its blob. Where an image holds it uncompressed, as `docker save` writes it, the blobs that registries hold
    /// have other digests, and the layer is what it unpacks to.
    pub fn of(images: &[Parcel<'_>]) -> Option<Self> {
        if images.len() < 2 {
            return None;
        }
        let blobs = images.iter().flat_map(|image| &image.blobs);
        let plain: BTreeSet<&str> = blobs.filter(|blob| blob.digest == blob.diff_id).map(|blob| blob.diff_id).collect();
        let identity = |blob: &Blob<'_>| plain.get(blob.diff_id).copied();
        let contents: Vec<_> = images.iter().map(|image| once(image, &identity)).collect();
        let held = held(&contents);
        let pulled = images.iter().zip(&contents).map(|(image, content)| Pulled {
            reference: image.reference.to_owned(),
            platform: image.platform.map(ToOwned::to_owned),
            compressed_bytes: sum(content.values().map(|blob| blob.bytes)),
            own_bytes: lacking(content, &|layer| held.get(layer).is_some_and(|held| held.images > 1)),
        });
        let pulled: Vec<Pulled> = pulled.collect();
        Some(Self {
            layers: held.len() as u64,
            bytes: sum(held.values().map(|layer| layer.bytes)),
            sum_bytes: sum(pulled.iter().map(|image| image.compressed_bytes)),
            repacked_bytes: repacked(&held),
            shared: shared(&held),
            needs: needs(&contents),
            notes: (!plain.is_empty()).then(|| PLAIN.to_owned()).into_iter().collect(),
            images: pulled,
        })
    }
}

/// What is said of images that no registry holds.
const PLAIN: &str = "some images hold their layers uncompressed, as docker save writes them: a registry sends fewer bytes of \
                     those, and such layers are told apart by what they unpack to";

/// The layers of one image, by what tells them apart.
type Content<'a> = BTreeMap<&'a str, Blob<'a>>;

fn once<'a>(image: &Parcel<'a>, identity: &dyn Fn(&Blob<'a>) -> Option<&'a str>) -> Content<'a> {
    let mut content = Content::new();
    for blob in &image.blobs {
        let known = content.entry(identity(blob).unwrap_or(blob.digest)).or_insert(*blob);
        known.bytes = known.bytes.min(blob.bytes);
    }
    content
}

fn held<'a>(contents: &[Content<'a>]) -> BTreeMap<&'a str, Held<'a>> {
    let mut held: BTreeMap<&str, Held<'_>> = BTreeMap::new();
    for (layer, blob) in contents.iter().flatten() {
        let known = held.entry(layer).or_insert(Held { diff_id: blob.diff_id, bytes: blob.bytes, images: 0 });
        known.bytes = known.bytes.min(blob.bytes);
        known.images += 1;
    }
    held
}

/// Bytes of the layers of an image that a host does not have.
fn lacking(content: &Content<'_>, has: &dyn Fn(&str) -> bool) -> u64 {
    sum(content.iter().filter(|(layer, _)| !has(layer)).map(|(_, blob)| blob.bytes))
}

/// Of layers that unpack to the same, the bytes of all but the smallest.
fn repacked(held: &BTreeMap<&str, Held<'_>>) -> u64 {
    let mut least: BTreeMap<&str, u64> = BTreeMap::new();
    for layer in held.values() {
        let known = least.entry(layer.diff_id).or_insert(layer.bytes);
        *known = layer.bytes.min(*known);
    }
    sum(held.values().map(|layer| layer.bytes)).saturating_sub(sum(least.into_values()))
}

fn shared(held: &BTreeMap<&str, Held<'_>>) -> Vec<Shared> {
    let shared = held.iter().filter(|(_, layer)| layer.images > 1);
    let shared = shared.map(|(digest, layer)| Shared {
        digest: (*digest).to_owned(),
        compressed_bytes: layer.bytes,
        images: layer.images,
    });
    let mut shared: Vec<Shared> = shared.collect();
    // They come by digest, and the sort is stable.
    shared.sort_by_key(|layer| std::cmp::Reverse(layer.compressed_bytes.saturating_mul(layer.images - 1)));
    shared.truncate(SHARED);
    shared
}

fn needs(contents: &[Content<'_>]) -> Vec<Need> {
    if contents.len() > PAIRS {
        return Vec::new();
    }
    let of = |have: usize, has: &Content<'_>| {
        let others = contents.iter().enumerate().filter(move |(want, _)| *want != have);
        let needs = others.map(|(want, content)| Need { have, want, bytes: lacking(content, &|layer| has.contains_key(layer)) });
        needs.collect::<Vec<_>>()
    };
    contents.iter().enumerate().flat_map(|(have, has)| of(have, has)).collect()
}

fn sum(bytes: impl Iterator<Item = u64>) -> u64 {
    bytes.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images of blobs: digest, `diff_id`, bytes.
    fn pull(images: &[&[(&'static str, &'static str, u64)]]) -> Pull {
        let parcel = |blobs: &&[(&'static str, &'static str, u64)]| Parcel {
            reference: "x",
            platform: None,
            blobs: blobs.iter().map(|(digest, diff_id, bytes)| Blob { digest, diff_id, bytes: *bytes }).collect(),
        };
        Pull::of(&images.iter().map(parcel).collect::<Vec<_>>()).unwrap()
    }

    fn needs(pull: &Pull) -> Vec<(usize, usize, u64)> {
        pull.needs.iter().map(|need| (need.have, need.want, need.bytes)).collect()
    }

    #[test]
    fn a_host_pulls_the_layers_that_it_lacks() {
        let (base, old, new) = (("b", "B", 100), ("o", "O", 20), ("n", "N", 3));
        let pull = pull(&[&[base, old], &[base, new], &[base, old, new]]);
        assert_eq!((pull.layers, pull.bytes, pull.sum_bytes, pull.repacked_bytes), (3, 123, 346, 0));
        let images: Vec<_> = pull.images.iter().map(|image| (image.compressed_bytes, image.own_bytes)).collect();
        assert_eq!(images, [(120, 0), (103, 0), (123, 0)]);
        assert_eq!(needs(&pull), [(0, 1, 3), (0, 2, 3), (1, 0, 20), (1, 2, 20), (2, 0, 0), (2, 1, 0)]);
        let shared: Vec<_> = pull.shared.iter().map(|layer| (&layer.digest[..], layer.compressed_bytes, layer.images)).collect();
        assert_eq!(shared, [("b", 100, 3), ("o", 20, 2), ("n", 3, 2)]);
        assert!(pull.notes.is_empty());
    }

    #[test]
    fn what_no_other_image_has_is_its_own() {
        let pull = pull(&[&[("b", "B", 100), ("o", "O", 20)], &[("b", "B", 100)]]);
        assert_eq!(pull.images.iter().map(|image| image.own_bytes).collect::<Vec<_>>(), [20, 0]);
    }

    #[test]
    fn a_layer_that_an_image_names_twice_is_pulled_once() {
        let empty = ("e", "E", 32);
        let pull = pull(&[&[empty, ("a", "A", 1), empty], &[("c", "C", 5)]]);
        assert_eq!((pull.bytes, pull.sum_bytes, pull.images[0].compressed_bytes), (38, 38, 33));
        assert_eq!(needs(&pull), [(0, 1, 5), (1, 0, 33)]);
        assert_eq!(pull.shared, []);
    }

    #[test]
    fn the_same_content_packed_anew_is_another_layer_and_said_so() {
        let pull = pull(&[&[("g1", "B", 100)], &[("g2", "B", 104)], &[("g1", "B", 100)]]);
        assert_eq!((pull.layers, pull.bytes, pull.repacked_bytes), (2, 204, 104));
        assert_eq!(needs(&pull)[..2], [(0, 1, 104), (0, 2, 0)]);
    }

    #[test]
    fn an_uncompressed_layer_is_the_one_that_it_unpacks_to() {
        let pull = pull(&[&[("g1", "B", 100)], &[("B", "B", 1000), ("C", "C", 7)]]);
        assert_eq!((pull.layers, pull.bytes, pull.sum_bytes, pull.repacked_bytes), (2, 107, 1107, 0));
        assert_eq!(needs(&pull), [(0, 1, 7), (1, 0, 0)]);
        assert_eq!((pull.shared[0].digest.as_str(), pull.shared[0].compressed_bytes), ("B", 100));
        assert_eq!(pull.notes.len(), 1);
    }

    #[test]
    fn one_image_has_nothing_to_share_and_a_fleet_no_pairs() {
        let image = Parcel { reference: "x", platform: None, blobs: vec![Blob { digest: "a", diff_id: "A", bytes: u64::MAX }] };
        assert_eq!(Pull::of(std::slice::from_ref(&image)), None);
        let fleet = Pull::of(&vec![image.clone(); 51]).unwrap();
        assert_eq!((fleet.needs.len(), fleet.images.len(), fleet.bytes, fleet.sum_bytes), (0, 51, u64::MAX, u64::MAX));
        assert_eq!(Pull::of(&vec![image; 50]).unwrap().needs.len(), 50 * 49);
    }
}
