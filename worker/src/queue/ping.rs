//! The event that "send a test" sends.

use hookward_relay::routing::Origin;
use serde::Serialize;

use super::rows::{Carried, Event};
use crate::clock::{Millis, rfc3339};

/// The type of a test event.
const TYPE: &str = "ping";

#[derive(Serialize)]
struct Ping {
    id: String,
    r#type: &'static str,
    created: String,
    data: Data,
}

#[derive(Serialize)]
struct Data {}

/// A new test event: its head, its key, its body. `None` without randomness.
pub(super) fn event(now: Millis) -> Option<(Event, [u8; 32], Vec<u8>)> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).ok()?;
    let id = format!("evt_{}", hex::encode(key.get(..16)?));
    let ping = Ping { id, r#type: TYPE, created: rfc3339(now), data: Data {} };
    let event = Event {
        source: Origin::Api.to_string(),
        event_type: Some(TYPE.to_owned()),
        carried: Carried {
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            hops: 0,
        },
    };
    Some((event, key, serde_json::to_vec(&ping).ok()?))
}
