//! The event inside a verified body, whatever the provider calls its fields.

use crate::catalog::Provider;
use crate::cut::cut;
use crate::error::Error;
use crate::event_key::EventKeyRule;
use crate::json::{self, Found, JsonText, Place, Value};
use crate::scheme::TimeAt;
use crate::time::UnixSeconds;

/// What a provider documents about the body of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeRule {
    /// Nothing that is held against it: any verified body is passed on with the fields that it has.
    Unknown,
    /// A JSON object with an id: a string that is not empty, or an integer. Anything else is
    /// [`Error::MalformedEnvelope`], and so is an id, a type or a `data` that occurs twice.
    Id,
    /// The same, with a type as well: a string that is not empty.
    IdAndType,
}

/// The fields of an event, borrowed from the body.
///
/// Every field is optional: which of them a provider promises is in its [`EnvelopeRule`], and where
/// they are in its row of the catalogue. An unknown type is a type like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    id: Option<Value<'a>>,
    event_type: Option<Value<'a>>,
    created: Option<Value<'a>>,
    data: Option<Value<'a>>,
}

/// What the body of a delivery holds, as its provider's row says.
pub(crate) struct Fields<'a> {
    envelope: Envelope<'a>,
    /// The signed time, where it is in the body.
    pub(crate) time: Found<'a>,
    /// Why the body is not an envelope of the provider's.
    fault: Option<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn read(provider: &Provider<'_>, body: &'a [u8]) -> Self {
        let id = match provider.event_key {
            EventKeyRule::Pointer(pointer) => pointer,
            _ => "",
        };
        let time = match provider.scheme.time {
            TimeAt::Body { pointer, .. } => pointer,
            _ => "",
        };
        let (created, or_created) = cut(provider.created, b' ');
        let or_created = or_created.unwrap_or_default();
        let places = [id, provider.event_type, "/data", created, or_created, time];
        let mut places = places.map(Place::new);
        if json::pick(body, &mut places).is_err() {
            let fault = Some("is not a JSON object");
            return Self { envelope: Envelope::default(), time: Found::Missing, fault };
        }
        let [id, event_type, data, created, or_created, time] = places.map(|place| place.found);
        let doubled = [id, event_type, data].iter().any(|found| matches!(found, Found::Several));
        let envelope = Envelope {
            id: id.once(),
            event_type: event_type.once(),
            created: created.once().or(or_created.once()),
            data: data.once(),
        };
        let mut this = Self { envelope, time, fault: None };
        if doubled {
            this.fault = Some("has its id, its type or its data twice");
        } else if provider.envelope != EnvelopeRule::Unknown && envelope.id().is_none() {
            this.fault = Some("has no id that is a non-empty string or an integer");
        } else if provider.envelope == EnvelopeRule::IdAndType && envelope.event_type().is_none() {
            this.fault = Some("has no type that is a non-empty string");
        }
        this
    }

    /// The envelope, with whatever it has.
    pub(crate) fn whatever(&self) -> Envelope<'a> {
        self.envelope
    }

    /// The envelope, as the provider's rule allows it.
    pub(crate) fn envelope(&self, rule: EnvelopeRule) -> Result<Envelope<'a>, Error<'static>> {
        match self.fault {
            Some(fault) if rule != EnvelopeRule::Unknown => Err(Error::MalformedEnvelope { fault }),
            _ => Ok(self.envelope),
        }
    }
}

/// A text that is not empty.
fn some_text(value: Value<'_>) -> Option<JsonText<'_>> {
    value.text().filter(|text| text.is_some_text())
}

impl<'a> Envelope<'a> {
    /// The event's id in the body, where the catalogue has it documented as the *event's*: a
    /// non-empty string, or an integer as written.
    pub fn id(&self) -> Option<JsonText<'a>> {
        let id = self.id?;
        id.integer().map(JsonText::plain).or_else(|| some_text(id))
    }

    /// The event's type, where the body has one.
    pub fn event_type(&self) -> Option<JsonText<'a>> {
        self.event_type.and_then(some_text)
    }

    /// When the event happened, where the body says so in RFC 3339, in Unix seconds or in Unix
    /// milliseconds.
    pub fn created(&self) -> Option<UnixSeconds> {
        self.created.and_then(UnixSeconds::read_any)
    }

    /// The body's `data`: JSON as it stands there.
    pub fn data(&self) -> Option<&'a str> {
        self.data.map(Value::raw)
    }

    pub(crate) fn id_value(&self) -> Option<Value<'a>> {
        self.id
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::catalog::provider;

    fn known(body: &[u8]) -> Result<Envelope<'_>, Error<'static>> {
        let row = provider("tinyposter").unwrap();
        Fields::read(row, body).envelope(row.envelope)
    }

    #[test]
    fn fields_are_borrowed_from_the_body() {
        let body = br#"{"id":"evt_1","type":"post.created","created":"2021-02-25T15:02:10.5Z","data": {"a":[1]} ,"x":1}"#;
        let e = known(body).unwrap();
        assert_eq!(e.id().unwrap().as_plain(), Some("evt_1"));
        assert_eq!(e.event_type().unwrap().as_plain(), Some("post.created"));
        assert_eq!(e.created().unwrap().get(), 1_614_265_330);
        assert_eq!(e.data(), Some(r#"{"a":[1]}"#));
    }

    #[test]
    fn created_is_read_in_every_form_and_under_either_name() {
        let row = provider("letmepost").unwrap();
        for value in ["1614265330", "1614265330999", "\"2021-02-25T15:02:10Z\""] {
            for name in ["created", "createdAt"] {
                let body = std::format!(r#"{{"id":1,"{name}":{value}}}"#);
                let e = Fields::read(row, body.as_bytes()).envelope(row.envelope).unwrap();
                assert_eq!(e.created().unwrap().get(), 1_614_265_330, "{body}");
            }
        }
        let both = br#"{"id":1,"createdAt":5,"created":7}"#;
        assert_eq!(Fields::read(row, both).envelope.created().unwrap().get(), 7);
        let odd = br#"{"id":1,"created":"yesterday"}"#;
        assert_eq!(Fields::read(row, odd).envelope.created(), None);
    }

    #[test]
    fn a_known_envelope_is_held_to_its_promise() {
        let code = |body: &str| known(body.as_bytes()).map_err(|e| e.code()).err();
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
        let row = provider("slack").unwrap();
        let read =
            |body: &'static str| Fields::read(row, body.as_bytes()).envelope(row.envelope).unwrap();
        assert_eq!(read("form=1&x=2"), Envelope::default());
        assert_eq!(read("[1]"), Envelope::default());
        assert_eq!(read(r#"{"event_id":"a","event_id":"b"}"#).id(), None);
        assert_eq!(read(r#"{"event":{"type":"x"}}"#).event_type().unwrap().as_plain(), Some("x"));
        assert_eq!(read(r#"{"id":"a"}"#).id(), None, "nothing says that this is the event's id");
    }
}
