//! What the queue counts, written in the turn that commits what is counted.

use hookward_relay::metrics::Counts;

use super::DestinationQueue;
use super::rows::QueueMetrics;
use crate::clock;
use crate::problem::Problem;

impl DestinationQueue {
    /// Counts, in memory; [`Self::store_counts`] writes it.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) -> worker::Result<()> {
        let mut counts = self.counts.borrow_mut();
        if counts.is_none() {
            *counts = Some(self.store.counts()?);
        }
        if let Some(counts) = counts.as_mut() {
            change(counts);
        }
        Ok(())
    }

    pub(super) fn store_counts(&self) -> worker::Result<()> {
        match self.counts.borrow().as_ref() {
            Some(counts) => self.store.put_counts(counts),
            None => Ok(()),
        }
    }

    pub(super) fn metrics(&self) -> Result<QueueMetrics, Problem> {
        let settings = self.known()?;
        let read = || {
            self.count(|_| {})?;
            let (pending, oldest_ms) = self.store.depth()?;
            let now = clock::now();
            Ok(QueueMetrics {
                counts: self.counts.borrow().clone().unwrap_or_default(),
                status: settings.status,
                breaker: self.gate()?.breaker(),
                pending,
                oldest_pending_ms: oldest_ms.map_or(0, |at_ms| now.0.saturating_sub(at_ms)),
            })
        };
        self.failed(read())
    }
}
