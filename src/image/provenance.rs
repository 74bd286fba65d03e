//! What a builder attests of an image: in-toto statements with SLSA provenance, as `BuildKit` attaches them (moby/buildkit,
//! docs/attestations/attestation-storage.md and slsa-definitions.md).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::digest::Digest;
use crate::error::{Error, Kind, Result};
use crate::reference::Platform;

/// The media type of a statement.
pub const STATEMENT: &str = "application/vnd.in-toto+json";

/// How the predicate types of SLSA provenance begin; the version follows.
pub const PREDICATE: &str = "https://slsa.dev/provenance/";

/// What is attached to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attestation {
    /// Nothing, and why that may rightly be so.
    Absent(&'static str),
    /// Something that could not be read, and why.
    Unread(String),
    /// Statements of these predicate types, none of which is provenance.
    Other(Vec<String>),
    /// Provenance.
    Provenance(Box<Provenance>),
}

/// How an image was built, as its builder attests. Text is as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// `v0.2`, `v1`.
    pub version: String,
    /// The digests of what it speaks of.
    pub subjects: Vec<Digest>,
    /// The images that the build used, without the builder's own tools.
    pub images: Vec<Material>,
    /// The build arguments that were handed in; a provenance of `mode=min` leaves them out.
    pub arguments: BTreeMap<String, String>,
    /// The stage that was built, where one was named.
    pub target: Option<String>,
    /// The revision of the sources, as the client of the builder said.
    pub revision: Option<String>,
    /// The name and the text of the Dockerfile: with `mode=max`.
    pub dockerfile: Option<(String, String)>,
    /// The argument vectors that the build ran, all stages in one: with `mode=max`.
    pub commands: Vec<Vec<String>>,
}

/// An image that a build used: a package URL of the type `docker`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Material {
    /// The repository as Docker's users name it: `python`, `gcr.io/distroless/python3-debian12`.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// Its SHA-256.
    pub digest: Option<String>,
    /// The platform that was taken.
    pub platform: Option<Platform>,
}

/// Images that the builder itself is made of: the frontend, and what scans the result.
const TOOLS: [&str; 3] = ["docker/dockerfile", "docker/dockerfile-upstream", "docker/buildkit-syft-scanner"];

/// Images that are looked at: a build has a handful.
const IMAGES: usize = 256;

/// Where v1, what `BuildKit` first wrote as v1, and v0.2 have the same thing (JSON pointers, RFC 6901).
const MATERIALS: [&str; 2] = ["/buildDefinition/resolvedDependencies", "/materials"];
const REQUEST: [&str; 3] = [
    "/buildDefinition/externalParameters/request/args",
    "/buildDefinition/externalParameters/parameters/args",
    "/invocation/parameters/args",
];
const METADATA: [&str; 3] = [
    "/runDetails/metadata/buildkit_metadata",
    "/runDetails/metadata/https:~1~1mobyproject.org~1buildkit@v1#metadata",
    "/metadata/https:~1~1mobyproject.org~1buildkit@v1#metadata",
];
const STEPS: [&str; 3] = [
    "/buildDefinition/internalParameters/buildConfig/llbDefinition",
    "/buildDefinition/externalParameters/buildConfig/llbDefinition",
    "/buildConfig/llbDefinition",
];

