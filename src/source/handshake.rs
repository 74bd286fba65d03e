//! Why a TLS connection came to nothing, and what to do about it.

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError as Wrong, Error as Tls};

use super::refusal::excerpt;
use crate::error::{Error, Kind};

/// The next step where a certificate is not the right one.
const CHECK: &str = "check the host, and this machine's clock; --ca-file FILE trusts a further authority";

/// The next step where a server ends a connection as soon as it knows, or does not know, who is there.
pub const KNOWN: &str = "if it wants to know its clients, show a certificate with --client-cert FILE and --client-key FILE";

/// The error of a TLS connection with `host` that came to nothing.
pub fn failed(error: &Tls, host: &str) -> Error {
    let (why, hint) = match error {
        Tls::InvalidMessage(_) => {
            ("what answers there speaks no TLS".to_owned(), Some("if the registry speaks plain HTTP, allow it with --plain-http"))
        }
        Tls::InvalidCertificate(wrong) => certificate(wrong),
        Tls::AlertReceived(alert @ (AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure)) => {
            (format!("it ends the handshake ({alert:?})"), Some(KNOWN))
        }
        other => (excerpt(&other.to_string()), None),
    };
    let error = Error::new(Kind::Unreachable, format!("no TLS connection with {host}: {why}"));
    hint.into_iter().fold(error, Error::hint)
}

fn certificate(wrong: &Wrong) -> (String, Option<&'static str>) {
    let (why, hint) = match wrong {
        Wrong::UnknownIssuer => (
            "nobody whom this machine trusts issued its certificate".to_owned(),
            "if an authority of your own issued the certificate, trust it with --ca-file FILE",
        ),
        Wrong::ExpiredContext { not_after, .. } => (format!("its certificate expired on {}", day(*not_after)), CHECK),
        Wrong::NotValidYetContext { not_before, .. } => (format!("its certificate holds from {} on", day(*not_before)), CHECK),
        Wrong::NotValidForNameContext { presented, .. } => {
            // They come as they are called in the library: `DnsName("example.com")`.
            let name =
                |name: &String| name.split_once('(').map_or(&name[..], |(_, name)| name).trim_matches(['"', ')']).to_owned();
            let names: Vec<String> = presented.iter().map(name).collect();
            let names = if names.is_empty() { "nobody".to_owned() } else { excerpt(&names.join(", ")) };
            (format!("its certificate is for another host: {names}"), CHECK)
        }
        other => (excerpt(&other.to_string()), CHECK),
    };
    (why, Some(hint))
}

fn day(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map_or_else(|| "a day that is no date".to_owned(), |time| time.date_naive().to_string())
}
