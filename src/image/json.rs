//! JSON that every reader reads alike. Runtimes are written in Go, whose decoder matches keys in any case and takes the last
//! of two (Go, encoding/json, "Unmarshal"); other decoders take the first, or refuse. A document that says two things so is
//! refused before anything in it is believed (CVE-2021-41190 is such a case).

use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::text::{mask, shortened, terminal};

/// The largest size of content: descriptors have them as int64 (image-spec, descriptor.md).
const LARGEST: u64 = i64::MAX as u64;

/// The keys that are known where, and what is below them.
pub(super) enum Shape {
    /// Whatever is there is read as it is: texts, numbers, and maps whose keys are the users' own.
    Any,
    /// The size of content in bytes.
    Size,
    /// A list of such.
    List(&'static Shape),
    /// An object with these keys. It may have others.
    Object(&'static [(&'static str, &'static Shape)]),
}

/// Reads a document. `Unsupported`: it is no JSON, or readers differ on it; the error names the byte. `Corrupt`: it says that
/// content has a size that no content has.
pub(super) fn read(bytes: &[u8], shape: &Shape) -> Result<Value> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(unsupported("it begins with a byte order mark at byte 0, which JSON must not (RFC 8259, section 8.1)"));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(unsupported(format!("it is no UTF-8 at byte {}", error.valid_up_to())));
    }
    let Unique(value) = typed(bytes).map_err(|what| unsupported(format!("it is not JSON: {what}")))?;
    shape.hold(&value, "it")?;
    Ok(value)
}

/// Reads a document that [`read`] has seen as what it is. The error says what is wrong, and at which byte.
pub(super) fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        format!("{}, at byte {}", terminal(&shortened(&mask(what.strip_suffix(&place).unwrap_or(&what)))), offset(bytes, &error))
    })
}

/// Where in the document an error is: lines and columns count from one, bytes from zero.
fn offset(bytes: &[u8], error: &serde_json::Error) -> usize {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1)
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::new(Kind::Unsupported, what)
}

impl Shape {
    /// Holds a value, which errors call `name`, against the shape. `null` is what Go writes for nothing.
    fn hold(&self, value: &Value, name: &str) -> Result<()> {
        match (self, value) {
            (Self::Size, Value::Number(size)) if size.as_u64().is_none_or(|size| size > LARGEST) => {
                Err(Error::new(Kind::Corrupt, format!("it says that content has {size} bytes, wanted 0 to {LARGEST}")))
            }
            (Self::Any | Self::Size, _) | (_, Value::Null) => Ok(()),
            (Self::List(shape), Value::Array(items)) => items.iter().try_for_each(|item| shape.hold(item, name)),
            (Self::List(_), _) => Err(unsupported(format!("{name} is no list"))),
            (Self::Object(known), Value::Object(object)) => {
                object.iter().try_for_each(|(key, value)| of_object(known, key, value))
            }
            // What decodes JSON here would take the items of a list for the fields.
            (Self::Object(_), _) => Err(unsupported(format!("{name} is no JSON object"))),
        }
    }
}

fn of_object(known: &[(&str, &Shape)], key: &str, value: &Value) -> Result<()> {
    if let Some((name, shape)) = known.iter().find(|(name, _)| *name == key) {
        return shape.hold(value, &format!("its {name}"));
    }
    match known.iter().find(|(name, _)| fold(name) == fold(key)) {
        Some((name, _)) => {
            let what = format!("it is ambiguous: some readers take its key {} for {name}, others do not", shown(key));
            Err(unsupported(what).hint(format!("write the key as {name}")))
        }
        None => Ok(()),
    }
}

