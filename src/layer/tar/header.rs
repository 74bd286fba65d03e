//! A header block, read as Go's archive/tar reads it: that is what Docker, containerd and podman unpack by.

use std::ops::Range;

use super::BLOCK;

/// Where the fields lie that only some formats have (tar(5)).
const MAGIC: Range<usize> = 257..263;
const MAJOR: Range<usize> = 329..337;
const MINOR: Range<usize> = 337..345;
const USTAR_PREFIX: Range<usize> = 345..500;
const STAR_PREFIX: Range<usize> = 345..476;
const STAR_TIMES: [Range<usize>; 2] = [476..488, 488..500];
const STAR_TRAILER: Range<usize> = 508..512;
const CHECKSUM: Range<usize> = 148..156;

/// The fields of one header block, before extended headers are merged in. Numbers may be negative.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: u8,
    pub(super) mode: i64,
    pub(super) uid: i64,
    pub(super) gid: i64,
    pub(super) size: i64,
    pub(super) mtime: i64,
    pub(super) major: i64,
    pub(super) minor: i64,
}

/// Reads a header block, or says what is wrong with it.
pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Header, String> {
    let view = ::tar::Header::from_byte_slice(block);
    let old = view.as_old();
    check_sum(block, &old.cksum)?;
    let mut header = Header {
        name: string(&old.name).to_vec(),
        link: string(&old.linkname).to_vec(),
        kind: old.linkflag[0],
        mode: numeric(&old.mode, "mode")?,
        uid: numeric(&old.uid, "uid")?,
        gid: numeric(&old.gid, "gid")?,
        size: numeric(&old.size, "size")?,
        mtime: numeric(&old.mtime, "mtime")?,
        ..Header::default()
    };
    let prefix = match (&block[MAGIC], view.as_gnu()) {
        (b"ustar\0", _) if &block[STAR_TRAILER] == b"tar\0" => {
            STAR_TIMES.into_iter().try_for_each(|time| numeric(&block[time], "time").map(drop))?;
            string(&block[STAR_PREFIX])
        }
        (b"ustar\0", _) => string(&block[USTAR_PREFIX]),
        (_, Some(gnu)) => gnu_prefix(block, [&gnu.atime, &gnu.ctime]),
        _ => return Ok(header),
    };
    header.major = numeric(&block[MAJOR], "major number")?;
    header.minor = numeric(&block[MINOR], "minor number")?;
    if !prefix.is_empty() {
        header.name = [prefix, b"/", &header.name].concat();
    }
    Ok(header)
}

/// GNU headers have times where ustar has its prefix. Go before 1.8 wrote a prefix there, and readers that follow Go
/// take it where the times are none.
fn gnu_prefix<'a>(block: &'a [u8; BLOCK], times: [&[u8; 12]; 2]) -> &'a [u8] {
    let prefix = string(&block[USTAR_PREFIX]);
    if prefix.is_ascii() && times.into_iter().any(|time| time[0] != 0 && numeric(time, "time").is_err()) {
        return prefix;
    }
    &[]
}

/// POSIX sums unsigned bytes, old Sun tars signed ones.
fn check_sum(block: &[u8; BLOCK], field: &[u8]) -> Result<(), String> {
    let stored = numeric_octal(field).ok_or("its checksum is no number")?;
    let own: i64 = block[CHECKSUM].iter().map(|byte| i64::from(*byte)).sum();
    let own_signed: i64 = block[CHECKSUM].iter().map(|byte| i64::from(byte.cast_signed())).sum();
    let spaces = 8 * i64::from(b' ');
    let unsigned = block.iter().map(|byte| i64::from(*byte)).sum::<i64>() - own + spaces;
    let signed = block.iter().map(|byte| i64::from(byte.cast_signed())).sum::<i64>() - own_signed + spaces;
    if stored == unsigned || stored == signed {
        return Ok(());
    }
    Err(format!("its checksum is {unsigned:o}, it says {stored:o}"))
}

