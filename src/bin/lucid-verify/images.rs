//! Which images a run is about: those that are named, those of a list, and those of a Compose file, each once.

use std::collections::BTreeMap;
use std::path::Path;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::reference::{Platform, Reference};

use crate::args::{Common, Verify};
use crate::compose::{Stack, dotenv};
use crate::file::{self, is_stdin};

/// Bytes of a list or of a Compose file. Those of a thousand services have less than one.
const MOST: u64 = 4 << 20;

/// An image that is to be verified.
#[derive(Debug, Clone)]
pub struct Target {
    pub reference: Reference,
    /// What to take from an index, where a Compose file says it.
    pub platform: Option<Platform>,
    /// The services of Compose files that run it.
    pub services: Vec<String>,
    /// Why it is not known what is there: then the reference is that of a registry or a repository whose list could not be had.
    pub unlisted: Option<Error>,
}

impl Target {
    /// An image by itself.
    pub fn of(reference: Reference) -> Self {
        Self { reference, platform: None, services: Vec::new(), unlisted: None }
    }

    /// What stands for images that are not known.
    pub fn unlisted(place: Reference, why: Error) -> Self {
        Self { unlisted: Some(why), ..Self::of(place) }
    }
}

/// All images that the arguments name, in the order in which they are named. What is said of Compose files goes to `note`.
pub fn named(args: &Verify, common: &Common, note: &dyn Fn(&str)) -> Result<Vec<Target>> {
    let mut all: Vec<Target> = args.images.iter().cloned().map(Target::of).collect();
    if let Some(file) = &args.list {
        one_stdin(file, &all, common)?;
        let name = file::name(file);
        all.extend(listed(&name, &read(file, "list of images")?)?.into_iter().map(Target::of));
    }
    for file in &args.compose {
        let stack = stack(file)?;
        stack.notes.iter().for_each(|said| note(said));
        all.extend(stack.targets);
    }
    if all.is_empty() && args.sweep.catalog.is_empty() {
        return Err(Error::new(Kind::Usage, "there is no image in what was named").hint("name an IMAGE, or one a line in a list"));
    }
    Ok(all)
}

/// The images of a Compose file. Its variables are those of the environment, then those of the file `.env` beside it.
fn stack(file: &Path) -> Result<Stack> {
    let (text, name) = (read(file, "Compose file")?, file.display().to_string());
    let beside = file.with_file_name(".env");
    let own = if beside.is_file() {
        dotenv::parse(&beside.display().to_string(), &read(&beside, "file")?, &variable)?
    } else {
        BTreeMap::new()
    };
    Stack::parse(&name, &text, &|name| variable(name).or_else(|| own.get(name).cloned()))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// stdin holds one thing.
fn one_stdin(file: &Path, named: &[Target], common: &Common) -> Result<()> {
    let other = if common.password_stdin {
        "--password-stdin"
    } else if named.iter().any(|target| target.reference.is_on_stdin()) {
        "an image archive"
    } else {
        return Ok(());
    };
    if is_stdin(file) {
        let what = format!("a list of images and {other} would be read from stdin, which holds one thing");
        return Err(Error::new(Kind::Usage, what).hint("write the list to a file"));
    }
    Ok(())
}

/// The text of a file that someone wrote.
fn read(path: &Path, what: &str) -> Result<String> {
    if is_stdin(path) { file::whole(std::io::stdin().lock(), path, what, MOST) } else { file::text(path, what, MOST) }
}

/// The images of a list: one a line, blank lines and what follows a `#` left out.
fn listed(file: &str, text: &str) -> Result<Vec<Reference>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut images = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let is_comment = |(at, _): &(usize, &str)| *at == 0 || line[..*at].ends_with(char::is_whitespace);
        let end = line.match_indices('#').find(is_comment).map_or(line.len(), |(at, _)| at);
        let mut words = line[..end].split_whitespace();
        let place = |word: &str| {
            let column = line[..word.as_ptr().addr() - line.as_ptr().addr()].chars().count() + 1;
            format!("{file}:{}:{column}", number + 1)
        };
        let Some(word) = words.next() else { continue };
        if let Some(more) = words.next() {
            let what = format!("{}: one image a line is wanted, and here is another word", place(more));
            return Err(Error::new(Kind::Usage, what).hint("begin a comment with #"));
        }
        images.push(word.parse().map_err(|error: Error| Error { what: format!("{}: {}", place(word), error.what), ..error })?);
    }
    Ok(images)
}

/// Each image once a platform, with the services of all that named it.
pub fn once(all: Vec<Target>) -> Vec<Target> {
    let (mut targets, mut places): (Vec<Target>, BTreeMap<_, usize>) = (Vec::new(), BTreeMap::new());
    for target in all {
        let named = (target.reference.to_string(), target.platform.as_ref().map(ToString::to_string));
        let place = *places.entry(named).or_insert(targets.len());
        match targets.get_mut(place) {
            Some(known) => {
                let new = target.services.into_iter().filter(|name| !known.services.contains(name)).collect::<Vec<_>>();
                known.services.extend(new);
            }
            None => targets.push(target),
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        let images = listed("images.txt", text).map_err(|error| error.to_string())?;
        Ok(images.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_list_has_one_image_a_line_and_comments() {
        let text = "\u{feff}# services\n\n  pickme/auth:1   # the first\r\noci:/a#b\n#pickme/none\n";
        assert_eq!(names(text).unwrap(), ["docker.io/pickme/auth:1", "oci:/a#b"]);
        assert_eq!(names("").unwrap(), [""; 0]);
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let error = names("pickme/auth:1\n\t pickme/Auth:1\n").unwrap_err();
        assert!(error.starts_with("images.txt:2:3: "), "{error}");
        let error = names("é a b\n").unwrap_err();
        assert_eq!(error, "images.txt:1:3: one image a line is wanted, and here is another word");
        assert!(names("a/a a/a\n").unwrap_err().starts_with("images.txt:1:5: "));
    }

    #[test]
    fn an_image_is_verified_once_a_platform_for_all_services_that_run_it() {
        let target = |name: &str, platform: Option<&str>, service: &str| Target {
            reference: name.parse().unwrap(),
            platform: platform.map(|text| text.parse().unwrap()),
            services: vec![service.to_owned()],
            unlisted: None,
        };
        let arm = Some("linux/arm64");
        let all =
            vec![target("a", None, "web"), target("a:latest", None, "job"), target("a", arm, "web"), target("a", None, "web")];
        let targets = once(all);
        assert_eq!(targets.len(), 2);
        assert_eq!(
            (&targets[0].services[..], &targets[1].services[..]),
            (&["web".into(), "job".into()][..], &["web".into()][..])
        );
    }
}
