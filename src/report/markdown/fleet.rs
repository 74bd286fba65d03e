//! What is wrong with several images together, and where they differ.

use super::code::cell;
use super::rows::line;
use super::sheet::Sheet;
use crate::finding::Level;
use crate::report::figures::count;
use crate::report::fleet::{Common, Drift, Fleet};

/// Rows of a table: a comment is read on one screen.
const ROWS: usize = 20;

pub(super) fn write(sheet: &mut Sheet, fleet: &Fleet) {
    let weighty: Vec<&Common> = fleet.causes.iter().filter(|cause| cause.level > Level::Info).collect();
    if !weighty.is_empty() {
        let head = ["| Level | Rule | Images | What | Where |".to_owned(), "|---|---|---:|---|---|".to_owned()];
        let rows = weighty.iter().take(ROWS).map(|cause| common(fleet, cause));
        let table = head.into_iter().chain(rows).collect::<Vec<_>>().join("\n");
        sheet.put("list", &format!("#### {}\n\n{table}{}", count(weighty.len() as u64, "cause"), more(weighty.len())));
    }
    if !fleet.drift.is_empty() {
        let head = ["| Package | Version | Images |".to_owned(), "|---|---|---|".to_owned()];
        let rows = fleet.drift.iter().take(ROWS).flat_map(|package| versions(fleet, package));
        let table = head.into_iter().chain(rows).collect::<Vec<_>>().join("\n");
        let title = format!("#### {} in different versions", count(fleet.drift.len() as u64, "package"));
        sheet.put("list", &format!("{title}\n\n{table}{}", more(fleet.drift.len())));
    }
}

fn more(rows: usize) -> String {
    let more = rows.saturating_sub(ROWS) as u64;
    if more > 0 { format!("\n\nand {} more", count(more, "row")) } else { String::new() }
}

fn common(fleet: &Fleet, cause: &Common) -> String {
    let place = cause.created_by.as_ref().or(cause.path.as_ref()).map(|place| cell(place)).unwrap_or_default();
    let images = format!("{}: {}", cause.images.len(), cell(&fleet.some(&cause.images)));
    line(&[cause.level.word().to_owned(), cell(&cause.rule), images, cell(&cause.message), place])
}

fn versions(fleet: &Fleet, package: &Drift) -> Vec<String> {
    let name = format!("{} {}", package.kind, package.name);
    let row = |version: &crate::report::Version| {
        line(&[cell(&name), cell(&version.version), format!("{}: {}", version.images.len(), cell(&fleet.some(&version.images)))])
    };
    package.versions.iter().take(ROWS).map(row).collect()
}
