//! Images of other kinds, what is remarked on them, and what must be said when someone broke one: the one table, which
//! docs/foreign.md is made from.

use std::fmt::Write as _;

use crate::builders::{java, native, node, python};
use crate::image::folder::below;
use crate::image::{Content, Entry, Image, wheels};

/// An image that knows nothing of the pattern.
pub struct Foreign {
    /// What it is.
    pub name: &'static str,
    /// Builds it.
    pub build: fn() -> Image,
    /// The rules that warn of it, one a finding, in report order. It has no errors.
    pub warnings: &'static [&'static str],
    /// What people do to it.
    pub breakages: &'static [Breakage],
}

/// One thing that a person did to it.
pub struct Breakage {
    /// What the person did.
    pub done: &'static str,
    /// Does it.
    pub edit: fn(&mut Image),
    /// The rule whose one finding, an error, is the cause.
    pub rule: &'static str,
    /// The path that this finding names.
    pub path: &'static str,
}

/// Every image.
pub const IMAGES: &[Foreign] = &[
    Foreign {
        name: "Node.js on Debian slim, npm packages with prebuilds for many machines",
        build: node::image,
        warnings: &["config/user"],
        breakages: &[
            Breakage {
                done: "copied the node of the build machine, which is amd64, over the image's own",
                edit: |image| {
                    image.append("COPY --from=build /usr/bin/node /usr/bin/node # buildkit", below(node::amd64()));
                },
                rule: "platform/elf-arch",
                path: "/usr/bin/node",
            },
            Breakage {
                done: "checked the entry script out on Windows: its first line ends in a carriage return",
                edit: |image| {
                    image.layer_mut(node::COPY_ENTRYPOINT).change("usr/local/bin/docker-entrypoint.sh", |entry| {
                        let Content::File(bytes) = &entry.content else { return };
                        let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n");
                        entry.content = Content::File(text.into_bytes().into());
                    });
                },
                rule: "config/argv0",
                path: "/usr/local/bin/docker-entrypoint.sh",
            },
        ],
    },
    Foreign {
        name: "OpenJDK 17 on Debian slim, one class",
        build: java::image,
        warnings: &["config/user"],
        breakages: &[
            Breakage {
                done: "took the C library's loader away",
                edit: |image| {
                    image.append(
                        "RUN rm /lib/ld-linux-aarch64.so.1 # buildkit",
                        below(Entry::file("usr/lib/.wh.ld-linux-aarch64.so.1", "")),
                    );
                },
                rule: "linkage/interp",
                path: "/usr/lib/jvm/java-17-openjdk-arm64/bin/java",
            },
            Breakage {
                done: "set the alternative by hand to the JRE of another machine's name",
                edit: |image| {
                    let link = Entry::symlink("etc/alternatives/java", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java");
                    image.append("RUN ln -sf java /etc/alternatives/java # buildkit", below(link));
                },
                rule: "config/argv0",
                path: "/usr/bin/java",
            },
        ],
    },
    Foreign {
        name: "one static Go executable on scratch",
        build: native::scratch,
        warnings: &[],
        breakages: &[
            Breakage {
                done: "built it without GOARCH, on an amd64 machine",
                edit: |image| image.layer_mut(native::COPY_BINARY).put(native::gosu("gosu:amd64")),
                rule: "platform/interpreter-arch",
                path: "/gosu",
            },
            Breakage {
                done: "downloaded it and forgot `chmod +x`",
                edit: |image| image.layer_mut(native::COPY_BINARY).change("gosu", |entry| entry.mode = 0o644),
                rule: "config/argv0",
                path: "/gosu",
            },
        ],
    },
    Foreign {
        name: "busybox, musl and a program for it",
        build: native::musl,
        warnings: &[],
        breakages: &[
            Breakage {
                done: "copied a program for musl to where there is no musl",
                edit: |image| image.steps.retain(|step| !step.created_by.starts_with(native::COPY_MUSL)),
                rule: "linkage/interp",
                path: "/opt/clang-format/clang_format/data/bin/clang-format",
            },
            Breakage {
                done: "named a program that is not there",
                edit: |image| image.config["Entrypoint"][0] = "clang-tidy".into(),
                rule: "config/argv0",
                path: "",
            },
        ],
    },
    Foreign {
        name: "Python on Debian slim, python3 -m venv and pip",
        build: python::pip,
        warnings: &["config/user"],
        breakages: &[
            Breakage {
                done: "made the environment with the interpreter of the python image, and copied it to Debian",
                edit: |image| {
                    image.layer_mut(python::RUN_PIP).put(Entry::symlink("opt/venv/bin/python3", "/usr/local/bin/python3"));
                },
                rule: "config/argv0",
                path: "/opt/venv/bin/uvicorn",
            },
            Breakage {
                done: "emptied a module that is installed, with a redirection gone wrong",
                edit: |image| {
                    let module = Entry::file("opt/venv/lib/python3.11/site-packages/starlette/routing.py", "");
                    image.append("RUN /bin/sh -c patch < fix.diff > starlette/routing.py # buildkit", below(module));
                },
                rule: "python/record-integrity",
                path: "/opt/venv/lib/python3.11/site-packages/starlette/routing.py",
            },
        ],
    },
    Foreign {
        name: "Python on Debian slim, an environment of uv's, copied from a builder",
        build: python::uv,
        warnings: &[],
        breakages: &[
            Breakage {
                done: "made the environment in /build and copied it to /app: its scripts still name the interpreter there",
                edit: |image| {
                    image.layer_mut(python::COPY_UV).change("app/.venv/bin/uvicorn", |entry| {
                        let Content::File(bytes) = &entry.content else { return };
                        let text = String::from_utf8_lossy(bytes).replacen("#!/app/", "#!/build/", 1);
                        entry.content = Content::File(text.into_bytes().into());
                    });
                },
                rule: "config/argv0",
                path: "/app/.venv/bin/uvicorn",
            },
            Breakage {
                done: "named a server in CMD that is not among the requirements",
                edit: |image| image.config["Cmd"][0] = "/app/.venv/bin/gunicorn".into(),
                rule: "config/argv0",
                path: "/app/.venv/bin/gunicorn",
            },
        ],
    },
    Foreign {
        name: "Python on Debian slim, a project installed in place by poetry",
        build: python::poetry,
        warnings: &[],
        breakages: &[
            Breakage {
                done: "copied the environment with a tool that loses the executable bit",
                edit: |image| image.layer_mut(python::COPY_POETRY).change("app/.venv/bin/serve", |entry| entry.mode = 0o644),
                rule: "config/argv0",
                path: "/app/.venv/bin/serve",
            },
            Breakage {
                done: "locked the requirements for the machine of the developer, which is amd64",
                edit: |image| {
                    let site = "app/.venv/lib/python3.11/site-packages";
                    let layer = image.layer_mut(python::COPY_POETRY);
                    layer.remove(&format!("{site}/bcrypt"));
                    layer.remove(&format!("{site}/bcrypt-4.3.0.dist-info"));
                    for entry in wheels::install(&wheels::X86_64).site {
                        layer.put(Entry { path: format!("{site}/{}", entry.path), ..entry });
                    }
                },
                rule: "platform/elf-arch",
                path: "/app/.venv/lib/python3.11/site-packages/bcrypt/_bcrypt.abi3.so",
            },
        ],
    },
];

/// The table as Markdown: docs/foreign.md.
pub fn document() -> String {
    let mut text = String::from(
        "# Images of other kinds\n\n\
         `tests/foreign.rs` builds these images out of the packages of Debian, PyPI and npm and verifies them with nothing\n\
         configured: no error, exit 0, and the warnings named here. Then it breaks each: exit 1, and one error that no other\n\
         finding explains. This page is generated from `tests/support/foreign.rs` (`LUCID_UPDATE=1 cargo test --test foreign`).\n",
    );
    for Foreign { name, warnings, breakages, .. } in IMAGES {
        let warnings = if warnings.is_empty() { "none".into() } else { warnings.join(", ") };
        writeln!(text, "\n## {name}\n\nWarnings: {warnings}.\n\n| someone … | rule | path |\n|---|---|---|").unwrap();
        for Breakage { done, rule, path, .. } in *breakages {
            let path = if path.is_empty() { "none".into() } else { format!("`{path}`") };
            writeln!(text, "| {done} | {rule} | {path} |").unwrap();
        }
    }
    text
}
