//! What was left lying about. Rules that know it by its place and name are rows of [`ROWS`].

pub(super) mod crlf;
pub(super) mod dangling_links;
pub(super) mod foreign_dpkg_db;
pub(super) mod name_encoding;
pub(super) mod pycache;
pub(super) mod secrets_files;
pub(super) mod special;
pub(super) mod unstripped;

use super::leftovers::{Below, Leftovers, Names};
use super::{Context, declare_rule};
use crate::finding::Judgement;

/// What the rules of this file look for.
static ROWS: [Leftovers; 7] = [
    Leftovers {
        id: "hygiene/apt-lists",
        below: Below::Paths(&["/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/var/cache/dnf", "/var/cache/yum"]),
        except: Names::of(&["lists/{lock,partial}", "archives/{lock,partial}"]),
        names: Names::of(&["*/*"]),
        what: ("file of package lists or archives", "files of package lists and archives"),
        fix: "end the RUN that fetches them with `&& rm -rf /var/lib/apt/lists/* /var/cache/apt`, or apk add --no-cache",
    },
    Leftovers {
        id: "hygiene/pip-cache",
        below: Below::Paths(&["/"]),
        except: Names::of(&["/proc", "/sys"]),
        names: Names::of(&[
            ".cache/{pip,uv,pypoetry,pipenv,pdm,go-build,yarn}",
            "tmp/pip-*",
            ".npm/_cacache",
            ".cargo/registry",
            "share/.cache",
        ]),
        what: ("file of a package manager's cache", "files of package managers' caches"),
        fix: "PIP_NO_CACHE_DIR=1, uv --no-cache, npm cache clean --force in the same RUN; or RUN --mount=type=cache",
    },
    Leftovers {
        id: "hygiene/tmp",
        below: Below::Paths(&["/tmp", "/var/tmp"]),
        // The caches of pip's builds are told as such.
        except: Names::of(&["tmp/pip-*"]),
        names: Names::of(&["*/*"]),
        what: ("temporary file", "temporary files"),
        fix: "remove it in the RUN that made it, or RUN --mount=type=tmpfs,target=/tmp",
    },
    Leftovers {
        id: "hygiene/tests",
        below: Below::Sites,
        except: Names::of(&["*/node_modules"]),
        names: Names::of(&["*/{tests,test,docs,doc,examples,example}", "*/*.{pyi,c,cc,cpp,pyx,pxd,h,hpp,map}"]),
        what: ("file of tests, documentation and sources of packages", "files of tests, documentation and sources of packages"),
        fix: "remove them in the builder, before the COPY; or leave them, and raise min-bytes",
    },
    Leftovers {
        id: "hygiene/vcs",
        below: Below::Paths(&["/"]),
        except: Names::of(&["/proc", "/sys", "*/{node_modules,site-packages,dist-packages}", "go/pkg"]),
        names: Names::of(&["*/{.git,.svn,.hg,.bzr,.github,.gitlab,.idea,.vscode}"]),
        what: ("file of version control and editors", "files of version control and editors"),
        fix: "name them in .dockerignore, or COPY the one directory that is needed",
    },
    Leftovers {
        id: "hygiene/dev-files",
        below: Below::Paths(&["/"]),
        except: Names::of(&[
            "/{bin,boot,dev,etc,lib,lib64,proc,sbin,sys,usr,var}",
            "*/{node_modules,site-packages,dist-packages}",
            "go/pkg",
        ]),
        names: Names::of(&[
            "*/{Dockerfile,Dockerfile.*,.dockerignore,docker-compose*.y*ml,compose.y*ml}",
            "*/{.DS_Store,Thumbs.db,*.swp,*.orig,*.rej,npm-debug.log}",
            "*/{.coverage,htmlcov,.pytest_cache,.mypy_cache,.ruff_cache,.tox,.nox,.ipynb_checkpoints}",
        ]),
        what: ("file of development", "files of development"),
        fix: "name them in .dockerignore",
    },
    Leftovers {
        id: "hygiene/man-doc",
        below: Below::Paths(&["/usr/share", "/usr/local/share"]),
        except: Names::of(&[]),
        names: Names::of(&["share/{doc,man,info,locale,gtk-doc}"]),
        what: ("file of manuals and translations", "files of manuals and translations"),
        fix: "dpkg's path-exclude=/usr/share/{doc,man,info,locale}/* before packages are installed, or remove them in that RUN",
    },
];

fn check(context: &Context<'_>) -> Judgement {
    let row = ROWS.iter().find(|row| row.id == context.rule.id);
    row.map_or_else(|| Judgement::skip("no row says what it looks for"), |row| row.judge(context))
}

declare_rule! {
    /// No lists and archives of system packages are shipped
    ///
    /// # What it checks
    /// `/var/lib/apt/lists` and the caches of apt, apk, dnf and yum in `/var/cache` hold no file but locks.
    ///
    /// # Why
    /// What `apt-get update` fetches is some 20 MB, out of date the next day, and of use to nothing but `apt-get install`.
    ///
    /// # Symptom
    /// A larger image.
    ///
    /// # Fix
    /// `rm -rf /var/lib/apt/lists/*` at the end of the same RUN; in a later one it hides them, and they are shipped all the same.
    ///
    /// # Options
    /// None.
    APT_LISTS = "hygiene/apt-lists", Lean, Warn, since "0.1.0", needs Tree,
    unit "path, not of package lists" | "paths, no package list among them", check check
}

