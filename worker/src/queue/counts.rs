//! When the books are written, and what `/metrics` is told of them.

use hookward_relay::metrics::Counts;

use super::DestinationQueue;
use super::rows::QueueMetrics;
use crate::clock::{self, Millis};
use crate::problem::Problem;

impl DestinationQueue {
    /// Counts, in memory; [`Self::write_books_soon`] writes it.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) -> worker::Result<()> {
        self.books.count(change)
    }

    /// Writes the books, unless that was done a moment ago: then a timer will, if no run has by then.
    pub(super) fn write_books_soon(&self, now: Millis) -> worker::Result<()> {
        if self.books.are_due(now) {
            return self.books.write(now);
        }
        self.books.write_later(|| self.state.id().to_string());
        Ok(())
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