/// A key as Go compares keys: without case, which Unicode has also for the Kelvin sign and the long s.
fn fold(key: &str) -> String {
    key.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

fn shown(key: &str) -> String {
    format!("\"{}\"", terminal(&key.chars().take(60).collect::<String>()))
}

/// A value in which no object has a key twice.
struct Unique(Value);

impl<'de> de::Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Once).map(Self)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("the key {} stands there twice", shown(&key))));
            }
            let Unique(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Shape = Shape::Object(&[("size", &Shape::Size), ("labels", &Shape::Any)]);
    const OUTER: Shape = Shape::Object(&[("layers", &Shape::List(&INNER)), ("config", &INNER)]);

    fn refused(text: &[u8]) -> String {
        let error = read(text, &OUTER).unwrap_err();
        assert_eq!(error.kind, Kind::Unsupported, "{error}");
        error.what
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_byte() {
        for (text, want) in [
            (&b"\xef\xbb\xbf{}"[..], "byte order mark at byte 0"),
            (b"{\"a\":\"\xff\"}", "no UTF-8 at byte 6"),
            (b"{\"a\":NaN}", "expected value, at byte 5"),
            (b"{}\n{}", "trailing characters, at byte 3"),
            (b"{\"a\":1", "EOF while parsing an object, at byte 5"),
            (b"", "EOF while parsing a value, at byte 0"),
        ] {
            let what = refused(text);
            assert!(what.contains(want), "{what}");
        }
        assert!(refused("[".repeat(10_000).as_bytes()).contains("recursion limit exceeded, at byte 127"));
    }

    #[test]
    fn no_key_stands_twice_anywhere() {
        assert!(refused(br#"{"a":{"b":1,"b":2}}"#).contains("the key \"b\" stands there twice, at byte 14"));
        assert!(refused(b"{\"\\u001b\":1,\"\\u001b\":2}").contains("\"\\u{1b}\""));
        let value = read(br#"{"a":[1,-2,2.5,"x",null,true,{}]}"#, &OUTER).unwrap();
        assert_eq!(value, serde_json::json!({"a": [1, -2, 2.5, "x", null, true, {}]}));
    }

    #[test]
    fn a_known_key_has_one_spelling_where_it_is_known() {
        for text in [&br#"{"Layers":[]}"#[..], br#"{"layers":[{"SIZE":1}]}"#, "{\"layer\u{17f}\":[]}".as_bytes()] {
            assert!(refused(text).contains("ambiguous"), "{}", text.escape_ascii());
        }
        assert!(read(br#"{"config":{"labels":{"Layers":1,"layers":2,"LAYERS":3}},"other":{"Layers":1}}"#, &OUTER).is_ok());
    }

    #[test]
    fn no_list_stands_for_an_object_and_no_object_for_a_list() {
        for (text, want) in [
            (&b"[]"[..], "it is no JSON object"),
            (b"7", "it is no JSON object"),
            (br#"{"config":[1,{}]}"#, "its config is no JSON object"),
            (br#"{"layers":[[1,{}]]}"#, "its layers is no JSON object"),
            (br#"{"layers":{"size":1}}"#, "its layers is no list"),
        ] {
            assert_eq!(refused(text), want);
        }
        assert!(read(br#"{"config":null,"layers":null}"#, &OUTER).is_ok());
    }

    #[test]
    fn a_size_that_no_content_has_is_corrupt() {
        for size in ["-1", "9223372036854775808", "1e3"] {
            let error = read(format!(r#"{{"layers":[{{"size":{size}}}]}}"#).as_bytes(), &OUTER).unwrap_err();
            assert_eq!(error.kind, Kind::Corrupt, "{error}");
        }
        assert!(read(br#"{"config":{"size":9223372036854775807}}"#, &OUTER).is_ok());
    }

    #[test]
    fn an_error_repeats_no_document() {
        let long = serde_json::to_string(&"\u{1b}".repeat(9000)).unwrap();
        let error = typed::<u64>(long.as_bytes()).unwrap_err();
        assert!(error.chars().count() < 400 && !error.contains('\u{1b}') && error.contains("expected u64, at byte"), "{error}");
    }
}
