//! Debian's own packages for arm64, fetched by apt without a change to the host's state, as the layers that distroless
//! makes of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::folder::kept;
use super::{BUILT, Content, Entry, pack};

/// The release that the base image is made of.
const RELEASE: &str = "bookworm";

/// Where Debian keeps the keys of its archive.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Runs a command and returns what it printed; what it said otherwise belongs to the panic.
pub fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, output.stderr.escape_ascii());
    output.stdout
}

fn text(command: &mut Command) -> String {
    String::from_utf8(run(command)).unwrap()
}

/// An apt of an arm64 machine, which knows amd64 too and this release alone, and keeps everything in a folder of its own.
pub struct Apt {
    configuration: PathBuf,
    packages: PathBuf,
    /// What was asked for in this process.
    known: Mutex<BTreeMap<String, Package>>,
}

impl Apt {
    /// Reads the package lists anew, from the mirrors that the host itself uses.
    fn update() -> Self {
        let root = pack::cache().join("apt");
        for folder in ["state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "packages"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("state/status"), "").unwrap();
        fs::write(root.join("etc/sources.list"), sources()).unwrap();
        let configuration = root.join("apt.conf");
        fs::write(&configuration, settings(&root)).unwrap();
        let apt = Self { configuration, packages: root.join("packages"), known: Mutex::default() };
        run(apt.command("apt-get").args(["update", "-q"]));
        apt
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", &self.configuration).env("LC_ALL", "C").current_dir(&self.packages);
        command
    }

    /// The newest version of each package, in this order: fetched once, and held by apt against the signed lists, once a
    /// process. A name may have an architecture behind it, as in `gosu:amd64`; all names of a call are for the same one.
    pub fn packages(&self, names: &[&str]) -> Vec<Package> {
        let mut known = self.known.lock().unwrap();
        let new: Vec<&str> = names.iter().copied().filter(|name| !known.contains_key(*name)).collect();
        if !new.is_empty() {
            run(self.command("apt-get").args(["download", "-q"]).args(&new));
            let newest = text(self.command("apt-cache").args(["show", "--no-all-versions"]).args(&new));
            let files: BTreeMap<&str, String> = newest.split("\n\n").filter_map(file_name).collect();
            for name in new {
                let plain = name.split(':').next().unwrap();
                let package = Package { name: plain.to_owned(), file: self.packages.join(&files[plain]) };
                known.insert(name.to_owned(), package);
            }
        }
        names.iter().map(|name| known[*name].clone()).collect()
    }

    /// What `apt-get install --no-install-recommends` of these would install where nothing is installed yet.
    pub fn closure(&self, names: &[&str]) -> Vec<Package> {
        let simulated = ["install", "-qq", "--yes", "--no-install-recommends", "--print-uris"];
        let found = text(self.command("apt-get").args(simulated).args(names));
        let files = found.lines().filter(|line| line.starts_with('\'')).filter_map(|line| line.split(' ').nth(1));
        let mut names: Vec<&str> = files.filter_map(|file| file.split('_').next()).collect();
        names.sort_unstable();
        self.packages(&names)
    }
}

impl Apt {
    /// A file of the upstream source of a package, fetched once with the lists of sources that nothing else needs.
    pub fn upstream(&self, package: &str, file: &str) -> Vec<u8> {
        let made = kept("source", &format!("{package} {file}"), |target| {
            let host = fs::read_to_string(self.configuration.with_file_name("etc/sources.list")).unwrap();
            fs::write(target.join("sources.list"), host.replace("deb [", "deb-src [")).unwrap();
            fs::create_dir_all(target.join("lists/partial")).unwrap();
            let apt = || {
                let mut command = self.command("apt-get");
                command.current_dir(target).arg("-q");
                command.args(["-o", &format!("Dir::Etc::SourceList={}/sources.list", target.display())]);
                command.args(["-o", &format!("Dir::State::Lists={}/lists", target.display())]);
                command
            };
            run(apt().arg("update"));
            run(apt().args(["source", "--download-only", "--tar-only", package]));
            fs::remove_dir_all(target.join("lists")).unwrap();
            let mut found = fs::read_dir(target).unwrap().map(|item| item.unwrap().path());
            let archive = found.find(|path| path.to_str().unwrap().contains(".orig.tar.")).expect("apt fetched the source");
            let members = ["--wildcards", "--strip-components=1", &format!("*/{file}")];
            run(Command::new("tar").arg("-xf").arg(&archive).args(members).current_dir(target));
            fs::remove_file(archive).unwrap();
        });
        fs::read(made.join(file)).unwrap()
    }
}

/// The archive, its lists read anew once a process. Other processes wait for the cache until this one ends.
pub fn archive() -> &'static Apt {
    static ARCHIVE: OnceLock<(File, Apt)> = OnceLock::new();
    let (_, apt) = ARCHIVE.get_or_init(|| {
        let lock = File::create(pack::cache().join("lock")).unwrap();
        lock.lock().unwrap();
        (lock, Apt::update())
    });
    apt
}

