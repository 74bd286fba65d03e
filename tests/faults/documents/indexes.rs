use serde_json::{Value, json};

use super::pushed::{Draft, OnDisk, edited, raw, served};
use crate::layout::tar;
use crate::registry::{INDEX, Image, MANIFEST, Reply, scripted};
use crate::table::Row;

const ARM64: &str = "--platform=linux/arm64";

/// An image for an architecture.
fn of(architecture: &str) -> Image {
    Draft::small().with(|config| config["architecture"] = architecture.into()).image()
}

/// An index of images, each with what its entry says of its platform: `os/arch[/variant]`, or nothing.
fn index(entries: &[(&Image, &str)]) -> Image {
    let mut index = Image::default();
    let mut listed = Vec::new();
    for (image, platform) in entries {
        index.content.extend(image.content.clone());
        let mut entry = index.add(image.media_type(), image.manifest.clone());
        for (key, value) in ["os", "architecture", "variant"].iter().zip(platform.split('/').filter(|part| !part.is_empty())) {
            entry["platform"][key] = value.into();
        }
        listed.push(entry);
    }
    raw(index, json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}).to_string())
}

pub fn no_such_platform(row: &Row) {
    let image = index(&[(&of("amd64"), "linux/amd64"), (&of("s390x"), "linux/s390x")]);
    let disk = OnDisk::new(&image);
    row.verify("amd64 and s390x", &disk.reference).option(ARM64).run().ends(3).says("it has linux/amd64, linux/s390x");
    row.verify("one of them", &disk.reference).option("--platform=linux/s390x").run().ends(0);
}

pub fn variants(row: &Row) {
    let (one, other) = (of("arm64"), Draft::of(&[tar(&[("other", b"1")])]).image());
    let taken = |case: &str, entries: &[(&Image, &str)], digest: &Image| {
        let ran = row.verify(case, &OnDisk::new(&index(entries)).reference).option(ARM64).run().ends(0);
        assert_eq!(ran.image()["digest"], digest.digest().to_string(), "{case}");
    };
    taken("arm64 without a variant", &[(&other, "linux/amd64"), (&one, "linux/arm64")], &one);
    taken("arm64/v8", &[(&other, "linux/arm/v7"), (&one, "linux/arm64/v8")], &one);
    let two = [(&one, "linux/arm64"), (&other, "linux/arm64/v8")];
    taken("two of arm64", &two, &one);
    row.verify("two of arm64: what is said", &OnDisk::new(&index(&two)).reference)
        .option(ARM64)
        .run()
        .ends(0)
        .says("2 index entries match");
    for (case, entries) in [("arm64/v9", [(&one, "linux/arm64/v9")]), ("arm/v7", [(&one, "linux/arm/v7")])] {
        let disk = OnDisk::new(&index(&entries));
        row.verify(case, &disk.reference).option(ARM64).run().ends(3).says("has no image for linux/arm64");
    }
}

