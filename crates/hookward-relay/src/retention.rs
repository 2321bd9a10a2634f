//! What a queue may forget, and when.
//!
//! Pending deliveries are never forgotten. Event keys are kept apart from deliveries, for a fixed
//! time: a replayed webhook must be recognised however the log is pruned.

use crate::limits;

/// Times in Unix milliseconds: rows from before them may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoffs {
    /// Event keys, by the time they were stored.
    pub keys_ms: u64,
    /// Delivered deliveries with their attempts, by the time of delivery.
    pub delivered_ms: u64,
    /// Dead letters with their attempts, by the time of death.
    pub dead_ms: u64,
}

/// What may be deleted at `now_ms`: rows whose time is strictly before the cut-off.
pub const fn cutoffs(now_ms: u64) -> Cutoffs {
    Cutoffs {
        keys_ms: now_ms.saturating_sub(limits::DEDUPE_RETENTION_S * limits::SECOND_MS),
        delivered_ms: now_ms.saturating_sub(limits::DELIVERED_RETENTION_MS),
        dead_ms: now_ms.saturating_sub(limits::DEAD_RETENTION_MS),
    }
}

/// The oldest rows of each kind, in Unix milliseconds, as the queue finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oldest {
    /// The oldest event key.
    pub key_ms: Option<u64>,
    /// The oldest delivered delivery.
    pub delivered_ms: Option<u64>,
    /// The oldest dead letter.
    pub dead_ms: Option<u64>,
}

/// When something may first be deleted; `None` where nothing is stored.
pub fn earliest_expiry_ms(oldest: Oldest) -> Option<u64> {
    let after = |at_ms: Option<u64>, kept_ms: u64| {
        at_ms.map(|at_ms| at_ms.saturating_add(kept_ms).saturating_add(1))
    };
    [
        after(oldest.key_ms, limits::DEDUPE_RETENTION_S * limits::SECOND_MS),
        after(oldest.delivered_ms, limits::DELIVERED_RETENTION_MS),
        after(oldest.dead_ms, limits::DEAD_RETENTION_MS),
    ]
    .into_iter()
    .flatten()
    .min()
}
