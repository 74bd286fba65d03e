//! Images of real bytes: Debian's own packages as distroless lays them, and what pip makes of the wheels of a service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::codec::Codec;
use super::draft::Tar;
use super::noise::Noise;
use super::{Corpus, Image, lazy};
use crate::image::debian::run;
use crate::image::pack::sha256;
use crate::image::{BUILT, Entry, Layer, NONROOT, folder, lucid};

/// What the site layer is of: the wheels of an ML service and all that they require, for arm64 and Python 3.11.
const REQUIREMENTS: &str = include_str!("site.txt");
const POLICIES: [&str; 3] = ["manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64"];
const SITE: &str = "usr/local/lib/python3.11/site-packages";
/// What docker and `BuildKit` pack layers with.
const GZIP: Codec = Codec::Gzip(6);
/// Layers of the base.
const BASE: usize = 4;

impl Corpus {
    /// W1: distroless' Python in four layers, and an application in a fifth.
    pub fn distroless(&self) -> Image {
        self.image("w1-distroless", |draft| {
            let base = lucid::parts().base();
            let entries: Vec<&Entry> = base.layers().flat_map(Layer::entries).collect();
            for part in entries.chunks(entries.len().div_ceil(BASE)) {
                draft.layer(GZIP, |tar| part.iter().for_each(|entry| tar.push(entry)));
            }
            draft.layer(GZIP, app);
        })
    }

    /// W2: the same base, the packages of an ML service with their bytecode in one large layer, and an application of 10 kB.
    pub fn ml(&self) -> Image {
        let base = self.distroless();
        self.image("w2-ml", |draft| {
            draft.share(&base.layout, BASE);
            draft.layer(GZIP, |tar| self.site(tar));
            draft.layer(GZIP, app);
        })
    }

    /// W9: W2 with one layer of 1 MB more, another one for each number.
    pub fn ml_and_more(&self, number: u64) -> Image {
        let ml = self.ml();
        self.image(&format!("w9-more-{number}"), |draft| {
            draft.share(&ml.layout, usize::MAX);
            draft.layer(GZIP, |tar| {
                tar.push(&Entry::directory("app").of(NONROOT));
                tar.push(&Entry::file("app/model.bin", Noise::new(900 + number).code(1_500_000)).of(NONROOT));
            });
        })
    }

    /// W7: the site layer alone in every format, each with the program that decodes it quickest.
    pub fn formats(&self) -> Vec<(&'static str, Image)> {
        let site = |name: &str, codec| self.image(&format!("w7-{name}"), |draft| draft.layer(codec, |tar| self.site(tar)));
        let plain = site("tar", Codec::Plain);
        let tar = plain.blobs.iter().max_by_key(|(_, size)| *size).unwrap();
        let tar = crate::image::layout::blob_file(&plain.layout, &tar.0);
        let stargz = self.image("w7-estargz", |draft| draft.blob("+gzip", |to| lazy::stargz(&tar, to)));
        let chunked = self.image("w7-zstd-chunked", |draft| draft.blob("+zstd", |to| lazy::chunked(&tar, to)));
        vec![
            ("gzip -6", site("gzip-6", Codec::Gzip(6))),
            ("gzip -6 flushed as by pigz", site("flushed", Codec::Flushed)),
            ("gzip -1", site("gzip-1", Codec::Gzip(1))),
            ("gzip, a member a MiB", site("members", Codec::Members)),
            ("eStargz", stargz),
            ("zstd -3", site("zstd", Codec::Zstd)),
            ("zstd:chunked", chunked),
            ("tar", plain),
        ]
    }

    /// The packages; of a smaller corpus those that come first in the alphabet.
    fn site(&self, tar: &mut Tar<'_>) {
        let folder = self.installed();
        let mut names: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|item| item.unwrap().path()).collect();
        names.sort();
        for (end, _) in SITE.match_indices('/').chain([(SITE.len(), "")]) {
            tar.push(&Entry::directory(&SITE[..end]));
        }
        names.truncate(usize::try_from(self.scaled(names.len() as u64)).unwrap());
        for path in names {
            let below = format!("{SITE}/{}", path.file_name().unwrap().to_str().unwrap());
            let entries = if path.is_dir() {
                let inside = folder::read(&path, &below);
                [vec![Entry::directory(&below)], inside].concat()
            } else {
                vec![Entry::file(&below, fs::read(&path).unwrap())]
            };
            for entry in entries {
                tar.push(&entry.of(NONROOT));
            }
        }
    }

    /// What pip installs, bytecode included, once.
    fn installed(&self) -> PathBuf {
        let target = self.root.with_file_name(format!("site-{}", &sha256(REQUIREMENTS.as_bytes())[..12]));
        if !target.exists() {
            let partial = tempfile::tempdir_in(target.parent().unwrap()).unwrap();
            let list = partial.path().join("requirements.txt");
            fs::write(&list, REQUIREMENTS).unwrap();
            let laid = partial.path().join("laid");
            pip_install(&list, &laid);
            fs::rename(laid, &target).unwrap();
        }
        target
    }
}

fn pip_install(requirements: &Path, target: &Path) {
    let mut pip = Command::new(python());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--compile"]);
    pip.args(["--only-binary=:all:", "--require-hashes", "--python-version", "3.11", "--implementation", "cp"]);
    pip.args(["--abi", "cp311", "--abi", "abi3", "--abi", "none"]);
    for policy in POLICIES {
        pip.args(["--platform", policy]);
    }
    // Bytecode then carries a digest of its source in place of a time, so that it is the same in every run.
    pip.env("SOURCE_DATE_EPOCH", BUILT.to_string());
    run(pip.arg("--target").arg(target).arg("-r").arg(requirements));
}

/// The interpreter whose bytecode the image can use, where the host has it.
fn python() -> &'static str {
    let found = Command::new("python3.11").arg("--version").output().is_ok_and(|output| output.status.success());
    if found { "python3.11" } else { "python3" }
}

fn app(tar: &mut Tar<'_>) {
    tar.push(&Entry::directory("app").of(NONROOT));
    tar.push(&Entry::file("app/main.py", Noise::new(1).text(30_000)).of(NONROOT));
}
