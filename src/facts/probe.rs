//! What a health check does, as far as its words and its code show.

mod address;

use std::time::Duration;

use super::command::absolute;
use super::command::code::{Call, Code, Token, pair};
use super::command::program::{Runs, base, is_python, program, python};
use crate::image::Config;
use crate::layer::LayerPath;
use crate::vfs::Tree;
use address::Values;

/// Words of a command that are looked at.
const MAX_WORDS: usize = 1024;

/// A health check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// Where it connects to: hosts and ports that stand in its words, or are the values of variables and defaults that do.
    pub targets: Vec<Target>,
    /// What its code does, where that is Python: a line behind `-c`, or a file whose text was kept.
    pub script: Option<Script>,
    /// That file.
    pub file: Option<LayerPath>,
}

/// Where a health check connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host, as it is written.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What a program does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// The calls that open a connection, by their names.
    pub opens: Vec<String>,
    /// Those of them that may wait forever.
    pub endless: Vec<String>,
    /// The longest timeout that is written as a number.
    pub timeout: Option<Duration>,
    /// Calls of `connect`, which raises an exception where `connect_ex` returns a number, outside of a `try`.
    pub raises: usize,
    /// Whether it ends alike whatever comes of its connections.
    pub is_constant: bool,
}

impl Probe {
    /// What the health check of a configuration does, if there is one.
    pub fn of(tree: &Tree, config: &Config) -> Option<Self> {
        let argv = config.probe()?;
        let program = program(&argv);
        let (name, arguments) = program.split_first()?;
        match python(arguments).runs {
            Runs::Code(text) if is_python(name) => return Some(Self::code(text, None, config)),
            Runs::Script(path) if is_python(name) => {
                let path = absolute(tree, config, path.as_bytes());
                let trace = tree.resolve(&path).ok().and_then(|node| tree.trace(node));
                let text = trace.and_then(|trace| std::str::from_utf8(trace.bytes()?).ok());
                return Some(text.map_or_else(Self::default, |text| Self::code(text, Some(path), config)));
            }
            _ => {}
        }
        let is_shell = config.healthcheck().is_some_and(crate::image::Healthcheck::is_shell);
        let words = argv.iter().flat_map(|word| if is_shell { word.split_whitespace().collect() } else { vec![word.as_str()] });
        let words: Vec<&str> = words.take(MAX_WORDS).collect();
        let asks = words.iter().any(|word| ["curl", "wget"].contains(&base(word)));
        let urls = words.iter().filter(|_| asks).filter_map(|word| address::url(&address::expanded(word, config)));
        Some(Self { targets: urls.collect(), ..Self::default() })
    }

    /// What a program does; nothing is known of one that is too long.
    fn code(text: &str, file: Option<LayerPath>, config: &Config) -> Self {
        let code = Code::parse(text);
        code.map_or_else(Self::default, |code| Self { targets: targets(&code, config), script: Some(script(&code)), file })
    }

    /// The ports of the container itself that it connects to.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.targets.iter().filter(|target| target.is_here()).map(|target| target.port)
    }
}

impl Target {
    /// Whether the host is the container itself.
    fn is_here(&self) -> bool {
        ["", "localhost", "0.0.0.0", "::1", "::"].contains(&self.host.as_str()) || self.host.starts_with("127.")
    }
}

/// How a call opens a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    /// A socket's own method, whose timeout is the socket's.
    Method,
    /// To an address, with a timeout at that place.
    Address(usize),
    /// To a host and a port.
    Host,
    /// To a URL at that place, with a timeout at that place.
    Url(usize, usize),
    /// To a URL, by a library that waits no longer than some seconds.
    Patient(usize),
}

/// The place of an argument that has a name only. The library that wants it so (requests) heeds no default of sockets.
const NOWHERE: usize = usize::MAX;

fn opens(call: &Call<'_, '_>, code: &Code<'_>) -> Option<Opens> {
    let verb = ["get", "head", "post", "options", "put"].contains(&call.name);
    match (call.owner, call.name) {
        (Some(_), "connect" | "connect_ex") if code.has("socket") => Some(Opens::Method),
        (_, "create_connection") => Some(Opens::Address(1)),
        (_, "HTTPConnection" | "HTTPSConnection") => Some(Opens::Host),
        (_, "urlopen") => Some(Opens::Url(0, 2)),
        (Some("requests"), _) if verb => Some(Opens::Url(0, NOWHERE)),
        (Some("requests"), "request") => Some(Opens::Url(1, NOWHERE)),
        (Some("httpx"), _) if verb => Some(Opens::Patient(0)),
        _ => None,
    }
}

