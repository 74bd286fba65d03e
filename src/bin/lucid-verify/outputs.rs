//! `--output`: the report in files, in any number of formats.

use std::path::Path;

use lucid_verify::error::{Error, Kind, Result};

use crate::args::{Format, Output};
use crate::file::Saving;

/// Files that can be written, each with the format that it will have.
#[derive(Debug)]
pub struct Outputs(Vec<(Format, Saving)>);

impl Outputs {
    /// What was asked for, if all of it can be written, each to a file of its own, and to none of those that are `taken`.
    pub fn to(asked: &[Output], taken: &[&Path]) -> Result<Self> {
        let mut outputs: Vec<(Format, Saving)> = Vec::new();
        for Output { format, file } in asked {
            let name = file.to_string_lossy();
            let clash = |with: &str| {
                let what = format!("--output {}={name} would overwrite {with}", format.name());
                Err(Error::new(Kind::Usage, what).hint("give each output a file of its own"))
            };
            let saving = Saving::to("report", file)?;
            if let Some((other, _)) = outputs.iter().find(|(_, other)| other.replaces(&name)) {
                return clash(&format!("--output {}", other.name()));
            }
            if let Some(other) = taken.iter().find(|other| saving.replaces(&other.to_string_lossy())) {
                return clash(&format!("{}, which this run reads or writes itself", other.display()));
            }
            outputs.push((*format, saving));
        }
        Ok(Self(outputs))
    }

    /// Writes all of them, whatever becomes of one; fails as the first of them did.
    pub fn write(&self, render: &dyn Fn(Format) -> Vec<u8>) -> Result<()> {
        let written: Vec<Result<()>> = self.0.iter().map(|(format, saving)| saving.write(&render(*format))).collect();
        written.into_iter().collect()
    }
}
