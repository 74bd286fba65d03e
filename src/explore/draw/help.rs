//! The help: every key.

use crate::explore::keys::KEYS;

/// Its lines.
pub fn lines() -> Vec<String> {
    let width = KEYS.iter().map(|binding| binding.shown.len()).max().unwrap_or_default();
    let mut lines: Vec<String> = Vec::new();
    for binding in KEYS {
        let place = if binding.panes.is_empty() { String::new() } else { format!("{}: ", binding.place()) };
        let does = format!("{place}{}", binding.does);
        let parts = crate::explore::sheet::wrap(&does, 74 - width.min(40), usize::MAX);
        lines.extend(parts.iter().enumerate().map(|(at, part)| {
            let shown = if at == 0 { binding.shown } else { "" };
            format!("{shown:<width$}  {part}")
        }));
    }
    lines.push(String::new());
    lines.push("In the tree: + added, ~ rewritten or changed within, - removed, by the layer that is chosen.".into());
    lines.push("`lucid-verify explore --plain` is a dialogue in lines, for screen readers and pipes.".into());
    lines
}
