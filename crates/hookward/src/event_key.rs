//! What duplicates are recognised by: always something that the provider signed.

use core::fmt;

use crate::cut::copy;
use crate::json::{self, JsonText, Value};
use crate::limits::ID_BYTES;
use crate::sha256::Sha256;

/// Where a provider's event key comes from. Each row of the catalogue states one, with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKeyRule<'s> {
    /// The scheme's signed id header.
    Header,
    /// A place in the body, as a JSON pointer (RFC 6901) through objects, that the vendor documents as
    /// the *event's* id. Falls back to the hash of the body where it is neither a non-empty string nor
    /// an integer of up to [`ID_BYTES`](crate::limits::ID_BYTES) bytes.
    Pointer(&'s str),
    /// The SHA-256 of the body.
    BodyHash,
    /// There is none: identical bodies are different events.
    None,
}

/// What an [`EventKey`]'s value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKeyKind {
    /// The value of a signed id header.
    Header,
    /// A JSON string of the signed body, unescaped.
    String,
    /// A JSON integer of the signed body, as written.
    Integer,
    /// The SHA-256 of the signed body, 32 bytes.
    BodyHash,
}

impl EventKeyKind {
    /// A stable name: `header`, `string`, `integer` or `body-hash`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::String => "string",
            Self::Integer => "integer",
            Self::BodyHash => "body-hash",
        }
    }
}

/// The key that two deliveries of one event have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EventKey {
    kind: EventKeyKind,
    value: [u8; ID_BYTES],
    len: usize,
}

impl EventKey {
    /// What the value is.
    pub const fn kind(&self) -> EventKeyKind {
        self.kind
    }

    /// The value: a header's bytes as received, UTF-8 text, or the 32 bytes of a hash.
    pub fn value(&self) -> &[u8] {
        self.value.get(..self.len).unwrap_or_default()
    }

    /// The key under which a store remembers the event: the SHA-256 over the length-prefixed source
    /// id, kind and value. Each length is 8 bytes, big-endian.
    ///
    /// `source_id` keeps the keys of different senders apart; a receiver with a single source may
    /// leave it empty.
    pub fn stored(&self, source_id: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [source_id.as_bytes(), self.kind.as_str().as_bytes(), self.value()] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finish()
    }

    /// The key of the bytes of a header or of a number; `None` if empty or too long.
    fn of(kind: EventKeyKind, bytes: &[u8]) -> Option<Self> {
        let mut key = Self { kind, value: [0; ID_BYTES], len: bytes.len() };
        copy(key.value.get_mut(..bytes.len())?, bytes);
        (key.len > 0).then_some(key)
    }

    fn of_text(text: JsonText<'_>) -> Option<Self> {
        let mut value = [0; ID_BYTES];
        let len = text.unescape_into(&mut value)?.len();
        (len > 0).then_some(Self { kind: EventKeyKind::String, value, len })
    }

    /// The key that an id in the body is; `None` for a value that is no id.
    pub(crate) fn of_value(value: Value<'_>) -> Option<Self> {
        match value.text() {
            Some(text) => Self::of_text(text),
            None => Self::of(EventKeyKind::Integer, value.integer()?.as_bytes()),
        }
    }

    fn of_body(body: &[u8]) -> Option<Self> {
        Self::of(EventKeyKind::BodyHash, &Sha256::digest(body))
    }
}

