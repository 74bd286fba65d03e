//! The command line: parse, call the library, write bytes, exit.

fn main() {}
