//! What the registry stores, and what others ask it.

mod publications;
mod tallies;

use hookward_relay::destination::Status;
use hookward_relay::ids::{DestinationId, SourceId};
use hookward_relay::profile::Profile;
use hookward_relay::routing::{Route, SourceFilter};
use serde::{Deserialize, Serialize};

pub(crate) use self::publications::{Claim, Claimed, GetEventKeys, GetListeners, Listener};
pub(crate) use self::tallies::{
    AddRejections, GetRejections, GetTotals, Rejection, Rejections, Total, Totals,
};
use super::secrets::SecretRow;
use super::sender::Sender;
use crate::calls::Call;
use crate::queue::rows::Resealed;

/// A source, with its secrets sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SourceRow {
    pub(crate) id: SourceId,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) sender: Sender,
    /// None as long as the provider has not brought one by its handshake.
    pub(crate) secrets: Vec<SecretRow>,
    pub(crate) tolerance_s: u32,
    pub(crate) retry_horizon_s: u32,
    pub(crate) enabled: bool,
    pub(crate) created_at_ms: u64,
    /// The URL that the provider signs, where it is another than the ingest URL.
    #[serde(default)]
    pub(crate) signed_url: Option<String>,
    /// Sealed under the source's id and the field `verify_token`.
    #[serde(default)]
    pub(crate) verify_token: Option<String>,
    /// Until when a secret may arrive by handshake.
    #[serde(default)]
    pub(crate) open_until_ms: Option<u64>,
}

/// One routing row per destination. Everything else is its queue's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DestinationRow {
    pub(crate) id: DestinationId,
    pub(crate) name: String,
    /// Scheme, host and port; never the rest of the URL, which counts as a secret.
    pub(crate) origin: String,
    pub(crate) status: Status,
    pub(crate) route: Route,
    /// How the gateway's own events are written for it.
    #[serde(default = "crate::queue::rows::standard")]
    pub(crate) profile: Profile,
    pub(crate) created_at_ms: u64,
    /// Counts the changes in the queue, so that an older row never replaces a newer one.
    pub(crate) version: u64,
}

/// A source with every destination that listens to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) source: SourceRow,
    pub(crate) routes: Vec<(DestinationId, Route)>,
}

/// The source and its routes; `None` when there is no such source.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetSnapshot {
    pub(crate) source: SourceId,
}

impl Call for GetSnapshot {
    const PATH: &'static str = "/snapshot";
    type Answer = Option<Snapshot>;
}

/// Stores a new source.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CreateSource {
    pub(crate) row: SourceRow,
}

impl Call for CreateSource {
    const PATH: &'static str = "/sources/create";
    type Answer = ();
}

/// Sources in the order of their making.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ListSources {
    /// The last key of the page before.
    pub(crate) after: Option<u64>,
    pub(crate) limit: u32,
}

impl Call for ListSources {
    const PATH: &'static str = "/sources/list";
    type Answer = ListPage<SourceRow, u64>;
}

/// One page, and the key to go on after when there is more.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ListPage<T, K> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<K>,
}

/// One source.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetSource {
    pub(crate) id: SourceId,
}

impl Call for GetSource {
    const PATH: &'static str = "/sources/get";
    type Answer = SourceRow;
}

/// Seals anew what some sources have that is not sealed under the current master key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ResealSources {
    pub(crate) after: Option<u64>,
    pub(crate) limit: u32,
}

impl Call for ResealSources {
    const PATH: &'static str = "/sources/reseal";
    /// What became of them, and where to go on.
    type Answer = (Resealed, Option<u64>);
}

/// Changes what is given, keeps what is not.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PatchSource {
    pub(crate) id: SourceId,
    pub(crate) name: Option<String>,
    pub(crate) secrets: Option<Vec<SecretRow>>,
    pub(crate) tolerance_s: Option<u32>,
    pub(crate) retry_horizon_s: Option<u32>,
    pub(crate) enabled: Option<bool>,
    pub(crate) signed_url: Option<String>,
    pub(crate) verify_token: Option<String>,
}

impl Call for PatchSource {
    const PATH: &'static str = "/sources/patch";
    type Answer = SourceRow;
}

/// From now on and for a while, a secret may arrive by handshake. Refused with `has_secret` where
/// there is one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OpenSource {
    pub(crate) id: SourceId,
    pub(crate) until_ms: u64,
}

impl Call for OpenSource {
    const PATH: &'static str = "/sources/open";
    type Answer = SourceRow;
}

/// A secret has arrived by handshake. Refused with `handshake_closed` unless one may arrive now and
/// none is there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TakeSecret {
    pub(crate) id: SourceId,
    pub(crate) secret: SecretRow,
    pub(crate) now_ms: u64,
}

impl Call for TakeSecret {
    const PATH: &'static str = "/sources/take_secret";
    type Answer = ();
}

/// Forgets a source and its rejections.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeleteSource {
    pub(crate) id: SourceId,
}

impl Call for DeleteSource {
    const PATH: &'static str = "/sources/delete";
    type Answer = ();
}

/// Whether a destination may listen to these sources: refused when one of them would then have more
/// destinations than one event may reach. The row of a destination that is there is widened by them
/// in the same turn, so that what is asked next takes them into account; the queue's own row, which
/// follows, replaces it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CheckRoute {
    pub(crate) id: DestinationId,
    pub(crate) sources: SourceFilter,
}

impl Call for CheckRoute {
    const PATH: &'static str = "/destinations/check";
    type Answer = ();
}

/// Stores a destination's row, unless a newer one is there.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PutDestination {
    pub(crate) row: DestinationRow,
    /// Whether the destination is new: then there must be room for it. Else only a row that is
    /// still there is replaced: a late change does not bring a deleted destination back.
    pub(crate) new: bool,
}

impl Call for PutDestination {
    const PATH: &'static str = "/destinations/put";
    type Answer = ();
}

/// Destinations in the order of their making.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ListDestinations {
    pub(crate) after: Option<DestinationId>,
    pub(crate) limit: u32,
}

impl Call for ListDestinations {
    const PATH: &'static str = "/destinations/list";
    type Answer = ListPage<DestinationRow, DestinationId>;
}

/// Refused with `unknown_destination` when there is none, or none any more.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetDestination {
    pub(crate) id: DestinationId,
}

impl Call for GetDestination {
    const PATH: &'static str = "/destinations/get";
    type Answer = DestinationRow;
}

/// The first step of a deletion: nothing is routed to it and nobody sees it any more.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BeginDelete {
    pub(crate) id: DestinationId,
}

impl Call for BeginDelete {
    const PATH: &'static str = "/destinations/begin_delete";
    type Answer = ();
}

/// The last step of a deletion, after its queue has become a tombstone. Repeatable.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FinishDelete {
    pub(crate) id: DestinationId,
}

impl Call for FinishDelete {
    const PATH: &'static str = "/destinations/finish_delete";
    type Answer = ();
}

/// Every destination, half-deleted ones included, for the sweep.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SweepList {
    pub(crate) after: Option<DestinationId>,
    pub(crate) limit: u32,
}

/// A destination as the sweep sees it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SweepRow {
    pub(crate) id: DestinationId,
    pub(crate) version: u64,
    pub(crate) deleting: bool,
}

impl Call for SweepList {
    const PATH: &'static str = "/destinations/sweep";
    type Answer = ListPage<SweepRow, DestinationId>;
}
