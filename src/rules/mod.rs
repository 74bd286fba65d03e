//! Judging. A rule is a static value in the file of its id: `marker/nonempty` is `rules/marker/nonempty.rs`. Rules that
//! are one row of data are rows of a table in their group's file.

mod base;
mod because;
mod blame;
mod broken;
mod config;
mod context;
mod floor;
mod group;
mod healthcheck;
mod history;
mod hygiene;
mod inquiry;
mod integrity;
mod labels;
mod last_line;
mod layout;
mod leftovers;
mod linkage;
mod machine;
mod marker;
mod names;
mod own;
mod ownership;
mod platform;
mod provenance;
mod python;
mod runtimes;
mod secrets;
mod size;
mod structure;
mod threads;
mod toolchain;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::facts::Facts;
use crate::finding::{Judgement, Level, Question};
use crate::profile::Profile;
use crate::size::{Breakdown, Growth};
use crate::vfs::Tree;

pub use crate::profile::{Known, Opt, OptKind};
pub use context::Context;
use context::Owners;
pub use group::{Group, Offence};
pub use inquiry::{Inquiry, inquiries};
pub use names::start as start_of_glob;
pub use runtimes::doubt;

/// A rule: a static value.
#[derive(Debug)]
pub struct Rule {
    /// `group/name`: a contract.
    pub id: &'static str,
    /// One line: what it wants.
    pub summary: &'static str,
    /// The documentation, Markdown: *What it checks · Why · Symptom · Fix · Options · Unit*.
    pub docs: &'static str,
    /// The question that it answers.
    pub question: Question,
    /// The level of its findings where a profile says nothing else.
    pub level: Level,
    /// The version that brought it.
    pub since: &'static str,
    /// What it needs to have been read.
    pub needs: Evidence,
    /// What it counts as looked at.
    pub unit: Unit,
    /// What a profile can tell it, beside its level.
    pub options: &'static [Opt],
    /// The check.
    pub check: fn(&Context<'_>) -> Judgement,
}

/// What a rule counts as looked at, in words that are true where it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Of one: `file equals its RECORD`.
    pub one: &'static str,
    /// Of several: `files equal their RECORD`.
    pub many: &'static str,
}

impl Unit {
    /// `1,107 files equal their RECORD`.
    pub fn count(self, number: u64) -> String {
        words::count(number, self.one, self.many)
    }
}

/// Who a rule is, wherever it comes from: this crate, a profile's `[[check]]`, or a test file. It is all that selections,
/// waivers and reports need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `group/name`.
    pub id: Cow<'static, str>,
    /// The question that it answers.
    pub question: Question,
    /// The level of its findings where a profile says nothing else.
    pub level: Level,
    /// What it needs to have been read.
    pub needs: Evidence,
    /// What it counts as looked at.
    pub unit: Unit,
}

/// What must have been read before a rule can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The configuration.
    Config,
    /// Every layer.
    Tree,
}

impl Rule {
    /// Who it is.
    pub const fn identity(&self) -> Identity {
        Identity { id: Cow::Borrowed(self.id), question: self.question, level: self.level, needs: self.needs, unit: self.unit }
    }

    /// The documentation as Markdown, without the blank that a doc comment puts before each line.
    pub fn markdown(&self) -> String {
        let lines = self.docs.trim().lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.fold(String::new(), |text, line| text + line + "\n")
    }
}

