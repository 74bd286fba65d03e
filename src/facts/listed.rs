//! Every account that an image lists: passwd(5), group(5), shadow(5).

use super::contents::Contents;
use crate::layer::LayerPath;
use crate::vfs::{NodeId, Tree};

/// The accounts. Of a file that is not there nothing is listed; of one that could not be read, the reason is.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// `/etc/passwd`.
    pub users: Listed,
    /// `/etc/group`.
    pub groups: Listed,
    /// `/etc/shadow`: its numbers are days, and say nothing here.
    pub shadow: Listed,
}

/// The lines of one file.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The file, links followed, if it is there and was read.
    pub file: Option<NodeId>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Why it is there and was not read.
    pub unread: Option<String>,
}

/// A line, as far as it is used. Text is as the image has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name.
    pub name: String,
    /// The password field, empty where anyone may log in without one.
    pub password: Option<String>,
    /// The user's or the group's number.
    pub number: Option<u64>,
}

/// Accounts of one file: a system that people log in to has a few hundred, and one file can list millions.
const MOST: usize = 10_000;

/// Reads the lists of a tree.
pub fn accounts(tree: &Tree) -> Accounts {
    let contents = Contents::new(tree);
    let list = |path: &str| listed(&contents, &path.into());
    Accounts { users: list("/etc/passwd"), groups: list("/etc/group"), shadow: list("/etc/shadow") }
}

fn listed(contents: &Contents<'_>, path: &LayerPath) -> Listed {
    match contents.read(path) {
        Err(why) => Listed { unread: Some(why), ..Listed::default() },
        Ok(None) => Listed::default(),
        Ok(Some((node, text))) => {
            let mut lines = text.split(|byte| *byte == b'\n').filter_map(line);
            let listed = Listed { file: Some(node), lines: lines.by_ref().take(MOST).collect(), unread: None };
            Listed { unread: lines.next().map(|_| format!("{path} lists more than {MOST} accounts")), ..listed }
        }
    }
}

/// A line; comments, blank ones, and those by which NIS is asked, are none.
fn line(line: &[u8]) -> Option<Line> {
    let line = line.trim_ascii();
    let mut fields = line.split(|byte| *byte == b':').map(|field| String::from_utf8_lossy(field).into_owned());
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with(['#', '+', '-']))?;
    Some(Line { name, password: fields.next(), number: fields.next().and_then(|number| number.parse().ok()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::{dir, file, tree};

    #[test]
    fn lines_are_listed_and_what_is_no_account_is_not() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# a:x:1\n\n+::::::\nodd\nlate::x:1\n";
        let found = accounts(&tree([file("/etc/passwd", passwd), file("/etc/shadow", "root::19000:0\n")]));
        let lines: Vec<_> =
            found.users.lines.iter().map(|line| (&line.name[..], line.password.as_deref(), line.number)).collect();
        assert_eq!(lines, [("root", Some("x"), Some(0)), ("odd", None, None), ("late", Some(""), None)]);
        assert_eq!(found.shadow.lines[0].password.as_deref(), Some(""));
        assert!(found.groups.file.is_none() && found.groups.unread.is_none());
    }

    #[test]
    fn a_list_that_cannot_be_read_is_no_absence() {
        assert!(accounts(&tree([dir("/etc/group")])).groups.unread.is_some_and(|why| why.contains("/etc/group")));
        let many = accounts(&tree([file("/etc/passwd", "a:\n".repeat(MOST + 1))])).users;
        assert_eq!((many.lines.len(), many.unread.is_some()), (MOST, true));
    }
}
