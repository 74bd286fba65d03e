//! The history as instructions of Dockerfiles, and where the last of these Dockerfiles begins.

use std::collections::BTreeSet;

use crate::image::history::{BUILDKIT, History as Line, instruction};
use crate::layer::LayerPath;
use crate::vfs::LayerIndex;

/// The instructions of a Dockerfile that leave a line in the history.
const KEYWORDS: [&str; 17] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The history of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Its lines, oldest first.
    pub steps: Vec<Step>,
    /// Whether its lines and the layers map one to one.
    pub is_mapped: bool,
    /// How many of the lines are of the base image; `None` where that cannot be told.
    base: Option<usize>,
}

/// A line of the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1.
    pub line: usize,
    /// The layer that it made, where that can be told.
    pub layer: Option<LayerIndex>,
    /// The name of the instruction; empty where the line is none, such as those of Bazel.
    pub keyword: &'static str,
    /// Options without their dashes. `BuildKit` leaves `--from` out.
    pub flags: Vec<(String, String)>,
    /// The build arguments that a RUN was given.
    pub arguments: Vec<(String, String)>,
    /// Whether a RUN handed its line to a shell.
    pub is_shell: bool,
    /// What follows all that.
    pub text: String,
    /// The whole instruction, as a Dockerfile would have it.
    pub said: String,
    /// The working directory, where a WORKDIR before it names one.
    directory: Option<LayerPath>,
}

impl History {
    /// Reads the history of an image of so many layers, which may be one of distroless: no Dockerfile made that.
    pub fn of(lines: &[Line], layers: usize, is_distroless: bool) -> Self {
        let is_mapped = lines.iter().filter(|line| !line.empty_layer).count() == layers;
        let (mut steps, mut known, mut directory, mut layer) = (Vec::new(), BTreeSet::new(), None, 0..);
        for (number, line) in (1..).zip(lines) {
            let mut step = Step::read(&line.created_by, &known);
            step.line = number;
            step.layer = if line.empty_layer { None } else { layer.next().filter(|_| is_mapped) };
            match step.keyword {
                "ARG" => known.extend(assignments(&step.text).map(|(name, _)| name.to_owned()).chain(names(&step.text))),
                "WORKDIR" if step.text.starts_with('/') => directory = Some(LayerPath::new(&step.text)),
                "WORKDIR" => directory = directory.map(|above: LayerPath| above.join(&step.text)),
                _ => {}
            }
            step.directory.clone_from(&directory);
            steps.push(step);
        }
        let base = base(lines, &steps, is_distroless);
        Self { steps, is_mapped, base }
    }

    /// The lines of the Dockerfile that made the image out of its base image; `None` where it cannot be told which these are.
    pub fn above_base(&self) -> Option<&[Step]> {
        self.steps.get(self.base?..)
    }
}

/// How many lines are of the base image. Distroless has no instruction of a Dockerfile. Other base images end, as the Docker
/// library's do, with the command that they start: a Dockerfile that goes on behind its own CMD is taken for a base image,
/// and nobody is blamed for what stands before it.
fn base(lines: &[Line], steps: &[Step], is_distroless: bool) -> Option<usize> {
    if is_distroless {
        return Some(steps.iter().position(|step| !step.keyword.is_empty()).unwrap_or(steps.len()));
    }
    let built = lines.iter().position(|line| line.comment == BUILDKIT)?;
    let last = lines.iter().rposition(|line| !line.empty_layer).unwrap_or_default();
    let starts = |step: &Step| ["CMD", "ENTRYPOINT"].contains(&step.keyword);
    let command = steps.iter().take(last).rposition(starts).map_or(0, |at| at + 1);
    Some(built.max(command))
}

impl Step {
    /// Reads a line; `known` are the names of build arguments that are declared before it.
    fn read(created_by: &str, known: &BTreeSet<String>) -> Self {
        let text = created_by.trim();
        let text = text.strip_suffix("# buildkit").unwrap_or(text).trim();
        let said = instruction(created_by);
        let split = |text: &str| match text.trim_start().split_once(char::is_whitespace) {
            Some((word, rest)) => (word.to_owned(), rest.trim_start().to_owned()),
            None => (text.trim_start().to_owned(), String::new()),
        };
        let (word, rest) = match text.strip_prefix("/bin/sh -c #(nop)") {
            Some(rest) => split(rest),
            // The builder before BuildKit says of a RUN no more than what it started.
            None if text.starts_with("/bin/sh -c ") || text.starts_with('|') => ("RUN".into(), text.to_owned()),
            None => split(text),
        };
        let Some(keyword) = KEYWORDS.into_iter().find(|keyword| keyword.eq_ignore_ascii_case(&word)) else {
            return Self { said, text: text.to_owned(), ..Self::default() };
        };
        let mut step = Self { keyword, said, ..Self::default() };
        let mut rest = &rest[..];
        while let Some(flag) = rest.strip_prefix("--").filter(|_| step.copies()) {
            let (flag, more) = flag.split_once(' ').unwrap_or((flag, ""));
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            step.flags.push((name.to_owned(), value.to_owned()));
            rest = more.trim_start();
        }
        if keyword == "RUN" {
            (step.arguments, rest) = arguments(rest, known);
            if let Some((0, end)) = shell(rest) {
                step.is_shell = true;
                rest = rest.get(end..).unwrap_or_default().trim_start();
            }
        }
        rest.clone_into(&mut step.text);
        step
    }

