//! The log of a queue, and what is asked of it.

use hookward_relay::delivery::{DeadReason, DeliveryStatus};
use hookward_relay::ids::DeliveryId;
use serde::{Deserialize, Serialize};

use crate::calls::Call;

/// Which deliveries. Times are of their making.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub(crate) status: Option<DeliveryStatus>,
    pub(crate) event_type: Option<String>,
    /// In Unix milliseconds, included.
    pub(crate) since_ms: Option<u64>,
    /// In Unix milliseconds, not included.
    pub(crate) until_ms: Option<u64>,
    /// The event that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
    /// Stored event keys in hex: deliveries of one of these events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event_keys: Option<Vec<String>>,
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
