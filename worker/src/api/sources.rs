//! `/v1/sources`.

use hookward::{Provider, Secret};
use hookward_relay::ids::SourceId;
use hookward_relay::page::Cursor;
use serde::Serialize;
use worker::Response;

use super::fields::{Fields, required};
use super::query::Query;
use super::{Call, Page, json, no_content};
use crate::clock::{self, Millis, rfc3339};
use crate::problem::{Code, Problem};
use crate::registry::rows::{
    CreateSource, DeleteSource, GetRejections, GetSource, ListSources, PatchSource, SourceRow,
};
use crate::sealed::Seal;

/// Names are for people.
pub(super) const NAME_BYTES: usize = 200;

/// The longest id in the catalogue is far shorter.
const PROVIDER_BYTES: usize = 64;

/// A source as the API shows it. Its secrets are never shown.
#[derive(Serialize)]
struct Shown {
    id: SourceId,
    name: String,
    provider: String,
    enabled: bool,
    tolerance_s: u32,
    retry_horizon_s: u32,
    /// How many secrets it has.
    secrets: usize,
    ingest_url: String,
    created_at: String,
}

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let mut query = Query::of(call.request)?;
    let (limit, after) = (query.limit()?, query.cursor()?);
    query.finish()?;
    let page = call.config.ask_registry(&ListSources { after, limit }).await?;
    let data = page.rows.into_iter().map(|row| shown(call, row)).collect::<Result<_, _>>()?;
    let next_cursor = page.next.map(|key| Cursor::after(&key).to_string());
    json(200, &Page { data, next_cursor })
}

pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let keys = call.config.keys()?;
    let mut fields = call.fields().await?;
    let name = required("name", fields.string("name", NAME_BYTES)?)?;
    let provider = required("provider", fields.string("provider", PROVIDER_BYTES)?)?;
    let provider = hookward::provider(&provider).map_err(|error| configuration(&error))?;
    let secrets = required("secrets", secrets(&mut fields, provider)?)?;
    let tolerance_s = seconds(&mut fields, "tolerance_s")?.unwrap_or(provider.tolerance_s);
    let retry_horizon_s = seconds(&mut fields, "retry_horizon_s")?
        // A longer tolerance than the provider's horizon brings its horizon with it.
        .unwrap_or_else(|| provider.retry_horizon_s.max(tolerance_s));
    let enabled = fields.boolean("enabled")?.unwrap_or(true);
    fields.finish()?;

    let mut random = [0_u8; 12];
    getrandom::fill(&mut random).map_err(|_| Problem::unavailable())?;
    let id = SourceId::mint(&keys.source_ids, random);
    let row = SourceRow {
        id,
        name,
        provider: provider.id.to_owned(),
        secrets: seal_all(&keys.seal, id, &secrets)?,
        tolerance_s,
        retry_horizon_s,
        enabled,
        created_at_ms: clock::now().0,
    };
    call.config.ask_registry(&CreateSource { row: row.clone() }).await?;
    json(201, &shown(call, row)?)
}

pub(super) async fn get(call: &Call<'_>, id: SourceId) -> Result<Response, Problem> {
    Query::of(call.request)?.finish()?;
    let row = call.config.ask_registry(&GetSource { id }).await?;
    json(200, &shown(call, row)?)
}

pub(super) async fn patch(call: &Call<'_>, id: SourceId) -> Result<Response, Problem> {
    let keys = call.config.keys()?;
    let mut fields = call.fields().await?;
    let name = fields.string("name", NAME_BYTES)?;
    let (tolerance_s, retry_horizon_s) =
        (seconds(&mut fields, "tolerance_s")?, seconds(&mut fields, "retry_horizon_s")?);
    let enabled = fields.boolean("enabled")?;
    // How a secret is read depends on the provider, which stays as it is.
    let row = call.config.ask_registry(&GetSource { id }).await?;
    let provider = hookward::provider(&row.provider).map_err(|error| configuration(&error))?;
    let secrets = match secrets(&mut fields, provider)? {
        Some(secrets) => Some(seal_all(&keys.seal, id, &secrets)?),
        None => None,
    };
    fields.finish()?;
    let change = PatchSource { id, name, secrets, tolerance_s, retry_horizon_s, enabled };
    let row = call.config.ask_registry(&change).await?;
    json(200, &shown(call, row)?)
}

pub(super) async fn delete(call: &Call<'_>, id: SourceId) -> Result<Response, Problem> {
    call.config.ask_registry(&DeleteSource { id }).await?;
    Ok(no_content())
}

/// The last rejections, and how many there have been of each kind.
pub(super) async fn rejections(call: &Call<'_>, id: SourceId) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Rejection {
        at: String,
        code: String,
        detail: String,
    }
    #[derive(Serialize)]
    struct Rejections {
        data: Vec<Rejection>,
        next_cursor: Option<String>,
        counts: serde_json::Map<String, serde_json::Value>,
    }
    Query::of(call.request)?.finish()?;
    call.config.ask_registry(&GetSource { id }).await?;
    let answer = call.config.ask_registry(&GetRejections { source: id }).await?;
    let data = answer
        .recent
        .into_iter()
        .map(|one| Rejection { at: rfc3339(Millis(one.at_ms)), code: one.code, detail: one.detail })
        .collect();
    let counts = answer.counts.into_iter().map(|(code, count)| (code, count.into())).collect();
    json(200, &Rejections { data, next_cursor: None, counts })
}

/// The secrets of a request, each readable for `provider`.
fn secrets(fields: &mut Fields, provider: &Provider) -> Result<Option<Vec<String>>, Problem> {
    let most = hookward::limits::SECRETS;
    let Some(secrets) = fields.strings("secrets", most, hookward::limits::SECRET_BYTES)? else {
        return Ok(None);
    };
    for secret in &secrets {
        Secret::parse(provider, secret).map_err(|error| configuration(&error))?;
    }
    Ok(Some(secrets))
}

/// Any number of seconds; whether it makes sense is the policy's to say.
fn seconds(fields: &mut Fields, name: &str) -> Result<Option<u32>, Problem> {
    fields.number(name, 1, u32::MAX)
}

fn seal_all(seal: &Seal, id: SourceId, secrets: &[String]) -> Result<Vec<String>, Problem> {
    let owner = id.to_string();
    let seal = |secret: &String| seal.seal(&owner, "secret", secret.as_bytes());
    secrets.iter().map(seal).collect::<Result<_, _>>().map_err(|_| Problem::unavailable())
}

fn configuration(error: &hookward::Error) -> Problem {
    Problem::new(Code::of_configuration(error.code()), format!("Refused: {error}."))
}

fn shown(call: &Call<'_>, row: SourceRow) -> Result<Shown, Problem> {
    let url = call.request.url().map_err(|_| Problem::unavailable())?;
    Ok(Shown {
        ingest_url: format!("{}/in/{}", url.origin().ascii_serialization(), row.id),
        id: row.id,
        name: row.name,
        provider: row.provider,
        enabled: row.enabled,
        tolerance_s: row.tolerance_s,
        retry_horizon_s: row.retry_horizon_s,
        secrets: row.secrets.len(),
        created_at: rfc3339(Millis(row.created_at_ms)),
    })
}
