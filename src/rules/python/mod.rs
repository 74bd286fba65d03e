//! Python as it was installed.

pub(super) mod broken_dist;
pub(super) mod console_script_shebang;
pub(super) mod console_scripts_present;
pub(super) mod critical_packages;
pub(super) mod duplicate_dist;
mod entry;
pub(super) mod entrypoint_file;
pub(super) mod foreign_interpreter;
pub(super) mod import_closure;
pub(super) mod importable_path;
mod imports;
pub(super) mod module_resolves;
mod modules;
pub(super) mod native_ext_suffix;
mod needs;
pub(super) mod orphan_files;
mod orphans;
mod path_files;
pub(super) mod pip_present;
mod presence;
pub(super) mod pth_inert;
mod record;
pub(super) mod record_integrity;
pub(super) mod requires_dist;
pub(super) mod requires_python;
mod scripts;
pub(super) mod shadowing;
pub(super) mod site_packages_exists;
pub(super) mod site_packages_populated;
pub(super) mod source_parses;
mod sources;
mod suffix;
pub(super) mod user_install_gap;
pub(super) mod version_consistent;

use super::Context;
use crate::facts::python::runtime::Started;
use crate::facts::python::{Runtime, Site};
use crate::finding::Judgement;
use crate::vfs::LayerPath;

impl<'a> Context<'a> {
    /// The option of COPY that makes files the wanted user's, with a blank behind it.
    fn chown(&self) -> String {
        self.expect().user.map(|(uid, gid)| format!("--chown={uid}:{gid} ")).unwrap_or_default()
    }

    /// The interpreter that the command leads to, or those that are there; or why none can be asked.
    fn runtimes(&self) -> Result<&'a [Runtime], Judgement> {
        match self.facts.runtimes.as_slice() {
            [] => Err(Judgement::skip("the image has no Python interpreter whose version can be told")),
            runtimes => Ok(runtimes),
        }
    }

    /// The interpreter that the command leads to, and what it is told.
    fn started(&self) -> Option<(&'a Runtime, &'a Started)> {
        self.facts.runtimes.iter().find_map(|runtime| Some((runtime, runtime.started.as_ref()?)))
    }

    /// The directories of the distribution that brought the script that the command starts.
    fn sites_of_command(&self) -> Vec<&'a Site> {
        let script = self.started().and_then(|(_, started)| started.script.as_ref());
        let script = script.and_then(|path| self.tree.resolve(path).ok());
        let owns = |site: &&Site| {
            let rows = site.distributions.iter().flat_map(|found| &found.record).flat_map(|record| &record.rows);
            script.is_some() && rows.filter(|row| row.is_outside).any(|row| row.node == script)
        };
        self.facts.python.sites.iter().filter(owns).collect()
    }

    /// The site directory that the profile names, or why no rule asks for one.
    fn site_wanted(&self) -> Result<LayerPath, Judgement> {
        if self.is_without_packages() {
            return Err(Judgement::skip("the service says that it has no Python packages"));
        }
        let path = self.expect().site_packages.as_ref();
        path.map(LayerPath::new).ok_or_else(|| Judgement::skip("the profile names no site-packages directory"))
    }
}

#[cfg(test)]
mod tests;
