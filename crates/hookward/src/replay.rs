//! How old a delivery may be: the tolerance, and the horizon that needs a memory behind it.

use crate::catalog::Provider;
use crate::error::Error;
use crate::limits::TOLERANCE_S;
use crate::time::UnixSeconds;

/// What a delivery's signed time must be to be accepted.
///
/// Within the tolerance of now, in both directions, a delivery is fresh. An older one is accepted
/// only with a store of event keys behind the receiver, up to the retry horizon, and only where the
/// store cannot have forgotten its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    tolerance_s: u64,
    late: Option<Late>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Late {
    horizon_s: u64,
    remembers_since: Option<UnixSeconds>,
}

/// How a delivery's signed time stands to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness {
    /// Within the tolerance.
    Fresh,
    /// Older than the tolerance, within the retry horizon: a retry under its first signature.
    Late,
    /// Nothing that is signed carries a time: a replay is stopped only as long as its key is
    /// remembered.
    Untimed,
}

impl Freshness {
    /// A stable name: `fresh`, `late` or `untimed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Late => "late",
            Self::Untimed => "untimed",
        }
    }
}

impl Policy {
    /// For a receiver that remembers nothing: the tolerance only, in seconds.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`] for a tolerance of 0 or over [`TOLERANCE_S`]: there is no way to
    /// switch the check off.
    pub const fn without_store(tolerance_s: u32) -> Result<Self, Error<'static>> {
        if tolerance_s == 0 || tolerance_s > TOLERANCE_S {
            return Err(Error::InvalidPolicy { rule: "the tolerance must be 1 to 86400 seconds" });
        }
        Ok(Self { tolerance_s: tolerance_s as u64, late: None })
    }

    /// For a receiver that remembers the keys of accepted events for `retention_s` seconds.
    ///
    /// `remembers_since` is the time before which the store may have forgotten keys inside the
    /// retention: its start, for one that lives in memory, or the time of the newest entry that it
    /// had to evict. `None` for a store that loses nothing.
    ///
    /// # Errors
    /// [`Error::InvalidPolicy`] unless `horizon_s + 2 × tolerance_s ≤ retention_s` and
    /// `horizon_s ≥ tolerance_s`, and for a tolerance out of range.
    pub const fn with_store(
        tolerance_s: u32,
        horizon_s: u32,
        retention_s: u32,
        remembers_since: Option<UnixSeconds>,
    ) -> Result<Self, Error<'static>> {
        if horizon_s < tolerance_s {
            return Err(Error::InvalidPolicy {
                rule: "the retry horizon must not be shorter than the tolerance",
            });
        }
        // A delivery may be dated one tolerance ahead when its key is stored, and is refused one
        // horizon after its date: the key must outlive that, with a tolerance to spare for clocks.
        if horizon_s as u64 + 2 * tolerance_s as u64 > retention_s as u64 {
            return Err(Error::InvalidPolicy {
                rule: "retry horizon + 2 × tolerance must not be longer than keys are remembered",
            });
        }
        match Self::without_store(tolerance_s) {
            Ok(policy) => {
                let late = Some(Late { horizon_s: horizon_s as u64, remembers_since });
                Ok(Self { late, ..policy })
            }
            Err(error) => Err(error),
        }
    }

    /// Judges a signed time.
    pub(crate) fn judge(
        &self,
        signed: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<Freshness, Error<'static>> {
        let ahead_s = signed.since(now);
        if ahead_s > self.tolerance_s {
            return Err(Error::TimestampInFuture { ahead_s, tolerance_s: self.tolerance_s });
        }
        let age_s = now.since(signed);
        if age_s <= self.tolerance_s {
            return Ok(Freshness::Fresh);
        }
        let most_s = self.late.map_or(self.tolerance_s, |late| late.most_s(self.tolerance_s, now));
        if age_s <= most_s {
            Ok(Freshness::Late)
        } else {
            Err(Error::TimestampTooOld { age_s, most_s })
        }
    }
}

impl Late {
    /// The greatest age that is accepted now. A delivery may have been accepted first one tolerance
    /// before its own date, and the store must remember that far back.
    fn most_s(self, tolerance_s: u64, now: UnixSeconds) -> u64 {
        let remembered = self.remembers_since.map_or(u64::MAX, |since| now.since(since));
        remembered.saturating_sub(tolerance_s).max(tolerance_s).min(self.horizon_s)
    }
}

