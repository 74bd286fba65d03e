//! Variables in the values of a Compose file (compose-spec, "Interpolation").

use super::Variables;

/// How deep a variable may stand in the default of another.
const DEEPEST: usize = 16;

/// Filling variables into values.
pub struct Interpolation<'a> {
    variables: Variables<'a>,
    /// Those that are not set and have no default.
    pub unset: Vec<String>,
}

impl<'a> Interpolation<'a> {
    pub fn new(variables: Variables<'a>) -> Self {
        Self { variables, unset: Vec::new() }
    }

    /// The text with its variables filled in; why not, where one is wanted and not there, or is not written as one.
    pub fn fill(&mut self, text: &str) -> Result<String, String> {
        self.fill_at(text, 0)
    }

    fn fill_at(&mut self, text: &str, depth: usize) -> Result<String, String> {
        if depth > DEEPEST {
            return Err(format!("variables stand in each other's defaults, more than {DEEPEST} deep"));
        }
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            rest = if let Some(escaped) = after.strip_prefix('$') {
                filled.push('$');
                escaped
            } else if let Some(inside) = after.strip_prefix('{') {
                let end = closing(inside).ok_or_else(|| format!("the `${{` of {text:?} has no end"))?;
                filled.push_str(&self.braced(&inside[..end], depth)?);
                &inside[end + 1..]
            } else {
                let (name, behind) = named(after);
                match name {
                    "" => filled.push('$'),
                    name => filled.push_str(&self.plain(name)),
                }
                behind
            };
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// What stands between braces: a name, and what is to be done where it is not set, or empty, too, behind a colon.
    fn braced(&mut self, inside: &str, depth: usize) -> Result<String, String> {
        let (name, behind) = named(inside);
        let value = (self.variables)(name);
        let (value, operation) = match behind.strip_prefix(':') {
            Some(operation) => (value.filter(|value| !value.is_empty()), operation),
            None => (value, behind),
        };
        let word = |sign| operation.strip_prefix(sign);
        match (name, word('-'), word('+'), word('?')) {
            ("", ..) => {}
            (name, ..) if behind.is_empty() => return Ok(self.plain(name)),
            (_, Some(default), ..) => return value.map_or_else(|| self.fill_at(default, depth + 1), Ok),
            (_, _, Some(instead), _) => return value.map_or_else(|| Ok(String::new()), |_| self.fill_at(instead, depth + 1)),
            (name, _, _, Some(why)) => {
                let why = self.fill_at(why, depth + 1)?;
                let colon = if why.is_empty() { "" } else { ": " };
                return value.ok_or_else(|| format!("the variable {name} is wanted{colon}{why}"));
            }
            _ => {}
        }
        Err(format!(
            "`${{{inside}}}` is no variable: wanted are ${{NAME}}, and -, + or ? behind the name, with or without a colon"
        ))
    }

    fn plain(&mut self, name: &str) -> String {
        (self.variables)(name).unwrap_or_else(|| {
            self.unset.push(name.to_owned());
            String::new()
        })
    }
}

/// The name that a text begins with, and the rest.
fn named(text: &str) -> (&str, &str) {
    let is_part = |(at, character): &(usize, char)| {
        *character == '_' || character.is_ascii_alphabetic() || (*at > 0 && character.is_ascii_digit())
    };
    let end = text.char_indices().find(|place| !is_part(place)).map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

/// Where the brace ends that was opened before this.
fn closing(text: &str) -> Option<usize> {
    let (mut open, mut before) = (1_usize, ' ');
    for (at, character) in text.char_indices() {
        match character {
            '{' if before == '$' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
        before = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<String, String> {
        let variables = |name: &str| match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        Interpolation::new(&variables).fill(text)
    }

    /// What `docker compose config` makes of them.
    #[test]
    fn variables_are_filled_in_as_compose_does() {
        for (text, filled) in [
            ("a$SET-b", "avalue-b"),
            ("${SET}", "value"),
            ("${NONE}", ""),
            ("${NONE:-d}${EMPTY:-d}${SET:-d}", "ddvalue"),
            ("${NONE-d}${EMPTY-d}${SET-d}", "dvalue"),
            ("${NONE:+r}${EMPTY:+r}${SET:+r}", "r"),
            ("${NONE+r}${EMPTY+r}${SET+r}", "rr"),
            ("${SET:?no}${EMPTY?no}", "value"),
            ("${NONE:-${EMPTY:-${SET}}}!", "value!"),
            ("${NONE:-a}b}", "ab}"),
            ("$$SET $ 5 $5", "$SET $ 5 $5"),
            ("${NONE:-a:b-c}", "a:b-c"),
        ] {
            assert_eq!(fill(text).as_deref(), Ok(filled), "{text}");
        }
    }

    #[test]
    fn what_is_wanted_and_what_is_none_is_said() {
        assert_eq!(fill("${NONE?}").unwrap_err(), "the variable NONE is wanted");
        assert_eq!(fill("${EMPTY:?set $SET}").unwrap_err(), "the variable EMPTY is wanted: set value");
        for text in ["${}", "${SET/a/b}", "${1}", "${SET"] {
            assert!(fill(text).is_err(), "{text}");
        }
        let deep = "${A:-".repeat(50_000) + &"}".repeat(50_000);
        assert!(fill(&deep).unwrap_err().contains("deep"));
    }
}
