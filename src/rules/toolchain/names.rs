//! Names of tools. Data.

use std::sync::LazyLock;

use regex::Regex;

/// Compilers and what belongs to them, without target prefix and version.
pub(super) const COMPILERS: &[&str] = &[
    "c++",
    "c89",
    "c89-gcc",
    "c99",
    "c99-gcc",
    "cc",
    "clang",
    "clang++",
    "clang-cl",
    "cpp",
    "cython",
    "flang",
    "g++",
    "gcc",
    "gcc-ar",
    "gcc-nm",
    "gcc-ranlib",
    "gccgo",
    "gcov",
    "gcov-dump",
    "gcov-tool",
    "gdc",
    "gfortran",
    "ghc",
    "gnat",
    "go",
    "gofmt",
    "icc",
    "javac",
    "cargo",
    "lto-dump",
    "nasm",
    "nvcc",
    "ocamlopt",
    "rustc",
    "swiftc",
    "swig",
    "tcc",
    "yasm",
    "zig",
];

/// Programs and plug-ins that compilers call: what is left where only their drivers were removed.
pub(super) const INTERNAL: &[&str] = &["cc1", "cc1plus", "collect2", "f951", "liblto_plugin.so", "lto-wrapper", "lto1"];

/// What builds software out of its parts, and what that calls.
pub(super) const BUILD_SYSTEMS: &[&str] = &[
    "aclocal",
    "autoconf",
    "automake",
    "autoreconf",
    "bazel",
    "bison",
    "cmake",
    "ctest",
    "dpkg-architecture",
    "dpkg-buildpackage",
    "dpkg-shlibdeps",
    "flex",
    "gmake",
    "libtool",
    "libtoolize",
    "m4",
    "make",
    "make-first-existing-target",
    "meson",
    "ninja",
    "patch",
    "pkg-config",
    "pkgconf",
    "scons",
    "yacc",
];

/// Programs of binutils and elfutils, without target prefix and version.
pub(super) const BINUTILS: &[&str] = &[
    "addr2line",
    "ar",
    "as",
    "c++filt",
    "dwp",
    "elfedit",
    "eu-readelf",
    "eu-strip",
    "gold",
    "gprof",
    "gprofng",
    "ld",
    "ld.bfd",
    "ld.gold",
    "ld.lld",
    "lld",
    "nm",
    "objcopy",
    "objdump",
    "ranlib",
    "readelf",
    "size",
    "strings",
    "strip",
];

/// Package managers of operating systems. Those of languages are another matter.
pub(super) const PACKAGE_MANAGERS: &[&str] = &[
    "apk",
    "apt",
    "apt-cache",
    "apt-get",
    "apt-mark",
    "aptitude",
    "dnf",
    "dpkg",
    "dpkg-deb",
    "dpkg-query",
    "microdnf",
    "nix",
    "opkg",
    "pacman",
    "rpm",
    "snap",
    "tdnf",
    "yum",
    "zypper",
];

/// Shells. `nologin` and `false` are none.
pub(in crate::rules) const SHELLS: &[&str] = &[
    "ash",
    "bash",
    "bash-static",
    "busybox",
    "busybox.nosuid",
    "busybox.suid",
    "csh",
    "dash",
    "elvish",
    "es",
    "fish",
    "ksh",
    "ksh93",
    "lksh",
    "mksh",
    "mksh-static",
    "nu",
    "oksh",
    "posh",
    "pwsh",
    "rbash",
    "rc",
    "sh",
    "tcsh",
    "toybox",
    "xonsh",
    "yash",
    "zsh",
    "zsh-static",
    "zsh5",
];

/// Programs that do the work of others by many names: `patch` of busybox is no build tool.
pub(super) const APPLETS: [&[u8]; 2] = [b"busybox", b"toybox"];

