//! Named ceilings. Everything from an image or a registry is bounded by one of these, and an error that hits one
//! names it, so that `--limit NAME=VALUE` can raise it.

use crate::error::{Error, Kind};

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $field:ident = $name:literal: $default:expr;)+) => {
        /// The ceilings of one run. The documentation of each gives the reason for its default.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Limits { $($(#[doc = $doc])+ pub $field: u64,)+ }

        impl Default for Limits {
            fn default() -> Self { Self { $($field: $default,)+ } }
        }

        impl Limits {
            /// The names that `--limit` knows, in the order of their documentation.
            pub const NAMES: &'static [&'static str] = &[$($name,)+];

            /// The ceiling of this name.
            pub fn slot(&mut self, name: &str) -> Option<&mut u64> {
                match name { $($name => Some(&mut self.$field),)+ _ => None }
            }
        }

        $(
            #[doc = concat!("The error of a run that hit `", $name, "`.")]
            pub fn $field(what: impl Into<String>) -> Error { over($name, what.into()) }
        )+
    };
}

limits! {
    /// Bytes of a manifest or an index. 4 MiB is what the distribution specification asks registries to accept.
    manifest = "manifest": 4 << 20;
    /// Bytes of an image configuration, as for manifests.
    config = "config": 4 << 20;
    /// Bytes of one tar special header (PAX records, GNU long names): the ceiling of Go's archive/tar.
    special_header = "special-header": 1 << 20;
    /// Entries of an image, over all layers. The largest real images have under a million.
    entries = "entries": 2_000_000;
    /// Bytes of a path: Linux's PATH_MAX.
    path = "path": 4096;
    /// Uncompressed bytes of one layer. gzip expands up to 1032 to 1, zstd far more.
    layer_bytes = "layer-bytes": 32 << 30;
    /// Uncompressed bytes of all layers of an image.
    image_bytes = "image-bytes": 64 << 30;
    /// Bytes of metadata and small files that stay in memory, over all layers: a layer of 50 kB can ask for 48 MiB. Those
    /// of real images come to 20 MB.
    kept_bytes = "kept-bytes": 1 << 30;
    /// Bytes of one file that a check of the profile or a test looks into. Texts that are worth that have a few megabytes.
    content = "content": 64 << 20;
    /// Bytes of a zstd window: the decoder's own default ceiling.
    zstd_window = "zstd-window": 128 << 20;
    /// Layers of an image. Overlay file systems stop at 500.
    layers = "layers": 512;
    /// Entries of an index.
    index_entries = "index-entries": 1024;
    /// Indexes within indexes.
    index_depth = "index-depth": 4;
    /// Pages of one list of a registry, of its repositories or of the tags of one. Registries give 100 to 1,000 names a page.
    list_pages = "list-pages": 2_500;
    /// Names of all lists of a registry.
    list_entries = "list-entries": 250_000;
    /// Bytes of one page of such a list. Some registries send all names in one.
    list_page = "list-page": 8 << 20;
}

fn over(name: &str, what: String) -> Error {
    Error::new(Kind::Limit, what).hint(format!("raise the ceiling with --limit {name}=VALUE if you trust this image"))
}

impl Limits {
    /// Sets one ceiling from its `NAME=VALUE` form; the value may carry a unit (`64MiB`, `2GB`).
    pub fn set(&mut self, assignment: &str) -> Result<(), Error> {
        let usage = |what: String| Error::new(Kind::Usage, what).doing(format!("read --limit {assignment}"));
        let (name, value) = assignment.split_once('=').ok_or_else(|| usage("a limit is written NAME=VALUE".into()))?;
        let value = parse_bytes(value).ok_or_else(|| usage(format!("{value:?} is no number of bytes or items")))?;
        let slot = self.slot(name).ok_or_else(|| {
            usage(format!("there is no limit {name:?}")).hint(format!("the limits are {}", Self::NAMES.join(", ")))
        })?;
        *slot = value;
        Ok(())
    }
}

/// Reads a count with an optional unit: MB is 10^6 and MiB 2^20, as docker prints them.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit: u64 = match text[digits..].trim() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_takes_units_and_names_itself() {
        let mut limits = Limits::default();
        limits.set("manifest=8MiB").unwrap();
        assert_eq!(limits.manifest, 8 << 20);
        assert!(limits.set("manifests=8").unwrap_err().hint.unwrap().contains("manifest, config"));
        assert!(limits.set("manifest").is_err());
        assert!(limits.set("manifest=18446744073709551615GiB").is_err());
        assert!(entries("x").hint.unwrap().contains("--limit entries="));
    }
}