pub fn attestations(row: &Row) {
    let (attestation, image) = (of("unknown"), of("arm64"));
    let listed = edited(index(&[(&attestation, "unknown/unknown"), (&image, "linux/arm64")]), |index| {
        index["manifests"][0]["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    });
    let disk = OnDisk::new(&listed);
    for (case, option) in [("first in the index", "--retries=0"), ("first, and a platform is asked for", ARM64)] {
        let ran = row.verify(case, &disk.reference).option(option).run().ends(0).says("1 index entry is no image");
        assert_eq!(ran.image()["digest"], image.digest().to_string());
    }
    let ran = row.verify("all platforms", &disk.reference).option("--all-platforms").run().ends(0);
    assert_eq!(ran.report["images"].as_array().unwrap().len(), 1);
    let alone = edited(index(&[(&attestation, "unknown/unknown")]), |_| ());
    row.verify("nothing else", &OnDisk::new(&alone).reference).run().ends(3).says("the index holds no image");
}

pub fn two_claims(row: &Row) {
    let image = index(&[(&of("amd64"), "linux/arm64")]);
    let ran = row.verify("arm64 and amd64", &OnDisk::new(&image).reference).option("--rule=platform/*").option(ARM64).run();
    ran.ends(1).judges("platform/index", "fail").says("index says linux/arm64, configuration says linux/amd64");
}

/// The head of an ELF file of 64 bits for a machine (elf(5)): no segments, no sections.
fn elf(machine: u16) -> Vec<u8> {
    let mut head = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &2_u16.to_le_bytes(), &machine.to_le_bytes()].concat();
    head.extend(1_u32.to_le_bytes());
    head.resize(52, 0);
    head.extend([64, 0, 56, 0, 0, 0, 64, 0, 0, 0, 0, 0]);
    head
}

pub fn wrong_machines(row: &Row) {
    for (case, machine, code, outcome) in [("amd64", 62, 1, "fail"), ("arm64", 183, 0, "pass")] {
        let image = Draft::of(&[tar(&[("usr/bin/app", &elf(machine))])]).image();
        let ran = row.verify(case, &OnDisk::new(&image).reference).option("--rule=platform/elf-arch").run().ends(code);
        let ran = ran.judges("platform/elf-arch", outcome);
        assert!(code == 0 || ran.stdout.contains("/usr/bin/app"), "{}", ran.stdout);
    }
}

pub fn nested_indexes(row: &Row) {
    let nested = |depth| (0..depth).fold(index(&[(&of("arm64"), "linux/arm64")]), |image, _| index(&[(&image, "")]));
    row.verify("2 indexes", &OnDisk::new(&nested(1)).reference).option(ARM64).run().ends(0);
    row.verify("5 indexes", &OnDisk::new(&nested(4)).reference).option(ARM64).run().ends(8).says("--limit index-depth=");
    let all = row.verify("5 indexes, all platforms", &OnDisk::new(&nested(4)).reference).option("--all-platforms").run();
    all.ends(8).says("nested deeper than 4");

    let itself = index(&[(&nested(0), "")]);
    let answers = itself.clone();
    let server = scripted(move |request| {
        if request.path.contains("/manifests/") {
            Reply::new(200, answers.manifest.clone()).with("content-type", INDEX)
        } else {
            answers.reply(request)
        }
    });
    let ran = row.verify("the index for its entry", &format!("{}/a:1", server.host())).option(ARM64).run();
    ran.ends(6).says(&itself.digest().to_string());

    let many = |count: usize| {
        edited(index(&[(&of("arm64"), "linux/arm64")]), |index| {
            let entry = index["manifests"][0].clone();
            index["manifests"] = Value::Array(vec![entry; count]);
        })
    };
    row.verify("2000 entries", &OnDisk::new(&many(2000)).reference).option(ARM64).run().ends(8).says("--limit index-entries=");
    row.verify("1000 entries", &OnDisk::new(&many(1000)).reference).option(ARM64).run().ends(0).says("1000 index entries match");
}

pub fn empty_indexes(row: &Row) {
    for (case, manifests) in [("no entry", json!([])), ("null", Value::Null)] {
        let image = edited(index(&[]), |index| index["manifests"] = manifests);
        let (_server, reference) = served(image);
        row.verify(case, &reference).run().ends(3).says("the index holds no image");
    }
    let (one, other) = (of("arm64"), of("amd64"));
    let nameless = OnDisk::new(&index(&[(&one, ""), (&other, "")]));
    let said = "has no image for linux/arm64; it has unnamed, unnamed";
    row.verify("two that name no platform", &nameless.reference).option(ARM64).run().ends(3).says(said);
    let sole = OnDisk::new(&index(&[(&one, "")]));
    row.verify("one that names no platform", &sole.reference).option(ARM64).run().ends(0);
    let unknown = |index: &mut Value| index["manifests"][0]["mediaType"] = "application/x-own".into();
    let beside = edited(index(&[(&other, "linux/arm64"), (&one, "linux/arm64")]), unknown);
    let ran = row.verify("an entry of an unknown kind", &OnDisk::new(&beside).reference).option(ARM64).run().ends(0);
    assert_eq!(ran.image()["digest"], one.digest().to_string());
    let alone = edited(index(&[(&one, "linux/arm64")]), unknown);
    row.verify("nothing but entries of unknown kinds", &OnDisk::new(&alone).reference).run().ends(3);
    let gone = edited(index(&[(&one, "linux/arm64")]), |index| {
        index["manifests"][0]["digest"] = other.digest().to_string().into();
    });
    let (_server, reference) = served(gone);
    row.verify("an entry that is not there", &reference).run().ends(3).says(&other.digest().to_string());
    let wrong =
        edited(index(&[(&one, "linux/arm64")]), |index| index["manifests"][0]["mediaType"] = MANIFEST.to_uppercase().into());
    row.verify("a media type in upper case", &OnDisk::new(&wrong).reference).run().ends(3);
}
