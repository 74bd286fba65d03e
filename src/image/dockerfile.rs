//! Dockerfiles: their stages, and the instructions that make layers, with their lines (docs.docker.com/reference/dockerfile).

use std::collections::BTreeMap;

use parse_dockerfile::{Command, Instruction as Parsed, Source, UnescapedString};

use super::provenance::familiar;
use crate::error::{Error, Kind, Result};
use crate::text::escape;

/// Instructions of a Dockerfile, of which long ones have some hundred: an attested one may be as long as its attestation.
const INSTRUCTIONS: usize = 4096;

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The file, as messages name it.
    pub name: String,
    /// Its stages in their order.
    pub stages: Vec<Stage>,
    /// Those of them that the image is made of, by their place, the last one first.
    chain: Vec<usize>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The line of its FROM, from 1.
    pub line: usize,
    /// What FROM names, build arguments put in as far as they are known.
    pub image: String,
    /// The name of the stage.
    pub name: Option<String>,
    /// `--platform`, as it is written.
    pub platform: Option<String>,
    /// Its instructions that make layers.
    pub instructions: Vec<Instruction>,
    /// The stage that it goes on from, by its place.
    from: Option<usize>,
}

/// An instruction that makes a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Its line, from 1.
    pub line: usize,
    /// `ADD`, `COPY`, `RUN` or `WORKDIR`.
    pub keyword: &'static str,
    /// What follows the options, in words with one blank between them.
    pub text: String,
}

impl Dockerfile {
    /// Reads a Dockerfile. The image is made by the stage `target`, else by the last one; `arguments` were handed to the
    /// build. A mistake is an error of kind `Usage` that names `FILE:LINE`.
    pub fn parse(name: &str, text: &str, target: Option<&str>, arguments: &BTreeMap<String, String>) -> Result<Self> {
        let parsed = parse_dockerfile::parse(text).map_err(|error| mistake(name, &error))?;
        if parsed.instructions.len() > INSTRUCTIONS {
            let what = format!("{}: it has more than {INSTRUCTIONS} instructions", escape(name.as_bytes()));
            return Err(Error::new(Kind::Usage, what));
        }
        let lines = Lines::new(text);
        let mut globals = BTreeMap::new();
        let mut stages: Vec<Stage> = Vec::new();
        for instruction in &parsed.instructions {
            match (instruction, stages.last_mut()) {
                (Parsed::Arg(argument), None) => globals.extend(defaults(&argument.arguments.value, arguments)),
                (Parsed::From(from), _) => {
                    let image = expanded(&from.image.value, &globals);
                    let platform = from.options.iter().find(|option| option.name.value == "platform");
                    let earlier = |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&image));
                    stages.push(Stage {
                        line: lines.of(from.from.span.start),
                        from: stages.iter().position(earlier),
                        image,
                        name: from.as_.as_ref().map(|(_, name)| name.value.to_string()),
                        platform: platform.and_then(|option| option.value.as_ref()).map(|value| value.value.to_string()),
                        instructions: Vec::new(),
                    });
                }
                (_, Some(stage)) => stage.instructions.extend(made(instruction, &lines)),
                _ => {}
            }
        }
        let named =
            |stage: &Stage| stage.name.as_deref().is_some_and(|name| target.is_some_and(|own| name.eq_ignore_ascii_case(own)));
        let last = stages.iter().position(named).or_else(|| stages.len().checked_sub(1));
        // A stage goes on from an earlier one, so that this ends.
        let chain = std::iter::successors(last, |at| stages.get(*at)?.from).collect();
        Ok(Self { name: name.to_owned(), stages, chain })
    }

    /// The stage that the image comes from.
    pub fn last(&self) -> Option<&Stage> {
        self.stages.get(*self.chain.first()?)
    }

    /// The image that it goes on from, behind however many stages.
    pub fn base(&self) -> Option<&Stage> {
        self.stages.get(*self.chain.last()?)
    }

    /// The stages that the image is not made of, but may copy from.
    pub fn builders(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().enumerate().filter(|(at, _)| !self.chain.contains(at)).map(|(_, stage)| stage)
    }

    /// The instructions that made the image's layers above its base image, in their order.
    pub fn instructions(&self) -> impl DoubleEndedIterator<Item = &Instruction> {
        self.chain.iter().rev().filter_map(|at| self.stages.get(*at)).flat_map(|stage| &stage.instructions)
    }
}

impl Stage {
    /// Whether it begins with an image, and not with another stage or nothing.
    pub fn is_of_image(&self) -> bool {
        self.from.is_none() && self.image != "scratch"
    }

    /// The image that it begins with, as users name it, without a digest.
    pub fn reference(&self) -> &str {
        familiar(self.image.split('@').next().unwrap_or_default())
    }
}