impl fmt::Debug for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventKey({}, ", self.kind.as_str())?;
        for byte in self.value() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

impl EventKeyRule<'_> {
    /// The key of a verified delivery with this body, and this signed id where its scheme has one.
    pub fn key(self, signed_id: Option<&[u8]>, body: &[u8]) -> Option<EventKey> {
        self.key_of(signed_id, body, |pointer| json::at(body, pointer).once())
    }

    /// The same, where `at` tells what the body has at a place.
    pub(crate) fn key_of<'b>(
        self,
        signed_id: Option<&[u8]>,
        body: &[u8],
        at: impl FnOnce(&str) -> Option<Value<'b>>,
    ) -> Option<EventKey> {
        let signed = match self {
            Self::None => return None,
            Self::BodyHash => None,
            Self::Header => signed_id.and_then(|id| EventKey::of(EventKeyKind::Header, id)),
            Self::Pointer(pointer) => at(pointer).and_then(EventKey::of_value),
        };
        signed.or_else(|| EventKey::of_body(body))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    const ID: EventKeyRule<'_> = EventKeyRule::Pointer("/id");

    fn kind_and_value(body: &str) -> (EventKeyKind, std::vec::Vec<u8>) {
        let key = ID.key(None, body.as_bytes()).unwrap();
        (key.kind(), key.value().to_vec())
    }

    #[test]
    fn a_member_is_a_string_or_an_integer() {
        assert_eq!(kind_and_value(r#"{"id":"evt_1"}"#), (EventKeyKind::String, b"evt_1".to_vec()));
        assert_eq!(
            kind_and_value(r#"{"id":"\u0065vt_1"}"#),
            (EventKeyKind::String, b"evt_1".to_vec())
        );
        assert_eq!(kind_and_value(r#"{"id":17}"#), (EventKeyKind::Integer, b"17".to_vec()));
        assert_eq!(
            kind_and_value(r#"{"data":{"id":"no"},"id":-3}"#),
            (EventKeyKind::Integer, b"-3".to_vec())
        );
    }

    #[test]
    fn anything_else_falls_back_to_the_hash_of_the_body() {
        let long = std::format!(r#"{{"id":"{}"}}"#, "x".repeat(257));
        for body in [
            r#"{"id":""}"#,
            r#"{"id":1.5}"#,
            r#"{"id":1e3}"#,
            r#"{"id":null}"#,
            r#"{"id":true}"#,
            r#"{"id":["a"]}"#,
            r#"{"id":"\ud800"}"#,
            r#"{"id":"a","id":"b"}"#,
            r#"{"ID":"a"}"#,
            r#"{"data":{"id":"a"}}"#,
            "[]",
            "not json",
            "",
            r#"{"id":"a""#,
            &long,
        ] {
            let (kind, value) = kind_and_value(body);
            assert_eq!(kind, EventKeyKind::BodyHash, "{body}");
            assert_eq!(value, Sha256::digest(body.as_bytes()).to_vec());
        }
        let longest = std::format!(r#"{{"id":"{}"}}"#, "x".repeat(256));
        assert_eq!(kind_and_value(&longest).0, EventKeyKind::String);
    }

    #[test]
    fn a_pointer_goes_through_objects() {
        let rule = EventKeyRule::Pointer("/event/meta/id");
        let kind = |body: &str| rule.key(None, body.as_bytes()).unwrap().kind();
        assert_eq!(kind(r#"{"x":1,"event":{"meta": {"id":"a"} }}"#), EventKeyKind::String);
        for body in [
            r#"{"event":{"meta":{"id":"a"},"meta":{}}}"#,
            r#"{"event":{"meta":{"id":"a"}},"event":1}"#,
            r#"{"event":{"meta":{"id":"a","id":"a"}}}"#,
            r#"{"event":{"meta":["id"]}}"#,
            r#"{"event":{"meta":"id"}}"#,
            r#"{"event":{}}"#,
            r#"{"event/meta/id":"a"}"#,
        ] {
            assert_eq!(kind(body), EventKeyKind::BodyHash, "{body}");
        }
    }

    #[test]
    fn kinds_and_sources_do_not_collide() {
        let stored =
            |body: &str, source: &str| ID.key(None, body.as_bytes()).unwrap().stored(source);
        let keys = [
            stored(r#"{"id":"1"}"#, ""),
            stored(r#"{"id":1}"#, ""),
            stored(r#"{"id":"1"}"#, "src_a"),
            stored(r#"{"id":"a1"}"#, "src_"),
            EventKeyRule::Header.key(Some(b"1"), b"").unwrap().stored(""),
        ];
        for (i, a) in keys.iter().enumerate() {
            assert_eq!(keys.iter().filter(|b| *b == a).count(), 1, "key {i}");
        }
    }

    #[test]
    fn other_rules() {
        assert_eq!(EventKeyRule::None.key(Some(b"x"), b"{}"), None);
        let key = EventKeyRule::Header.key(Some(b"msg_1"), b"{}").unwrap();
        assert_eq!((key.kind(), key.value()), (EventKeyKind::Header, &b"msg_1"[..]));
        let key = EventKeyRule::BodyHash.key(Some(b"msg_1"), br#"{"id":"a"}"#).unwrap();
        assert_eq!(key.kind(), EventKeyKind::BodyHash);
    }
}
