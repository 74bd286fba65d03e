//! A profile on its way: what its documents said so far, before it is known for which image it is.

use std::collections::BTreeMap;

use globset::GlobMatcher;

use super::check::Check;
use super::extended::extended;
use super::load::document;
use super::lock::Lock;
use super::place::Source;
use super::{Expect, Known, Requirement, Service, Settings, Size, Subject, Waiver};
use crate::error::Result;

/// Profiles that extend each other: a longer chain is a circle, or nothing that a person can follow.
const DEPTH: usize = 8;

/// What a chain of documents says, base first.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub name: String,
    pub auto: Option<Auto>,
    pub expect: Expect,
    pub offers: BTreeMap<String, Offer>,
    /// Whether the one service is `[service]`, which needs no choice.
    pub only: bool,
    pub rules: BTreeMap<String, Settings>,
    pub waivers: Vec<Waiver>,
    pub matrix: Vec<Requirement>,
    pub size: Size,
    pub checks: Vec<Check>,
    pub limits: BTreeMap<String, u64>,
    pub locks: Vec<Lock>,
    /// The documents in one spelling: what the digest is of.
    pub said: String,
}

/// By what an image shows that a profile is meant for it.
#[derive(Debug, Clone)]
pub(super) struct Auto {
    pub names: Vec<GlobMatcher>,
    pub labels: Vec<GlobMatcher>,
    pub files: Vec<GlobMatcher>,
}

/// A service, and the images that are it.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub matches: Vec<GlobMatcher>,
    pub service: Service,
}

impl Draft {
    /// Reads a profile and everything that it extends.
    pub fn read(file: &str, text: &str, known: &[Known], read: &dyn Fn(&str) -> Result<String>) -> Result<Self> {
        let mut chain = vec![(file.to_owned(), text.to_owned())];
        let mut documents = Vec::new();
        while let Some((file, text)) = chain.last().filter(|_| documents.len() < chain.len()) {
            let source = Source { file, text };
            let document = document(source)?;
            let is_built_in = super::BUILT_IN.iter().any(|(name, _)| name == file);
            if let Some(auto) = document.auto.as_ref().filter(|_| !is_built_in) {
                return Err(source.mistake(&auto.span(), "only built-in profiles have [auto]"));
            }
            let next = match &document.extends {
                Some(extends) if chain.len() == DEPTH => {
                    return Err(source.mistake(&extends.span(), format!("more than {DEPTH} profiles extend each other")));
                }
                Some(extends) => {
                    let found = extended(extends, source, read)?;
                    if let Some(at) = chain.iter().position(|(file, _)| *file == found.0) {
                        let circle: Vec<&str> = chain[at..].iter().map(|(file, _)| &file[..]).collect();
                        let what = format!("{} extend each other in a circle", circle.join(", "));
                        return Err(source.mistake(&extends.span(), what));
                    }
                    Some(found)
                }
                None => None,
            };
            documents.push(document);
            chain.extend(next);
        }
        let mut draft = Self { name: file.to_owned(), ..Self::default() };
        for ((file, text), document) in chain.iter().zip(documents).rev() {
            draft.apply(document, Source { file, text }, known)?;
        }
        Ok(draft)
    }
}

impl Auto {
    /// Why the profile is meant for an image, if it is.
    pub fn fits(&self, subject: &Subject<'_>) -> Option<String> {
        let name = || self.names.iter().find(|glob| glob.is_match(subject.name)).map(|glob| format!("by name {}", glob.glob()));
        let label = || {
            let label = subject.labels.keys().find(|label| self.labels.iter().any(|glob| glob.is_match(label)));
            label.map(|label| format!("by label {}", crate::text::escape(label.as_bytes())))
        };
        let file = || self.files.iter().find(|glob| (subject.has_file)(glob)).map(|glob| format!("by file {}", glob.glob()));
        name().or_else(label).or_else(file)
    }
}
