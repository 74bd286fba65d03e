//! Small images that ask for much memory.

use super::root::{Image, base};
use super::tarball::Tarball;

#[test]
fn what_layers_keep_is_counted_over_all_of_them() {
    let layer = |index: u8| base().file("etc/passwd", &vec![index; 40_000]).file("app/x", &vec![index; 20_000]);
    let image = Image::new((0..10).map(layer).collect::<Vec<Tarball>>());
    let answer = image.verify(&["--limit", "kept-bytes=500kB"]);
    assert!(answer.code == 8 && answer.text.contains("--limit kept-bytes=VALUE"), "{}: {}", answer.code, answer.text);
    assert_eq!(image.verify(&["--limit", "kept-bytes=700kB"]).code, 0);
}
