//! Keys and what they make of a model; screens as they are, in `testdata/explore` (`LUCID_UPDATE=1` writes them anew).

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::plain::{Answer, Dialogue};
use super::view::View;
use super::*;
use crate::digest::Digest;
use crate::error::{Error, Kind};
use crate::finding::{Level, Outcome, Question};
use crate::image::Descriptor;
use crate::layer::{LayerDiff, LayerPath};
use crate::report::{self, Report};
use crate::size::Owner;
use crate::vfs::{Tree, dump};

const LAYERS: [&str; 3] = [
    "d 0755 0:0 /etc\nf 0644 0:0 /etc/passwd \"root:x:0:0\\n\"\nd 0755 0:0 /usr\nf 0755 0:0 /usr/big size=4000000\n\
     f 0644 0:0 /usr/gr\u{fc}n\\x1b \"x\"\nl 0777 0:0 /usr/link -> ../etc/passwd\nf 0644 0:0 /usr/gone size=500000",
    "d 0755 0:0 /app\nf 0644 1:2 /app/main.py \"import os\\n\"\nf 0644 1:2 /app/\u{6f22}\u{5b57} size=12\nd 0755 0:0 /etc\n\
     f 0600 0:0 /etc/passwd \"root:x:0:1\\n\"\nw /usr/gone",
    "f 0644 1:2 /app/main.py \"import os\\n\"\nh /app/other => /app/main.py",
];

fn subject(layers: &[&str]) -> Subject {
    let (mut tree, mut diffs) = (Tree::new(), Vec::new());
    for (index, lines) in layers.iter().enumerate() {
        let entries = Arc::new(dump::entries(lines).unwrap().into_iter().collect());
        let digest = Digest::sha256(lines.as_bytes());
        let descriptor = Descriptor {
            media_type: String::new(),
            digest: digest.clone(),
            size: 1,
            platform: None,
            annotations: None,
            data: None,
        };
        let diff = LayerDiff { descriptor, diff_id: digest, raw_size: 1, entries, oddities: Vec::new() };
        tree.apply(index, &diff).unwrap();
        diffs.push(Some(Arc::new(diff)));
    }
    let unread = report::Image::unread("docker.io/pickme/x:1".into(), (&Error::new(Kind::Bug, "")).into());
    let layer = |index: usize| report::Layer {
        index,
        digest: Digest::sha256(b"").to_string(),
        diff_id: Digest::sha256(b"").to_string(),
        media_type: "application/vnd.oci.image.layer.v1.tar".into(),
        compressed_bytes: 1,
        bytes: Some(1),
        entries: Some(1),
        files_bytes: Some(1),
        hidden_bytes: Some(0),
        created_by: (index > 0).then(|| format!("COPY step{index} /")),
    };
    let finding = report::Finding {
        path: Some("/app/main.py".into()),
        layer: Some(report::Blame {
            index: 2,
            digest: String::new(),
            diff_id: String::new(),
            created_by: None,
            dockerfile_line: None,
        }),
        ..report::Finding::plain(Level::Warn, "/app/main.py is shipped twice", "copy it once")
    };
    let rule = |id: &'static str, outcome, findings| report::Rule {
        id: id.into(),
        answers: Question::Lean,
        level: Level::Warn,
        outcome,
        examined: 3,
        reason: None,
        findings,
    };
    let rules = vec![
        rule("size/waste", Outcome::Fail, vec![finding]),
        rule("own/odd", Outcome::Pass, vec![]),
        rule("layout/x", Outcome::Fail, vec![report::Finding::plain(Level::Error, "it is wrong", "mend it")]),
    ];
    let layers = (0..layers.len()).map(layer).collect();
    let image = report::Image { complete: true, error: None, layers, rules, ..unread };
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    let image = Report::new(vec![image], Some(Level::Error), day).images.remove(0);
    let owners = ["app", "\u{202e}evil"].map(|name| Owner { kind: "deb", name: name.into(), version: "1".into() });
    let app = tree.get(&LayerPath::new("/app/main.py"));
    Subject::new(image, tree, diffs, &owners, &|node| (Some(node) == app).then_some(0))
}

const RICH: Look = Look { color: false, unicode: true };
const POOR: Look = Look { color: false, unicode: false };

fn model(size: (u16, u16)) -> Model {
    Model::new(subject(&LAYERS), RICH, size)
}

fn press(model: &mut Model, keys: &str) -> Option<Ask> {
    let mut asked = None;
    for key in keys.split(' ') {
        let code = match key {
            "Down" => KeyCode::Down,
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            letter => KeyCode::Char(letter.chars().next().unwrap()),
        };
        asked = model.press(KeyEvent::new(code, KeyModifiers::NONE));
        while model.work() {}
    }
    asked
}