/// Declares a rule. Its doc comment is its documentation: the first line the summary, then the sections, of which the
/// last is made of the unit.
macro_rules! declare_rule {
    (
        #[doc = $summary:literal]
        $(#[doc = $docs:literal])*
        $name:ident = $id:literal, $question:ident, $level:ident, since $since:literal, needs $needs:ident
        , unit $one:literal | $many:literal
        $(, options { $($option:literal: $kind:ident),* $(,)? })?
        , check $check:ident
    ) => {
        #[doc = $summary]
        $(#[doc = $docs])*
        pub(in $crate::rules) static $name: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            summary: $summary.trim_ascii(),
            docs: concat!($($docs, "\n",)* "\n # Unit\n What it looked at, as a report counts it: *n ", $many, "*.\n"),
            question: $crate::finding::Question::$question,
            level: $crate::finding::Level::$level,
            since: $since,
            needs: $crate::rules::Evidence::$needs,
            unit: $crate::rules::Unit { one: $one, many: $many },
            options: &[$($($crate::rules::Opt { name: $option, kind: $crate::rules::OptKind::$kind }),*)?],
            check: $check,
        };
    };
}
use declare_rule;

/// Every rule, in report order: a group's rules stand together.
pub static RULES: &[&Rule] = &[
    &marker::SITE_PACKAGES,
    &marker::BIN,
    &marker::VAR_RUN,
    &marker::VAR_LIB,
    &marker::source::RULE,
    &marker::nonempty::RULE,
    &marker::content::RULE,
    &marker::after_install::RULE,
    &marker::same_layer::RULE,
    &marker::service_consistent::RULE,
    &marker::timestamp::RULE,
    &layout::app::RULE,
    &layout::empty_copy::RULE,
    &layout::config_files::RULE,
    &layout::empty_dirs::RULE,
    &layout::required_binaries::RULE,
    &layout::user_local::RULE,
    &layout::builder_leftover::RULE,
    &layout::minimal::RULE,
    &layout::unimportable_dir::RULE,
    &python::site_packages_exists::RULE,
    &python::site_packages_populated::RULE,
    &python::record_integrity::RULE,
    &python::critical_packages::RULE,
    &python::importable_path::RULE,
    &python::version_consistent::RULE,
    &python::module_resolves::RULE,
    &python::import_closure::RULE,
    &python::source_parses::RULE,
    &python::shadowing::RULE,
    &python::entrypoint_file::RULE,
    &python::console_scripts_present::RULE,
    &python::console_script_shebang::RULE,
    &python::native_ext_suffix::RULE,
    &python::foreign_interpreter::RULE,
    &python::pip_present::RULE,
    &python::requires_dist::RULE,
    &python::requires_python::RULE,
    &python::user_install_gap::RULE,
    &python::pth_inert::RULE,
    &python::orphan_files::RULE,
    &python::duplicate_dist::RULE,
    &python::broken_dist::RULE,
    &ownership::tree::RULE,
    &ownership::readable::RULE,
    &ownership::markers::RULE,
    &ownership::roots::RULE,
    &ownership::world_writable::RULE,
    &ownership::setid::RULE,
    &platform::config_arch::RULE,
    &platform::index::RULE,
    &platform::interpreter_arch::RULE,
    &platform::elf_arch::RULE,
    &platform::wheel_tags::RULE,
    &platform::label::RULE,
    &platform::tag::RULE,
    &platform::libc::RULE,
    &linkage::interp::RULE,
    &linkage::needed::RULE,
    &linkage::glibc_version::RULE,
    &linkage::cxx_version::RULE,
    &linkage::libpython::RULE,
    &linkage::bundled_libs::RULE,
    &linkage::system_overwrite::RULE,
    &linkage::rpath_outside::RULE,
    &linkage::usr_local_lib::RULE,
    &linkage::page_align::RULE,
    &linkage::ld_cache_stale::RULE,
    &base::kind::RULE,
    &base::python::RULE,
    &base::multi_stage::RULE,
    &base::eol::RULE,
    &base::passwd::RULE,
    &base::md5sums::RULE,
    &toolchain::compilers::RULE,
    &toolchain::internal::RULE,
    &toolchain::build_systems::RULE,
    &toolchain::binutils::RULE,
    &toolchain::headers::RULE,
    &toolchain::wheels::RULE,
    &toolchain::packages::RULE,
    &toolchain::package_managers::RULE,
    &toolchain::shells::RULE,
    &toolchain::net_tools::RULE,
    &toolchain::deleted_but_shipped::RULE,
    &config::user::RULE,
    &config::argv0::RULE,
    &config::cmd::RULE,
    &config::shell_form::RULE,
    &config::entrypoint::RULE,
    &config::double_interpreter::RULE,
    &config::explicit_python::RULE,
    &config::env_required::RULE,
    &config::env_secret::RULE,
    &config::env_default_password::RULE,
    &config::expose::RULE,
    &config::pythonpath::RULE,
    &config::workdir::RULE,
    &config::path_dirs::RULE,
    &config::certs::RULE,
    &config::service_entrypoint::RULE,
    &config::service_env::RULE,
    &config::placeholder::RULE,
    &config::env_undefined::RULE,
    &config::builder_env::RULE,
    &config::volumes::RULE,
    &config::onbuild::RULE,
    &config::stop_signal::RULE,
    &healthcheck::PRESENT,
    &healthcheck::exec_form::RULE,
    &healthcheck::argv0::RULE,
    &healthcheck::compiles::RULE,
    &healthcheck::timeout::RULE,
    &healthcheck::connect_ex::RULE,
    &healthcheck::exit_code::RULE,
    &healthcheck::port::RULE,
    &healthcheck::durations::RULE,
    &labels::REQUIRED,
    &labels::NONEMPTY,
    &labels::created::RULE,
    &labels::revision::RULE,
    &labels::version::RULE,
    &labels::security::RULE,
    &labels::service::RULE,
    &history::runtime_verify::RULE,
    &history::copy_chown::RULE,
    &history::shell_run::RULE,
    &history::secret::RULE,
    &history::add_remote::RULE,
    &history::latest_base::RULE,
    &provenance::present::RULE,
    &provenance::subject::RULE,
    &provenance::builder_base::RULE,
    &provenance::platforms::RULE,
    &provenance::builder_verify::RULE,
    &provenance::build_args_secret::RULE,
    &hygiene::secrets_files::RULE,
    &hygiene::crlf::RULE,
    &hygiene::dangling_links::RULE,
    &hygiene::name_encoding::RULE,
    &hygiene::special::RULE,
    &hygiene::foreign_dpkg_db::RULE,
    &hygiene::APT_LISTS,
    &hygiene::PIP_CACHE,
    &hygiene::TMP,
    &hygiene::TESTS,
    &hygiene::VCS,
    &hygiene::DEV_FILES,
    &hygiene::MAN_DOC,
    &hygiene::pycache::RULE,
    &hygiene::unstripped::RULE,
    &size::max_image::RULE,
    &size::max_layer::RULE,
    &size::package_budget::RULE,
    &size::regression::RULE,
    &size::waste::RULE,
    &size::duplicate_copy::RULE,
    &size::layer_order::RULE,
    &integrity::digests::RULE,
    &integrity::layer_count::RULE,
    &integrity::media_types::RULE,
    &integrity::trailing::RULE,
    &integrity::portability::RULE,
    &integrity::created::RULE,
];

/// A rule that was asked, and what came of it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The rule.
    pub rule: Identity,
    /// The level that the profile gives it.
    pub level: Level,
    /// What it said.
    pub judgement: Judgement,
}

