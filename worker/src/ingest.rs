//! `POST /in/{source}`: size cap, source, verification, hint, queues, answer.

mod handshakes;
mod rejections;
mod sources;

use std::cell::Cell;
use std::rc::Rc;

use hookward::{Delivery, Freshness, Provider, Reply, Target, Verified, verify};
use hookward_relay::headers::{Hops, passed_on};
use hookward_relay::ids::{DestinationId, SourceId};
use hookward_relay::limits;
use hookward_relay::routing::Origin;
use js_sys::Uint8Array;
use serde::Serialize;
use worker::web_sys::{Headers, Request, Response};
use worker::{Context, Url};

use self::sources::Source;
pub(crate) use self::sources::forget_all;
use crate::body::{self, BodyError};
use crate::clock;
use crate::config::Config;
use crate::problem::{Code, Problem};
use crate::queue::frame;
use crate::queue::rows::{Carried, Event};
use crate::time_out::Watch;
use crate::{dedupe, fan_out, host, log};

/// How long a body may take to come.
const BODY_TIMEOUT_MS: u64 = 30_000;

/// The event key of a request, once it is known: for the log, whatever becomes of the request.
type KeySeen = Cell<Option<String>>;

/// The answer to a delivery that was taken.
#[derive(Debug, Serialize)]
struct Taken {
    status: &'static str,
    /// The stored event key in hex; `null` for a provider whose events have none.
    event_key: Option<String>,
    /// Whether a queue was asked, and so has counted it.
    #[serde(skip)]
    queued: bool,
}

impl Taken {
    fn is_ordinary(&self, freshness: Freshness) -> bool {
        self.status == "accepted" && freshness != Freshness::Late
    }
}

/// What became of a request that was not refused.
enum Answered {
    Taken {
        taken: Taken,
        freshness: Freshness,
        bodiless: bool,
    },
    Handshake(Reply),
    /// A visit.
    Greeting,
}

/// A request, each part of it read once.
struct Incoming<'a> {
    request: &'a Request,
    method: String,
    url: &'a str,
    headers: Headers,
    /// On all that is waited for until it is answered.
    watch: Watch,
}

/// Everything under `/in/`.
pub(crate) async fn handle(
    request: &Request,
    url: &str,
    config: &Rc<Config>,
    context: &Context,
    id: &str,
) -> Result<Response, Problem> {
    let method = request.method();
    if !matches!(method.as_str(), "GET" | "POST") {
        return Err(Problem::method_not_allowed("GET, POST"));
    }
    let keys = config.keys()?;
    // An invented id is refused here, before it costs a look-up.
    let id = SourceId::parse(id)
        .ok()
        .filter(|id| id.is_authentic(&keys.source_ids))
        .ok_or_else(Problem::unknown_source)?;
    // Every handshake by GET has a query; a visit costs no look-up.
    if method == "GET" && !url.contains('?') {
        return Ok(greeting());
    }
    let key = KeySeen::default();
    let headers = request.headers();
    let incoming = Incoming { request, method, url, headers, watch: Watch::default() };
    let result = take(&incoming, config, context, id, &key).await;
    let line = || log::line("ingest").with("source", for_log(id)).with("event_key", key.take());
    match result {
        Ok(Answered::Taken { taken, freshness, bodiless }) => {
            if !taken.queued {
                rejections::note_answer(config, context, id, taken.status, clock::now());
            }
            // What is ordinary, the queues' own lines say.
            if !taken.is_ordinary(freshness) {
                line().with("outcome", taken.status).with("freshness", freshness.as_str()).info();
            }
            if bodiless {
                return Ok(worker::Response::builder().with_status(200).empty().into());
            }
            let text = serde_json::to_string(&taken).map_err(|_| Problem::unavailable())?;
            host::json(&text).map_err(|_| Problem::unavailable())
        }
        Ok(Answered::Handshake(reply)) => {
            line().with("outcome", "handshake").info();
            handshakes::response(&reply).map(Into::into).map_err(|_| Problem::unavailable())
        }
        Ok(Answered::Greeting) => Ok(greeting()),
        Err(problem) => {
            line().with("outcome", "refused").with("code", problem.code.as_str()).info();
            if is_rejection(problem.code) {
                rejections::note(config, context, id, &problem, clock::now());
            }
            Err(problem)
        }
    }
}

