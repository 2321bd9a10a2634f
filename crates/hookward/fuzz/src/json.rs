//! What `serde_json` says of a body: its members, doubled ones included, as they are written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What is found at a place of a body.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    Missing,
    /// As written.
    Once(&'a str),
    Several,
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// Whether the body is an object, no deeper than the cap. `None` where `serde_json` cannot say: it
/// takes no half of a surrogate pair in a name.
pub fn is_object(body: &[u8]) -> Option<bool> {
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    let first = body.iter().find(|b| !b" \t\r\n".contains(b));
    if !is_json || std::str::from_utf8(body).is_err() || first != Some(&b'{') || depth(body) > 127 {
        return Some(false);
    }
    serde_json::from_slice::<Members<'_>>(body).ok().map(|_| true)
}

/// How many objects and arrays of a JSON text are open at once at the most.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut most, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                most = most.max(depth);
            }
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    most
}

/// What the object `body` holds at `pointer`. `None` where `serde_json` cannot say.
pub fn at<'a>(body: &'a str, pointer: &str) -> Option<Found<'a>> {
    let mut found = if pointer.is_empty() { Found::Missing } else { Found::Once(body) };
    for name in pointer.split('/').skip(1) {
        let Found::Once(raw) = found else { return Some(found) };
        if !raw.trim_start().starts_with('{') {
            return Some(Found::Missing);
        }
        let Members(members) = serde_json::from_str(raw).ok()?;
        let mut named = members.iter().filter(|(member, _)| member == name);
        found = match (named.next(), named.next()) {
            (None, _) => Found::Missing,
            (Some((_, raw)), None) => Found::Once(raw.get()),
            (Some(_), Some(_)) => Found::Several,
        };
    }
    Some(found)
}

/// The text of a JSON string, if it is one and a text.
pub fn text(raw: &str) -> Option<String> {
    serde_json::from_str(raw).ok()
}

/// The digits of a JSON number that is written as an integer.
pub fn integer(raw: &str) -> Option<&str> {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(raw)
}
