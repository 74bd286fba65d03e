//! Who asks: challenges, tokens, credentials, limits of rates.

#[path = "auth/challenges.rs"]
mod challenges;
#[path = "auth/limits.rs"]
mod limits;
#[path = "auth/tokens.rs"]
mod tokens;
#[path = "auth/users.rs"]
mod users;

use crate::misbehaving::{Act, Misbehaving, whole};
use crate::registry::{Fixture, Image, Reply, Request};
use crate::table::rows;

use challenges::{basic_of_many, docker_hub, ecr, gcr, ghcr, malformed, several, unsupported};
use limits::{failing, for_ever, retry_after};
use tokens::{endless, expiry, identity, insufficient, realms, strangers, token_servers};
use users::{anonymous, denied, files, helpers};

rows! {
    R01 "Docker Hub: names, its token server" => docker_hub;
    R02 "GHCR: an opaque token that names no end" => ghcr;
    R03 "ECR: a password, and documents without `Docker-Content-Digest`" => ecr;
    R04 "GCR: blobs refused without a challenge" => gcr;
    R05 "Nexus, Harbor, and a realm without quotes" => basic_of_many;
    R06 "Several challenges, in several headers or in one" => several;
    R07 "Only challenges that nobody here can meet" => unsupported;
    R08 "A refresh token: OAuth2 by POST, else GET" => identity;
    R09 "Challenges that are malformed" => malformed;
    R10 "Realms that lead to where no token server is" => realms;
    R11 "A realm on another host, and credentials" => strangers;
    R12 "Token servers that refuse, fail, or answer something else" => token_servers;
    R13 "A registry that wants to know who asks, and nobody who says it" => anonymous;
    R14 "403, to a HEAD without a body" => denied;
    R15 "A token that runs out in mid-pull" => expiry;
    R16 "`insufficient_scope`" => insufficient;
    R17 "401 without end" => endless;
    R18 "Credential helpers that hang, flood, fail, or know nobody" => helpers;
    R19 "`config.json` in every state" => files;
    R20 "`Retry-After` in every form" => retry_after;
    R21 "429 without end" => for_ever;
    R22 "Failures that pass, once and without end" => failing;
}

/// `user:a-canary-password`, as a request sends it.
const BASIC: &str = "Basic dXNlcjphLWNhbmFyeS1wYXNzd29yZA==";
const PASSWORD: &str = "a-canary-password";

fn image() -> Image {
    Image::new("arm64", &[&crate::layout::tar(&[("etc/hostname", b"small\n")])])
}

fn reply(request: &Request) -> Vec<Act> {
    whole(request, &image().reply(request))
}

/// The answer to one who is not known yet, with this challenge.
fn challenged(request: &Request, challenge: &str) -> Vec<Act> {
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
    whole(request, &Reply::new(401, body).with("www-authenticate", challenge))
}

/// A token server's answer.
fn granted(request: &Request, token: &str) -> Vec<Act> {
    let body = format!(r#"{{"token":"{token}","expires_in":300}}"#);
    whole(request, &Reply::new(200, body).with("content-type", "application/json"))
}

/// A registry that wants a password, with this challenge.
fn guarded(challenge: impl Into<String>) -> Misbehaving {
    let challenge = challenge.into();
    Misbehaving::start(move |request, _| match request.header("authorization") {
        Some(BASIC) => reply(request),
        _ => challenged(request, &challenge),
    })
}

/// Where the token server of a registry is that has it under its own name.
fn own_realm(request: &Request) -> String {
    format!("Bearer realm=\"http://{}/token\",service=\"test\"", request.header("host").unwrap_or_default())
}

/// A registry that wants the token that `token` gives out at `/token`.
fn with_tokens(token: impl Fn(&Request, usize) -> Vec<Act> + Send + Sync + 'static) -> Misbehaving {
    Misbehaving::start(move |request, before| match request.header("authorization") {
        _ if request.path.starts_with("/token") => token(request, before),
        Some("Bearer canary-token") => reply(request),
        _ => challenged(request, &own_realm(request)),
    })
}

fn name(server: &Misbehaving) -> String {
    format!("{}/org/app:1", server.host())
}

trait User {
    /// Runs as the user whose password the registries here take.
    fn known(self) -> Self;
}

impl User for crate::run::Verify<'_> {
    fn known(self) -> Self {
        self.env("LUCID_VERIFY_USERNAME", "user").env("LUCID_VERIFY_PASSWORD", PASSWORD)
    }
}
