//! The same image, read again and again.

use super::root::{ARM64, Image, base, elf, executable, link};
use super::tarball::Tarball;

#[test]
fn reports_are_byte_identical_whoever_reads_first() {
    let layer = |index: usize| {
        let tool = executable(Tarball::default(), &format!("usr/bin/gcc-{}", index % 7), &elf(ARM64 - u16::from(index > 20)));
        link(tool.file(&format!("etc/{index}"), &vec![b'x'; index * 999]), "usr/bin/sh", &format!("gcc-{index}"))
    };
    let image = Image::new(std::iter::once(base()).chain((0..40).map(layer)).collect());
    let first = image.verify(&["--jobs", "1"]);
    assert_eq!(first.code, 1);
    for jobs in ["1", "2", "8", "8"] {
        assert_eq!(image.verify(&["--jobs", jobs]).text, first.text, "--jobs {jobs}");
    }
}
