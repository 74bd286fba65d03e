//! The facts document: everything that is known of an image and is no judgement, for jq, CEL or OPA. Its fields are a
//! contract; more may come beside them.

mod python;
mod tree;

use lucid_verify::facts::accounts::User;
use lucid_verify::facts::elf::{Isa, Libc};
use lucid_verify::facts::{self, Facts, Sources, Verified, packages};
use lucid_verify::layer::elf::Dynamic;
use lucid_verify::report::{Failure, Layer};
use lucid_verify::text::{escape, mask};
use lucid_verify::verify::Loaded;
use lucid_verify::vfs::Tree;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{document, secrets};
use python::Python;
use tree::Node;

/// The version of the document's structure.
const SCHEMA: u32 = 1;

/// Paths of the file tree that are listed: more than any image has that a person keeps.
const PATHS: usize = 1_000_000;

/// The facts of an image.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "lucid-verify facts")]
pub struct Document {
    /// The version of this structure.
    schema: u32,
    /// The full reference.
    reference: String,
    /// The manifest's digest, where the transport has one.
    digest: Option<String>,
    /// The digest of the index that led to it.
    index_digest: Option<String>,
    /// The configuration's digest.
    config_digest: String,
    /// The platform that the configuration claims.
    platform: String,
    /// The platform that the index claims.
    index_platform: Option<String>,
    /// Whether every layer was read; if not, everything below is of the layers before the first that was not.
    complete: bool,
    /// Why it is not complete.
    error: Option<Failure>,
    /// The configuration, secrets masked.
    config: Value,
    /// The layers, base first.
    layers: Vec<Layer>,
    /// Whom the command runs as.
    user: Account,
    /// What `ENTRYPOINT` and `CMD` start.
    command: Command,
    /// What `HEALTHCHECK` starts.
    healthcheck: Option<Command>,
    /// What it was made from.
    base: Base,
    /// Python.
    python: Python,
    /// ELF executables and shared objects, in path order, each file once.
    objects: Vec<Object>,
    /// Packages of the operating system.
    packages: Vec<Package>,
    /// Package databases that are there and could not be read, and why.
    packages_unread: Vec<String>,
    /// Executables in directories where commands are looked for, in path order.
    executables: Vec<String>,
    /// The file tree, in path order, the root first.
    tree: Vec<Node>,
    /// Whether the tree has more paths than are listed.
    tree_truncated: bool,
}

/// A user.
#[derive(Serialize, JsonSchema)]
struct Account {
    /// `USER` as it is written.
    written: String,
    /// User id; null where it is not known.
    uid: Option<u64>,
    /// Group id.
    gid: Option<u64>,
    /// Further groups.
    groups: Vec<u64>,
    /// Home directory.
    home: Option<String>,
    /// Why it is not known.
    unknown: Option<String>,
}

/// A command.
#[derive(Serialize, JsonSchema)]
struct Command {
    /// Its words, secrets masked.
    argv: Vec<String>,
    /// The files on the way from the first word to machine code: links, scripts, the executable.
    chain: Vec<String>,
    /// Whether the chain ends in machine code that can run.
    starts: bool,
    /// Why it does not.
    broken: Option<String>,
}

/// A base.
#[derive(Serialize, JsonSchema)]
struct Base {
    /// `ID` of os-release.
    id: String,
    /// `VERSION_ID`.
    version: String,
    /// `PRETTY_NAME`, else `NAME`.
    name: String,
    /// Which of distroless' images it is, if one.
    distroless: Option<&'static str>,
}

/// An ELF object.
#[derive(Serialize, JsonSchema)]
struct Object {
    /// Its path.
    path: String,
    /// Its machine: `AArch64`, `x86-64`, …
    machine: String,
    /// Its loader: `PT_INTERP`.
    interpreter: Option<String>,
    /// The C library that the loader is of: `glibc` or `musl`.
    libc: Option<&'static str>,
    /// `DT_NEEDED`; null where its dynamic section was not read.
    needed: Option<Vec<String>>,
}

