//! `WWW-Authenticate`, as registries and anything between send it.

use lucid_verify::source::challenge::Challenge;

/// Each line is a header.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Challenge::choose(text.lines()) {
        Ok(Challenge::Bearer { realm, .. }) => assert!(!realm.is_empty()),
        Ok(Challenge::Basic) => {}
        // What is said of a header is short, whatever stands in it, and nothing that a terminal acts on.
        Err(error) => {
            let what = error.to_string();
            assert!(!what.chars().any(char::is_control), "{what:?}");
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let seeds = [
        r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#,
        r#"Bearer realm="https://r/token",error="insufficient_scope",scope="repository:a:pull repository:b:pull""#,
        r#"Basic realm="https://1.dkr.ecr.eu.amazonaws.com/",service="ecr.amazonaws.com""#,
        "BASIC realm=\"Sonatype Nexus Repository Manager\"",
        "Basic realm=/",
        "Negotiate\nBasic realm=\"x\"",
        r#"Basic realm="x", Bearer realm="https://t/\"a",service="s",empty="""#,
        "Negotiate dG9rZW4=, Digest realm=\"x\", nonce=\"abc\", qop=\"auth\"",
        "Bearer realm=\"unterminated",
    ];
    seeds.map(|seed| seed.as_bytes().to_vec()).into()
}
