//! Several images beside each other: answers, what is wrong with them together, and where they differ.

use super::anchor;
use super::markup::{Column, Field, Html};
use crate::finding::Question;
use crate::report::figures::count;
use crate::report::fleet::Fleet;
use crate::report::{Answer, Member, Verdict};

pub(super) fn write(html: &mut Html, fleet: &Fleet) {
    html.tag("section class=fleet", |html| {
        html.leaf("h1", &fleet.counts());
        answers(html, fleet);
        causes(html, fleet);
        drift(html, fleet);
    });
}

fn answers(html: &mut Html, fleet: &Fleet) {
    let columns: Vec<Column> =
        ["image", "verdict"].into_iter().chain(Question::ALL.map(Question::word)).map(Column::Text).collect();
    let row = |(place, member): (usize, &Member)| {
        let answers = Question::ALL.into_iter().map(|question| answer(member.answers.to(question)));
        let name = Field::Link { text: fleet.label(place), to: anchor(place) };
        let verdict = Field::Word { text: member.verdict.word(), is_good: member.verdict == Verdict::Held };
        [name, verdict].into_iter().chain(answers).collect()
    };
    let rows: Vec<Vec<Field>> = fleet.images.iter().enumerate().map(row).collect();
    html.table("Answers", &columns, &rows);
}

fn answer(answer: Answer) -> Field {
    let text = answer.word();
    match answer {
        Answer::Yes => Field::Word { text, is_good: true },
        Answer::No => Field::Word { text, is_good: false },
        Answer::Unknown | Answer::NotAsked => Field::text(text),
    }
}

fn causes(html: &mut Html, fleet: &Fleet) {
    if fleet.causes.is_empty() {
        return;
    }
    let columns = [
        Column::Text("level"),
        Column::Text("rule"),
        Column::Number("images"),
        Column::Text("what"),
        Column::Text("made by"),
        Column::Text("in"),
    ];
    let rows: Vec<Vec<Field>> = fleet
        .causes
        .iter()
        .map(|cause| {
            vec![
                Field::text(cause.level.word()),
                Field::code(cause.rule.as_ref()),
                Field::Count(cause.images.len() as u64),
                Field::text(&cause.message[..]),
                Field::code(cause.created_by.as_deref().unwrap_or_default()),
                Field::text(fleet.some(&cause.images)),
            ]
        })
        .collect();
    html.table("Causes over all images", &columns, &rows);
}

fn drift(html: &mut Html, fleet: &Fleet) {
    if fleet.drift.is_empty() {
        return;
    }
    html.leaf("h3", &format!("{} in different versions", count(fleet.drift.len() as u64, "package")));
    let columns =
        [Column::Text("package"), Column::Text("kind"), Column::Text("version"), Column::Number("images"), Column::Text("in")];
    let versions = fleet.drift.iter().flat_map(|package| package.versions.iter().map(move |version| (package, version)));
    let rows: Vec<Vec<Field>> = versions
        .map(|(package, version)| {
            let images = version.images.len() as u64;
            let named = Field::text(fleet.some(&version.images));
            vec![
                Field::code(&package.name[..]),
                Field::text(package.kind),
                Field::code(&version.version[..]),
                Field::Count(images),
                named,
            ]
        })
        .collect();
    html.table("Package versions", &columns, &rows);
}
