//! `lucid-verify ls IMAGE [PATH]`: the final tree.

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::layer::LayerPath;
use lucid_verify::report::{ExitCode, json};
use lucid_verify::text;
use lucid_verify::verify::load;
use lucid_verify::vfs::{self, NodeId, Tree};
use serde::Serialize;

use crate::args::{Common, ListFormat, Ls};
use crate::progress::Bars;
use crate::{exit, output, reading};

/// A path as JSON has it.
#[derive(Serialize)]
struct Row {
    path: String,
    #[serde(rename = "type")]
    kind: &'static str,
    mode: String,
    uid: u64,
    gid: u64,
    size: u64,
    mtime: i64,
    layer: usize,
    target: Option<String>,
}

/// Runs the verb.
pub fn run(args: &Ls, common: &Common) -> Result<ExitCode> {
    let format = common.format.of_a_list("ls")?;
    let reading = reading::reading(common, &[&args.image])?;
    let bars = Bars::new(common);
    let loaded = load(&args.image, &reading, &bars)?;
    drop(bars);
    let layer = layer(args.layer, loaded.image.manifest.layers.len())?;
    let chosen = match choose(&loaded.tree, &LayerPath::new(&args.path), args.recursive || layer.is_some()) {
        Ok(chosen) => chosen,
        Err(missing) => {
            return Err(loaded.gap.unwrap_or_else(|| missing.hint("`lucid-verify ls -R IMAGE` lists everything")));
        }
    };
    let rows = chosen.iter().filter(|(id, _)| layer.is_none_or(|layer| loaded.tree.layer(*id) == layer));
    let document = match format {
        ListFormat::Json => json::document(&rows.map(|(id, _)| row(&loaded.tree, *id)).collect::<Vec<_>>()),
        ListFormat::Table => {
            output::lines(&rows.map(|(id, shown)| line(&loaded.tree, *id, shown, args.long)).collect::<String>())
        }
    };
    output::write(&document)?;
    Ok(loaded.gap.as_ref().map_or(ExitCode::Held, exit::say))
}

fn layer(asked: Option<u32>, layers: usize) -> Result<Option<usize>> {
    let Some(number) = asked else { return Ok(None) };
    let index = (number as usize).saturating_sub(1);
    if index >= layers {
        return Err(Error::new(Kind::Usage, format!("there is no layer {number}: the image has {layers}")));
    }
    Ok(Some(index))
}

/// The nodes to list, and how each is called: by its name in a directory, by its path below one.
fn choose(tree: &Tree, path: &LayerPath, recursive: bool) -> Result<Vec<(NodeId, String)>> {
    let missing = |why: vfs::Unresolved| Error::new(Kind::NotFound, why.to_string()).doing(format!("list {path}"));
    let at = tree.resolve_parent(path).map_err(missing)?;
    let inside = tree.resolve(path).ok().filter(|inside| tree.is_directory(*inside));
    Ok(match inside {
        Some(directory) if recursive => tree.walk(directory).skip(1).map(|id| (id, tree.path(id).to_string())).collect(),
        Some(directory) => tree.children(directory).map(|(name, id)| (id, text::escape(name))).collect(),
        None => vec![(at, tree.path(at).to_string())],
    })
}

fn kind(kind: vfs::Kind<'_>) -> (&'static str, char) {
    match kind {
        vfs::Kind::Directory => ("directory", 'd'),
        vfs::Kind::File(_) => ("file", '-'),
        vfs::Kind::Symlink(_) => ("symlink", 'l'),
        vfs::Kind::Device { block: true, .. } => ("block-device", 'b'),
        vfs::Kind::Device { block: false, .. } => ("char-device", 'c'),
        vfs::Kind::Fifo => ("fifo", 'p'),
    }
}

fn target(tree: &Tree, id: NodeId) -> Option<&[u8]> {
    match tree.kind(id) {
        vfs::Kind::Symlink(target) => Some(target),
        _ => None,
    }
}

fn row(tree: &Tree, id: NodeId) -> Row {
    let stat = tree.stat(id);
    Row {
        path: tree.path(id).to_string(),
        kind: kind(tree.kind(id)).0,
        mode: format!("{:04o}", stat.mode),
        uid: stat.uid,
        gid: stat.gid,
        size: stat.size,
        mtime: stat.mtime,
        layer: tree.layer(id),
        target: target(tree, id).map(text::lossless),
    }
}

fn line(tree: &Tree, id: NodeId, shown: &str, long: bool) -> String {
    if !long {
        return format!("{shown}\n");
    }
    let stat = tree.stat(id);
    let time = chrono::DateTime::from_timestamp(stat.mtime, 0)
        .map_or_else(|| stat.mtime.to_string(), |time| time.format("%Y-%m-%d %H:%M").to_string());
    let link = target(tree, id).map(|target| format!(" -> {}", text::escape(target))).unwrap_or_default();
    let owner = format!("{}:{}", stat.uid, stat.gid);
    let size = match tree.kind(id) {
        vfs::Kind::Device { major, minor, .. } => format!("{major}, {minor}"),
        _ => stat.size.to_string(),
    };
    format!("{} {owner:>11} {size:>10} {time} {shown}{link}\n", stat.permissions(kind(tree.kind(id)).1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_counted_from_one() {
        assert_eq!(layer(Some(2), 2).unwrap(), Some(1));
        assert_eq!(layer(None, 0).unwrap(), None);
        assert_eq!(layer(Some(3), 2).unwrap_err().kind, Kind::Usage);
    }

    #[test]
    fn the_root_and_what_is_missing() {
        let tree = Tree::new();
        assert!(choose(&tree, &LayerPath::root(), true).unwrap().is_empty());
        assert_eq!(choose(&tree, &LayerPath::new("/app"), false).unwrap_err().kind, Kind::NotFound);
        assert_eq!(line(&tree, tree.root(), "/", true), "drwxr-xr-x         0:0          0 1970-01-01 00:00 /\n");
        assert_eq!(row(&tree, tree.root()).mode, "0755");
    }
}
