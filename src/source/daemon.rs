//! A Docker engine, by its socket. `GET /images/NAME/get` (Docker Engine API, "Export an image") answers with the archive
//! that `docker save` writes, and that is read as it comes.

use std::env;
use std::io;
use std::path::PathBuf;

use reqwest::{StatusCode, Url};
use tokio::runtime;

use super::archive::Archive;
use super::client::{Http, chain, describe, innermost, is_loopback, silent};
use super::docker::Docker;
use super::refusal::{Refusal, excerpt};
use super::{Access, Tls, body};
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::text::escape;

/// Where an engine listens if nobody says otherwise.
const SOCKET: &str = "/var/run/docker.sock";

/// The ways that are left where no engine answers.
const OTHERWISE: &str = "is the engine running, and is DOCKER_HOST right? Or push the image and name it in its registry, or pipe \
                         it in: docker save IMAGE | lucid-verify docker-archive:-";

/// The way that is left where an engine may not be asked.
const NOT_ALLOWED: &str = "those of the group docker may ask it: let one of them pipe the image in: docker save IMAGE | \
                           lucid-verify docker-archive:-";

/// How an engine is reached.
#[derive(Debug, PartialEq, Eq)]
enum Endpoint {
    Socket(PathBuf),
    Address(Url),
}

/// Reads an image out of the engine that the environment names.
pub(super) fn read(image: &str, access: &Access, limits: &Limits) -> Result<Docker> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let tls = set("DOCKER_TLS_VERIFY").map(|_| {
        let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".docker");
        set("DOCKER_CERT_PATH").map_or_else(home, PathBuf::from)
    });
    let read = endpoint(set("DOCKER_HOST").as_deref(), tls.is_some())
        .and_then(|endpoint| export(&endpoint, tls, image, access, limits))
        .and_then(|archive| Docker::of(archive, None, limits));
    read.map_err(|error| error.doing(format!("read {} from the Docker engine", escape(image.as_bytes()))))
}

/// Reads `DOCKER_HOST` (docker(1), "Environment variables").
fn endpoint(host: Option<&str>, tls: bool) -> Result<Endpoint> {
    let host = host.unwrap_or_default();
    let wrong = |why: &str| Error::new(Kind::Usage, format!("DOCKER_HOST is {}: {why}", escape(host.as_bytes())));
    match host.split_once("://") {
        None if host.is_empty() => Ok(Endpoint::Socket(SOCKET.into())),
        Some(("unix", path)) if !path.is_empty() => Ok(Endpoint::Socket(path.into())),
        Some(("tcp", address)) => {
            let (scheme, port) = if tls { ("https", 2376) } else { ("http", 2375) };
            let mut url: Url = format!("{scheme}://{address}/").parse().map_err(|error| wrong(&format!("{error}")))?;
            if !address.trim_end_matches('/').rsplit(']').next().unwrap_or_default().contains(':') {
                // A URL that has a host takes any port.
                let _ = url.set_port(Some(port));
            }
            Ok(Endpoint::Address(url))
        }
        Some(("ssh" | "npipe", _)) => Err(wrong("engines are asked by unix:// and tcp:// only")
            .hint("pipe the image in: docker save IMAGE | lucid-verify docker-archive:-")),
        _ => Err(wrong("it is no unix:///PATH and no tcp://HOST:PORT")),
    }
}

/// Asks for an image, and reads the archive that comes.
fn export(endpoint: &Endpoint, certificates: Option<PathBuf>, image: &str, access: &Access, limits: &Limits) -> Result<Archive> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(Kind::Bug, error.to_string()).doing("start the network thread"))?;
    let tls = certificates.map(|folder| Tls {
        ca_file: Some(folder.join("ca.pem")),
        client_cert: Some(folder.join("cert.pem")),
        client_key: Some(folder.join("key.pem")),
    });
    // The certificates of registries are not those of the engine.
    let access = Access { tls: tls.unwrap_or_default(), ..access.clone() };
    let (http, base) = match endpoint {
        Endpoint::Socket(path) => (Http::on_socket(&access, path)?, "http://docker/"),
        Endpoint::Address(url) => (Http::new(&access, is_loopback(url))?, url.as_str()),
    };
    let address = format!("{base}images/{image}/get");
    let url: Url = address.parse().map_err(|error| Error::new(Kind::Bug, format!("{address}: {error}")))?;
    let asked = runtime.block_on(access.waiting().on(http.get(url.clone()).send()))?;
    let response = asked.ok_or_else(|| silent(&url))?.map_err(|error| unreached(&error, endpoint))?;
    match response.status() {
        StatusCode::OK => Archive::pass(body::stream(runtime.handle(), response, access.waiting()), limits),
        status => {
            let refusal = runtime.block_on(Refusal::read(response, &[]));
            Err(match status {
                StatusCode::NOT_FOUND => {
                    refusal.error(Kind::NotFound, "it has no such image").hint("`docker images` lists what it has")
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => refusal.error(Kind::Denied, "it refuses"),
                _ => refusal.error(Kind::Unreachable, "it fails"),
            })
        }
    }
}

/// Why there was no answer.
fn unreached(error: &reqwest::Error, endpoint: &Endpoint) -> Error {
    let said = describe(error).1;
    let path = match endpoint {
        _ if !error.is_connect() => return said,
        Endpoint::Address(_) => return said.hint(OTHERWISE),
        Endpoint::Socket(path) => escape(path.as_os_str().as_encoded_bytes()),
    };
    let cause = excerpt(&innermost(error));
    let mut causes = chain(error).filter_map(|error| error.downcast_ref::<io::Error>());
    if causes.any(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        return Error::new(Kind::Denied, format!("{path}: {cause}")).hint(NOT_ALLOWED);
    }
    Error::new(Kind::Unreachable, format!("no engine answers at {path}: {cause}")).hint(OTHERWISE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_where_docker_looks_for_it() {
        let address = |url: &str| Ok(Endpoint::Address(url.parse().unwrap()));
        let found = |host: &str, tls| endpoint(Some(host), tls).map_err(|error| error.what);
        assert_eq!(endpoint(None, false).unwrap(), Endpoint::Socket(SOCKET.into()));
        assert_eq!(found("unix:///run/user/1000/docker.sock", false), Ok(Endpoint::Socket("/run/user/1000/docker.sock".into())));
        assert_eq!(found("tcp://10.0.0.1:80", false), address("http://10.0.0.1:80/"));
        assert_eq!(found("tcp://engine", false), address("http://engine:2375/"));
        assert_eq!(found("tcp://[::1]", true), address("https://[::1]:2376/"));
        for wrong in ["unix://", "tcp://", "fd://", "/var/run/docker.sock", "ssh://me@there", "npipe:////./pipe/docker_engine"] {
            assert_eq!(endpoint(Some(wrong), false).unwrap_err().kind, Kind::Usage, "{wrong}");
        }
        assert!(endpoint(Some("ssh://there"), false).unwrap_err().hint.unwrap().contains("docker save"));
    }
}
