//! `platform/interpreter-arch`

use super::super::{Context, Group, Offence, declare_rule};
use super::objects::fix;
use crate::facts::elf::Isa;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::{FileKind, LayerPath, NodeId};

declare_rule! {
    /// The interpreter is for the machine that the image is for
    ///
    /// # What it checks
    /// The machine code that the command ends in (behind an init, too), `python` of `[expect]`, and the loaders that they
    /// name are for the architecture of `platform` in `[expect]`, else for the one that the image claims.
    ///
    /// # Why
    /// A base that was pulled for the build machine, by digest or by `$BUILDPLATFORM`, makes an image whose configuration
    /// says one machine and whose programs are for another.
    ///
    /// # Symptom
    /// `exec …: exec format error`; of the loader, `exec …: accessing a corrupted shared library`; behind an init,
    /// `[FATAL tini (…)] exec … failed: …`, `[dumb-init] …: …`, `ERROR (catatonit:2): failed to exec pid1: …`.
    ///
    /// # Fix
    /// `FROM --platform=$TARGETPLATFORM`, and the digest of the index instead of that of one platform.
    ///
    /// # Options
    /// None beside `platform` and `python` of `[expect]`.
    RULE = "platform/interpreter-arch", Starts, Error, since "0.1.0", needs Tree,
    unit "program or loader is for the machine" | "programs and loaders are for the machine", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let platform = context.platform();
    let Some(wanted) = Isa::of_architecture(&platform.architecture) else {
        return Judgement::unknown(format!("the machine code of {platform} is not known"));
    };
    let programs = context.programs();
    let loader = |program: &NodeId| context.tree.resolve(&LayerPath::new(context.loader(*program)?)).ok();
    let all = programs.iter().flat_map(|program| [Some(*program), loader(program)]).flatten();
    let isas: Vec<(NodeId, Isa)> = all.filter_map(|node| Some((node, isa(context, node)?))).collect();
    let foreign = || isas.iter().filter(|(_, isa)| *isa != wanted);
    // Whatever layers they are of: one wrong FROM brings them all.
    let offences = foreign().map(|(node, isa)| Offence { path: context.tree.path(*node), layer: None, what: *isa });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let first = foreign().map(|(node, _)| *node).find(|node| group.paths.contains(&context.tree.path(*node)));
        finding(context, group, wanted, first)
    });
    Judgement::looked(isas.len(), findings.collect())
}

fn isa(context: &Context<'_>, node: NodeId) -> Option<Isa> {
    match &context.tree.trace(node)?.kind {
        FileKind::Elf(elf) => Some(Isa::of(elf)),
        _ => None,
    }
}

/// The finding, at the program instead of its loader.
fn finding(context: &Context<'_>, group: &Group<Isa>, wanted: Isa, first: Option<NodeId>) -> Finding {
    let (isa, path) = (group.what, first.map(|node| context.tree.path(node)).unwrap_or_default());
    let said = context.platform().architecture;
    let message = format!("the image is for {}, {path} is {isa}", crate::text::escape(said.as_bytes()));
    let mut finding = group.finding(Level::Error, message, fix(None)).contrast(isa.to_string(), wanted.to_string());
    finding.place = Place::path(&path, first.map(|node| context.tree.content_layer(node)));
    finding.predicts = first.map(|node| context.foreign(node));
    finding
}
