//! What the configuration says.

use super::Breakage;

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "user-root",
        done: "wrote USER 0",
        edit: |image, _| {
            image.config["User"] = "0".into();
            image.reword("USER 65532:65532", "USER 0");
        },
        rule: "config/user",
        level: "error",
        path: None,
        layer: None,
        explains: &[],
    },
    Breakage {
        name: "interpreter-missing",
        done: "named an interpreter in CMD that the base does not have",
        edit: |image, _| {
            image.config["Cmd"][0] = "/usr/bin/python3.12".into();
            image.reword(r#"CMD ["/usr/bin/python3.11""#, r#"CMD ["/usr/bin/python3.12" "/app/entrypoint.py"]"#);
        },
        rule: "config/argv0",
        level: "error",
        path: Some("/usr/bin/python3.12"),
        layer: None,
        explains: &[],
    },
];
