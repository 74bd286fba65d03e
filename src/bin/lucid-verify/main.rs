//! The command line: parse, call the library, write bytes, exit.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod baseline;
mod cache;
mod cat;
mod completions;
mod demo;
mod diff;
mod dockerfile;
#[cfg(test)]
mod docs;
mod exit;
mod init;
mod inspect;
mod ls;
mod markdown;
mod output;
mod pending;
mod policy;
mod progress;
mod reading;
mod rules;
mod schema;
mod search;
mod select;
mod signals;
mod size;
mod suggest;
mod verb;
mod verify;

use std::process::ExitCode;

use args::{Parsed, Verb};

fn main() -> ExitCode {
    signals::watch();
    exit::guard(|| match args::parse(std::env::args_os().collect()) {
        Parsed::Said(code) => Ok(code),
        Parsed::Verb(verb, common) => match *verb {
            Verb::Verify(verify) => verify::run(&verify, &common),
            Verb::Diff(diff) => diff::run(&diff, &common),
            Verb::Demo => demo::run(&common),
            Verb::Init(init) => init::run(&init, &common),
            Verb::Inspect(inspect) => inspect::run(&inspect, &common),
            Verb::Size(size) => size::run(&size, &common),
            Verb::Ls(ls) => ls::run(&ls, &common),
            Verb::Cat(cat) => cat::run(&cat, &common),
            Verb::Cache(cache) => cache::run(&cache, &common),
            Verb::Rules(rules) => rules::run(&rules, &common),
            Verb::Schema(schema) => schema::run(&schema),
            Verb::Completions(completions) => completions::run(&completions),
        },
    })
}
