//! Extension modules by their names (PEP 3149; `importlib.machinery.EXTENSION_SUFFIXES`).

use super::interpreter::Version;
use crate::layer::LayerPath;

/// Directories whose objects are data: what a package tests itself with, or brings for machines other than this one.
const DATA: [&str; 8] = ["test", "tests", "testing", "testdata", "test_data", "fixtures", "prebuilds", "node_modules"];

/// Whether an object is data, and nothing that is loaded. Objects that debuggers inject into other processes are named
/// after the machines they are for.
pub fn is_data(path: &LayerPath) -> bool {
    path.name().starts_with(b"attach_") || names_any(path, &DATA)
}

/// Whether one of the components of a path has one of these names.
pub fn names_any(path: &LayerPath, names: &[&str]) -> bool {
    path.components().any(|part| names.iter().any(|name| name.as_bytes() == part))
}

/// The dotted name by which Python imports an extension module: every component up to its first dot an identifier.
pub fn module(path: &LayerPath, site: &LayerPath) -> Option<String> {
    let file = std::str::from_utf8(path.name()).ok()?;
    let file = file.strip_suffix(".so").or_else(|| file.strip_suffix(".pyd"))?;
    let directories = path.components().skip(site.components().count());
    let mut parts: Vec<&str> = directories.map(std::str::from_utf8).collect::<Result<_, _>>().ok()?;
    parts.pop();
    parts.push(file.split('.').next()?);
    parts.iter().all(|part| is_identifier(part)).then(|| parts.join("."))
}

/// Whether a Python of this version imports a file of such a name for an extension module. A file that is named like a
/// library, without a tag, is one.
pub fn is_imported(file: &[u8], version: Version) -> bool {
    let Some(dot) = file.iter().position(|byte| *byte == b'.') else { return false };
    let (stem, ending) = (&file[..dot], &file[dot..]);
    let tag = format!(".cpython-{}{}", version.major, version.minor);
    match ending {
        b".so" => !stem.starts_with(b"lib"),
        b".abi3.so" => true,
        _ => {
            let rest = ending.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_suffix(b".so"));
            rest.is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'-') && !rest.ends_with(b"-musl"))
        }
    }
}

fn is_identifier(word: &str) -> bool {
    let starts_well = word.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    starts_well && word.chars().all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_module_is_what_an_import_can_name() {
        let site = LayerPath::new("/usr/lib/site-packages");
        for (path, name) in [
            ("grpc/_cython/cygrpc.cpython-311-aarch64-linux-gnu.so", Some("grpc._cython.cygrpc")),
            ("_cffi_backend.abi3.so", Some("_cffi_backend")),
            ("numpy.libs/libopenblas-1.so", None),
            ("x/lib/libfoo.so.1", None),
            ("x/lib-64/foo.so", None),
            ("web3/token.sol", None),
        ] {
            assert_eq!(module(&site.join(path), &site).as_deref(), name, "{path}");
        }
        assert!(is_data(&site.join("debugpy/attach_linux_amd64.so")) && is_data(&site.join("x/tests/y.so")));
        assert!(!is_data(&site.join("pytest/y.so")));
    }

    #[test]
    fn a_module_of_another_version_and_a_library_are_not_imported() {
        let version = Version { major: 3, minor: 12, patch: None, told_by: "" };
        for (file, imported) in [
            ("x.cpython-312-aarch64-linux-gnu.so", true),
            ("x.cpython-312.so", true),
            ("x.abi3.so", true),
            ("x.so", true),
            ("x.cpython-311-aarch64-linux-gnu.so", false),
            ("x.cpython-312d-aarch64-linux-gnu.so", false),
            ("x.cpython-312-aarch64-linux-musl.so", false),
            ("libx.so", false),
            ("x.so.1", false),
            ("x", false),
        ] {
            assert_eq!(is_imported(file.as_bytes(), version), imported, "{file}");
        }
    }
}