impl Provider<'_> {
    /// The policy of a receiver without a store: the provider's tolerance, and no horizon.
    pub fn policy(&self) -> Policy {
        Policy { tolerance_s: u64::from(self.tolerance_s), late: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds::new(1_000_000);

    fn judge(policy: Policy, signed: u64) -> Result<Freshness, &'static str> {
        policy.judge(UnixSeconds::new(signed), NOW).map_err(|e| e.code())
    }

    #[test]
    fn the_tolerance_holds_in_both_directions_to_the_second() {
        let policy = Policy::without_store(300).unwrap();
        assert_eq!(judge(policy, 1_000_000), Ok(Freshness::Fresh));
        assert_eq!(judge(policy, 1_000_300), Ok(Freshness::Fresh));
        assert_eq!(judge(policy, 1_000_301), Err("timestamp_in_future"));
        assert_eq!(judge(policy, 999_700), Ok(Freshness::Fresh));
        assert_eq!(judge(policy, 999_699), Err("timestamp_too_old"));
        assert_eq!(judge(policy, 0), Err("timestamp_too_old"));
        assert_eq!(judge(policy, u64::MAX), Err("timestamp_in_future"));
    }

    #[test]
    fn with_a_store_the_horizon_is_late_and_the_future_is_still_the_future() {
        let policy = Policy::with_store(300, 7200, 10_000, None).unwrap();
        assert_eq!(judge(policy, 999_700), Ok(Freshness::Fresh));
        assert_eq!(judge(policy, 999_699), Ok(Freshness::Late));
        assert_eq!(judge(policy, 1_000_000 - 7200), Ok(Freshness::Late));
        assert_eq!(judge(policy, 1_000_000 - 7201), Err("timestamp_too_old"));
        assert_eq!(judge(policy, 1_000_301), Err("timestamp_in_future"));
    }

    #[test]
    fn a_late_delivery_from_before_the_store_remembers_is_stale() {
        let since = UnixSeconds::new(1_000_000 - 1000);
        let policy = Policy::with_store(300, 7200, 10_000, Some(since)).unwrap();
        // Dated 700 s ago, it cannot have been accepted before the store began: 1000 s ago.
        assert_eq!(judge(policy, 1_000_000 - 700), Ok(Freshness::Late));
        assert_eq!(judge(policy, 1_000_000 - 701), Err("timestamp_too_old"));
        assert_eq!(judge(policy, 1_000_000 - 300), Ok(Freshness::Fresh));
        let just_started = Policy::with_store(300, 7200, 10_000, Some(NOW)).unwrap();
        assert_eq!(judge(just_started, 1_000_000 - 300), Ok(Freshness::Fresh));
        assert_eq!(judge(just_started, 1_000_000 - 301), Err("timestamp_too_old"));
    }

    #[test]
    fn policies_that_could_accept_what_was_forgotten_are_refused() {
        assert!(Policy::with_store(300, 9400, 10_000, None).is_ok());
        assert!(Policy::without_store(86_400).is_ok());
        for bad in [
            Policy::with_store(300, 9401, 10_000, None),
            Policy::with_store(300, 299, 10_000, None),
            Policy::with_store(0, 300, 10_000, None),
            Policy::with_store(u32::MAX, u32::MAX, u32::MAX, None),
            Policy::without_store(0),
            Policy::without_store(86_401),
        ] {
            assert_eq!(bad.unwrap_err().code(), "invalid_policy");
        }
    }

    /// The rule itself, at every age: whatever is accepted late was stored within the retention.
    #[test]
    fn an_accepted_delivery_is_younger_than_its_forgotten_key() {
        for (tolerance, horizon, retention) in [(1, 1, 3), (5, 20, 30), (3, 4, 10)] {
            let policy = Policy::with_store(tolerance, horizon, retention, None).unwrap();
            for signed in 1_000_000 - 100..1_000_000 + 100 {
                if judge(policy, signed).is_ok() {
                    // It may have been accepted first when it was one tolerance in the future.
                    let first = signed - u64::from(tolerance);
                    assert!(NOW.get() - first.min(NOW.get()) <= u64::from(retention));
                }
            }
        }
    }
}