/// Whether the source's owner should hear of it: what passes by itself is no rejection.
fn is_rejection(code: Code) -> bool {
    !matches!(code, Code::UnknownSource | Code::Unavailable | Code::QueueFull | Code::NotConfigured)
}

async fn take(
    incoming: &Incoming<'_>,
    config: &Rc<Config>,
    context: &Context,
    id: SourceId,
    key: &KeySeen,
) -> Result<Answered, Problem> {
    let hops = hops(&incoming.headers)?;
    let most = hookward::limits::BODY_BYTES;
    let body = body::read(incoming.request, &incoming.headers, most);
    let body = incoming.watch.within(BODY_TIMEOUT_MS, body).await.ok_or_else(too_slow)?;
    let body = body.map_err(unread)?;
    let source = sources::source(config, context, id, clock::now()).await?;
    if !source.enabled {
        return Err(Problem::new(Code::SourceDisabled, "The source is disabled."));
    }
    let provider = source.sender.resolve().map_err(|_| sources::unusable())?;
    let bodiless = handshakes::is_bodiless(&provider);
    let quietly = |problem: Problem| if bodiless { problem.without_body() } else { problem };
    let headers = read_headers(&incoming.headers, &source.headers);
    let (method, url) = (incoming.method.as_str(), incoming.url);
    let signed_url = match &source.signed_url {
        _ if !provider.scheme.signed.needs_target() => None,
        Some(url) => Some(url.clone()),
        None => Some(own_url(url)?),
    };
    let target = signed_url.as_ref().map(|url| Target { method, url });
    let delivery = Delivery { headers: &headers, body: &body, target };
    let now = clock::now();
    let secrets = source.secrets(config, &provider, now.seconds())?;
    let shaken =
        handshakes::answer(config, &source, &provider, &secrets, (method, url), &delivery, now);
    if let Some(reply) = shaken.await.map_err(quietly)? {
        return Ok(Answered::Handshake(reply));
    }
    if method == "GET" {
        return Ok(Answered::Greeting);
    }
    let verified = verify(&provider, &secrets, &delivery, &source.policy, now.seconds())
        .map_err(|error| quietly(refused(&error)))?;
    let freshness = verified.freshness;
    let arrived = Arrived { headers: &headers, hops, key, watch: &incoming.watch };
    let taken = route(config, context, &source, &provider, &verified, &arrived).await?;
    Ok(Answered::Taken { taken, freshness, bodiless })
}

/// The source's ingest URL, as the provider knows it where nothing else was said.
fn own_url(url: &str) -> Result<String, Problem> {
    let url = Url::parse(url).map_err(|_| Problem::unavailable())?;
    Ok(format!("{}{}", url.origin().ascii_serialization(), url.path()))
}

/// What the core refuses, as the provider sees it.
fn refused(error: &hookward::Error<'_>) -> Problem {
    Problem::new(Code::of_delivery(error.code()), sentence(error))
}

/// What came with an event.
struct Arrived<'a> {
    headers: &'a [(&'a str, String)],
    hops: Hops,
    key: &'a KeySeen,
    watch: &'a Watch,
}

/// Hands a verified event to every destination that it is for.
async fn route(
    config: &Rc<Config>,
    context: &Context,
    source: &Source,
    provider: &Provider<'_>,
    verified: &Verified<'_>,
    arrived: &Arrived<'_>,
) -> Result<Taken, Problem> {
    let origin = Origin::Source(source.id);
    let event_key = verified.event_key().map(|key| key.stored(&origin.to_string()));
    let shown_key = event_key.map(hex::encode);
    arrived.key.set(shown_key.clone());
    let event_type = verified.envelope().event_type().and_then(hookward::JsonText::to_text);
    let event_type = event_type.as_deref();
    let matching: Vec<DestinationId> = source
        .routes
        .iter()
        .filter(|(_, route)| route.matches(origin, event_type))
        .map(|(id, _)| *id)
        .collect();
    if matching.is_empty() {
        return Ok(Taken { status: "ignored", event_key: shown_key, queued: false });
    }
    fan_out::check_count(matching.len())?;
    if let Some(key) = &event_key
        && dedupe::covers(config, arrived.watch, key, &matching).await
    {
        return Ok(Taken { status: "duplicate", event_key: shown_key, queued: false });
    }
    // Without an event key every delivery is an event of its own.
    let key = if let Some(key) = event_key {
        key
    } else {
        let key = random_key()?;
        arrived.key.set(Some(hex::encode(key)));
        key
    };
    // What a scheme of one's own names as its type may be its signature: that is never passed on.
    let of_scheme = |name: &str| provider.headers().any(|own| own.eq_ignore_ascii_case(name));
    let pass_headers: Vec<&str> = provider.pass_headers().filter(|name| !of_scheme(name)).collect();
    let carried = Carried {
        headers: passed_on(&pass_headers, |name| header(arrived.headers, name)),
        hops: arrived.hops.get(),
        event_key: None,
    };
    let event = Event {
        source: origin.to_string(),
        event_type: event_type
            .filter(|text| text.len() <= limits::EVENT_TYPE_HEADER_BYTES)
            .map(str::to_owned),
        carried,
    };
    let frame = frame::frame(&key, &event, verified.body()).ok_or_else(Problem::unavailable)?;
    let frame = Uint8Array::from(frame.as_slice());
    let frames = matching.iter().map(|id| (*id, &frame));
    let answers = fan_out::ask_queues(config, arrived.watch, frames).await;
    let status = fan_out::outcome(&answers)?;
    if let Some(key) = &event_key {
        dedupe::mark(config, context, key, &answers);
    }
    Ok(Taken { status, event_key: shown_key, queued: true })
}

