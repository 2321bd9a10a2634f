//! What a queue counts of its own working.
//!
//! A queue keeps one [`Counts`], and writes it in a turn in which it writes anyway. What a crash
//! loses of it are the counts since then, never an event: the counters start again from what is
//! stored, which Prometheus takes for a reset at the most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::DeadReason;
use crate::outcome::{Failure, Outcome};

/// Upper bounds of the buckets for one attempt, in milliseconds; the last is its time-out.
pub const ATTEMPT_BOUNDS_MS: &[u64] = &[5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// Upper bounds of the buckets from an event's arrival on, in milliseconds: from at once to what
/// schedules of days lead to.
pub const DELAY_BOUNDS_MS: &[u64] = &[
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 600_000, 3_600_000,
    86_400_000,
];

/// How many fell into each bucket, and their sum. Serde: to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// One for each bound, and one for what is above the last.
    #[serde(default)]
    counts: Vec<u64>,
    #[serde(default)]
    sum_ms: u64,
}

impl Histogram {
    fn observe(&mut self, bounds_ms: &[u64], ms: u64) {
        self.counts.resize(bounds_ms.len().saturating_add(1), 0);
        let bucket = bounds_ms.partition_point(|bound_ms| *bound_ms < ms);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        self.sum_ms = self.sum_ms.saturating_add(ms);
    }

    /// How many are no longer than each bound, one after the other, and at last how many there are.
    pub(crate) fn cumulative(&self, bounds: usize) -> impl Iterator<Item = u64> + '_ {
        let counts = self.counts.iter().copied().chain(core::iter::repeat(0));
        counts.take(bounds.saturating_add(1)).scan(0_u64, |sum, count| {
            *sum = sum.saturating_add(count);
            Some(*sum)
        })
    }

    pub(crate) const fn sum_ms(&self) -> u64 {
        self.sum_ms
    }
}

/// What a queue has counted. Serde: to be stored; what is missing is zero.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) delivered: u64,
    pub(crate) replayed: u64,
    /// By class.
    pub(crate) failed: BTreeMap<String, u64>,
    /// By reason.
    pub(crate) dead: BTreeMap<String, u64>,
    pub(crate) attempt: Histogram,
    pub(crate) first_attempt: Histogram,
    pub(crate) delivery: Histogram,
}

impl Counts {
    /// An event was stored.
    pub fn accepted(&mut self) {
        self.accepted = self.accepted.saturating_add(1);
    }

    /// An event came again.
    pub fn duplicate(&mut self) {
        self.duplicates = self.duplicates.saturating_add(1);
    }

    /// So many deliveries were made pending again.
    pub fn replayed(&mut self, count: u64) {
        self.replayed = self.replayed.saturating_add(count);
    }

    /// The first attempt of a delivery's first round started so long after the event had been
    /// stored.
    pub fn first_attempt(&mut self, after_ms: u64) {
        self.first_attempt.observe(DELAY_BOUNDS_MS, after_ms);
    }

    /// An attempt ended after `duration_ms`.
    pub fn attempt(&mut self, outcome: Outcome, duration_ms: u64) {
        self.attempt.observe(ATTEMPT_BOUNDS_MS, duration_ms);
        if let Some(failure) = outcome.failure() {
            count(&mut self.failed, class(failure), 1);
        }
    }

    /// A delivery has arrived, so long after its event had been stored.
    pub fn delivered(&mut self, after_ms: u64) {
        self.delivered = self.delivered.saturating_add(1);
        self.delivery.observe(DELAY_BOUNDS_MS, after_ms);
    }

    /// So many deliveries became dead letters.
    pub fn dead(&mut self, reason: DeadReason, more: u64) {
        count(&mut self.dead, reason.as_str(), more);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, word: &str, more: u64) {
    match counts.get_mut(word) {
        Some(count) => *count = count.saturating_add(more),
        None => drop(counts.insert(word.to_owned(), more)),
    }
}

/// Why an attempt failed, as the metrics have it: statuses by their hundreds, 429 by itself.
const fn class(failure: Failure) -> &'static str {
    match failure {
        Failure::Status(429) => "status_429",
        Failure::Status(400..=499) => "status_4xx",
        Failure::Status(500..=599) => "status_5xx",
        Failure::Status(_) => "status_other",
        Failure::Transport(_) | Failure::Redirect(_) => failure.class(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{AttemptResult, TransportFailure};

    fn buckets(histogram: &Histogram, bounds: &[u64]) -> Vec<u64> {
        histogram.cumulative(bounds.len()).collect()
    }

    #[test]
    fn a_bucket_holds_what_is_no_longer_than_its_bound() {
        let mut histogram = Histogram::default();
        let bounds = [5, 10, 100];
        assert_eq!(buckets(&histogram, &bounds), [0, 0, 0, 0]);
        for ms in [0, 5, 6, 10, 11, 100, 101, u64::MAX] {
            histogram.observe(&bounds, ms);
        }
        assert_eq!(buckets(&histogram, &bounds), [2, 4, 6, 8]);
        assert_eq!(histogram.sum_ms(), u64::MAX);
        for bounds in [ATTEMPT_BOUNDS_MS, DELAY_BOUNDS_MS] {
            assert!(bounds.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn failures_are_counted_by_class() {
        let mut counts = Counts::default();
        for status in [200, 301, 404, 410, 429, 500, 503, 999] {
            counts.attempt(AttemptResult::Response { status, retry_after: None }.into(), 7);
        }
        for failure in TransportFailure::ALL {
            counts.attempt(AttemptResult::Failed(*failure).into(), 7);
        }
        let expected = [
            ("redirect", 1),
            ("status_429", 1),
            ("status_4xx", 2),
            ("status_5xx", 2),
            ("status_other", 1),
        ];
        for (class, count) in expected {
            assert_eq!(counts.failed.get(class), Some(&count), "{class}");
        }
        for failure in TransportFailure::ALL {
            assert_eq!(counts.failed.get(failure.as_str()), Some(&1));
        }
        assert_eq!(counts.failed.len(), expected.len() + TransportFailure::ALL.len());
        assert_eq!(buckets(&counts.attempt, ATTEMPT_BOUNDS_MS).last(), Some(&16));
    }

    fn some() -> Counts {
        let mut counts = Counts::default();
        counts.accepted();
        counts.accepted();
        counts.duplicate();
        counts.replayed(3);
        counts.first_attempt(4);
        counts.attempt(AttemptResult::Failed(TransportFailure::Dns).into(), 12);
        counts.delivered(70_000);
        counts.dead(DeadReason::Gone, 5);
        counts
    }

    #[test]
    fn what_is_stored_is_read_again_and_what_is_missing_is_zero() {
        let json = serde_json::to_string(&some()).unwrap();
        assert_eq!(serde_json::from_str::<Counts>(&json).unwrap(), some());
        assert_eq!(serde_json::from_str::<Counts>("{}").unwrap(), Counts::default());
        let odd: Counts = serde_json::from_str(r#"{"attempt":{"counts":[1]},"more":2}"#).unwrap();
        assert_eq!(buckets(&odd.attempt, ATTEMPT_BOUNDS_MS), [1; 12]);
    }
}
