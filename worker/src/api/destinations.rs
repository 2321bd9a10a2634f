//! `/v1/destinations`.

use futures_util::future::join;
use hookward_relay::breaker::BreakerState;
use hookward_relay::destination::{Change, DisabledBy, Status};
use hookward_relay::headers::CustomHeaders;
use hookward_relay::ids::DestinationId;
use hookward_relay::limits;
use hookward_relay::pace::RateLimit;
use hookward_relay::page::Cursor;
use hookward_relay::profile::Profile;
use hookward_relay::retention::{self, Retention};
use hookward_relay::retry::{Preset, Schedule};
use hookward_relay::routing::{EventFilter, Route, SourceFilter};
use hookward_relay::url_policy::DestinationUrl;
use serde::Serialize;
use worker::Response;

use super::fields::{Fields, required};
use super::query::Query;
use super::sources::NAME_BYTES;
use super::{Call, Page, json, no_content};
use crate::clock::{self, Millis, rfc3339};
use crate::problem::{Code, Problem};
use crate::queue::rows::{Create, Get, OwnSecret, Patch, Rotate, SendTest, Settings};
use crate::queue::send;
use crate::registry::rows::{
    BeginDelete, CheckRoute, DestinationRow, GetDestination, ListDestinations, PutDestination,
};
use crate::sealed::Seal;
use crate::sweep;

/// Attempts under way at once, where nothing is said.
const CONCURRENCY: u32 = 4;

/// The six outgoing connections of an object are shared by all that it does.
const CONCURRENCY_MAX: u32 = 6;

/// A destination in a list.
#[derive(Serialize)]
struct Listed {
    id: DestinationId,
    name: String,
    origin: String,
    status: Status,
    sources: SourceFilter,
    events: EventFilter,
    created_at: String,
}

/// A destination as the API shows it. Neither its URL beyond the origin, nor the values of its
/// headers, nor its secret after its making are shown.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    listed: Listed,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_by: Option<DisabledBy>,
    give_ups: u32,
    signing: Signing,
    retry: Retry,
    concurrency: u32,
    /// Attempts per second; `null`: no limit.
    rate_limit_per_s: Option<RateLimit>,
    retention: Retention,
    /// `open` where the destination has failed so often that it is only tried now and then.
    #[serde(skip_serializing_if = "Option::is_none")]
    breaker: Option<BreakerState>,
    /// Names only.
    headers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// After a rotation: until when the secret before is still used.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlap_until: Option<String>,
}

#[derive(Serialize)]
struct Signing {
    profile: Profile,
}

#[derive(Serialize)]
struct Retry {
    schedule_s: Schedule,
}

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let mut query = Query::of(call.request)?;
    let (limit, after) = (query.limit()?, query.cursor()?);
    query.finish()?;
    let page = call.config.ask_registry(&ListDestinations { after, limit }).await?;
    let data = page.rows.into_iter().map(listed).collect();
    let next_cursor = page.next.map(|id| Cursor::after(&id).to_string());
    json(200, &Page { data, next_cursor })
}

pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let seal = &call.config.keys()?.seal;
    let mut fields = call.fields().await?;
    let url = required("url", url(&mut fields, call)?)?;
    let name = required("name", fields.string("name", NAME_BYTES)?)?;
    let route = Route {
        sources: sources(&mut fields)?.unwrap_or_else(SourceFilter::any),
        events: events(&mut fields)?.unwrap_or_else(EventFilter::any),
    };
    let profile = signing(&mut fields)?.unwrap_or(Profile::Standard);
    let schedule = retry(&mut fields)?.unwrap_or_default();
    let concurrency = fields.number("concurrency", 1, CONCURRENCY_MAX)?.unwrap_or(CONCURRENCY);
    let rate_limit = rate_limit(&mut fields)?.and_then(|limit| limit.first().copied());
    let retention = retention(&mut fields)?.unwrap_or_default();
    let headers = headers(&mut fields)?.unwrap_or_default();
    let (status, disabled_by) = match status(&mut fields)? {
        None | Some(Change::Enable) => (Status::Enabled, None),
        Some(Change::Pause) => (Status::Paused, None),
        Some(Change::Disable) => (Status::Disabled, Some(DisabledBy::Operator)),
    };
    fields.finish()?;

    let now = clock::now();
    let id = send::new_destination_id(now).ok_or_else(Problem::unavailable)?;
    let secret = send::new_secret().ok_or_else(Problem::unavailable)?;
    let (headers, header_names) = seal_headers(seal, id, &headers)?;
    let settings = Settings {
        id,
        name,
        url: seal_text(seal, id, "url", url.as_str())?,
        origin: url.origin(),
        secrets: vec![OwnSecret {
            sealed: seal_text(seal, id, "secret", &secret)?,
            until_ms: None,
        }],
        profile,
        headers,
        header_names,
        route,
        schedule,
        concurrency,
        rate_limit,
        retention,
        status,
        disabled_by,
        give_ups: 0,
        created_at_ms: now.0,
        version: 1,
        notice: None,
    };
    // Asked first, so that the usual refusal leaves nothing behind; the last word is the put's.
    let sources = settings.route.sources.clone();
    call.config.ask_registry(&CheckRoute { id, sources }).await?;
    let settings = call.config.ask_queue(id, &Create { settings }).await?;
    let row = settings.routing_row();
    if let Err(problem) = call.config.ask_registry(&PutDestination { row, new: true }).await {
        // Whether the row was stored is not known for sure, and the secret is not going to be shown:
        // the tombstone decides, and the sweep removes the row where this does not get through.
        let _ = call.config.ask_registry(&BeginDelete { id }).await;
        let _ = sweep::finish_delete(call.config, id).await;
        return Err(problem);
    }
    if profile == Profile::Tinysend {
        // As tinysend does. One that is not sent can be asked for.
        let _ = call.config.ask_queue(id, &SendTest {}).await;
    }
    // One that signs nothing need not be known; rotating gives another.
    let secret = profile.provider().map(|_| secret);
    json(201, &Shown { secret, ..shown(settings) })
}

/// Signs by a new secret, shown this once; those before it are used until the overlap is over.
pub(super) async fn rotate_secret(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    let seal = &call.config.keys()?.seal;
    let mut fields = call.fields().await?;
    let overlap_s = fields.number("overlap_s", 0, limits::OVERLAP_MAX_S)?;
    fields.finish()?;
    let secret = send::new_secret().ok_or_else(Problem::unavailable)?;
    let sealed = seal_text(seal, id, "secret", &secret)?;
    call.config.ask_registry(&GetDestination { id }).await?;
    let rotate = Rotate { sealed, overlap_s: overlap_s.unwrap_or(limits::OVERLAP_S) };
    let settings = call.config.ask_queue(id, &rotate).await?;
    json(200, &Shown { secret: Some(secret), ..shown(settings) })
}

pub(super) async fn get(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    Query::of(call.request)?.finish()?;
    // The registry knows whether it is there, the queue what it is.
    let (row, get) = (GetDestination { id }, Get {});
    let (known, settings) =
        join(call.config.ask_registry(&row), call.config.ask_queue(id, &get)).await;
    known?;
    let (settings, breaker) = settings?;
    json(200, &Shown { breaker: Some(breaker), ..shown(settings) })
}

