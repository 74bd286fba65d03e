//! Compose files (compose-spec, `spec.md`): the images that their services run.

pub mod dotenv;
mod interpolate;

use std::collections::BTreeMap;

use lucid_verify::error::{Error, Kind, Result};
use lucid_verify::reference::{Platform, Reference};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::{Location, Spanned};

use crate::images::Target;
use interpolate::Interpolation;

/// Where variables come from.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a Compose file says of images.
#[derive(Debug, Default)]
pub struct Stack {
    /// The images, in the order of the services' names.
    pub targets: Vec<Target>,
    /// What the reader of the file should know.
    pub notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Document {
    services: Option<BTreeMap<String, Option<Service>>>,
    include: Option<Spanned<IgnoredAny>>,
}

/// One of `services`, of which nothing else counts here: profiles choose what is started, and all of it is to be right.
#[derive(Debug, Default, Deserialize)]
struct Service {
    image: Option<Spanned<String>>,
    build: Option<IgnoredAny>,
    platform: Option<Spanned<String>>,
    extends: Option<Spanned<IgnoredAny>>,
}

impl Stack {
    /// Reads a Compose file. A mistake is told with its place.
    pub fn parse(file: &str, text: &str, variables: Variables<'_>) -> Result<Self> {
        let document: Option<Document> = serde_saphyr::from_str(text).map_err(|error| {
            let what = error.without_snippet().to_string();
            let place = error.location().map_or_else(|| file.to_owned(), |at| place(file, at));
            Error::new(Kind::Usage, format!("{place}: {what}")).doing("read the Compose file")
        })?;
        let mut stack = Self::default();
        let Some(Document { services, include }) = document else { return Ok(stack) };
        if let Some(include) = include {
            return Err(elsewhere(&place(file, include.referenced), "include"));
        }
        for (name, service) in services.unwrap_or_default() {
            stack.add(file, &name, service.unwrap_or_default(), variables)?;
        }
        Ok(stack)
    }

    fn add(&mut self, file: &str, name: &str, service: Service, variables: Variables<'_>) -> Result<()> {
        if let Some(extends) = service.extends {
            return Err(elsewhere(&place(file, extends.referenced), "extends"));
        }
        let Some(image) = service.image else {
            let why = if service.build.is_some() { "is built and has no image" } else { "has no image" };
            self.notes.push(format!("{file}: the service {name} {why}: it is left out"));
            return Ok(());
        };
        let reference: Reference = self.value(file, &image, variables)?;
        let platform: Option<Platform> = service.platform.map(|platform| self.value(file, &platform, variables)).transpose()?;
        self.targets.push(Target { platform, services: vec![name.to_owned()], ..Target::of(reference) });
        Ok(())
    }

    /// A value with its variables filled in.
    fn value<T: std::str::FromStr<Err = Error>>(
        &mut self,
        file: &str,
        written: &Spanned<String>,
        variables: Variables<'_>,
    ) -> Result<T> {
        let at = place(file, written.referenced);
        let mut filling = Interpolation::new(variables);
        let value = filling.fill(&written.value);
        let value = value.map_err(|what| Error::new(Kind::Usage, format!("{at}: {what}")))?;
        let unset = filling.unset;
        let parsed = value.parse().map_err(|error: T::Err| match unset.first() {
            Some(name) => Error::new(Kind::Usage, format!("{at}: the variable {name} is not set, and without it {}", error.what))
                .hint(format!("set it in the environment or in .env, or write a default: ${{{name}:-…}}")),
            None => Error { what: format!("{at}: {}", error.what), ..error },
        });
        let note = |name| format!("{at}: the variable {name} is not set, and taken to be empty, as docker compose does");
        self.notes.extend(unset.iter().map(note));
        parsed
    }
}

fn place(file: &str, at: Location) -> String {
    format!("{file}:{}:{}", at.line(), at.column())
}

/// What is refused because it stands in another file, which is not read.
fn elsewhere(place: &str, key: &str) -> Error {
    let what = format!("{place}: `{key}` names what stands elsewhere, and this file alone is read");
    Error::new(Kind::Usage, what).hint("name what docker compose makes of all: docker compose config > all.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        [("TAG", "7"), ("EMPTY", "")].into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    fn parse(text: &str) -> Result<Stack, String> {
        Stack::parse("compose.yaml", text, &variables).map_err(|error| error.to_string())
    }

    #[test]
    fn services_with_an_image_are_verified_and_the_others_named() {
        let text = "
x-base: &base
  platform: linux/arm64
services:
  web:
    <<: *base
    image: pickme/web:${TAG}
    build: .
    profiles: [debug]
  api: {image: 'pickme/api:${NONE:-latest}', ports: ['80:80']}
  tool: {build: {context: .}}
  nothing:
volumes: {data: }
";
        let stack = parse(text).unwrap();
        let seen: Vec<String> =
            stack.targets.iter().map(|target| format!("{} {:?}", target.reference, target.services)).collect();
        assert_eq!(seen, ["docker.io/pickme/api:latest [\"api\"]", "docker.io/pickme/web:7 [\"web\"]"]);
        assert_eq!(stack.targets[1].platform.as_ref().map(ToString::to_string).as_deref(), Some("linux/arm64"));
        let left =
            ["the service nothing has no image: it is left out", "the service tool is built and has no image: it is left out"];
        assert_eq!(stack.notes, left.map(|note| format!("compose.yaml: {note}")));
    }

    #[test]
    fn mistakes_are_told_with_their_places() {
        for (text, what) in [
            ("services:\n  a:\n    image: A b\n", "compose.yaml:3:12: "),
            ("services:\n  a:\n    image: x:${NONE:?which tag}\n", "compose.yaml:3:12: the variable NONE is wanted: which tag"),
            ("services:\n  a: {image: x, platform: nowhere}\n", "compose.yaml:2:27: "),
            ("include: [other.yaml]\n", "compose.yaml:1:10: `include` names what stands elsewhere"),
            ("services:\n  a: {extends: {service: b}}\n", "compose.yaml:2:16: `extends` names what stands elsewhere"),
            ("services: [a]\n", "failed to read the Compose file: compose.yaml:1:"),
            ("services: {a: {image: x}, a: {image: y}}\n", "failed to read the Compose file: compose.yaml:1:"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(what), "{error}");
        }
        assert!(parse("").unwrap().targets.is_empty());
    }

    #[test]
    fn a_variable_that_is_not_set_is_empty_and_said_so() {
        let stack = parse("services: {a: {image: 'x${NONE}:${EMPTY:-1}'}}").unwrap();
        assert_eq!(stack.targets[0].reference.to_string(), "docker.io/library/x:1");
        assert!(stack.notes[0].contains("the variable NONE is not set"), "{:?}", stack.notes);
    }
}
