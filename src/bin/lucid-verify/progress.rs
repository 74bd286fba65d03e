//! How far the reading is, on stderr.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lucid_verify::image::Resolved;
use lucid_verify::verify::Watch;

use crate::args::{Common, Progress};

/// One bar for each layer that is being read. Gone when dropped.
pub struct Bars {
    screen: MultiProgress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sizes: Vec<u64>,
    bars: BTreeMap<usize, ProgressBar>,
}

impl Bars {
    /// Bars on stderr if someone looks at it and wants them, else nothing.
    pub fn new(common: &Common) -> Self {
        let shown = std::io::stderr().is_terminal() && !common.quiet && common.progress == Progress::Auto;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { screen: MultiProgress::with_draw_target(target), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        let _ = self.screen.clear();
    }
}

fn style() -> ProgressStyle {
    let template = "{prefix:>13} {bar:24} {bytes:>10} of {total_bytes:>10} {bytes_per_sec:>12}";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

impl Watch for Bars {
    fn resolved(&self, image: &Resolved) {
        let sizes = image.manifest.layers.iter().map(|layer| layer.size).collect();
        *self.state() = State { sizes, bars: BTreeMap::new() };
    }

    fn advanced(&self, layer: usize, bytes: u64) {
        if self.screen.is_hidden() {
            return;
        }
        let mut state = self.state();
        let (size, layers) = (state.sizes.get(layer).copied().unwrap_or(0), state.sizes.len());
        let bar = state.bars.entry(layer).or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new(size));
            bar.set_style(style());
            bar.set_prefix(format!("layer {}/{layers}", layer + 1));
            bar
        });
        bar.inc(bytes);
    }

    fn finished(&self, layer: usize) {
        if let Some(bar) = self.state().bars.remove(&layer) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }
}
