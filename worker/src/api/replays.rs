//! `/v1/destinations/{id}/replay` and `…/replays`: many deliveries again, as a job.

use hookward_relay::delivery::DeliveryStatus;
use hookward_relay::ids::{DestinationId, ReplayId};
use hookward_relay::limits;
use hookward_relay::page::Cursor;
use hookward_relay::replay_job::JobStatus;
use serde::Serialize;
use worker::Response;

use super::deliveries::event_keys;
use super::fields::Fields;
use super::query::{self, Query};
use super::{Call, Page, json};
use crate::clock::{Millis, rfc3339};
use crate::problem::Problem;
use crate::queue::rows::{
    CancelReplay, CountMatching, Filter, GetReplay, ListReplays, ReplayRow, StartReplay,
};

/// A job as the API shows it.
#[derive(Serialize)]
struct Shown {
    id: ReplayId,
    status: JobStatus,
    /// Of the deliveries looked at so far, how many the filter names, and how many were replayed.
    matched: u64,
    replayed: u64,
    filter: ShownFilter,
    created_at: String,
    finished_at: Option<String>,
}

#[derive(Serialize)]
struct ShownFilter {
    status: Option<DeliveryStatus>,
    r#type: Option<String>,
    since: Option<String>,
    until: Option<String>,
    event: Option<String>,
}

/// Replays dead letters, or what `status` says.
pub(super) async fn start(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    let mut fields = call.fields().await?;
    let status = match fields.string("status", 64)? {
        None => DeliveryStatus::Dead,
        Some(word) => DeliveryStatus::parse(&word).ok_or_else(|| {
            Problem::invalid("\"status\" must be \"dead\", \"delivered\" or \"pending\".")
        })?,
    };
    let event_type = fields.string("type", limits::EVENT_TYPE_HEADER_BYTES)?;
    let (since_ms, until_ms) = (time_ms(&mut fields, "since")?, time_ms(&mut fields, "until")?);
    let event = fields.string("event", hookward::limits::ID_BYTES)?;
    let dry_run = fields.boolean("dry_run")?.unwrap_or(false);
    fields.finish()?;
    let event_keys = event_keys(call, id, event.clone()).await?;
    let status = Some(status);
    let filter = Filter { status, event_type, since_ms, until_ms, event, event_keys };
    if dry_run {
        return json(200, &call.config.ask_queue(id, &CountMatching { filter }).await?);
    }
    let row = call.config.ask_queue(id, &StartReplay { filter }).await?;
    json(202, &shown(row))
}

pub(super) async fn list(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    let mut query = Query::of(call.request)?;
    let (limit, before) = (query.limit()?, query.cursor()?);
    query.finish()?;
    let (rows, next) = call.config.ask_queue(id, &ListReplays { before, limit }).await?;
    let next_cursor = next.map(|id| Cursor::after(&id).to_string());
    json(200, &Page { data: rows.into_iter().map(shown).collect(), next_cursor })
}

pub(super) async fn get(
    call: &Call<'_>,
    id: DestinationId,
    replay: ReplayId,
) -> Result<Response, Problem> {
    Query::of(call.request)?.finish()?;
    json(200, &shown(call.config.ask_queue(id, &GetReplay { id: replay }).await?))
}

pub(super) async fn cancel(
    call: &Call<'_>,
    id: DestinationId,
    replay: ReplayId,
) -> Result<Response, Problem> {
    call.no_fields().await?;
    json(200, &shown(call.config.ask_queue(id, &CancelReplay { id: replay }).await?))
}

fn time_ms(fields: &mut Fields, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = fields.string_or_number(name)? else { return Ok(None) };
    query::time_ms(&text).map(Some).ok_or_else(|| Problem::invalid(query::time_wanted(name)))
}

fn shown(row: ReplayRow) -> Shown {
    let time = |at_ms: Option<u64>| at_ms.map(|at_ms| rfc3339(Millis(at_ms)));
    let ReplayRow { id, filter, progress } = row;
    Shown {
        id,
        status: progress.status,
        matched: progress.matched,
        replayed: progress.replayed,
        filter: ShownFilter {
            status: filter.status,
            r#type: filter.event_type,
            since: time(filter.since_ms),
            until: time(filter.until_ms),
            event: filter.event,
        },
        created_at: rfc3339(Millis(progress.made_at_ms)),
        finished_at: time(progress.ended_at_ms),
    }
}
