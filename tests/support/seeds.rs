//! What is said of the images that the source documents describe: the one table.

use crate::builders::{controller, copy_guide, design, multi_stage, tunnel};
use crate::image::Image;

/// A document, taken for an image.
pub struct Seed {
    /// What it is.
    pub name: &'static str,
    /// Builds the image.
    pub build: fn() -> Image,
    /// The profile that it is judged by.
    pub profile: Profile,
    /// Rule and level of what is said and that nothing else explains, with what the document says of it.
    pub says: &'static [(&'static str, &'static str)],
}

/// A profile.
pub enum Profile {
    /// The one that the image's own labels choose.
    Chosen,
    /// A built-in one.
    BuiltIn(&'static str),
    /// One that declares a service.
    Declared(&'static str),
}

/// Every document.
pub const SEEDS: &[Seed] = &[
    Seed {
        name: "the guide to COPY",
        build: copy_guide::image,
        profile: Profile::Chosen,
        says: &[
            // The guide upgrades pip, setuptools and wheel with --user, and so copies them.
            ("python/pip-present", "warn"),
            // pip writes the builder's interpreter into every command that is copied to /usr/local/bin.
            ("python/console-script-shebang", "warn"),
            // COPY /var/lib /var/lib brings the builder's package database, in which no build tool stands.
            ("hygiene/foreign-dpkg-db", "warn"),
        ],
    },
    Seed {
        name: "the design pattern",
        build: design::image,
        profile: Profile::Chosen,
        says: &[
            // CMD ["python3", …], and so the health check
            ("config/explicit-python", "warn"),
            ("python/console-script-shebang", "warn"),
            // COPY /var/lib /var/lib of a builder with build-essential
            ("hygiene/foreign-dpkg-db", "warn"),
        ],
    },
    Seed {
        name: "the controller",
        build: controller::image,
        profile: Profile::Declared(
            "extends = \"lucid\"\n[services.service-mesh-controller]\nmatch = [\"pickme/lucid-service-mesh-controller*\"]\n\
             packages = [\"grpcio\", \"aiohttp\", \"python_consul\", \"pydantic\"]\nmodules = [\"controller.main\"]\n\
             app = [\"/app/controller\", \"/app/sidecar\"]\n\
             markers = [\"/app/controller/.lucid-source-marker\", \"/app/sidecar/.lucid-sidecar-marker\"]\n",
        ),
        says: &[
            // Action 10: a default value for MONGODB_PASSWORD
            ("config/env-default-password", "error"),
            ("python/console-script-shebang", "warn"),
            // COPY /var/lib /var/lib
            ("hygiene/foreign-dpkg-db", "warn"),
        ],
    },
    Seed {
        name: "the tunnel tools",
        build: tunnel::image,
        profile: Profile::Declared("extends = \"lucid\"\n[service]\nname = \"tunnel-tools\"\npackages = []\n"),
        says: &[
            // Issue 3, twice: ENTRYPOINT and the health check
            ("config/explicit-python", "warn"),
            // Issue 4
            ("config/entrypoint", "warn"),
            // Issue 5
            ("config/env-required", "warn"),
            // Issue 7
            ("healthcheck/timeout", "error"),
            ("healthcheck/connect-ex", "warn"),
            // Issue 6; what the missing RUN would have looked at is looked at here.
            ("history/runtime-verify", "warn"),
            // Issues 1, 2 and 8 are of the builder stage, of which the image holds nothing: --dockerfile says more.
        ],
    },
    Seed {
        name: "the multi-stage build",
        build: multi_stage::image,
        profile: Profile::BuiltIn("lucid-slim"),
        says: &[
            // Neither USER nor anything in its place
            ("config/user", "warn"),
            ("python/pip-present", "warn"),
            ("toolchain/package-managers", "warn"),
        ],
    },
];
