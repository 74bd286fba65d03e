//! `python/module-resolves`

use super::super::{Context, Offence, declare_rule, words};
use super::modules::{Absent, Wanted, look};
use crate::finding::{Finding, Judgement, Level};

declare_rule! {
    /// The modules that are started are found
    ///
    /// # What it checks
    /// The `modules` of the service, the module of `python -m`, and the one of the application that uvicorn, gunicorn or
    /// hypercorn is told to serve: each is found on `sys.path` of the interpreter that the command leads to, as `import`
    /// looks for it. A package that is started needs a `__main__`.
    ///
    /// # Why
    /// A module depends on four things that different instructions set: the COPY of the source, WORKDIR, PYTHONPATH, and
    /// the name in CMD.
    ///
    /// # Symptom
    /// `…: No module named …`, `…: Error while finding module specification for '…' (…)`,
    /// `…: No module named ….__main__; '…' is a package and cannot be directly executed`,
    /// `ERROR:    Error loading ASGI app. Could not import module "…".`, `ModuleNotFoundError: No module named '…'`
    ///
    /// # Fix
    /// Copy the directory of the source below one that is on PYTHONPATH, or start the module by the name that it has there.
    ///
    /// # Options
    /// None beside `modules` of the service.
    RULE = "python/module-resolves", Starts, Error, since "0.1.0", needs Tree,
    unit "module is found" | "modules are found", check check
}

fn check(context: &Context<'_>) -> Judgement {
    let runtimes = match context.runtimes() {
        Ok(runtimes) => runtimes,
        Err(skip) => return skip,
    };
    let wanted = Wanted::all(context);
    if wanted.is_empty() {
        return Judgement::skip("the service declares no module, and the command names none");
    }
    let (mut absent, mut unknown) = (Vec::<Absent>::new(), Vec::new());
    for module in &wanted {
        match look(context, runtimes, module) {
            Ok(None) => {}
            Ok(Some(found)) => absent.push(found),
            Err(why) => unknown.push(why),
        }
    }
    let offences = absent.iter().map(|Absent { path, layer, .. }| Offence { path: path.clone(), layer: *layer, what: () });
    let findings = context.group(offences).into_iter().filter_map(|mut group| {
        group.paths.dedup();
        let of: Vec<&Absent> = group.paths.iter().filter_map(|path| absent.iter().find(|one| one.path == *path)).collect();
        let texts: Vec<&str> = of.iter().map(|one| one.text.as_str()).collect();
        let first = of.first()?;
        let finding = group.finding(Level::Error, words::list(&texts, 3), &first.fix);
        Some(Finding { predicts: Some(first.predicts.clone()), ..finding })
    });
    let findings = findings.collect();
    Judgement::looked(wanted.len(), findings).but((!unknown.is_empty()).then(|| words::list(&unknown, 3)))
}
