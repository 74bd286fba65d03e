use lucid_verify::digest::{Algorithm, Digest, Hasher};
use serde_json::{Value, json};

use super::pushed::{Draft, OnDisk, edited, raw, served};
use crate::misbehaving::{Act, Misbehaving};
use crate::registry::{Fixture, Image, MANIFEST, Reply, Request, Server, scripted};
use crate::table::Row;

fn small() -> Image {
    Draft::small().image()
}

fn sha512(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(Algorithm::Sha512);
    hasher.update(bytes);
    hasher.finish()
}

/// A registry whose answers of manifests are these.
fn answering(image: Image, manifests: impl Fn(&Request, &Image) -> Reply + Send + Sync + 'static) -> (Server, String) {
    let server = scripted(
        move |request| {
            if request.path.contains("/manifests/") { manifests(request, &image) } else { image.reply(request) }
        },
    );
    let reference = format!("{}/a:1", server.host());
    (server, reference)
}

pub fn tag_and_digest(row: &Row) {
    let (pinned, moved) = (small(), Draft::of(&[b"another".to_vec()]).image());
    let (digest, now) = (pinned.digest(), moved.digest());
    let (_server, reference) =
        answering(
            pinned.clone(),
            move |request, image| {
                if request.path.ends_with("/1") { moved.reply(request) } else { image.reply(request) }
            },
        );
    let pin = |reference: &str| format!("{reference}@{digest}");
    let ran = row.verify("the tag moved", &pin(&reference)).run().ends(0).says(&format!("the tag 1 is {now} now"));
    assert_eq!(ran.image()["digest"], digest.to_string());
    row.verify("the tag moved, and all else is known", &pin(&reference)).again(ran).run().ends(0).says("the tag 1 is");
    let (_server, reference) = served(pinned.clone());
    row.verify("the tag is the digest", &pin(&reference)).run().ends(0).never_says("the tag 1 is");
    for status in [404, 405, 500] {
        let (_server, reference) =
            answering(
                pinned.clone(),
                move |request, image| {
                    if request.method == "HEAD" { Reply::new(status, "") } else { image.reply(request) }
                },
            );
        let case = format!("what the tag is: {status}");
        row.verify(&case, &pin(&reference)).option("--retries=0").run().ends(0).never_says("the tag 1 is");
    }
}

pub fn claimed_digests(row: &Row) {
    let claim = |claimed: String| {
        answering(small(), move |_, image| {
            Reply::new(200, image.manifest.clone()).with("docker-content-digest", &claimed).with("content-type", MANIFEST)
        })
    };
    for (case, claimed, code, says) in [
        ("of other bytes", Digest::sha256(b"another").to_string(), 6, "the transport says sha256:"),
        ("sha512 of other bytes", sha512(b"another").to_string(), 6, "the transport says sha512:"),
        ("sha512 of these bytes", sha512(&small().manifest).to_string(), 0, ""),
        ("none", String::new(), 0, ""),
        ("no digest", "md5:x".to_owned(), 0, "is not checked"),
    ] {
        let (_server, reference) = claim(claimed);
        row.verify(case, &reference).run().ends(code).says(says);
    }
}

pub fn pinned(row: &Row) {
    let (_server, reference) = answering(small(), |_, image| Reply::new(200, image.manifest.clone()));
    let other = Digest::sha256(b"another");
    let ran = row.verify("another document", &format!("{reference}@{other}")).run().ends(6);
    ran.says(&format!("wanted {other}")).says(&small().digest().to_string());
    let long = raw(small(), [&small().manifest[..], b"\n"].concat());
    let (_server, reference) = answering(long, |_, image| Reply::new(200, image.manifest.clone()));
    row.verify("one byte more", &format!("{reference}@{}", small().digest())).run().ends(6).says("wanted sha256:");
    let image = small();
    let disk = OnDisk::new(&image);
    std::fs::write(disk.blob(&image.digest()), "x").unwrap();
    row.verify("another document in a layout", &disk.reference).run().ends(6).says("index.json says");
}