/// Lines by the bytes at which they begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn of(&self, byte: usize) -> usize {
        self.0.partition_point(|end| *end < byte) + 1
    }
}

fn mistake(name: &str, error: &parse_dockerfile::Error) -> Error {
    let what = format!("{}:{}: {}", escape(name.as_bytes()), error.line().max(1), escape(format!("{error:#}").as_bytes()));
    Error::new(Kind::Usage, what)
}

/// The names and values of an ARG: what was handed in, else the default.
fn defaults(text: &str, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let all = text.split_whitespace().filter_map(|word| {
        let (name, default) =
            word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value.trim_matches(['"', '\'']))));
        Some((name.to_owned(), given.get(name).map(String::as_str).or(default)?.to_owned()))
    });
    all.collect()
}

/// A text with the values of its variables, as far as they are known: `${NAME}`, `${NAME:-default}`, `$NAME`.
fn expanded(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => out.push_str(plain),
            Piece::Variable { whole, name } => {
                let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
                out.push_str(values.get(name).map(String::as_str).or(default).unwrap_or(whole));
            }
        }
    }
    out
}

/// A part of a text: as it is, or a variable.
enum Piece<'a> {
    Plain(&'a str),
    Variable { whole: &'a str, name: &'a str },
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((plain, tail)) = rest.split_once('$') {
        pieces.push(Piece::Plain(plain));
        let braced = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let bare = tail.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(tail.len());
        let (name, after) = braced.unwrap_or_else(|| tail.split_at_checked(bare).unwrap_or((tail, "")));
        let whole = rest.get(plain.len()..rest.len() - after.len()).unwrap_or_default();
        pieces.push(Piece::Variable { whole, name });
        rest = after;
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// An instruction that makes a layer, if it is one.
fn made(instruction: &Parsed<'_>, lines: &Lines) -> Option<Instruction> {
    let copied = |sources: &[Source<'_>], to: &UnescapedString<'_>| {
        let sources = sources.iter().filter_map(|source| match source {
            Source::Path(path) => Some(path.value.as_ref()),
            _ => None,
        });
        sources.chain([to.value.as_ref()]).collect::<Vec<_>>().join(" ")
    };
    let (keyword, at, text) = match instruction {
        Parsed::Add(add) => ("ADD", add.add.span.start, copied(&add.src, &add.dest)),
        Parsed::Copy(copy) => ("COPY", copy.copy.span.start, copied(&copy.src, &copy.dest)),
        Parsed::Workdir(workdir) => ("WORKDIR", workdir.workdir.span.start, workdir.arguments.value.to_string()),
        Parsed::Run(run) => {
            let text = match &run.arguments {
                Command::Exec(words) => words.value.iter().map(|word| word.value.as_ref()).collect::<Vec<_>>().join(" "),
                Command::Shell(line) => joined(line.value),
                _ => String::new(),
            };
            let texts = run.here_docs.iter().map(|document| document.value.as_ref());
            ("RUN", run.run.span.start, std::iter::once(&text[..]).chain(texts).collect::<Vec<_>>().join(" "))
        }
        _ => return None,
    };
    Some(Instruction { line: lines.of(at), keyword, text: words(&text) })
}

/// The lines of a line for a shell in one: without the marks at their ends, and without comments.
fn joined(text: &str) -> String {
    let lines = text.lines().enumerate().filter(|(at, line)| *at == 0 || !line.trim_start().starts_with('#'));
    lines.map(|(_, line)| line.trim_end().trim_end_matches(['\\', '`'])).collect::<Vec<_>>().join(" ")
}

/// A text with one blank between its words.
pub fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Instruction {
    /// Whether the history may show this instruction so: `keyword`, and the [`words`] that follow its options. Variables of the
    /// Dockerfile stand for anything; the builder before `BuildKit` shows of what it copied no more than where to.
    pub fn fits(&self, keyword: &str, text: &str) -> bool {
        if keyword != self.keyword {
            return false;
        }
        if let Some((_, to)) =
            text.rsplit_once(" in ").filter(|_| ["file:", "dir:", "multi:"].iter().any(|sum| text.starts_with(sum)))
        {
            return self.text.rsplit(' ').next().is_some_and(|own| matches(own, to, false));
        }
        matches(&self.text, text, keyword == "WORKDIR" && !self.text.starts_with('/'))
    }
}

/// Whether a text is a pattern whose variables stand for anything; `is_end`: whether its end is.
fn matches(pattern: &str, text: &str, is_end: bool) -> bool {
    if !is_end && !pattern.contains('$') {
        return pattern == text;
    }
    let (mut rest, mut is_open) = (text, is_end);
    let plain: Vec<&str> = pieces(pattern)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Plain(plain) => Some(plain),
            Piece::Variable { .. } => None,
        })
        .collect();
    let Some((last, begin)) = plain.split_last() else { return false };
    for plain in begin {
        let found = if is_open { rest.find(plain) } else { rest.starts_with(plain).then_some(0) };
        let Some(after) = found.and_then(|at| rest.get(at + plain.len()..)) else { return false };
        (rest, is_open) = (after, true);
    }
    if is_open { rest.ends_with(last) } else { rest == *last }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# syntax=docker/dockerfile:1\nARG PYTHON=3.11 SUITE\nFROM --platform=$TARGETPLATFORM python:${PYTHON}-slim-${SUITE:-bookworm}@sha256:ab AS Builder\n\
        WORKDIR /build\nRUN pip install \\\n      # comment\n      --user x && \\\n    make\n\
        FROM scratch AS other\nFROM docker.io/library/debian:12 AS middle\nADD a /b\nFROM middle\nARG X=1\n\
        COPY --from=builder --chown=1:1 [\"/a b\", \"/c\"]\nRUN [\"python3\", \"-c\", \"import os;  x\"]\n\
        COPY ${X}/y$X /app/$X/\nCMD [\"a\"]\n";

    fn read(text: &str) -> Dockerfile {
        Dockerfile::parse("Dockerfile", text, None, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn stages_know_what_they_go_on_from() {
        let read = read(TEXT);
        let of = |stage: &Stage| (stage.line, stage.reference().to_owned(), stage.is_of_image());
        let stages: Vec<_> = read.stages.iter().map(of).collect();
        let wanted =
            [(3, "python:3.11-slim-bookworm", true), (9, "scratch", false), (10, "debian:12", true), (12, "middle", false)];
        assert_eq!(stages, wanted.map(|(line, name, is)| (line, name.to_owned(), is)));
        assert_eq!(read.builders().map(|stage| stage.line).collect::<Vec<_>>(), [3, 9]);
        assert_eq!((read.base().unwrap().line, read.last().unwrap().line), (10, 12));
        assert_eq!(read.stages[0].platform.as_deref(), Some("$TARGETPLATFORM"));
        let made: Vec<_> = read.instructions().map(|made| (made.line, made.keyword, &made.text[..])).collect();
        let run = (15, "RUN", "python3 -c import os; x");
        assert_eq!(made, [(11, "ADD", "a /b"), (14, "COPY", "/a b /c"), run, (16, "COPY", "${X}/y$X /app/$X/")]);
        assert_eq!(read.stages[0].instructions[1].text, "pip install --user x && make");
    }

    #[test]
    fn a_target_and_arguments_count() {
        let given = [("PYTHON".to_owned(), "3.12".to_owned())].into();
        let read = Dockerfile::parse("x", TEXT, Some("builder"), &given).unwrap();
        assert_eq!(read.last().unwrap().reference(), "python:3.12-slim-bookworm");
        assert_eq!(read.builders().count(), 3);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let error = |text| Dockerfile::parse("a/Dockerfile", text, None, &BTreeMap::new()).unwrap_err();
        let unknown = error("FROM x\nRUNN y\n");
        assert_eq!((unknown.kind, &unknown.what[..]), (Kind::Usage, "a/Dockerfile:2: unknown instruction 'RUNN'"));
        assert!(error("").what.starts_with("a/Dockerfile:1: "));
    }

    #[test]
    fn what_the_history_shows_fits_its_instruction_and_no_other() {
        let fits = |keyword, own: &str, shown: &str| Instruction { line: 1, keyword, text: own.into() }.fits(keyword, shown);
        assert!(fits("COPY", "$X/a /app/${Y}/b", "build/a /app/x/y/b"));
        assert!(!fits("COPY", "$X/a /app/${Y}/b", "build/a /app/x/y/c"));
        assert!(fits("RUN", "echo $HOME x", "echo $HOME x") && fits("RUN", "make", "make"));
        assert!(fits("WORKDIR", "src", "/app/src") && !fits("WORKDIR", "/src", "/app/src"));
        assert!(fits("COPY", "a b /app/", "multi:12 in /app/") && !fits("COPY", "a /app", "file:12 in /srv"));
        assert!(!fits("RUN", "a", "ab") && !fits("RUN", "b", "ab"));
    }

    #[test]
    fn a_dockerfile_has_an_end() {
        let error = Dockerfile::parse("x", &"FROM a\n".repeat(INSTRUCTIONS + 1), None, &BTreeMap::new()).unwrap_err();
        assert!(error.what.contains("more than 4096"), "{error}");
    }

    #[test]
    fn hostile_text_is_refused_or_read() {
        for text in [
            "FROM $",
            "FROM ${",
            "FROM a\nRUN \\",
            "FROM a\nCOPY <<EOF /x\n",
            "FROM a\nRUN <<E\n\u{1b}\nE\n",
            "\u{feff}FROM é\nADD é $é\n",
        ] {
            let _ = Dockerfile::parse("x", text, None, &BTreeMap::new());
        }
    }
}