/// The values of the headers that are wanted, as far as they are there.
fn read_headers<'a>(all: &Headers, names: &'a [String]) -> Vec<(&'a str, String)> {
    let value = |name: &'a String| {
        let value = all.get(name).ok().flatten();
        value.map(|value| (name.as_str(), value))
    };
    names.iter().filter_map(value).collect()
}

fn header(headers: &[(&str, String)], name: &str) -> Option<String> {
    let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone())
}

fn hops(headers: &Headers) -> Result<Hops, Problem> {
    let value = headers.get("hookward-hops").ok().flatten();
    Hops::parse(value.as_deref())
        .map_err(|error| Problem::new(Code::LoopDetected, format!("Refused: {error}.")))
}

fn unread(error: BodyError) -> Problem {
    match error {
        BodyError::TooLarge => {
            let most = hookward::limits::BODY_BYTES;
            Problem::new(Code::BodyTooLarge, format!("The body is longer than {most} bytes."))
        }
        BodyError::Incomplete => {
            Problem::new(Code::Unavailable, "The body ended before its declared length.")
        }
    }
}

/// It may have been the network: 503, so that it is sent again.
fn too_slow() -> Problem {
    let detail = format!("The body did not come within {} s.", BODY_TIMEOUT_MS / 1_000);
    Problem::new(Code::Unavailable, detail)
}

fn random_key() -> Result<[u8; 32], Problem> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).map_err(|_| Problem::unavailable())?;
    Ok(key)
}

/// A core error as a sentence.
fn sentence(error: &hookward::Error<'_>) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn greeting() -> Response {
    let text = "This URL takes webhooks by POST. Give it to your provider as it is, and keep it to \
        yourself.\n";
    let response = worker::Response::ok(text);
    response.unwrap_or_else(|_| worker::Response::builder().empty()).into()
}

/// Enough of a source id to recognise the source in a log, and too little to post to it: the whole
/// id is the ingest URL.
pub(crate) fn for_log(id: SourceId) -> String {
    source_for_log(&id.to_string()).to_owned()
}

/// The same of what an event came from: a source, or a word.
pub(crate) fn source_for_log(source: &str) -> &str {
    source.get(..FOR_LOG).unwrap_or(source)
}

/// How much of a source id stands in the log.
const FOR_LOG: usize = "src_".len() + 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_of_a_source_cannot_be_posted_to() {
        let id = SourceId::mint(&[1; 32], [2; 12]);
        assert!(id.to_string().starts_with(&for_log(id)));
        assert!(SourceId::parse(&for_log(id)).is_err());
        assert_eq!(source_for_log(&id.to_string()), for_log(id));
        assert_eq!(source_for_log("api"), "api");
    }

    #[test]
    fn what_passes_by_itself_is_no_rejection() {
        for code in [Code::Unavailable, Code::QueueFull, Code::NotConfigured, Code::UnknownSource] {
            assert!(!is_rejection(code), "{code}");
        }
        for code in [Code::SignatureMismatch, Code::BodyTooLarge, Code::LoopDetected] {
            assert!(is_rejection(code), "{code}");
        }
    }
}
