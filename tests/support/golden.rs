//! Images written as text: layers in the line language of trees, a configuration, and edits of both.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lucid_verify::digest::Digest;
use lucid_verify::facts::{Facts, Sources, Verified};
use lucid_verify::image::{Attestation, Config, Provenance, Resolved};
use lucid_verify::profile::{Policy, Profile, Subject};
use lucid_verify::rules::{Judged, judge, known};
use lucid_verify::size::snapshot::{Side, SnapshotLayer, Totals, contents, directories};
use lucid_verify::size::{Breakdown, Delta, Growth, Snapshot, shipped};
use lucid_verify::vfs::{Tree, dump};
use serde_json::{Value, json};

const LAYERS: &str = include_str!("../../testdata/golden/layers.txt");
const CONFIG: &str = include_str!("../../testdata/golden/config.json");
const SLIM_LAYERS: &str = include_str!("../../testdata/golden/slim-layers.txt");
const SLIM_CONFIG: &str = include_str!("../../testdata/golden/slim-config.json");
/// What is attested of the image, but for the Dockerfile, which stands beside it.
const PROVENANCE: &str = include_str!("../../testdata/golden/provenance.json");
const DOCKERFILE: &str = include_str!("../../testdata/golden/Dockerfile");
const INFO: &str = "/predicate/runDetails/metadata/buildkit_metadata/source/infos/0/data";
const PROFILE: &str = include_str!("../../testdata/golden/profile.toml");

/// What the image that passes is called.
const NAME: &str = "pickme/lucid-auth:latest-arm64";

/// A file of edits for each group of rules.
const EDITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden/edits");

/// An image: per layer the instruction and the lines.
#[derive(Clone)]
pub struct Image {
    layers: Vec<(String, Vec<String>)>,
    layerless: Vec<String>,
    config: Value,
    /// What is attested, or the type of what else is; null: nothing.
    attested: Value,
    index: String,
    name: String,
    layered: Vec<String>,
    kinds: BTreeMap<usize, String>,
    profile: String,
    own: String,
    /// What the image that passes is called where this one is compared with it; else it is compared with itself.
    baseline: Option<String>,
}

/// An edit of the image that passes, and the findings that must come of it.
pub struct Edit {
    pub title: String,
    pub image: Image,
    pub expected: BTreeSet<String>,
}

/// The image that passes.
pub fn base() -> Image {
    let mut image = image(LAYERS, serde_json::from_str(CONFIG).unwrap()).under(PROFILE);
    image.layerless.push(VERIFIED.into());
    image.attested = serde_json::from_str(PROVENANCE).unwrap();
    *image.attested.pointer_mut(INFO).unwrap() = STANDARD.encode(DOCKERFILE).into();
    Image { name: NAME.into(), ..image }
}

/// The step of the image that passes which makes no layer.
const VERIFIED: &str = "RUN /usr/bin/python3.11 -c import grpc, uvicorn, auth.main";

/// A service on a slim image of its language.
pub fn slim() -> Image {
    image(SLIM_LAYERS, serde_json::from_str(SLIM_CONFIG).unwrap()).under("extends = \"lucid-slim\"\n")
}

