//! Where images come from. With the cache the only I/O of the library, and the only async.

mod archive;
pub mod artifact;
mod attestation;
mod auth;
mod body;
pub mod catalog;
pub mod challenge;
mod client;
mod credentials;
mod daemon;
mod deadline;
mod docker;
mod encoding;
mod files;
mod handshake;
pub mod headers;
mod host;
pub mod layout;
mod pace;
mod realm;
pub mod referrers;
mod refusal;
pub mod registry;
pub mod resolve;
pub mod resume;
mod retry;
mod roots;
mod throttle;
mod tls;
mod wait;

use std::io::BufRead;

use crate::digest::Digest;
use crate::error::Result;
use crate::image::Descriptor;
use crate::layer::LayerDiff;
use crate::limits::Limits;
use crate::reference::{Reference, Transport};
use deadline::Waiting;

pub use catalog::Catalog;
pub use credentials::files as credential_files;
pub use deadline::Deadline;
pub use host::Hosts;
pub use pace::{Pace, Turn};
pub use referrers::Listing;
pub use resolve::{platforms, resolve};
pub use resume::blob;
pub use tls::Tls;
pub use wait::Wait;

/// A place that holds one repository's documents and blobs. Verification, decoding and the resumption of half-read
/// blobs sit above it, once, for every backend.
pub trait Source: Send + Sync {
    /// A manifest or an index: the one that the reference names, or the child that a descriptor points at. At most
    /// `limit` bytes are read; more is an error of kind `Limit`.
    fn manifest(&self, child: Option<&Descriptor>, limit: u64) -> Result<Fetched>;

    /// The bytes of a blob from the offset `from`. They are unverified. A reader whose connection breaks fails with an
    /// error of kind `Unreachable`, and may be asked for again from where it stopped.
    fn blob(&self, descriptor: &Descriptor, from: u64) -> Result<Box<dyn BufRead + Send>>;

    /// A layer that was read when its place was, because its bytes come once. `None`: its blob can be asked for.
    fn layer(&self, _: &Descriptor, _: &Digest) -> Option<Result<LayerDiff>> {
        None
    }

    /// The digest that the reference's tag has now, if the place can tell without sending a document; `known` is one that it
    /// had, or that is asked for instead. `None`: only a document tells.
    fn current(&self, _: &Digest) -> Result<Option<Digest>> {
        Ok(None)
    }

    /// Whether its blobs lie on this machine, where they can change without a notice. Those of a registry are asked for by
    /// digest, and whoever pulls them holds them against it.
    fn is_at_hand(&self) -> bool {
        true
    }

    /// The place as one that can list what refers to its manifests, if it can.
    fn listing(&self) -> Option<&dyn Listing> {
        None
    }

    /// Whether the place holds manifests at all. One that does not makes them up, and their digests are nobody's.
    fn holds_manifests(&self) -> bool {
        true
    }
}

/// Opens the place that a reference names, and reads it where it comes once, as an archive on stdin does. No registry is asked before the first document is.
pub fn open(reference: &Reference, access: &Access, limits: &Limits) -> Result<Box<dyn Source>> {
    Ok(match &reference.transport {
        Transport::Registry { host, repository } => Box::new(registry::Registry::new(host, repository, reference, access)?),
        Transport::Layout { directory } => Box::new(layout::Layout::open(directory, reference.tag.as_deref(), limits.manifest)?),
        Transport::OciArchive { file } => Box::new(layout::Layout::archive(file, reference.tag.as_deref(), limits)?),
        Transport::DockerDaemon { image } => Box::new(daemon::read(image, access, limits)?),
        Transport::DockerArchive { file } => Box::new(docker::Docker::open(file, reference.tag.as_deref(), limits)?),
    })
}

/// A document as it came.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the transport called it.
    pub content_type: Option<String>,
    /// The digest that the transport claims for it, unparsed.
    pub claimed_digest: Option<String>,
}

/// A client of a store of objects, with the certificates that count for registries: of TLS alone, or one that also speaks plain
/// HTTP and then asks no proxy.
pub fn store_client(access: &Access, is_plain: bool) -> Result<reqwest::Client> {
    client::Http::of_store(access, is_plain)
}

/// How to reach a source.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Whether hosts other than loopback may be asked over plain HTTP.
    pub plain_http: bool,
    /// What to say when a registry asks who is there.
    pub credentials: Option<Credentials>,
    /// Where to look for credentials if none are given here, once a registry asks: see [`credential_files`]. Without
    /// any, anonymous.
    pub credential_files: Vec<std::path::PathBuf>,
    /// Further certificates.
    pub tls: Tls,
    /// Further tries of a request that failed for a passing reason.
    pub retries: u32,
    /// Told what a registry wants its users to know: fit to be shown, once each.
    pub tell: Option<fn(&str)>,
    /// Whether to wait for what a registry does not have yet.
    pub wait: Option<Wait>,
    /// The longest that a connection may be silent.
    pub timeout: std::time::Duration,
    /// Requests of one second to one registry, at most.
    pub rate: Option<u32>,
    /// When waiting for the network ends.
    pub deadline: Option<Deadline>,
    /// The registries that were asked: a copy of this asks the same. What else stands here counts as it was when a registry
    /// was asked first.
    pub hosts: std::sync::Arc<Hosts>,
}

impl Access {
    /// How long is waited for a server.
    fn waiting(&self) -> Waiting {
        Waiting { silence: self.timeout, deadline: self.deadline }
    }
}

/// A user name and a password or token, for the one registry of the run.
#[derive(Clone)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password or token. Never shown.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({}, ***)", self.username)
    }
}
