//! What a queue stores, and what others ask it.

mod deliveries;
mod replays;

use hookward_relay::breaker::BreakerState;
use hookward_relay::destination::{Change, DisabledBy, Status};
use hookward_relay::ids::DestinationId;
use hookward_relay::metrics::Counts;
use hookward_relay::operational::Disabled;
use hookward_relay::pace::RateLimit;
use hookward_relay::profile::Profile;
use hookward_relay::retention::Retention;
use hookward_relay::retry::Schedule;
use hookward_relay::routing::{EventFilter, Origin, Route, SourceFilter};
use serde::{Deserialize, Serialize};

pub(crate) use self::deliveries::{
    AttemptRow, DeliveryDetail, DeliveryPage, DeliveryRow, Filter, GetDelivery, List, Replay,
    SendTest,
};
pub(crate) use self::replays::{
    CancelReplay, CountMatching, Counted, GetReplay, ListReplays, ReplayRow, StartReplay,
};
use crate::calls::Call;
use crate::registry::rows::DestinationRow;

/// Everything about a destination but its deliveries. What is secret is sealed under the
/// destination's id and the field's name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) id: DestinationId,
    pub(crate) name: String,
    /// Field `url`.
    pub(crate) url: String,
    pub(crate) origin: String,
    /// The newest first; without an end to its use.
    pub(crate) secrets: Vec<OwnSecret>,
    #[serde(default = "standard")]
    pub(crate) profile: Profile,
    /// Field `headers`: JSON of the custom headers. `None` when there are none.
    pub(crate) headers: Option<String>,
    /// The names of the custom headers, which are no secret.
    pub(crate) header_names: Vec<String>,
    pub(crate) route: Route,
    pub(crate) schedule: Schedule,
    /// Attempts under way at once, 1 to 6.
    pub(crate) concurrency: u32,
    #[serde(default)]
    pub(crate) rate_limit: Option<RateLimit>,
    #[serde(default)]
    pub(crate) retention: Retention,
    pub(crate) status: Status,
    pub(crate) disabled_by: Option<DisabledBy>,
    /// Deliveries given up on in a row.
    pub(crate) give_ups: u32,
    pub(crate) created_at_ms: u64,
    /// Counts the changes that the registry has to know of.
    pub(crate) version: u64,
    /// What is to be said of the destination, until everybody who listens has it.
    #[serde(default)]
    pub(crate) notice: Option<Disabled>,
}

/// A secret of the destination's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredSecret")]
pub(crate) struct OwnSecret {
    /// Field `secret`.
    pub(crate) sealed: String,
    /// After a rotation: until when it is still used.
    pub(crate) until_ms: Option<u64>,
}

/// What may be stored: the first gateways stored the sealed text alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredSecret {
    Sealed(String),
    Until { sealed: String, until_ms: Option<u64> },
}

impl From<StoredSecret> for OwnSecret {
    fn from(stored: StoredSecret) -> Self {
        match stored {
            StoredSecret::Sealed(sealed) => Self { sealed, until_ms: None },
            StoredSecret::Until { sealed, until_ms } => Self { sealed, until_ms },
        }
    }
}

/// What every destination signed by before there was a choice.
pub(crate) fn standard() -> Profile {
    Profile::Standard
}

impl Settings {
    /// The registry's row.
    pub(crate) fn routing_row(&self) -> DestinationRow {
        DestinationRow {
            id: self.id,
            name: self.name.clone(),
            origin: self.origin.clone(),
            status: self.status,
            route: self.route.clone(),
            profile: self.profile,
            created_at_ms: self.created_at_ms,
            version: self.version,
        }
    }
}

/// Makes the queue of a new destination. Repeatable; a tombstone stays one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Create {
    pub(crate) settings: Settings,
}

impl Call for Create {
    const PATH: &'static str = "/create";
    type Answer = Settings;
}

/// The settings, refused with `unknown_destination` for a tombstone.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Get {}

