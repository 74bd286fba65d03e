//! What it costs to pull the images, as a table.

use super::code::cell;
use crate::report::pull::{grid, sentences};
use crate::size::Pull;

/// The sentences, and what a host that has one image pulls for another.
pub(super) fn block(pull: &Pull) -> String {
    let mut rows = grid(pull).into_iter();
    let head = rows.next().unwrap_or_default();
    let mut lines = vec![line(&head), format!("|---|{}", "---:|".repeat(head.len().saturating_sub(1)))];
    lines.extend(rows.map(|mut row| {
        row.iter_mut().take(1).for_each(|name| *name = cell(name));
        line(&row)
    }));
    format!("{}\n\n{}", sentences(pull).join("  \n"), lines.join("\n"))
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::pull::tests::fleet;

    #[test]
    fn names_of_images_are_code_and_end_no_cell() {
        let wanted = "to pull all 2 images: 0.1 MB in 3 layers; sharing saves 0.1 MB (50.0 %)\n\n\
                      | a host that has … pulls for | A | B |\n|---|---:|---:|\n| `nothing` | 0.1 MB | 0.1 MB |\n\
                      | `A a:1` | - | 1 B |\n| `B x\\|y` | 0 B | - |\n| `all others` | 0 B | 1 B |";
        assert_eq!(block(&fleet(&["docker.io/pickme/a:1", "oci:/x|y"])), wanted);
    }
}
