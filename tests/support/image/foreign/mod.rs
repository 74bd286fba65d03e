//! Images that know nothing of the pattern, as people build them, from the parts that they build them of.

pub mod java;
pub mod native;
pub mod node;
pub mod python;
mod venv;

use serde_json::{Value, json};

use crate::image::Image;
use crate::image::slim::PATH;

/// Gives an image the configuration that its last instructions set.
fn configure(mut image: Image, env: &[&str], run: &Value) -> Image {
    let env: Vec<&str> = [PATH].iter().chain(env).copied().collect();
    image.config = json!({"Env": env});
    for (field, value) in run.as_object().unwrap() {
        image.config[field] = value.clone();
    }
    image
}
