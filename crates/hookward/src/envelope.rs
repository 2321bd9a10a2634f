//! The event inside a verified body, whatever the provider calls its fields.

use crate::error::Error;
use crate::json::{self, JsonText, Value};
use crate::time::UnixSeconds;

/// Names for the time of the event, the first one present counts.
const CREATED: [&str; 4] = ["created", "created_at", "createdAt", "timestamp"];

/// What a provider documents about the body of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeRule {
    /// Nothing: any verified body is passed on with the fields that it has.
    Unknown,
    /// A JSON object with these members; anything else is [`Error::MalformedEnvelope`]. An `id`, a
    /// `type` or a `data` that occurs twice is refused.
    Known(&'static [Required]),
}

/// A member that a known envelope must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Required {
    /// `id`: a string that is not empty, or an integer.
    Id,
    /// `type`: a string that is not empty.
    Type,
}

/// The fields of an event, borrowed from the body.
///
/// Every field is optional: which of them a provider promises is in its [`EnvelopeRule`]. An unknown
/// `type` is a type like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    id: Option<Value<'a>>,
    event_type: Option<Value<'a>>,
    created: Option<Value<'a>>,
    data: Option<&'a str>,
}

impl<'a> Envelope<'a> {
    /// The fields that a verified body has, whatever its provider promises of it.
    pub fn of(body: &'a [u8]) -> Self {
        Self::read(EnvelopeRule::Unknown, body).unwrap_or_default()
    }

    /// Reads a verified body. Fails only where `rule` is [`EnvelopeRule::Known`].
    pub(crate) fn read(rule: EnvelopeRule, body: &'a [u8]) -> Result<Self, Error> {
        let mut envelope = Self::default();
        let mut created_as = CREATED.len();
        let mut twice = None;
        let object = json::members(body, |name, value, raw| {
            let doubled = if name.is("id") {
                envelope.id.replace(value).map(|_| "id")
            } else if name.is("type") {
                envelope.event_type.replace(value).map(|_| "type")
            } else if name.is("data") {
                envelope.data.replace(raw).map(|_| "data")
            } else {
                let spelling = CREATED.iter().position(|c| name.is(c));
                if let Some(spelling) = spelling.filter(|s| *s < created_as) {
                    created_as = spelling;
                    envelope.created = Some(value);
                }
                None
            };
            twice = twice.or(doubled);
        });
        match (rule, object, twice) {
            (EnvelopeRule::Known(required), Ok(()), None) => {
                required.iter().try_for_each(|member| envelope.has(*member))?;
                Ok(envelope)
            }
            (EnvelopeRule::Known(_), Err(_), _) => {
                Err(Error::MalformedEnvelope { fault: "is not a JSON object" })
            }
            (EnvelopeRule::Known(_), Ok(()), Some(_)) => {
                Err(Error::MalformedEnvelope { fault: "has one of id, type and data twice" })
            }
            (EnvelopeRule::Unknown, Ok(()), None) => Ok(envelope),
            (EnvelopeRule::Unknown, ..) => Ok(Self::default()),
        }
    }

    fn has(&self, member: Required) -> Result<(), Error> {
        let fault = match member {
            Required::Id if self.id().is_none() => {
                "has no \"id\" that is a non-empty string or an integer"
            }
            Required::Type if self.event_type().is_none() => {
                "has no \"type\" that is a non-empty string"
            }
            Required::Id | Required::Type => return Ok(()),
        };
        Err(Error::MalformedEnvelope { fault })
    }

