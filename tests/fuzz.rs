//! The fuzz targets on any toolchain: seeds, and what a blind engine makes of them. libFuzzer looks where it goes and finds
//! more (fuzz/README.md); this finds what breaks easily, in every run of the tests.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic, and nothing here is public")]

#[path = "fuzz/engine.rs"]
mod engine;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "../fuzz/targets/mod.rs"]
mod targets;

use std::panic::catch_unwind;
use std::path::Path;
use std::{env, fs};

use lucid_verify::digest::Digest;

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            engine::run(stringify!($name), targets::$name::run, &targets::$name::seeds());
        })*

        const SEEDS: &[(&str, fn() -> Vec<Vec<u8>>)] = &[$((stringify!($name), targets::$name::seeds)),*];
    };
}
targets::each!(tests);

#[test]
fn every_target_is_known_to_libfuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut sources: Vec<_> = fs::read_dir(folder.join("fuzz_targets")).unwrap().map(|file| file.unwrap().path()).collect();
    sources.sort();
    let names: Vec<_> = sources.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        SEEDS.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "fuzz/fuzz_targets and the list in fuzz/targets/mod.rs, both in order"
    );
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"")), "fuzz/Cargo.toml: {name}");
        let wrapper = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(wrapper.contains(&format!("targets::{name}::run(data)")), "fuzz/fuzz_targets/{name}.rs");
    }
}

/// libFuzzer takes its seeds from a folder for each target: they are left where `LUCID_FUZZ_CORPUS` says.
#[test]
fn seeds_are_written_where_they_are_asked_for() {
    for (name, seeds) in SEEDS {
        let seeds = seeds();
        assert!(!seeds.is_empty(), "{name} has no seed");
        let Some(corpus) = env::var_os("LUCID_FUZZ_CORPUS") else { continue };
        let folder = Path::new(&corpus).join(name);
        fs::create_dir_all(&folder).unwrap();
        for seed in seeds {
            fs::write(folder.join(Digest::sha256(&seed).hex()), seed).unwrap();
        }
    }
}

#[test]
fn an_input_that_a_target_panics_on_is_told() {
    let run = || engine::run("example", |input| assert!(!input.ends_with(b"!")), &[b"fine".to_vec(), b"no!".to_vec()]);
    let told = catch_unwind(run).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.contains("6e6f21") && told.contains("LUCID_FUZZ_INPUT="), "{told}");
}
