//! Who the image's processes run as: passwd(5), group(5), and the forms of `USER`.

use std::num::{IntErrorKind, ParseIntError};

use super::contents::Contents;
use crate::layer::Stat;
use crate::text::escape;
use crate::vfs::Tree;

/// The largest id that runtimes accept (moby/sys, `user.maxID`; containerd has the same).
const MAX_ID: i64 = i32::MAX as i64;

/// The identity that `USER` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `USER` as it is written; empty means root.
    pub written: String,
    /// The numeric identity, or why there is none, fit to show.
    pub identity: Result<Identity, String>,
}

/// A numeric identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u64,
    /// Primary group id.
    pub gid: u64,
    /// Supplementary groups, from /etc/group; none where `USER` names a group.
    pub groups: Vec<u64>,
    /// Home directory from /etc/passwd.
    pub home: Option<String>,
}

impl Identity {
    /// Whether it may execute a file of these modes. Root needs any one execute bit (capabilities(7), `CAP_DAC_OVERRIDE`).
    pub fn may_execute(&self, file: &Stat) -> bool {
        if self.uid == 0 { file.mode & 0o111 != 0 } else { self.has(file, 0o1) }
    }

    /// Whether it may look up names in a directory of these modes. Root may in any.
    pub fn may_search(&self, directory: &Stat) -> bool {
        self.uid == 0 || self.has(directory, 0o1)
    }

    /// Whether it may read a file of these modes, or list a directory. Root may read anything.
    pub fn may_read(&self, stat: &Stat) -> bool {
        self.uid == 0 || self.has(stat, 0o4)
    }

    /// Whether it may write a file of these modes, or make and remove names in a directory. Root may anywhere.
    pub fn may_write(&self, stat: &Stat) -> bool {
        self.uid == 0 || self.has(stat, 0o2)
    }

    /// The first class that fits decides, even where a later one would allow more (inode(7)).
    fn has(&self, stat: &Stat, bit: u16) -> bool {
        let shift = if stat.uid == self.uid {
            6
        } else if stat.gid == self.gid || self.groups.contains(&stat.gid) {
            3
        } else {
            0
        };
        stat.mode >> shift & bit != 0
    }
}

/// Resolves `USER` (`""`, `u`, `u:g`, names or numbers) in the image's own passwd and group, as runtimes do (moby/sys,
/// `user.GetExecUser`): a number is never a name; an unknown number stands for itself, an unknown name cannot start.
pub fn user(tree: &Tree, written: &str) -> User {
    User { written: written.to_owned(), identity: identity(tree, written) }
}

fn identity(tree: &Tree, written: &str) -> Result<Identity, String> {
    let (user, group) = written.split_once(':').unwrap_or((written, ""));
    let user = Named::parse("user", if user.is_empty() { "0" } else { user })?;
    let group = if group.is_empty() { None } else { Some(Named::parse("group", group)?) };
    let contents = Contents::new(tree);

    let (uid, account) = match user {
        Named::Name(name) => {
            let account = named(&contents, "user", name, PASSWD)?;
            (account.number(2), Some(account))
        }
        // With both numbers given, passwd only adds the home directory.
        Named::Number(number) => match find(&contents, PASSWD, |entry| entry.number(2) == number) {
            Err(why) if group.is_none() => return Err(why),
            account => (number, account.ok().flatten()),
        },
    };
    let groups = match (&group, &account) {
        (None, Some(account)) => memberships(&contents, account.field(0))?,
        _ => Vec::new(),
    };
    let gid = match group {
        Some(Named::Name(name)) => named(&contents, "group", name, GROUP)?.number(2),
        Some(Named::Number(number)) => number,
        None => account.as_ref().map_or(0, |account| account.number(3)),
    };
    let home = account.map(|account| account.field(5).to_owned()).filter(|home| !home.is_empty());
    Ok(Identity { uid: in_range(PASSWD, uid)?, gid: in_range(GROUP, gid)?, groups, home })
}

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// A user or a group as `USER` names it.
enum Named<'a> {
    Number(i64),
    Name(&'a str),
}

