//! `Name: value` lines, as control files of packages (deb822(5)) and core metadata of Python (PEP 566, RFC 5322) have
//! them. Any bytes are read: what is no UTF-8 is replaced, what is no field is passed over.

/// Runs of lines between blank lines.
pub(super) fn paragraphs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let length = lines(rest).take_while(|line| !line.trim_ascii().is_empty()).map(<[u8]>::len).sum();
            let (paragraph, after) = rest.split_at(length);
            rest = lines(after).next().and_then(|blank| after.get(blank.len()..)).unwrap_or_default();
            if !paragraph.is_empty() {
                return Some(paragraph);
            }
        }
        None
    })
}

/// The fields of core metadata: what stands before the first empty line. A line of blanks ends none of them: licences that
/// stand in a field have such.
pub(super) fn head(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    let length = lines(text).take_while(|line| !matches!(*line, b"\n" | b"\r\n")).map(<[u8]>::len).sum();
    text.get(..length).unwrap_or_default()
}

/// The values of every field of this name, in order. Names are compared without regard to case; lines that begin with
/// white space continue a value, and are joined to it by one blank.
pub(super) fn values<'a>(paragraph: &'a [u8], name: &'a str) -> impl Iterator<Item = String> + 'a {
    let mut lines = lines(paragraph).peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let Some(first) = value(line, name) else { continue };
            let mut whole = String::from_utf8_lossy(first).into_owned();
            while let Some(more) = lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t")) {
                whole.push(' ');
                whole.push_str(&String::from_utf8_lossy(more.trim_ascii()));
            }
            return Some(whole.trim().to_owned());
        }
    })
}

/// The first value of a field that is not empty.
pub(super) fn field(paragraph: &[u8], name: &str) -> Option<String> {
    values(paragraph, name).find(|value| !value.is_empty())
}

fn value<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut parts = line.splitn(2, |byte| *byte == b':');
    let is_named = parts.next()?.eq_ignore_ascii_case(name.as_bytes());
    parts.next().filter(|_| is_named).map(<[u8]>::trim_ascii)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_end_a_paragraph_however_they_are_written() {
        let text = b"\n\r\nA: 1\nB: 2\r\n \t\nC: 3\n\n\n\nD: 4";
        let found: Vec<_> = paragraphs(text).collect();
        assert_eq!(found, [&b"A: 1\nB: 2\r\n"[..], b"C: 3\n", b"D: 4"]);
        assert_eq!(paragraphs(b"\n \n").count() + paragraphs(b"").count(), 0);
    }

    #[test]
    fn a_line_of_blanks_does_not_end_core_metadata() {
        for end in ["\n", "\r\n"] {
            let text =
                format!("Name: a{end}License: one{end}        {end} two{end}Requires-Dist: b{end}{end}Requires-Dist: c{end}");
            let head = head(text.as_bytes());
            assert_eq!(values(head, "Requires-Dist").collect::<Vec<_>>(), ["b"]);
            assert_eq!(field(head, "License").as_deref(), Some("one  two"));
        }
        assert_eq!(head(b""), b"");
    }

    #[test]
    fn fields_fold_and_ignore_case() {
        let text = b"package: demo\r\nDescription: one\n Package: not this\n\ttwo\nTag: a\nTAG:b\nTag:\n";
        assert_eq!(field(text, "Package").as_deref(), Some("demo"));
        assert_eq!(field(text, "description").as_deref(), Some("one Package: not this two"));
        assert_eq!(values(text, "Tag").collect::<Vec<_>>(), ["a", "b", ""]);
        assert_eq!(field(text, "Version"), None);
    }

    #[test]
    fn what_is_no_field_is_passed_over() {
        assert_eq!(field(b"\xff\xfe\nno colon\n: no name\nName: d\xffmo\n", "Name").as_deref(), Some("d\u{fffd}mo"));
        assert_eq!(field(b"Name:\n demo\n", "Name").as_deref(), Some("demo"));
        assert_eq!(field(b"Name :x", "Name"), None);
    }
}
