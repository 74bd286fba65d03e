//! The service that has the bucket, as the environment names it (the variables of the AWS command line).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::client::{HttpClient, HttpConnector};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};
use reqwest::{Client, Url};

use crate::cache::sealed::Secret;
use crate::error::{Error, Kind as Fault, Result};
use crate::text::escape;

/// Further tries of a request that failed for a passing reason: what does not come is made again.
const RETRIES: usize = 1;
const PAUSE: Duration = Duration::from_millis(100);

/// How a bucket is reached, and what is said of it.
pub struct Service<'a> {
    /// Makes a client of TLS alone, or one that also speaks plain HTTP and then asks no proxy.
    pub client: &'a dyn Fn(bool) -> Result<Client>,
    /// The longest that the service may be silent.
    pub timeout: Duration,
    /// How long the network may be waited for in all.
    pub deadline: Duration,
    /// What authenticates entries; without it nothing is written.
    pub secret: Option<Secret>,
    /// Told what is of interest to those alone who ask.
    pub say: fn(&str),
    /// Told what everyone should know.
    pub warn: fn(&str),
}

/// A bucket, and where in it the entries lie.
pub(super) struct Address {
    pub(super) bucket: String,
    pub(super) prefix: Path,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            let what = format!("{} is no address of a bucket: {why}", escape(text.as_bytes()));
            Error::new(Fault::Usage, what).hint("wanted s3://BUCKET or s3://BUCKET/PREFIX")
        };
        let rest = text.strip_prefix("s3://").ok_or_else(|| wrong("it begins otherwise"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.len() < 3 || !bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
            return Err(wrong("no bucket has this name"));
        }
        let prefix = Path::parse(prefix).map_err(|_| wrong("the prefix holds empty parts, dots or control characters"))?;
        Ok(Self { bucket: bucket.to_owned(), prefix })
    }
}

/// The service of the environment. Nothing is asked of it yet.
pub(super) fn open(bucket: &str, clients: &dyn Fn(bool) -> Result<Client>) -> Result<Arc<dyn ObjectStore>> {
    let backoff = BackoffConfig { init_backoff: PAUSE, ..BackoffConfig::default() };
    let retry = RetryConfig { max_retries: RETRIES, backoff, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    // Objects go one by one, and not every service knows the other way.
    builder = builder.with_disable_bulk_delete(true);
    let set = |builder: &AmazonS3Builder, key| builder.get_config_value(&key).filter(|value| !value.is_empty());
    let endpoint = set(&builder, AmazonS3ConfigKey::S3Endpoint).or_else(|| set(&builder, AmazonS3ConfigKey::Endpoint));
    if let Some(endpoint) = endpoint {
        let allowed = set(&builder, AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp)).is_some_and(|value| value == "true");
        builder = builder.with_allow_http(may_be_plain(&endpoint, allowed)?);
    }
    let clients = Clients { tls: clients(false)?, plain: clients(true)? };
    let built = builder.with_http_connector(clients).build();
    // The text of the library could quote what it was given.
    let refused = |_| {
        Error::new(Fault::Usage, "the variables AWS_… of the environment do not go together")
            .hint("set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither; AWS_ENDPOINT_URL is an address of its own")
    };
    Ok(Arc::new(built.map_err(refused)?))
}

/// Whether the service is asked over plain HTTP.
fn may_be_plain(endpoint: &str, allowed: bool) -> Result<bool> {
    let wrong = |what: &str, hint: &str| Err(Error::new(Fault::Usage, what).doing("use AWS_ENDPOINT_URL").hint(hint));
    let url = Url::parse(endpoint).ok().filter(|url| url.has_host());
    let Some(url) = url else { return wrong("it is no address", "wanted https://HOST or https://HOST:PORT") };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    match url.scheme() {
        "https" => Ok(false),
        "http" if allowed || is_loopback => Ok(true),
        "http" => wrong(
            "it is plain HTTP, by which all on the way can read what is asked",
            "name an https:// address, or set AWS_ALLOW_HTTP=true for a network that nobody else is in",
        ),
        _ => wrong("it is neither https:// nor http://", "wanted https://HOST or https://HOST:PORT"),
    }
}

/// The clients of registries, for requests of this service and those for its credentials.
#[derive(Debug)]
struct Clients {
    tls: Client,
    plain: Client,
}

impl HttpConnector for Clients {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let is_plain = options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        Ok(HttpClient::new(if is_plain { self.plain.clone() } else { self.tls.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_and_a_prefix() {
        for (text, bucket, prefix) in [
            ("s3://some-bucket", "some-bucket", ""),
            ("s3://b.1/", "b.1", ""),
            ("s3://bucket/team/cache/", "bucket", "team/cache"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((&address.bucket[..], address.prefix.as_ref()), (bucket, prefix), "{text}");
        }
        for text in ["s3://", "s3:///prefix", "s3://bucket/a//b", "s3://bucket/../x", "s3://user:pass@bucket", "gs://bucket"] {
            let error = Address::parse(text).err().unwrap();
            assert!(error.kind == Fault::Usage && error.hint.unwrap().contains("s3://BUCKET"), "{text}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_it_is_allowed() {
        for (endpoint, allowed, wanted) in [
            ("https://s3.test", false, Some(false)),
            ("http://127.0.0.1:9000", false, Some(true)),
            ("http://[::1]:9000", false, Some(true)),
            ("http://localhost:9000", false, Some(true)),
            ("http://localhost.test", false, None),
            ("http://minio:9000", false, None),
            ("http://minio:9000", true, Some(true)),
            ("https://s3.test", true, Some(false)),
            ("file:///x", true, None),
            ("s3.test", true, None),
        ] {
            assert_eq!(may_be_plain(endpoint, allowed).ok(), wanted, "{endpoint}");
        }
    }
}
