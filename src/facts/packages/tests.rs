use std::sync::Arc;

use super::*;
use crate::facts::fixture::{Item, dir, elf, file, hardlink, link, over, tree, unkept};

/// One line a package: format, name, version, database, files that exist of those listed.
fn shown(packages: &Packages) -> Vec<String> {
    let payload =
        |package: &Package| package.payload.map_or("no list".into(), |files| format!("{}/{}", files.present, files.listed));
    let line = |package: &Package| {
        format!("{:?} {} {} {} {}", package.format, package.name, package.version, package.database, payload(package))
    };
    packages.installed.iter().map(line).collect()
}

fn read(items: impl IntoIterator<Item = Item>) -> Packages {
    packages(&tree(items))
}

/// The files of each package, by the first of their names.
fn files(items: impl IntoIterator<Item = Item>) -> Vec<(String, Vec<String>)> {
    let tree = tree(items);
    let files = |package: &Package| package.files.iter().map(|node| tree.path(*node).to_string()).collect();
    packages(&tree).installed.iter().map(|package| (package.name.clone(), files(package))).collect()
}

#[test]
fn the_files_of_a_package_are_the_regular_ones_that_it_lists() {
    let paragraph = |name: &str, more: &str| format!("Package: {name}\nStatus: install ok installed\n{more}\n");
    let conffiles = "Conffiles:\n /etc/x.conf 0123\n /etc/old.conf 4567 obsolete\n /etc/gone 89\n";
    let found = files([
        link("/bin", "usr/bin"),
        file("/usr/bin/x", ""),
        link("/usr/bin/alternative", "x2"),
        file("/usr/bin/x2", ""),
        hardlink("/usr/bin/x3", "/usr/bin/x"),
        file("/etc/x.conf", ""),
        file("/etc/old.conf", ""),
        file(STATUS, paragraph("x", conffiles) + &paragraph("y", "") + &paragraph("z", "")),
        file("/var/lib/dpkg/info/x.list", "/.\n/bin\n/bin/x\n/bin/x\n/usr/bin/alternative\n/etc\n/etc/x.conf\n/nowhere\n"),
        hardlink("/var/lib/dpkg/info/y.list", "/var/lib/dpkg/info/x.list"),
        file("/lib/apk/db/installed", "P:a\nF:usr/bin\nR:x3\nR:none\n"),
    ]);
    let of = |name: &str, files: &[&str]| (name.to_owned(), files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>());
    let wanted = [
        of("a", &["/usr/bin/x3"]),
        of("x", &["/usr/bin/x", "/etc/x.conf", "/etc/old.conf"]),
        of("y", &["/usr/bin/x", "/etc/x.conf"]),
        of("z", &[]),
    ];
    assert_eq!(found, wanted);
}

const STATUS: &str = "/var/lib/dpkg/status";

#[test]
fn only_installed_packages_of_status_count() {
    let text = "Package: make\nStatus: install ok installed\nDescription: x\n Package: trap\nVersion: 4.3-4\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
        Package: kept\nStatus: hold ok installed\nVersion: 2\n\nVersion: 3\nStatus: install ok installed\n";
    let found = read([file(STATUS, text)]);
    assert_eq!(shown(&found), ["Deb kept 2 /var/lib/dpkg/status no list", "Deb make 4.3-4 /var/lib/dpkg/status no list"]);
    assert_eq!((found.databases, found.unread.len()), (1, 0));
}