    /// The event's `id`, a non-empty string or an integer as written.
    pub fn id(&self) -> Option<JsonText<'a>> {
        match self.id? {
            Value::String(text) if text.is_some_text() => Some(text),
            Value::Number(n) if json::is_integer(n) => Some(JsonText::plain(n)),
            _ => None,
        }
    }

    /// The event's `type`.
    pub fn event_type(&self) -> Option<JsonText<'a>> {
        match self.event_type? {
            Value::String(text) if text.is_some_text() => Some(text),
            _ => None,
        }
    }

    /// When the event happened: `created`, `created_at`, `createdAt` or `timestamp`, in RFC 3339 or
    /// in Unix seconds. `None` if it is neither.
    pub fn created(&self) -> Option<UnixSeconds> {
        match self.created? {
            Value::String(text) => UnixSeconds::from_json(text),
            Value::Number(n) => UnixSeconds::from_digits(n.as_bytes()),
            _ => None,
        }
    }

    /// The event's `data`: JSON as it stands in the body.
    pub fn data(&self) -> Option<&'a str> {
        self.data
    }

    pub(crate) fn id_value(&self) -> Option<Value<'a>> {
        self.id
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    const KNOWN: EnvelopeRule = EnvelopeRule::Known(&[Required::Id, Required::Type]);

    #[test]
    fn fields_are_borrowed_from_the_body() {
        let body = br#"{"id":"evt_1","type":"post.created","created_at":"2021-02-25T15:02:10.5Z","data": {"a":[1]} ,"x":1}"#;
        let e = Envelope::read(KNOWN, body).unwrap();
        assert_eq!(e.id().unwrap().as_plain(), Some("evt_1"));
        assert_eq!(e.event_type().unwrap().as_plain(), Some("post.created"));
        assert_eq!(e.created().unwrap().get(), 1_614_265_330);
        assert_eq!(e.data(), Some(r#"{"a":[1]}"#));
    }

    #[test]
    fn every_spelling_of_created_in_both_forms() {
        for name in CREATED {
            for value in ["1614265330", "\"2021-02-25T15:02:10Z\""] {
                let body = std::format!(r#"{{"{name}":{value}}}"#);
                let e = Envelope::read(EnvelopeRule::Unknown, body.as_bytes()).unwrap();
                assert_eq!(e.created().unwrap().get(), 1_614_265_330, "{body}");
            }
        }
        let both = br#"{"timestamp":5,"created":7}"#;
        assert_eq!(
            Envelope::read(EnvelopeRule::Unknown, both).unwrap().created().unwrap().get(),
            7
        );
        let odd = br#"{"created":"yesterday"}"#;
        assert_eq!(Envelope::read(EnvelopeRule::Unknown, odd).unwrap().created(), None);
    }

    #[test]
    fn a_known_envelope_is_held_to_its_promise() {
        let code = |body: &str| Envelope::read(KNOWN, body.as_bytes()).map_err(|e| e.code()).err();
        assert_eq!(code(r#"{"id":"a","type":"unheard.of"}"#), None);
        assert_eq!(code(r#"{"id":1,"type":"x"}"#), None);
        for body in [
            "",
            "[]",
            "not json",
            r#"{"id":"a","type":"x""#,
            r#"{"type":"x"}"#,
            r#"{"id":"a"}"#,
            r#"{"id":"","type":"x"}"#,
            r#"{"id":1.5,"type":"x"}"#,
            r#"{"id":"a","type":7}"#,
            r#"{"id":"a","id":"b","type":"x"}"#,
            r#"{"id":"a","type":"x","type":"y"}"#,
            r#"{"id":"a","type":"x","data":1,"\u0064ata":2}"#,
            r#"{"id":"\ud800","type":"x"}"#,
            r#"{"id":"a","type":"\ud800"}"#,
            r#"{"id":"a","type":""}"#,
        ] {
            assert_eq!(code(body), Some("malformed_envelope"), "{body}");
        }
    }

    #[test]
    fn an_unknown_envelope_is_passed_on_with_what_it_has() {
        let read =
            |body: &'static str| Envelope::read(EnvelopeRule::Unknown, body.as_bytes()).unwrap();
        assert_eq!(read("form=1&x=2"), Envelope::default());
        assert_eq!(read("[1]"), Envelope::default());
        assert_eq!(read(r#"{"id":"a","id":"b"}"#), Envelope::default());
        assert_eq!(read(r#"{"type":"x"}"#).event_type().unwrap().as_plain(), Some("x"));
        assert_eq!(read(r#"{"type":"x"}"#).id(), None);
    }
}
