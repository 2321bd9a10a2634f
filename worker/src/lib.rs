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
//! | [`body`], [`problem`], [`sql`], [`time_out`] | what the others share |
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

use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

use crate::problem::Problem;

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let config = config::of(&env);
    let path = request.path();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let answer = match segments.as_slice() {
        ["in", source] if !source.is_empty() => {
            ingest::handle(&request, &config, &context, source).await
        }
        ["v1", rest @ ..] => api::handle(&request, &config, rest).await,
        ["openapi.json"] => api::openapi(&request),
        ["metrics"] => api::metrics(&request, &config).await,
        ["healthz"] => api::health(&request),
        _ => Err(Problem::no_such_path()),
    };
    match answer {
        Ok(response) => Ok(response),
        Err(problem) => problem.response(),
    }
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    sweep::run(&config::of(&env)).await;
}
