//! What was left lying about.

use super::{Breakage, COPY_BIN, PLAIN, below};
use crate::image::lucid::BIN;
use crate::image::{BUILT, Entry, NONROOT};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "secret-deleted-later",
        done: "fetched packages with a password, and deleted it in the next instruction",
        edit: |image, _| {
            let password = Entry::file("root/.netrc", "machine pypi.example\nlogin builder\npassword hunter2\n").mode(0o600);
            image.append("COPY .netrc /root/.netrc", vec![Entry::directory("root").mode(0o700), password]);
            let gone = vec![Entry::directory("root").mode(0o700), Entry::file("root/.wh..netrc", "")];
            image.append("RUN /usr/bin/python3.11 -c import os; os.remove('/root/.netrc')", gone);
        },
        rule: "hygiene/secrets-files",
        path: Some("/root/.netrc"),
        layer: Some("COPY .netrc"),
        ..PLAIN
    },
    Breakage {
        name: "environment-copied",
        done: "copied the variables of the developer's machine with the code",
        edit: |image, _| {
            let variables = Entry::file("app/.env", "AUTH_SERVICE_PORT=8089\nJWT_SECRET=correct-horse-battery\n").of(NONROOT);
            image.append("COPY --chown=65532:65532 . /app", vec![Entry::directory("app"), variables]);
        },
        rule: "hygiene/secrets-files",
        path: Some("/app/.env"),
        layer: Some("COPY --chown=65532:65532 . /app"),
        ..PLAIN
    },
    Breakage {
        name: "repository-copied",
        done: "copied the repository with the code",
        edit: |image, _| {
            let own = |entry: Entry| entry.of(NONROOT);
            let head = own(Entry::file("app/.git/HEAD", "ref: refs/heads/main\n"));
            let entries = vec![Entry::directory("app"), own(Entry::directory("app/.git")), head];
            image.append("COPY --chown=65532:65532 . /app", entries);
        },
        rule: "hygiene/vcs",
        level: "warn",
        path: Some("/app/.git/HEAD"),
        layer: Some("COPY --chown=65532:65532 . /app"),
        ..PLAIN
    },
    Breakage {
        name: "times-rewritten",
        done: "had the builder set all times to one, after modules had been compiled",
        edit: |image, _| {
            let header = [b"\xa7\x0d\r\n\0\0\0\0", &1_u32.to_le_bytes()[..], &[0; 4]].concat();
            let own = |entry: Entry| entry.of(NONROOT).mtime(BUILT);
            let cache = own(Entry::directory("app/__pycache__"));
            let module = own(Entry::file("app/__pycache__/main.cpython-311.pyc", header));
            image.append("COPY --chown=65532:65532 /build/cache /app/__pycache__", vec![Entry::directory("app"), cache, module]);
        },
        rule: "hygiene/pycache",
        level: "warn",
        path: Some("/app/__pycache__/main.cpython-311.pyc"),
        layer: Some("/build/cache"),
        ..PLAIN
    },
    Breakage {
        name: "database-copied",
        done: "copied all of /var/lib for the sake of one marker",
        edit: |image, _| {
            let list = Entry::file("var/lib/dpkg/info/perl-base.list", "/.\n/usr\n/usr/bin\n/usr/bin/perl\n");
            let status = "Package: perl-base\nStatus: install ok installed\nVersion: 5.36.0-7\nArchitecture: arm64\n";
            let mut entries = below(list);
            entries.push(Entry::file("var/lib/dpkg/status", status));
            image.append("COPY /var/lib /var/lib", entries);
        },
        rule: "hygiene/foreign-dpkg-db",
        level: "warn",
        path: Some("/var/lib/dpkg/info/perl-base.list"),
        layer: Some("COPY /var/lib /var/lib"),
        ..PLAIN
    },
    Breakage {
        name: "commands-for-everyone",
        done: "made the directory of the commands writable for everyone, to be done with permissions",
        edit: |image, _| image.layer_mut(COPY_BIN).change(BIN, |entry| entry.mode = 0o777),
        rule: "ownership/world-writable",
        path: Some("/usr/local/bin"),
        layer: Some(COPY_BIN),
        ..PLAIN
    },
];
