//! Python as it was installed.

pub(super) mod console_script_shebang;
pub(super) mod console_scripts_present;
pub(super) mod native_ext_suffix;
pub(super) mod pip_present;
mod record;
pub(super) mod record_integrity;
mod scripts;
pub(super) mod site_packages_exists;
pub(super) mod site_packages_populated;
mod suffix;

use super::Context;
use crate::finding::Judgement;
use crate::vfs::LayerPath;

impl Context<'_> {
    /// The option of COPY that makes files the wanted user's, with a blank behind it.
    fn chown(&self) -> String {
        self.expect().user.map(|(uid, gid)| format!("--chown={uid}:{gid} ")).unwrap_or_default()
    }

    /// The site directory that the profile names, or why no rule asks for one.
    fn site_wanted(&self) -> Result<LayerPath, Judgement> {
        if self.profile.service.as_ref().is_some_and(|service| service.packages.as_ref().is_some_and(Vec::is_empty)) {
            return Err(Judgement::skip("the service says that it has no Python packages"));
        }
        let path = self.expect().site_packages.as_ref();
        path.map(LayerPath::new).ok_or_else(|| Judgement::skip("the profile names no site-packages directory"))
    }
}
