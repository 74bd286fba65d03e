//! HTML: one page that needs nothing else. All of it can be read without scripts; where they run, the map of the tree is
//! drawn, and tables are sorted.

mod change;
mod findings;
mod fleet;
mod fleets;
mod head;
mod markup;
mod sizes;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Delta, Fleets, Image, Report};
use markup::Html;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Renders a report. The parts for which nothing was asked are left out.
pub fn render(report: &Report) -> Vec<u8> {
    let title = match &report.images[..] {
        [image] => format!("{} · {}", image.reference, report.verdict.word()),
        images => format!("{} images · {}", images.len(), report.verdict.word()),
    };
    page(&title, |html| {
        report.fleet.iter().for_each(|together| fleet::write(html, together));
        for (place, image) in report.images.iter().enumerate() {
            html.with("article class=image", &[("id", &anchor(place))], |html| article(html, image));
        }
        html.tag("footer", |html| {
            html.text(&format!("{} {}, by the day {}", report.tool.name, report.tool.version, report.today));
        });
    })
}

/// Renders a comparison.
pub fn delta(delta: &Delta) -> Vec<u8> {
    page(&format!("{} → {}", delta.old.reference, delta.new.reference), |html| {
        html.tag("article class=image", |html| change::page(html, delta));
    })
}

/// Renders a comparison of two fleets.
pub fn fleets(both: &Fleets) -> Vec<u8> {
    page(&format!("{} → {} images", both.images.old, both.images.new), |html| {
        html.tag("article class=image", |html| fleets::page(html, both));
    })
}

fn anchor(place: usize) -> String {
    format!("image-{}", place + 1)
}

fn article(html: &mut Html, image: &Image) {
    head::write(html, image);
    if let Some(delta) = &image.delta {
        change::section(html, delta);
    }
    findings::write(html, image);
    sizes::write(html, image);
}

/// The page around a body. Its policy lets the one style and the one script be, and nothing be fetched (Content Security
/// Policy Level 3, "Directives").
fn page(title: &str, body: impl FnOnce(&mut Html)) -> Vec<u8> {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    );
    let mut html = Html::default();
    html.raw("<!DOCTYPE html>\n");
    html.tag("html lang=en", |html| {
        html.tag("head", |html| {
            html.raw("<meta charset=utf-8>");
            html.open("meta http-equiv=Content-Security-Policy", &[("content", &policy)]);
            html.raw("<meta name=viewport content=\"width=device-width, initial-scale=1\">");
            html.raw("<meta name=color-scheme content=\"light dark\"><meta name=referrer content=no-referrer>");
            // Else browsers ask the server of the page for one.
            html.raw("<link rel=icon href=\"data:,\">");
            html.leaf("title", title);
            html.tag("style", |html| html.raw(STYLE));
        });
        html.tag("body", |html| {
            html.tag("main", body);
            html.tag("script", |html| html.raw(SCRIPT));
        });
    });
    html.raw("\n");
    html.into_bytes()
}

/// How the policy names an inline text.
fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
