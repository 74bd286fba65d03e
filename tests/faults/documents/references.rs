use super::pushed::{Draft, served};
use crate::table::Row;

pub fn references(row: &Row) {
    let image = Draft::small().image();
    let digest = image.digest();
    let (server, _) = served(image);
    let host = server.host();
    row.verify("a tag", &format!("{host}/a:t")).run().ends(0);
    row.verify("no tag, a port", &format!("{host}/a")).run().ends(0);
    row.verify("tag and digest", &format!("docker://{host}/a/b/c:t@{digest}")).run().ends(0);
    for (case, reference, says) in [
        ("upper case", "UPPER/a", "repository names are lower case"),
        ("300 characters", &*format!("r.io/{}", "a".repeat(300)), "more than 255 characters"),
        ("a short digest", "a@sha256:short", "wrong length"),
        ("a digest of another kind", "a@md5:d41d8cd98f00b204e9800998ecf8427e", "only sha256 and sha512"),
        ("an option", "-x", "'-x'"),
        ("what is no ASCII", "gr\u{fc}n", "cannot hold \"\u{fc}\""),
        ("an escape sequence", "a\u{1b}[31m", "cannot hold \"\\u{1b}\""),
        ("a path", "../x", "\"..\" is no host"),
        ("a scheme", "https://r.io/a", "starts with https://"),
        ("a port that is none", "r.io:99999/a", "larger than 65535"),
    ] {
        row.verify(case, reference).run().ends(2).says(says);
    }
    let read = |text: &str| text.parse::<lucid_verify::reference::Reference>().unwrap().to_string();
    for (text, want) in [
        ("a", "docker.io/library/a:latest"),
        ("a/b", "docker.io/a/b:latest"),
        ("localhost/a", "localhost/a:latest"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"),
        ("test.com:5000", "docker.io/library/test.com:5000"),
    ] {
        assert_eq!(read(text), want);
        row.observe(&format!("`{text}`"), &format!("read as `{want}`"));
    }
}