    /// Whether it copies files.
    pub fn copies(&self) -> bool {
        ["COPY", "ADD"].contains(&self.keyword)
    }

    /// The value of an option.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    /// Where a COPY or ADD puts what it copies, where that can be told.
    pub fn destination(&self) -> Option<LayerPath> {
        let last = self.text.split_whitespace().last().filter(|_| self.copies())?.trim_matches(['[', ']', '"', ',']);
        if last.starts_with('/') { Some(LayerPath::new(last)) } else { Some(self.directory.as_ref()?.join(last)) }
    }
}

/// The words of a text, each with its place.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    let ends = text.match_indices(' ').map(|(at, _)| at).chain([text.len()]);
    ends.scan(0, move |start, end| Some((std::mem::replace(start, end + 1), end)))
        .filter_map(move |(start, end)| text.get(start..end).filter(|word| !word.is_empty()).map(|word| (start, word)))
}

/// The name before the `=` of an assignment.
fn name(word: &str) -> Option<&str> {
    let (name, _) = word.split_once('=')?;
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte));
    Some(name).filter(|name| is_name(name))
}

/// The words of an ARG that name an argument and give it no value.
fn names(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().filter(|word| !word.contains('=')).map(ToOwned::to_owned)
}

/// `A=b C=two words`: names and values, as ENV, ARG and LABEL have them. The history shows values without their quotes, so
/// that what looks like an assignment within a value is taken for one.
pub fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = words(text).filter_map(|(at, word)| Some((at, name(word)?)));
    let ends = starts.clone().skip(1).map(|(at, _)| at).chain([text.len()]);
    starts.zip(ends).map(move |((at, name), end)| (name, text.get(at + name.len() + 1..end).unwrap_or_default().trim_end()))
}

/// Where a shell is called for a line: the place of its name, and where the line begins.
fn shell(text: &str) -> Option<(usize, usize)> {
    let pairs = words(text).zip(words(text).skip(1));
    let called = |((_, shell), (_, option)): &((usize, &str), (usize, &str))| {
        shell.ends_with("sh") && option.starts_with('-') && !option.starts_with("--") && option.ends_with('c')
    };
    pairs.clone().find(called).map(|((at, _), (option, word))| (at, option + word.len()))
}

