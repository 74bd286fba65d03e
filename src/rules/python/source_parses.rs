//! `python/source-parses`

use super::super::{Context, Offence, declare_rule, words};
use super::sources::files;
use crate::facts::python::syntax::{Fault, fault};
use crate::finding::{Finding, Judgement};
use crate::text::escape;
use crate::vfs::LayerPath;

declare_rule! {
    /// The code is Python of the image's version
    ///
    /// # What it checks
    /// Every module of the service that the command or the health check imports, and every `.py` file below `roots`: its
    /// bytes are text in its encoding, without NUL bytes and conflicts that nobody resolved, and the grammar of the
    /// interpreter's version takes it. Files of 64 KiB and more and those in directories of tests and templates are left
    /// out. What is surely imported is an error, the rest a warning.
    ///
    /// # Why
    /// A build copies code and does not run it; what one version of Python takes is an error to the one before it.
    ///
    /// # Symptom
    /// `SyntaxError: …` or `IndentationError: …`, as the last line at start or at first use.
    ///
    /// # Fix
    /// Mend the file at that line, or let builder and runtime have the version that it is written for.
    ///
    /// # Options
    /// - `roots`: directories whose files are the service's own.
    RULE = "python/source-parses", Starts, Error, since "0.1.0", needs Tree,
    unit "file of the service is Python" | "files of the service are Python",
    options { "roots": Texts }, check check
}

fn check(context: &Context<'_>) -> Judgement {
    let runtimes = match context.runtimes() {
        Ok(runtimes) => runtimes,
        Err(skip) => return skip,
    };
    let Some(version) = context.started().map(|(runtime, _)| runtime).or(runtimes.first()).map(|found| found.interpreter.version)
    else {
        return Judgement::default();
    };
    let files = files(context);
    let (mut faults, mut examined) = (Vec::new(), 0);
    for (node, level) in files {
        let Some(text) = context.tree.trace(node).and_then(|trace| trace.bytes()) else { continue };
        if let Ok(found) = fault(text, version) {
            examined += 1;
            faults.extend(found.map(|fault| (context.tree.path(node), node, level, fault)));
        }
    }
    let offences = faults.iter().map(|(path, node, level, _)| Offence {
        path: path.clone(),
        layer: Some(context.tree.content_layer(*node)),
        what: *level,
    });
    let findings = context.group(offences).into_iter().filter_map(|group| {
        let said = |path: &LayerPath| faults.iter().find(|(at, ..)| at == path).map(|(.., fault)| fault);
        let lines: Vec<String> = group.paths.iter().filter_map(|path| Some(line(path, said(path)?))).collect();
        let message = format!("not Python {version}: {}", words::list(&lines, 3));
        let finding =
            group.finding(group.what, message, "mend the file, and let the build compile it: RUN python3 -m compileall -q");
        Some(Finding { predicts: said(group.paths.first()?)?.predicts.map(str::to_owned), ..finding })
    });
    let findings = findings.collect();
    Judgement::looked(examined, findings)
}

fn line(path: &LayerPath, fault: &Fault) -> String {
    format!("{path}:{}: {}", fault.line, escape(fault.what.as_bytes()))
}
