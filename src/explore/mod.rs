//! The terminal browser: what is seen of an image, and what a key makes of that. Pure: it has no terminal and no clock.
//!
//! [`Subject`] is the image, [`Model`] the state, [`Model::press`] what a key does, [`draw::draw`] the screen. [`plain`] is a
//! dialogue in lines over the same model. Whoever has the terminal, or stdin, calls them (docs/decisions/0040).

mod browser;
mod content;
mod cursor;
pub mod draw;
mod fill;
mod filter;
pub mod keys;
mod lists;
mod look;
mod model;
mod motion;
mod paths;
pub mod plain;
mod sheet;
mod subject;
#[cfg(test)]
mod tests;
mod view;

pub use content::{Content, VIEW};
pub use look::Look;
pub use model::{Ask, Model, Pane, Reading};
pub use paths::Paths;
pub use subject::Subject;
