//! When the books are written, and what `/metrics` is told of them.

use hookward_relay::destination::Status;
use hookward_relay::metrics::Counts;

use super::DestinationQueue;
use super::books::WRITE_EVERY_MS;
use super::rows::QueueMetrics;
use crate::clock::{self, Millis};
use crate::problem::Problem;

impl DestinationQueue {
    /// Counts, in memory; [`Self::write_books_soon`] writes it.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) -> worker::Result<()> {
        self.books.count(change)
    }

    /// Writes the books, unless that was done a moment ago: then the end of a run will do it, or a timer
    /// where no run follows.
    pub(super) fn write_books_soon(&self, now: Millis) -> worker::Result<()> {
        if self.books.are_due(now) {
            return self.books.write(now);
        }
        if !self.run_follows(now)? {
            self.books.write_later(|| self.state.id().to_string());
        }
        Ok(())
    }

    /// Whether a run is under way or about to begin.
    fn run_follows(&self, now: Millis) -> worker::Result<bool> {
        let enabled = self.settings()?.is_some_and(|it| it.status == Status::Enabled);
        Ok(enabled && self.opens_ms(now.0, now)? <= now.plus(WRITE_EVERY_MS).0)
    }

    /// What is shown is stored first: a counter that went back would be taken for one that began anew.
    pub(super) fn metrics(&self) -> Result<QueueMetrics, Problem> {
        let settings = self.known()?;
        let read = || {
            let now = clock::now();
            self.books.write(now)?;
            let (pending, oldest_ms) = self.store.depth()?;
            Ok(QueueMetrics {
                counts: self.books.counts()?,
                status: settings.status,
                breaker: self.gate()?.breaker(),
                pending,
                oldest_pending_ms: oldest_ms.map_or(0, |at_ms| now.0.saturating_sub(at_ms)),
            })
        };
        self.failed(read())
    }
}
