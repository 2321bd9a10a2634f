//! The event that "send a test" sends.

use hookward_relay::profile::Profile;
use hookward_relay::routing::Origin;
use serde_json::value::RawValue;

use super::rows::Event;
use crate::clock::Millis;
use crate::envelope::{Form, Written};

/// The type of a test event.
const TYPE: &str = "ping";

/// A new test event: its head, its key, its body. `None` without randomness.
pub(super) fn event(profile: Profile, now: Millis) -> Option<(Event, [u8; 32], Vec<u8>)> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).ok()?;
    let id = format!("evt_{}", hex::encode(key.get(..16)?));
    let data: &RawValue = serde_json::from_str("{}").ok()?;
    let written = Written { id: &id, event_type: TYPE, created: now, data };
    let body = written.body(Form::of(profile))?;
    Some((Event::own(Origin::Api, TYPE), key, body))
}
