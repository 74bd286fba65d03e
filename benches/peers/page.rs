//! The page that a person reads: what is promised and whether it holds, then all that was measured.

use std::fmt::Write as _;

use super::results::{Claim, Results, Row};

/// The results as Markdown.
pub fn render(results: &Results) -> String {
    let mut page = String::new();
    head(&mut page, results);
    claims(&mut page, &results.claims);
    rows(&mut page, &results.rows);
    shapes(&mut page, results);
    programs(&mut page, results);
    page
}

fn head(page: &mut String, results: &Results) {
    let Results { date, machine, build, scale, minutes, .. } = results;
    let _ = writeln!(page, "# Performance\n");
    let _ = writeln!(page, "{build}, measured {date} on {machine}, in {minutes:.0} minutes.");
    let _ = writeln!(
        page,
        "Written by `cargo bench --bench peers -- --markdown docs/performance.md`; `benches/README.md` says how it measures.\n"
    );
    if (*scale - 1.0).abs() > f64::EPSILON {
        let _ = writeln!(
            page,
            "**Sizes are {scale} of the full ones**: the bounds below are those of the full ones, so this is a smoke run.\n"
        );
    }
    let _ = writeln!(
        page,
        "All times are of whole processes. Ratios are medians of rounds in which the programs take turns on the same image \
         from the same registry; least and most stand behind them. Machines differ and are never quiet: compare ratios, not seconds.\n"
    );
}

fn claims(page: &mut String, claims: &[Claim]) {
    let count = |holds| claims.iter().filter(|claim| claim.holds == holds).count();
    let (held, broken, open) = (count(Some(true)), count(Some(false)), count(None));
    let _ = writeln!(
        page,
        "## What is promised\n\n{held} hold, {broken} do not, {open} are for comparison or could not be measured.\n"
    );
    let mut section = "";
    for claim in claims {
        if claim.section != section {
            section = claim.section;
            let _ = writeln!(page, "\n### {section}\n\n| | wanted | measured | holds |\n|---|---|---|---|");
        }
        let holds = match claim.holds {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "–",
        };
        let _ = writeln!(page, "| {} | {} | {} | {holds} |", cell(&claim.what), claim.wanted, claim.measured);
    }
}

fn rows(page: &mut String, rows: &[Row]) {
    let _ = writeln!(page, "\n## What was measured\n");
    let _ = writeln!(
        page,
        "Wall time is the median, CPU is user + kernel, memory that of the largest process. *Ours* is the wall time of lucid-verify \
         as a share of that program's. Requests and bytes are counted where the link is; a program that reads files has none.\n"
    );
    let mut workload = "";
    for row in rows {
        if row.workload.split(',').next() != workload.split(',').next() {
            let title = row.workload.split(',').next().unwrap_or_default();
            let _ = writeln!(page, "\n### {title}\n");
            let _ =
                writeln!(page, "| workload, link | program | runs | wall s | CPU s | memory MiB | requests | MB | exit | ours |");
            let _ = writeln!(page, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        }
        workload = &row.workload;
        line(page, row);
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn line(page: &mut String, row: &Row) {
    let Row { workload, link, who, runs, wall, user, system, rss, requests, bytes, code, ours } = row;
    let code = code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
    let ours = ours.map(|ours| format!("{:.3} ({:.3}–{:.3})", ours.median, ours.least, ours.most)).unwrap_or_default();
    let _ = writeln!(
        page,
        "| {workload}, {link} | {} | {runs} | {:.3} | {user:.2} + {system:.2} | {:.1} | {requests} | {:.2} | {code} | {ours} |",
        cell(who),
        wall.median,
        *rss as f64 / f64::from(1 << 20),
        *bytes as f64 / 1e6,
    );
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn shapes(page: &mut String, results: &Results) {
    let _ = writeln!(page, "\n## The images\n\n| repository | layers | MB packed | MB of tar | entries |\n|---|--:|--:|--:|--:|");
    for shape in &results.shapes {
        let (packed, unpacked) = (shape.packed as f64 / 1e6, shape.unpacked as f64 / 1e6);
        let _ = writeln!(page, "| {} | {} | {packed:.1} | {unpacked:.1} | {} |", shape.name, shape.layers, shape.entries);
    }
}

fn programs(page: &mut String, results: &Results) {
    let _ = writeln!(page, "\n## The programs\n\n| program | version | to install it |\n|---|---|---|");
    for program in &results.programs {
        let version = program.version.as_deref().unwrap_or("**not installed**: it took no part");
        let _ = writeln!(page, "| {} | {} | `{}` |", cell(&program.name), cell(version), program.install);
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
