//! Which finding explains which: one table, applied after judging, so that no rule sees another.

use super::Judged;
use crate::finding::{Finding, Level};
use crate::vfs::LayerPath;

/// What the place of a finding and that of its explanation must have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// The effect is at or below the path of the cause.
    Below,
    /// Everything that the effect is about is also what the cause is about.
    Same,
    /// The effect is in the directory that holds the path of the cause.
    Beside,
    /// Both are about the same Python distribution.
    Distribution,
    /// Both blame the same layer.
    Layer,
    /// Both found the same thing, such as a program.
    Found,
    /// Both are of this image.
    Image,
}

/// Effect, cause, and what they share. Rows of one effect are tried in their order.
const TABLE: &[(&str, &str, On)] = &[
    // A directory that is not there, or was emptied, holds no marker and none of its packages' files.
    ("marker/site-packages", "python/site-packages-exists", On::Below),
    ("marker/site-packages", "python/site-packages-populated", On::Below),
    ("python/site-packages-populated", "python/site-packages-exists", On::Below),
    ("python/record-integrity", "python/site-packages-exists", On::Below),
    ("python/record-integrity", "python/site-packages-populated", On::Below),
    ("python/critical-packages", "python/site-packages-exists", On::Below),
    ("python/critical-packages", "python/site-packages-populated", On::Below),
    ("python/critical-packages", "python/record-integrity", On::Layer),
    // The directory has the name of another version than the one that is wanted.
    ("python/site-packages-exists", "python/version-consistent", On::Image),
    ("config/pythonpath", "python/version-consistent", On::Image),
    // What PYTHONPATH names is not there; what it does not name is not looked in.
    ("config/pythonpath", "python/site-packages-exists", On::Below),
    ("python/importable-path", "config/pythonpath", On::Image),
    // A module is not found where its directory is not looked in, or where the files of its package are gone.
    ("python/module-resolves", "python/importable-path", On::Image),
    ("python/module-resolves", "python/site-packages-exists", On::Below),
    ("python/module-resolves", "python/site-packages-populated", On::Below),
    ("python/module-resolves", "python/record-integrity", On::Layer),
    ("python/module-resolves", "python/critical-packages", On::Same),
    ("python/module-resolves", "python/entrypoint-file", On::Layer),
    ("python/module-resolves", "config/pythonpath", On::Image),
    ("python/module-resolves", "layout/app", On::Below),
    ("python/module-resolves", "layout/empty-copy", On::Layer),
    ("python/entrypoint-file", "layout/app", On::Below),
    ("python/entrypoint-file", "layout/empty-copy", On::Layer),
    // What a package lacks is found by each of its files, and by what is missing of it as a whole.
    ("python/broken-dist", "python/record-integrity", On::Distribution),
    ("python/requires-dist", "python/critical-packages", On::Same),
    // Packages of another version require other things.
    ("python/requires-dist", "python/version-consistent", On::Image),
    ("python/requires-python", "python/version-consistent", On::Image),
    // What only a path file leads to is not found where that is not read.
    ("python/module-resolves", "python/pth-inert", On::Image),
    // An interpreter that runs an interpreter takes it for a script.
    ("python/entrypoint-file", "config/double-interpreter", On::Image),
    ("python/module-resolves", "config/double-interpreter", On::Image),
    // What is imported is not found for the same reasons.
    ("python/import-closure", "python/site-packages-exists", On::Image),
    ("python/import-closure", "python/site-packages-populated", On::Image),
    ("python/import-closure", "python/importable-path", On::Image),
    ("python/import-closure", "config/pythonpath", On::Image),
    ("python/import-closure", "python/version-consistent", On::Image),
    ("python/import-closure", "base/python", On::Image),
    ("python/import-closure", "platform/interpreter-arch", On::Image),
    ("python/import-closure", "python/native-ext-suffix", On::Beside),
    ("python/import-closure", "python/record-integrity", On::Layer),
    ("python/import-closure", "python/module-resolves", On::Same),
    ("python/import-closure", "python/critical-packages", On::Same),
    ("python/import-closure", "layout/app", On::Below),
    ("python/import-closure", "layout/empty-copy", On::Layer),
    // What is patched by hand may not be what it was, and no Python.
    ("python/source-parses", "python/record-integrity", On::Same),
    ("python/source-parses", "config/double-interpreter", On::Image),
    // A COPY that copied nothing leaves everything missing that it should have brought.
    ("marker/site-packages", "layout/empty-copy", On::Layer),
    ("marker/bin", "layout/empty-copy", On::Layer),
    ("marker/var-run", "layout/empty-copy", On::Layer),
    ("marker/var-lib", "layout/empty-copy", On::Layer),
    ("marker/source", "layout/app", On::Below),
    ("marker/source", "layout/empty-copy", On::Layer),
    ("layout/app", "layout/empty-copy", On::Layer),
    ("layout/config-files", "layout/app", On::Below),
    ("layout/config-files", "layout/empty-copy", On::Layer),
    ("python/site-packages-exists", "layout/empty-copy", On::Layer),
    ("python/site-packages-populated", "layout/empty-copy", On::Layer),
    ("config/argv0", "layout/empty-copy", On::Layer),
    ("layout/empty-dirs", "layout/empty-copy", On::Layer),
    ("layout/empty-dirs", "layout/app", On::Layer),
    ("layout/empty-dirs", "python/site-packages-populated", On::Below),
    ("layout/empty-dirs", "config/argv0", On::Layer),
    ("layout/empty-dirs", "marker/bin", On::Layer),
    // The interpreter is one of the programs that must be there.
    ("layout/required-binaries", "base/python", On::Same),
    ("layout/required-binaries", "platform/interpreter-arch", On::Same),
    // Another service's file is not there, and a template's is nobody's.
    ("python/entrypoint-file", "config/service-entrypoint", On::Same),
    ("config/service-entrypoint", "config/placeholder", On::Image),
    ("python/entrypoint-file", "config/placeholder", On::Image),
    // What the user cannot enter is not looked in for commands.
    ("config/path-dirs", "ownership/readable", On::Same),
    ("config/path-dirs", "config/argv0", On::Same),
    ("layout/user-local", "ownership/readable", On::Layer),
    // What takes the commands away takes their marker too.
    ("marker/bin", "config/argv0", On::Layer),
    // Commands that were not copied lack their marker, too; those that are gone are gone with the one that is called.
    ("python/console-scripts-present", "config/argv0", On::Layer),
    ("python/console-scripts-present", "marker/bin", On::Beside),
    // The command is a script like those beside it.
    ("python/console-script-shebang", "config/argv0", On::Layer),
    ("python/console-script-shebang", "platform/interpreter-arch", On::Image),
    // Who overwrites a file seldom keeps its owner.
    ("ownership/tree", "marker/nonempty", On::Same),
    ("ownership/tree", "python/record-integrity", On::Same),
    ("ownership/tree", "toolchain/compilers", On::Same),
    ("ownership/tree", "toolchain/internal", On::Same),
    ("ownership/tree", "toolchain/build-systems", On::Same),
    ("ownership/tree", "toolchain/package-managers", On::Same),
    ("ownership/tree", "toolchain/shells", On::Same),
    // A COPY without --chown is how files come to belong to someone else.
    ("history/copy-chown", "ownership/tree", On::Layer),
    // What belongs to someone else is what the user cannot read.
    ("ownership/readable", "ownership/tree", On::Layer),
    ("ownership/readable", "config/argv0", On::Same),
    ("python/entrypoint-file", "ownership/readable", On::Same),
    ("config/workdir", "config/argv0", On::Same),
    ("config/workdir", "ownership/readable", On::Same),
    // Who blanks a marker copies it by itself.
    ("marker/same-layer", "marker/nonempty", On::Same),
    // Whom a file belongs to decides who may read it.
    ("python/entrypoint-file", "ownership/tree", On::Same),
    // An image for another machine is full of that machine's code.
    ("platform/elf-arch", "platform/config-arch", On::Image),
    ("platform/index", "platform/config-arch", On::Image),
    ("platform/interpreter-arch", "platform/config-arch", On::Image),
    ("platform/wheel-tags", "platform/config-arch", On::Image),
    ("python/native-ext-suffix", "platform/config-arch", On::Image),
    // What is for the interpreter's machine came with it.
    ("platform/elf-arch", "platform/interpreter-arch", On::Image),
    // The machine code of a package is the proof; its wheel and the names of its modules say the same.
    ("platform/wheel-tags", "platform/elf-arch", On::Distribution),
    ("python/native-ext-suffix", "platform/elf-arch", On::Distribution),
    ("python/native-ext-suffix", "platform/wheel-tags", On::Distribution),
    // Code for another C library says so itself, whatever its wheel is called.
    ("platform/wheel-tags", "platform/libc", On::Distribution),
    // Machine code that was put in the place of the installed one.
    ("platform/elf-arch", "python/record-integrity", On::Same),
    // A program cannot be started whose loader is not there.
    ("config/argv0", "linkage/interp", On::Same),
    ("healthcheck/argv0", "linkage/interp", On::Same),
    // Files of a package that are gone, or were exchanged, are the libraries that its modules look for.
    ("linkage/bundled-libs", "python/record-integrity", On::Distribution),
    ("linkage/needed", "linkage/bundled-libs", On::Distribution),
    ("linkage/needed", "linkage/bundled-libs", On::Same),
    // What a wheel for another C library needs is not here.
    ("linkage/needed", "platform/wheel-tags", On::Distribution),
    // A compiler that was copied without its libraries is one that should not be there.
    // What is required and not there is what an import does not find.
    ("python/import-closure", "python/requires-dist", On::Same),
    ("python/import-closure", "python/pth-inert", On::Image),
    // A directory that is there twice has its headers twice.
    ("toolchain/headers", "size/duplicate-copy", On::Layer),
    // What was compiled for another C library needs that.
    ("linkage/needed", "platform/libc", On::Same),
    ("linkage/needed", "toolchain/compilers", On::Layer),
    ("linkage/needed", "toolchain/internal", On::Layer),
    // The library is there, where no loader looks.
    ("linkage/usr-local-lib", "linkage/needed", On::Found),
    ("linkage/rpath-outside", "linkage/needed", On::Same),
    // Libraries that replace the base's fit nothing else.
    ("base/md5sums", "linkage/system-overwrite", On::Same),
    ("layout/required-binaries", "config/argv0", On::Same),
    ("linkage/needed", "linkage/system-overwrite", On::Layer),
    ("linkage/glibc-version", "linkage/system-overwrite", On::Image),
    ("linkage/cxx-version", "linkage/system-overwrite", On::Image),
    // A label repeats what the build was told of the platform.
    ("platform/label", "platform/config-arch", On::Image),
    // So does a tag.
    ("platform/tag", "platform/config-arch", On::Image),
    // Where there is no command, none can be followed.
    ("config/argv0", "config/cmd", On::Image),
    // A shell that is not there cannot be found.
    ("config/argv0", "config/shell-form", On::Found),
    // Code for another machine names a loader that is not here.
    ("config/argv0", "platform/interpreter-arch", On::Same),
    ("config/argv0", "platform/elf-arch", On::Same),
    // The base image's ENTRYPOINT, or one that is a line for a shell, holds a program.
    ("config/entrypoint", "config/double-interpreter", On::Image),
    ("config/entrypoint", "config/shell-form", On::Found),
    // The health check hands its line to a shell that is not there, or starts what the command starts.
    ("healthcheck/exec-form", "config/shell-form", On::Found),
    ("healthcheck/argv0", "config/shell-form", On::Found),
    // An exception of connect() is the only way to another exit code.
    ("healthcheck/exit-code", "healthcheck/connect-ex", On::Image),
    ("healthcheck/argv0", "config/argv0", On::Found),
    ("healthcheck/argv0", "config/argv0", On::Layer),
    ("healthcheck/argv0", "platform/elf-arch", On::Same),
    // Another base has its interpreter elsewhere, and brings shells and package managers.
    ("base/python", "base/kind", On::Image),
    ("python/version-consistent", "base/python", On::Image),
    ("config/explicit-python", "base/python", On::Image),
    ("config/explicit-python", "python/version-consistent", On::Image),
    ("healthcheck/argv0", "base/python", On::Same),
    // The suffix of a module names the version that its directory is not of.
    ("python/native-ext-suffix", "python/version-consistent", On::Image),
    ("healthcheck/argv0", "platform/interpreter-arch", On::Same),
    ("toolchain/shells", "base/kind", On::Layer),
    ("toolchain/package-managers", "base/kind", On::Layer),
    // A label that promises a base without a shell.
    ("labels/security", "toolchain/shells", On::Layer),
    ("labels/security", "base/kind", On::Image),
    // The command, or a link on its way, names the interpreter that is not there.
    ("config/argv0", "base/python", On::Same),
    ("config/argv0", "base/python", On::Layer),
    // A compiler comes with its parts, with what calls it, and in a package.
    ("toolchain/internal", "toolchain/compilers", On::Layer),
    ("toolchain/build-systems", "toolchain/compilers", On::Layer),
    ("toolchain/packages", "toolchain/compilers", On::Layer),
    ("toolchain/packages", "toolchain/internal", On::Layer),
    ("toolchain/packages", "toolchain/build-systems", On::Layer),
    // A stage that installs brings the tools along, and what it ran needs a shell.
    ("base/multi-stage", "toolchain/compilers", On::Layer),
    ("base/multi-stage", "toolchain/packages", On::Layer),
    ("base/multi-stage", "history/shell-run", On::Image),
    ("history/shell-run", "toolchain/shells", On::Image),
    ("history/shell-run", "base/kind", On::Image),
    // An image for another machine was built from images for that one.
    ("provenance/platforms", "platform/config-arch", On::Image),
    ("toolchain/binutils", "toolchain/compilers", On::Layer),
    ("toolchain/binutils", "toolchain/packages", On::Layer),
    ("toolchain/headers", "toolchain/compilers", On::Layer),
    ("toolchain/headers", "toolchain/internal", On::Layer),
    ("toolchain/headers", "toolchain/packages", On::Layer),
    ("toolchain/headers", "toolchain/binutils", On::Layer),
    // Who copies /var/lib for one marker copies a package database, and what else the builder has there.
    ("toolchain/packages", "hygiene/foreign-dpkg-db", On::Layer),
    ("hygiene/apt-lists", "hygiene/foreign-dpkg-db", On::Layer),
    // The kernel looks for an interpreter whose name ends in a carriage return.
    ("hygiene/crlf", "config/argv0", On::Same),
    ("python/console-script-shebang", "hygiene/crlf", On::Same),
    ("hygiene/crlf", "healthcheck/argv0", On::Same),
    // What the command leads through is a link to what is not there, or came with one.
    ("hygiene/dangling-links", "config/argv0", On::Same),
    ("hygiene/dangling-links", "config/argv0", On::Layer),
    ("hygiene/dangling-links", "base/python", On::Image),
    ("hygiene/dangling-links", "marker/site-packages", On::Same),
    ("hygiene/dangling-links", "marker/bin", On::Same),
    ("hygiene/dangling-links", "marker/source", On::Same),
    // Modules are compiled for the interpreter that is wanted.
    ("hygiene/pycache", "base/python", On::Image),
    ("hygiene/pycache", "python/version-consistent", On::Image),
    // What was removed too late, or is there twice, is what is wasted.
    ("size/waste", "toolchain/deleted-but-shipped", On::Image),
    ("size/waste", "size/duplicate-copy", On::Image),
    ("size/waste", "python/site-packages-populated", On::Layer),
    // A chown ships the packages again, on top of everything.
    ("size/layer-order", "size/duplicate-copy", On::Layer),
];

