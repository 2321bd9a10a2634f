//! Bodies: what an event's fields are, in agreement with `serde_json`.
//!
//! Input: the places of the event's id, type and time, `id`, `id type` or nothing for what must be
//! there, and the body.

use hookward::{Delivery, EventKeyKind, Message, Row, UnixSeconds, sign, verify};

use super::input::{NOW, secret, text};
use super::json::{self, Found};
use super::model;

pub fn holds(mut input: &[u8]) {
    let mut column = || text(&mut input);
    let (Some(event_key), Some(event_type), Some(created), Some(envelope)) =
        (column(), column(), column(), column())
    else {
        return;
    };
    if !event_key.starts_with('/') {
        return;
    }
    let row = Row { signature: "S", event_key, event_type, created, envelope, ..Row::default() };
    let Ok(row) = row.provider() else { return };
    let secrets = [secret(&row).expect("the key is text")];
    let message = Message { body: input, ..Message::default() };
    let headers = sign(&row, &secrets[0], &message).expect("any body can be signed");
    let delivery = Delivery::new(&headers, input);
    let verified = verify(&row, &secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
    if let Some(is_envelope) = model::is_envelope(&row, input) {
        let code = verified.as_ref().err().map(hookward::Error::code);
        assert_eq!(code, (!is_envelope).then_some("malformed_envelope"));
    }
    let Ok(verified) = verified else { return };
    let key = verified.event_key().expect("there is always one");
    assert_eq!(Some(key), row.event_key.key(None, input));
    let fields = verified.envelope();
    let is_object = json::is_object(input);
    if is_object == Some(false) {
        assert!(fields.id().is_none() && fields.event_type().is_none());
        assert!(fields.created().is_none() && fields.data().is_none());
        assert_eq!(key.kind(), EventKeyKind::BodyHash);
    }
    let (Some(true), Ok(body)) = (is_object, std::str::from_utf8(input)) else { return };
    let first = created.split(' ').next().unwrap_or_default();
    let at = |pointer| json::at(body, pointer);
    let (Some(id), Some(event_type), Some(data), Some(time)) =
        (at(event_key), at(event_type), at("/data"), at(first))
    else {
        return;
    };
    let read = |text: Option<hookward::JsonText<'_>>| {
        text.map(|text| text.to_text().expect("it is a text").into_owned())
    };
    let as_text = |found: &Found<'_>| match found {
        Found::Once(raw) if raw.starts_with('"') => json::text(raw).filter(|text| !text.is_empty()),
        _ => None,
    };
    let number = match id {
        Found::Once(raw) => json::integer(raw),
        _ => None,
    };
    let id = as_text(&id);
    assert_eq!(read(fields.event_type()), as_text(&event_type));
    assert_eq!(read(fields.id()), id.clone().or_else(|| number.map(Into::into)));
    assert_eq!(fields.data(), if let Found::Once(raw) = data { Some(raw) } else { None });
    let (kind, value) = match (&id, number) {
        (Some(id), _) if id.len() <= 256 => (EventKeyKind::String, id.as_bytes()),
        (_, Some(number)) if number.len() <= 256 => (EventKeyKind::Integer, number.as_bytes()),
        _ => (EventKeyKind::BodyHash, key.value()),
    };
    assert_eq!((key.kind(), key.value()), (kind, value));
    // A time that people would read in digits is read so.
    if let Found::Once(raw) = time
        && let Ok(seconds) = raw.parse::<u64>()
        && raw.len() <= 11
    {
        assert_eq!(fields.created(), Some(UnixSeconds::new(seconds)));
    }
}