declare_rule! {
    /// No cache of a package manager is shipped
    ///
    /// # What it checks
    /// No file lies in a cache of pip, uv, poetry, pipenv, pdm, yarn or Go below a `.cache`, in npm's or cargo's, or in a
    /// directory that pip builds in.
    ///
    /// # Why
    /// A cache holds everything once more that was installed.
    ///
    /// # Symptom
    /// An image that is twice as large as its packages.
    ///
    /// # Fix
    /// `PIP_NO_CACHE_DIR=1`; or a cache that is mounted, `RUN --mount=type=cache,target=/root/.cache`, and no part of the image.
    ///
    /// # Options
    /// None.
    PIP_CACHE = "hygiene/pip-cache", Lean, Warn, since "0.1.0", needs Tree,
    unit "path, not of a cache" | "paths, no cache of a package manager among them", check check
}

declare_rule! {
    /// The directories of temporary files are empty
    ///
    /// # What it checks
    /// `/tmp` and `/var/tmp` hold directories at most.
    ///
    /// # Why
    /// What a RUN leaves there is in its layer for ever, and in the container until something mounts over it.
    ///
    /// # Symptom
    /// A larger image; now and then a file that a service of the same name stumbles over.
    ///
    /// # Fix
    /// Remove it in the RUN that made it.
    ///
    /// # Options
    /// None.
    TMP = "hygiene/tmp", Lean, Warn, since "0.1.0", needs Tree,
    unit "path, not a temporary file" | "paths, no temporary file among them", check check
}

declare_rule! {
    /// Packages come without their tests, documentation and sources
    ///
    /// # What it checks
    /// Directories called tests, docs or examples, stubs (`*.pyi`) and sources of C and Cython, in site directories: how many
    /// bytes they have together.
    ///
    /// # Why
    /// Nothing imports them at run time. Of numerical packages they are a third.
    ///
    /// # Symptom
    /// A larger image.
    ///
    /// # Fix
    /// Remove them in the builder, before the COPY.
    ///
    /// # Options
    /// - `min-bytes`: fewer bytes are not worth a remark.
    TESTS = "hygiene/tests", Lean, Info, since "0.1.0", needs Tree,
    unit "path of a site directory" | "paths of site directories", options { "min-bytes": Count }, check check
}

declare_rule! {
    /// No repository and no editor's directory was copied
    ///
    /// # What it checks
    /// There is no `.git`, `.svn`, `.hg`, `.bzr`, `.github`, `.gitlab`, `.idea` or `.vscode`, but for those that packages of
    /// npm, Python and Go bring.
    ///
    /// # Why
    /// A repository holds every file that ever was in it, removed secrets included, and is often larger than what it is of.
    ///
    /// # Symptom
    /// A larger image; the source's whole history, for everyone who pulls it.
    ///
    /// # Fix
    /// `.dockerignore`.
    ///
    /// # Options
    /// None.
    VCS = "hygiene/vcs", Lean, Warn, since "0.1.0", needs Tree,
    unit "path, not of a repository" | "paths, no repository among them", check check
}

declare_rule! {
    /// Files of development stay where the image is built
    ///
    /// # What it checks
    /// Outside of the directories of the system and of packages there is no Dockerfile, no file of compose, no cache of a test
    /// runner, no report of coverage, no backup of an editor.
    ///
    /// # Why
    /// `COPY . .` takes everything. What it takes without need makes layers change without need.
    ///
    /// # Symptom
    /// Layers that are built and pulled again though nothing changed.
    ///
    /// # Fix
    /// `.dockerignore`.
    ///
    /// # Options
    /// - `min-bytes`: fewer bytes are not worth a remark.
    DEV_FILES = "hygiene/dev-files", Lean, Info, since "0.1.0", needs Tree,
    unit "path, not a file of development" | "paths, no file of development among them",
    options { "min-bytes": Count }, check check
}

declare_rule! {
    /// Manuals and translations are few
    ///
    /// # What it checks
    /// How many bytes `doc`, `man`, `info`, `locale` and `gtk-doc` in `/usr/share` and `/usr/local/share` have together.
    ///
    /// # Why
    /// Nobody reads manuals in a container. Licences, which are among them, are small.
    ///
    /// # Symptom
    /// A larger image.
    ///
    /// # Fix
    /// A slim base, which has dpkg leave them out.
    ///
    /// # Options
    /// - `min-bytes`: fewer bytes are not worth a remark.
    MAN_DOC = "hygiene/man-doc", Lean, Info, since "0.1.0", needs Tree,
    unit "path of shared files" | "paths of shared files", options { "min-bytes": Count }, check check
}

#[cfg(test)]
mod tests {
    use super::super::RULES;
    use super::*;

    #[test]
    fn each_row_is_of_a_rule_of_this_file() {
        let own: Vec<&str> = RULES
            .iter()
            .filter(|rule| std::ptr::fn_addr_eq(rule.check, check as fn(&Context<'_>) -> Judgement))
            .map(|rule| rule.id)
            .collect();
        assert_eq!(ROWS.iter().map(|row| row.id).collect::<Vec<_>>(), own);
    }
}