/// `|2 A=1 B=two words /bin/sh -c …`: the build arguments, and what they were given to. Values stand there without quotes:
/// an argument begins where its name does, and the last one ends before a shell, else with its word.
fn arguments<'a>(text: &'a str, known: &BTreeSet<String>) -> (Vec<(String, String)>, &'a str) {
    let counted = text.strip_prefix('|').and_then(|text| text.split_once(' '));
    let Some((count, rest)) = counted.and_then(|(count, rest)| Some((count.parse::<usize>().ok()?, rest))) else {
        return (Vec::new(), text);
    };
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<(usize, &str)> {
        words(rest).filter(|(_, word)| name(word).is_some_and(is)).take(count).collect()
    };
    let mut starts = named(&|name| known.contains(name));
    if starts.len() < count {
        starts = named(&|_| true);
    }
    let Some((last, word)) = starts.last().copied() else { return (Vec::new(), rest) };
    let end = rest.get(last..).and_then(shell).map_or(last + word.len(), |(at, _)| last + at);
    let (given, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let given = starts.iter().zip(ends).filter_map(|((at, _), end)| {
        let (name, value) = given.get(*at..end)?.trim_end().split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    (given.collect(), rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(created_by: &str, empty_layer: bool, comment: &str) -> Line {
        Line { created_by: created_by.into(), empty_layer, comment: comment.into(), ..Line::default() }
    }

    fn read(created_by: &str, known: &[&str]) -> Step {
        Step::read(created_by, &known.iter().map(|name| (*name).to_owned()).collect())
    }

    fn pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
        pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect()
    }

    #[test]
    fn an_instruction_is_read_as_each_builder_writes_it() {
        for (created_by, keyword, is_shell, text) in [
            ("RUN /bin/sh -c pip install x # buildkit", "RUN", true, "pip install x"),
            ("/bin/sh -c pip install x", "RUN", true, "pip install x"),
            ("|1 A=b /bin/sh -c make", "RUN", true, "make"),
            ("RUN /busybox/sh -ec id # buildkit", "RUN", true, "id"),
            ("RUN /usr/bin/python3 -c import os # buildkit", "RUN", false, "/usr/bin/python3 -c import os"),
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", "CMD", false, "[\"bash\"]"),
            ("/bin/sh -c #(nop) ADD file:1 in / ", "ADD", false, "file:1 in /"),
            ("COPY --chown=1:2 --link /a /b # buildkit", "COPY", false, "/a /b"),
            ("bazel build //python:root", "", false, "bazel build //python:root"),
            ("ENTRYPOINT []", "ENTRYPOINT", false, "[]"),
            ("CMD", "CMD", false, ""),
        ] {
            let step = read(created_by, &[]);
            assert_eq!((step.keyword, step.is_shell, &step.text[..]), (keyword, is_shell, text), "{created_by}");
        }
        let step = read("COPY --chown=1:2 --link /a /b # buildkit", &[]);
        assert_eq!((step.flag("chown"), step.flag("link"), step.flag("from")), (Some("1:2"), Some(""), None));
    }

    #[test]
    fn build_arguments_may_hold_blanks() {
        let known = ["TITLE", "DATE", "REF"];
        for (text, known, given, rest) in [
            ("|2 DATE=today REF=4f1 /bin/sh -c x A=b", &known[..], vec![("DATE", "today"), ("REF", "4f1")], "x A=b"),
            ("|2 TITLE=Lucid Auth x=y REF=4 f 1 /bin/sh -c x", &known, vec![("TITLE", "Lucid Auth x=y"), ("REF", "4 f 1")], "x"),
            ("|1 REF=4f1 python3 -c import os", &known, vec![("REF", "4f1")], "python3 -c import os"),
            ("|2 A=b C=d e", &[], vec![("A", "b"), ("C", "d")], "e"),
            ("|9999999999999999999999 A=b", &[], vec![], "|9999999999999999999999 A=b"),
            ("|3 e", &[], vec![], "e"),
            ("|1 A=é", &[], vec![("A", "é")], ""),
        ] {
            let step = read(&format!("RUN {text}"), known);
            assert_eq!((pairs(&step.arguments), &step.text[..]), (given, rest), "{text}");
        }
    }

    #[test]
    fn a_destination_is_seen_from_the_working_directory() {
        let history = [
            line("COPY a b", false, ""),
            line("WORKDIR /app", false, ""),
            line("WORKDIR src", false, ""),
            line("COPY main.py .", false, ""),
            line("COPY main.py /srv/", false, ""),
        ];
        let history = History::of(&history, 5, false);
        let to: Vec<_> = history.steps.iter().map(|step| step.destination().map(|to| to.to_string())).collect();
        assert_eq!(to, [None, None, None, Some("/app/src".into()), Some("/srv".into())]);
    }

    #[test]
    fn the_base_ends_where_no_dockerfile_was_or_with_the_command_of_another() {
        let above = |lines: &[Line], is_distroless| {
            let history = History::of(lines, 9, is_distroless);
            history.above_base().map(|steps| steps.iter().map(|step| step.line).collect::<Vec<_>>())
        };
        let bazel = [line("bazel build //x", false, ""), line("ENV A=b", true, BUILDKIT), line("COPY a /b", false, BUILDKIT)];
        assert_eq!(above(&bazel, true), Some(vec![2, 3]));
        let library = [
            line("# debian.sh", false, "debuerreotype 0.15"),
            line("RUN /bin/sh -c make # buildkit", false, BUILDKIT),
            line("CMD [\"python3\"]", true, BUILDKIT),
            line("COPY a /b # buildkit", false, BUILDKIT),
            line("CMD [\"b\"]", true, BUILDKIT),
        ];
        assert_eq!(above(&library, false), Some(vec![4, 5]));
        assert_eq!(above(&[line("COPY a /b", false, "")], false), None);
        assert_eq!(above(&[], true), Some(vec![]));
        assert!(!History::of(&library, 9, false).is_mapped);
        assert_eq!(History::of(&library, 3, false).steps.last().unwrap().layer, None);
        assert_eq!(History::of(&library, 3, false).steps.get(3).unwrap().layer, Some(2));
    }
}
