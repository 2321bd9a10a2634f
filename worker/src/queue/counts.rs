//! What the queue counts, written in a turn that commits something anyway.
//!
//! A row that is written costs money, so under load that is once a second and at the end of a run, and
//! where no run follows every turn writes. A crash loses at most what nobody has been shown.

use hookward_relay::destination::Status;
use hookward_relay::metrics::Counts;

use super::DestinationQueue;
use super::rows::QueueMetrics;
use crate::clock::{self, Millis};
use crate::problem::Problem;

/// How often counts are written while deliveries go on.
const STORE_EVERY_MS: u64 = 1_000;

impl DestinationQueue {
    /// Counts, in memory; [`Self::store_counts_soon`] writes it.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) -> worker::Result<()> {
        let mut counts = self.counts.borrow_mut();
        if counts.is_none() {
            *counts = Some(self.store.counts()?);
        }
        if let Some(counts) = counts.as_mut() {
            change(counts);
            self.counts_waiting.set(true);
        }
        Ok(())
    }

    /// Writes what was counted, unless that was done a moment ago and the end of a run will do it.
    pub(super) fn store_counts_soon(&self, now: Millis) -> worker::Result<()> {
        if self.run_follows(now)? && now.since(self.counts_stored.get()) < STORE_EVERY_MS {
            return Ok(());
        }
        self.store_counts(now)
    }

    /// Whether a run is under way or about to begin.
    fn run_follows(&self, now: Millis) -> worker::Result<bool> {
        let enabled = self.settings()?.is_some_and(|it| it.status == Status::Enabled);
        Ok(enabled && self.opens_ms(now.0, now)? <= now.plus(STORE_EVERY_MS).0)
    }

    pub(super) fn store_counts(&self, now: Millis) -> worker::Result<()> {
        if let Some(counts) = self.counts.borrow().as_ref() {
            self.store.put_counts(counts)?;
            self.counts_stored.set(now);
            self.counts_waiting.set(false);
        }
        Ok(())
    }

    /// The end of a run.
    pub(super) fn store_waiting_counts(&self, now: Millis) -> worker::Result<()> {
        if self.counts_waiting.get() { self.store_counts(now) } else { Ok(()) }
    }

    /// What is shown is stored first: a counter that went back would be taken for one that began anew.
    pub(super) fn metrics(&self) -> Result<QueueMetrics, Problem> {
        let settings = self.known()?;
        let read = || {
            let now = clock::now();
            self.store_waiting_counts(now)?;
            let counts = match self.counts.borrow().as_ref() {
                Some(counts) => counts.clone(),
                None => self.store.counts()?,
            };
            let (pending, oldest_ms) = self.store.depth()?;
            Ok(QueueMetrics {
                counts,
                status: settings.status,
                breaker: self.gate()?.breaker(),
                pending,
                oldest_pending_ms: oldest_ms.map_or(0, |at_ms| now.0.saturating_sub(at_ms)),
            })
        };
        self.failed(read())
    }
}