impl<'a> Named<'a> {
    fn parse(what: &str, name: &'a str) -> Result<Self, String> {
        match name.parse::<i64>() {
            Ok(number) if (0..=MAX_ID).contains(&number) => Ok(Self::Number(number)),
            Err(error) if *error.kind() == IntErrorKind::InvalidDigit => Ok(Self::Name(name)),
            _ => Err(format!("{what} id {} is outside of 0 to {MAX_ID}", shown(name))),
        }
    }
}

/// A line of passwd or group: fields between colons, as many as are used.
struct Entry(Vec<String>);

impl Entry {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let fields = || line.split(|byte| *byte == b':').map(|field| String::from_utf8_lossy(field).into_owned());
        (!line.is_empty() && !line.starts_with(b"#")).then(|| Self(fields().take(6).collect()))
    }

    fn field(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    /// Runtimes read a field that is missing or no number as 0, however unwise.
    fn number(&self, index: usize) -> i64 {
        let overlong = |error: &ParseIntError| *error.kind() == IntErrorKind::PosOverflow;
        self.field(index).parse().unwrap_or_else(|error| if overlong(&error) { i64::MAX } else { 0 })
    }
}

/// The entries of a file; none where there is no file.
fn entries<'a>(contents: &Contents<'a>, path: &str) -> Result<impl Iterator<Item = Entry> + 'a, String> {
    let bytes = contents.read(&path.into())?.map_or(&b""[..], |(_, bytes)| bytes);
    Ok(bytes.split(|byte| *byte == b'\n').filter_map(Entry::parse))
}

/// The first entry that is meant: later ones of the same name or number do not count.
fn find(contents: &Contents<'_>, path: &str, is_meant: impl Fn(&Entry) -> bool) -> Result<Option<Entry>, String> {
    Ok(entries(contents, path)?.find(is_meant))
}

fn named(contents: &Contents<'_>, what: &str, name: &str, path: &str) -> Result<Entry, String> {
    let found = find(contents, path, |entry| entry.field(0) == name);
    let found = found.map_err(|why| format!("{what} {} cannot be looked up: {why}", shown(name)))?;
    found.ok_or_else(|| format!("{what} {} is not in the image's {path}", shown(name)))
}

/// The groups that list a user as a member.
fn memberships(contents: &Contents<'_>, user: &str) -> Result<Vec<u64>, String> {
    let lists = |entry: &Entry| !user.is_empty() && entry.field(3).split(',').any(|member| member == user);
    entries(contents, GROUP)?.filter(lists).map(|entry| in_range(GROUP, entry.number(2))).collect()
}

fn in_range(path: &str, number: i64) -> Result<u64, String> {
    let id = u64::try_from(number).ok().filter(|_| number <= MAX_ID);
    id.ok_or_else(|| format!("the image's {path} gives the id {number}, outside of 0 to {MAX_ID}"))
}

