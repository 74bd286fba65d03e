//! Distributions whose modules have other names than they: what a RECORD in the image says outranks this.

/// Normalised names of distributions, and what is imported of them.
const ALIASES: &[(&str, &[&str])] = &[
    ("attrs", &["attr", "attrs"]),
    ("azure-core", &["azure.core"]),
    ("beautifulsoup4", &["bs4"]),
    ("google-api-core", &["google.api_core"]),
    ("google-auth", &["google.auth"]),
    ("googleapis-common-protos", &["google.api"]),
    ("grpcio", &["grpc"]),
    ("mysqlclient", &["MySQLdb"]),
    ("opencv-contrib-python", &["cv2"]),
    ("opencv-contrib-python-headless", &["cv2"]),
    ("opencv-python", &["cv2"]),
    ("opencv-python-headless", &["cv2"]),
    ("pillow", &["PIL"]),
    ("protobuf", &["google.protobuf"]),
    ("psycopg2-binary", &["psycopg2"]),
    ("pycryptodome", &["Crypto"]),
    ("pyjwt", &["jwt"]),
    ("pymongo", &["pymongo", "bson", "gridfs"]),
    ("pynacl", &["nacl"]),
    ("pyopenssl", &["OpenSSL"]),
    ("pyserial", &["serial"]),
    ("python-consul", &["consul"]),
    ("python-dateutil", &["dateutil"]),
    ("python-dotenv", &["dotenv"]),
    ("python-jose", &["jose"]),
    ("python-multipart", &["multipart", "python_multipart"]),
    ("pyyaml", &["yaml"]),
    ("pyzmq", &["zmq"]),
    ("scikit-learn", &["sklearn"]),
    ("setuptools", &["setuptools", "pkg_resources"]),
    ("web3", &["web3", "ens"]),
    ("websocket-client", &["websocket"]),
];

/// Distributions of other origin that own the module of a better known one, and are not what is meant by its name: the
/// module, and the distribution that is meant.
const MISTAKEN: &[(&str, &str)] = &[
    ("bson", "pymongo"),
    ("consul", "python-consul"),
    ("dotenv", "python-dotenv"),
    ("jose", "python-jose"),
    ("jwt", "pyjwt"),
    ("serial", "pyserial"),
    ("websocket", "websocket-client"),
];

/// What is imported of a distribution, by its normalised name; of most, the name itself.
pub fn imports(distribution: &str) -> Vec<String> {
    match ALIASES.iter().find(|(name, _)| *name == distribution) {
        Some((_, names)) => names.iter().map(|name| (*name).to_owned()).collect(),
        None => vec![distribution.replace('-', "_")],
    }
}

/// The distribution that is meant by a module which another distribution of the module's own name brings, too.
pub fn meant(module: &str) -> Option<&'static str> {
    MISTAKEN.iter().find(|(name, _)| *name == module).map(|(_, distribution)| *distribution)
}

#[cfg(test)]
mod tests {
    use super::super::distribution::normalized;
    use super::*;

    #[test]
    fn the_tables_agree_and_are_in_order() {
        assert!(ALIASES.is_sorted_by_key(|(name, _)| name) && MISTAKEN.is_sorted());
        assert!(ALIASES.iter().all(|(name, _)| normalized(name) == *name));
        assert!(MISTAKEN.iter().all(|(module, name)| imports(name).contains(&(*module).to_owned())));
        assert_eq!(imports("async-timeout"), ["async_timeout"]);
    }
}
