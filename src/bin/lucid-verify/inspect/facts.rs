//! The facts document: everything that is known of an image and is no judgement, for jq, CEL or OPA. Its fields are a
//! contract; more may come beside them.

use lucid_verify::facts::accounts::User;
use lucid_verify::facts::elf::{Isa, Libc};
use lucid_verify::facts::python::record::Record;
use lucid_verify::facts::python::{Distribution as Installed, Runtime, Site as SiteDirectory};
use lucid_verify::facts::{self, Facts, Verified, packages};
use lucid_verify::layer::elf::Dynamic;
use lucid_verify::report::{Failure, Layer};
use lucid_verify::text::{escape, lossless, mask};
use lucid_verify::verify::Loaded;
use lucid_verify::vfs::{Kind, NodeId, Tree};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{document, secrets};

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

/// Python.
#[derive(Serialize, JsonSchema)]
struct Python {
    /// The interpreter that the command starts, else those that are there.
    interpreters: Vec<Interpreter>,
    /// Directories that distributions are installed in.
    sites: Vec<Site>,
}

/// An interpreter.
#[derive(Serialize, JsonSchema)]
struct Interpreter {
    /// Its path.
    path: String,
    /// Its version, as far as something tells it.
    version: String,
    /// What tells it.
    told_by: &'static str,
    /// Its prefix.
    prefix: String,
    /// Its standard library.
    library: Option<String>,
    /// The virtual environment that it is called through.
    environment: Option<String>,
    /// Whether the command starts it.
    started: bool,
    /// The file that it runs.
    script: Option<String>,
    /// The module that it runs.
    module: Option<String>,
    /// `sys.path`, in order; not all of it need exist.
    sys_path: Vec<String>,
}

/// A site directory.
#[derive(Serialize, JsonSchema)]
struct Site {
    /// Its path.
    path: String,
    /// Its distributions, by name.
    distributions: Vec<Distribution>,
}

/// A distribution.
#[derive(Serialize, JsonSchema)]
struct Distribution {
    /// Its name, as it spells it.
    name: String,
    /// Its version.
    version: String,
    /// Its directory of metadata.
    path: String,
    /// The layer that wrote that, base first, from 0.
    layer: usize,
    /// `Tag` of its wheel.
    tags: Vec<String>,
    /// `Requires-Dist`, as they are written.
    requires: Vec<String>,
    /// The commands that it declares.
    commands: Vec<String>,
    /// Its RECORD; null where it has none that can be read.
    record: Option<Summary>,
}

/// What a RECORD comes to.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Files that it lists.
    files: usize,
    /// Of these, those that are there.
    present: usize,
    /// Of those that are there and whose hash is listed, those that are not what is listed.
    altered: usize,
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

/// A path of the tree.
#[derive(Serialize, JsonSchema)]
struct Node {
    /// The path; bytes that are no UTF-8 as `\xNN`, a backslash doubled.
    path: String,
    /// `file`, `directory`, `link`, `device` or `pipe`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Permission bits, octal.
    mode: String,
    /// Owner.
    uid: u64,
    /// Group.
    gid: u64,
    /// The layer that last wrote it, base first, from 0.
    layer: usize,
    /// Bytes of a regular file.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// SHA-256 of a regular file.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// Target of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

/// The JSON Schema of the document.
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}

impl Document {
    /// The facts of an image that was read.
    pub fn of(loaded: &Loaded) -> Self {
        let (image, tree) = (&loaded.image, &loaded.tree);
        let facts = Facts::gather(image, tree, Verified::default());
        let mut nodes = tree.iter();
        let listed = nodes.by_ref().take(PATHS).map(|id| node(tree, id)).collect();
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
            python: Python {
                interpreters: facts.runtimes.iter().map(interpreter).collect(),
                sites: facts.python.sites.iter().map(|found| site(tree, found)).collect(),
            },
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

fn interpreter(runtime: &Runtime) -> Interpreter {
    let (found, started) = (&runtime.interpreter, runtime.started.as_ref());
    Interpreter {
        path: found.path.to_string(),
        version: found.version.to_string(),
        told_by: found.version.told_by,
        prefix: found.prefix.to_string(),
        library: found.library.as_ref().map(ToString::to_string),
        environment: found.environment.as_ref().map(|environment| environment.prefix.to_string()),
        started: started.is_some(),
        script: started.and_then(|started| started.script.as_ref()).map(ToString::to_string),
        module: started.and_then(|started| started.module.clone()),
        sys_path: runtime.path.entries.iter().map(|entry| entry.path.to_string()).collect(),
    }
}

fn site(tree: &Tree, site: &SiteDirectory) -> Site {
    let distribution = |found: &Installed| Distribution {
        name: found.name.clone(),
        version: found.version.clone(),
        path: found.path.to_string(),
        layer: found.layer,
        tags: found.tags.clone(),
        requires: found.requires.clone(),
        commands: found.commands.clone().unwrap_or_default(),
        record: found.record.as_ref().ok().map(|record| summary(tree, record)),
    };
    Site { path: site.path.to_string(), distributions: site.distributions.iter().map(distribution).collect() }
}

fn summary(tree: &Tree, record: &Record) -> Summary {
    let present = || record.rows.iter().filter_map(|row| Some((row, tree.trace(row.node?)?)));
    let altered = present().filter(|(row, trace)| row.sha256.is_some_and(|listed| listed != trace.sha256)).count();
    Summary { files: record.rows.len(), present: present().count(), altered }
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
        kind: match found.format {
            packages::Format::Deb => "deb",
            packages::Format::Apk => "apk",
        },
        name: found.name.clone(),
        version: found.version.clone(),
        layer: found.layer,
        listed: found.payload.map(|payload| payload.listed),
        present: found.payload.map(|payload| payload.present),
    }
}

fn node(tree: &Tree, id: NodeId) -> Node {
    let (stat, kind) = (tree.stat(id), tree.kind(id));
    Node {
        path: format!("/{}", lossless(tree.path(id).as_bytes())),
        kind: match kind {
            Kind::File(_) => "file",
            Kind::Directory => "directory",
            Kind::Symlink(_) => "link",
            Kind::Device { .. } => "device",
            Kind::Fifo => "pipe",
        },
        mode: format!("{:04o}", stat.mode),
        uid: stat.uid,
        gid: stat.gid,
        layer: tree.layer(id),
        size: tree.trace(id).map(|_| stat.size),
        sha256: tree.trace(id).map(|trace| trace.sha256.iter().map(|byte| format!("{byte:02x}")).collect()),
        target: if let Kind::Symlink(target) = kind { Some(lossless(target)) } else { None },
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
