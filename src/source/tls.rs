//! Certificates that are not the host's own: authorities to trust, and the one by which a client is known.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::error::{Error, Kind, Result};
use crate::text::escape;

/// Files of certificates, in PEM.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Authorities that are trusted beside those of the host.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate, with what leads to its authority.
    pub client_cert: Option<PathBuf>,
    /// The key of the client's certificate.
    pub client_key: Option<PathBuf>,
}

impl Tls {
    /// Whether the host's own certificates are all there is.
    pub(super) fn is_empty(&self) -> bool {
        self.ca_file.is_none() && self.client_cert.is_none() && self.client_key.is_none()
    }

    /// Reads the files into a client to be.
    pub(super) fn add_to(&self, mut builder: ClientBuilder) -> Result<ClientBuilder> {
        if let Some(path) = &self.ca_file {
            let certificates = Certificate::from_pem_bundle(&read(path)?).unwrap_or_default();
            if certificates.is_empty() {
                return Err(unusable(path, "it holds no certificate in PEM"));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        match (&self.client_cert, &self.client_key) {
            (Some(certificate), Some(key)) => {
                let pem = [read(certificate)?, b"\n".to_vec(), read(key)?].concat();
                // The text of the parser could quote the key.
                let identity = Identity::from_pem(&pem)
                    .map_err(|_| unusable(certificate, &format!("it and {} hold no certificate and key in PEM", shown(key))))?;
                Ok(builder.identity(identity))
            }
            (None, None) => Ok(builder),
            _ => Err(Error::new(Kind::Usage, "a client certificate needs its key, and a key its certificate")
                .hint("give both: --client-cert and --client-key")),
        }
    }

    /// The error of a client that came to nothing with these files.
    pub(super) fn refused(&self, why: &str) -> Error {
        let files: Vec<String> =
            [&self.ca_file, &self.client_cert, &self.client_key].into_iter().flatten().map(|path| shown(path)).collect();
        Error::new(Kind::Usage, why).doing(format!("use {}", files.join(", ")))
    }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::new(Kind::Usage, why).doing(format!("use {}", shown(path)))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| unusable(path, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(tls: &Tls) -> String {
        let error = tls.add_to(reqwest::Client::builder()).err().unwrap();
        assert_eq!(error.kind, Kind::Usage);
        error.to_string()
    }

    #[test]
    fn a_file_that_holds_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.pem");
        let ca = Tls { ca_file: Some(file.clone()), ..Tls::default() };
        assert!(refused(&ca).contains("some.pem: "));
        std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\nhunter2\n").unwrap();
        let both = Tls { client_cert: Some(file.clone()), client_key: Some(file.clone()), ..Tls::default() };
        for tls in [&ca, &both] {
            let error = refused(tls);
            assert!(error.contains("some.pem: it") && !error.contains("hunter2"), "{error}");
        }
        let half = Tls { client_key: Some(file), ..Tls::default() };
        assert!(refused(&half).contains("needs its key"));
    }
}
