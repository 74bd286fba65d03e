//! What the configuration says.

use serde_json::{Value, json};

use super::{Breakage, PLAIN, below};
use crate::image::{Entry, Image};

/// A variable more, and the line of history that sets it.
fn set(image: &mut Image, name: &str, value: &str) {
    if let Some(env) = image.config["Env"].as_array_mut() {
        env.push(format!("{name}={value}").into());
    }
    image.reword("ENV PATH=", &format!("ENV PATH=/usr/local/bin:/usr/bin:/bin {name}={value}"));
}

/// Another command, as `BuildKit` writes it into the history.
fn command(image: &mut Image, argv: Value, said: &str) {
    image.config["Cmd"] = argv;
    image.reword("CMD ", said);
}

pub const BREAKAGES: &[Breakage] = &[
    Breakage {
        name: "user-root",
        done: "wrote USER 0",
        edit: |image, _| {
            image.config["User"] = "0".into();
            image.reword("USER 65532:65532", "USER 0");
        },
        rule: "config/user",
        ..PLAIN
    },
    Breakage {
        name: "interpreter-missing",
        done: "named an interpreter in CMD that the base does not have",
        edit: |image, _| {
            let said = r#"CMD ["/usr/bin/python3.12" "/app/entrypoint.py"]"#;
            command(image, json!(["/usr/bin/python3.12", "/app/entrypoint.py"]), said);
        },
        rule: "config/argv0",
        path: Some("/usr/bin/python3.12"),
        ..PLAIN
    },
    Breakage {
        name: "entrypoint-not-cleared",
        done: "left out `ENTRYPOINT []`, so that the base's interpreter stayed in front of the command",
        edit: |image, _| {
            image.config["Entrypoint"] = json!(["/usr/bin/python3.11"]);
            image.steps.retain(|step| step.created_by != "ENTRYPOINT []");
        },
        rule: "config/double-interpreter",
        explains: &["config/entrypoint"],
        ..PLAIN
    },
    Breakage {
        name: "command-in-single-quotes",
        done: "wrote CMD with single quotes, which makes it a line for a shell",
        edit: |image, _| {
            let line = "['/usr/bin/python3.11', '/app/entrypoint.py']";
            command(image, json!(["/bin/sh", "-c", line]), &format!(r#"CMD ["/bin/sh" "-c" "{line}"]"#));
        },
        rule: "config/shell-form",
        explains: &["config/argv0"],
        ..PLAIN
    },
    Breakage {
        name: "command-in-entrypoint",
        done: "put the whole command into ENTRYPOINT",
        edit: |image, _| {
            let argv = image.config["Cmd"].take();
            image.reword("ENTRYPOINT []", r#"ENTRYPOINT ["/usr/bin/python3.11" "/app/entrypoint.py"]"#);
            image.config["Entrypoint"] = argv;
            image.steps.retain(|step| !step.created_by.starts_with("CMD "));
        },
        rule: "config/entrypoint",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "bare-interpreter",
        done: "left the interpreter to PATH in CMD and in HEALTHCHECK",
        edit: |image, _| {
            command(image, json!(["python3", "/app/entrypoint.py"]), r#"CMD ["python3" "/app/entrypoint.py"]"#);
            image.config["Healthcheck"]["Test"][1] = "python3".into();
        },
        rule: "config/explicit-python",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "default-password",
        done: "wrote `${MONGODB_PASSWORD:-changeme}` into ENV, which is expanded when the image is built",
        edit: |image, _| set(image, "MONGODB_URI", "mongodb://lucid:changeme@lucid-mongodb:27017/lucid?authSource=admin"),
        rule: "config/env-default-password",
        ..PLAIN
    },
    Breakage {
        name: "token-in-env",
        done: "handed a token to the service in ENV",
        edit: |image, _| set(image, "REGISTRY_TOKEN", "glpat-0123456789abcdefghij"),
        rule: "config/env-secret",
        ..PLAIN
    },
    Breakage {
        name: "port-not-exposed",
        done: "gave the service another port and left EXPOSE and HEALTHCHECK as they were",
        edit: |image, _| set(image, "AUTH_PORT", "8090"),
        rule: "config/expose",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "token-in-command",
        done: "handed a token to the service as an argument of CMD",
        edit: |image, _| {
            let argv = json!(["/usr/bin/python3.11", "/app/entrypoint.py", "--registry-token", "glpat-0123456789abcdefghij"]);
            let said = r#"CMD ["/usr/bin/python3.11" "/app/entrypoint.py" "--registry-token" "glpat-0123456789abcdefghij"]"#;
            command(image, argv, said);
        },
        rule: "config/env-secret",
        ..PLAIN
    },
    Breakage {
        name: "placeholder-in-label",
        done: "left a name of the template in LABEL",
        edit: |image, _| image.config["Labels"]["com.lucid.cluster"] = "<cluster-name>".into(),
        rule: "config/placeholder",
        ..PLAIN
    },
    Breakage {
        name: "volume-over-code",
        done: "declared the directory of the code as a volume, which keeps that of the first image",
        edit: |image, _| {
            image.config["Volumes"] = json!({"/app": {}});
            image.say("VOLUME [/app]");
        },
        rule: "config/volumes",
        level: "warn",
        ..PLAIN
    },
    Breakage {
        name: "certificates-blanked",
        done: "copied the certificates of a builder that has none",
        edit: |image, _| {
            let bundle = "etc/ssl/certs/ca-certificates.crt";
            image.append(&format!("COPY /{bundle} /{bundle}"), below(Entry::file(bundle, "")));
        },
        rule: "config/certs",
        level: "warn",
        path: Some("/etc/ssl/certs/ca-certificates.crt"),
        layer: Some("COPY /etc/ssl/certs"),
        ..PLAIN
    },
];
