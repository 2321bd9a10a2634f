//! Events of the gateway's own: what has been published, and who gets it.

use hookward_relay::ids::DestinationId;
use hookward_relay::profile::Profile;
use serde::{Deserialize, Serialize};

use crate::calls::Call;

/// Claims the id of a published event for its content, for as long as keys are remembered. Refused
/// with `idempotency_conflict` where another content has it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// The hash of the event's id, in hex.
    pub(crate) event: String,
    /// The hash of its type and data, in hex.
    pub(crate) content: String,
    pub(crate) event_type: String,
    /// Its length as it is sent, in the longest form.
    pub(crate) bytes: usize,
    pub(crate) now_ms: u64,
}

/// Answer to [`Claim`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claimed {
    /// When it was first claimed.
    pub(crate) created_ms: u64,
    pub(crate) listeners: Vec<Listener>,
}

/// A destination that gets an event of the gateway's own.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Listener {
    pub(crate) id: DestinationId,
    pub(crate) profile: Profile,
}

impl Call for Claim {
    const PATH: &'static str = "/publications/claim";
    type Answer = Claimed;
}

/// Who listens to events of the gateway's own from this origin.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetListeners {
    /// `api` or `hookward`.
    pub(crate) origin: String,
    pub(crate) event_type: String,
}

impl Call for GetListeners {
    const PATH: &'static str = "/destinations/listeners";
    type Answer = Vec<Listener>;
}

/// The event keys under which a destination may have an event with this id: of a source that it
/// listens to, or published.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetEventKeys {
    pub(crate) destination: DestinationId,
    pub(crate) event_id: String,
}

impl Call for GetEventKeys {
    const PATH: &'static str = "/event_keys";
    /// In hex.
    type Answer = Vec<String>;
}
