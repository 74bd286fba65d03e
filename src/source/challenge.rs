//! What a registry asks of those who come without a pass (RFC 9110, 11.6.1; distribution, "Token Authentication").

use http_auth::ChallengeRef;
use http_auth::parser::ChallengeParser;

use super::refusal::excerpt;
use crate::error::{Error, Kind, Result};

/// A challenge that can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// A user name and a password with each request.
    Basic,
    /// A token from the server that `realm` names.
    Bearer {
        /// The token server's address, unchecked.
        realm: String,
        /// The name by which the token server knows the registry.
        service: Option<String>,
        /// What the registry wants the token to be good for.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Chooses from the `WWW-Authenticate` headers of an answer: a token if one can be had, as it serves the anonymous
    /// too, else a password.
    pub fn choose<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut offered = Vec::new();
        let mut basic = false;
        let mut broken = None;
        for header in headers.into_iter().filter(|header| !header.trim().is_empty()) {
            for challenge in ChallengeParser::new(header) {
                let Ok(challenge) = challenge else {
                    // Nexus and others send forms that the grammar does not know, such as an unquoted `realm=/`. Where
                    // the scheme asks for no parameters, they do not matter.
                    let scheme = header.split([' ', ',', '\t']).next().unwrap_or_default();
                    basic |= scheme.eq_ignore_ascii_case("basic");
                    broken.get_or_insert_with(|| format!("it cannot be read: {}", excerpt(header)));
                    offered.push(excerpt(scheme));
                    break;
                };
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    let [realm, service, scope] = ["realm", "service", "scope"].map(|name| parameter(&challenge, name));
                    match realm {
                        Some(realm) => return Ok(Self::Bearer { realm, service, scope }),
                        None => broken = Some("its Bearer challenge has a missing realm".to_owned()),
                    }
                }
                basic |= challenge.scheme.eq_ignore_ascii_case("basic");
                offered.push(excerpt(challenge.scheme));
            }
        }
        if basic {
            return Ok(Self::Basic);
        }
        let what = match broken {
            Some(broken) => format!("the registry asks for authentication, and {broken}"),
            None if offered.is_empty() => "the registry asks for authentication and does not say which".to_owned(),
            None => format!("the registry offers {} authentication; supported: Basic, Bearer", offered.join(", ")),
        };
        Err(Error::new(Kind::Denied, what))
    }
}

/// An unescaped parameter that is not empty.
fn parameter(challenge: &ChallengeRef<'_>, name: &str) -> Option<String> {
    let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.to_unescaped()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.map(str::to_owned), scope: None }
    }

    #[test]
    fn the_challenges_of_known_registries_are_understood() {
        for (headers, want) in [
            (
                &[r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#][..],
                Challenge::Bearer {
                    realm: "https://auth.docker.io/token".into(),
                    service: Some("registry.docker.io".into()),
                    scope: Some("repository:a/b:pull".into()),
                },
            ),
            (&[r#"Basic realm="https://1.dkr.ecr.eu.amazonaws.com/",service="ecr.amazonaws.com""#], Challenge::Basic),
            (&[r#"BASIC realm="Sonatype Nexus Repository Manager""#], Challenge::Basic),
            (&["Basic realm=/"], Challenge::Basic),
            (&["Negotiate", r#"Basic realm="x""#], Challenge::Basic),
            (&[r#"Basic realm="x", Bearer realm="https://t/",service="s""#], bearer("https://t/", Some("s"))),
            (&[r#"bearer REALM="https://t/\"a",empty="""#], bearer("https://t/\"a", None)),
            (&["Bearer service=\"s\"", "Basic"], Challenge::Basic),
        ] {
            assert_eq!(Challenge::choose(headers.iter().copied()).unwrap(), want, "{headers:?}");
        }
    }

    #[test]
    fn what_cannot_be_met_is_named() {
        let long = format!("Bearer realm=\"{}", "é".repeat(32 << 10));
        for (headers, want) in [
            (
                &["Negotiate", r#"Digest realm="x",nonce="y""#][..],
                "offers Negotiate, Digest authentication; supported: Basic, Bearer",
            ),
            (&["Bearer service=\"s\""], "missing realm"),
            (&["Bearer realm=\"unterminated"], "cannot be read"),
            (&["Bearer realm=\"\""], "missing realm"),
            (&[&long], "cannot be read"),
            (&["\u{1b}[31m"], "\\u{1b}"),
            (&["", " "], "does not say which"),
            (&[], "does not say which"),
        ] {
            let error = Challenge::choose(headers.iter().copied()).unwrap_err();
            assert_eq!(error.kind, Kind::Denied);
            assert!(error.what.contains(want) && error.what.len() < 2000, "{error}");
        }
    }
}
