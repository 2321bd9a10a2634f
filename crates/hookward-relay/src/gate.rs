//! Whether an attempt may start now: the rate limit, the hold after a 429 and the breaker together.
//!
//! The queue keeps one [`Gate`] per destination, in memory and as one stored text, which it writes
//! in the turn that records a result, where it differs from what is stored. For a destination that
//! is well and has no limit it never does. A crash forgets at most the attempts that were under way
//! ([`limits::CONCURRENCY`]), and those that arrived and were not recorded yet.

use serde::{Deserialize, Serialize};

use crate::breaker::{self, Breaker, BreakerState, Pick, Sign};
use crate::limits;
use crate::outcome::{Failure, Outcome};
use crate::pace::{Hold, Pace, RateLimit};

/// What a destination's results have led to. Serde: to be stored; unknown and missing fields are
/// well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gate {
    #[serde(default)]
    pace: Pace,
    #[serde(default)]
    hold: Hold,
    #[serde(default)]
    breaker: Breaker,
}

/// What may be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Start an attempt of this delivery, if one is due. Call [`Gate::start`] when it starts.
    Start(Pick),
    /// Start none before this time, in Unix milliseconds, which lies ahead.
    Wait(u64),
    /// Start none until one of those under way has ended.
    Busy,
}

impl Gate {
    /// Whether an attempt may start, with so many under way.
    pub fn next(&self, limit: Option<RateLimit>, under_way: usize, now_ms: u64) -> Next {
        let alone = self.breaker.state() == BreakerState::Open;
        let most = if alone { 1 } else { limits::CONCURRENCY };
        if under_way >= most {
            return Next::Busy;
        }
        let opens_ms = self.opens_ms(limit, now_ms);
        if opens_ms > now_ms { Next::Wait(opens_ms) } else { Next::Start(self.breaker.pick()) }
    }

    /// From when on an attempt may start, in Unix milliseconds; never further ahead than
    /// [`limits::HOLD_MAX_MS`].
    pub fn opens_ms(&self, limit: Option<RateLimit>, now_ms: u64) -> u64 {
        let free_ms = limit.map_or(0, |limit| self.pace.free_ms(limit, now_ms));
        free_ms.max(self.hold.until_ms(now_ms)).max(self.breaker.until_ms(now_ms))
    }

    /// An attempt starts.
    pub fn start(&mut self, limit: Option<RateLimit>, now_ms: u64) {
        if let Some(limit) = limit {
            self.pace.start(limit, now_ms);
        }
    }

    /// The result of an attempt that started at `started_ms` is there. `random` are 32 uniform bits
    /// for the jitter.
    pub fn end(&mut self, outcome: Outcome, started_ms: u64, now_ms: u64, random: u32) {
        let sign = breaker::sign(outcome);
        if let Outcome::Retry { failure: Failure::Status(429), retry_after } = outcome {
            self.hold.slow_down(retry_after, started_ms, now_ms, random);
        } else if sign == Sign::Well {
            self.hold.ease();
        }
        self.breaker.end(sign, started_ms, now_ms, random);
    }

    /// The destination was enabled again, or is another now: what was learned does not hold.
    pub fn reset(&mut self) {
        *self = Self { pace: self.pace, ..Self::default() };
    }

    /// Whether the breaker is open.
    pub const fn breaker(&self) -> BreakerState {
        self.breaker.state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::AttemptResult;
    use crate::retry::RetryAfter;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn answered(status: u16) -> Outcome {
        AttemptResult::Response { status, retry_after: None }.into()
    }

    fn failed_often() -> Gate {
        let mut gate = Gate::default();
        for _ in 0..limits::BREAKER_FAILURES {
            gate.end(answered(500), NOW_MS, NOW_MS, 0);
        }
        gate
    }

    #[test]
    fn a_destination_that_is_well_changes_nothing() {
        let mut gate = Gate::default();
        for now_ms in NOW_MS..NOW_MS + 50 {
            assert_eq!(gate.next(None, 5, now_ms), Next::Start(Pick::LongestDue));
            gate.start(None, now_ms);
            gate.end(answered(200), now_ms, now_ms, 0);
        }
        assert_eq!(gate, Gate::default());
        assert_eq!(gate.next(None, limits::CONCURRENCY, NOW_MS), Next::Busy);
    }

    #[test]
    fn an_open_breaker_lets_one_through_at_a_time() {
        let gate = failed_often();
        let Next::Wait(at_ms) = gate.next(None, 0, NOW_MS) else { panic!("{gate:?}") };
        assert!(at_ms > NOW_MS);
        assert_eq!(gate.next(None, 1, NOW_MS), Next::Busy);
        assert_eq!(gate.next(None, 0, at_ms), Next::Start(Pick::LatestDue));
        assert_eq!(gate.next(None, 1, at_ms), Next::Busy);
    }

    #[test]
    fn the_last_of_the_three_counts() {
        let limit = RateLimit::parse(0.1).ok();
        let mut gate = failed_often();
        gate.start(limit, NOW_MS);
        assert_eq!(gate.next(limit, 0, NOW_MS), Next::Wait(NOW_MS + 10_000));
        let retry_after = Some(RetryAfter::Seconds(30));
        let slow = AttemptResult::Response { status: 429, retry_after };
        gate.end(slow.into(), NOW_MS, NOW_MS, 0);
        assert_eq!(gate.next(limit, 0, NOW_MS), Next::Wait(NOW_MS + 30_000));
        gate.reset();
        assert_eq!(gate.breaker(), BreakerState::Closed);
        assert_eq!(gate.next(None, 0, NOW_MS), Next::Start(Pick::LongestDue));
        assert_eq!(gate.next(limit, 0, NOW_MS), Next::Wait(NOW_MS + 10_000));
    }

    #[test]
    fn a_429_holds_the_others_even_after_their_success() {
        let mut gate = Gate::default();
        gate.end(answered(429), NOW_MS, NOW_MS, u32::MAX / 2);
        gate.end(answered(200), NOW_MS - 5, NOW_MS, 0);
        assert!(matches!(gate.next(None, 0, NOW_MS), Next::Wait(_)));
        assert_eq!(gate.next(None, 0, NOW_MS + 1_001), Next::Start(Pick::LongestDue));
    }

    #[test]
    fn what_is_stored_is_read_again_and_an_older_text_too() {
        let gate = failed_often();
        let json = serde_json::to_string(&gate).unwrap();
        assert_eq!(serde_json::from_str::<Gate>(&json).unwrap(), gate);
        assert_eq!(serde_json::from_str::<Gate>("{}").unwrap(), Gate::default());
        assert!(serde_json::from_str::<Gate>(r#"{"breaker":{"failures":3},"more":1}"#).is_ok());
    }
}
