//! What is said of real images, and of real images that someone broke.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

#[path = "support/image/mod.rs"]
mod image;

#[test]
fn build() {
    let start = std::time::Instant::now();
    let parts = image::lucid::parts();
    eprintln!("parts {:?}", start.elapsed());
    for (c, f) in [(image::pack::Compression::Gzip, image::layout::Family::Oci), (image::pack::Compression::Zstd, image::layout::Family::Docker), (image::pack::Compression::None, image::layout::Family::Docker)] {
        let dir = std::path::PathBuf::from(format!("/tmp/real-out/{c:?}-{f:?}"));
        let _ = std::fs::remove_dir_all(&dir);
        eprintln!("{c:?} {} {:?}", parts.image().write_layout(&dir, c, f), start.elapsed());
        if c == image::pack::Compression::Gzip {
        let registry = image::registry::Registry::start();
        let name = registry.push(&dir, "pickme/lucid-auth");
        eprintln!("pushed {name} {:?}", start.elapsed());
        let o = std::process::Command::new("skopeo").args(["inspect", "--tls-verify=false", &format!("docker://{name}")]).output().unwrap();
        eprintln!("{} {}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
        }
    }
}
