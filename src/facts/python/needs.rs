//! What installed distributions require of one another, for the interpreter that the image has: `pip check`, without pip.

use std::collections::{BTreeMap, BTreeSet};

use super::aliases;
use super::marker::{Comparison, Environment};
use super::requirement::Requirement;
use super::{Distribution, Import, Python, Runtime, Site};
use crate::vfs::Tree;

/// What became of every requirement that applies.
#[derive(Debug, Clone, Default)]
pub struct Needs<'a> {
    /// How many were looked for.
    pub examined: usize,
    /// Those that are not met, in the order of who needs them.
    pub unmet: Vec<Unmet<'a>>,
    /// Why some could not be judged.
    pub unknown: BTreeSet<String>,
}

/// A requirement that is not met.
#[derive(Debug, Clone)]
pub struct Unmet<'a> {
    /// Who needs it.
    pub by: &'a Distribution,
    /// What is needed.
    pub wanted: Requirement,
    /// What is there of that name: another version. `None` where there is nothing.
    pub found: Option<&'a Distribution>,
    /// Whether it applies to every patch version that the interpreter may be of.
    pub is_certain: bool,
    /// The words of its marker that narrow it to this interpreter: `python is 3.12.1 (<3.12.4)`.
    pub because: Option<String>,
    /// Whether a newer interpreter of the same minor version does not need it.
    pub is_of_patch: bool,
}

/// Names of machines (`uname -m`) by Go's names of architectures.
const MACHINES: [(&str, &str); 8] = [
    ("386", "i686"),
    ("amd64", "x86_64"),
    ("arm", "armv7l"),
    ("arm64", "aarch64"),
    ("loong64", "loongarch64"),
    ("ppc64le", "ppc64le"),
    ("riscv64", "riscv64"),
    ("s390x", "s390x"),
];

/// Requirements that are judged; five hundred distributions have ten thousand.
const MAX_STEPS: usize = 1 << 16;

/// A patch version beyond every real one.
const LAST: u32 = 999;

impl Runtime {
    /// The interpreter as markers see it, of its lowest patch version and of its highest: the same where it is known.
    fn environments(&self, architecture: &str) -> [Environment; 2] {
        let version = self.interpreter.version;
        let machine = MACHINES.iter().find(|(name, _)| *name == architecture).map(|(_, machine)| *machine);
        let minor = format!("{}.{}", version.major, version.minor);
        [0, LAST].map(|end| Environment {
            full: format!("{minor}.{}", version.patch.unwrap_or(end)),
            minor: minor.clone(),
            machine,
        })
    }

    /// The versions of Python that it may be: one, or the lowest and the highest.
    pub fn versions(&self) -> [String; 2] {
        self.environments("").map(|environment| environment.full)
    }

