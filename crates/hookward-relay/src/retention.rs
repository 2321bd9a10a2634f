//! What a queue may forget, and when.
//!
//! Pending deliveries are never forgotten. Event keys have a time of their own, whatever the log
//! keeps: a replayed webhook must be recognised however that is pruned. A store may keep a key with
//! its delivery as long as it keeps every delivery for at least that time.

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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    #[test]
    fn keys_are_kept_96_hours_however_the_log_is_pruned() {
        let cutoffs = cutoffs(NOW_MS);
        assert_eq!(NOW_MS - cutoffs.keys_ms, 96 * 3_600_000);
        assert_eq!(NOW_MS - cutoffs.delivered_ms, 7 * 24 * 3_600_000);
        assert_eq!(NOW_MS - cutoffs.dead_ms, 30 * 24 * 3_600_000);
        assert_eq!(super::cutoffs(5).keys_ms, 0);
    }

    #[test]
    fn the_earliest_expiry_is_when_the_cutoff_passes_the_oldest_row() {
        let oldest = |key_ms, delivered_ms, dead_ms| Oldest { key_ms, delivered_ms, dead_ms };
        assert_eq!(earliest_expiry_ms(Oldest::default()), None);
        let rows = [
            oldest(Some(NOW_MS), None, None),
            oldest(None, Some(NOW_MS), None),
            oldest(None, None, Some(NOW_MS)),
        ];
        for (row, cutoff) in rows.into_iter().zip([
            (|c| c.keys_ms) as fn(Cutoffs) -> u64,
            |c| c.delivered_ms,
            |c| c.dead_ms,
        ]) {
            let at_ms = earliest_expiry_ms(row).unwrap();
            assert!(cutoff(cutoffs(at_ms - 1)) <= NOW_MS, "not yet");
            assert!(cutoff(cutoffs(at_ms)) > NOW_MS, "now");
        }
        let all = earliest_expiry_ms(oldest(Some(NOW_MS), Some(NOW_MS), Some(NOW_MS)));
        assert_eq!(all, earliest_expiry_ms(oldest(Some(NOW_MS), None, None)));
    }
}
