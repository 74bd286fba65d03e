//! What such files are called, and what stands in them. Data.

use std::sync::LazyLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::Regex;

use crate::layer::LayerPath;
use crate::text::{Secret, is_secret_name, is_setting, is_template, lossless, secret};

/// A private key in PEM armour: its first line, and a line of its body. Text that speaks of keys has the one without the
/// other.
const KEY: &str = concat!(
    r"(?m)^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[ \t]*\r?\n",
    r"(?:[A-Za-z-]+: .*\r?\n|[ \t]*\r?\n)*(?P<value>[A-Za-z0-9+/=]{16})"
);
/// `user:password@` in an URL.
const IN_URL: &str = r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:(?P<value>[^/\s]+)@";
/// `password WORD` (netrc(5)).
const NETRC: &str = r"\bpassword[ \t\r\n]+(?P<value>\S+)";

/// Names, as globs of `DIRECTORY/NAME`; what they hold; and the expression whose `value` is the secret.
const ROWS: [(&str, &str, &str); 18] = [
    // Keys are called anything.
    ("**", "a private key", KEY),
    ("*/{.netrc,_netrc}", "a password of a host", NETRC),
    ("{apt/auth.conf,auth.conf.d/*}", "a password of a host", NETRC),
    ("*/.pypirc", "a password of a package index", r"(?mi)^\s*password\s*[=:]\s*(?P<value>\S+)"),
    ("*/{pip.conf,pip.ini,uv.toml,.condarc,requirements*.txt}", "a password of a package index", IN_URL),
    ("*/{.git-credentials,.gitconfig}", "a password of a repository", IN_URL),
    (".git/config", "a password of a repository", IN_URL),
    (
        "*/{.npmrc,.yarnrc,.yarnrc.yml}",
        "a token of a package index",
        r#"(?m)(?:_authToken|_password|_auth|npmAuthToken|npmAuthIdent)"?\s*[=:]\s*"?(?P<value>[^\s"]+)"#,
    ),
    (".cargo/credentials{,.toml}", "a token of a package index", r#"(?m)^\s*token\s*=\s*"(?P<value>[^"]+)""#),
    (".aws/{credentials,config}", "a key of AWS", r"(?mi)^\s*aws_secret_access_key\s*=\s*(?P<value>\S+)"),
    (".kube/config", "a key of a cluster", CLUSTER),
    ("*/{kubeconfig,*.kubeconfig}", "a key of a cluster", CLUSTER),
    ("{.docker/config.json,containers/auth.json,*/.dockercfg,*/.dockerconfigjson}", "a password of a registry", REGISTRY),
    ("*/*.json", "the key of a service account", r#""private_key"\s*:\s*"(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]+)""#),
    ("*/application_default_credentials.json", "a token of Google's", r#""refresh_token"\s*:\s*"(?P<value>[^"]+)""#),
    ("*/.pgpass", "a password of a database", r"(?m)^(?:[^#:\n][^:\n]*:){4}(?P<value>.+)$"),
    ("*/.my.cnf", "a password of a database", r"(?m)^\s*password\s*=\s*(?P<value>\S+)"),
    ("gh/hosts.yml", "a token of GitHub's", r"(?m)^\s*oauth_token:\s*(?P<value>\S+)"),
];
const CLUSTER: &str = r#"(?m)^\s*(?:-\s*)?(?:token|client-key-data|password):\s*"?(?P<value>[^\s"]+)"#;
const REGISTRY: &str = r#""(?:auth|identitytoken|registrytoken|password)"\s*:\s*"(?P<value>[^"]+)""#;

/// Files of variables, and those of them that are templates.
const VARIABLES: &str = "*/{.env,.env.*,*.env}";
const TEMPLATES: [&str; 6] = ["example", "sample", "template", "tmpl", "dist", "defaults"];

/// Endings of key stores, which are told by their name: their content is no text.
const STORES: [(&str, &str); 6] = [
    (".p12", "a key store"),
    (".pfx", "a key store"),
    (".jks", "a key store"),
    (".keystore", "a key store"),
    (".kdbx", "a password store"),
    (".ppk", "a private key"),
];
/// Parts of the names of stores that hold what is trusted, and no keys.
const TRUST: [&str; 2] = ["trust", "cacerts"];

/// Directories of what is shown and not used.
#[rustfmt::skip]
const SHOWN: [&[u8]; 14] = [
    b"__tests__", b"doc", b"docs", b"example", b"examples", b"fixtures", b"node_modules", b"samples", b"spec", b"test", b"test_data",
    b"testdata", b"testing", b"tests",
];
/// The key that Debian's ssl-cert makes where it is installed, for nobody to rely on.
const SNAKE_OIL: &[u8] = b"ssl-cert-snakeoil.key";

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| ROWS.iter().map(|(_, _, text)| pattern(text)).collect());
static NAMES: LazyLock<GlobSet> = LazyLock::new(|| {
    let mut set = GlobSetBuilder::new();
    for glob in ROWS.iter().map(|(glob, ..)| *glob).chain([VARIABLES]) {
        set.add(GlobBuilder::new(glob).literal_separator(true).build().unwrap_or_else(|error| unreachable!("{error}")));
    }
    set.build().unwrap_or_else(|error| unreachable!("{error}"))
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}

/// What a file of this name holds, where its name alone tells.
pub(super) fn by_name(name: &[u8]) -> Option<&'static str> {
    let ends = |ending: &str| {
        let end = name.len().checked_sub(ending.len()).filter(|at| *at > 0).and_then(|at| name.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(ending.as_bytes()))
    };
    let (_, kind) = STORES.iter().find(|(ending, _)| ends(ending))?;
    let name = lossless(name).to_ascii_lowercase();
    (!TRUST.iter().any(|part| name.contains(part))).then_some(kind)
}

/// Whether a file lies where nothing is used.
pub(super) fn is_shown(path: &LayerPath) -> bool {
    let directory = path.parent().unwrap_or_default();
    path.name() == SNAKE_OIL || directory.components().any(|name| SHOWN.contains(&name))
}

/// The rows that a name fits, by their number; one more than there are stands for variables.
pub(super) fn rows(directory: &[u8], name: &[u8]) -> Vec<usize> {
    let is_template = || TEMPLATES.iter().any(|word| lossless(name).to_ascii_lowercase().contains(word));
    let mut rows = NAMES.matches(format!("{}/{}", lossless(directory), lossless(name)));
    rows.retain(|row| *row < ROWS.len() || !is_template());
    rows
}

/// Whether a row is for files of certain names.
pub(super) fn is_named(row: usize) -> bool {
    row > 0
}

/// What files of a row hold.
pub(super) fn kind(row: usize) -> &'static str {
    ROWS.get(row).map_or("a secret in a variable", |(_, kind, _)| kind)
}

/// Whether a content holds what a row is about.
pub(super) fn holds(row: usize, content: &[u8]) -> bool {
    let Some(pattern) = PATTERNS.get(row) else { return has_secret_variable(&lossless(content)) };
    let values = pattern.captures_iter(content).filter_map(|found| found.name("value"));
    let mut values = values.map(|value| lossless(value.as_bytes()));
    values.any(|value| !is_template(value.trim_matches(['"', '\''])))
}

/// Whether a file of `NAME=value` lines sets a variable whose name or whose value is that of a secret.
fn has_secret_variable(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim().trim_start_matches("export ");
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { return false };
        let value = value.trim().trim_matches(['"', '\'']);
        let is_named = is_secret_name(name.trim()) && !value.is_empty() && !is_setting(value);
        let is_shaped = match secret(value) {
            Some(Secret::Password { password, .. }) => !is_template(password),
            Some(Secret::Shaped { .. }) => true,
            None => false,
        };
        !is_template(value) && is_named || is_shaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, content: &str) -> Option<&'static str> {
        let (directory, name) = path.rsplit_once('/').unwrap();
        let directory = directory.rsplit('/').next().unwrap().as_bytes();
        let rows = || rows(directory, name.as_bytes()).into_iter();
        by_name(name.as_bytes()).or_else(|| rows().find(|row| holds(*row, content.as_bytes())).map(kind))
    }

    const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3x\n";

    #[test]
    fn a_secret_is_told_by_name_and_content() {
        for (path, content) in [
            ("/root/.ssh/id_rsa", KEY),
            ("/app/anything", &KEY.replace('\n', "\r\n")),
            ("/app/key.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQdGBGX0qZ8BEADBfH7y3vPj\n"),
            ("/root/.netrc", "machine a\n  login b\n  password hunter2\n"),
            ("/etc/apt/auth.conf.d/x.conf", "machine a login b password hunter2"),
            ("/root/.pypirc", "[pypi]\nusername = __token__\npassword = pypi-x\n"),
            ("/etc/pip.conf", "[global]\nindex-url = https://me:hunter2@host/simple\n"),
            ("/app/requirements-dev.txt", "--extra-index-url https://me:hunter2@host/simple\n"),
            ("/root/.npmrc", "//registry.npmjs.org/:_authToken=npm_x\n"),
            ("/root/.git-credentials", "https://me:hunter2@github.com\n"),
            ("/app/.git/config", "[remote \"origin\"]\n\turl = https://me:hunter2@github.com/x.git\n"),
            ("/root/.aws/credentials", "[default]\naws_access_key_id = x\naws_secret_access_key = y\n"),
            ("/root/.kube/config", "users:\n- name: x\n  user:\n    token: abc\n"),
            ("/root/.docker/config.json", "{\"auths\": {\"ghcr.io\": {\"auth\": \"bWU6cHc=\"}}}"),
            ("/app/sa.json", "{\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMII\\n\"}"),
            ("/root/.pgpass", "db:5432:*:me:hunter2\n"),
            ("/app/.env", "# x\nexport DB_PASSWORD='hunter2'\n"),
            ("/app/prod.env", "DATABASE_URL=postgres://me:hunter2@db/x\n"),
            ("/app/.env.production", "STRIPE=sk_live_0123456789012345678901\n"),
            ("/app/server.p12", ""),
        ] {
            assert!(told(path, content).is_some(), "{path}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for (path, content) in [
            ("/etc/ssl/certs/ca.pem", "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3x\n"),
            ("/app/x.py", "KEY = '-----BEGIN PRIVATE KEY-----'\n"),
            ("/app/README", "-----BEGIN PRIVATE KEY-----\n...\n"),
            ("/root/.netrc", "machine a login b\n"),
            ("/etc/pip.conf", "[global]\nindex-url = https://host/simple\n"),
            ("/etc/pip.conf", "[global]\nindex-url = https://me:${PIP_PASSWORD}@host/simple\n"),
            ("/app/.npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nfund=false\n"),
            ("/root/.docker/config.json", "{\"auths\": {}, \"credsStore\": \"pass\"}"),
            ("/app/.env", "DB_PASSWORD=\nAPI_KEY=<your key>\nSECRET_KEY=${SECRET_KEY}\nTOKEN_TTL=60\nDEBUG=true\n"),
            ("/app/.env.example", "DB_PASSWORD=hunter2\n"),
            ("/app/config", "token: abc\n"),
            ("/etc/ssl/certs/java/cacerts.jks", ""),
            ("/app/truststore.jks", ""),
        ] {
            assert_eq!(told(path, content), None, "{path}");
        }
    }

    #[test]
    fn every_row_finds_a_value() {
        assert_eq!(PATTERNS.len(), ROWS.len());
        for (pattern, (glob, ..)) in PATTERNS.iter().zip(&ROWS) {
            assert!(pattern.capture_names().flatten().any(|name| name == "value"), "{glob}");
        }
        assert_eq!(NAMES.len(), ROWS.len() + 1);
    }
}
