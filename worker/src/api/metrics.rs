//! `GET /metrics`: what the queues and the registry have counted, as Prometheus reads it.

use std::rc::Rc;

use futures_util::{StreamExt, stream};
use hookward_relay::exposition::{self, Answered, Gauges, Queue, Rejected};
use hookward_relay::ids::DestinationId;
use worker::{Headers, Request, Response};

use super::auth;
use crate::config::Config;
use crate::ingest::for_log;
use crate::problem::Problem;
use crate::queue::rows::{GetMetrics, QueueMetrics};
use crate::registry::rows::{GetTotals, SweepList, Total};

/// Rows per question to the registry.
const PAGE: u32 = 100;

/// Queues asked at once: the platform has six calls under way for one invocation.
const AT_ONCE: usize = 6;

/// Every queue is asked, so this is for a scrape now and then, not for every second.
pub(crate) async fn metrics(request: &Request, config: &Rc<Config>) -> Result<Response, Problem> {
    auth::check(request, config)?;
    super::only("GET", &request.inner().method())?;
    let totals = config.ask_registry(&GetTotals {}).await?;
    let queues = queues(config).await?;
    let queues: Vec<Queue<'_>> = queues
        .iter()
        .map(|(destination, metrics)| Queue {
            destination: *destination,
            state: metrics.as_ref().map(|it| (&it.counts, it.gauges())),
        })
        .collect();
    let (rejected, answered) = (labelled(totals.rejected), labelled(totals.answered));
    let rejected: Vec<Rejected<'_>> = rejected
        .iter()
        .map(|(source, code, count)| Rejected { source, code, count: *count })
        .collect();
    let answered: Vec<Answered<'_>> = answered
        .iter()
        .map(|(source, outcome, count)| Answered { source, outcome, count: *count })
        .collect();
    let text = exposition::text(env!("CARGO_PKG_VERSION"), &queues, &rejected, &answered);
    let headers = Headers::new();
    let set = headers
        .set("content-type", exposition::CONTENT_TYPE)
        .and_then(|()| headers.set("cache-control", "no-store"));
    set.map_err(|_| Problem::unavailable())?;
    Ok(Response::builder().with_headers(headers).fixed(text.into_bytes()))
}

async fn queues(config: &Config) -> Result<Vec<(DestinationId, Option<QueueMetrics>)>, Problem> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = config.ask_registry(&SweepList { after, limit: PAGE }).await?;
        let ids = page.rows.into_iter().filter(|row| !row.deleting).map(|row| row.id);
        let asked =
            ids.map(|id| async move { (id, config.ask_queue(id, &GetMetrics {}).await.ok()) });
        found.extend(stream::iter(asked).buffered(AT_ONCE).collect::<Vec<_>>().await);
        if page.next.is_none() {
            return Ok(found);
        }
        after = page.next;
    }
}

/// Sources by the start of their ids: the whole is the ingest URL.
fn labelled(totals: Vec<Total>) -> Vec<(String, String, u64)> {
    totals.into_iter().map(|it| (for_log(it.source), it.word, it.count)).collect()
}

impl QueueMetrics {
    const fn gauges(&self) -> Gauges {
        Gauges {
            status: self.status,
            breaker: self.breaker,
            pending: self.pending,
            oldest_pending_ms: self.oldest_pending_ms,
        }
    }
}
