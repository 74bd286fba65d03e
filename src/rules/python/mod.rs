//! Python as it was installed.

mod record;
pub(super) mod record_integrity;
pub(super) mod site_packages_exists;
pub(super) mod site_packages_populated;

use super::Context;
use crate::finding::Judgement;
use crate::vfs::LayerPath;

impl Context<'_> {
    /// The option of COPY that makes files the wanted user's, with a blank behind it.
    fn chown(&self) -> String {
        self.expect().user.map(|(uid, gid)| format!("--chown={uid}:{gid} ")).unwrap_or_default()
    }

    /// Why nothing is asked of Python packages where the service says that it has none.
    pub(super) fn no_packages(&self) -> Option<Judgement> {
        let service = self.profile.service.as_ref()?;
        let is_empty = service.packages.as_ref().is_some_and(Vec::is_empty);
        is_empty.then(|| Judgement::skip("the service says that it has no Python packages"))
    }

    /// The site directory that the profile names, or why no rule asks for one.
    fn site_wanted(&self) -> Result<LayerPath, Judgement> {
        if let Some(skip) = self.no_packages() {
            return Err(skip);
        }
        let path = self.expect().site_packages.as_ref();
        path.map(LayerPath::new).ok_or_else(|| Judgement::skip("the profile names no site-packages directory"))
    }
}
