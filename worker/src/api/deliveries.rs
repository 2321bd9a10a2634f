//! `/v1/destinations/{id}/…`: the log, test events, replays.

use hookward_relay::delivery::{DeadReason, DeliveryStatus};
use hookward_relay::ids::{DeliveryId, DestinationId};
use hookward_relay::limits;
use hookward_relay::outcome::Failure;
use hookward_relay::page::Cursor;
use serde::Serialize;
use worker::Response;

use super::fields::Fields;
use super::query::{self, Query};
use super::{Call, Page, json};
use crate::clock::{Millis, rfc3339};
use crate::problem::Problem;
use crate::queue::rows::{
    AttemptRow, DeliveryRow, Filter, GetDelivery, List, Replay, ReplayMany, SendTest,
};

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
    let filter = Filter {
        status,
        event_type: query.take("type")?,
        since_ms: query.time_ms("since")?,
        until_ms: query.time_ms("until")?,
    };
    query.finish()?;
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

/// Replays dead letters, or what `status` says, a bounded number per call: `next_cursor` says where
/// to go on.
pub(super) async fn replay_many(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Answer {
        matched: u64,
        replayed: u64,
        next_cursor: Option<String>,
    }
    let mut fields = call.fields().await?;
    let status = match fields.string("status", 64)? {
        None => DeliveryStatus::Dead,
        Some(word) => DeliveryStatus::parse(&word).ok_or_else(|| {
            Problem::invalid("\"status\" must be \"dead\", \"delivered\" or \"pending\".")
        })?,
    };
    let filter = Filter {
        status: Some(status),
        event_type: fields.string("type", limits::EVENT_TYPE_HEADER_BYTES)?,
        since_ms: time_ms(&mut fields, "since")?,
        until_ms: time_ms(&mut fields, "until")?,
    };
    let dry_run = fields.boolean("dry_run")?.unwrap_or(false);
    let before = match fields.string("cursor", limits::CURSOR_BYTES)? {
        None => None,
        Some(text) => Some(query::cursor(&text)?),
    };
    fields.finish()?;
    let answer = call.config.ask_queue(id, &ReplayMany { filter, before, dry_run }).await?;
    let next_cursor = answer.next.map(|id| Cursor::after(&id).to_string());
    let (matched, replayed) = (answer.matched, answer.replayed);
    json(if dry_run { 200 } else { 202 }, &Answer { matched, replayed, next_cursor })
}

fn time_ms(fields: &mut Fields, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = fields.string_or_number(name)? else { return Ok(None) };
    query::time_ms(&text).map(Some).ok_or_else(|| Problem::invalid(query::time_wanted(name)))
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
