//! What a queue stores, and what others ask it.

use hookward_relay::delivery::{DeadReason, DeliveryStatus};
use hookward_relay::destination::{Change, DisabledBy, Status};
use hookward_relay::ids::{DeliveryId, DestinationId};
use hookward_relay::profile::Profile;
use hookward_relay::retry::Schedule;
use hookward_relay::routing::{EventFilter, Route, SourceFilter};
use serde::{Deserialize, Serialize};

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
    pub(crate) status: Status,
    pub(crate) disabled_by: Option<DisabledBy>,
    /// Deliveries given up on in a row.
    pub(crate) give_ups: u32,
    pub(crate) created_at_ms: u64,
    /// Counts the changes that the registry has to know of.
    pub(crate) version: u64,
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
fn standard() -> Profile {
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
    type Answer = Settings;
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

/// What is stored with an event to be passed on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// Names and values.
    pub(crate) headers: Vec<(String, String)>,
    /// As they came in.
    pub(crate) hops: u32,
}

/// Which deliveries. Times are of their making.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub(crate) status: Option<DeliveryStatus>,
    pub(crate) event_type: Option<String>,
    /// In Unix milliseconds, included.
    pub(crate) since_ms: Option<u64>,
    /// In Unix milliseconds, not included.
    pub(crate) until_ms: Option<u64>,
}

/// Deliveries, the newest first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct List {
    pub(crate) filter: Filter,
    /// The last delivery looked at by the page before.
    pub(crate) before: Option<DeliveryId>,
    pub(crate) limit: u32,
}

/// Answer to [`List`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeliveryPage {
    pub(crate) rows: Vec<DeliveryRow>,
    /// Where to go on; a page may be short of its limit and still have a next one, since only so
    /// many rows are looked at for one answer.
    pub(crate) next: Option<DeliveryId>,
}

impl Call for List {
    const PATH: &'static str = "/deliveries/list";
    type Answer = DeliveryPage;
}

/// A delivery without its body.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeliveryRow {
    pub(crate) id: DeliveryId,
    pub(crate) source: String,
    pub(crate) event_type: Option<String>,
    pub(crate) status: DeliveryStatus,
    /// When it is due, was delivered or died, in Unix milliseconds.
    pub(crate) at_ms: u64,
    pub(crate) dead_reason: Option<DeadReason>,
    pub(crate) round: u32,
    /// Attempts made in this round.
    pub(crate) attempts: u32,
    pub(crate) created_at_ms: u64,
}

/// One delivery with its attempts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetDelivery {
    pub(crate) id: DeliveryId,
}

/// Answer to [`GetDelivery`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeliveryDetail {
    pub(crate) row: DeliveryRow,
    /// The oldest first.
    pub(crate) attempts: Vec<AttemptRow>,
}

impl Call for GetDelivery {
    const PATH: &'static str = "/deliveries/get";
    type Answer = DeliveryDetail;
}

/// One POST of a delivery, as it is logged.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AttemptRow {
    pub(crate) round: u32,
    pub(crate) attempt: u32,
    pub(crate) at_ms: u64,
    pub(crate) duration_ms: u64,
    /// The HTTP status, where there was an answer.
    pub(crate) status: Option<u16>,
    /// The class of the failure; `None` for a success.
    pub(crate) error: Option<String>,
    /// The first bytes of the answer's body.
    pub(crate) excerpt: Option<String>,
}

/// Enqueues a `ping` event of the gateway's own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendTest {}

impl Call for SendTest {
    const PATH: &'static str = "/test";
    type Answer = DeliveryRow;
}

/// Makes a delivered or dead delivery pending again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Replay {
    pub(crate) id: DeliveryId,
}

impl Call for Replay {
    const PATH: &'static str = "/replay/one";
    type Answer = DeliveryRow;
}

/// Makes deliveries pending again, the newest first, a bounded number per call.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReplayMany {
    pub(crate) filter: Filter,
    pub(crate) before: Option<DeliveryId>,
    pub(crate) dry_run: bool,
}

/// Answer to [`ReplayMany`].
#[allow(clippy::struct_field_names)]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Replayed {
    pub(crate) matched: u64,
    pub(crate) replayed: u64,
    /// Where to go on; `None` when everything was looked at.
    pub(crate) next: Option<DeliveryId>,
}

impl Call for ReplayMany {
    const PATH: &'static str = "/replay/many";
    type Answer = Replayed;
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
