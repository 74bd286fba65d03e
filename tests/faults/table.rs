//! The rows: what was tried in each, and what came of it. All of them together are docs/faults.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{LazyLock, Mutex, OnceLock};

use crate::run::Verify;
use crate::{auth, codecs, documents, figures, host, tar, transport, tree};

/// A fault, and the function that tries it.
pub struct Declared {
    pub id: &'static str,
    /// The fault.
    pub what: &'static str,
    /// What `cargo test --test faults` knows it by.
    pub test: &'static str,
    pub try_it: fn(&Row),
}

/// What came of a fault's cases.
#[derive(Default)]
pub struct Row {
    cases: Mutex<Vec<(String, String)>>,
    /// Why a part of it was not tried here and now: what is known of the row then stands in the document already.
    skipped: OnceLock<&'static str>,
}

impl Row {
    /// A case that runs `lucid-verify verify` on an image.
    pub fn verify<'r>(&'r self, case: &'r str, reference: &str) -> Verify<'r> {
        Verify::new(self, case, reference)
    }

    /// A case of which something was held by other means than a run of the program.
    pub fn observe(&self, case: &str, outcome: &str) {
        self.cases.lock().unwrap().push((case.to_owned(), outcome.to_owned()));
    }

    /// Whether what needs real parts is asked for; and root, if that is needed, too. Says so where it is not.
    pub fn needs_real(&self, root: bool, why: &'static str) -> bool {
        let asked = std::env::var_os("LUCID_REAL").is_some_and(|value| value == "1");
        let is_root = || std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        if asked && (!root || is_root()) {
            return true;
        }
        let needs = if root { "LUCID_REAL=1 and root" } else { "LUCID_REAL=1" };
        // Past the capture of the test harness.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {why} needs {needs}\n").as_bytes());
        let _ = self.skipped.set(why);
        false
    }
}

impl Declared {
    /// What came of it, tried once a process.
    fn tried(&self) -> &'static Row {
        static TRIED: LazyLock<BTreeMap<&str, OnceLock<Row>>> =
            LazyLock::new(|| rows_of_all().map(|row| (row.id, OnceLock::new())).collect());
        TRIED[self.id].get_or_init(|| {
            let row = Row::default();
            (self.try_it)(&row);
            let (tried, is_skipped) = (row.cases.lock().unwrap().len(), row.skipped.get().is_some());
            assert!(tried > 0 || is_skipped, "{}: nothing was tried", self.id);
            row
        })
    }

    /// The first cell of its first line, by which it is found again.
    fn key(&self) -> String {
        format!("| **{}** ", self.id)
    }

    fn lines(&self) -> String {
        let mut lines = String::new();
        let test = self.test.split_once("::").map_or(self.test, |(_, name)| name);
        let mut fault = format!("{}{}<br>`{test}`", self.key(), self.what);
        for (case, outcome) in &*self.tried().cases.lock().unwrap() {
            let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
            writeln!(lines, "{fault} | {} | {} |", cell(case), cell(outcome)).unwrap();
            fault.replace_range(2.., "");
        }
        lines
    }
}

/// Declares the rows of a group: each is a test, named after the function that tries it.
macro_rules! rows {
    ($($id:ident $what:literal => $name:ident;)*) => {
        /// The rows of this group.
        pub static ROWS: &[$crate::table::Declared] = &[$($crate::table::Declared {
            id: stringify!($id),
            what: $what,
            test: concat!(module_path!(), "::rows::", stringify!($name)),
            try_it: $name,
        },)*];

        mod rows {
            $(#[test]
            fn $name() {
                $crate::table::hold(stringify!($id));
            })*
        }
    };
}
pub(crate) use rows;

/// Sections of the document, and their rows.
fn groups() -> [(&'static str, &'static [Declared]); 8] {
    [
        ("Who asks", auth::ROWS),
        ("The network", transport::ROWS),
        ("References, manifests, configurations", documents::ROWS),
        ("Compression", codecs::ROWS),
        ("The tar stream", tar::ROWS),
        ("The tree, and what rules read in it", tree::ROWS),
        ("What is read beside the image", figures::ROWS),
        ("The machine", host::ROWS),
    ]
}

fn rows_of_all() -> impl Iterator<Item = &'static Declared> {
    groups().into_iter().flat_map(|(_, rows)| rows)
}

#[test]
fn no_fault_is_missing() {
    let numbered = [("R", 39), ("M", 28), ("Z", 13), ("T", 20), ("V", 36), ("H", 5)];
    let mut wanted: Vec<String> =
        numbered.iter().flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number:02}"))).collect();
    let mut known: Vec<&str> = rows_of_all().map(|row| row.id).collect();
    wanted.sort();
    known.sort_unstable();
    assert_eq!(known, wanted);
}

/// Tries a row.
pub fn hold(id: &str) {
    rows_of_all().find(|row| row.id == id).unwrap_or_else(|| panic!("there is no row {id}")).tried();
}

const HEAD: &str = "# Faults, and what came of them\n\n\
    Every line is a run of the program, or of the part of it that is named, by `cargo test --test faults`; the second column is what \
    was put before it, the third how it ended: exit code, verdict, and the first line of what it said. Of every run is held, too: \
    stdout is one valid document whose exit code is the process's; where not everything could be read it says `complete: false`, no \
    rule that needs what is missing passes, the error names the image and the next step, and a baseline from before is untouched; \
    no secret is in any output, and nothing is left behind in folders for temporary files or in the cache.\n";

#[test]
fn the_document_tells_what_came_of_every_fault() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let mut document = HEAD.to_owned();
    for (title, rows) in groups() {
        write!(document, "\n## {title}\n\n| Fault | Case | Outcome |\n|---|---|---|\n").unwrap();
        for row in rows {
            let known = || {
                let lines = old.lines().skip_while(|line| !line.starts_with(&row.key())).enumerate();
                let own = lines.take_while(|(at, line)| *at == 0 || line.starts_with("|  | ")).map(|(_, line)| line);
                own.fold(String::new(), |lines, line| lines + line + "\n")
            };
            let skipped = row.tried().skipped.get().is_some();
            document += &if skipped { known() } else { row.lines() };
        }
    }
    if std::env::var_os("LUCID_UPDATE").is_some() {
        std::fs::write(path, document).unwrap();
        return;
    }
    let (was, is) = (old.lines().collect::<Vec<_>>(), document.lines().collect::<Vec<_>>());
    let differs = (0..was.len().max(is.len())).map(|at| (was.get(at), is.get(at))).find(|(was, is)| was != is);
    assert!(
        differs.is_none(),
        "docs/faults.md is not what came of the faults; LUCID_REAL=1 LUCID_UPDATE=1 writes it: {differs:#?}"
    );
}
