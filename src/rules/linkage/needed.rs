//! `linkage/needed`

use super::super::{Context, Group, Offence, declare_rule, words};
use super::lost::{is_libpython, lost, predicted};
use super::objects::Objects;
use super::packages::{is_left_to_the_system, package};
use crate::finding::{Finding, Judgement, Level};
use crate::layer::elf::Dynamic;
use crate::text::escape;

declare_rule! {
    /// The libraries that machine code needs are where the loader looks
    ///
    /// # What it checks
    /// Every `DT_NEEDED` of the command, of the health check and of the extension modules that the interpreter of the command
    /// can import, and of the libraries that these load, is found as ld.so(8) looks, or as musl does: `DT_RPATH`,
    /// `LD_LIBRARY_PATH`, `DT_RUNPATH`, `/etc/ld.so.cache`, the loader's own directories. What lies among a package's own
    /// files counts as loaded by it. A module of a package that has others is a warning, unless the service declares the
    /// package; other objects are one remark.
    ///
    /// # Why
    /// A package is built where its libraries are, and copied without them; "manylinux" says that some are left to the
    /// system, and small images have no such system.
    ///
    /// # Symptom
    /// `ImportError: …: cannot open shared object file: No such file or directory`; of executables
    /// `…: error while loading shared libraries: …: cannot open shared object file: No such file or directory`.
    ///
    /// # Fix
    /// COPY the library from a builder of the same release of the system, or install a wheel that bundles it.
    ///
    /// # Options
    /// None.
    RULE = "linkage/needed", Starts, Error, since "0.1.0", needs Tree,
    unit "ELF object has the libraries that it needs" | "ELF objects have the libraries that they need", check check
}

/// What offenders of one finding share: level, whose they are, the library, and where it lies.
type Shared = (Level, Option<String>, String, Option<String>);

fn check(context: &Context<'_>) -> Judgement {
    let objects = match Objects::of(context) {
        Ok(objects) => objects,
        Err(judgement) => return judgement,
    };
    let all = lost(context, &objects);
    let mut found: Vec<_> = all.iter().filter(|lost| !is_libpython(lost.name)).collect();
    found.sort_by_key(|lost| &lost.by.path);
    let offences = found.iter().map(|lost| {
        let library = if lost.level == Level::Info { String::new() } else { escape(lost.name) };
        let elsewhere = lost.elsewhere.as_ref().map(ToString::to_string);
        let what: Shared = (lost.level, lost.by.whose().filter(|_| lost.level > Level::Info), library, elsewhere);
        Offence { path: lost.by.path.clone(), layer: Some(context.tree.content_layer(lost.by.node)), what }
    });
    let groups = context.group(offences);
    let findings = groups.iter().map(|group| {
        let lost = found.iter().find(|lost| group.paths.first() == Some(&lost.by.path) && lost.level == group.what.0);
        let mut finding = if group.what.0 == Level::Info { idle(context, group) } else { finding(group) };
        finding.predicts = lost.filter(|lost| lost.level == Level::Error).map(|lost| {
            let by_name = all.iter().find(|other| other.by.node == lost.by.node && escape(other.name) == group.what.2);
            predicted(context, lost.by, by_name.unwrap_or(lost).name)
        });
        finding
    });
    let unknown = objects.unknown(|judged| match judged.object.elf.dynamic {
        Dynamic::Unknown(why) => Some(why),
        _ => None,
    });
    Judgement::looked(objects.reached().count(), findings.collect()).but(unknown)
}

fn finding(group: &Group<Shared>) -> Finding {
    let (level, owner, library, elsewhere) = &group.what;
    let whose = owner.as_ref().map(|owner| format!("{owner}: ")).unwrap_or_default();
    let others = match group.count() {
        1 => String::new(),
        count => format!(", as {} do", words::count(count - 1, "other object", "other objects")),
    };
    let why = match elsewhere {
        Some(path) => format!("which the loader does not find at {path}"),
        None if is_left_to_the_system(library) => "not in the image: wheels leave it to the system".into(),
        None => "not in the image".into(),
    };
    let message = format!("{whose}{} needs {library}{others}, {why}", group.first());
    let fix = match (elsewhere, package(library)) {
        (Some(path), _) => format!("COPY {path} into a directory where the loader looks, or set LD_LIBRARY_PATH"),
        (None, Some(package)) => format!(
            "install {package} in a builder of the same Debian release and COPY --from=builder its {library}*, or use a wheel that bundles it"
        ),
        (None, None) => format!("COPY {library} from a builder of the same release, or use a wheel that bundles it"),
    };
    let mut finding = group.finding(*level, message, fix).of(owner.clone());
    finding.found = Some(library.clone());
    finding
}

/// The remark about objects that nothing leads to.
fn idle(context: &Context<'_>, group: &Group<Shared>) -> Finding {
    let objects = words::count(group.count(), "object", "objects");
    let bytes = words::bytes(context.bytes(&group.paths));
    let message = format!("{objects} that nothing loads here, {bytes}, without libraries that they need (first: {})", group.first());
    group.finding(Level::Info, message, "leave them out if nothing needs them")
}