/// Bytes up to the first NUL.
pub(super) fn string(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn numeric(field: &[u8], name: &str) -> Result<i64, String> {
    let number = if field.first().is_some_and(|byte| byte & 0x80 != 0) { base256(field) } else { numeric_octal(field) };
    number.ok_or_else(|| format!("its {name} is no number"))
}

/// Two's complement, big-endian, the top bit a mark (GNU's extension).
fn base256(field: &[u8]) -> Option<i64> {
    let invert = if field.first()? & 0x40 == 0 { 0 } else { 0xff };
    let mut number: u64 = 0;
    for (index, byte) in field.iter().enumerate() {
        let byte = (byte ^ invert) & if index == 0 { 0x7f } else { 0xff };
        if number >> 56 > 0 {
            return None;
        }
        number = number << 8 | u64::from(byte);
    }
    let number = i64::try_from(number).ok()?;
    Some(if invert == 0 { number } else { !number })
}

/// Octal digits between blanks and NULs; blank is 0.
fn numeric_octal(field: &[u8]) -> Option<i64> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_blank(byte)).unwrap_or(field.len());
    let end = field.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    string(&field[start..end]).iter().try_fold(0_i64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 8)?;
        number.checked_mul(8)?.checked_add(i64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (field, number) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"        ", Some(0)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b" 17 \0", Some(0o17)),
            (b"7777777", Some(0o7_777_777)),
            (b"12\x0034", Some(0o12)),
            (b"1 2", None),
            (b"-1", None),
            (b"9", None),
            (b"\x80\0\0\0\0\0\xff\xfc", Some(65532)),
            (b"\x80\0\0\0\xff\xff\xff\xfe", Some(0xffff_fffe)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", Some(-2)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
            (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", None),
            (b"\xbf\0\0\0\0\0\0\0\0\0\0\0", None),
        ] {
            assert_eq!(numeric(field, "field").ok(), number, "{field:?}");
        }
    }

    #[test]
    fn the_times_of_a_star_header_are_numbers() {
        let star = |time: &'static [u8]| {
            let block = block(
                |block| {
                    block[257..263].copy_from_slice(b"ustar\0");
                    block[508..].copy_from_slice(b"tar\0");
                    block[488..488 + time.len()].copy_from_slice(time);
                },
                false,
            );
            parse(&block)
        };
        assert!(star(b"").is_ok() && star(b"11213575217 ").is_ok());
        assert!(star(b"1121357S217 ").unwrap_err().contains("time"));
    }

    fn block(change: impl FnOnce(&mut [u8; BLOCK]), signed: bool) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        block[..4].copy_from_slice(b"n\xe4me");
        change(&mut block);
        block[CHECKSUM].fill(b' ');
        let sum: i64 = block.iter().map(|b| if signed { i64::from(b.cast_signed()) } else { i64::from(*b) }).sum();
        block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    #[test]
    fn both_checksums_are_accepted_and_no_third() {
        assert!(parse(&block(|_| {}, false)).is_ok());
        assert!(parse(&block(|_| {}, true)).is_ok());
        let mut wrong = block(|_| {}, false);
        wrong[0] ^= 1;
        assert!(parse(&wrong).unwrap_err().contains("checksum"));
        wrong[CHECKSUM].fill(b' ');
        assert!(parse(&wrong).is_err(), "a blank checksum is a wrong one");
    }

    #[test]
    fn a_prefix_is_where_the_format_has_one() {
        let name = |magic: &'static [u8], at: usize, tail: &'static [u8]| {
            let block = block(
                |block| {
                    block[257..257 + magic.len()].copy_from_slice(magic);
                    block[at..at + tail.len()].copy_from_slice(tail);
                },
                false,
            );
            String::from_utf8_lossy(&parse(&block).unwrap().name).into_owned()
        };
        assert_eq!(name(b"ustar\x0000", 345, b"pre"), "pre/n\u{fffd}me");
        assert_eq!(name(b"ustar  \0", 345, b"00000000000"), "n\u{fffd}me");
        assert_eq!(name(b"ustar  \0", 345, b"written/by/go1.7"), "written/by/go1.7/n\u{fffd}me");
        assert_eq!(name(b"", 345, b"pre"), "n\u{fffd}me");
    }
}
