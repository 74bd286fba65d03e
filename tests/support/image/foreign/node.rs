//! Debian's Node.js with npm packages that bring machine code for many machines.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::configure;
use crate::image::debian::{archive, run};
use crate::image::folder::{self, kept};
use crate::image::slim::System;
use crate::image::{Entry, Image};

/// What the service requires, and what that requires.
const PACKAGES: [&str; 4] = ["bcrypt@6.0.0", "bufferutil@4.0.9", "node-addon-api@8.9.2", "node-gyp-build@4.8.4"];

/// What node's own image starts commands with.
const ENTRYPOINT: &str = "#!/bin/sh\nset -e\ncase \"$1\" in -*) set -- node \"$@\" ;; esac\nexec \"$@\"\n";

/// The instruction that brings it.
pub const COPY_ENTRYPOINT: &str = "COPY docker-entrypoint.sh";

pub fn image() -> Image {
    let mut system = System::slim();
    system.install(&["nodejs"], vec![]);
    let mut image = system.image;
    let entrypoint = Entry::file("usr/local/bin/docker-entrypoint.sh", ENTRYPOINT).mode(0o755);
    image.append(&format!("{COPY_ENTRYPOINT} /usr/local/bin/ # buildkit"), folder::below(entrypoint));
    let app = "usr/src/app";
    image.append("WORKDIR /usr/src/app # buildkit", folder::below(Entry::directory(app)));
    let mut modules = folder::below(Entry::directory(app));
    modules.extend(folder::read(&installed(), app));
    image.append("RUN /bin/sh -c npm ci --omit=dev --ignore-scripts # buildkit", modules);
    let server = "const bcrypt = require('bcrypt');\nrequire('http').createServer((_, answer) => \
        answer.end(bcrypt.hashSync('x', 4))).listen(8080);\n";
    image.append("COPY server.js ./ # buildkit", folder::below(Entry::file(&format!("{app}/server.js"), server)));
    let run = json!({"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["node", "server.js"], "WorkingDir": "/usr/src/app"});
    configure(image, &["NODE_VERSION=18.20.4"], &run)
}

/// The executable of the same package for the machine of whoever built it.
pub fn amd64() -> Entry {
    let files = archive().packages(&["nodejs:amd64"])[0].files();
    files.into_iter().find(|entry| entry.path == "usr/bin/node").expect("node is where Debian has it")
}

/// `node_modules` as npm lays it, and the two files that say what is in it; no script of a package is run.
fn installed() -> std::path::PathBuf {
    kept("npm", &PACKAGES.join(" "), |target: &Path| {
        std::fs::write(target.join("package.json"), r#"{"name": "service", "version": "1.0.0", "private": true}"#).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        run(npm.args(PACKAGES).current_dir(target));
    })
}