pub fn large(row: &Row) {
    let (_server, reference) = served(raw(small(), vec![b' '; (4 << 20) + 1]));
    row.verify("4 MiB and a byte", &reference).run().ends(8).says("--limit manifest=");
    row.verify("4 MiB and a byte, allowed", &reference).option("--limit=manifest=8MiB").run().ends(7);
    let server = Misbehaving::start(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {MANIFEST}\r\ntransfer-encoding: chunked\r\n\r\n");
        vec![Act::Send(head.into()), Act::Flood([b"10000\r\n", &[b' '; 1 << 16][..], b"\r\n"].concat())]
    });
    row.verify("no end of chunks", &format!("{}/a:1", server.host())).run().ends(8).says("--limit manifest=");
    // What was not read of it lies in the buffers of the system.
    assert!(server.sent() < 16 << 20, "{} bytes were sent", server.sent());
    let index = raw(small(), vec![b' '; (4 << 20) + 1]);
    row.verify("4 MiB and a byte in a layout", &OnDisk::new(&index).reference).run().ends(8).says("--limit manifest=");
}

pub fn ambiguous(row: &Row) {
    let refused = |case: &str, image: &Image, says: &str| {
        row.verify(case, &OnDisk::new(image).reference).run().ends(7).says(says);
    };
    let with = |key: &'static str| move |manifest: &mut Value| manifest[key] = json!([]);
    refused("layers and manifests", &edited(small(), with("manifests")), "both layers and manifests");
    refused("layers and Manifests", &edited(small(), with("Manifests")), "ambiguous");
    refused("layers and Layers", &edited(small(), with("Layers")), "ambiguous");
    refused("layers, the s of which is a long one", &edited(small(), with("layer\u{17f}")), "ambiguous");
    refused(
        "a manifest that calls itself an index",
        &edited(small(), |manifest| {
            manifest["mediaType"] = "application/vnd.oci.image.index.v1+json".into();
        }),
        "the document itself calls it",
    );
    let (_server, reference) = answering(small(), |_, image| {
        Reply::new(200, image.manifest.clone()).with("content-type", "application/vnd.oci.image.index.v1+json")
    });
    row.verify("a manifest that is sent as an index", &reference).run().ends(7).says("the transport calls it");
    let index = edited(small().indexed(""), |index| {
        index["manifests"][0]["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json".into();
    });
    refused("an entry of Docker's kind, a manifest of OCI's", &index, "the index calls it");
    let nameless = edited(small(), |manifest| drop(manifest.as_object_mut().unwrap().remove("mediaType")));
    row.verify("no media type at all", &OnDisk::new(&nameless).reference).run().ends(0);
    let config = Draft::small().with(|config| config["config"]["user"] = "0".into()).image();
    refused("User and user in the configuration", &config, "write the key as User");
}

/// What is put in the place of a document, and what is said of it.
fn bad(document: &[u8]) -> Vec<(&'static str, Vec<u8>, String)> {
    let text = String::from_utf8(document.to_vec()).unwrap();
    let with = |field: &str| text.replacen('{', &format!("{{{field},"), 1).into_bytes();
    let deep = format!("\"deep\":{}{}", "[".repeat(10_000), "]".repeat(10_000));
    vec![
        ("a key twice", with("\"x\":1,\"x\":2"), "the key \"x\" stands there twice, at byte 9".into()),
        ("NaN", with("\"x\":NaN"), "expected value, at byte 5".into()),
        ("10,000 deep", with(&deep), "recursion limit exceeded, at byte 134".into()),
        ("no UTF-8", [b"{\"\xff\":1,", &document[1..]].concat(), "no UTF-8 at byte 2".into()),
        ("a byte order mark", [b"\xef\xbb\xbf", document].concat(), "byte order mark at byte 0".into()),
        ("more behind it", [document, b"{}"].concat(), format!("trailing characters, at byte {}", document.len())),
        ("half of it", document[..document.len() / 2].to_vec(), "EOF while parsing".into()),
        ("a list", b"[]".to_vec(), "it is no JSON object".into()),
    ]
}

pub fn bad_json(row: &Row) {
    for (case, bytes, says) in bad(&small().manifest) {
        row.verify(&format!("manifest: {case}"), &OnDisk::new(&raw(small(), bytes)).reference).run().ends(7).says(&says);
    }
    for (case, bytes, says) in bad(&small().content[0].2) {
        let image = Draft::small().configured(bytes);
        row.verify(&format!("configuration: {case}"), &OnDisk::new(&image).reference).run().ends(7).says(&says);
    }
    let twice = |text: Value| text.to_string().replacen("\"A\"", "\"a\"", 1);
    let labels = json!({"config": {"Labels": {"A": "1", "a": "2"}}, "rootfs": {"type": "layers", "diff_ids": []}});
    let image = Draft { layers: vec![], ..Draft::small() }.configured(twice(labels).into());
    row.verify("configuration: a label twice", &OnDisk::new(&image).reference).run().ends(7).says("\"a\" stands there twice");
    let disk = OnDisk::new(&small());
    let index = disk.folder.path().join("index.json");
    std::fs::write(&index, "{\"schemaVersion\":2,\"manifests\":[],\"manifests\":[]}").unwrap();
    row.verify("index.json: a key twice", &disk.reference).run().ends(7).says("stands there twice");
}

pub fn extra_fields(row: &Row) {
    let image = edited(small(), |manifest| {
        manifest["x-own"] = json!({"Layers": [1, 2], "deep": {"size": -1}});
        manifest["annotations"] = json!({"Own": "1", "own": "2"});
        manifest["layers"][0]["annotations"] = json!({"own": "\u{1b}[31m"});
    });
    row.verify("fields and annotations of one's own", &OnDisk::new(&image).reference).run().ends(0);
    let embedded = |data: &'static str| {
        edited(Draft::packed(super::pushed::LAYER, super::pushed::gzip(b""), b"").image(), |manifest| {
            manifest["config"]["data"] = data.into();
        })
    };
    let image = embedded("e30=");
    row.verify("embedded data of other content", &OnDisk::new(&image).reference).run().ends(6).says("embeds");
    row.verify("embedded data that is no base64", &OnDisk::new(&embedded("!")).reference).run().ends(6).says("embeds");
    let right = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &small().content[0].2);
    let image = edited(small(), |manifest| manifest["config"]["data"] = right.into());
    row.verify("embedded data", &OnDisk::new(&image).reference).run().ends(0);
}

