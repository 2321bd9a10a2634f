//! The scheduled sweep: pokes every queue that the registry knows, so that none with work is left
//! without an alarm, and finishes what was half done.

use futures_util::StreamExt;
use futures_util::stream;
use hookward_relay::destination::Status;
use hookward_relay::ids::DestinationId;

use crate::config::Config;
use crate::log;
use crate::problem::Problem;
use crate::queue::rows::{Delete, Poke};
use crate::registry::rows::{BeginDelete, FinishDelete, PutDestination, SweepList, SweepRow};

/// Rows per question to the registry.
const PAGE: u32 = 100;

/// Queues asked at once: the platform has six calls under way for one invocation.
const AT_ONCE: usize = 6;

/// Never fails: what goes wrong is logged, and the next sweep tries again.
pub(crate) async fn run(config: &Config) {
    let mut after = None;
    let (mut seen, mut failed) = (0_u64, 0_u64);
    loop {
        let page = match config.ask_registry(&SweepList { after, limit: PAGE }).await {
            Ok(page) => page,
            Err(problem) => {
                log::line("sweep").with("outcome", problem.code.as_str()).error();
                return;
            }
        };
        let rows = page.rows.into_iter().map(|row| one(config, row));
        let mut done = stream::iter(rows).buffer_unordered(AT_ONCE);
        while let Some(well) = done.next().await {
            seen = seen.saturating_add(1);
            failed = failed.saturating_add(u64::from(!well));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    log::line("sweep")
        .with("outcome", "done")
        .with("destinations", seen)
        .with("failed", failed)
        .info();
}

async fn one(config: &Config, row: SweepRow) -> bool {
    let id = row.id;
    let result =
        if row.deleting { finish_delete(config, id).await } else { poke(config, &row).await };
    if let Err(problem) = &result {
        log::line("sweep")
            .with("destination", id.to_string())
            .with("outcome", problem.code.as_str())
            .error();
    }
    result.is_ok()
}

/// The second half of a deletion. While the queue is not done the row stays, and with it the sweep.
pub(crate) async fn finish_delete(config: &Config, id: DestinationId) -> Result<(), Problem> {
    if config.ask_queue(id, &Delete {}).await?.done {
        config.ask_registry(&FinishDelete { id }).await?;
    }
    Ok(())
}

/// Pokes a queue; where the registry's row is older than the queue's settings, it gets theirs, and
/// where the queue is a tombstone, the row goes too.
async fn poke(config: &Config, row: &SweepRow) -> Result<(), Problem> {
    let current = config.ask_queue(row.id, &Poke {}).await?;
    if current.status == Status::Deleted {
        config.ask_registry(&BeginDelete { id: row.id }).await?;
        return finish_delete(config, row.id).await;
    }
    if current.version > row.version {
        config.ask_registry(&PutDestination { row: current, new: false }).await?;
    }
    Ok(())
}