impl Provenance {
    /// Reads a statement whose predicate is provenance; what it leaves out, or has in another shape, is not known then.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let unsupported = |what: String| Error::new(Kind::Unsupported, what);
        let statement: Value =
            serde_json::from_slice(bytes).map_err(|error| unsupported(format!("it is no statement: {error}")))?;
        let kind = statement.get("predicateType").and_then(Value::as_str).unwrap_or_default();
        let version = kind.strip_prefix(PREDICATE).ok_or_else(|| unsupported("its predicate is no SLSA provenance".into()))?;
        let predicate = statement.get("predicate").unwrap_or(&Value::Null);
        let request = first(predicate, &REQUEST);
        let metadata = first(predicate, &METADATA);
        Ok(Self {
            version: version.to_owned(),
            subjects: list(statement.get("subject")).filter_map(subject).collect(),
            images: list(Some(first(predicate, &MATERIALS))).filter_map(Material::read).take(IMAGES).collect(),
            arguments: arguments(request),
            target: text(request, "/target"),
            revision: text(metadata, "/vcs/revision"),
            dockerfile: list(metadata.pointer("/source/infos")).find_map(source),
            commands: list(Some(first(predicate, &STEPS))).filter_map(command).collect(),
        })
    }
}

/// The first of these places where there is something.
fn first<'v>(value: &'v Value, places: &[&str]) -> &'v Value {
    places.iter().find_map(|place| value.pointer(place)).unwrap_or(&Value::Null)
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, place: &str) -> Option<String> {
    value.pointer(place)?.as_str().map(ToOwned::to_owned)
}

fn subject(subject: &Value) -> Option<Digest> {
    let digests = subject.get("digest")?.as_object()?;
    digests.iter().find_map(|(algorithm, hex)| format!("{algorithm}:{}", hex.as_str()?).parse().ok())
}

fn arguments(request: &Value) -> BTreeMap<String, String> {
    let all = request.as_object().into_iter().flatten();
    let given = all.filter_map(|(name, value)| Some((name.strip_prefix("build-arg:")?.to_owned(), value.as_str()?.to_owned())));
    given.collect()
}

fn source(info: &Value) -> Option<(String, String)> {
    let is_dockerfile = info.get("language").and_then(Value::as_str).is_none_or(|language| language == "Dockerfile");
    let data = STANDARD.decode(info.get("data")?.as_str().filter(|_| is_dockerfile)?).ok()?;
    Some((text(info, "/filename").unwrap_or_else(|| "Dockerfile".into()), String::from_utf8(data).ok()?))
}

/// What a step executes: Go's JSON of the protobuf has had either spelling.
fn command(step: &Value) -> Option<Vec<String>> {
    let words = first(step, &["/op/Op/exec/meta/args", "/op/Op/Exec/meta/args"]).as_array()?;
    Some(words.iter().filter_map(|word| word.as_str().map(ToOwned::to_owned)).collect())
}

impl Material {
    fn read(material: &Value) -> Option<Self> {
        let url = material.get("uri")?.as_str()?.strip_prefix("pkg:docker/")?;
        let (path, qualifiers) = url.split_once('?').unwrap_or((url, ""));
        let (name, tag) = path.rsplit_once('@').map_or((path, None), |(name, tag)| (name, Some(decoded(tag))));
        let name = familiar(&decoded(name)).to_owned();
        if TOOLS.contains(&&name[..]) {
            return None;
        }
        let platform = qualifiers.split('&').find_map(|qualifier| qualifier.strip_prefix("platform="));
        let platform = platform.and_then(|platform| decoded(platform).parse().ok());
        // What was named by its digest has that in the place of a tag.
        Some(Self { name, tag: tag.filter(|tag| !tag.contains(':')), digest: text(material, "/digest/sha256"), platform })
    }

    /// `python:3.11-slim`.
    pub fn reference(&self) -> String {
        self.tag.as_ref().map_or_else(|| self.name.clone(), |tag| format!("{}:{tag}", self.name))
    }
}

/// The name of a repository as users write it.
pub fn familiar(name: &str) -> &str {
    let short = name.strip_prefix("docker.io/").unwrap_or(name);
    short.strip_prefix("library/").unwrap_or(short)
}

