//! A bounded memory of event keys, for a receiver that is one process.

use alloc::collections::{BTreeMap, VecDeque};

use crate::error::Error;
use crate::replay::Policy;
use crate::time::UnixSeconds;

/// Remembers which events were accepted, within a fixed number of entries.
///
/// It lives in one process: it knows nothing of what was accepted before it was made, or elsewhere.
/// When it is full it forgets the oldest entry. [`ReplayGuard::policy`] takes both into account and
/// refuses late deliveries that may have been forgotten; ask it afresh for every delivery.
///
/// A delivery within the tolerance is accepted whatever the guard has forgotten. So give it room for
/// more events than can arrive within twice the tolerance, and one guard for each source, so that a
/// busy one does not push out the keys of a quiet one.
///
/// ```
/// use hookward::{Claim, ReplayGuard, UnixSeconds};
/// let now = UnixSeconds::new(1_700_000_000);
/// let mut guard = ReplayGuard::new(10_000, 96 * 3600, now);
/// let key = [7; 32]; // from EventKey::stored
/// assert_eq!(guard.claim(key, now), Claim::New);
/// assert_eq!(guard.claim(key, now), Claim::Duplicate);
/// ```
#[derive(Debug)]
pub struct ReplayGuard {
    capacity: usize,
    retention_s: u32,
    remembers_since: UnixSeconds,
    seen: BTreeMap<[u8; 32], UnixSeconds>,
    /// The same keys, the oldest first.
    order: VecDeque<[u8; 32]>,
}

/// What a guard says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// Not seen before; it is remembered now.
    New,
    /// Accepted before.
    Duplicate,
}

