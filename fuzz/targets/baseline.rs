//! Any bytes as what an image is compared with: a JSON report, or a saved baseline. What is read of a saved baseline is
//! written and read to be the same.

use lucid_verify::error::Kind;
use lucid_verify::report;
use lucid_verify::size::Delta;
use lucid_verify::size::baseline;

pub fn run(data: &[u8]) {
    match report::read(data) {
        Ok(snapshots) => {
            assert!(!snapshots.is_empty());
            for snapshot in &snapshots {
                let _ = Delta::of(snapshot, &snapshots[0]);
                let _ = Delta::comparable(snapshot, &snapshots[0]);
            }
        }
        Err(error) => {
            assert_eq!(error.kind, Kind::Usage);
            let said = error.to_string();
            assert!(!said.chars().any(char::is_control), "{said:?}");
        }
    }
    if let Ok(snapshot) = baseline::parse(data) {
        let text = baseline::to_text(&snapshot, &[]);
        let again = baseline::parse(&text).expect("what is written is read");
        assert_eq!(baseline::to_text(&again, &[]), text);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let digest = format!("sha256:{}", "0".repeat(64));
    let lines = format!(
        "lucid-verify baseline 1\nbytes 30\ncompressed 9\ndigest {digest}\ndirectories 1\ndirectory /usr 20 2\nfiles 3\n\
         finding config/user 1 a b\nfindings 1\nimage r.io/a:1\nlayer 000 {digest} 9 40 COPY a b\npackage python numpy 1.0 10 1\n\
         packages 1\nplatform linux/arm64\nunowned 20 2\nunpacked 40\nwaste 0\n"
    );
    let report = format!(
        r#"{{"schema":1,"images":[{{"reference":"r.io/a:1","digest":"{digest}","platform":"linux/arm64","complete":true,
        "rules":[{{"id":"config/user","findings":[{{"level":"warn","message":"m","waived":null,"path":"/a","count":1}}]}}],
        "layers":[{{"diff_id":"{digest}","compressed_bytes":9,"files_bytes":40,"created_by":"COPY"}}],
        "sizes":{{"compressed_bytes":9,"unpacked_bytes":40,"bytes":30,"files":3,"directories":[{{"path":"/usr","bytes":20,"files":2}}],
        "packages":[{{"kind":"python","name":"numpy","version":"1.0","bytes":10,"files":1}}],
        "unowned":{{"bytes":20,"files":2}},"waste":{{"bytes":0}}}}}}]}}"#
    );
    vec![lines.into_bytes(), report.into_bytes()]
}
