//! The command line: parse, call the library, write bytes, exit.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod baseline;
mod cat;
mod completions;
mod demo;
mod diff;
mod dockerfile;
#[cfg(test)]
mod docs;
mod exit;
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
mod size;
mod suggest;
mod verb;
mod verify;

use std::process::ExitCode;

use args::{Parsed, Verb};

fn main() -> ExitCode {
    exit::guard(|| match args::parse(std::env::args_os().collect()) {
        Parsed::Said(code) => Ok(code),
        Parsed::Verb(Verb::Verify(verify), common) => verify::run(&verify, &common),
        Parsed::Verb(Verb::Diff(diff), common) => diff::run(&diff, &common),
        Parsed::Verb(Verb::Demo, common) => demo::run(&common),
        Parsed::Verb(Verb::Inspect(inspect), common) => inspect::run(&inspect, &common),
        Parsed::Verb(Verb::Size(size), common) => size::run(&size, &common),
        Parsed::Verb(Verb::Ls(ls), common) => ls::run(&ls, &common),
        Parsed::Verb(Verb::Cat(cat), common) => cat::run(&cat, &common),
        Parsed::Verb(Verb::Rules(rules), common) => rules::run(&rules, &common),
        Parsed::Verb(Verb::Schema(schema), _) => schema::run(&schema),
        Parsed::Verb(Verb::Completions(completions), _) => completions::run(&completions),
    })
}
