//! `config/certs`

use super::super::{Context, declare_rule};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{FileKind, LayerPath};

declare_rule! {
    /// The certificates of authorities are where they are looked for
    ///
    /// # What it checks
    /// Each file that a variable names as a bundle of certificates, and `path` where none does, is a file that holds more than
    /// white space; one that is small enough to be read holds a certificate.
    ///
    /// # Why
    /// Without a bundle, every connection over TLS fails; with a variable that names the wrong file, it does so beside a good
    /// one.
    ///
    /// # Symptom
    /// `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate`
    ///
    /// # Fix
    /// `COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt`
    ///
    /// # Options
    /// - `path`: the bundle that is wanted where no variable names one; without it such an image is not asked.
    RULE = "config/certs", Conforms, Warn, since "0.1.0", needs Tree,
    unit "bundle holds certificates" | "bundles hold certificates",
    options { "path": Text }, check check
}

/// Variables that name a bundle: of OpenSSL, requests, curl, Node.js, git, and the tools of AWS.
const VARIABLES: [&str; 6] =
    ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE"];

fn check(context: &Context<'_>) -> Judgement {
    let config = &context.facts.config;
    let set = VARIABLES.iter().filter_map(|name| Some((Some(*name), config.env(name).filter(|path| path.starts_with('/'))?)));
    let named: Vec<_> = set.map(|(name, path)| (name, LayerPath::new(path))).collect();
    let wanted = context.text("path").filter(|path| named.is_empty() && !path.is_empty());
    let bundles: Vec<_> = named.into_iter().chain(wanted.map(|path| (None, LayerPath::new(path)))).collect();
    if bundles.is_empty() {
        return Judgement::skip("nothing says that certificates are wanted");
    }
    let findings = bundles.iter().filter_map(|(variable, path)| finding(context, *variable, path));
    Judgement::looked(bundles.len(), findings.collect())
}

fn finding(context: &Context<'_>, variable: Option<&str>, path: &LayerPath) -> Option<Finding> {
    let tree = context.tree;
    let (what, fix, place) = match context.file(path) {
        Err(absence) => {
            let why = absence.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            (format!("is missing{why}"), absence.fix(format!("COPY the certificates to {path}")), absence.place)
        }
        Ok(node) => {
            let trace = tree.trace(node)?;
            let mark = b"BEGIN CERTIFICATE";
            let has = |bytes: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
            let is_one = !trace.blank && trace.kind == FileKind::Other && trace.bytes().is_none_or(has);
            if is_one {
                return None;
            }
            let what = if trace.blank { "is empty" } else { "holds no certificate" };
            let fix = "COPY the certificates that update-ca-certificates wrote in the builder";
            (what.to_owned(), fix.to_owned(), Place::path(path, tree.content_layer(node)))
        }
    };
    let by = variable.map_or_else(String::new, |name| format!(", which {name} names,"));
    Some(Finding::new(Level::Warn, format!("the bundle of certificates {path}{by} {what}"), fix).at(place))
}
