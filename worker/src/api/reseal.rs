//! `POST /v1/reseal`: everything that is sealed, under the current master key.

use futures_util::{StreamExt, stream};
use serde::Serialize;
use worker::Response;

use super::{Call, json};
use crate::problem::Problem;
use crate::queue::rows::{Reseal, Resealed};
use crate::registry::rows::{ResealSources, SweepList};

/// Rows per question to the registry.
const PAGE: u32 = 100;

/// Queues asked at once: the platform has six calls under way for one invocation.
const AT_ONCE: usize = 6;

#[derive(Serialize)]
struct Answer {
    /// Nothing hangs on the previous master keys any more.
    done: bool,
    sources: Resealed,
    destinations: Resealed,
}

/// To be repeated until it is done; what was done before is passed over.
pub(super) async fn reseal(call: &Call<'_>) -> Result<Response, Problem> {
    call.no_fields().await?;
    call.config.keys()?;
    let mut sources = Resealed::default();
    let mut after = None;
    loop {
        let (page, next) = call.config.ask_registry(&ResealSources { after, limit: PAGE }).await?;
        sources = sources.and(page);
        if next.is_none() {
            break;
        }
        after = next;
    }
    let mut destinations = Resealed::default();
    let mut after = None;
    loop {
        let page = call.config.ask_registry(&SweepList { after, limit: PAGE }).await?;
        // What is being deleted sends nothing any more.
        let ids = page.rows.into_iter().filter(|row| !row.deleting).map(|row| row.id);
        let asked = ids.map(|id| async move { call.config.ask_queue(id, &Reseal {}).await });
        let mut answers = stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            destinations = destinations.and(answer.unwrap_or(Resealed { renewed: 0, failed: 1 }));
        }
        if page.next.is_none() {
            break;
        }
        after = page.next;
    }
    let done = sources.failed == 0 && destinations.failed == 0;
    json(200, &Answer { done, sources, destinations })
}

impl Resealed {
    const fn and(self, other: Self) -> Self {
        Self {
            renewed: self.renewed.saturating_add(other.renewed),
            failed: self.failed.saturating_add(other.failed),
        }
    }
}