pub(super) async fn patch(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    let seal = &call.config.keys()?.seal;
    let mut fields = call.fields().await?;
    let url = match url(&mut fields, call)? {
        Some(url) => Some((seal_text(seal, id, "url", url.as_str())?, url.origin())),
        None => None,
    };
    let headers = match headers(&mut fields)? {
        Some(headers) => Some(seal_headers(seal, id, &headers)?),
        None => None,
    };
    let profile = signing(&mut fields)?;
    let change = Patch {
        profile,
        name: fields.string("name", NAME_BYTES)?,
        url,
        headers,
        sources: sources(&mut fields)?,
        events: events(&mut fields)?,
        schedule: retry(&mut fields)?,
        concurrency: fields.number("concurrency", 1, CONCURRENCY_MAX)?,
        rate_limit: rate_limit(&mut fields)?,
        retention: retention(&mut fields)?,
        status: status(&mut fields)?,
    };
    fields.finish()?;
    call.config.ask_registry(&GetDestination { id }).await?;
    if let Some(sources) = change.sources.clone() {
        // Widens the registry's row at once, so that changes made side by side see each other.
        call.config.ask_registry(&CheckRoute { id, sources }).await?;
    }
    let settings = call.config.ask_queue(id, &change).await?;
    let row = settings.routing_row();
    call.config.ask_registry(&PutDestination { row, new: false }).await?;
    json(200, &shown(settings))
}

pub(super) async fn delete(call: &Call<'_>, id: DestinationId) -> Result<Response, Problem> {
    call.config.ask_registry(&BeginDelete { id }).await?;
    sweep::finish_delete(call.config, id).await?;
    Ok(no_content())
}

fn url(fields: &mut Fields, call: &Call<'_>) -> Result<Option<DestinationUrl>, Problem> {
    let Some(text) = fields.string("url", limits::URL_BYTES)? else { return Ok(None) };
    match DestinationUrl::parse(&text, call.config.allow_loopback) {
        Ok(url) => Ok(Some(url)),
        Err(error) => Err(Problem::new(Code::InvalidUrl, format!("\"url\": {error}."))),
    }
}

fn sources(fields: &mut Fields) -> Result<Option<SourceFilter>, Problem> {
    let list = fields.strings("sources", limits::SOURCE_WORDS, limits::EVENT_PATTERN_BYTES)?;
    list.map(|list| SourceFilter::parse(&list))
        .transpose()
        .map_err(|error| Problem::invalid(format!("\"sources\": {error}.")))
}

fn events(fields: &mut Fields) -> Result<Option<EventFilter>, Problem> {
    let list = fields.strings("events", limits::EVENT_PATTERNS, limits::EVENT_PATTERN_BYTES)?;
    list.map(|list| EventFilter::parse(&list))
        .transpose()
        .map_err(|error| Problem::invalid(format!("\"events\": {error}.")))
}

fn signing(fields: &mut Fields) -> Result<Option<Profile>, Problem> {
    let Some(mut signing) = fields.object("signing", "signing.")? else { return Ok(None) };
    let profile = signing.string("profile", 64)?;
    signing.finish()?;
    match Profile::parse(&required("signing.profile", profile)?) {
        Some(profile) => Ok(Some(profile)),
        None => Err(Problem::invalid(
            "\"signing.profile\" must be \"standard\", \"tinyposter\", \"tinysend\", \"letmepost\" or \
             \"none\".",
        )),
    }
}

fn retry(fields: &mut Fields) -> Result<Option<Schedule>, Problem> {
    let Some(mut retry) = fields.object("retry", "retry.")? else { return Ok(None) };
    let waits = retry.numbers("schedule_s", limits::SCHEDULE_WAITS, (0, u32::MAX))?;
    let preset = retry.string("preset", 64)?;
    retry.finish()?;
    match (waits, preset) {
        (Some(waits), None) => Schedule::parse(waits)
            .map(Some)
            .map_err(|error| Problem::invalid(format!("\"retry.schedule_s\": {error}."))),
        (None, Some(preset)) => match Preset::parse(&preset) {
            Some(preset) => Ok(Some(preset.into())),
            None => Err(Problem::invalid(
                "\"retry.preset\" must be \"standard\", \"tinyposter\", \"letmepost\" or \"tinysend\".",
            )),
        },
        _ => Err(Problem::invalid("\"retry\" must hold either \"schedule_s\" or \"preset\".")),
    }
}

