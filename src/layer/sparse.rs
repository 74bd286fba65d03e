//! Sparse files of GNU tar's PAX formats 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files"): which parts of a
//! file are stored, and which are holes. The older format, type `S`, is no business of this reader: no container
//! runtime unpacks it.

use std::collections::VecDeque;

/// A part of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    /// So many bytes that are stored.
    Data(u64),
    /// So many zeros that are not.
    Hole(u64),
}

/// Turns a sparse map, offset and length of each stored part, into the whole file's segments. The parts must lie in
/// order, apart and within the real size, and be exactly what is stored.
pub(super) fn segments(map: &[(i64, i64)], real_size: u64, stored: u64) -> Result<VecDeque<Segment>, &'static str> {
    let mut segments = VecDeque::with_capacity(map.len() * 2 + 1);
    let (mut at, mut data) = (0, 0);
    let hole_until = |segments: &mut VecDeque<Segment>, at: u64, offset: u64| {
        if offset > at {
            segments.push_back(Segment::Hole(offset - at));
        }
    };
    for (offset, length) in map {
        let offset = u64::try_from(*offset).map_err(|_| "its sparse map has a negative offset")?;
        let length = u64::try_from(*length).map_err(|_| "its sparse map has a negative length")?;
        let end = offset.checked_add(length).filter(|end| *end <= real_size).ok_or("its sparse map leaves the file")?;
        if offset < at {
            return Err("its sparse map overlaps itself");
        }
        hole_until(&mut segments, at, offset);
        segments.push_back(Segment::Data(length));
        at = end;
        data += length;
    }
    hole_until(&mut segments, at, real_size);
    if data != stored {
        return Err("its sparse map does not cover what is stored");
    }
    Ok(segments)
}

/// Reads the map of formats 0.0 and 0.1 from its records: how many parts, and `offset,length,…`.
pub(super) fn map_of_records(parts: Option<i64>, map: &[u8]) -> Result<Vec<(i64, i64)>, &'static str> {
    let numbers = map.split(|byte| *byte == b',').filter(|_| !map.is_empty());
    let numbers = numbers.map(super::tar::decimal).collect::<Option<Vec<i64>>>().ok_or("its sparse map holds no numbers")?;
    let pairs: Vec<_> = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    if !numbers.len().is_multiple_of(2) || parts != i64::try_from(pairs.len()).ok() {
        return Err("its sparse map has another length than it says");
    }
    Ok(pairs)
}

/// The map of format 1.0, which stands before the content, in whole blocks: lines of decimal numbers, the first of
/// them how many parts follow.
#[derive(Debug, Default)]
pub(super) struct MapText {
    text: Vec<u8>,
    lines: u64,
    wanted: Option<u64>,
}

impl MapText {
    /// Takes the next block. Returns the map when the last line of it is there.
    pub(super) fn push(&mut self, block: &[u8]) -> Result<Option<Vec<(i64, i64)>>, &'static str> {
        self.text.extend_from_slice(block);
        self.lines += block.split(|byte| *byte == b'\n').skip(1).count() as u64;
        if self.lines > 0 && self.wanted.is_none() {
            let parts = self.numbers().next().flatten().and_then(|parts| u64::try_from(parts).ok());
            self.wanted = Some(parts.and_then(|parts| parts.checked_mul(2)).ok_or("its sparse map has no length")?);
        }
        let Some(wanted) = self.wanted.filter(|wanted| self.lines > *wanted) else { return Ok(None) };
        let wanted = usize::try_from(wanted).map_err(|_| "its sparse map has no length")?;
        let numbers = self.numbers().skip(1).take(wanted).collect::<Option<Vec<i64>>>();
        let numbers = numbers.ok_or("its sparse map holds no numbers")?;
        Ok(Some(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()))
    }

    /// Bytes of the map so far.
    pub(super) fn len(&self) -> u64 {
        self.text.len() as u64
    }

    fn numbers(&self) -> impl Iterator<Item = Option<i64>> {
        self.text.split(|byte| *byte == b'\n').map(super::tar::decimal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_what_the_map_leaves_out() {
        let found: Vec<_> = segments(&[(2, 5), (18, 3)], 25, 8).unwrap().into();
        assert_eq!(found, [Segment::Hole(2), Segment::Data(5), Segment::Hole(11), Segment::Data(3), Segment::Hole(4)]);
        assert_eq!(segments(&[], 3, 0).unwrap(), [Segment::Hole(3)]);
    }

    #[test]
    fn a_map_that_lies_is_refused() {
        for (map, size, stored) in [
            (&[(0, 5), (4, 1)][..], 10, 6),
            (&[(5, 1), (0, 1)], 10, 2),
            (&[(8, 5)], 10, 5),
            (&[(i64::MAX, i64::MAX)], u64::MAX >> 1, 5),
            (&[(-1, 5)], 10, 5),
            (&[(1, -5)], 10, 5),
            (&[(0, 5)], 10, 6),
            (&[(0, 5)], 10, 4),
        ] {
            assert!(segments(map, size, stored).is_err(), "{map:?}");
        }
    }

    #[test]
    fn maps_in_records_and_in_blocks_say_how_long_they_are() {
        assert_eq!(map_of_records(Some(2), b"1,2,3,4"), Ok(vec![(1, 2), (3, 4)]));
        assert_eq!(map_of_records(Some(0), b""), Ok(vec![]));
        for (parts, map) in [(Some(1), &b"1,2,3,4"[..]), (Some(1), b"1"), (None, b"1,2"), (Some(1), b"1,x"), (Some(-1), b"")] {
            assert!(map_of_records(parts, map).is_err(), "{parts:?}");
        }
        let mut text = MapText::default();
        assert_eq!(text.push(b"2\n1\n2"), Ok(None));
        assert_eq!(text.push(b"0\n3\n4\n\0\0"), Ok(Some(vec![(1, 20), (3, 4)])));
        assert!(MapText::default().push(b"-1\n").is_err());
        assert!(MapText::default().push(b"9223372036854775807\n").unwrap().is_none());
        assert!(MapText::default().push(b"1\nx\n2\n").is_err());
    }
}