/// The image of a text, judged against itself: a line `layer INSTRUCTION` starts a layer, the lines below it are its
/// entries.
pub fn image(text: &str, config: Value) -> Image {
    let mut layers: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines().map(str::trim_start) {
        match (line.strip_prefix("layer "), layers.last_mut()) {
            (Some(instruction), _) => layers.push((instruction.to_owned(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    let profile = "extends = \"generic\"\n".into();
    let index = format!("linux/{}", config["architecture"].as_str().unwrap_or_default());
    let (name, layered, kinds) = ("registry.example/team/app:1".into(), Vec::new(), BTreeMap::new());
    Image {
        layers,
        layerless: Vec::new(),
        config,
        attested: Value::Null,
        index,
        name,
        layered,
        kinds,
        profile,
        own: String::new(),
        baseline: None,
    }
}

/// Every edit: what happened, then one line each of
///
/// ```text
/// - PATH                 the lines of this path are taken out of the layers
/// +N LINE                a line is added to layer N (from 0)
/// ++ LINE                a line of a new layer on top
/// instruction TEXT       what made the new layer, where it is not "RUN the edit"
/// index PLATFORM         what the index says of the image
/// layerless TEXT         an instruction that the builder gave no layer
/// unsaid TEXT            such an instruction is taken out
/// attested JSON          what is attested instead: a predicate type of something else, or null
/// provenance POINTER JSON    a value of the attested provenance is set
/// dockerfile OLD => NEW  a part of the attested Dockerfile is exchanged
/// layered TEXT           an instruction that claims a layer which is not there
/// kind N TYPE            the media type of layer N (from 0)
/// name REFERENCE         what the image is called
/// baseline REFERENCE     what the image that passes is called, with which this one is compared
/// config POINTER JSON    a value of the configuration is set, or added
/// profile TOML           a line of a profile that extends the one of the image
/// = RULE LEVEL PATH LAYER [because RULE]    a finding; `-` where it has no path or layer
/// ```
pub fn edits() -> Vec<Edit> {
    let mut files: Vec<_> = std::fs::read_dir(EDITS).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts.flat_map(|text| format!("\n{text}").split("\n## ").skip(1).map(edit).collect::<Vec<_>>()).collect()
}

fn edit(block: &str) -> Edit {
    let (title, lines) = block.split_once('\n').unwrap();
    let mut edit = Edit { title: title.to_owned(), image: base(), expected: BTreeSet::new() };
    lines.lines().filter(|line| !line.is_empty()).for_each(|line| edit.line(line));
    edit
}

impl Edit {
    fn line(&mut self, line: &str) {
        let image = &mut self.image;
        let (word, rest) = line.split_once(' ').unwrap();
        let base = base().layers.len();
        match word {
            "-" => {
                let mut taken = 0;
                for (_, lines) in &mut image.layers {
                    let before = lines.len();
                    lines.retain(|line| !is_of(line, rest));
                    taken += before - lines.len();
                }
                assert_eq!(taken, 1, "{}: {rest}", self.title);
            }
            "++" => image.top(base).1.push(rest.to_owned()),
            "instruction" => rest.clone_into(&mut image.top(base).0),
            "index" => rest.clone_into(&mut image.index),
            "layerless" => image.layerless.push(rest.to_owned()),
            "unsaid" => image.layerless.retain(|instruction| instruction != rest),
            "layered" => image.layered.push(rest.to_owned()),
            "name" => rest.clone_into(&mut image.name),
            "baseline" => image.baseline = Some(rest.to_owned()),
            "kind" => {
                let (layer, kind) = rest.split_once(' ').unwrap();
                image.kinds.insert(layer.parse().unwrap(), kind.to_owned());
            }
            "config" | "provenance" => {
                let (pointer, value) = rest.split_once(' ').unwrap();
                set(if word == "config" { &mut image.config } else { &mut image.attested }, pointer, value);
            }
            "attested" => image.attested = serde_json::from_str(rest).unwrap(),
            "dockerfile" => image.rebuild(rest),
            "profile" => image.own.extend([rest, "\n"]),
            "=" => assert!(self.expected.insert(rest.to_owned())),
            layer => image.add(layer[1..].parse().unwrap(), rest),
        }
    }
}

/// Whether a line is the one of a path.
fn is_of(line: &str, path: &str) -> bool {
    let before_target = line.split(" -> ").next().unwrap_or_default();
    before_target.split(' ').any(|word| word == path)
}

impl Image {
    /// The same image under another profile.
    pub fn under(mut self, profile: &str) -> Self {
        profile.clone_into(&mut self.profile);
        self
    }

    /// The same image under a profile that extends its own one, and says this.
    #[allow(dead_code, reason = "few tests write profiles")]
    pub fn extended(mut self, own: &str) -> Self {
        own.clone_into(&mut self.own);
        self
    }

    /// The layer on top of these, made if it is not there.
    fn top(&mut self, base: usize) -> &mut (String, Vec<String>) {
        if self.layers.len() == base {
            self.layers.push(("RUN the edit".into(), Vec::new()));
        }
        &mut self.layers[base]
    }

    /// Adds an entry to a layer.
    pub fn add(&mut self, layer: usize, line: &str) {
        self.layers[layer].1.push(line.to_owned());
    }

    /// Sets a value of the configuration, which is written as JSON, or adds one to an object or list that is there.
    pub fn configure(&mut self, pointer: &str, value: &str) {
        set(&mut self.config, pointer, value);
    }

    /// Exchanges a part of the attested Dockerfile: `OLD => NEW`.
    fn rebuild(&mut self, edit: &str) {
        let (old, new) = edit.split_once(" => ").unwrap();
        let data = self.attested.pointer_mut(INFO).unwrap();
        let text = String::from_utf8(STANDARD.decode(data.as_str().unwrap()).unwrap()).unwrap();
        assert!(text.contains(old), "{old}");
        *data = STANDARD.encode(text.replace(old, new)).into();
    }

    fn attestation(&self) -> Attestation {
        match &self.attested {
            Value::Null => Attestation::Absent("nothing is attested"),
            Value::String(other) => Attestation::Other(vec![other.clone()]),
            statement => Attestation::Provenance(Box::new(Provenance::parse(statement.to_string().as_bytes()).unwrap())),
        }
    }

    /// Exchanges a text in all lines and in the configuration.
    pub fn replace(&mut self, from: &str, to: &str) {
        for line in self.layers.iter_mut().flat_map(|(_, lines)| lines) {
            *line = line.replace(from, to);
        }
        self.config = serde_json::from_str(&self.config.to_string().replace(from, to)).unwrap();
    }

    /// Makes a layer anew.
    pub fn rewrite(&mut self, layer: usize, instruction: &str, lines: Vec<String>) {
        self.layers[layer] = (instruction.to_owned(), lines);
    }

    /// Takes out the line of a path.
    pub fn remove(&mut self, path: &str) {
        let before = self.lines();
        self.layers.iter_mut().for_each(|(_, lines)| lines.retain(|line| !is_of(line, path)));
        assert_eq!(self.lines() + 1, before, "{path}");
    }

    fn lines(&self) -> usize {
        self.layers.iter().map(|(_, lines)| lines.len()).sum()
    }

    /// The image as a registry holds it. Files of which only the size is said hold a line, and objects are as long as
    /// their headers need.
    pub fn served(&self) -> lucid_verify::serve::Image {
        let mut text = String::new();
        for (instruction, lines) in &self.layers {
            text.extend(["layer ", instruction, "\n"]);
            // Of a compiled module only the header is said, and it need not be there.
            for line in lines.iter().filter(|line| !line.contains(" pyc:")) {
                let mut words: Vec<&str> = line.split(' ').collect();
                match words.last() {
                    Some(last) if last.starts_with("size=") => *words.last_mut().unwrap() = "\"pass\\n\"",
                    Some(last) if last.starts_with("elf:") && words.len() == 5 => words.insert(3, "4096"),
                    _ => {}
                }
                text.extend([&words.join(" "), "\n"]);
            }
        }
        lucid_verify::serve::Image::written(&text, &self.config.to_string()).unwrap()
    }

    /// Asks every rule.
    pub fn judge(&self) -> Vec<Judged> {
        self.judge_with(None)
    }

    /// Asks every rule, of a tree that may be incomplete.
    pub fn judge_with(&self, gap: Option<&str>) -> Vec<Judged> {
        let (tree, facts, sizes) = self.gathered();
        let new = self.snapshot(&tree, &sizes);
        let old = self.baseline.as_ref().map_or_else(
            || new.clone(),
            |name| {
                let old = Image { name: name.clone(), ..base() };
                let (tree, _, sizes) = old.gathered();
                old.snapshot(&tree, &sizes)
            },
        );
        let (delta, profile) = (Delta::of(&old, &new), self.profile());
        let (thresholds, any) = (&profile.size.max_growth[..], profile.size.any);
        let growth = Growth { old: &old, new: &new, delta: &delta, thresholds, any };
        judge(&tree, &facts, &sizes, &profile, Ok(growth), gap, &|_| true)
    }

    fn gathered(&self) -> (Tree, Facts, Breakdown) {
        let texts: Vec<String> = self.layers.iter().map(|(_, lines)| lines.join("\n")).collect();
        let tree: Tree = dump::tree(texts.iter().map(String::as_str)).unwrap();
        let verified = Verified { documents: 2, blobs: self.layers.len(), diff_ids: self.layers.len(), ..Verified::default() };
        let facts = Facts::gather(&self.resolved(), &tree, verified, &Sources::default());
        let sizes = Breakdown::of(&tree, &facts);
        (tree, facts, sizes)
    }

    /// What it weighs, each layer a megabyte packed.
    fn snapshot(&self, tree: &Tree, sizes: &Breakdown) -> Snapshot {
        let shipped = shipped(tree);
        let layers = self.layers.iter().enumerate().map(|(index, (instruction, lines))| SnapshotLayer {
            index,
            diff_id: Digest::sha256(lines.join("\n").as_bytes()).to_string(),
            created_by: Some(instruction.clone()),
            compressed: 1_000_000,
            files_bytes: shipped.get(&index).map_or(0, |shipped| shipped.bytes),
        });
        Snapshot {
            side: Side { reference: self.name.clone(), platform: self.index.clone(), ..Side::default() },
            totals: Totals {
                compressed: 1_000_000 * self.layers.len() as u64,
                unpacked: sizes.unpacked_bytes,
                bytes: sizes.bytes,
                files: sizes.files,
                waste: sizes.waste.bytes,
            },
            packages: sizes.packages.clone(),
            directories: directories(tree),
            depth: usize::MAX,
            layers: layers.collect(),
            files: Some(contents(tree)),
            ..Snapshot::default()
        }
    }

    fn profile(&self) -> Profile {
        let own = format!("extends = \"golden.toml\"\n{}", self.own);
        let policy = Policy::parse("edit.toml", &own, &known(), &|_| Ok(self.profile.clone())).unwrap();
        let subject = Subject { name: NAME, labels: &BTreeMap::new(), has_file: &|_| false };
        policy.choose(&subject, None, "2026-11-21".parse().unwrap()).unwrap()
    }

    fn resolved(&self) -> Resolved {
        let digest = Digest::sha256(b"");
        let descriptor = json!({"digest": digest.to_string(), "size": 0});
        let usual = "application/vnd.oci.image.layer.v1.tar+gzip".to_owned();
        let kind = |layer| self.kinds.get(&layer).unwrap_or(&usual);
        let layer = |layer| json!({"mediaType": kind(layer), "digest": digest.to_string(), "size": 1_000_000});
        let layers: Vec<Value> = (0..self.layers.len()).map(layer).collect();
        let manifest = json!({"schemaVersion": 2, "config": descriptor, "layers": layers});
        let mut config = self.config.clone();
        config["rootfs"] = json!({"type": "layers", "diff_ids": vec![digest.to_string(); self.layers.len()]});
        let made = |instruction: &String, empty: bool| json!({"created_by": instruction, "comment": "buildkit.dockerfile.v0", "empty_layer": empty});
        let layers = self.layers.iter().map(|(instruction, _)| made(instruction, false));
        config["history"] = layers
            .chain(self.layerless.iter().map(|instruction| made(instruction, true)))
            .chain(self.layered.iter().map(|instruction| made(instruction, false)))
            .collect();
        let config = config.to_string();
        Resolved {
            reference: self.name.parse().unwrap(),
            digest: Some(digest.clone()),
            index_digest: None,
            index_platform: Some(self.index.parse().unwrap()),
            manifest: serde_json::from_value(manifest).unwrap(),
            config: Config::parse(config.as_bytes(), &digest, self.layers.len()).unwrap(),
            attestation: self.attestation(),
            notes: vec![],
        }
    }
}

/// Sets a value of a document, or adds one to an object or list that is there.
fn set(document: &mut Value, pointer: &str, value: &str) {
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let value = serde_json::from_str(value).unwrap();
    match document.pointer_mut(above).unwrap() {
        Value::Array(values) if name == "-" => values.push(value),
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = value,
        object => object[name] = value,
    }
}

/// The findings of a rule that are not waived, as edits expect them.
pub fn lines(judged: &Judged) -> Vec<String> {
    let findings = judged.judgement.findings.iter().filter(|finding| finding.waived.is_none());
    let lines = findings.map(|finding| {
        let path = finding.place.path.as_deref().unwrap_or("-");
        let layer = finding.place.layer.map_or("-".into(), |layer| layer.to_string());
        let because = finding.because.as_ref().map(|id| format!(" because {id}")).unwrap_or_default();
        format!("{} {} {path} {layer}{because}", judged.rule.id, finding.level.word())
    });
    lines.collect()
}
