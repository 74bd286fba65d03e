//! `size/layer-order`

use super::super::{Context, declare_rule, words};
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{At, LayerPath};

declare_rule! {
    /// What changes most often lies on top
    ///
    /// # What it checks
    /// No layer that brings `min-bytes` of packages (in a site directory of Python, or in `node_modules`) lies above one that
    /// brings the service's own modules: two or more files of Python or JavaScript below the working directory or `roots`.
    ///
    /// # Why
    /// A layer is built and shipped again when one below it changed: packages above the code are shipped with every commit.
    ///
    /// # Symptom
    /// None at run time: builds install everything again, and each release pulls everything again.
    ///
    /// # Fix
    /// Copy the list of packages, install them, and copy the code last.
    ///
    /// # Options
    /// - `roots`: directories of the service's own code, beside the working directory.
    /// - `min-bytes`: packages that are not worth a word.
    RULE = "size/layer-order", Lean, Info, since "0.1.0", needs Tree,
    unit "layer in the order of change" | "layers in the order of change",
    options { "roots": Texts, "min-bytes": Bytes }, check check
}

const PACKAGES: [&[u8]; 3] = [b"site-packages", b"dist-packages", b"node_modules"];
const MODULES: [&[u8]; 5] = [b".py", b".js", b".mjs", b".cjs", b".ts"];

/// What of a layer counts.
#[derive(Clone, Copy, Default)]
struct Brings {
    packages: u64,
    modules: u64,
}

fn check(context: &Context<'_>) -> Judgement {
    let workdir = LayerPath::new(&context.facts.config.run.working_dir);
    let roots = context.texts("roots").into_iter().map(LayerPath::new).chain([workdir]).filter(|root| !root.is_root());
    let (roots, least) = (roots.collect::<Vec<_>>(), context.count("min-bytes").unwrap_or_default());
    let is_module = |name: &[u8]| MODULES.iter().any(|ending| name.ends_with(ending));
    let is_packages = |name: &[u8]| PACKAGES.contains(&name);
    let is_own = |path: &LayerPath| roots.iter().any(|root| path.is_within(root));
    let mut layers = vec![Brings::default(); context.facts.layers.len()];
    let trail = context.tree.trail();
    for shipment in trail.shipments() {
        let Some(layer) = layers.get_mut(shipment.layer) else { continue };
        let (is_package, is_module) = match shipment.at {
            At::Node(node) => {
                (context.tree.around(node).any(|at| is_packages(context.tree.name(at))), is_module(context.tree.name(node)))
            }
            At::Path(path) => (path.components().any(is_packages), is_module(path.name())),
        };
        if is_package {
            layer.packages = layer.packages.saturating_add(shipment.bytes);
        } else {
            layer.modules += u64::from(is_module && is_own(&trail.path(&shipment)));
        }
    }
    let code = layers.iter().position(|layer| layer.modules > 1 && layer.packages < least);
    let above = layers
        .iter()
        .enumerate()
        .filter(|(at, layer)| code.is_some_and(|code| *at > code) && layer.packages >= least.max(1) && layer.modules == 0);
    let findings = above.map(|(at, layer)| {
        let below = code.unwrap_or_default();
        let by = context.facts.instruction(below).map(|made| format!(": {}", words::excerpt(&made))).unwrap_or_default();
        let message =
            format!("{} of packages lie above the service's own code (layer {}{by})", words::bytes(layer.packages), below + 1);
        let fix = "copy the list of packages and install them first, and copy the code last";
        Finding::new(Level::Info, message, fix).at(Place { path: None, layer: Some(at) })
    });
    Judgement::looked(layers.iter().filter(|layer| layer.packages > 0 || layer.modules > 0).count(), findings.collect())
}
