//! The Hookward gateway: a Cloudflare Worker that verifies webhooks at the edge, stores them before
//! it acknowledges, and delivers them with retries.
//!
//! | module | what it is |
//! |---|---|
//! | [`ingest`] | `POST /in/{source}`: from the request to the queues |
//! | [`publish`], [`envelope`] | events of the team's own, and how they are written |
//! | [`fan_out`] | an event on its way to all its queues |
//! | [`dedupe`] | the hint in KV |
//! | [`registry`] | the object that knows sources and routes |
//! | [`queue`] | the object that owns one destination and its deliveries |
//! | [`api`] | `/v1`: the admin API |
//! | [`sweep`] | the scheduled look at every queue |
//! | [`calls`], [`objects`] | typed calls from the Worker to its objects |
//! | [`schema`] | versions of what is stored |
//! | [`sealed`] | secrets at rest |
//! | [`config`], [`clock`], [`log`] | environment, time, logs |
//! | [`host`], [`wait`], [`time_out`] | the runtime: many calls in one, waiting, and for how long |
//! | [`body`], [`problem`], [`sql`] | what the others share |
//!
//! What is decided here is decided by `hookward` (who signed what) and `hookward-relay` (what
//! happens to it); this crate reads, writes and calls.

mod api;
mod body;
mod calls;
mod clock;
mod config;
mod dedupe;
mod envelope;
mod fan_out;
mod host;
mod ingest;
mod log;
mod objects;
mod problem;
mod publish;
mod queue;
mod registry;
mod schema;
mod sealed;
mod sql;
mod sweep;
mod time_out;
mod wait;

use std::rc::Rc;

use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event, web_sys};

use crate::config::Config;
use crate::problem::Problem;

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    let config = config::of(&env);
    let url = request.url();
    let segments: Vec<&str> = path_of(&url).split('/').skip(1).collect();
    let answer = match segments.as_slice() {
        ["in", source] if !source.is_empty() => {
            ingest::handle(&request, &url, &config, &context, source).await
        }
        other => rest(request.into(), &config, other).await.map(Into::into),
    };
    match answer {
        Ok(response) => Ok(response),
        Err(problem) => problem.response().map(Into::into),
    }
}

/// Everything but ingest.
async fn rest(
    request: Request,
    config: &Rc<Config>,
    segments: &[&str],
) -> Result<Response, Problem> {
    match segments {
        ["v1", rest @ ..] => api::handle(&request, config, rest).await,
        ["openapi.json"] => api::openapi(&request),
        ["metrics"] => api::metrics(&request, config).await,
        ["healthz"] => api::health(&request),
        _ => Err(Problem::no_such_path()),
    }
}

/// The path of a URL that the platform has written out: it has one, and `?` and `#` mean what they say.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/")
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    sweep::run(&config::of(&env)).await;
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn the_path_of_a_url() {
        for (url, path) in [
            ("https://a.example/in/src_1?x=/y#z", "/in/src_1"),
            ("http://127.0.0.1:8787/", "/"),
            ("https://a.example/v1/events", "/v1/events"),
            ("https://a.example/#/in/x", "/"),
            ("https://a.example?/in/x", "/"),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }
}
