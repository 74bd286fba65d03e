//! Python packages that are not what their RECORD says, behind everything that could keep it from being read.

use super::root::{Answer, Image, base, link};
use super::tarball::Tarball;

const SITE: &str = "usr/local/lib/python3.11/site-packages";
const EMPTY: &str = "demo.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n";

/// A module that is altered: its RECORD says that it is empty.
fn altered(layer: Tarball, site: &str, record: &str) -> Tarball {
    let layer = layer.file(&format!("{site}/demo.py"), b"import os\n");
    let layer = layer.file(&format!("{site}/demo-1.dist-info/METADATA"), b"Name: demo\nVersion: 1\n");
    layer.file(&format!("{site}/demo-1.dist-info/RECORD"), record.as_bytes())
}

fn verify(layers: Vec<Tarball>) -> Answer {
    Image::new(layers).verify(&[])
}

#[test]
fn an_altered_module_is_found_wherever_links_put_it() {
    for layers in [
        vec![altered(base(), SITE, EMPTY)],
        vec![link(altered(base(), "opt/pool", EMPTY), SITE, "/opt/pool")],
        vec![altered(link(base(), SITE, "../../../../opt/pool"), "opt/pool", EMPTY)],
        vec![link(altered(base(), "opt/pool/site-packages", EMPTY), "usr/local/lib/python3.11", "/opt/pool")],
        vec![link(base(), "alias", SITE), altered(Tarball::default(), SITE, EMPTY)],
        vec![altered(base(), &format!(".//{SITE}/../site-packages"), EMPTY)],
    ] {
        let Answer { code, text } = verify(layers);
        assert!(code == 1 && text.contains("demo 1: 1 of 1 files changed"), "{code}: {text}");
    }
}

#[test]
fn a_record_that_tells_nothing_proves_nothing() {
    for record in ["", "\n", "\r\n\r\n", ",,\n"] {
        assert_eq!(verify(vec![altered(base(), SITE, record)]).code, 9, "{record:?}");
    }
    let pip = || altered(base(), SITE, EMPTY).file(&format!("{SITE}/demo-1.dist-info/INSTALLER"), b"pip\n");
    let whiteout = || Tarball::default().file(&format!("{SITE}/demo-1.dist-info/.wh.RECORD"), b"");
    assert_eq!(verify(vec![pip()]).code, 1);
    let Answer { code, text } = verify(vec![pip(), whiteout()]);
    assert!(code == 9 && text.contains("it is gone, and pip writes one"), "{code}: {text}");
}

#[test]
fn debian_is_not_blamed_for_libraries_that_it_stripped() {
    assert_eq!(verify(vec![altered(base(), "usr/lib/python3/dist-packages", EMPTY)]).code, 0);
    assert_eq!(verify(vec![altered(base(), "usr/local/lib/python3.11/dist-packages", EMPTY)]).code, 1);
}
