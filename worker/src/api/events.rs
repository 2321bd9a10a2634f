//! `POST /v1/events`: the team's own events.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use worker::Response;

use super::{Call, json};
use crate::clock::rfc3339;
use crate::problem::{Code, Problem};
use crate::publish::{self, Publication};
use hookward_relay::limits;

/// Beside its data, an event has little to say.
const BODY_BYTES: usize = hookward::limits::BODY_BYTES;

/// The fields as they were written: what `data` holds is passed on byte for byte.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow, default, deserialize_with = "given")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    r#type: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    data: Option<&'a RawValue>,
}

/// A field that is there, `null` among what it may hold: that is no way to leave it out.
fn given<'de: 'a, 'a, D>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error>
where
    D: Deserializer<'de>,
{
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Serialize)]
struct Taken {
    status: &'static str,
    id: String,
    event_key: String,
    created: String,
}

pub(super) async fn publish(call: &Call<'_>) -> Result<Response, Problem> {
    call.config.keys()?;
    let header = call.request.headers().get("idempotency-key").ok().flatten();
    let body = call.body(BODY_BYTES).await?;
    let event = publication(&body, header.as_deref())?;
    let published = publish::publish(call.config, &event).await?;
    let (status, event_key) = (published.status, hex::encode(published.event_key));
    json(200, &Taken { status, id: event.id, event_key, created: rfc3339(published.created) })
}

fn publication<'a>(body: &'a [u8], header: Option<&str>) -> Result<Publication<'a>, Problem> {
    let fields: Fields<'a> = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            let detail = "The body is an object of \"type\", \"data\" and \"id\", each once.";
            return Problem::invalid(detail);
        }
        let (line, column) = (error.line(), error.column());
        let detail = format!("The body is not JSON: line {line}, column {column}.");
        Problem::new(Code::MalformedJson, detail)
    })?;
    let event_type = fields.r#type.ok_or_else(|| Problem::invalid("\"type\" is missing."))?;
    let event_type = word("\"type\"", event_type, limits::EVENT_PATTERN_BYTES)?;
    let data = fields.data.ok_or_else(|| Problem::invalid("\"data\" is missing."))?;
    if !data.get().starts_with('{') {
        return Err(Problem::invalid("\"data\" must be an object."));
    }
    let given = fields.id.map(|id| word("\"id\"", id, hookward::limits::ID_BYTES)).transpose()?;
    let of_key = match header {
        None => None,
        Some(key) if is_word(key, hookward::limits::ID_BYTES) => Some(publish::id_of_key(key)),
        Some(_) => {
            return Err(Problem::invalid(wanted("Idempotency-Key", hookward::limits::ID_BYTES)));
        }
    };
    let id = match (given, of_key) {
        (Some(id), None) | (None, Some(id)) => id,
        (Some(_), Some(_)) => {
            let detail = "Give either \"id\" or an Idempotency-Key: both say which event it is.";
            return Err(Problem::invalid(detail));
        }
        (None, None) => {
            let detail = "Give an \"id\" or an Idempotency-Key, so that it can be sent again.";
            return Err(Problem::new(Code::MissingIdempotencyKey, detail));
        }
    };
    Ok(Publication { id, event_type, data })
}

/// A string of visible ASCII: it may have to stand in a header.
fn word(name: &str, value: &RawValue, most: usize) -> Result<String, Problem> {
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) if is_word(&text, most) => Ok(text),
        _ => Err(Problem::invalid(wanted(name, most))),
    }
}

fn is_word(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn wanted(name: &str, most: usize) -> String {
    format!("{name} must be 1 to {most} visible ASCII characters.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str, header: Option<&str>) -> Code {
        publication(body.as_bytes(), header).err().map_or(Code::NotFound, |problem| problem.code)
    }

    #[test]
    fn an_event_has_a_type_data_and_one_way_to_tell_it() {
        let body = r#"{"type":"a.b","data":{"x":1},"id":"e1"}"#;
        let event = publication(body.as_bytes(), None).unwrap();
        assert_eq!((event.id.as_str(), event.event_type.as_str()), ("e1", "a.b"));
        assert_eq!(event.data.get(), r#"{"x":1}"#);
        let keyed = publication(br#"{"type":"a","data":{}}"#, Some("k")).unwrap();
        assert!(keyed.id.starts_with("evt_"));
        for (bad, header) in [
            (r#"{"type":"a","data":{},"id":"x"}"#, Some("k")),
            (r#"{"type":"a","data":{}}"#, Some("")),
            (r#"{"type":"a","data":{}}"#, Some("a b")),
            (r#"{"data":{},"id":"x"}"#, None),
            (r#"{"type":"a","id":"x"}"#, None),
            (r#"{"type":"a b","data":{},"id":"x"}"#, None),
            (r#"{"type":"","data":{},"id":"x"}"#, None),
            (r#"{"type":7,"data":{},"id":"x"}"#, None),
            (r#"{"type":"a","data":[],"id":"x"}"#, None),
            (r#"{"type":"a","data":{},"id":7}"#, None),
            (r#"{"type":"a","data":{},"id":null}"#, Some("k")),
            (r#"{"type":null,"data":{},"id":"x"}"#, None),
            (r#"{"type":"a","data":null,"id":"x"}"#, None),
            (r#"{"type":"a","data":{},"id":""}"#, None),
            (r#"{"type":"a","data":{},"id":"x","created":1}"#, None),
            (r#"{"type":"a","data":{},"id":"x","id":"y"}"#, None),
            ("[]", None),
        ] {
            assert_eq!(refused(bad, header), Code::InvalidRequest, "{bad}");
        }
        let without = refused(r#"{"type":"a","data":{}}"#, None);
        assert_eq!(without, Code::MissingIdempotencyKey);
        for bad in ["", "{", r#"{"type":"a","data":{}"#] {
            assert_eq!(refused(bad, None), Code::MalformedJson, "{bad}");
        }
    }
}
