//! The facts of an ELF object as a stored layer has them.

use super::code::{In, Out};
use crate::layer::elf::{Dynamic, Elf, REASONS, Versions, Wanted};

pub(super) fn write(out: &mut Out, elf: &Elf) {
    let Elf { bits, little_endian, machine, kind, interpreter, align, dynamic, versions, unloaded } = elf;
    out.byte(*bits);
    out.byte((*little_endian).into());
    out.number(*machine);
    out.number(*kind);
    out.optional(interpreter.as_deref());
    out.number(*align);
    match dynamic {
        Dynamic::None => out.byte(0),
        Dynamic::Known { needed, soname, rpath, runpath } => {
            out.byte(1);
            names(out, needed);
            for name in [soname, rpath, runpath] {
                out.optional(name.as_deref());
            }
        }
        Dynamic::Unknown(why) => {
            out.byte(2);
            out.bytes(why.as_bytes());
        }
    }
    let Versions { wanted, defined, unknown } = versions;
    out.list(wanted, |out, Wanted { file, versions }| {
        out.bytes(file);
        names(out, versions);
    });
    names(out, defined);
    out.optional(unknown.map(str::as_bytes));
    out.number(*unloaded);
}

fn names(out: &mut Out, names: &[Box<[u8]>]) {
    out.list(names, |out, name| out.bytes(name));
}

pub(super) fn read(input: &mut In<'_>) -> Option<Elf> {
    Some(Elf {
        bits: input.byte()?,
        little_endian: flag(input)?,
        machine: input.small()?,
        kind: input.small()?,
        interpreter: input.optional(In::boxed)?,
        align: input.number()?,
        dynamic: dynamic(input)?,
        versions: versions(input)?,
        unloaded: input.number()?,
    })
}

fn flag(input: &mut In<'_>) -> Option<bool> {
    let byte = input.byte()?;
    (byte < 2).then_some(byte == 1)
}

fn dynamic(input: &mut In<'_>) -> Option<Dynamic> {
    Some(match input.byte()? {
        0 => Dynamic::None,
        1 => Dynamic::Known {
            needed: input.list(In::boxed)?,
            soname: input.optional(In::boxed)?,
            rpath: input.optional(In::boxed)?,
            runpath: input.optional(In::boxed)?,
        },
        2 => Dynamic::Unknown(input.one_of(&REASONS)?),
        _ => return None,
    })
}

fn versions(input: &mut In<'_>) -> Option<Versions> {
    let wanted = |input: &mut In<'_>| Some(Wanted { file: input.boxed()?, versions: input.list(In::boxed)? });
    Some(Versions {
        wanted: input.list(wanted)?,
        defined: input.list(In::boxed)?,
        unknown: input.optional(|input| input.one_of(&REASONS))?,
    })
}
