//! `lucid-verify merge REPORT...`: one report out of several.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::report::merge::{Merge, Merged};
use lucid_verify::report::{self, ExitCode, Report};

use crate::args::{self, Common};
use crate::file::{self, is_stdin};
use crate::outputs::Outputs;
use crate::{exit, output, verify};

/// Bytes of one report: one of ten thousand real images has about that many.
const MOST: u64 = 4 << 30;

/// Runs the verb. Whatever ends it, every file of `--output` is written: what stands there is never of an earlier run.
pub fn run(args: &args::Merge, common: &Common) -> Result<ExitCode> {
    common.format.fits_stdout()?;
    let files = files(&args.reports);
    let read: Vec<&Path> = files.as_deref().unwrap_or_default().iter().map(|file| &**file).collect();
    let outputs = Outputs::to(&args.output, &read)?;
    let merged = files.as_ref().map_err(Clone::clone).and_then(|files| exit::caught(|| merge(files)));
    let (report, ended) = match merged {
        Ok(merge) => {
            let Merged { report, notes } = merge.finish(args.fail_on.level());
            if !common.quiet {
                for note in notes {
                    exit::note(&note);
                }
            }
            (report, Ok(()))
        }
        Err(error) => {
            let unread = report::Image::unread("no image".to_owned(), (&error).into());
            (Report::new(vec![unread], args.fail_on.level(), verify::day()?), Err(error))
        }
    };
    let written = outputs.write(&|format| verify::document(&report, format, &output::plain(common)));
    ended?;
    if !common.format.is_for_programs() {
        report.gaps().for_each(exit::complain);
    }
    verify::print(&report, common)?;
    written?;
    verify::code(report.exit_code)
}

/// The files that are named, those of a folder by name.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if named.iter().filter(|file| is_stdin(file)).count() > 1 {
        return Err(Error::new(Kind::Usage, "stdin is named twice, and can be read once"));
    }
    let mut files = Vec::new();
    for name in named {
        if is_stdin(name) || !name.is_dir() {
            files.push(name.clone());
            continue;
        }
        let inside = fs::read_dir(name).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let inside = inside.map_err(|error| unread(name, &error))?;
        let mut inside: Vec<PathBuf> = inside.into_iter().map(|entry| entry.path()).filter(|file| is_report(file)).collect();
        if inside.is_empty() {
            let error = Error::new(Kind::NotFound, "it holds no *.json").hint("name the files, or another folder");
            return Err(error.doing(format!("read the reports in {}", name.display())));
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn is_report(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "json") && file.is_file()
}

fn merge(files: &[PathBuf]) -> Result<Merge> {
    let mut merge = Merge::default();
    for file in files {
        let name = file::name(file);
        merge.add(&name, &read(file).map_err(|error| unread(Path::new(&name), &error))?)?;
    }
    Ok(merge)
}

/// The bytes of a report.
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    let from: Box<dyn Read> = if is_stdin(file) { Box::new(io::stdin().lock()) } else { Box::new(File::open(file)?) };
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST { Err(io::Error::other(format!("it is longer than {MOST} bytes"))) } else { Ok(bytes) }
}

fn unread(file: &Path, error: &io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Usage };
    let hint = "name JSON reports: lucid-verify --format json --shard I/N … > FILE writes one";
    Error::new(kind, error.to_string()).doing(format!("read the report {}", file.display())).hint(hint)
}
