//! What it costs to pull the images of a report: from their layers, and as rows and sentences.

use super::Image;
use super::figures::{bytes, count, percent};
use crate::size::Pull;
use crate::size::pull::{Blob, Parcel, Pulled};
use crate::text::terminal;

/// Images that stand against each other in a matrix; more are a list, of so many.
pub(super) const MATRIX: usize = 6;
const LISTED: usize = 50;

/// The costs of the images whose layers are known; `None` of fewer than two.
pub(super) fn of(images: &[Image]) -> Option<Pull> {
    let known = images.iter().filter(|image| !image.layers.is_empty());
    let parcel = |image| {
        let Image { reference, platform, layers, .. }: &Image = image;
        let blobs =
            layers.iter().map(|layer| Blob { digest: &layer.digest, diff_id: &layer.diff_id, bytes: layer.compressed_bytes });
        Parcel { reference, platform: platform.as_deref(), blobs: blobs.collect() }
    };
    let parcels: Vec<Parcel<'_>> = known.map(parcel).collect();
    let mut pull = Pull::of(&parcels)?;
    let unknown = images.len() - parcels.len();
    if unknown > 0 {
        pull.notes.push(format!("{} without known layers is not counted", count(unknown as u64, "image")));
    }
    Some(pull)
}

/// What there is to say of all of them, a sentence each.
pub(super) fn sentences(pull: &Pull) -> Vec<String> {
    let saved = pull.sum_bytes.saturating_sub(pull.bytes);
    let mut said = vec![format!(
        "to pull all {} images: {} in {}; sharing saves {} ({} %)",
        pull.images.len(),
        bytes(pull.bytes),
        count(pull.layers, "layer"),
        bytes(saved),
        percent(saved, pull.sum_bytes)
    )];
    if pull.repacked_bytes > 0 {
        said.push(format!(
            "{} of that is content of another layer, compressed anew: built from one base, they would be shared",
            bytes(pull.repacked_bytes)
        ));
    }
    said.extend(pull.notes.iter().cloned());
    said
}

/// A head and rows of as many cells: what a host that has one image pulls for another, or of many images what each costs.
pub(super) fn grid(pull: &Pull) -> Vec<Vec<String>> {
    if pull.images.len() <= MATRIX { matrix(pull) } else { list(pull) }
}

fn matrix(pull: &Pull) -> Vec<Vec<String>> {
    let letters = || ('A'..='Z').take(pull.images.len());
    let row = |first: String, cells: Vec<String>| std::iter::once(first).chain(cells).collect();
    let each = |of: fn(&Pulled) -> u64| pull.images.iter().map(|image| bytes(of(image))).collect();
    let given = |(have, letter): (usize, char)| {
        let mut cells: Vec<String> = pull.needs.iter().filter(|need| need.have == have).map(|need| bytes(need.bytes)).collect();
        cells.insert(have.min(cells.len()), "-".to_owned());
        row(format!("{letter} {}", name(pull, have)), cells)
    };
    let head = row("a host that has … pulls for".to_owned(), letters().map(String::from).collect());
    let nothing = row("nothing".to_owned(), each(|image| image.compressed_bytes));
    let others = row("all others".to_owned(), each(|image| image.own_bytes));
    [head, nothing].into_iter().chain(letters().enumerate().map(given)).chain([others]).collect()
}

/// The images that bring most of their own.
fn list(pull: &Pull) -> Vec<Vec<String>> {
    let mut order: Vec<(usize, &Pulled)> = pull.images.iter().enumerate().collect();
    order.sort_by_key(|(_, image)| std::cmp::Reverse(image.own_bytes));
    let head = ["a host that has … pulls for", "nothing", "all others"].map(str::to_owned).to_vec();
    let row = |(index, image): &(usize, &Pulled)| vec![name(pull, *index), bytes(image.compressed_bytes), bytes(image.own_bytes)];
    let mut rows: Vec<Vec<String>> = std::iter::once(head).chain(order.iter().take(LISTED).map(row)).collect();
    if order.len() > LISTED {
        rows.push(vec![format!("and {} more", order.len() - LISTED), String::new(), String::new()]);
    }
    rows
}

/// The last part of a reference, with the platform where another image has the same.
fn name(pull: &Pull, index: usize) -> String {
    let Some(image) = pull.images.get(index) else { return String::new() };
    let (path, digest) = image.reference.split_once('@').unwrap_or((&image.reference, ""));
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let digest: String = digest.chars().take("sha256:".len() + 12).collect();
    let at = if digest.is_empty() { "" } else { "@" };
    let is_alone = pull.images.iter().filter(|other| other.reference == image.reference).count() == 1;
    let platform = image.platform.as_ref().filter(|_| !is_alone).map(|platform| format!(" {platform}")).unwrap_or_default();
    terminal(&format!("{last}{at}{digest}{platform}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Images that share one layer of 100 kB; each has one of its own, of as many bytes as its place.
    pub(in crate::report) fn fleet(references: &[&str]) -> Pull {
        let digests: Vec<String> = (0..references.len()).map(|place| format!("sha256:{place}")).collect();
        let diff_ids: Vec<String> = digests.iter().map(|digest| format!("{digest}0")).collect();
        let blobs = |place: usize| {
            let base = Blob { digest: "sha256:b", diff_id: "sha256:B", bytes: 100_000 };
            vec![base, Blob { digest: &digests[place], diff_id: &diff_ids[place], bytes: place as u64 }]
        };
        let parcel = |(place, reference)| Parcel { reference, platform: Some("linux/arm64"), blobs: blobs(place) };
        Pull::of(&references.iter().copied().enumerate().map(parcel).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_few_images_stand_against_each_other() {
        let pull = fleet(&["docker.io/pickme/a:1", "oci:/x|y/b`"]);
        let rows: Vec<String> = grid(&pull).iter().map(|row| row.join(" ; ")).collect();
        assert_eq!(
            rows,
            [
                "a host that has … pulls for ; A ; B",
                "nothing ; 0.1 MB ; 0.1 MB",
                "A a:1 ; - ; 1 B",
                "B b` ; 0 B ; -",
                "all others ; 0 B ; 1 B"
            ]
        );
    }

    #[test]
    fn many_are_a_list_of_those_that_bring_most() {
        let references: Vec<String> = (0..60).map(|place| format!("docker.io/team/s{place}:1")).collect();
        let rows = grid(&fleet(&references.iter().map(String::as_str).collect::<Vec<_>>()));
        assert_eq!((rows.len(), rows[1].join(" "), rows[51][0].as_str()), (52, "s59:1 0.1 MB 59 B".into(), "and 10 more"));
        let seven = ["x/a", "x/b", "x/c", "x/d", "x/e", "x/f", "x/g"];
        assert_eq!((grid(&fleet(&seven))[0].len(), grid(&fleet(&seven[1..]))[0].len()), (3, 7));
    }

    #[test]
    fn a_name_tells_an_image_from_the_others() {
        let digest = "a".repeat(64);
        let reference = format!("docker.io/x/a@sha256:{digest}");
        let pull = fleet(&["x/a:1", "x/a:1", &reference, "oci:/dir/", "x/e\u{1b}[31m"]);
        let names: Vec<String> = (0..5).map(|index| name(&pull, index)).collect();
        assert_eq!(names, ["a:1 linux/arm64", "a:1 linux/arm64", "a@sha256:aaaaaaaaaaaa", "dir", "e\\u{1b}[31m"]);
    }
}