impl ReplayGuard {
    /// A guard for up to `capacity` keys (at least one), each remembered for `retention_s` seconds.
    pub fn new(capacity: usize, retention_s: u32, started: UnixSeconds) -> Self {
        Self {
            capacity: capacity.max(1),
            retention_s,
            remembers_since: started,
            seen: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Takes `key` for the event being handled, unless it was taken before.
    pub fn claim(&mut self, key: [u8; 32], now: UnixSeconds) -> Claim {
        self.forget_expired(now);
        if self.seen.contains_key(&key) {
            return Claim::Duplicate;
        }
        while self.order.len() >= self.capacity {
            self.forget_oldest();
        }
        self.seen.insert(key, now);
        self.order.push_back(key);
        Claim::New
    }

    /// Gives `key` back, so that the event may come again: for a handler that failed.
    pub fn release(&mut self, key: &[u8; 32]) {
        if self.seen.remove(key).is_some() {
            self.order.retain(|k| k != key);
        }
    }

    /// Since when nothing has been forgotten that is still within the retention.
    pub fn remembers_since(&self) -> UnixSeconds {
        self.remembers_since
    }

    /// The policy that this guard can stand behind now.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`], as [`Policy::with_store`].
    pub fn policy(&self, tolerance_s: u32, horizon_s: u32) -> Result<Policy, Error<'static>> {
        Policy::with_store(tolerance_s, horizon_s, self.retention_s, Some(self.remembers_since))
    }

    fn forget_expired(&mut self, now: UnixSeconds) {
        while let Some(oldest) = self.order.front() {
            let taken = self.seen.get(oldest).copied().unwrap_or(now);
            if now.since(taken) <= u64::from(self.retention_s) {
                return;
            }
            self.forget_oldest();
        }
    }

    /// Forgets the oldest entry, and remembers that it did: an entry that has expired by a clock
    /// that then goes back is forgotten too early.
    fn forget_oldest(&mut self) {
        let oldest = self.order.pop_front();
        if let Some(taken) = oldest.and_then(|key| self.seen.remove(&key)) {
            // The second in which it was taken is not remembered whole any longer.
            let since = UnixSeconds::new(taken.get().saturating_add(1));
            self.remembers_since = self.remembers_since.max(since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> UnixSeconds {
        UnixSeconds::new(s)
    }

    #[test]
    fn a_key_is_new_once_within_the_retention() {
        let mut guard = ReplayGuard::new(10, 100, at(0));
        assert_eq!(guard.claim([1; 32], at(0)), Claim::New);
        assert_eq!(guard.claim([1; 32], at(100)), Claim::Duplicate);
        assert_eq!(guard.claim([2; 32], at(100)), Claim::New);
        assert_eq!(guard.claim([1; 32], at(101)), Claim::New);
    }

    /// What has expired is older than anything that a policy accepts.
    #[test]
    fn forgetting_what_expired_costs_no_late_delivery() {
        let mut guard = ReplayGuard::new(10, 100, at(0));
        let _ = guard.claim([1; 32], at(1000));
        let _ = guard.claim([2; 32], at(1101));
        assert_eq!(guard.policy(10, 80), Policy::with_store(10, 80, 100, Some(at(1001))));
        let policy = guard.policy(10, 80).unwrap();
        assert!(policy.judge(at(1021), at(1101)).is_ok(), "as late as the horizon");
    }

    /// A clock that jumps ahead makes everything expire; when it is set right, the guard says that
    /// it has forgotten, and nothing old is accepted.
    #[test]
    fn a_clock_that_jumps_ahead_and_back_lets_no_replay_through() {
        let mut guard = ReplayGuard::new(10, 1000, at(0));
        let _ = guard.claim([1; 32], at(5000));
        let _ = guard.claim([2; 32], at(400_000));
        let policy = guard.policy(10, 900).unwrap();
        assert!(policy.judge(at(5000), at(5100)).is_err(), "its key was forgotten");
    }

    #[test]
    fn the_smallest_guard_remembers_one() {
        let mut guard = ReplayGuard::new(0, 100, at(0));
        assert_eq!(guard.claim([1; 32], at(1)), Claim::New);
        assert_eq!(guard.claim([1; 32], at(2)), Claim::Duplicate);
        assert_eq!(guard.claim([2; 32], at(3)), Claim::New);
    }

    #[test]
    fn what_it_remembers_since_never_goes_back() {
        let mut guard = ReplayGuard::new(1, 100_000, at(0));
        for taken in [500, 400, 300] {
            let _ = guard.claim([u8::try_from(taken / 100).unwrap(); 32], at(taken));
        }
        assert_eq!(guard.remembers_since(), at(501));
    }

    #[test]
    fn a_released_key_leaves_no_trace_that_could_forget_it_later() {
        let mut guard = ReplayGuard::new(2, 100_000, at(0));
        let _ = guard.claim([1; 32], at(1));
        guard.release(&[1; 32]);
        let _ = guard.claim([1; 32], at(2));
        let _ = guard.claim([2; 32], at(3));
        assert_eq!(guard.claim([1; 32], at(4)), Claim::Duplicate);
        assert_eq!(guard.remembers_since(), at(0));
    }

    #[test]
    fn a_released_key_may_come_again() {
        let mut guard = ReplayGuard::new(10, 100, at(0));
        assert_eq!(guard.claim([1; 32], at(0)), Claim::New);
        guard.release(&[1; 32]);
        assert_eq!(guard.claim([1; 32], at(1)), Claim::New);
        assert_eq!(guard.claim([1; 32], at(2)), Claim::Duplicate);
    }

    #[test]
    fn a_full_guard_says_what_it_no_longer_remembers() {
        let mut guard = ReplayGuard::new(2, 10_000, at(0));
        let _ = guard.claim([1; 32], at(10));
        let _ = guard.claim([2; 32], at(20));
        let _ = guard.claim([3; 32], at(30));
        assert_eq!(guard.remembers_since(), at(11));
        assert_eq!(guard.claim([2; 32], at(31)), Claim::Duplicate);
        let policy = guard.policy(5, 1000).unwrap();
        assert!(policy.judge(at(16), at(31)).is_ok(), "its key cannot be the evicted one");
        assert!(policy.judge(at(15), at(31)).is_err(), "its key may be the evicted one");
    }

    #[test]
    fn a_clock_that_goes_back_forgets_nothing() {
        let mut guard = ReplayGuard::new(10, 100, at(0));
        let _ = guard.claim([1; 32], at(1000));
        assert_eq!(guard.claim([1; 32], at(5)), Claim::Duplicate);
    }

    #[test]
    fn the_retention_must_cover_the_horizon() {
        let guard = ReplayGuard::new(10, 1000, at(0));
        assert!(guard.policy(100, 800).is_ok());
        assert_eq!(guard.policy(100, 801).unwrap_err().code(), "invalid_policy");
    }
}
