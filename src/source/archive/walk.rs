//! One way through a tar's headers, whether its contents are passed over or read.

use std::io::BufRead;

use super::{Content, Members, Node, Stored, plain};
use crate::error::{Error, Kind, Result};
use crate::layer::tar::{Event, Member, Reader};
use crate::limits::{self, Limits};
use crate::text::escape;

/// Bytes that a member takes in memory beside its name and what is kept of it.
const MEMBER: u64 = 512;

/// The input, and how far it is read.
pub(super) struct Tape<R> {
    pub(super) inner: R,
    pub(super) position: u64,
}

impl<R: BufRead> Tape<R> {
    /// Makes bytes available; none at the end.
    pub(super) fn fill(&mut self) -> Result<&[u8]> {
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.inner.fill_buf()?)
    }

    pub(super) fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
        self.inner.consume(amount);
    }
}

/// Reads every header of a tar. `content` goes to the end of each member's content and says where it is: `None` where it
/// has holes. It is given what is left of the ceilings.
pub(super) fn walk<R: BufRead>(
    tape: &mut Tape<R>,
    limits: &Limits,
    mut content: impl FnMut(&Member, &mut Tape<R>, &mut Reader, &mut Limits) -> Result<Option<Content>>,
) -> Result<Members> {
    let (mut members, mut left) = (Members::new(), limits.clone());
    let mut reader = Reader::new(limits.special_header);
    while !reader.is_over() {
        let mut rest = tape.fill()?;
        if rest.is_empty() {
            reader.finish()?;
            return Err(cut(&format!("the archive ends at byte {} without the blocks of zeros that end a tar", tape.position)));
        }
        let before = rest.len();
        let event = reader.next(&mut rest)?;
        let used = before - rest.len();
        let member = if let Some(Event::Member(member)) = event { Some(member) } else { None };
        tape.consume(used);
        let Some(member) = member else { continue };
        charge(&member, limits, &mut left)?;
        let content = content(&member, tape, &mut reader, &mut left)
            .map_err(|error| error.doing(format!("read the member {}", escape(&member.name))))?;
        let name = plain(&member.name).to_vec();
        let node = match (member.kind, content) {
            (b'0' | b'7' | b'S', Some(content)) => Node::File(Stored { size: member.size, content }),
            (b'1', _) => Node::Link(plain(&member.link).to_vec()),
            (b'2', _) => Node::Link(beside(&name, &member.link)),
            _ => Node::Other,
        };
        members.insert(name, node);
    }
    Ok(members)
}

/// Counts a member against the ceilings of all.
fn charge(member: &Member, limits: &Limits, left: &mut Limits) -> Result<()> {
    let entries = left.entries.checked_sub(1);
    left.entries = entries.ok_or_else(|| limits::entries(format!("the archive has more than {} members", limits.entries)))?;
    keep(left, MEMBER + (member.name.len() + member.link.len()) as u64)
}

/// Counts bytes that stay in memory.
pub(super) fn keep(left: &mut Limits, bytes: u64) -> Result<()> {
    let over = || limits::kept_bytes("the archive's members, and what is kept of them, take more memory than they may");
    left.kept_bytes = left.kept_bytes.checked_sub(bytes).ok_or_else(over)?;
    Ok(())
}

/// The error of an archive that is not whole.
pub(super) fn cut(what: &str) -> Error {
    Error::new(Kind::Corrupt, what).hint("it is not whole: write or copy it again")
}

/// The name that a symbolic link at `name` leads to.
fn beside(name: &[u8], target: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = if target.starts_with(b"/") { Vec::new() } else { name.split(|byte| *byte == b'/').collect() };
    parts.pop();
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_from_where_it_lies() {
        for (name, target, wanted) in [
            ("a/layer.tar", "../b/layer.tar", "b/layer.tar"),
            ("layer.tar", "blobs/x", "blobs/x"),
            ("a/b", "/c/./d", "c/d"),
            ("a", "../../b", "../../b"),
        ] {
            assert_eq!(beside(name.as_bytes(), target.as_bytes()), wanted.as_bytes(), "{name} -> {target}");
        }
    }
}
