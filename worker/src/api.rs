//! `/v1`: the admin API. Closed unless a token is configured.

mod auth;
mod deliveries;
mod destinations;
mod events;
mod fields;
mod metrics;
mod query;
mod replays;
mod reseal;
mod source_fields;
mod sources;

use std::rc::Rc;

use hookward_relay::ids::{DeliveryId, DestinationId, ReplayId, SourceId};
use serde::Serialize;
use worker::{Headers, Request, Response};

use self::fields::Fields;
pub(crate) use self::metrics::metrics;
use crate::body::{self, BodyError};
use crate::config::Config;
use crate::ingest;
use crate::problem::{Code, Problem};

/// The longest body of an admin call: the longest lists that are allowed fit.
const BODY_BYTES: usize = 64 * 1024;

/// `GET /healthz`: the Worker runs. Says nothing about its objects.
pub(crate) fn health(request: &Request) -> Result<Response, Problem> {
    match request.inner().method().as_str() {
        "GET" => json(200, &serde_json::json!({ "status": "ok" })),
        _ => Err(Problem::method_not_allowed("GET")),
    }
}

/// `GET /openapi.json`: every call, for tools. It says nothing that the documentation does not.
pub(crate) fn openapi(request: &Request) -> Result<Response, Problem> {
    only("GET", &request.inner().method())?;
    let headers = Headers::new();
    headers.set("content-type", "application/json").map_err(|_| Problem::unavailable())?;
    let body = include_str!("../openapi.json").as_bytes().to_vec();
    Ok(Response::builder().with_headers(headers).fixed(body))
}

/// Everything under `/v1/`. The token is looked at before anything else.
pub(crate) async fn handle(
    request: &Request,
    config: &Rc<Config>,
    path: &[&str],
) -> Result<Response, Problem> {
    auth::check(request, config)?;
    let call = Call { request, config };
    let method = request.inner().method();
    let answer = match path {
        ["sources"] => match method.as_str() {
            "GET" => sources::list(&call).await,
            "POST" => sources::create(&call).await,
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        ["sources", id] => {
            let id = source_id(&call, id)?;
            match method.as_str() {
                "GET" => sources::get(&call, id).await,
                "PATCH" => sources::patch(&call, id).await,
                "DELETE" => sources::delete(&call, id).await,
                _ => Err(Problem::method_not_allowed("GET, PATCH, DELETE")),
            }
        }
        ["sources", id, "rejections"] => {
            let id = source_id(&call, id)?;
            only("GET", &method)?;
            sources::rejections(&call, id).await
        }
        ["sources", id, "open"] => {
            let id = source_id(&call, id)?;
            only("POST", &method)?;
            sources::open(&call, id).await
        }
        ["events"] => {
            only("POST", &method)?;
            // Changes nothing that this isolate remembers.
            return events::publish(&call).await;
        }
        ["reseal"] => {
            only("POST", &method)?;
            reseal::reseal(&call).await
        }
        ["destinations"] => match method.as_str() {
            "GET" => destinations::list(&call).await,
            "POST" => destinations::create(&call).await,
            _ => Err(Problem::method_not_allowed("GET, POST")),
        },
        ["destinations", id] => {
            let id = destination_id(id)?;
            match method.as_str() {
                "GET" => destinations::get(&call, id).await,
                "PATCH" => destinations::patch(&call, id).await,
                "DELETE" => destinations::delete(&call, id).await,
                _ => Err(Problem::method_not_allowed("GET, PATCH, DELETE")),
            }
        }
        ["destinations", id, rest @ ..] => {
            of_destination(&call, destination_id(id)?, rest, &method).await
        }
        _ => Err(Problem::no_such_path()),
    };
    if method != "GET" {
        // Whatever was changed, this isolate sees it at once; others within seconds.
        ingest::forget_all();
    }
    answer
}

async fn of_destination(
    call: &Call<'_>,
    id: DestinationId,
    path: &[&str],
    method: &str,
) -> Result<Response, Problem> {
    match path {
        ["test"] => {
            only("POST", method)?;
            deliveries::test(call, id).await
        }
        ["rotate-secret"] => {
            only("POST", method)?;
            destinations::rotate_secret(call, id).await
        }
        ["deliveries"] => {
            only("GET", method)?;
            deliveries::list(call, id).await
        }
        ["deliveries", delivery] => {
            let delivery = delivery_id(delivery)?;
            only("GET", method)?;
            deliveries::get(call, id, delivery).await
        }
        ["deliveries", delivery, "replay"] => {
            let delivery = delivery_id(delivery)?;
            only("POST", method)?;
            deliveries::replay(call, id, delivery).await
        }
        ["replay"] => {
            only("POST", method)?;
            replays::start(call, id).await
        }
        ["replays"] => {
            only("GET", method)?;
            replays::list(call, id).await
        }
        ["replays", replay] => {
            let replay = replay_id(replay)?;
            only("GET", method)?;
            replays::get(call, id, replay).await
        }
        ["replays", replay, "cancel"] => {
            let replay = replay_id(replay)?;
            only("POST", method)?;
            replays::cancel(call, id, replay).await
        }
        _ => Err(Problem::no_such_path()),
    }
}

/// One authorised call.
struct Call<'a> {
    request: &'a Request,
    config: &'a Rc<Config>,
}

