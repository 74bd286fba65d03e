//! Hosts of the world by their names, over TLS, behind a proxy that knows the way to them and no other.

use std::collections::BTreeMap;

use lucid_verify::serve::Request;

use crate::authority::Authority;
use crate::misbehaving::{Act, Misbehaving, raw};
use crate::run::Verify;

/// What answers for a host.
pub type Script = Box<dyn Fn(&Request, usize) -> Vec<Act> + Send + Sync>;

/// Hosts, the authority that vouches for all of them, and the way to them.
pub struct World {
    authority: Authority,
    hosts: BTreeMap<String, Misbehaving>,
    proxy: Misbehaving,
}

impl World {
    /// These hosts, each with what answers for it.
    pub fn of<const N: usize>(hosts: [(&str, Script); N]) -> Self {
        let authority = Authority::new("authority of the world");
        let listen = |(name, script): (&str, Script)| {
            let tls = authority.issue(name, 2999).server(None);
            (name.to_owned(), Misbehaving::listen("127.0.0.1", Some(tls), script))
        };
        let hosts: BTreeMap<String, Misbehaving> = hosts.into_iter().map(listen).collect();
        let places: BTreeMap<String, String> = hosts.iter().map(|(name, host)| (format!("{name}:443"), host.host())).collect();
        let proxy = Misbehaving::start(move |request, _| match places.get(&request.path) {
            Some(place) if request.method == "CONNECT" => {
                [raw(&["HTTP/1.1 200 Answer"], b""), vec![Act::Tunnel(place.clone())]].concat()
            }
            _ => raw(&["HTTP/1.1 502 Answer", "content-length: 0"], b""),
        });
        Self { authority, hosts, proxy }
    }

    /// A host.
    pub fn host(&self, name: &str) -> &Misbehaving {
        &self.hosts[name]
    }

    /// How often the way to a host of this name was asked for, whether there is one or not.
    pub fn asked(&self, name: &str) -> usize {
        self.proxy.count(name)
    }

    /// A run in this world.
    pub fn around<'r>(&self, run: Verify<'r>) -> Verify<'r> {
        let proxy = format!("http://{}", self.proxy.host());
        let run = run.home("world.pem", &self.authority.pem).option("--ca-file").option("world.pem");
        run.env("HTTPS_PROXY", &proxy).env("HTTP_PROXY", &proxy)
    }
}
