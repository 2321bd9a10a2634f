//! Deliveries as providers send them, and what a receiver says of them.

use std::fmt;

use hookward::scheme::{TimeAt, TimeForm};
use hookward::{
    Delivery, EventKeyKind, EventKeyRule, KeyForm, Message, Policy, Provider, Secret, Target,
    UnixSeconds, sign, verify,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::readings::Claim;

pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const TARGET: Target<'_> = Target { method: "POST", url: "https://a.example/in?b=1" };

/// A request that can be changed before it is verified.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) method: String,
    pub(crate) url: String,
}

/// What a receiver learns of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) timestamp: Option<u64>,
    pub(crate) freshness: &'static str,
    pub(crate) id: Option<Vec<u8>>,
    pub(crate) key_kind: Option<EventKeyKind>,
    pub(crate) key: Option<Vec<u8>>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.headers {
            write!(f, "{name}: {} | ", value.escape_ascii())?;
        }
        write!(f, "{} {} | {}", self.method, self.url, self.body.escape_ascii())
    }
}

/// A provider, shown by its id.
#[derive(Clone, Copy)]
pub(crate) struct Listed(pub(crate) &'static Provider<'static>);

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id)
    }
}

/// Any provider of the catalogue.
pub(crate) fn any_provider() -> impl Strategy<Value = Listed> {
    let all: Vec<_> = hookward::providers().map(Listed).collect();
    prop::sample::select(all)
}

/// A secret as the provider would write it, from any key bytes.
pub(crate) fn secret_text(row: &Provider<'_>, key: &[u8; 24]) -> String {
    use base64ct::Encoding as _;
    match row.scheme.key {
        KeyForm::Base64 { prefix } => {
            format!("{prefix}{}", base64ct::Base64::encode_string(key))
        }
        _ => hex::encode(key),
    }
}

pub(crate) fn secret(row: &Provider<'_>) -> Secret {
    Secret::parse(row, &secret_text(row, &[7; 24])).unwrap()
}

/// A time as `form` writes it in JSON.
fn time_value(form: TimeForm, s: u64) -> Value {
    match form {
        TimeForm::Seconds => json!(s),
        TimeForm::Millis => json!(s * 1000),
        _ => json!(UnixSeconds::new(s).to_rfc3339()),
    }
}

/// Puts `value` where `pointer` leads, through objects.
pub(crate) fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for name in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = value;
}

/// An event that the provider's row has nothing against, with `extra` among its members.
pub(crate) fn event(row: &Provider<'_>, id: &str, time: u64, extra: &[(String, Value)]) -> Value {
    let mut body = json!({ "id": id, "type": "ping" });
    for (name, value) in extra {
        // `x-` keeps them apart from what a row reads.
        body[format!("x-{name}")] = value.clone();
    }
    if let EventKeyRule::Pointer(pointer) = row.event_key {
        put(&mut body, pointer, json!(id));
    }
    if !row.event_type.is_empty() {
        put(&mut body, row.event_type, json!("ping"));
    }
    if let TimeAt::Body { pointer, form } = row.scheme.time {
        put(&mut body, pointer, time_value(form, time));
    }
    body
}

/// Members that no provider's row reads.
pub(crate) fn extra() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = prop_oneof![
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::Null),
        prop::collection::vec("[a-z]{0,3}".prop_map(Value::from), 0..3).prop_map(Value::from),
    ];
    prop::collection::vec(("[a-z]{1,6}", value), 0..4)
}

/// Any provider, and an event of its own, of a time within its tolerance.
pub(crate) fn any_delivery() -> impl Strategy<Value = (Listed, Sent)> {
    (any_provider(), "[a-zA-Z0-9_-]{1,24}", -5_i64..=5, extra()).prop_map(
        |(Listed(row), id, ahead, extra)| {
            let time = NOW.checked_add_signed(ahead).unwrap();
            let body = event(row, &id, time, &extra).to_string().into_bytes();
            (Listed(row), send(row, &id, time, body).unwrap())
        },
    )
}

/// The request in which `row` sends this body. `None` if it cannot.
pub(crate) fn send(row: &Provider<'_>, id: &str, time: u64, body: Vec<u8>) -> Option<Sent> {
    let message = Message {
        target: Some(TARGET),
        id: Some(id),
        timestamp: UnixSeconds::new(time),
        body: &body,
        event_type: None,
        delivery_id: None,
    };
    let headers = sign(row, &secret(row), &message).ok()?;
    let headers = headers.into_iter().map(|(n, v)| (n.to_owned(), v.into_bytes())).collect();
    Some(Sent { headers, body, method: TARGET.method.into(), url: TARGET.url.into() })
}

/// What a receiver says of `sent` at [`NOW`].
pub(crate) fn judge(
    row: &Provider<'_>,
    sent: &Sent,
    policy: &Policy,
) -> Result<Verdict, &'static str> {
    let target = Target { method: &sent.method, url: &sent.url };
    let delivery = Delivery { target: Some(target), ..Delivery::new(&sent.headers, &sent.body) };
    let secrets = [secret(row)];
    let verified = verify(row, &secrets, &delivery, policy, UnixSeconds::new(NOW));
    let verified = verified.map_err(|error| error.code())?;
    let key = verified.event_key();
    Ok(Verdict {
        timestamp: verified.timestamp.map(UnixSeconds::get),
        freshness: verified.freshness.as_str(),
        id: verified.signed_id().map(Into::into),
        key_kind: key.map(|key| key.kind()),
        key: key.map(|key| key.value().to_vec()),
    })
}

/// The same by the row as it travels to a module that only verifies.
pub(crate) fn judge_compact(
    row: &Provider<'_>,
    sent: &Sent,
    policy: &Policy,
) -> Result<Verdict, &'static str> {
    let columns = row.to_compact();
    let columns: Vec<_> = columns.iter().map(String::as_str).collect();
    judge(&Provider::from_compact(columns.first_chunk().unwrap()), sent, policy)
}

impl From<Claim> for Sent {
    fn from(claim: Claim) -> Self {
        let Target { method, url } = crate::readings::TARGET;
        Self { headers: claim.headers, body: claim.body, method: method.into(), url: url.into() }
    }
}

impl Sent {
    /// The value of the header of that name.
    pub(crate) fn value(&mut self, name: &str) -> &mut Vec<u8> {
        let found = self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name));
        &mut found.expect("the header is there").1
    }
}

/// Where the tag begins in the value of the signature header: the one that [`send`] has made.
pub(crate) fn tag_at(row: &Provider<'_>, value: &[u8]) -> usize {
    let characters = match row.scheme.encoding {
        hookward::scheme::Encoding::Hex => 64,
        _ => 44,
    };
    value.len() - characters
}

/// The signature header that [`send`] writes.
pub(crate) fn signature_header<'p>(row: &Provider<'p>) -> &'p str {
    row.scheme.headers.signatures().next().unwrap()
}