fn shown(name: &str) -> String {
    format!("\"{}\"", escape(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::{Item, dir, file, link, over, tree, unkept};

    const PASSWD_TEXT: &str = "# accounts\n\nroot:x:0:0:root:/root:/bin/sh\nshort\ndemo:x:1000:1001::/home/demo\n  late:x:1002:1002::\ndemo:x:7:7::/\nhuge:x:99999999999:0\n";
    const GROUP_TEXT: &str = "root:x:0:\nstaff:x:50:other,demo\nweb:x:80:demo\n#x:x:81:demo\nshort\nodd:x:-3:\n";

    fn accounts() -> Tree {
        tree([file("/etc/passwd", PASSWD_TEXT), file("/etc/group", GROUP_TEXT)])
    }

    fn ids(tree: &Tree, written: &str) -> (u64, u64, Vec<u64>) {
        let identity = user(tree, written).identity.unwrap();
        (identity.uid, identity.gid, identity.groups)
    }

    #[test]
    fn every_form_of_user_is_an_identity() {
        for (written, uid, gid, groups) in [
            ("", 0, 0, vec![]),
            ("0", 0, 0, vec![]),
            ("demo", 1000, 1001, vec![50, 80]),
            ("1000", 1000, 1001, vec![50, 80]),
            ("demo:web", 1000, 80, vec![]),
            ("1000:1000", 1000, 1000, vec![]),
            ("demo:9", 1000, 9, vec![]),
            ("4242", 4242, 0, vec![]),
            ("4242:web", 4242, 80, vec![]),
            (":web", 0, 80, vec![]),
            ("demo:", 1000, 1001, vec![50, 80]),
            ("late", 1002, 1002, vec![]),
        ] {
            assert_eq!(ids(&accounts(), written), (uid, gid, groups), "{written:?}");
        }
        assert_eq!(user(&accounts(), "demo").identity.unwrap().home.as_deref(), Some("/home/demo"));
        assert_eq!(user(&accounts(), "4242").identity.unwrap().home, None);
    }

    #[test]
    fn a_line_without_numbers_is_root_as_runtimes_have_it() {
        assert_eq!(ids(&accounts(), "short"), (0, 0, vec![]));
    }

    #[test]
    fn what_cannot_start_says_what_was_looked_for() {
        for (written, why) in [
            ("nobody", "user \"nobody\" is not in the image's /etc/passwd"),
            ("demo:nogroup", "group \"nogroup\" is not in the image's /etc/group"),
            ("99999999999", "user id \"99999999999\" is outside"),
            ("-1", "user id \"-1\" is outside"),
            ("1000:4294967296", "group id \"4294967296\" is outside"),
            ("99999999999999999999999", "user id"),
            ("huge", "gives the id 99999999999"),
            ("demo:odd", "gives the id -3"),
            ("a\u{1b}[m", "user \"a\\u{1b}[m\" is not"),
            ("# accounts", "is not in"),
        ] {
            let error = user(&accounts(), written).identity.unwrap_err();
            assert!(error.contains(why), "{written}: {error}");
        }
    }

    #[test]
    fn a_passwd_that_was_not_read_is_not_an_absent_one() {
        let with = |item: Item| tree([item, file("/etc/group", GROUP_TEXT)]);
        for item in [unkept("/etc/passwd"), over("/etc/passwd"), dir("/etc/passwd")] {
            let tree = with(item);
            for written in ["demo", "1000", ""] {
                assert!(user(&tree, written).identity.unwrap_err().contains("/etc/passwd"), "{written:?}");
            }
            assert_eq!(ids(&tree, "1000:1000"), (1000, 1000, vec![]));
        }
        let empty = tree([]);
        assert_eq!(ids(&empty, "1000"), (1000, 0, vec![]));
        assert!(user(&empty, "demo").identity.is_err());
    }

    #[test]
    fn links_inside_the_image_are_followed() {
        let tree = tree([
            link("/etc", "/usr/etc"),
            file("/usr/share/passwd", PASSWD_TEXT),
            link("/usr/etc/passwd", "../../../usr/share/passwd"),
        ]);
        assert_eq!(ids(&tree, "demo"), (1000, 1001, vec![]));
    }

    #[test]
    fn the_first_class_that_fits_decides() {
        let mut identity = Identity { uid: 1000, gid: 1000, groups: vec![50], home: None };
        let stat = |mode, uid, gid| Stat { mode, uid, gid, ..Stat::default() };
        assert!(identity.may_execute(&stat(0o100, 1000, 0)) && !identity.may_execute(&stat(0o011, 1000, 0)));
        assert!(identity.may_execute(&stat(0o010, 0, 50)) && !identity.may_execute(&stat(0o101, 0, 1000)));
        assert!(identity.may_search(&stat(0o001, 0, 0)) && !identity.may_search(&stat(0o700, 0, 0)));
        identity.uid = 0;
        assert!(identity.may_execute(&stat(0o001, 1, 1)) && !identity.may_execute(&stat(0o666, 0, 0)));
        assert!(identity.may_search(&stat(0, 1, 1)));
    }
}
