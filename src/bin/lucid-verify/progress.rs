//! How far the reading is, on stderr.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lucid_verify::image::Resolved;
use lucid_verify::reference::Reference;
use lucid_verify::text::terminal;
use lucid_verify::verify::Watch;

use crate::args::{Common, Progress};
use crate::exit;
use crate::images::Target;

/// Layers that are shown at the same time: with the total they leave the better part of any screen alone.
const LAYERS: usize = 8;

/// Characters of an image's name beside its bar.
const NAME: usize = 13;

/// Columns that a line takes which says everything.
const WIDE: usize = 76;

/// A bar for each layer that is being read, and one for the image; of several images below them one for all. Gone when
/// dropped.
pub struct Bars {
    screen: MultiProgress,
    all: Option<ProgressBar>,
    /// What the image is called, if it is one of several.
    name: Option<String>,
    /// Layers that are shown at the same time.
    most: usize,
    width: usize,
    state: Mutex<Option<State>>,
    verbose: bool,
    quiet: bool,
}

/// One image.
struct State {
    total: ProgressBar,
    /// Bytes of each layer, and how many of them came.
    layers: Vec<(u64, u64)>,
    bars: BTreeMap<usize, ProgressBar>,
}

impl Bars {
    /// Bars on stderr if someone looks at it and wants them, else nothing.
    pub fn new(common: &Common) -> Self {
        let shown = std::io::stderr().is_terminal() && !common.quiet && common.progress == Progress::Auto;
        let mut bars = Self::on(if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        (bars.verbose, bars.quiet) = (common.verbose, common.quiet);
        bars
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let width = crate::output::width();
        let screen = MultiProgress::with_draw_target(target);
        let state = Mutex::default();
        Self { screen, all: None, name: None, most: LAYERS, width, state, verbose: false, quiet: false }
    }

    /// As [`Bars::new`], for so many images, of which some are judged at the same time.
    pub fn over(common: &Common, images: usize, at_once: usize) -> Self {
        let mut bars = Self::new(common);
        if images > 1 {
            let style = ProgressStyle::with_template("{prefix:>13} {wide_bar} {pos} of {len}").ok();
            let all = ProgressBar::new(images as u64).with_prefix("images");
            bars.all =
                Some(bars.screen.add(style.into_iter().fold(all, |all, style| all.with_style(style.progress_chars("=> ")))));
        }
        bars.most = (LAYERS / at_once.max(1)).max(1);
        bars
    }

    /// The bars of one of several images.
    pub fn of(&self, target: &Target) -> Self {
        let name = target.reference.familiar();
        let last = name.rsplit('/').next().unwrap_or_default();
        Self {
            screen: self.screen.clone(),
            all: self.all.clone(),
            name: self.all.is_some().then(|| terminal(last).chars().take(NAME).collect()),
            state: Mutex::default(),
            ..*self
        }
    }

    /// An image is done.
    pub fn done(&self) {
        self.all.iter().for_each(|all| all.inc(1));
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bar(&self, name: String, bytes: u64) -> ProgressBar {
        ProgressBar::new(bytes).with_style(style(self.width)).with_prefix(name)
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        *self.state() = None;
        // The screen of several images is cleared with the last of them.
        if self.name.is_none() {
            self.all.iter().for_each(ProgressBar::finish_and_clear);
            let _ = self.screen.clear();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.bars.values().chain([&self.total]).for_each(ProgressBar::finish_and_clear);
    }
}

fn style(width: usize) -> ProgressStyle {
    let template = if width >= WIDE {
        "{prefix:>13} {bar:24} {decimal_bytes:>10} of {decimal_total_bytes:<10} {decimal_bytes_per_sec:>12}"
    } else {
        "{prefix:>13} {bar:8} {decimal_bytes:>10}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// A time as people read it.
fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%MZ").to_string()
}

impl Watch for Bars {
    fn resolved(&self, image: &Resolved) {
        let layers: Vec<(u64, u64)> = image.manifest.layers.iter().map(|layer| (layer.size, 0)).collect();
        let bytes = layers.iter().fold(0, |sum: u64, (size, _)| sum.saturating_add(*size));
        let bar = self.bar(self.name.clone().unwrap_or_else(|| format!("{} layers", layers.len())), bytes);
        let total = match &self.all {
            Some(all) => self.screen.insert_before(all, bar),
            None => self.screen.add(bar),
        };
        total.tick();
        *self.state() = Some(State { total, layers, bars: BTreeMap::new() });
    }

    fn advanced(&self, layer: usize, bytes: u64) {
        let mut state = self.state();
        let Some(State { total, layers, bars }) = state.as_mut().filter(|_| !self.screen.is_hidden()) else { return };
        let count = layers.len();
        let Some((size, read)) = layers.get_mut(layer) else { return };
        *read += bytes;
        total.inc(bytes);
        if bars.len() < self.most {
            bars.entry(layer)
                .or_insert_with(|| self.screen.insert_before(total, self.bar(format!("layer {}/{count}", layer + 1), *size)));
        }
        if let Some(bar) = bars.get(&layer) {
            bar.set_position(*read);
        }
    }

    fn again(&self, layer: usize, files: usize) {
        let count = self.state().as_ref().map_or(0, |state| state.layers.len());
        if self.verbose {
            let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            let note =
                || exit::note(&format!("layer {}/{count} is read a second time: checks look into {files} of it", layer + 1));
            self.screen.suspend(note);
        }
    }

    fn kept(&self, reference: &Reference, at: DateTime<Utc>) {
        if self.verbose {
            let said = format!("{reference}: the verdict is that of {}; nothing that it depends on has changed", time(at));
            self.screen.suspend(|| exit::note(&said));
        }
    }

    fn last_seen(&self, reference: &Reference, at: DateTime<Utc>) {
        if !self.quiet {
            let said = format!("{reference}: no registry is asked; the tag is taken to be what it was at {}", time(at));
            self.screen.suspend(|| exit::note(&said));
        }
    }

    /// What of it did not come counts as well: it failed, or it is the same as another layer.
    fn finished(&self, layer: usize) {
        let mut state = self.state();
        let Some(State { total, layers, bars }) = state.as_mut() else { return };
        if let Some((size, read)) = layers.get(layer) {
            total.inc(size.saturating_sub(*read));
        }
        if let Some(bar) = bars.remove(&layer) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }
}
