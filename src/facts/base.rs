//! What an image says that it was made from: os-release(5), and what distroless leaves behind.

use std::fmt;

use super::contents::Contents;
use super::packages::Packages;
use crate::layer::LayerPath;
use crate::text::escape;
use crate::vfs::{NodeId, Tree};

/// The base image, as far as files name it. Text is as the image has it, cut to [`LONGEST`] characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// The os-release file, links followed.
    pub file: Option<NodeId>,
    /// `ID`: `debian`, `alpine`.
    pub id: String,
    /// `VERSION_ID`: `12`; empty for rolling releases.
    pub version: String,
    /// `PRETTY_NAME`, else `NAME`.
    pub name: String,
    /// Which of distroless' images it is, if it is one: `python3`, `cc`, `base` or `static`. Images that differ in more than
    /// Debian's packages (Java, Node.js) are called after what of these they are made from.
    pub distroless: Option<&'static str>,
    /// Why there is an os-release file and nothing is known of it.
    pub unread: Option<String>,
}

/// Characters of a value.
const LONGEST: usize = 100;

/// Where os-release is; the first that is there counts.
const RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// Where distroless notes its packages, a file each; no other base image has it.
const NOTES: &str = "/var/lib/dpkg/status.d";

/// Reads what `tree` says of its base; `packages` are the ones of the same tree.
pub fn base(tree: &Tree, packages: &Packages) -> Base {
    let contents = Contents::new(tree);
    let found = RELEASE.iter().map(|path| contents.read(&LayerPath::from(*path))).find(|found| !matches!(found, Ok(None)));
    let (file, text) = match found {
        Some(Ok(Some(found))) => found,
        Some(Err(why)) => return Base { unread: Some(why), ..Base::default() },
        Some(Ok(None)) | None => return Base::default(),
    };
    let text = String::from_utf8_lossy(text);
    let value = |key: &str| text.lines().find_map(|line| assigned(line, key)).unwrap_or_default();
    let name = Some(value("PRETTY_NAME")).filter(|name| !name.is_empty()).unwrap_or_else(|| value("NAME"));
    let has_notes = || tree.resolve(&NOTES.into()).is_ok_and(|notes| tree.children(notes).next().is_some());
    let distroless = (name == "Distroless" && has_notes()).then(|| image(packages));
    Base { file: Some(file), id: value("ID"), version: value("VERSION_ID"), name, distroless, unread: None }
}

/// The value of `KEY=value`, without its quotes.
fn assigned(line: &str, key: &str) -> Option<String> {
    let value = line.trim().strip_prefix(key)?.strip_prefix('=')?;
    Some(value.trim_matches(['"', '\'']).chars().take(LONGEST).collect())
}

/// Which of distroless' images has these packages: each is made from the next.
fn image(packages: &Packages) -> &'static str {
    let has = |is: &dyn Fn(&str) -> bool| packages.installed.iter().any(|package| is(&package.name));
    let is_python = |name: &str| name.strip_prefix("python3.").and_then(|name| name.strip_suffix("-minimal")).is_some();
    match () {
        () if has(&is_python) => "python3",
        () if has(&|name| name == "libstdc++6") => "cc",
        () if has(&|name| name == "libc6") => "base",
        () => "static",
    }
}

/// As profiles name it if it is distroless (`distroless/python3-debian12`), else as it calls itself. Fit to show.
impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| escape(text.as_bytes());
        match self.distroless {
            Some(image) => write!(f, "distroless/{image}-{}{}", text(&self.id), text(&self.version)),
            None if !self.name.is_empty() => f.write_str(&text(&self.name)),
            None if !self.id.is_empty() => write!(f, "{} {}", text(&self.id), text(&self.version)),
            None => f.write_str("no known distribution"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::{Item, dir, file, link, tree};
    use crate::facts::packages;

    const DISTROLESS: &str = "PRETTY_NAME=\"Distroless\"\nNAME=\"Debian GNU/Linux\"\nID=\"debian\"\nVERSION_ID=\"12\"\n";

    fn found(items: impl IntoIterator<Item = Item>) -> Base {
        let tree = tree(items);
        base(&tree, &packages::packages(&tree))
    }

    fn note(name: &str) -> Item {
        file(&format!("/var/lib/dpkg/status.d/{name}"), format!("Package: {name}\nVersion: 1\n"))
    }

    #[test]
    fn distroless_images_are_told_apart_by_their_packages() {
        for (packages, image) in [
            (&["tzdata", "libc6", "libstdc++6", "python3.13-minimal"][..], "distroless/python3-debian12"),
            (&["libc6", "libstdc++6", "python3-distutils"], "distroless/cc-debian12"),
            (&["libc6", "libssl3"], "distroless/base-debian12"),
            (&["tzdata"], "distroless/static-debian12"),
        ] {
            let release = [link("/etc/os-release", "../usr/lib/os-release"), file("/usr/lib/os-release", DISTROLESS)];
            let found = found(release.into_iter().chain(packages.iter().map(|name| note(name))));
            assert_eq!(found.to_string(), image);
        }
    }

    #[test]
    fn what_calls_itself_distroless_and_has_none_of_its_notes_is_another() {
        let found = found([file("/usr/lib/os-release", DISTROLESS), dir("/var/lib/dpkg/status.d")]);
        assert_eq!((found.distroless, found.to_string().as_str()), (None, "Distroless"));
    }

    #[test]
    fn other_distributions_say_their_name() {
        let alpine = "NAME='Alpine Linux'\nID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME=\"Alpine Linux v3.20\x1b[2J\"\n";
        let found = found([file("/etc/os-release", alpine), file("/usr/lib/os-release", DISTROLESS), note("libc6")]);
        assert_eq!((found.id.as_str(), found.version.as_str()), ("alpine", "3.20.1"));
        assert_eq!(found.to_string(), "Alpine Linux v3.20\\u{1b}[2J");
    }

    #[test]
    fn an_image_from_scratch_says_nothing_and_a_file_that_cannot_be_read_is_no_absence() {
        assert_eq!(found([dir("/etc")]), Base::default());
        assert!(found([dir("/etc/os-release")]).unread.is_some_and(|why| why.contains("/etc/os-release")));
        let long = format!("ID={}\n", "x".repeat(1000));
        assert_eq!(found([file("/etc/os-release", long)]).id.len(), LONGEST);
    }
}
