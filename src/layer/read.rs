//! A layer's stream as entries.

use std::mem;

use super::meaning::{Meaning, meaning};
use super::oddities::Oddities;
use super::tap::Tap;
use super::tar::{Event, Member};
use super::{Body, Entries, Entry, LayerPath, OddityKind, Stat, capabilities, unpacked};
use crate::digest::Dual;
use crate::error::Result;
use crate::limits::{self, Limits};

/// Names longer than this count as further entries: the ceiling of entries is one of memory.
const NAME: usize = 256;

/// Of a value that is none.
const MALFORMED: &str = "its file capabilities are malformed: the kernel refuses them, and runtimes fail or leave them out";

/// Gathers the entries of a layer from its events.
pub(super) struct Collector<'a> {
    limits: &'a Limits,
    entries: Entries,
    pub(super) oddities: Oddities,
    counted: u64,
    tap: Tap,
    open: Option<(LayerPath, Stat)>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, entries: Entries::default(), oddities: Oddities::default(), counted: 0, tap: Tap::new(), open: None }
    }

    /// What was gathered, once the layer has ended.
    pub(super) fn entries(&mut self) -> Entries {
        self.entries.shrink();
        mem::take(&mut self.entries)
    }

    pub(super) fn take(&mut self, event: Event<'_>, dual: &mut Dual) -> Result<()> {
        match event {
            Event::Member(member) => self.begin(&member, dual)?,
            Event::Data(bytes) if self.open.is_some() => self.tap.feed(bytes),
            Event::Hole(zeros) if self.open.is_some() => self.tap.feed_zeros(zeros, dual),
            Event::Data(_) | Event::Hole(_) => {}
            Event::Close => {
                if let Some((path, stat)) = self.open.take() {
                    self.entries.push(Entry { path, stat, body: Body::File(self.tap.close(dual.close())) });
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, member: &Member, dual: &mut Dual) -> Result<()> {
        self.counted += 1 + ((member.name.len() + member.link.len()) / NAME) as u64;
        if self.counted > self.limits.entries {
            let what = format!("the layer has more than {} entries; long names count for several", self.limits.entries);
            return Err(limits::entries(what));
        }
        self.note(member);
        match meaning(member, self.limits)? {
            Meaning::Entry(entry) => self.entries.push(entry),
            Meaning::File(path, stat) => {
                self.tap.open(&path, stat.size);
                dual.open();
                self.open = Some((path, stat));
            }
            Meaning::Nothing(path, why) => self.oddities.push(Some(path), OddityKind::Ignored, why),
        }
        Ok(())
    }

    /// Notes what is odd about a member, and its file capabilities.
    fn note(&mut self, member: &Member) {
        let path = || Some(LayerPath::new(&member.name));
        for what in member.odd.iter().copied().chain(unpacked::odd(member)) {
            self.oddities.push(path(), OddityKind::Entry, what);
        }
        match member.capabilities.as_deref().map(capabilities::text) {
            Some(Some(text)) => self.oddities.push(path(), OddityKind::Capabilities, text),
            Some(None) => self.oddities.push(path(), OddityKind::Entry, MALFORMED),
            None => {}
        }
    }
}