    /// The site directories that it looks in, in order, each once.
    pub fn sites<'a>(&self, tree: &Tree, python: &'a Python) -> Vec<&'a Site> {
        let mut seen = BTreeSet::new();
        let nodes = self.path.directories(tree).filter(|node| seen.insert(*node));
        nodes.filter_map(|node| python.sites.iter().find(|site| site.node == node)).collect()
    }

    /// The distributions that it finds, by their normalised names; of one name, the first on `sys.path`.
    pub fn installed<'a>(&self, tree: &Tree, python: &'a Python) -> BTreeMap<&'a str, &'a Distribution> {
        let mut installed = BTreeMap::new();
        for found in self.sites(tree, python).into_iter().flat_map(|site| &site.distributions) {
            installed.entry(&found.normalized[..]).or_insert(found);
        }
        installed
    }

    /// Looks for everything that the distributions which it finds require, without extras and with those that others ask
    /// for. What packages of the system declare is left to its package manager.
    pub fn needs<'a>(&self, tree: &Tree, python: &'a Python, architecture: &str) -> Needs<'a> {
        let installed = self.installed(tree, python);
        let environments = self.environments(architecture);
        let mut needs = Needs::default();
        let own = || installed.values().filter(|found| !found.is_of_system());
        needs.unknown.extend(own().filter_map(|found| found.unread.clone()));
        let mut open: Vec<(&Distribution, String)> = own().map(|found| (*found, String::new())).rev().collect();
        let mut seen: BTreeSet<(&str, String)> = open.iter().map(|(by, extra)| (&by.normalized[..], extra.clone())).collect();
        let mut said = BTreeSet::new();
        let mut steps = 0;
        while let Some((by, extra)) = open.pop() {
            for line in &by.requires {
                steps += 1;
                if steps > MAX_STEPS {
                    needs.unknown.insert(format!("there are more than {MAX_STEPS} requirements"));
                    return needs;
                }
                let Some(wanted) = Requirement::parse(line) else { continue };
                steps += wanted.extras.len();
                let Some(asked) = Asked::of(&wanted, &environments, &extra) else { continue };
                let found = installed.get(&wanted.normalized[..]).copied();
                for extra in found.iter().flat_map(|_| &wanted.extras) {
                    if let Some(found) = found
                        && seen.insert((&found.normalized, extra.clone()))
                    {
                        open.push((found, extra.clone()));
                    }
                }
                if !said.insert((&by.normalized[..], line)) {
                    continue;
                }
                needs.examined += 1;
                match found {
                    Some(found) if wanted.versions.admit(&found.version) != Some(false) => continue,
                    Some(_) => {}
                    None => match self.stands_in(tree, &wanted) {
                        Ok(true) => continue,
                        Ok(false) => {}
                        Err(why) => {
                            needs.unknown.insert(format!("{} needs {}: {why}", by.shown(), wanted.shown()));
                            continue;
                        }
                    },
                }
                let because = asked.because(self);
                let Asked { is_certain, is_of_patch, .. } = asked;
                needs.unmet.push(Unmet { by, wanted, found, is_certain, because, is_of_patch });
            }
        }
        needs
    }

    /// Whether a module of a distribution that is not there can be imported all the same: Debian's packages, copied
    /// directories and forks under another name bring some.
    fn stands_in(&self, tree: &Tree, wanted: &Requirement) -> Result<bool, String> {
        let mut names = aliases::imports(&wanted.normalized);
        names.push(wanted.name.replace('-', "_"));
        let mut unknown = None;
        for name in names {
            match self.import(tree, &name) {
                Import::Found(_) | Import::BuiltIn => return Ok(true),
                Import::Unknown(why) => unknown = Some(why),
                Import::Namespace(_) | Import::Missing(_) => {}
            }
        }
        unknown.map_or(Ok(false), Err)
    }
}

/// How a requirement applies.
struct Asked<'m> {
    is_certain: bool,
    is_of_patch: bool,
    because: Vec<&'m Comparison>,
}

impl<'m> Asked<'m> {
    /// `None` where it does not, or where that depends on what an image does not tell.
    fn of(wanted: &'m Requirement, environments: &[Environment; 2], extra: &str) -> Option<Self> {
        let Some(marker) = &wanted.marker else {
            return extra.is_empty().then_some(Self { is_certain: true, is_of_patch: false, because: Vec::new() });
        };
        let [lowest, highest] = environments;
        let judged = [lowest, highest].map(|environment| marker.judge(environment, extra));
        let holds = judged.each_ref().map(|(holds, _)| *holds == Some(true));
        let last = Environment { full: format!("{}.{LAST}", lowest.minor), ..lowest.clone() };
        let because = judged.into_iter().find(|(holds, _)| *holds == Some(true)).map(|(_, because)| because)?;
        let is_of_patch = marker.judge(&last, extra).0 == Some(false);
        Some(Self { is_certain: holds == [true; 2], is_of_patch, because })
    }

    /// The comparisons that a later Python, or another machine, would not pass.
    fn because(&self, runtime: &Runtime) -> Option<String> {
        let narrows = |one: &&&Comparison| !matches!(one.operator, ">=" | ">" | "!=" | "not in");
        let of =
            |variable: &'static str| self.because.iter().filter(narrows).filter(move |one| one.variable.starts_with(variable));
        let versions: BTreeSet<String> = of("python_").map(|one| format!("{}{}", one.operator, one.value)).collect();
        if !versions.is_empty() {
            let versions: Vec<String> = versions.into_iter().collect();
            return Some(format!("python is {} ({})", runtime.interpreter.version, versions.join(", ")));
        }
        of("platform_machine").next().map(|one| format!("the machine is {}", one.value))
    }
}

#[cfg(test)]
mod tests;
