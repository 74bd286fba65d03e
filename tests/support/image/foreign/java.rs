//! Debian's JRE with a class of our own.

use serde_json::json;

use super::configure;
use crate::image::slim::{System, alternative};
use crate::image::{Entry, Image};

/// Where Debian keeps the JRE.
const HOME: &str = "/usr/lib/jvm/java-17-openjdk-arm64";

/// The instruction that brings the service.
pub const COPY_CLASS: &str = "COPY Main.class";

pub fn image() -> Image {
    let mut system = System::slim();
    system.install(&["openjdk-17-jre-headless"], alternative("usr/bin/java", &format!("{HOME}/bin/java")));
    let mut image = system.image;
    let class = Entry::file("app/Main.class", class());
    image.append("WORKDIR /app # buildkit", vec![Entry::directory("app")]);
    image.append(&format!("{COPY_CLASS} /app/ # buildkit"), vec![Entry::directory("app"), class]);
    let env = [format!("JAVA_HOME={HOME}"), "JAVA_VERSION=17".into(), "LANG=C.UTF-8".into()];
    configure(image, &env.each_ref().map(String::as_str), &json!({"Cmd": ["java", "-cp", "/app", "Main"], "WorkingDir": "/app"}))
}

/// `public class Main` with a `main` that returns at once (Java Virtual Machine Specification, chapter 4).
fn class() -> Vec<u8> {
    let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 8];
    let utf8 = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend([1, 0, u8::try_from(text.len()).unwrap()]);
        bytes.extend(text.as_bytes());
    };
    for (name, text) in [(2, "Main"), (4, "java/lang/Object")] {
        bytes.extend([7, 0, name]);
        utf8(&mut bytes, text);
    }
    for text in ["main", "([Ljava/lang/String;)V", "Code"] {
        utf8(&mut bytes, text);
    }
    // public super; this, super; no interfaces, no fields, one method: public static main, whose code is one `return`.
    bytes.extend([0, 0x21, 0, 1, 0, 3, 0, 0, 0, 0, 0, 1]);
    bytes.extend([0, 9, 0, 5, 0, 6, 0, 1, 0, 7, 0, 0, 0, 13, 0, 0, 0, 1, 0, 0, 0, 1, 0xb1, 0, 0, 0, 0, 0, 0]);
    bytes
}
