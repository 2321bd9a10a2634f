//! `/v1/destinations/{id}/…`: the log, test events, replays.

use hookward_relay::delivery::{DeadReason, DeliveryStatus};
use hookward_relay::ids::{DeliveryId, DestinationId};
use hookward_relay::outcome::Failure;
use hookward_relay::page::Cursor;
use serde::Serialize;
use worker::Response;

use super::query::{self, Query};
use super::{Call, Page, json};
use crate::clock::{Millis, rfc3339};
use crate::problem::Problem;
use crate::queue::rows::{AttemptRow, DeliveryRow, Filter, GetDelivery, List, Replay, SendTest};
use crate::registry::rows::GetEventKeys;

/// An event key as ingest answers it.
const EVENT_KEY_DIGITS: usize = 64;

/// A delivery as the API shows it.
#[derive(Serialize)]
struct Shown<A> {
    id: DeliveryId,
    /// The same as the id: what the destination gets as `webhook-id`.
    webhook_id: DeliveryId,
    source: String,
    event_type: Option<String>,
    status: DeliveryStatus,
    /// For a dead letter.
    dead_reason: Option<DeadReason>,
    /// When the next attempt is due, for a pending one.
    next_attempt_at: Option<String>,
    /// When it was delivered or given up on.
    finished_at: Option<String>,
    created_at: String,
    /// 1, and one more for each replay.
    round: u32,
    /// In a list the number of attempts in this round, else the attempts themselves.
    attempts: A,
}

// The names are the API's.
#[allow(clippy::struct_field_names)]
#[derive(Serialize)]
struct Attempt {
    round: u32,
    attempt: u32,
    at: String,
    duration_ms: u64,
    /// The HTTP status, where there was an answer.
    status: Option<u16>,
    /// The class of the failure; `null` for a success.
    error: Option<String>,
    /// The same in words.
    detail: Option<String>,
    /// The first bytes of the answer's body.
    response: Option<String>,
}

pub(super) async fn list(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    let mut query = Query::of(call.request)?;
    let (limit, before) = (query.limit()?, query.cursor()?);
    let status = match query.take("status")? {
        None => None,
        Some(word) => Some(DeliveryStatus::parse(&word).ok_or_else(|| {
            query::refused("\"status\" must be \"pending\", \"delivered\" or \"dead\".")
        })?),
    };
    let (event_type, event) = (query.take("type")?, query.take("event")?);
    let (since_ms, until_ms) = (query.time_ms("since")?, query.time_ms("until")?);
    query.finish()?;
    let event_keys = event_keys(call, id, event.clone()).await?;
    let filter = Filter { status, event_type, since_ms, until_ms, event, event_keys };
    let page = call.config.ask_queue(id, &List { filter, before, limit }).await?;
    let data = page.rows.into_iter().map(listed).collect();
    let next_cursor = page.next.map(|id| Cursor::after(&id).to_string());
    json(200, &Page { data, next_cursor })
}

pub(super) async fn get(
    call: &Call<'_>,
    id: DestinationId,
    delivery: DeliveryId,
) -> Result<Response, Problem> {
    Query::of(call.request)?.finish()?;
    let detail = call.config.ask_queue(id, &GetDelivery { id: delivery }).await?;
    let attempts: Vec<Attempt> = detail.attempts.into_iter().map(attempt).collect();
    json(200, &shown(detail.row, attempts))
}

pub(super) async fn test(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    call.no_fields().await?;
    let row = call.config.ask_queue(id, &SendTest {}).await?;
    json(202, &listed(row))
}

pub(super) async fn replay(
    call: &Call<'_>,
    id: DestinationId,
    delivery: DeliveryId,
) -> Result<Response, Problem> {
    call.no_fields().await?;
    let row = call.config.ask_queue(id, &Replay { id: delivery }).await?;
    json(202, &listed(row))
}

/// The keys of an event: `event` is one, or the id of an event, which a destination may have under
/// several.
pub(super) async fn event_keys(
    call: &Call<'_>,
    destination: DestinationId,
    event: Option<String>,
) -> Result<Option<Vec<String>>, Problem> {
    let Some(event_id) = event else { return Ok(None) };
    let hex = event_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if event_id.len() == EVENT_KEY_DIGITS && hex {
        return Ok(Some(vec![event_id]));
    }
    if event_id.is_empty() || event_id.len() > hookward::limits::ID_BYTES {
        return Err(query::refused("\"event\" must be an event's id or its event key."));
    }
    call.config.ask_registry(&GetEventKeys { destination, event_id }).await.map(Some)
}

fn listed(row: DeliveryRow) -> Shown<u32> {
    let attempts = row.attempts;
    shown(row, attempts)
}

fn shown<A>(row: DeliveryRow, attempts: A) -> Shown<A> {
    let at = rfc3339(Millis(row.at_ms));
    let (next_attempt_at, finished_at) = match row.status {
        DeliveryStatus::Pending => (Some(at), None),
        DeliveryStatus::Delivered | DeliveryStatus::Dead => (None, Some(at)),
    };
    Shown {
        id: row.id,
        webhook_id: row.id,
        source: row.source,
        event_type: row.event_type,
        status: row.status,
        dead_reason: row.dead_reason,
        next_attempt_at,
        finished_at,
        created_at: rfc3339(Millis(row.created_at_ms)),
        round: row.round,
        attempts,
    }
}

fn attempt(row: AttemptRow) -> Attempt {
    let failure = row.error.as_deref().and_then(|class| Failure::of_log(class, row.status));
    Attempt {
        detail: failure.map(|failure| failure.to_string()),
        round: row.round,
        attempt: row.attempt,
        at: rfc3339(Millis(row.at_ms)),
        duration_ms: row.duration_ms,
        status: row.status,
        error: row.error,
        response: row.excerpt,
    }
}