fn screen(model: &Model, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw::draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        let mut x = 0;
        let mut line = String::new();
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line += symbol;
            x += u16::try_from(sheet::columns(symbol).max(1)).unwrap();
        }
        line.trim_end().to_owned() + "\n"
    };
    (0..height).map(line).collect()
}

fn same(name: &str, shown: &str) {
    let path = format!("{}/testdata/explore/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == shown, "{path} is stale: run the tests with LUCID_UPDATE=1 and read it\n{shown}");
}

#[test]
fn screens_are_as_they_were() {
    for (size, name) in [((80, 24), "narrow"), ((130, 24), "three"), ((200, 60), "wide")] {
        let mut model = model(size);
        press(&mut model, "2 e s");
        same(name, &screen(&model, size));
    }
    let mut poor = Model::new(subject(&LAYERS), POOR, (80, 24));
    press(&mut poor, "Down Down Tab e");
    let shown = screen(&poor, (80, 24));
    assert!(shown.is_ascii(), "{shown}");
    same("ascii", &shown);
}

#[test]
fn a_layer_shows_what_it_added_rewrote_and_removed() {
    let mut model = model((80, 24));
    press(&mut model, "Down Down Tab e");
    let shown = screen(&model, (80, 24));
    for row in ["+     22 B  ▾ app/", "+     10 B     main.py", "~     11 B     passwd", "-   0.5 MB     gone"] {
        assert!(
            shown.contains(row),
            "{row}
{shown}"
        );
    }
    assert_eq!(model.browser.view, View::Changes(1));
    press(&mut model, "a");
    assert_eq!(model.browser.view, View::Upto(1));
    assert!(screen(&model, (80, 24)).contains("big"));
}

#[test]
fn sums_of_the_layers_make_up_what_is_there() {
    let subject = subject(&LAYERS);
    let paths = &subject.paths;
    let sums = paths.sums(0).iter().map(|(_, sum)| (sum.bytes, sum.hidden));
    let (bytes, hidden) = sums.fold((0, 0), |(bytes, hidden), (more, less)| (bytes + more, hidden + less));
    assert_eq!(bytes - hidden, paths.bytes(0));
    assert_eq!(View::Upto(2).bytes(paths, 0), paths.bytes(0));
    let gone = paths.find("/usr/gone").unwrap();
    assert!(paths.node(gone).is_none() && View::Changes(1).sees(paths, gone) && !View::Final.sees(paths, gone));
}

#[test]
fn a_finding_leads_to_its_file_and_its_layer() {
    let mut model = model((80, 24));
    press(&mut model, "4");
    let words: Vec<&str> = model.findings.iter().map(|said| said.word(&model.subject.image)).collect();
    assert_eq!(words, ["error", "warn"]);
    press(&mut model, "Down Enter");
    let item = model.browser.item().unwrap();
    assert_eq!((model.focus, model.path(item)), (Pane::Tree, "/app/main.py".to_owned()));
    assert!(model.message.contains("layer 3: COPY step2 /"), "{}", model.message);
    press(&mut model, "4 a");
    assert_eq!(model.findings.len(), 3);
}

#[test]
fn a_package_leads_to_its_files_and_back() {
    let mut model = model((80, 24));
    press(&mut model, "3 Enter");
    let found: Vec<String> = model.browser.rows.iter().map(|row| model.path(row.item)).collect();
    assert_eq!((found, model.focus), (vec!["/app/main.py".to_owned()], Pane::Tree));
    press(&mut model, "Esc");
    assert!(model.browser.search.is_none());
}

#[test]
fn what_is_typed_filters_and_the_next_is_found_in_the_tree() {
    let mut model = model((80, 24));
    press(&mut model, "2 / p a s");
    assert!(screen(&model, (80, 24)).contains("/pas_  1 found"), "{}", screen(&model, (80, 24)));
    press(&mut model, "Enter Enter");
    assert!(model.browser.search.is_none() && !model.typing);
    assert_eq!(model.path(model.browser.item().unwrap()), "/etc/passwd");
    press(&mut model, "/ Esc g n");
    assert_eq!(model.path(model.browser.item().unwrap()), "/etc/passwd");
}

#[test]
fn files_are_shown_from_what_was_kept_and_others_are_asked_for() {
    let mut model = model((80, 24));
    press(&mut model, "2 / m a i n Enter Enter");
    assert_eq!(press(&mut model, "Enter"), None);
    assert!(screen(&model, (80, 24)).contains("import os"));
    press(&mut model, "q b");
    let Some(Ask::Read(reading)) = press(&mut model, "v") else { panic!("{}", model.message) };
    assert_eq!((reading.layer, reading.size), (0, 4_000_000));
    model.read(&reading, Ok(Content { bytes: vec![0; 32], size: 4_000_000 }));
    assert!(screen(&model, (80, 24)).contains("00000010  00 00"));
    assert_eq!(press(&mut model, "q"), None);
    assert_eq!(press(&mut model, "q"), Some(Ask::Quit));
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    for size in [(20, 5), (1, 1), (39, 30)] {
        let model = model(size);
        let shown = screen(&model, size);
        assert!(size.0 < 20 || shown.contains("too small"), "{shown}");
    }
}

#[test]
fn a_dialogue_answers_in_lines() {
    let mut dialogue = Dialogue::new(subject(&LAYERS), POOR);
    let mut ask = |line: &str| match dialogue.answer(line) {
        Answer::Lines(lines) => lines.join("\n"),
        other => format!("{other:?}"),
    };
    assert!(ask("layer 2").contains("/usr/gone, 0.5 MB, removed"), "{}", ask("layer 2"));
    assert_eq!(ask("layer 9"), "there is no such layer: there are 3");
    assert!(ask("layer all").contains("final"));
    assert_eq!(ask("ls /usr"), "1. /usr/big, 4.0 MB\n2. /usr/gr\\u{fc}n\\u{1b}, 1 B\n3. /usr/link, 0 B, leads to ../etc/passwd");
    assert!(ask("open 3").ends_with("root:x:0:1"));
    assert!(ask("open /usr/big").starts_with("Read("));
    assert_eq!(ask("find *.py"), "1. /app/main.py, 10 B");
    assert!(ask("about 1").contains("rewritten with the same content by layer 3"));
    assert!(ask("packages").contains("1. deb app 1, 10 B, 1 file"));
    assert!(ask("findings").starts_with("1. error: layout/x it is wrong"));
    assert!(ask("finding 2").contains("copy it once"));
    assert!(ask("rule 1").contains("A check of the profile"));
    assert_eq!(ask("nonsense\u{1b}"), "nonsense\\u{1b} is no command: help lists them");
    assert!(matches!(dialogue.answer("quit"), Answer::End));
}

#[test]
fn every_command_of_a_dialogue_is_understood() {
    let mut dialogue = Dialogue::new(subject(&LAYERS), POOR);
    for (command, _) in plain::COMMANDS {
        let word = command.split([' ', '[']).next().unwrap();
        if let Answer::Lines(lines) = dialogue.answer(word) {
            assert!(!lines.iter().any(|line| line.contains("is no command")), "{command}");
        }
    }
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let plain = prop_oneof![
        Just(KeyCode::Enter),
        Just(KeyCode::Esc),
        Just(KeyCode::Tab),
        Just(KeyCode::BackTab),
        Just(KeyCode::PageDown),
        Just(KeyCode::PageUp),
        Just(KeyCode::Backspace),
        "[ -~]".prop_map(|letter| KeyCode::Char(letter.chars().next().unwrap())),
        prop::sample::select("hjklgGnNsabvde/?1234".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![9 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL)];
    (plain, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

fn layer() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "a-", "\\xff", "c\\x1b"]);
    let path = prop::collection::vec(name, 1..4).prop_map(|parts| format!("/{}", parts.join("/")));
    let line = (path, 0..4_u8).prop_map(|(path, kind)| match kind {
        0 => format!("d 0755 0:0 {path}"),
        1 => format!("w {path}"),
        2 => format!("l 0777 0:0 {path}-link -> a"),
        _ => format!("f 0644 0:0 {path} size=7"),
    });
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_panics_and_the_cursor_is_on_a_row(
        layers in prop::collection::vec(layer(), 1..4),
        keys in prop::collection::vec(key(), 1..60),
        (width, height) in (1..210_u16, 1..70_u16),
    ) {
        let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
        let mut model = Model::new(subject(&layers), RICH, (width, height));
        for key in keys {
            if let Some(Ask::Read(reading)) = model.press(key) {
                model.read(&reading, Err("unread".into()));
            }
            for pane in Pane::ALL {
                let (rows, cursor) = (model.rows(pane), model.cursor(pane));
                prop_assert!(cursor.at < rows.max(1) && cursor.top <= cursor.at, "{pane:?} {cursor:?} of {rows}");
            }
        }
        let shown = screen(&model, (width, height));
        prop_assert!(!shown.chars().any(|character| character != '\n' && crate::text::acts(character)), "{shown}");
    }
}
