//! `/v1/sources`.

use hookward::Handshake;
use hookward_relay::ids::SourceId;
use hookward_relay::page::Cursor;
use serde::Serialize;
use worker::Response;

use super::fields::required;
use super::query::Query;
use super::source_fields::{
    Sealing, configuration, first_secrets, resolved, seconds, secrets, sender, signed_url,
    verify_token,
};
use super::{Call, Page, json, no_content};
use crate::clock::{self, Millis, rfc3339};
use crate::problem::Problem;
use crate::registry::rows::{
    CreateSource, DeleteSource, GetRejections, GetSource, ListSources, OpenSource, PatchSource,
    SourceRow,
};
use crate::registry::secrets::Validity;
use crate::registry::sender::{Resolved, Sender, brings_secret};

/// Names are for people.
pub(super) const NAME_BYTES: usize = 200;

/// How long a source is open for a secret: time to click through a provider's form.
const OPEN_MS: u64 = 10 * 60 * 1000;

/// A source as the API shows it. Its secrets are never shown.
#[derive(Serialize)]
struct Shown {
    id: SourceId,
    name: String,
    #[serde(flatten)]
    sender: Sender,
    enabled: bool,
    tolerance_s: u32,
    retry_horizon_s: u32,
    secrets: Vec<ShownSecret>,
    /// For schemes that sign the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_url: Option<String>,
    /// For providers whose handshake brings it: whether there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_verify_token: Option<bool>,
    /// For providers whose handshake brings the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_until: Option<String>,
    ingest_url: String,
    created_at: String,
}

/// All that is shown of a secret.
#[derive(Serialize)]
struct ShownSecret {
    not_before: Option<String>,
    not_after: Option<String>,
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
    let mut random = [0_u8; 12];
    getrandom::fill(&mut random).map_err(|_| Problem::unavailable())?;
    let id = SourceId::mint(&keys.source_ids, random);
    let sealing = Sealing { seal: &keys.seal, id };

    let mut fields = call.fields().await?;
    let name = required("name", fields.string("name", NAME_BYTES)?)?;
    let sender = sender(&mut fields)?;
    let provider = sender.resolve().map_err(|error| configuration(&error))?;
    let secrets = first_secrets(&mut fields, &provider, sealing)?;
    let signed_url = signed_url(&mut fields, &provider)?;
    let verify_token = verify_token(&mut fields, &provider, sealing)?;
    let tolerance_s = seconds(&mut fields, "tolerance_s")?.unwrap_or(provider.tolerance_s);
    let retry_horizon_s = seconds(&mut fields, "retry_horizon_s")?
        // A longer tolerance than the provider's horizon brings its horizon with it.
        .unwrap_or_else(|| provider.retry_horizon_s.max(tolerance_s));
    let enabled = fields.boolean("enabled")?.unwrap_or(true);
    fields.finish()?;
    drop(provider);

    let row = SourceRow {
        id,
        name,
        sender,
        secrets,
        tolerance_s,
        retry_horizon_s,
        enabled,
        created_at_ms: clock::now().0,
        signed_url,
        verify_token,
        open_until_ms: None,
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
    let sealing = Sealing { seal: &call.config.keys()?.seal, id };
    let mut fields = call.fields().await?;
    let name = fields.string("name", NAME_BYTES)?;
    let tolerance_s = seconds(&mut fields, "tolerance_s")?;
    let retry_horizon_s = seconds(&mut fields, "retry_horizon_s")?;
    let enabled = fields.boolean("enabled")?;
    // Its provider says what else it has, and how its secrets are written.
    let row = call.config.ask_registry(&GetSource { id }).await?;
    let provider = resolved(&row)?;
    let secrets = secrets(&mut fields, &provider, sealing)?;
    let signed_url = signed_url(&mut fields, &provider)?;
    let verify_token = verify_token(&mut fields, &provider, sealing)?;
    fields.finish()?;
    let change = PatchSource {
        id,
        name,
        secrets,
        tolerance_s,
        retry_horizon_s,
        enabled,
        signed_url,
        verify_token,
    };
    let row = call.config.ask_registry(&change).await?;
    json(200, &shown(call, row)?)
}

/// Lets a secret arrive by the provider's handshake, for ten minutes.
pub(super) async fn open(call: &Call<'_>, id: SourceId) -> Result<Response, Problem> {
    call.no_fields().await?;
    let row = call.config.ask_registry(&GetSource { id }).await?;
    if !brings_secret(&*resolved(&row)?) {
        return Err(Problem::invalid("This provider's handshake brings no secret."));
    }
    let until_ms = clock::now().plus(OPEN_MS).0;
    let row = call.config.ask_registry(&OpenSource { id, until_ms }).await?;
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
    let mut query = Query::of(call.request)?;
    let (limit, before) = (query.limit()?, query.cursor()?);
    query.finish()?;
    call.config.ask_registry(&GetSource { id }).await?;
    let asked = GetRejections { source: id, before, limit };
    let answer = call.config.ask_registry(&asked).await?;
    let next_cursor = answer.next.map(|n| Cursor::after(&n).to_string());
    let data = answer
        .recent
        .into_iter()
        .map(|one| Rejection { at: rfc3339(Millis(one.at_ms)), code: one.code, detail: one.detail })
        .collect();
    let counts = answer.counts.into_iter().map(|(code, count)| (code, count.into())).collect();
    json(200, &Rejections { data, next_cursor, counts })
}

fn shown(call: &Call<'_>, row: SourceRow) -> Result<Shown, Problem> {
    let url = call.request.url().map_err(|_| Problem::unavailable())?;
    let ingest_url = format!("{}/in/{}", url.origin().ascii_serialization(), row.id);
    let (signs_url, has_verify_token) = {
        // One that cannot be used any more is shown all the same.
        let provider = row.sender.resolve().ok();
        let is_meta = |provider: &Resolved<'_>| provider.handshake == Handshake::Meta;
        (
            provider.as_ref().is_some_and(|provider| provider.scheme.signed.needs_target()),
            provider.filter(is_meta).map(|_| row.verify_token.is_some()),
        )
    };
    let now_ms = clock::now().0;
    let open_until_ms = row.open_until_ms.filter(|until_ms| now_ms < *until_ms);
    Ok(Shown {
        id: row.id,
        name: row.name,
        sender: row.sender,
        enabled: row.enabled,
        tolerance_s: row.tolerance_s,
        retry_horizon_s: row.retry_horizon_s,
        secrets: row.secrets.iter().map(|secret| secret.validity.into()).collect(),
        signed_url: signs_url.then(|| row.signed_url.unwrap_or_else(|| ingest_url.clone())),
        has_verify_token,
        open_until: open_until_ms.map(|at_ms| rfc3339(Millis(at_ms))),
        ingest_url,
        created_at: rfc3339(Millis(row.created_at_ms)),
    })
}

impl From<Validity> for ShownSecret {
    fn from(validity: Validity) -> Self {
        let shown =
            |at_s: Option<u64>| at_s.map(|at_s| hookward::UnixSeconds::new(at_s).to_rfc3339());
        Self { not_before: shown(validity.not_before_s), not_after: shown(validity.not_after_s) }
    }
}

#[cfg(test)]
mod tests {
    /// That each is taken, the end-to-end tests show.
    #[test]
    fn the_api_page_lists_every_provider() {
        let page = include_str!("../../API.md");
        let list = page.lines().find(|line| line.starts_with("Providers: ")).unwrap();
        for provider in hookward::providers() {
            assert!(list.contains(&format!("`{}`", provider.id)), "{}", provider.id);
        }
    }
}