/// The limit, in a list; an empty list is none any more.
fn rate_limit(fields: &mut Fields) -> Result<Option<Vec<RateLimit>>, Problem> {
    let Some(number) = fields.decimal_or_null("rate_limit_per_s")? else { return Ok(None) };
    let limit = number.map(RateLimit::parse).transpose();
    limit
        .map(|limit| Some(limit.into_iter().collect()))
        .map_err(|error| Problem::invalid(format!("\"rate_limit_per_s\": {error}.")))
}

/// Both numbers of days, or a preset.
fn retention(fields: &mut Fields) -> Result<Option<Retention>, Problem> {
    let Some(mut given) = fields.object("retention", "retention.")? else { return Ok(None) };
    let delivered = given.number("delivered_days", 0, u32::MAX)?;
    let dead = given.number("dead_days", 0, u32::MAX)?;
    let preset = given.string("preset", 64)?;
    given.finish()?;
    match (delivered, dead, preset) {
        (Some(delivered), Some(dead), None) => Retention::parse(delivered, dead)
            .map(Some)
            .map_err(|error| Problem::invalid(format!("\"retention\": {error}."))),
        (None, None, Some(preset)) => {
            let preset = retention::Preset::parse(&preset).ok_or_else(|| {
                Problem::invalid("\"retention.preset\" must be \"7_days\" or \"30_days\".")
            })?;
            Ok(Some(preset.into()))
        }
        _ => Err(Problem::invalid(
            "\"retention\" must hold both \"delivered_days\" and \"dead_days\", or \"preset\".",
        )),
    }
}

fn headers(fields: &mut Fields) -> Result<Option<CustomHeaders>, Problem> {
    let pairs = fields.string_map("headers", limits::CUSTOM_HEADERS, limits::HEADER_VALUE_BYTES)?;
    pairs
        .map(CustomHeaders::parse)
        .transpose()
        .map_err(|error| Problem::new(Code::InvalidHeaders, format!("\"headers\": {error}.")))
}

fn status(fields: &mut Fields) -> Result<Option<Change>, Problem> {
    let Some(word) = fields.string("status", 64)? else { return Ok(None) };
    match Change::parse(&word) {
        Some(change) => Ok(Some(change)),
        None => {
            Err(Problem::invalid("\"status\" must be \"enabled\", \"paused\" or \"disabled\"."))
        }
    }
}

fn seal_text(seal: &Seal, id: DestinationId, field: &str, text: &str) -> Result<String, Problem> {
    seal.seal(&id.to_string(), field, text.as_bytes()).map_err(|_| Problem::unavailable())
}

fn seal_headers(
    seal: &Seal,
    id: DestinationId,
    headers: &CustomHeaders,
) -> Result<(Option<String>, Vec<String>), Problem> {
    if headers.is_empty() {
        return Ok((None, Vec::new()));
    }
    let json = serde_json::to_string(headers).map_err(|_| Problem::unavailable())?;
    let names = headers.names().map(str::to_owned).collect();
    Ok((Some(seal_text(seal, id, "headers", &json)?), names))
}

fn listed(row: DestinationRow) -> Listed {
    Listed {
        id: row.id,
        name: row.name,
        origin: row.origin,
        status: row.status,
        sources: row.route.sources,
        events: row.route.events,
        created_at: rfc3339(Millis(row.created_at_ms)),
    }
}

fn shown(settings: Settings) -> Shown {
    let now_ms = clock::now().0;
    let ends = settings.secrets.iter().filter_map(|secret| secret.until_ms);
    let overlap_until = ends.filter(|until_ms| now_ms < *until_ms).max();
    Shown {
        overlap_until: overlap_until.map(|at_ms| rfc3339(Millis(at_ms))),
        listed: listed(settings.routing_row()),
        disabled_by: settings.disabled_by,
        give_ups: settings.give_ups,
        signing: Signing { profile: settings.profile },
        retry: Retry { schedule_s: settings.schedule },
        concurrency: settings.concurrency,
        rate_limit_per_s: settings.rate_limit,
        retention: settings.retention,
        breaker: None,
        headers: settings.header_names,
        secret: None,
    }
}
