//! The file `.env` beside a Compose file (Docker's documentation, "Environment variables precedence" and "Env file syntax").

use std::collections::BTreeMap;

use lucid_verify::error::{Error, Kind, Result};

use super::Variables;
use super::interpolate::Interpolation;

/// Its variables. Those of `outer` outrank them, and fill what a value refers to.
pub fn parse(file: &str, text: &str, outer: Variables<'_>) -> Result<BTreeMap<String, String>> {
    let mut own: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let line = line.trim();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        // A name alone stands for what the environment has under it, which outranks this anyway.
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let mistake = |what: String| Error::new(Kind::Usage, format!("{file}:{}: {what}", number + 1));
        let value = quoted(value.trim()).map_err(mistake)?;
        let value = match value {
            Value::Literal(text) => text,
            Value::Filled(text) => {
                let variables = |name: &str| outer(name).or_else(|| own.get(name).cloned());
                Interpolation::new(&variables).fill(&text).map_err(mistake)?
            }
        };
        own.insert(name.trim().to_owned(), value);
    }
    Ok(own)
}

/// A value without its quotes.
enum Value {
    Literal(String),
    /// Variables in it are filled in.
    Filled(String),
}

fn quoted(value: &str) -> Result<Value, String> {
    let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let end = value.find(" #").unwrap_or(value.len());
        return Ok(Value::Filled(value[..end].trim_end().to_owned()));
    };
    let (mut inside, mut characters) = (String::new(), value.chars().skip(1));
    loop {
        match characters.next() {
            None => return Err(format!("the quote of {value} has no end on its line")),
            Some(end) if end == quote => break,
            Some('\\') if quote == '"' => match characters.next() {
                Some('n') => inside.push('\n'),
                Some('r') => inside.push('\r'),
                Some('t') => inside.push('\t'),
                // A dollar that is meant as such, as `$$` is in the Compose file.
                Some('$') => inside.push_str("$$"),
                Some(other) => inside.push(other),
                None => {}
            },
            Some(other) => inside.push(other),
        }
    }
    Ok(if quote == '\'' { Value::Literal(inside) } else { Value::Filled(inside) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_commented_and_filled_in() {
        let text = "# a comment\n\nTAG=1.2 # the release\nexport NAME = \"team/${TAG}\"\nRAW='${TAG} # kept'\nOUTER=own\nSEEN=$OUTER\n\
                    DOLLAR=\"\\$TAG\"\nEMPTY=\nALONE\n";
        let outer = |name: &str| (name == "OUTER").then(|| "outer".to_owned());
        let own = parse(".env", text, &outer).unwrap();
        let seen: Vec<(&str, &str)> = own.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let wanted = [
            ("DOLLAR", "$TAG"),
            ("EMPTY", ""),
            ("NAME", "team/1.2"),
            ("OUTER", "own"),
            ("RAW", "${TAG} # kept"),
            ("SEEN", "outer"),
            ("TAG", "1.2"),
        ];
        assert_eq!(seen, wanted);
        assert!(parse(".env", "A=\"open\nB=1", &outer).unwrap_err().what.starts_with(".env:1: "));
    }
}
