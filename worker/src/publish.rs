//! Events of the team's own: claimed once in the registry, then handed to the queues as a
//! provider's are.
//!
//! The claim says when the event was first published and what it holds. So a second try writes the
//! same bytes under the same event key, and what the first try left undone is done; and the same id
//! with other content is refused, whatever became of the first.

use hookward_relay::routing::Origin;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::clock::{Millis, now};
use crate::config::Config;
use crate::envelope::{Form, Written};
use crate::problem::Problem;
use crate::registry::rows::{Claim, Listener};
use crate::{fan_out, log};

/// An event to be published.
pub(crate) struct Publication<'a> {
    pub(crate) id: String,
    pub(crate) event_type: String,
    pub(crate) data: &'a RawValue,
}

/// What became of it.
pub(crate) struct Published {
    /// `accepted`, `duplicate` or `ignored`.
    pub(crate) status: &'static str,
    pub(crate) event_key: [u8; 32],
    pub(crate) created: Millis,
}

/// Hands the event to every destination that it is for.
pub(crate) async fn publish(
    config: &Config,
    event: &Publication<'_>,
) -> Result<Published, Problem> {
    let claim = Claim {
        event: hex::encode(event_hash(&event.id)),
        content: hex::encode(digest(&[event.event_type.as_bytes(), event.data.get().as_bytes()])),
        event_type: event.event_type.clone(),
        bytes: longest(event).ok_or_else(Problem::unavailable)?,
        now_ms: now().0,
    };
    let claimed = config.ask_registry(&claim).await?;
    let created = Millis(claimed.created_ms);
    let event_key = event_key(&event.id, created);
    let published = hand_over(config, event, created, &event_key, &claimed.listeners).await;
    let outcome = match &published {
        Ok(status) => status,
        Err(problem) => problem.code.as_str(),
    };
    log::line("publish")
        .with("outcome", outcome)
        .with("event_key", hex::encode(event_key))
        .with("destinations", claimed.listeners.len())
        .info();
    published.map(|status| Published { status, event_key, created })
}

/// The length of the event in its longest form; all times are of one length.
fn longest(event: &Publication<'_>) -> Option<usize> {
    let (id, event_type, data) = (event.id.as_str(), event.event_type.as_str(), event.data);
    let written = Written { id, event_type, created: now(), data };
    let body = written.body(Form::LONGEST)?;
    Some(body.len())
}

async fn hand_over(
    config: &Config,
    event: &Publication<'_>,
    created: Millis,
    event_key: &[u8; 32],
    listeners: &[Listener],
) -> Result<&'static str, Problem> {
    let written =
        Written { id: &event.id, event_type: &event.event_type, created, data: event.data };
    let frames = fan_out::frames(&written, Origin::Api, event_key, listeners)?;
    let answers = fan_out::ask_listeners(config, listeners, &frames).await;
    fan_out::outcome(&answers)
}

/// The id of an event for which its publisher gave an `Idempotency-Key` alone.
pub(crate) fn id_of_key(key: &str) -> String {
    let hash = digest(&[b"hookward idempotency key v1", key.as_bytes()]);
    format!("evt_{}", hex::encode(hash.get(..16).unwrap_or_default()))
}

/// What a published event is found by in the registry.
pub(crate) fn event_hash(id: &str) -> [u8; 32] {
    digest(&[b"hookward published event v1", id.as_bytes()])
}

/// The event key. The time is in it, so that an id that is used again after it was forgotten makes
/// an event of its own.
pub(crate) fn event_key(id: &str, created: Millis) -> [u8; 32] {
    let origin = Origin::Api.to_string();
    digest(&[origin.as_bytes(), b"published", id.as_bytes(), &created.0.to_be_bytes()])
}

/// SHA-256 over the parts, each with its length before it.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_used_again_later_is_another_event() {
        assert_eq!(event_key("a", Millis(1)), event_key("a", Millis(1)));
        assert_ne!(event_key("a", Millis(1)), event_key("a", Millis(2)));
        assert_ne!(event_key("a", Millis(1)), event_key("b", Millis(1)));
    }

    #[test]
    fn a_key_makes_one_id() {
        assert_eq!(id_of_key("order-1"), id_of_key("order-1"));
        assert_ne!(id_of_key("order-1"), id_of_key("order-2"));
        assert_eq!(id_of_key("x").len(), 36);
    }
}
