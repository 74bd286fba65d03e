//! `entry_points.txt` (packaging.python.org, "Entry points specification"): an INI file whose names keep their case.

use crate::facts::contents::Contents;

/// The groups whose names installers make commands of.
const COMMANDS: [&[u8]; 2] = [b"console_scripts", b"gui_scripts"];

/// The names of the commands, in file order.
pub(super) fn commands(text: &[u8], contents: &Contents<'_>) -> Result<Vec<String>, String> {
    let (mut names, mut is_inside) = (Vec::new(), false);
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        if let Some(group) = line.strip_prefix(b"[").and_then(|line| line.strip_suffix(b"]")) {
            is_inside = COMMANDS.contains(&group.trim_ascii());
        } else if is_inside && !line.starts_with(b"#") && line.contains(&b'=') {
            let name = line.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
            contents.charge(size_of::<String>() + name.len())?;
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    names.retain(|name| !name.is_empty());
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::fixture::tree;

    #[test]
    fn commands_are_the_names_of_two_groups_and_keep_their_case() {
        let text = b"no = group\r\n[console_scripts]\r\n# a = b\nDemo = demo:main [extra]\n  demo-2=demo:b = c\n\nstray\n= x\n\
            [demo.plugins]\nplugin = demo\n[ gui_scripts ]\ndemo.gui = demo:gui\n";
        let tree = tree([]);
        assert_eq!(commands(text, &Contents::new(&tree)).unwrap(), ["Demo", "demo-2", "demo.gui"]);
    }
}
