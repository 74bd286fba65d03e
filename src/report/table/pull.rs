//! What it costs to pull the images, as a table.

use unicode_width::UnicodeWidthStr;

use super::page::{Page, cut};
use crate::report::{Report, pull};
use crate::size::Pull;

/// Columns of a name, at least.
const NAME: usize = 12;

/// Sentences, and what each image costs on a host that has another. Names give way to figures.
pub(super) fn write(page: &mut Page, report: &Report) {
    if let Some(pull) = &report.pull {
        page.blank();
        block(page, pull);
    }
}

fn block(page: &mut Page, pull: &Pull) {
    for sentence in pull::sentences(pull) {
        page.paragraph("", "  ", &sentence);
    }
    let rows = pull::grid(pull);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let figures: usize = widths.iter().skip(1).map(|width| 2 + width).sum();
    let first = widths.first().copied().unwrap_or_default().min(page.width().saturating_sub(2 + figures).max(NAME));
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let cell = if column == 0 { cut(cell, first) } else { cell.clone() };
            let blanks = " ".repeat(if column == 0 { first } else { *width }.saturating_sub(cell.width()));
            line.extend(if column == 0 { ["  ", &cell, &blanks, ""] } else { ["  ", &blanks, &cell, ""] });
        }
        page.raw(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::pull::tests::fleet;
    use crate::report::table::Style;

    fn page(references: &[&str], width: usize) -> String {
        let mut page = Page::new(&Style { width, color: false, verbose: false });
        block(&mut page, &fleet(references));
        String::from_utf8(page.into_bytes()).unwrap()
    }

    #[test]
    fn figures_stand_below_each_other_and_names_are_cut() {
        let references = ["x/service-mesh-controller-of-a-team:latest-arm64", "x/auth:1"];
        let wanted = "\
to pull all 2 images: 0.1 MB in 3 layers; sharing saves
  0.1 MB (50.0 %)
  a host that has … pulls for                  A       B
  nothing                                 0.1 MB  0.1 MB
  A service-mesh-controller-of-a-team:l…       -     1 B
  B auth:1                                   0 B       -
  all others                                 0 B     1 B
";
        assert_eq!(page(&references, 56), wanted);
    }

    #[test]
    fn six_images_fit_eighty_columns_and_nothing_is_wider_than_the_page() {
        let references: Vec<String> = (0..7).map(|place| format!("x/{}:{place}", "日本語".repeat(30))).collect();
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        for (images, width) in [(2, 24), (6, 80), (7, 80), (6, 40)] {
            let page = page(&references[..images], width);
            assert!(page.lines().all(|line| line.width() <= width), "{page}");
        }
        assert!(page(&references[..6], 80).lines().last().unwrap().ends_with("5 B"));
    }
}