/// A percent-encoded text (RFC 3986, 2.1), decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let value = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(value.unwrap_or(*byte));
        rest = value.and_then(|_| tail.get(2..)).unwrap_or(tail);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn statement(version: &str, predicate: &Value) -> Provenance {
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v0.1",
            "subject": [{"name": "pkg:docker/x@1", "digest": {"sha256": digest}}, {"digest": {"sha1": "1"}}, 7],
            "predicateType": format!("{PREDICATE}{version}"),
            "predicate": predicate,
        });
        Provenance::parse(statement.to_string().as_bytes()).unwrap()
    }

    fn materials() -> Value {
        json!([
            {"uri": "pkg:docker/docker/dockerfile@1"},
            {"uri": "pkg:docker/python@3.11-slim?platform=linux%2Famd64", "digest": {"sha256": "ab"}},
            {"uri": "pkg:docker/gcr.io/distroless/python3-debian12@latest?platform=linux%2Farm64%2Fv8"},
            {"uri": "pkg:docker/docker.io/library/alpine@sha256%3Aab?platform=nothing"},
            {"uri": "https://github.com/x/y.git#main"},
            null
        ])
    }

    #[test]
    fn both_versions_say_the_same_in_other_places() {
        let args = json!({"build-arg:VERSION": "1", "target": "runtime", "label:a": "b", "build-arg:N": 7});
        let info = json!({"filename": "Dockerfile", "language": "Dockerfile", "data": STANDARD.encode("FROM x\n")});
        let metadata = json!({"vcs": {"revision": "4f1c"}, "source": {"infos": [{"data": "?"}, info]}});
        let steps = json!([{"op": {"Op": {"exec": {"meta": {"args": ["/bin/sh", "-c", "make"]}}}}}, {"op": {"Op": {}}}]);
        let new = json!({
            "buildDefinition": {
                "externalParameters": {"request": {"args": args}},
                "internalParameters": {"buildConfig": {"llbDefinition": steps}},
                "resolvedDependencies": materials(),
            },
            "runDetails": {"metadata": {"buildkit_metadata": metadata}},
        });
        let old = json!({
            "invocation": {"parameters": {"args": args}},
            "buildConfig": {"llbDefinition": steps},
            "materials": materials(),
            "metadata": {"https://mobyproject.org/buildkit@v1#metadata": metadata},
        });
        let (new, old) = (statement("v1", &new), statement("v0.2", &old));
        assert_eq!((&new.version[..], &old.version[..]), ("v1", "v0.2"));
        assert_eq!(Provenance { version: "v0.2".into(), ..new.clone() }, old);
        assert_eq!(new.arguments.into_iter().collect::<Vec<_>>(), [("VERSION".into(), "1".into())]);
        assert_eq!((new.target.as_deref(), new.revision.as_deref()), (Some("runtime"), Some("4f1c")));
        assert_eq!(new.dockerfile, Some(("Dockerfile".into(), "FROM x\n".into())));
        assert_eq!(new.commands, [["/bin/sh", "-c", "make"]]);
        assert_eq!(new.subjects, [Digest::sha256(b"")]);
    }

    #[test]
    fn images_are_named_as_users_name_them_and_tools_of_the_builder_are_none() {
        let found = statement("v1", &json!({"buildDefinition": {"resolvedDependencies": materials()}}));
        let said: Vec<_> = found.images.iter().map(|image| (image.reference(), image.platform.is_some())).collect();
        let wanted = [("python:3.11-slim", true), ("gcr.io/distroless/python3-debian12:latest", true), ("alpine", false)];
        assert_eq!(said, wanted.map(|(name, platform)| (name.to_owned(), platform)));
        assert_eq!(found.images[0].digest.as_deref(), Some("ab"));
    }

    #[test]
    fn what_is_no_provenance_is_refused_and_what_is_left_out_is_not_known() {
        assert!(Provenance::parse(b"{").is_err());
        assert!(Provenance::parse(br#"{"predicateType":"https://spdx.dev/Document"}"#).is_err());
        assert_eq!(statement("v1", &json!([7])).images, []);
        assert_eq!(decoded("a%2Fb%zz%"), "a/b%zz%");
    }
}