/// A package of the operating system.
#[derive(Serialize, JsonSchema)]
struct Package {
    /// `deb` or `apk`.
    kind: &'static str,
    /// Its name.
    name: String,
    /// Its version.
    version: String,
    /// The layer that wrote its entry in the database.
    layer: usize,
    /// Files that it lists; null without a list.
    listed: Option<u64>,
    /// Of these, those that are there.
    present: Option<u64>,
}

/// The JSON Schema of the document.
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}

impl Document {
    /// The facts of an image that was read.
    pub fn of(loaded: &Loaded) -> Self {
        let (image, tree) = (&loaded.image, &loaded.tree);
        let facts = Facts::gather(image, tree, Verified::default(), &Sources::default());
        let mut nodes = tree.iter();
        let listed = nodes.by_ref().take(PATHS).map(|id| Node::of(tree, id)).collect();
        Self {
            schema: SCHEMA,
            reference: image.reference.to_string(),
            digest: image.digest.as_ref().map(ToString::to_string),
            index_digest: image.index_digest.as_ref().map(ToString::to_string),
            config_digest: image.config.digest.to_string(),
            platform: image.config.platform().to_string(),
            index_platform: image.index_platform.as_ref().map(ToString::to_string),
            complete: loaded.gap.is_none(),
            error: loaded.gap.as_ref().map(Failure::from),
            config: secrets::masked(&image.config.document),
            layers: document::layers(loaded, false),
            user: account(&facts.user),
            command: command(&facts.command),
            healthcheck: facts.healthcheck.as_ref().map(command),
            base: Base {
                id: facts.base.id.clone(),
                version: facts.base.version.clone(),
                name: facts.base.name.clone(),
                distroless: facts.base.distroless,
            },
            python: Python::of(tree, &facts),
            objects: facts.objects.iter().map(|found| object(tree, found)).collect(),
            packages: facts.packages.installed.iter().map(package).collect(),
            packages_unread: facts.packages.unread.clone(),
            executables: facts.executables.iter().map(|found| found.path.to_string()).collect(),
            tree: listed,
            tree_truncated: nodes.next().is_some(),
        }
    }
}

fn account(user: &User) -> Account {
    let identity = user.identity.as_ref().ok();
    Account {
        written: user.written.clone(),
        uid: identity.map(|identity| identity.uid),
        gid: identity.map(|identity| identity.gid),
        groups: identity.map(|identity| identity.groups.clone()).unwrap_or_default(),
        home: identity.and_then(|identity| identity.home.clone()),
        unknown: user.identity.as_ref().err().cloned(),
    }
}

fn command(command: &facts::command::Command) -> Command {
    Command {
        argv: command.argv.iter().map(|word| mask(word)).collect(),
        chain: command.chain.iter().map(|step| step.path.to_string()).collect(),
        starts: command.broken.is_none(),
        broken: command.broken.as_ref().map(|broken| mask(&broken.to_string())),
    }
}

fn object(tree: &Tree, object: &facts::elf::Object) -> Object {
    let elf = &object.elf;
    Object {
        path: tree.path(object.node).to_string(),
        machine: Isa::of(elf).to_string(),
        interpreter: elf.interpreter.as_deref().map(escape),
        libc: elf.interpreter.as_deref().and_then(Libc::of_loader).map(|libc| match libc {
            Libc::Glibc => "glibc",
            Libc::Musl => "musl",
        }),
        needed: (!matches!(elf.dynamic, Dynamic::Unknown(_))).then(|| elf.needed().iter().map(|name| escape(name)).collect()),
    }
}

fn package(found: &packages::Package) -> Package {
    Package {
        kind: found.format.word(),
        name: found.name.clone(),
        version: found.version.clone(),
        layer: found.layer,
        listed: found.payload.map(|payload| payload.listed),
        present: found.payload.map(|payload| payload.present),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lucid_verify::report::json::document;

    /// `LUCID_UPDATE=1` writes the published schema anew.
    #[test]
    fn the_published_schema_is_the_documents() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/facts.schema.json");
        let current = document(&schema());
        if std::env::var_os("LUCID_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let published = std::fs::read(path).unwrap_or_default();
        assert!(published == current, "docs/facts.schema.json is stale: run the tests with LUCID_UPDATE=1");
    }
}
