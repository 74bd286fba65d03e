//! What a stack of layers becomes: every case in which readers are known to differ, by name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lucid_verify::vfs::{Cause, Change, Event, LayerPath, Tree, dump};

/// Lays the layers; compares what is below the root, without the attributes that every line of these cases shares.
#[track_caller]
fn lays(layers: &[&str], want: &str) {
    let tree = dump::tree(layers.iter().copied()).unwrap();
    assert_eq!(short(&tree), want.split_whitespace().collect::<Vec<_>>().join(" "));
}

/// `path`, `path/`, `path->target`, `path=>path`, `path|`; of files `path:SIZE`; attributes where they are not the usual.
fn short(tree: &Tree) -> String {
    let lines = dump::dump(tree);
    let words = lines.lines().skip(1).map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["d", "0755", "0:0", path] => format!("{path}/"),
            ["f", "0644", "0:0", size, path] => format!("{path}:{size}"),
            ["l", _, _, path, "->", target] => format!("{path}->{target}"),
            ["h", path, "=>", target] => format!("{path}=>{target}"),
            _ => line.replace(' ', ","),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn refuses(layers: &[&str], what: &str) {
    let error = dump::tree(layers.iter().copied()).unwrap_err();
    assert!(error.to_string().contains(what), "{error}");
    assert_eq!(error.kind, lucid_verify::error::Kind::Corrupt);
}

const AB: &str = "f 0644 0:0 1 /b/x\nf 0644 0:0 1 /b/y";

#[test]
fn a_whiteout_hides_what_is_below_wherever_it_stands_in_its_layer() {
    lays(&["f 0644 0:0 3 /a", "f 0644 0:0 5 /a\nw /a"], "/a:5");
    lays(&["f 0644 0:0 3 /a", "w /a\nf 0644 0:0 5 /a"], "/a:5");
    lays(&[AB, "w /b\nd 0755 0:0 /b\nf 0644 0:0 2 /b/n"], "/b/ /b/n:2");
    lays(&[AB, "d 0755 0:0 /b\nf 0644 0:0 2 /b/n\nw /b"], "/b/ /b/n:2");
    lays(&[AB, "w /b\nf 0644 0:0 2 /b/n"], "/b/ /b/n:2");
    for odd in ["-x", "+x", "!x"] {
        lays(&[&format!("f 0644 0:0 3 /{odd}"), &format!("f 0644 0:0 5 /{odd}\nw /{odd}")], &format!("/{odd}:5"));
    }
}

#[test]
fn an_opaque_mark_hides_what_is_below_first_or_last_and_deep() {
    for layer in ["o /b\nf 0644 0:0 2 /b/n", "f 0644 0:0 2 /b/n\no /b"] {
        lays(&[AB, layer], "/b/ /b/n:2");
    }
    for layer in ["o /b/c\nf 0644 0:0 2 /b/c/n", "f 0644 0:0 2 /b/c/n\no /b/c"] {
        lays(&[AB, "f 0644 0:0 1 /b/c/d/e", layer], "/b/ /b/c/ /b/c/n:2 /b/x:1 /b/y:1");
    }
    lays(&[AB, "o /\nf 0644 0:0 2 /n"], "/n:2");
    lays(&[AB, "o /b\nw /b/x"], "/b/");
    lays(&[AB, "o /b\nw /b"], "");
}

#[test]
fn a_whiteout_of_nothing_hides_nothing() {
    lays(&["w /a\no /b\nf 0644 0:0 1 /c"], "/c:1");
    lays(&[AB, "w /b/z\nw /z/z\nw /b/x/z\no /b/x\no /z"], "/b/ /b/x:1 /b/y:1");
    lays(&["l 0777 0:0 /l -> gone", "w /l/x\no /l"], "/l->gone");
}

#[test]
fn whiteouts_follow_the_links_above_them_and_hide_a_link_itself() {
    let run = "f 0644 0:0 1 /run/x\nl 0777 0:0 /var/run -> /run";
    lays(&[run, "w /var/run/x"], "/run/ /var/ /var/run->/run");
    lays(&[run, "w /var/run"], "/run/ /run/x:1 /var/");
    lays(&[run, "o /var/run"], "/run/ /var/ /var/run->/run");
    lays(&[run, "w /var/run\nw /var/run/x"], "/run/ /var/");
    lays(&[run, "w /var/run/x\nw /var/run"], "/run/ /var/");
}

#[test]
fn a_path_through_a_link_is_written_where_the_link_leads() {
    let run = "d 0755 0:0 /run\nl 0777 0:0 /var/run -> /run";
    lays(&[run, "f 0644 0:0 1 /var/run/.keep"], "/run/ /run/.keep:1 /var/ /var/run->/run");
    lays(&[run, "d 0755 0:0 /var/run\nf 0644 0:0 1 /var/run/x"], "/run/ /var/ /var/run/ /var/run/x:1");
    lays(&["l 0777 0:0 /lib -> usr/lib", "f 0644 0:0 1 /lib/x"], "/lib->usr/lib /usr/ /usr/lib/ /usr/lib/x:1");
    lays(&["d 0755 0:0 /s\nl 0777 0:0 /l -> s\nf 0644 0:0 1 /l/x"], "/l->s /s/ /s/x:1");
    lays(&["l 0777 0:0 /up -> ../../..", "f 0644 0:0 1 /up/x"], "/up->../../.. /x:1");
    lays(&["l 0777 0:0 /l -> no/../s", "f 0644 0:0 1 /l/x"], "/l->no/../s /s/ /s/x:1");
    refuses(
        &["l 0777 0:0 /a -> b\nl 0777 0:0 /b -> a", "f 0644 0:0 /a/x"],
        "failed to put /a/x of layer 2: its path leads through",
    );
}

#[test]
fn a_path_leads_elsewhere_once_a_link_on_it_has_come_or_gone() {
    lays(&["l 0777 0:0 /l -> .\nf 0644 0:0 1 /l/w\nd 0755 0:0 /l/l\nf 0644 0:0 2 /l/x"], "/l/ /l/x:2 /w:1");
    let lower = "d 0755 0:0 /d/n\nd 0755 0:0 /z/q\nl 0777 0:0 /l -> d/n/..";
    let tree = "/d/ /d/n->/z/q /d/w:1 /l->d/n/.. /z/ /z/q/ /z/x:2";
    lays(&[lower, "f 0644 0:0 1 /l/w\nl 0777 0:0 /l/n -> /z/q\nf 0644 0:0 2 /l/x"], tree);
    let linked =
        "l 0777 0:0 /n -> /z/q\nl 0777 0:0 /l -> d/n/..\nd 0755 0:0 /z/q\nf 0644 0:0 1 /l/w\nh /l/n => /n\nf 0644 0:0 2 /l/x";
    lays(&[linked], "/d/ /d/n->/z/q /d/w:1 /l->d/n/.. /n=>/d/n /z/ /z/q/ /z/x:2");
}

#[test]
fn a_hard_link_is_another_name_of_a_file() {
    let lower = "f 0600 5:5 3 /a";
    lays(&[lower, "h /b => /a"], "f,0600,5:5,3,/a /b=>/a");
    lays(&["f 0644 0:0 3 /a\nh /b => /a\nf 0644 0:0 9 /a"], "/a:9 /b:3");
    lays(&["f 0644 0:0 3 /a\nh /b => /a", "f 0644 0:0 9 /a"], "/a:9 /b:3");
    lays(&["f 0644 0:0 3 /a\nh /b => /a\nh /c => /b", "w /a"], "/b:3 /c=>/b");
    lays(&["l 0777 0:0 /l -> a\nh /m => /l"], "/l->a /m=>/l");
    lays(&["f 0644 0:0 3 /d/a\nl 0777 0:0 /l -> d", "h /l/b => /l/a"], "/d/ /d/a:3 /d/b=>/d/a /l->d");
    lays(&["f 0644 0:0 3 /a\nf 0644 0:0 4 /d/x", "h /d => /a"], "/a:3 /d=>/a");
}

#[test]
fn a_hard_link_to_no_file_is_refused() {
    refuses(&["h /b => /a\nf 0644 0:0 3 /a"], "failed to put /b of layer 1: its hard link target /a does not exist");
    refuses(&["f 0644 0:0 3 /a", "h /a => /a"], "/a does not exist");
    refuses(&["d 0755 0:0 /d", "h /b => /d"], "/d is a directory");
    refuses(&["f 0644 0:0 3 /d/x", "h /d => /d/x"], "/d/x does not exist");
    refuses(&["f 0644 0:0 3 /a", "h / => /a"], "cannot be the root");
    refuses(&["f 0644 0:0 3 /a\nw /a", "w /a\nh /b => /a"], "/a does not exist");
}

#[test]
fn the_last_of_two_things_with_one_name_stays_without_what_the_first_held() {
    lays(&["f 0644 0:0 1 /a", "f 0644 0:0 2 /a/b"], "/a/ /a/b:2");
    lays(&["f 0644 0:0 1 /x", "f 0644 0:0 2 /x/y/z"], "/x/ /x/y/ /x/y/z:2");
    lays(&["f 0644 0:0 1 /a\nf 0644 0:0 2 /a/b"], "/a/ /a/b:2");
    lays(&[AB, "f 0644 0:0 2 /b"], "/b:2");
    lays(&[AB, "l 0777 0:0 /b -> c"], "/b->c");
    lays(&[AB, "p 0644 0:0 /b", "d 0755 0:0 /b"], "/b/");
    lays(&["f 0644 0:0 1 /a\nf 0644 0:0 2 /a"], "/a:2");
    lays(&[AB, "f 0644 0:0 2 /b", "f 0644 0:0 3 /b/z"], "/b/ /b/z:3");
}

#[test]
fn a_directory_over_a_directory_takes_its_attributes_and_keeps_its_files() {
    lays(&[AB, "d 0700 65532:65532 /b"], "d,0700,65532:65532,/b /b/x:1 /b/y:1");
    lays(&["d 0700 5:5 /b", "f 0644 0:0 1 /b/x"], "d,0700,5:5,/b /b/x:1");
    lays(&["f 0644 0:0 1 /b/x", "d 0700 5:5 /b"], "d,0700,5:5,/b /b/x:1");
    let tree = dump::tree([AB, "d 0700 1:2 /"]).unwrap();
    assert!(dump::dump(&tree).starts_with("d 0700 1:2 /\nd 0755 0:0 /b\n"));
    refuses(&["f 0644 0:0 /"], "nothing but a directory");
}

#[test]
fn every_spelling_leads_to_the_root() {
    lays(&["f 0644 0:0 /./a\nf 0644 0:0 //b\nf 0644 0:0 /../../c\nf 0644 0:0 /d/../e"], "/a:0 /b:0 /c:0 /e:0");
}

#[test]
fn depth_and_breadth_are_no_trouble() {
    let deep = format!("f 0644 0:0 1 {}", "/d".repeat(2000));
    let tree = dump::tree([&deep[..], "w /d"]).unwrap();
    assert_eq!(tree.iter().count(), 1);
    let loops = format!("d 0755 0:0 {0}\nl 0777 0:0 /l -> {0}\nf 0644 0:0 1 /l{0}", "/d".repeat(1100));
    refuses(&[&loops], "its real path has 4097 bytes");
    let wide = (0..50_000).map(|name| format!("f 0644 0:0 1 /w/{name}")).collect::<Vec<_>>().join("\n");
    assert_eq!(dump::tree([&wide[..], "o /w", &wide]).unwrap().iter().count(), 50_002);
    let implied = (0..=100_000).map(|name| format!("f 0644 0:0 1 /{name}/x")).collect::<Vec<_>>().join("\n");
    assert_eq!(dump::tree([&implied[..]]).unwrap_err().kind, lucid_verify::error::Kind::Limit);
}

#[track_caller]
fn history(tree: &Tree, path: &str) -> Vec<(usize, Change, u64, u64)> {
    let events = tree.trail().of(&LayerPath::new(path));
    events.iter().map(|Event { layer, change, bytes, hidden }| (*layer, change.clone(), *bytes, *hidden)).collect()
}

#[test]
fn the_trail_tells_who_wrote_and_who_removed() {
    use Change::{Added, Removed, Rewritten};
    let layers =
        ["f 0644 0:0 /d/a \"123\"\nl 0777 0:0 /l -> d", "f 0600 5:5 /l/a \"123\"", "f 0644 0:0 /d/a \"12\"", "w /l/a", "w /d"];
    let tree = dump::tree(layers).unwrap();
    let rewritten = |same_content| Rewritten { same_content };
    let whiteout = |path: &str| Removed(Cause::Whiteout(path.into()));
    let a = [(0, Added, 3, 0), (1, rewritten(true), 3, 3), (2, rewritten(false), 2, 3), (3, whiteout("/d/a"), 2, 2)];
    assert_eq!(history(&tree, "/d/a"), a);
    assert_eq!(history(&tree, "/d"), [(0, Added, 0, 0), (4, whiteout("/d"), 0, 0)]);
    assert_eq!(history(&tree, "/l/a"), []);
    let opaque = dump::tree([AB, "o /b"]).unwrap();
    assert_eq!(history(&opaque, "/b/x")[1], (1, Removed(Cause::Opaque("/b".into())), 1, 1));
    let replaced = dump::tree([AB, "f 0644 0:0 5 /b"]).unwrap();
    assert_eq!(history(&replaced, "/b/x")[1], (1, Removed(Cause::Replaced("/b".into())), 1, 1));
    assert_eq!(history(&replaced, "/b")[1], (1, rewritten(false), 5, 0));
    assert_eq!(replaced.trail().removal(&"/b/x/deeper".into()).map(|event| event.layer), Some(1));
}

#[test]
fn a_name_and_its_content_can_come_from_different_layers() {
    let tree = dump::tree(["f 0644 0:0 3 /a", "h /b => /a"]).unwrap();
    let b = tree.get(&"/b".into()).unwrap();
    assert_eq!((tree.layer(b), tree.content_layer(b), tree.names(b)), (1, 0, 2));
}

#[test]
fn what_a_layer_ships_is_counted_without_its_directories_and_whiteouts() {
    let first = "d 0755 0:0 /a\nf 0644 0:0 /a/x \"1\"\nl 0777 0:0 /a/l -> x\nh /a/h => /a/x\np 0644 0:0 /a/p";
    let tree = dump::tree([first, "d 0755 0:0 /b\nw /a/x\no /a", "f 0644 0:0 /a/x \"1\""]).unwrap();
    assert_eq!([0, 1, 2, 3].map(|layer| tree.trail().written(layer)), [4, 0, 1, 0]);
}
