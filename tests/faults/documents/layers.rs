use serde_json::{Value, json};

use super::pushed::{Draft, LAYER, OnDisk, edited, gzip, served};
use crate::layout::tar;
use crate::registry::Image;
use crate::table::Row;

/// An image of five layers, each of one file.
fn five() -> Draft {
    Draft::of(&["a", "b", "c", "d", "e"].map(|name| tar(&[(name, name.as_bytes())])))
}

pub fn missing_layer(row: &Row) {
    let draft = five();
    let gone = |place: usize| {
        let mut image = draft.image();
        // The configuration comes first.
        image.content.remove(place);
        image
    };
    let (_server, reference) = served(gone(3));
    let ran = row.verify("layer 3 of 5, the registry", &reference).run().ends(3).says("read layer 3/5 sha256:");
    let layers = ran.image()["layers"].as_array().unwrap();
    let entries: Vec<&Value> = layers.iter().map(|layer| &layer["entries"]).collect();
    assert_eq!(entries, [&json!(1), &json!(1), &Value::Null, &json!(1), &json!(1)], "{layers:?}");
    assert!(layers.iter().all(|layer| layer["compressed_bytes"].as_u64() > Some(0)));
    let image = draft.image();
    let disk = OnDisk::new(&image);
    std::fs::remove_file(disk.blob(&image.content[3].0)).unwrap();
    row.verify("layer 3 of 5, a layout", &disk.reference).run().ends(3).says("read layer 3/5 sha256:");
    std::fs::remove_file(disk.blob(&image.content[5].0)).unwrap();
    row.verify("layers 3 and 5 of 5", &disk.reference).run().ends(3).says("read layer 3/5 sha256:");
    std::fs::write(disk.blob(&image.content[5].0), "x").unwrap();
    row.verify("layer 3 gone and 5 damaged", &disk.reference).run().ends(6).says("read layer 5/5 sha256:");
}

pub fn the_same_twice(row: &Row) {
    let tars = ["a", "b", "a"].map(|name| tar(&[(name, b"1")]));
    let image = Draft::of(&tars).image();
    let twice = image.content[1].0.to_string();
    let (server, reference) = served(image);
    let ran = row.verify("one blob twice", &reference).run().ends(0);
    assert_eq!(ran.image()["layers"].as_array().unwrap().len(), 3);
    assert_eq!(server.paths().iter().filter(|path| path.contains(&twice)).count(), 1, "{:?}", server.paths());

    let tar = tars[0].clone();
    let mut draft = Draft::of(&[tar.clone(), tar.clone()]);
    draft.layers[1] = ("application/vnd.oci.image.layer.v1.tar", tar.clone(), tar);
    row.verify("one content in two blobs", &OnDisk::new(&draft.image()).reference).run().ends(0);
    draft.config["rootfs"] = json!({"type": "layers", "diff_ids": [Draft::small().image().digest().to_string(),
        lucid_verify::digest::Digest::sha256(&tars[0]).to_string()]});
    draft.layers[1] = draft.layers[0].clone();
    let ran = row.verify("one blob twice, of two contents", &OnDisk::new(&draft.image()).reference).run().ends(6);
    ran.says("read layer 1/2 sha256:");
}

pub fn how_many(row: &Row) {
    let none = Draft::of(&[]);
    let ran = row.verify("none", &OnDisk::new(&none.image()).reference).run().ends(0);
    assert_eq!(ran.image()["layers"], json!([]));
    let ran = row.verify("none: does it start?", &OnDisk::new(&none.image()).reference).option("--rule=starts").run().ends(1);
    ran.says("/run");
    let null = edited(none.with(|config| config["rootfs"] = json!({"type": "layers", "diff_ids": null})).image(), |manifest| {
        manifest["layers"] = Value::Null;
    });
    row.verify("none, as Go writes it", &OnDisk::new(&null).reference).run().ends(0);
    let many = |count: usize| {
        let mut draft = Draft::small();
        draft.layers = vec![draft.layers[0].clone(); count];
        OnDisk::new(&draft.image())
    };
    row.verify("512", &many(512).reference).run().ends(0);
    row.verify("600", &many(600).reference).run().ends(8).says("--limit layers=");
    row.verify("600, allowed", &many(600).reference).option("--limit=layers=600").run().ends(0);
}

pub fn foreign(row: &Row) {
    let elsewhere = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let of = |urls: Value| {
        let content = tar(&[("b", b"1")]);
        let mut draft = five();
        draft.layers[1] = (elsewhere, gzip(&content), content);
        edited(draft.image(), |manifest| manifest["layers"][1]["urls"] = urls)
    };
    let (_server, reference) = served(of(json!([])));
    let ran = row.verify("the registry has it", &reference).run().ends(0);
    ran.judges("integrity/media-types", "fail").says("tools leave it out");
    let absent = |mut image: Image| {
        image.content.remove(2);
        image
    };
    let (other, _) = served(of(json!([])));
    for (case, url) in [
        ("it has an address", format!("http://{}/layer", other.host())),
        ("the address is of a cloud's metadata", "http://169.254.169.254/latest/canary".into()),
        ("the address is a file", "file:///etc/passwd".into()),
        ("the address is a text", "\u{1b}[31m".into()),
    ] {
        let (_server, reference) = served(absent(of(json!([url]))));
        let ran = row.verify(case, &reference).run().ends(3).says("read layer 2/5 sha256:");
        ran.says("the layer is foreign, and was not fetched");
    }
    assert_eq!(other.paths(), [""; 0]);
    let (_server, reference) =
        served(edited(absent(of(Value::Null)), |manifest| manifest["layers"][1]["mediaType"] = LAYER.into()));
    row.verify("it is not foreign", &reference).run().ends(3).never_says("foreign");
}