/// What `apt-get download` calls the file of the package that this paragraph describes.
fn file_name(paragraph: &str) -> Option<(&str, String)> {
    let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let name = field("Package")?;
    Some((name, format!("{name}_{}_{}.deb", field("Version")?.replace(':', "%3a"), field("Architecture")?)))
}

/// Where the host gets this machine's own release from, with the release exchanged for the one wanted.
fn sources() -> String {
    let host = fs::read_to_string("/etc/os-release").unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).expect("the host is a Debian");
    let columns = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
    let targets = text(Command::new("apt-get").args(["indextargets", "--format", columns, "Created-By: Packages"]));
    let mut lines = String::new();
    for target in targets.lines() {
        let mut fields = target.split(' ');
        let (Some(uri), Some(release), Some("main")) = (fields.next(), fields.next(), fields.next()) else { continue };
        if let Some(suite @ ("" | "-updates" | "-security")) = release.strip_prefix(host) {
            writeln!(lines, "deb [signed-by={KEYRING}] {uri} {RELEASE}{suite} main").unwrap();
        }
    }
    assert!(!lines.is_empty(), "the host's apt has no source of Debian {host}");
    lines
}

/// The settings of that apt: its own folders, and the way to the network that the host's apt takes.
fn settings(root: &Path) -> String {
    let host = text(Command::new("apt-config").args(["dump", "--format", "%F \"%v\";%n"]));
    let network = host.lines().filter(|line| line.starts_with("Acquire::http"));
    let root = root.display();
    let own = format!(
        r#"Dir "{root}";
Dir::State "{root}/state";
Dir::State::status "{root}/state/status";
Dir::Cache "{root}/cache";
Dir::Etc "{root}/etc";
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; "amd64"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
"#
    );
    network.fold(own, |text, line| text + line + "\n")
}

/// A package's file.
#[derive(Clone)]
pub struct Package {
    pub name: String,
    pub file: PathBuf,
}

impl Package {
    /// What is made of the package once, and then kept beside it.
    fn beside(&self, extension: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
        let kept = self.file.with_extension(extension);
        if !kept.exists() {
            let partial = tempfile::NamedTempFile::new_in(self.file.parent().unwrap()).unwrap();
            fs::write(partial.path(), make()).unwrap();
            partial.persist(&kept).unwrap();
        }
        fs::read(kept).unwrap()
    }

    /// One of the package's two tars.
    fn tar(&self, option: &str) -> Vec<u8> {
        self.beside(option.trim_start_matches('-'), || run(Command::new("dpkg-deb").arg(option).arg(&self.file)))
    }

    /// What the package lays down.
    pub fn files(&self) -> Vec<Entry> {
        unpack(&self.tar("--fsys-tarfile"))
    }

    /// The paths of what the package lays down, a line each, as dpkg keeps them.
    pub fn list(&self) -> Vec<u8> {
        self.beside("list", || {
            let paths = self.files().into_iter().map(|entry| entry.path).filter(|path| !path.is_empty());
            paths.fold("/.\n".to_owned(), |text, path| text + "/" + &path + "\n").into_bytes()
        })
    }

    /// What the package says of itself: `control`, `md5sums`, and the scripts that nobody runs here.
    pub fn notes(&self) -> Vec<Entry> {
        unpack(&self.tar("--ctrl-tarfile"))
    }

    /// What the package lays down, and the note of it that distroless keeps where dpkg's database would be.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = self.files();
        let status = "var/lib/dpkg/status.d";
        for end in [3, 7, 12, status.len()] {
            let path = &status[..end];
            if !entries.iter().any(|entry| entry.path == path) {
                entries.push(Entry::directory(path));
            }
        }
        for Entry { path, content, .. } in self.notes() {
            match (&path[..], content) {
                ("control", Content::File(text)) => entries.push(Entry::file(&format!("{status}/{}", self.name), text)),
                ("md5sums", Content::File(sums)) => entries.push(Entry::file(&format!("{status}/{}.md5sums", self.name), sums)),
                _ => {}
            }
        }
        entries
    }
}

/// The entries of a tar, in its order.
fn unpack(tar: &[u8]) -> Vec<Entry> {
    let mut archive = tar::Archive::new(tar);
    archive.entries().unwrap().map(|entry| read(entry.unwrap())).collect()
}

fn read(mut entry: tar::Entry<'_, &[u8]>) -> Entry {
    let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
    let plain = |name: &str| name.trim_start_matches("./").trim_end_matches('/').to_owned();
    let link = entry.link_name_bytes().map(|link| String::from_utf8(link.into_owned()).unwrap());
    let header = entry.header().clone();
    let content = match header.entry_type() {
        tar::EntryType::Directory => Content::Directory,
        tar::EntryType::Symlink => Content::Symlink(link.unwrap()),
        tar::EntryType::Link => Content::Hardlink(plain(&link.unwrap())),
        tar::EntryType::Regular => {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            Content::File(bytes.into())
        }
        other => panic!("{name}: a package holds {other:?}"),
    };
    Entry {
        path: if name == "." { String::new() } else { plain(&name) },
        content,
        mode: header.mode().unwrap() & 0o7777,
        owner: (header.uid().unwrap(), header.gid().unwrap()),
        mtime: header.mtime().unwrap().min(BUILT),
    }
}
