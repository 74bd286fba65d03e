//! What someone may have meant.

/// How many letters must be added, removed or replaced to make one word of the other (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (to, same) in other.iter().map(|wanted| *wanted == letter).enumerate() {
            let replaced = diagonal + usize::from(!same);
            diagonal = row[to + 1];
            row[to + 1] = replaced.min(row[to] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// The word that is nearest to what was written, at most `most` edits away; of several the first.
pub fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>, most: usize) -> Option<&'a str> {
    if written.len() > 200 {
        return None;
    }
    words
        .into_iter()
        .map(|word| (edits(written, word), word))
        .filter(|(edits, _)| *edits <= most)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (one, other, count) in
            [("rules", "rules", 0), ("rule", "rules", 1), ("verfiy", "verify", 2), ("", "ls", 2), ("redis", "rules", 3)]
        {
            assert_eq!((edits(one, other), edits(other, one)), (count, count), "{one} {other}");
        }
        assert_eq!(nearest("inspct", ["ls", "inspect"], 2), Some("inspect"));
        assert_eq!(nearest("nginx", ["ls", "inspect"], 2), None);
    }
}
