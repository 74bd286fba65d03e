//! Images whose files are made by code: one large layer, very many files, very many layers, a fleet, and rows of sizes.

use super::codec::Codec;
use super::draft::{Draft, Tar};
use super::noise::Noise;
use super::{Corpus, Image};
use crate::image::Entry;

/// A level at which a gigabyte is packed in half a minute; what it costs to inflate hardly depends on it.
const QUICK: Codec = Codec::Gzip(3);
const SHARED_OBJECT: u64 = 48 << 20;
const FILES_OF_A_FOLDER: u64 = 1000;
/// Bytes that an image of the fleet has beyond its base, in percent of the base.
const FLEET_CHANGE: u64 = 2;

impl Corpus {
    /// W3: shared objects of 1.5 GB in one layer, as CUDA's are, about 1 GB packed.
    pub fn cuda(&self) -> Image {
        self.image("w3-cuda", |draft| draft.layer(QUICK, |tar| code(tar, self.scaled(1_560_000_000))))
    }

    /// W4: a million files of up to 900 bytes in one layer.
    pub fn tiny(&self) -> Image {
        self.image("w4-tiny", |draft| draft.layer(QUICK, |tar| tiny(tar, self.scaled(1_000_000))))
    }

    /// One layer of five sizes, so many bytes each, in few files.
    pub fn rows_of_bytes(&self) -> Vec<Image> {
        let row = |step: u64| {
            let write = |draft: &mut Draft| draft.layer(QUICK, |tar| code(tar, self.scaled(128_000_000 * step)));
            self.image(&format!("bytes-{step}"), write)
        };
        (1..=5).map(row).collect()
    }

    /// One layer of five numbers of entries.
    pub fn rows_of_entries(&self) -> Vec<Image> {
        let row = |step: u64| {
            let write = |draft: &mut Draft| draft.layer(QUICK, |tar| tiny(tar, self.scaled(100_000 * step)));
            self.image(&format!("entries-{step}"), write)
        };
        (1..=5).map(row).collect()
    }

    /// W5: 120 layers of 1 MB that add, overwrite, hide, remove and link what lies below.
    pub fn layers(&self) -> Image {
        self.image("w5-layers", |draft| {
            for number in 0..self.scaled(120).max(20) {
                draft.layer(QUICK, |tar| change(tar, number));
            }
        })
    }

    /// W6: thirty services on one base, each with two percent of its own, in one to three layers.
    pub fn fleet(&self) -> Vec<Image> {
        let base = self.distroless();
        let own = base.packed() * FLEET_CHANGE / 100;
        let service = |number: u64| {
            self.image(&format!("w6-services/service-{number:02}"), |draft| {
                draft.share(&base.layout, usize::MAX);
                draft.layer(QUICK, |tar| {
                    // Of these bytes gzip leaves two thirds.
                    let code = Noise::new(1000 + number).code(usize::try_from(own * 3 / 2).unwrap());
                    tar.push(&Entry::file(&format!("app/service{number}.so"), code));
                });
                for layer in 0..number % 3 {
                    draft.layer(QUICK, |tar| {
                        for module in 0..100 {
                            let text = format!("VALUE = {}\n", number * 1000 + module).repeat(100);
                            tar.push(&Entry::file(&format!("app/part{layer}/module{module}.py"), text.into_bytes()));
                        }
                    });
                }
            })
        };
        (0..30).map(service).collect()
    }
}

fn code(tar: &mut Tar<'_>, bytes: u64) {
    let mut left = bytes;
    let mut number = 0;
    for folder in ["usr", "usr/local", "usr/local/cuda", "usr/local/cuda/lib64"] {
        tar.push(&Entry::directory(folder));
    }
    while left > 0 {
        let length = left.min(SHARED_OBJECT);
        let code = Noise::new(number).code(usize::try_from(length).unwrap());
        tar.push(&Entry::file(&format!("usr/local/cuda/lib64/libcuda{number:03}.so.12"), code));
        (left, number) = (left - length, number + 1);
    }
}

fn tiny(tar: &mut Tar<'_>, files: u64) {
    tar.push(&Entry::directory("srv"));
    let mut noise = Noise::new(7);
    for number in 0..files {
        let folder = number / FILES_OF_A_FOLDER;
        if number.is_multiple_of(FILES_OF_A_FOLDER) {
            tar.push(&Entry::directory(&format!("srv/{folder:04}")));
        }
        let length = usize::try_from(noise.below(901)).unwrap();
        tar.push(&Entry::file(&format!("srv/{folder:04}/item-{number:07}.json"), noise.text(length)));
    }
}

/// What a layer does to those below it.
fn change(tar: &mut Tar<'_>, number: u64) {
    let mut noise = Noise::new(500 + number);
    let own = format!("srv/layer{number:03}");
    tar.push(&Entry::directory("srv"));
    tar.push(&Entry::directory(&own));
    for file in 0..40 {
        tar.push(&Entry::file(&format!("{own}/{file:02}.py"), noise.text(16 << 10)));
    }
    tar.push(&Entry::file(&format!("{own}/native.so"), noise.code(512 << 10)));
    let link = Entry {
        content: crate::image::Content::Hardlink(format!("{own}/native.so")),
        ..Entry::file(&format!("{own}/again.so"), [])
    };
    tar.push(&link);
    tar.push(&Entry::file("srv/state.json", format!("{{\"layer\": {number}}}\n")));
    let Some(below) = number.checked_sub(1) else { return };
    let below = format!("srv/layer{below:03}");
    tar.push(&Entry::file(&format!("{below}/00.py"), noise.text(16 << 10)));
    tar.push(&Entry::file(&format!("{below}/.wh.01.py"), []));
    if number.is_multiple_of(5) {
        tar.push(&Entry::file(&format!("{below}/.wh..wh..opq"), []));
    }
    if let Some(gone) = number.checked_sub(10).filter(|_| number.is_multiple_of(10)) {
        tar.push(&Entry::file(&format!("srv/.wh.layer{gone:03}"), []));
    }
}
