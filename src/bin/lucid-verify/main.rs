//! The command line: parse, call the library, write bytes, exit.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod attest;
mod baseline;
mod cache;
mod cat;
mod catalog;
mod completions;
mod compose;
mod demo;
mod diff;
mod dockerfile;
#[cfg(test)]
mod docs;
mod exit;
mod file;
mod fleet;
mod images;
mod init;
mod inspect;
mod ls;
mod man;
mod markdown;
mod merge;
mod output;
mod outputs;
mod pending;
mod places;
mod policy;
mod progress;
mod reading;
mod rules;
mod schema;
mod search;
mod select;
#[cfg(unix)]
mod signals;
mod size;
mod suggest;
mod verb;
mod verify;

use std::process::ExitCode;

use args::{Parsed, Verb};

fn main() -> ExitCode {
    #[cfg(unix)]
    signals::watch();
    exit::guard(|| match args::parse(std::env::args_os().collect()) {
        Parsed::Said(code) => Ok(code),
        Parsed::Verb(verb, common) => match *verb {
            Verb::Verify(verify) => verify::run(&verify, &common),
            Verb::Diff(diff) => diff::run(&diff, &common),
            Verb::Merge(merge) => merge::run(&merge, &common),
            Verb::Demo => demo::run(&common),
            Verb::Init(init) => init::run(&init, &common),
            Verb::Inspect(inspect) => inspect::run(&inspect, &common),
            Verb::Size(size) => size::run(&size, &common),
            Verb::Ls(ls) => ls::run(&ls, &common),
            Verb::Cat(cat) => cat::run(&cat, &common),
            Verb::Cache(cache) => cache::run(&cache, &common),
            Verb::Rules(rules) => rules::run(&rules, &common),
            Verb::Schema(schema) => schema::run(&schema),
            Verb::Man(man) => man::run(&man),
            Verb::Completions(completions) => completions::run(&completions),
        },
    })
}