/// Asks the rules that `asked` selects, those of the profile included. `growth` is what the image is compared with, or what is
/// to be said where it is compared with nothing. `gap` says why the tree is incomplete, if it is: rules that need it are then
/// `unknown`. Findings get the profile's level, are waived where the profile says so, and explained by one another.
pub fn judge(
    tree: &Tree,
    facts: &Facts,
    sizes: &Breakdown,
    profile: &Profile,
    growth: Result<Growth<'_>, &Judgement>,
    gap: Option<&str>,
    asked: &dyn Fn(&Identity) -> bool,
) -> Vec<Judged> {
    let inquiries: Vec<Inquiry<'_>> = inquiries(&profile.checks).into_iter().filter(|inquiry| asked(&inquiry.rule)).collect();
    let (owners, objects, shared) = (Owners::of(tree, facts), OnceLock::new(), floor::shared(profile));
    let mut judged = threads::on_two(&inquiries, &|inquiry| {
        let rule = &inquiry.rule;
        let level = profile.level(&rule.id, rule.level);
        let judgement = match gap {
            _ if level == Level::Off => Judgement::skip("off in this profile"),
            Some(gap) if rule.needs == Evidence::Tree => Judgement::unknown(gap),
            _ => {
                let context = Context { tree, facts, sizes, profile, growth, rule, owners: &owners, objects: &objects };
                settle(floor::ask(inquiry, &context, &shared), rule, level, profile)
            }
        };
        Judged { rule: rule.clone(), level, judgement }
    });
    because::explain(&mut judged);
    judged
}

/// Weighs and waives findings. A level in a profile is that of the findings that have the rule's declared one, which it may
/// raise or lower. Findings that the rule itself makes lighter are never raised.
fn settle(mut judgement: Judgement, rule: &Identity, level: Level, profile: &Profile) -> Judgement {
    for finding in &mut judgement.findings {
        finding.level = if finding.level == rule.level { level } else { finding.level.min(level) };
        finding.waived = finding.waived.or_else(|| profile.waiver(&rule.id, finding.place.path.as_deref()));
    }
    judgement
}

/// The waivers that covered a finding, by their place among the profile's.
pub fn waivers_used(judged: &[Judged]) -> BTreeSet<usize> {
    judged.iter().flat_map(|judged| &judged.judgement.findings).filter_map(|finding| finding.waived).collect()
}

/// What a profile's loader must know of the rules.
pub fn known() -> Vec<Known> {
    RULES.iter().map(|rule| Known { id: rule.id, level: rule.level, options: rule.options }).collect()
}

#[cfg(test)]
mod tests;