/// A finding: the place of its rule, and its own among the rule's.
type At = (usize, usize);

/// Notes on each finding the one that explains it: the last of a chain of explanations.
pub(super) fn explain(judged: &mut [Judged]) {
    let causes: Vec<(usize, usize, Option<At>)> = judged
        .iter()
        .enumerate()
        .flat_map(|(rule, one)| (0..one.judgement.findings.len()).map(move |finding| (rule, finding)))
        .map(|(rule, finding)| (rule, finding, cause(judged, rule, finding)))
        .collect();
    for (rule, finding, first) in &causes {
        let mut root = *first;
        while let Some(next) = root.and_then(|at| causes.iter().find(|(rule, finding, _)| (*rule, *finding) == at)?.2) {
            root = Some(next);
        }
        judged[*rule].judgement.findings[*finding].because = root.map(|(rule, _)| judged[rule].rule.id.to_string());
    }
}

/// The finding that explains one directly. A waived one explains nothing, nor does one of less weight.
fn cause(judged: &[Judged], rule: usize, finding: usize) -> Option<At> {
    let effect = &judged[rule].judgement.findings[finding];
    let mut rows = TABLE.iter().filter(|(id, ..)| *id == judged[rule].rule.id);
    rows.find_map(|(_, by, on)| {
        let by = judged.iter().position(|judged| judged.rule.id == *by)?;
        let causes = &judged[by].judgement.findings;
        let explains =
            |cause: &Finding| cause.waived.is_none() && cause.level >= effect.level.max(Level::Info) && share(effect, cause, *on);
        causes.iter().position(explains).map(|cause| (by, cause))
    })
}

fn share(effect: &Finding, cause: &Finding, on: On) -> bool {
    match on {
        On::Image => true,
        On::Found => effect.found.is_some() && effect.found == cause.found,
        On::Layer => effect.place.layer.is_some() && effect.place.layer == cause.place.layer,
        On::Distribution => effect.distribution.is_some() && effect.distribution == cause.distribution,
        On::Beside => match (&effect.place.path, &cause.place.path) {
            (Some(effect), Some(cause)) => LayerPath::new(effect).parent() == LayerPath::new(cause).parent(),
            _ => false,
        },
        On::Below => match (&effect.place.path, &cause.place.path) {
            (Some(effect), Some(cause)) => LayerPath::new(effect).is_within(&LayerPath::new(cause)),
            _ => false,
        },
        On::Same => {
            let (effects, causes) = (paths(effect), paths(cause));
            // Beyond the paths that it names, nothing is known of a finding.
            effect.count <= effects.len() as u64 && !effects.is_empty() && effects.iter().all(|path| causes.contains(path))
        }
    }
}

fn paths(finding: &Finding) -> Vec<&String> {
    if finding.examples.is_empty() { finding.place.path.iter().collect() } else { finding.examples.iter().collect() }
}

#[cfg(test)]
mod tests;