#[test]
fn the_files_of_a_list_are_looked_for_through_links() {
    let list = "/.\n/bin\n/bin/make\n/usr\n/usr/share\n/usr/share/doc\n/usr/share/doc/make\n/usr/share/doc/make/copyright\n/usr/share/a-b\n/usr/empty\n";
    let status = "Package: make\nStatus: install ok installed\nArchitecture: arm64\n\nPackage: libx\nArchitecture: arm64\nStatus: install ok installed\n";
    let found = read([
        link("/bin", "usr/bin"),
        elf("/usr/bin/make", 183),
        dir("/usr/empty"),
        file(STATUS, status),
        file("/var/lib/dpkg/info/make.list", list),
        file("/var/lib/dpkg/info/libx:arm64.list", "/.\n/usr\n/usr/lib\n/usr/lib/libx.so.1\n"),
    ]);
    assert_eq!(shown(&found), ["Deb libx  /var/lib/dpkg/status 0/1", "Deb make  /var/lib/dpkg/status 1/3"]);
    assert_eq!(found.installed.iter().map(Package::is_phantom).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn packages_with_one_list_share_their_files() {
    let list = "/var/lib/dpkg/info/a.list";
    let found = read([
        file("/x", ""),
        file(STATUS, "Package: a\nStatus: installed\n\nPackage: b\nStatus: installed\n"),
        file(list, "/x\n"),
        hardlink("/var/lib/dpkg/info/b.list", list),
    ]);
    let [a, b] = &found.installed[..] else { panic!("{found:?}") };
    assert!(a.files.len() == 1 && Arc::ptr_eq(&a.files, &b.files), "{found:?}");
}

#[test]
fn distroless_packages_are_files_of_their_own() {
    let found = read([
        file("/var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2.36-9\nArchitecture: arm64\n"),
        file("/var/lib/dpkg/status.d/libc6.md5sums", "0123  ./lib/libc.so.6\n0123  usr/share/doc/libc6/copyright\n"),
        file("/lib/libc.so.6", ""),
        file("/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12\n"),
        hardlink("/var/lib/dpkg/status.d/again", "/var/lib/dpkg/status.d/base"),
    ]);
    assert_eq!(
        shown(&found),
        ["Deb base-files 12 /var/lib/dpkg/status.d/again no list", "Deb libc6 2.36-9 /var/lib/dpkg/status.d/libc6 1/2"]
    );
    assert_eq!(found.databases, 1);
}

#[test]
fn of_two_databases_the_one_whose_files_are_there_counts() {
    let status = "Package: libc6\nVersion: builder\nStatus: install ok installed\n";
    let found = read([
        file(STATUS, status),
        file("/var/lib/dpkg/info/libc6.list", "/.x\n"),
        file("/var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: base\n"),
        file("/var/lib/dpkg/status.d/libc6.md5sums", "0  lib/x\n"),
        file("/lib/x", ""),
    ]);
    assert_eq!(shown(&found), ["Deb libc6 base /var/lib/dpkg/status.d/libc6 1/1"]);
    assert_eq!(found.databases, 2);
}

#[test]
fn apk_lists_its_files_itself() {
    let text =
        "C:Q1x\np:so:libmake\nP:make\nV:4.4-r2\nF:usr\nF:usr/bin\nR:make\na:0:0:755\nR:gmake\nF:empty\n\nP:.build-deps\nV:0\n\n";
    let found = read([file("/lib/apk/db/installed", text), elf("/usr/bin/make", 183)]);
    assert_eq!(shown(&found), ["Apk .build-deps 0 /lib/apk/db/installed 0/0", "Apk make 4.4-r2 /lib/apk/db/installed 1/2"]);
    assert!(!found.installed[0].is_phantom());
}

#[test]
fn what_could_not_be_read_is_said() {
    let found = read([
        unkept(STATUS),
        over("/lib/apk/db/installed"),
        unkept("/var/lib/dpkg/status.d/libc6"),
        file("/usr/lib/sysimage/rpm/rpmdb.sqlite", ""),
        link("/var/lib/rpm", "../../usr/lib/sysimage/rpm"),
    ]);
    let whys = ["status was not kept", "status.d/libc6 was not kept", "over the ceiling", "RPM databases are not read"];
    assert_eq!(found.unread.len(), whys.len());
    assert!(found.unread.iter().zip(whys).all(|(unread, why)| unread.contains(why)), "{:?}", found.unread);
    assert_eq!((found.databases, found.installed.len()), (0, 0));
    assert_eq!(read([dir("/var/lib/rpm")]), Packages::default());
}

#[test]
fn hostile_databases_are_read_without_harm() {
    let found = read([
        file(STATUS, b"Package: \xff\xfe../../etc\nStatus: install ok installed\n\n\n:::\n\0\n\nPackage:\nStatus: installed\n"),
        file("/var/lib/dpkg/status.d/x", b"Package: x\n"),
        file("/var/lib/dpkg/status.d/x.md5sums", b"\n \n0 \n0123\n0  ../../../x\n\xff\xff  \xff\n"),
        file("/lib/apk/db/installed", b"P:\n\nR:x\nF:\nP:y\nR:\n"),
    ]);
    let names: Vec<_> = found.installed.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["x", "y", "\u{fffd}\u{fffd}../../etc"]);
    assert_eq!(found.unread.len(), 0);
}
