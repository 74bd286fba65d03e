//! How images are read, as the options and the environment say.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read};
use std::sync::Arc;
use std::time::Duration;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::limits::Limits;
use lucid_verify::profile::Policy;
use lucid_verify::reference::{Reference, Transport};
use lucid_verify::source::{self, Access, Credentials, Deadline, Tls};
use lucid_verify::verify::{Reading, Shared};

use crate::args::Common;
use crate::{cache, exit};

/// Bytes of a password: registries' tokens have a few thousand.
const PASSWORD: u64 = 64 << 10;

/// Shared read at the same time on however few CPUs: with a round trip for each, fewer leave a link idle.
const JOBS: usize = 8;

/// How these images are read.
pub fn reading(common: &Common, images: &[&Reference]) -> Result<Reading> {
    one_stdin(common, images)?;
    let access = Access {
        plain_http: common.plain_http,
        credentials: credentials(common, images)?,
        credential_files: source::credential_files(),
        tls: Tls {
            ca_file: common.ca_file.clone(),
            client_cert: common.client_cert.clone(),
            client_key: common.client_key.clone(),
        },
        retries: common.retries,
        tell: (!common.quiet).then_some(exit::warn),
        wait: None,
        timeout: Duration::from_secs(common.timeout),
        rate: None,
        deadline: Deadline::after(common.deadline),
        hosts: Arc::default(),
    };
    let is_remote = images.iter().any(|image| matches!(image.transport, Transport::Registry { .. }));
    let shared = Shared::new(common.jobs.map_or_else(jobs, usize::from), is_remote);
    let limits = limits(common, None)?;
    Ok(Reading {
        platform: common.platform.clone(),
        access,
        limits,
        shared,
        cache: cache::open(common)?,
        offline: common.offline,
    })
}

/// The ceilings: what stands on the command line outranks the profile.
pub fn limits(common: &Common, policy: Option<&Policy>) -> Result<Limits> {
    let mut limits = Limits::default();
    if let Some(policy) = policy {
        policy.limit(&mut limits);
    }
    common.limit.iter().try_for_each(|assignment| limits.set(assignment))?;
    Ok(limits)
}

/// A layer waits for the network as much as for a CPU.
pub fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).max(JOBS)
}

fn credentials(common: &Common, images: &[&Reference]) -> Result<Option<Credentials>> {
    let from_environment = || std::env::var("LUCID_VERIFY_PASSWORD").ok().filter(|password| !password.is_empty());
    let password = if common.password_stdin { Some(from_stdin()?) } else { from_environment() };
    let username = common.username.clone().filter(|username| !username.is_empty());
    match (username, password) {
        (None, None) => Ok(None),
        (Some(username), Some(password)) => {
            one_registry(images)?;
            Ok(Some(Credentials { username, password }))
        }
        (Some(_), None) => Err(Error::new(Kind::Usage, "there is a user name and no password")
            .hint("pipe the password in with --password-stdin, or set LUCID_VERIFY_PASSWORD")),
        (None, Some(_)) => {
            Err(Error::new(Kind::Usage, "there is a password and no user name")
                .hint("add --username, or set LUCID_VERIFY_USERNAME"))
        }
    }
}

/// What stdin holds is read once, and by one reader.
fn one_stdin(common: &Common, images: &[&Reference]) -> Result<()> {
    let archives = images.iter().filter(|image| image.is_on_stdin()).count();
    if archives + usize::from(common.password_stdin) <= 1 {
        return if archives == 1 && std::io::stdin().is_terminal() {
            Err(Error::new(Kind::Usage, "an image archive is wanted on stdin, and that is a terminal")
                .hint("pipe one in: docker save IMAGE | lucid-verify docker-archive:-"))
        } else {
            Ok(())
        };
    }
    let and = if common.password_stdin { " and --password-stdin" } else { "" };
    let wanted = if archives == 1 { "an image archive" } else { "several image archives" };
    Err(Error::new(Kind::Usage, format!("{wanted}{and} would be read from stdin, which holds one thing"))
        .hint(if and.is_empty() { "write all but one to files" } else { "set LUCID_VERIFY_PASSWORD instead" }))
}

/// A password goes to one registry only: which of several is meant cannot be told.
pub fn one_registry(images: &[&Reference]) -> Result<()> {
    let hosts: BTreeSet<&str> = images.iter().filter_map(|image| image.host()).collect();
    if hosts.len() > 1 {
        let hosts: Vec<&str> = hosts.into_iter().collect();
        return Err(Error::new(
            Kind::Usage,
            format!("one user name and password for {} registries: {}", hosts.len(), hosts.join(", ")),
        )
        .hint("log in with `docker login`, or verify one registry at a time"));
    }
    Ok(())
}

fn from_stdin() -> Result<String> {
    let usage = |what: String| Error::new(Kind::Usage, what).doing("read the password from stdin");
    let mut text = String::new();
    std::io::stdin().lock().take(PASSWORD).read_to_string(&mut text).map_err(|error| usage(error.to_string()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.contains('\n') {
        return Err(usage("wanted one line".into()));
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn a_password_goes_to_one_registry() {
        let (hub, other, layout) = (image("pickme/x"), image("registry.example/x"), image("oci:dir"));
        assert!(one_registry(&[&hub, &hub, &layout]).is_ok());
        assert!(one_registry(&[&hub, &other]).unwrap_err().what.contains("2 registries"));
    }
}
