//! Installed packages and what runs them.

use super::{Breakage, COPY_SITE, SITE_PATH, below};
use crate::image::lucid::SITE;
use crate::image::{Content, Entry};

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "site-packages-hidden",
        done: "made the directory of the packages anew in a later instruction, which hides what was in it",
        edit: |image, _| {
            let opaque = Entry::file(&format!("{SITE}/.wh..wh..opq"), "");
            image.append(
                &format!("RUN /usr/bin/python3.11 -c import os, shutil; shutil.rmtree('{SITE_PATH}'); os.mkdir('{SITE_PATH}')"),
                below(opaque),
            );
        },
        rule: "python/site-packages-populated",
        level: "error",
        path: Some(SITE_PATH),
        layer: Some("shutil.rmtree"),
        explains: &["marker/site-packages", "python/record-integrity"],
    },
    Breakage {
        name: "module-tampered",
        done: "copied a changed module over an installed one",
        edit: |image, _| {
            let path = format!("{SITE}/jwt/api_jwt.py");
            let site = image.layer_mut(COPY_SITE).entries();
            let mut changed = site.iter().find(|entry| entry.path == path).expect("PyJWT is installed").clone();
            let Content::File(bytes) = &changed.content else { panic!("{path} is a file") };
            changed.content = Content::File([&bytes[..], b"# patched\n"].concat().into());
            image.append(&format!("COPY --chown=65532:65532 patches/api_jwt.py /{path}"), below(changed));
        },
        rule: "python/record-integrity",
        level: "error",
        path: Some("/usr/local/lib/python3.11/site-packages/jwt/api_jwt.py"),
        layer: Some("patches/api_jwt.py"),
        explains: &[],
    },
];