/// Names that scripts of other programs carry too.
pub(super) const SHORT: &[&str] = &[
    "apk", "ar", "as", "cc", "es", "fish", "flex", "go", "ld", "nix", "nm", "nu", "patch", "posh", "rc", "size", "snap", "strip",
    "zig",
];

/// Debian packages that are tools.
const DEB: &str = concat!(
    r"^(?:build-essential|make|make-guile|cmake|ninja-build|meson|autoconf|automake|libtool|m4|bison|flex|patch|pkg-config|pkgconf|pkgconf-bin",
    r"|dpkg-dev|libdpkg-perl|fakeroot|binutils|binutils-.*|libc-dev-bin|linux-libc-dev|rustc|cargo|golang.*|openjdk-.*-jdk.*|gdb|strace",
    r"|(?:gcc|g\+\+|cpp|gfortran|gobjc|gdc|gnat)(?:-\d+)?(?:-[a-z0-9_-]+-linux-gnu\w*)?|(?:clang|llvm|lld)(?:-\d+)?|lib.*-dev|python3(?:\.\d+)?-dev)$"
);

/// Alpine packages that are tools.
const APK: &str = concat!(
    r"^(?:build-base|gcc|g\+\+|musl-dev|make|cmake|linux-headers|pkgconf|binutils|autoconf|automake|libtool|patch|go|rust|cargo",
    r"|clang\d*|gdb|strace|.*-dev|\.build-deps.*)$"
);

/// A target before a tool's name, as in `aarch64-linux-gnu-gcc`.
const TARGET: &str = r"^(?:\w+-)+linux-(?:gnu|musl)\w*-";

/// A version behind it, as in `gcc-12`.
const VERSION: &str = r"-\d+(?:\.\d+)*$";

static PATTERNS: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    [DEB, APK, TARGET, VERSION].map(|pattern| Regex::new(pattern).unwrap_or_else(|error| unreachable!("{error}")))
});

/// Whether a Debian package is a tool. `gcc-12-base`, `libgcc-s1` and the like are libraries and documentation.
pub(super) fn is_deb(name: &str) -> bool {
    PATTERNS[0].is_match(name)
}

/// Whether an Alpine package is a tool.
pub(super) fn is_apk(name: &str) -> bool {
    PATTERNS[1].is_match(name)
}

/// The name of a tool without its target and version.
pub(in crate::rules) fn plain(name: &str) -> String {
    PATTERNS[3].replace(&PATTERNS[2].replace(name, ""), "").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_versions_are_no_part_of_a_name() {
        for (name, bare) in [
            ("aarch64-linux-gnu-gcc-12", "gcc"),
            ("x86_64-alpine-linux-musl-g++", "g++"),
            ("gcc-ar-12", "gcc-ar"),
            ("clang-14.0", "clang"),
            ("gcc", "gcc"),
            ("c89-gcc", "c89-gcc"),
            ("linux-gnu-tool", "linux-gnu-tool"),
        ] {
            assert_eq!(plain(name), bare);
        }
    }

    #[test]
    fn libraries_that_are_named_after_a_compiler_are_no_tools() {
        for tool in
            ["gcc", "gcc-12", "g++-12", "gcc-12-aarch64-linux-gnu", "cpp", "libc6-dev", "binutils-common", "python3.9-dev"]
        {
            assert!(is_deb(tool), "{tool}");
        }
        for library in
            ["gcc-12-base", "libgcc-s1", "libstdc++6", "libgomp1", "libatomic1", "cpp-doc", "python3.9-minimal", "dash"]
        {
            assert!(!is_deb(library), "{library}");
        }
        assert!(is_apk("build-base") && is_apk(".build-deps-x") && is_apk("libffi-dev") && !is_apk("libgcc") && !is_apk("musl"));
    }

    #[test]
    fn short_names_are_names_of_tools() {
        let tools = [COMPILERS, BUILD_SYSTEMS, BINUTILS, PACKAGE_MANAGERS, SHELLS].concat();
        assert!(SHORT.iter().all(|name| tools.contains(name)));
    }
}
