//! The expressions that the action uses (docs.github.com, "Evaluate expressions in workflows and actions"); any other is a failure.

use std::collections::BTreeMap;

/// What names of an expression stand for.
#[derive(Default)]
pub struct Context {
    values: BTreeMap<String, String>,
    /// Steps that came, whose outputs are empty if they were not set.
    steps: Vec<String>,
}

impl Context {
    pub fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    pub fn extend<'a>(&mut self, values: impl IntoIterator<Item = (&'a str, String)>) {
        values.into_iter().for_each(|(name, value)| self.set(name, value));
    }

    /// A step of this id is behind.
    pub fn outcome(&mut self, step: &str) {
        self.steps.push(step.to_owned());
    }

    fn get(&self, name: &str) -> String {
        let value = self.values.get(name).cloned();
        let step = name.strip_prefix("steps.").and_then(|rest| rest.split_once(".outputs.")).map(|(step, _)| step);
        let is_unset = || step.is_some_and(|step| self.steps.iter().any(|known| known == step)).then(String::new);
        value.or_else(is_unset).unwrap_or_else(|| panic!("${{{{ {name} }}}} is nothing that this runner knows"))
    }
}

/// A text with its `${{ name }}` filled in.
pub fn filled(text: &str, context: &Context) -> String {
    let mut parts = text.split("${{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or_else(|| panic!("{text}"));
        out.push_str(&context.get(name.trim()));
        out.push_str(rest);
    }
    out
}

/// Whether a condition holds: terms joined by `&&`, each a status check or a comparison with a literal.
pub fn holds(condition: &str, context: &Context, so_far: bool) -> bool {
    let has_status = ["success()", "cancelled()"].iter().any(|check| condition.contains(check));
    condition.split("&&").map(str::trim).all(|term| match term {
        "success()" => so_far,
        "!cancelled()" => true,
        _ => {
            let (name, is, literal) = [("==", true), ("!=", false)]
                .iter()
                .find_map(|(sign, is)| term.split_once(sign).map(|(name, literal)| (name, *is, literal)))
                .unwrap_or_else(|| panic!("{term} is no condition that this runner knows"));
            let literal = literal.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap();
            (context.get(name.trim()) == literal) == is
        }
    }) && (has_status || so_far)
}
