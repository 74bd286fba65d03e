//! What references, indexes, manifests and configurations say.

#[path = "documents/configs.rs"]
mod configs;
#[path = "documents/indexes.rs"]
mod indexes;
#[path = "documents/kinds.rs"]
mod kinds;
#[path = "documents/layers.rs"]
mod layers;
#[path = "documents/manifests.rs"]
mod manifests;
#[path = "documents/pushed.rs"]
pub mod pushed;
#[path = "documents/references.rs"]
mod references;

use crate::table::rows;
use configs::{broken_configurations, histories, settings, texts_that_act};
use indexes::{attestations, empty_indexes, nested_indexes, no_such_platform, two_claims, variants, wrong_machines};
use kinds::{artifacts, schema_1, undecodable};
use layers::{foreign, how_many, missing_layer, the_same_twice};
use manifests::{ambiguous, bad_digests, bad_json, bad_sizes, claimed_digests, extra_fields, large, pinned, tag_and_digest};
use references::references;

rows! {
    M01 "References" => references;
    M02 "Tag and digest" => tag_and_digest;
    M03 "The digest that a registry claims" => claimed_digests;
    M04 "A pinned digest that is another" => pinned;
    M05 "A manifest that does not end" => large;
    M06 "Schema 1, and others" => schema_1;
    M07 "Documents that can be read in two ways" => ambiguous;
    M08 "What is nearly JSON" => bad_json;
    M09 "Fields that nobody knows, and embedded data" => extra_fields;
    M10 "Digests that are none" => bad_digests;
    M11 "Sizes" => bad_sizes;
    M12 "An index without the platform" => no_such_platform;
    M13 "Variants" => variants;
    M14 "Attestations in an index" => attestations;
    M15 "Index and configuration disagree" => two_claims;
    M16 "Programs of another machine" => wrong_machines;
    M17 "Indexes in indexes" => nested_indexes;
    M18 "Indexes of nothing" => empty_indexes;
    M19 "Artifacts" => artifacts;
    M20 "Broken configurations" => broken_configurations;
    M21 "Histories that fit no layers" => histories;
    M22 "The same layer twice" => the_same_twice;
    M23 "How many layers" => how_many;
    M24 "Foreign layers" => foreign;
    M25 "Layers that cannot be decoded" => undecodable;
    M26 "A layer that is gone" => missing_layer;
    M27 "Settings of all kinds" => settings;
    M28 "Texts that terminals act on" => texts_that_act;
}