pub fn bad_digests(row: &Row) {
    let hex = "a".repeat(64);
    for (case, digest, says) in [
        ("a path", "sha256:../../x".to_owned(), "wrong length"),
        ("a path as long as a digest", format!("sha256:../../../../other/blobs/{}", "a".repeat(40)), "not lower-case hex"),
        ("upper case", format!("sha256:{}", hex.to_uppercase()), "not lower-case hex"),
        ("md5", "md5:d41d8cd98f00b204e9800998ecf8427e".into(), "only sha256 and sha512"),
        ("63 digits", format!("sha256:{}", &hex[1..]), "wrong length"),
        ("base64", "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564".into(), "only sha256 and sha512"),
    ] {
        for place in ["config", "layer"] {
            let digest = digest.clone();
            let (server, reference) = served(edited(small(), |manifest| {
                let descriptor = if place == "config" { &mut manifest["config"] } else { &mut manifest["layers"][0] };
                descriptor["digest"] = digest.into();
            }));
            row.verify(&format!("{place}: {case}"), &reference).run().ends(7).says(says).says("at byte");
            let asked = server.paths();
            assert!(asked.iter().all(|path| ["/v2/", "/v2/a/b/manifests/1"].contains(&&**path)), "{asked:?}");
        }
    }
    let (_server, reference) = served(in_sha512());
    row.verify("sha512 of configuration, layer and content", &reference).run().ends(0);
}

/// The image with SHA-512 for SHA-256.
fn in_sha512() -> Image {
    let mut draft = Draft::small();
    draft.config["rootfs"] = json!({"type": "layers", "diff_ids": [sha512(&draft.layers[0].2).to_string()]});
    let mut image = draft.image();
    let mut manifest = String::from_utf8(image.manifest).unwrap();
    for (digest, _, bytes) in &mut image.content {
        let other = sha512(bytes);
        manifest = manifest.replace(&digest.to_string(), &other.to_string());
        *digest = other;
    }
    image.manifest = manifest.into();
    image
}

pub fn bad_sizes(row: &Row) {
    let sized = |place: &'static str, size: Value| {
        edited(small(), |manifest| {
            let descriptor = if place == "config" { &mut manifest["config"] } else { &mut manifest["layers"][0] };
            descriptor["size"] = size;
        })
    };
    for place in ["config", "layer"] {
        for (case, size) in [("negative", json!(-1)), ("2^63", json!(1_u64 << 63)), ("a byte too few", json!(1)), ("0", json!(0))]
        {
            let (_server, reference) = served(sized(place, size));
            row.verify(&format!("{place}: {case}"), &reference).run().ends(6);
        }
    }
    let (_server, reference) = served(sized("layer", json!(1_u64 << 62)));
    row.verify("layer: far too many", &reference).run().ends(6).says("ends at byte");
    let (_server, reference) = served(sized("config", json!(1_u64 << 62)));
    row.verify("config: far too many", &reference).run().ends(8).says("--limit config=");
    let empty = Draft::packed("application/vnd.oci.image.layer.v1.tar", Vec::new(), b"").image();
    row.verify("an empty blob", &OnDisk::new(&empty).reference).run().ends(0);
}
