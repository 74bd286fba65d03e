//! `config/service-entrypoint`

use super::super::{Context, declare_rule};
use crate::facts::python::Import;
use crate::finding::{Finding, Judgement, Level, Place};
use crate::vfs::LayerPath;

declare_rule! {
    /// The command is the service's own
    ///
    /// # What it checks
    /// Where the service declares its directories, the file or module that the command has Python run does not lie in a
    /// directory beside these that is none of them. What lies in the directory above them, and what is installed, may be run.
    ///
    /// # Why
    /// Services of one repository have like names and like entry points. A CMD that was copied with the rest of a Dockerfile
    /// starts another service under this one's name.
    ///
    /// # Symptom
    /// The container works, and answers as another service; or `can't open file '/app/other/api/entrypoint.py'`.
    ///
    /// # Fix
    /// The entry point of this service in CMD.
    ///
    /// # Options
    /// None beside `app` of the service.
    RULE = "config/service-entrypoint", Conforms, Error, since "0.1.0", needs Tree,
    unit "program is the service's own" | "programs are the service's own", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let Some(service) = context.profile.service.as_ref().filter(|service| !service.app.is_empty()) else {
        return Judgement::skip("no directory of the service is declared");
    };
    let Some(program) = program(context) else {
        return Judgement::skip("the command has Python run no file that is known");
    };
    let own: Vec<LayerPath> = service.app.iter().map(LayerPath::new).collect();
    let beside = own.iter().filter_map(LayerPath::parent).filter(|above| !above.is_root());
    let in_other = beside.filter_map(|above| {
        let below = program.components().nth(above.components().count()).filter(|_| program.is_within(&above))?;
        Some(above.join(below)).filter(|other| *other != program && !own.iter().any(|own| own.is_within(other)))
    });
    let finding = in_other.min().map(|other| {
        let of = own.first().map(ToString::to_string).unwrap_or_default();
        let message = format!("the command runs {program}, in {other}: {} is in {of}", service.name);
        let layer = context.tree.resolve(&program).ok().map(|node| context.tree.layer(node));
        let finding = Finding::new(Level::Error, message, format!("let CMD start what is below {of}"));
        finding.at(Place::path(&program, layer)).contrast(other.to_string(), of)
    });
    Judgement::looked(1, finding.into_iter().collect())
}

/// The file that the command has Python run: a script, a module, or the application that a server is told to serve.
fn program(context: &Context<'_>) -> Option<LayerPath> {
    let (runtime, started) = context.facts.runtimes.iter().find_map(|runtime| Some((runtime, runtime.started.as_ref()?)))?;
    let (server, module) = (started.server.as_ref(), started.module.as_deref());
    let imported = |name: &str, first: &[LayerPath]| match runtime.import_with(context.tree, name, first) {
        Import::Found(node) => Some(context.tree.path(node)),
        _ => None,
    };
    let application = server.and_then(|server| imported(&server.module, &server.directories));
    application.or_else(|| module.and_then(|name| imported(name, &[]))).or_else(|| started.script.clone())
}
