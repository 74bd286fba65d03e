//! A registry of images that have names, in this process.
#![allow(dead_code, unused_imports)]

use std::sync::Arc;

use lucid_verify::serve::{Image, Reply, Request, Server};
use serde_json::Value;

/// A registry: images by repository and tag.
pub struct Registry {
    /// What answers, and remembers what it was asked.
    pub server: Server,
}

impl Registry {
    /// One that answers for these.
    pub fn of(images: Vec<(&'static str, &'static str, Image)>) -> Self {
        let images = Arc::new(images);
        let answer = move |request: &Request| {
            let path = request.path.trim_start_matches("/v2/");
            let of = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
            let here: Vec<_> = images.iter().filter(|(name, ..)| of(name)).collect();
            let last = path.rsplit('/').next().unwrap_or_default();
            let named = here.iter().find(|(_, tag, image)| *tag == last || image.digest().to_string() == last);
            let holds = |image: &Image| image.content.iter().any(|(digest, ..)| digest.to_string() == last);
            let held = || here.iter().find(|(.., image)| holds(image));
            match named.or_else(held) {
                Some((.., image)) => image.reply(request),
                None => Reply::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#),
            }
        };
        Self { server: Server::start(answer).unwrap() }
    }

    /// The full name of an image in it.
    pub fn name(&self, image: &str) -> String {
        format!("{}/{image}", self.server.host())
    }

    /// How often the blobs of an image were asked for, by their place among its layers.
    pub fn reads(&self, image: &Image) -> Vec<usize> {
        let manifest: Value = serde_json::from_slice(&image.manifest).unwrap();
        let paths = self.server.paths();
        let layers = manifest["layers"].as_array().unwrap().iter();
        layers.map(|layer| paths.iter().filter(|path| path.ends_with(layer["digest"].as_str().unwrap())).count()).collect()
    }
}