impl Call for Get {
    const PATH: &'static str = "/get";
    type Answer = (Settings, BreakerState);
}

/// Changes what is given, keeps what is not. Secret fields are already sealed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Patch {
    pub(crate) name: Option<String>,
    /// The sealed URL and its origin.
    pub(crate) url: Option<(String, String)>,
    /// The sealed custom headers and their names.
    pub(crate) headers: Option<(Option<String>, Vec<String>)>,
    pub(crate) sources: Option<SourceFilter>,
    pub(crate) events: Option<EventFilter>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) profile: Option<Profile>,
    pub(crate) concurrency: Option<u32>,
    /// The new limit, in a list; an empty list is none any more.
    pub(crate) rate_limit: Option<Vec<RateLimit>>,
    pub(crate) retention: Option<Retention>,
    pub(crate) status: Option<Change>,
}

impl Call for Patch {
    const PATH: &'static str = "/patch";
    type Answer = Settings;
}

/// Signs by a new secret from now on, and by those before it for a while yet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rotate {
    /// Sealed, field `secret`.
    pub(crate) sealed: String,
    pub(crate) overlap_s: u32,
}

impl Call for Rotate {
    const PATH: &'static str = "/rotate";
    type Answer = Settings;
}

/// Makes the queue a tombstone; pending deliveries become dead letters. Repeatable, and to be
/// repeated until it is done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Delete {}

/// Answer to [`Delete`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deleted {
    /// Nothing is pending any more, and whatever is to be forgotten some day has its alarm.
    pub(crate) done: bool,
}

impl Call for Delete {
    const PATH: &'static str = "/delete";
    type Answer = Deleted;
}

/// The sweep's call: arms the alarm where work is due and none is armed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Poke {}

impl Call for Poke {
    const PATH: &'static str = "/poke";
    type Answer = DestinationRow;
}

/// What the queue has counted, and how it is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetMetrics {}

/// Answer to [`GetMetrics`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct QueueMetrics {
    pub(crate) counts: Counts,
    pub(crate) status: Status,
    pub(crate) breaker: BreakerState,
    pub(crate) pending: u64,
    /// How long ago the oldest of them was stored.
    pub(crate) oldest_pending_ms: u64,
}

impl Call for GetMetrics {
    const PATH: &'static str = "/metrics";
    type Answer = QueueMetrics;
}

/// Seals anew what is not sealed under the current master key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reseal {}

/// How many were sealed anew, and how many could not be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resealed {
    pub(crate) renewed: u64,
    pub(crate) failed: u64,
}

impl Call for Reseal {
    const PATH: &'static str = "/reseal";
    type Answer = Resealed;
}

/// What travels before the body of an event. The rest of the frame is the body as received.
// The type of an event is no `type` in Rust.
#[allow(clippy::struct_field_names)]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    /// `src_…` or `api`.
    pub(crate) source: String,
    pub(crate) event_type: Option<String>,
    pub(crate) carried: Carried,
}

impl Event {
    /// The head of an event that the gateway writes itself, in JSON.
    pub(crate) fn own(origin: Origin, event_type: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self {
            source: origin.to_string(),
            event_type: Some(event_type.to_owned()),
            carried: Carried { headers, hops: 0, event_key: None },
        }
    }
}

/// What is stored with an event to be passed on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// Names and values.
    pub(crate) headers: Vec<(String, String)>,
    /// As they came in.
    pub(crate) hops: u32,
    /// The stored event key in hex, for the log. Older gateways kept none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_gateway_stored_is_read() {
        let read = |json: &str| serde_json::from_str::<OwnSecret>(json).unwrap();
        assert_eq!(read(r#""x""#), OwnSecret { sealed: "x".into(), until_ms: None });
        for until_ms in [None, Some(7)] {
            let one = OwnSecret { sealed: "x".into(), until_ms };
            assert_eq!(read(&serde_json::to_string(&one).unwrap()), one);
        }
    }
}
