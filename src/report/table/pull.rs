//! What it costs to pull the images, as a table.

use super::grid::{self, Side};
use super::page::Page;
use crate::report::{Report, pull};
use crate::size::Pull;

/// Sentences, and what each image costs on a host that has another. Names give way to figures.
pub(super) fn write(page: &mut Page, report: &Report) {
    if let Some(pull) = &report.pull {
        page.blank();
        block(page, pull, true);
    }
}

/// The sentences, and the rows if they are wanted or few.
pub(super) fn block(page: &mut Page, pull: &Pull, is_whole: bool) {
    for sentence in pull::sentences(pull) {
        page.paragraph("", "  ", &sentence);
    }
    if is_whole || pull.images.len() <= pull::MATRIX {
        grid::write(page, &pull::grid(pull), Side::Right);
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::report::pull::tests::fleet;
    use crate::report::table::Style;

    fn page(references: &[&str], width: usize) -> String {
        let mut page = Page::new(&Style { width, color: false, verbose: false });
        block(&mut page, &fleet(references), true);
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
