//! What is known of the nodes or inodes of a tree, by their ids: no key is stored, and nothing is searched.

use std::marker::PhantomData;

use super::node::{InodeId, NodeId};

/// An id that counts from 0.
pub trait Id: Copy {
    /// The number.
    fn index(self) -> usize;

    /// The id of a number that one has.
    fn of(index: usize) -> Self;
}

/// An id is a number of 32 bits.
macro_rules! id {
    ($($name:ident),*) => { $(
        impl Id for $name {
            fn index(self) -> usize {
                self.0 as usize
            }

            fn of(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )* };
}
id!(NodeId, InodeId);

/// A value for some ids of a tree. It takes as many places as the highest of them says.
#[derive(Debug, Clone)]
pub struct Table<I, V> {
    values: Vec<Option<V>>,
    of: PhantomData<I>,
}

impl<I, V> Default for Table<I, V> {
    fn default() -> Self {
        Self { values: Vec::new(), of: PhantomData }
    }
}

impl<I: Id, V: Copy> Table<I, V> {
    /// The value of an id.
    pub fn get(&self, id: I) -> Option<V> {
        self.values.get(id.index()).copied().flatten()
    }

    /// Gives an id its value; one that has one keeps it.
    pub fn claim(&mut self, id: I, value: V) {
        let at = id.index();
        if at >= self.values.len() {
            self.values.resize(at + 1, None);
        }
        if let Some(place) = self.values.get_mut(at) {
            place.get_or_insert(value);
        }
    }

    /// The values, by their ids.
    pub fn values(&self) -> impl Iterator<Item = V> {
        self.values.iter().flatten().copied()
    }
}

/// Some ids of a tree: a bit for each up to the highest of them.
#[derive(Debug, Clone)]
pub struct Set<I> {
    words: Vec<u64>,
    of: PhantomData<I>,
}

impl<I> Default for Set<I> {
    fn default() -> Self {
        Self { words: Vec::new(), of: PhantomData }
    }
}

impl<I: Id> Set<I> {
    /// Puts an id in; says whether it was not in before.
    pub fn insert(&mut self, id: I) -> bool {
        let (at, bit) = place(id);
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        self.words.get_mut(at).is_some_and(|word| {
            let is_new = *word & bit == 0;
            *word |= bit;
            is_new
        })
    }

    /// Whether an id is in.
    pub fn contains(&self, id: I) -> bool {
        let (at, bit) = place(id);
        self.words.get(at).is_some_and(|word| word & bit != 0)
    }

    /// Those that are in, in their order.
    pub fn iter(&self) -> impl Iterator<Item = I> {
        let bits = |word: u64| (0..u64::BITS as usize).filter(move |bit| word >> bit & 1 == 1);
        self.words.iter().enumerate().flat_map(move |(at, word)| bits(*word).map(move |bit| I::of(at * 64 + bit)))
    }

    /// How many are in.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none is in.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }
}

impl<I: Id> FromIterator<I> for Set<I> {
    fn from_iter<T: IntoIterator<Item = I>>(ids: T) -> Self {
        let mut set = Self::default();
        for id in ids {
            set.insert(id);
        }
        set
    }
}

/// The word of an id, and its bit in that.
fn place(id: impl Id) -> (usize, u64) {
    (id.index() / 64, 1 << (id.index() % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_an_id_stays() {
        let mut table = Table::default();
        assert_eq!(table.get(NodeId(0)), None);
        table.claim(NodeId(3), 'a');
        table.claim(NodeId(3), 'b');
        table.claim(NodeId(1), 'c');
        assert_eq!([0, 1, 2, 3, 4].map(|id| table.get(NodeId(id))), [None, Some('c'), None, Some('a'), None]);
        assert_eq!(table.values().collect::<String>(), "ca");
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let ids = [0, 1, 63, 64, 130, 64];
        let mut set: Set<InodeId> = Set::default();
        assert!(set.is_empty() && !set.contains(InodeId(0)));
        assert_eq!(ids.map(|id| set.insert(InodeId(id))), [true, true, true, true, true, false]);
        let held: Vec<u32> = (0..200).filter(|id| set.contains(InodeId(*id))).collect();
        assert_eq!(set.iter().map(|id| id.0).collect::<Vec<_>>(), held);
        assert_eq!((held, set.len()), (vec![0, 1, 63, 64, 130], 5));
        assert_eq!(ids.into_iter().map(InodeId).collect::<Set<_>>().len(), 5);
    }
}