impl Call<'_> {
    /// The fields of the JSON body.
    async fn fields(&self) -> Result<Fields, Problem> {
        Fields::parse(&self.body(BODY_BYTES).await?)
    }

    /// The JSON body, as it is.
    async fn body(&self, most: usize) -> Result<Vec<u8>, Problem> {
        let is_json = self.is_json();
        let declared = self.request.headers().get("content-length").ok().flatten();
        if !is_json && declared.as_deref().is_some_and(|length| length.trim() != "0") {
            return Err(unsupported());
        }
        let (request, headers) = (self.request.inner(), self.request.inner().headers());
        let body = body::read(request, &headers, most).await.map_err(|error| match error {
            BodyError::TooLarge => {
                Problem::new(Code::BodyTooLarge, format!("The body is longer than {most} bytes."))
            }
            BodyError::Incomplete => {
                Problem::new(Code::Unavailable, "The body ended before its declared length.")
            }
        })?;
        if !is_json && !body.is_empty() {
            return Err(unsupported());
        }
        Ok(body)
    }

    /// Refuses a body with fields, where a call has none.
    async fn no_fields(&self) -> Result<(), Problem> {
        self.fields().await?.finish()
    }

    fn is_json(&self) -> bool {
        let value = self.request.headers().get("content-type").ok().flatten();
        value.is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        })
    }
}

fn unsupported() -> Problem {
    Problem::new(Code::UnsupportedMediaType, "The content-type must be application/json.")
}

fn only(wanted: &'static str, method: &str) -> Result<(), Problem> {
    if method == wanted { Ok(()) } else { Err(Problem::method_not_allowed(wanted)) }
}

/// An invented source id is refused without asking the registry.
fn source_id(call: &Call<'_>, text: &str) -> Result<SourceId, Problem> {
    let keys = call.config.keys()?;
    SourceId::parse(text)
        .ok()
        .filter(|id| id.is_authentic(&keys.source_ids))
        .ok_or_else(Problem::unknown_source)
}

fn destination_id(text: &str) -> Result<DestinationId, Problem> {
    DestinationId::parse(text).map_err(|_| Problem::unknown_destination())
}

fn delivery_id(text: &str) -> Result<DeliveryId, Problem> {
    DeliveryId::parse(text).map_err(|_| Problem::unknown_delivery())
}

fn replay_id(text: &str) -> Result<ReplayId, Problem> {
    let unknown = |_| Problem::new(Code::UnknownReplay, "There is no such replay.");
    ReplayId::parse(text).map_err(unknown)
}

/// A JSON answer that nobody keeps a copy of.
fn json(status: u16, value: &impl Serialize) -> Result<Response, Problem> {
    let response = Response::from_json(value).map_err(|_| Problem::unavailable())?;
    let _ = response.headers().set("cache-control", "no-store");
    Ok(response.with_status(status))
}

/// 204.
fn no_content() -> Response {
    Response::builder().with_status(204).empty()
}

/// One page of a list.
#[derive(Serialize)]
struct Page<T> {
    data: Vec<T>,
    /// For the query's `cursor`; `null` at the end.
    next_cursor: Option<String>,
}