fn script(code: &Code<'_>) -> Script {
    let calls: Vec<Call<'_, '_>> = code.calls().collect();
    let given = |argument: Option<&[Token<'_>]>| argument.is_some_and(|value| value != [Token::Name("None")]);
    let set = |name: &str| calls.iter().any(|call| call.name == name && given(call.argument("value", 0)));
    let (default, socket) = (set("setdefaulttimeout"), set("settimeout"));
    let opening = || calls.iter().filter_map(|call| Some((call, opens(call, code)?)));
    let ends = |(call, opens): &(&Call<'_, '_>, Opens)| match opens {
        Opens::Method => default || socket,
        Opens::Address(at) | Opens::Url(_, at) if *at != NOWHERE => default || given(call.argument("timeout", *at)),
        Opens::Address(at) | Opens::Url(_, at) => given(call.argument("timeout", *at)),
        Opens::Host => default || given(call.argument("timeout", 2)),
        Opens::Patient(_) => call.argument("timeout", NOWHERE).is_none_or(|value| given(Some(value))),
    };
    let seconds = |call: &Call<'_, '_>| {
        let place = match opens(call, code) {
            Some(Opens::Address(at) | Opens::Url(_, at)) => at,
            Some(Opens::Host) => 2,
            Some(Opens::Method | Opens::Patient(_)) => NOWHERE,
            None if ["settimeout", "setdefaulttimeout"].contains(&call.name) => 0,
            None => return None,
        };
        let [Token::Number(number)] = call.argument("timeout", place)? else { return None };
        Duration::try_from_secs_f64(number.parse().ok()?).ok()
    };
    Script {
        opens: opening().map(|(call, _)| call.name.to_owned()).collect(),
        endless: opening().filter(|opening| !ends(opening)).map(|(call, _)| call.name.to_owned()).collect(),
        timeout: calls.iter().filter_map(seconds).max(),
        raises: opening().filter(|(call, opens)| *opens == Opens::Method && call.name == "connect" && !call.is_guarded).count(),
        is_constant: is_constant(code, &calls),
    }
}

/// Whether a program ends with 0 whatever happens. Exceptions that nobody catches tell too; of `connect` only where no
/// `exit(0)` stands behind it, as if that were the answer.
fn is_constant(code: &Code<'_>, calls: &[Call<'_, '_>]) -> bool {
    let is_exit = |call: &&Call<'_, '_>| match call.owner {
        None => ["exit", "quit", "_exit"].contains(&call.name),
        Some(owner) => ["sys", "os"].contains(&owner) && ["exit", "_exit"].contains(&call.name),
    };
    let is_zero = |call: &Call<'_, '_>| match call.arguments.as_slice() {
        [] | [[Token::Name("None" | "False")]] => true,
        [[Token::Number(number)]] => number.chars().all(|digit| digit == '0'),
        _ => false,
    };
    let exits: Vec<&Call<'_, '_>> = calls.iter().filter(is_exit).collect();
    let raises = calls.iter().any(|call| match opens(call, code) {
        Some(Opens::Method) => call.name == "connect" && exits.is_empty() && !call.is_guarded,
        Some(_) => !call.is_guarded,
        None => call.name == "raise_for_status" && !call.is_guarded,
    });
    exits.iter().all(|call| is_zero(call)) && !raises && !code.has("raise") && !code.has("assert")
}

fn targets(code: &Code<'_>, config: &Config) -> Vec<Target> {
    let values = Values::new(code, config);
    let target = |call: Call<'_, '_>| match opens(&call, code)? {
        Opens::Method | Opens::Address(_) => {
            let address = call.argument("address", 0)?;
            let address = match address {
                [Token::Name(name)] => code.assigned(name)?,
                address => address,
            };
            let (host, port) = pair(address)?;
            Some(Target { host: values.of(host)?, port: values.of(port)?.parse().ok()? })
        }
        Opens::Host => {
            let host = values.of(call.argument("host", 0)?)?;
            match call.argument("port", 1) {
                Some(port) => Some(Target { host, port: values.of(port)?.parse().ok()? }),
                None => address::url(&format!("{}://{host}", if call.name == "HTTPConnection" { "http" } else { "https" })),
            }
        }
        Opens::Url(at, _) | Opens::Patient(at) => address::url(&values.of(call.argument("url", at)?)?),
    };
    code.calls().filter_map(target).collect()
}

#[cfg(test)]
mod tests;
