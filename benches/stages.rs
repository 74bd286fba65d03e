//! The stages of reading an image, each by itself, over inputs made by code: `cargo bench --bench stages`.
//!
//! What a codec costs us is the difference between a layer that is packed and the same layer as a plain tar; the bare
//! decoders, which hash nothing and walk nothing, stand beside them.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may panic, and nothing here is public")]

#[path = "../tests/support/large.rs"]
mod large;
#[path = "../tests/support/load.rs"]
mod load;
#[path = "peers/corpus/noise.rs"]
#[allow(dead_code, reason = "the corpus uses all of it")]
mod noise;
#[path = "../tests/support/registry.rs"]
mod registry;
#[path = "../tests/support/tarball.rs"]
#[allow(dead_code, reason = "tests use all of it")]
mod tarball;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{Read as _, copy, sink};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lucid_verify::facts::{Facts, Sources, Verified};
use lucid_verify::finding::Judgement;
use lucid_verify::layer::tar::Reader;
use lucid_verify::limits::Limits;
use lucid_verify::profile::{Policy, Subject};
use lucid_verify::rules;
use lucid_verify::size::Breakdown;
use lucid_verify::verify::{self, Loaded};
use lucid_verify::vfs::Tree;
use noise::Noise;
use registry::Fixture as _;
use tarball::{Blob, Tarball};

/// What the reader inflates at a time.
const CHUNK: usize = 128 << 10;

/// 32 MB of machine code and text in files of 64 KiB.
fn large_files() -> Vec<u8> {
    let mut noise = Noise::new(1);
    let file = |tar: Tarball, number: u32| {
        let bytes = if number.is_multiple_of(2) { noise.code(64 << 10) } else { noise.text(64 << 10) };
        tar.file(&format!("usr/lib/file{number:04}"), &bytes)
    };
    (0..512).fold(Tarball::default(), file).end()
}

/// 20,000 files of up to 900 bytes.
fn small_files() -> Vec<u8> {
    let mut noise = Noise::new(2);
    let file = |tar: Tarball, number: u32| {
        let length = usize::try_from(noise.below(901)).unwrap();
        let bytes = noise.text(length);
        tar.file(&format!("srv/{:03}/item-{number:06}.json", number / 200), &bytes)
    };
    (0..20_000).fold(Tarball::default(), file).end()
}

fn inflate(criterion: &mut Criterion) {
    let tar = large_files();
    let (gzip, zstd) = (tarball::gzip(&tar), tarball::zstd(&tar));
    let mut group = criterion.benchmark_group("bare decoder");
    group.throughput(Throughput::Bytes(tar.len() as u64)).sample_size(20);
    group.bench_function("gzip", |bencher| {
        bencher.iter(|| copy(&mut flate2::bufread::GzDecoder::new(&gzip[..]).take(u64::MAX), &mut sink()).unwrap());
    });
    group.bench_function("zstd", |bencher| {
        bencher.iter(|| copy(&mut zstd::stream::read::Decoder::with_buffer(&zstd[..]).unwrap(), &mut sink()).unwrap());
    });
    group.finish();
}

fn walk(criterion: &mut Criterion) {
    for (name, tar) in [("512 files of 64 KiB", large_files()), ("20,000 small files", small_files())] {
        let mut group = criterion.benchmark_group("tar walk");
        group.throughput(Throughput::Bytes(tar.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut reader = Reader::new(Limits::default().special_header);
                for chunk in tar.chunks(CHUNK) {
                    let mut chunk = chunk;
                    while let Some(event) = reader.next(&mut chunk).unwrap() {
                        black_box(event);
                    }
                }
                reader.finish().unwrap()
            });
        });
        group.finish();
    }
}

fn read(criterion: &mut Criterion) {
    for (name, tar) in [("512 files of 64 KiB", large_files()), ("20,000 small files", small_files())] {
        let mut group = criterion.benchmark_group(format!("whole layer, {name}"));
        group.throughput(Throughput::Bytes(tar.len() as u64)).sample_size(20);
        let blobs = [
            ("tar", Blob::plain(&tar)),
            ("gzip", Blob::new(tarball::gzip(&tar), &tar, "+gzip")),
            ("zstd", Blob::new(tarball::zstd(&tar), &tar, "+zstd")),
        ];
        for (codec, blob) in blobs {
            group.bench_function(codec, |bencher| bencher.iter(|| blob.read().unwrap()));
        }
        group.finish();
    }
}

/// An image of 200,000 files in 60 layers, read.
fn loaded() -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let image = large::image(large::BEFORE);
    image.write_layout(folder.path(), &[&image.entry("")]);
    let reference = format!("oci:{}", folder.path().display()).parse().unwrap();
    verify::load(&reference, &load::reading(), &load::Unwatched).unwrap()
}

fn judge(criterion: &mut Criterion) {
    let loaded = loaded();
    let layers: Vec<_> = loaded.layers.iter().map(|layer| layer.clone().unwrap()).collect();
    let entries: usize = layers.iter().map(|layer| layer.entries.len()).sum();
    let mut group = criterion.benchmark_group("an image of 200,000 files");
    group.throughput(Throughput::Elements(entries as u64)).sample_size(10);
    let fold = || {
        let mut tree = Tree::new();
        layers.iter().enumerate().for_each(|(index, layer)| tree.apply(index, layer).unwrap());
        tree
    };
    group.bench_function("tree", |bencher| bencher.iter_batched(|| (), |()| fold(), BatchSize::PerIteration));
    let tree = &loaded.tree;
    group.bench_function("facts", |bencher| {
        bencher.iter(|| Facts::gather(&loaded.image, tree, Verified::default(), &Sources::default()));
    });
    let facts = Facts::gather(&loaded.image, tree, Verified::default(), &Sources::default());
    group.bench_function("sizes", |bencher| bencher.iter(|| Breakdown::of(tree, &facts)));
    let sizes = Breakdown::of(tree, &facts);
    let policy = Policy::builtin("generic", &rules::known()).unwrap();
    let subject = Subject { name: "large", labels: &BTreeMap::new(), has_file: &|_| false };
    let profile = policy.choose(&subject, None, "2026-11-21".parse().unwrap()).unwrap();
    let alone = Judgement::skip("nothing is compared");
    group.bench_function("rules", |bencher| {
        bencher.iter(|| rules::judge(tree, &facts, &sizes, &profile, Err(&alone), None, &|_| true));
    });
    group.finish();
}

criterion_group!(stages, inflate, walk, read, judge);
criterion_main!(stages);
