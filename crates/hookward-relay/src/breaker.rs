//! The breaker: a destination that does not work is asked now and then, not by every delivery.
//!
//! [`limits::BREAKER_FAILURES`] failures in a row open it. A failure is what says that the
//! destination as a whole is not working: no connection, no answer in time, 5xx, 429. Any other
//! answer, a 404 as well, shows that it works, and closes the breaker: what is wrong is then wrong
//! with the one delivery. What fails on our own side says nothing.
//!
//! While it is open, no delivery uses up attempts but one at a time, the probe. Probes wait from
//! [`limits::PROBE_FIRST_MS`], doubling, to [`limits::PROBE_MOST_MS`]; the first that is answered
//! closes the breaker, and everything that is due goes out.
//!
//! # Why deliveries still end
//! A probe is an attempt like any other: it counts for its delivery, which then waits by its
//! schedule. So a destination that stays dead has to use up the attempts of
//! [`limits::GIVE_UPS`] deliveries by probes alone before it is disabled. Were probes taken from
//! the queue in turn, 10,000 deliveries would each come to their second attempt after a week, and
//! none to its last for months. So every other probe is for the delivery that has failed most often
//! among those that are due ([`Pick::MostAttempted`]): those in front keep to their schedule, ten
//! of them are given up on little later than without a breaker, and that disables the destination
//! and makes the rest dead letters. Later by at most 2 × [`limits::GIVE_UPS`] × the attempts of the
//! schedule × (a probe's wait and its time-out): under 4 hours for `standard`, 9 for the longest
//! list. The probes in between are for what became due last ([`Pick::LatestDue`]), which is as a rule
//! an event that has just come in: so a number of events that the destination can never digest, one
//! after the other at the head of the queue, do not keep it from being asked with others.
//!
//! Nothing is stuck: there is always a time for the next probe, at most [`limits::PROBE_MOST_MS`]
//! ahead, whatever is stored. That a probe is under way is not stored, so a crash leaves none
//! behind that nobody waits for.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::outcome::{Failure, Outcome, TransportFailure};
use crate::pace::{grown_ms, known_ms};

words! {
    /// Whether a destination is sent to, as the API and the metrics name it.
    pub enum BreakerState {
        /// As usual.
        Closed = "closed",
        /// By one probe at a time.
        Open = "open",
    }
}

/// What an attempt's result says of the destination as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It works.
    Well,
    /// It does not.
    Unwell,
    /// Nothing.
    None,
}

/// Reads a result as a sign of how the destination is.
pub(crate) const fn sign(outcome: Outcome) -> Sign {
    match outcome.failure() {
        Some(Failure::Transport(TransportFailure::Internal)) => Sign::None,
        Some(Failure::Transport(_) | Failure::Status(429 | 500..=599)) => Sign::Unwell,
        None | Some(Failure::Redirect(_) | Failure::Status(_)) => Sign::Well,
    }
}

/// Which of the due deliveries is attempted next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The one with the least due time: as long as all is well.
    LongestDue,
    /// The one with the greatest due time that is not ahead.
    LatestDue,
    /// One with the most attempts in its round; where none that is due has failed before, the one
    /// with the least due time.
    MostAttempted,
}

/// What is remembered of a destination's failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Breaker {
    /// Failures in a row, up to the number that opens it.
    #[serde(default)]
    failures: u32,
    #[serde(default)]
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    /// When it opened, or the last probe failed. What started earlier is no probe.
    since_ms: u64,
    /// Probes that failed.
    probes: u32,
    probe_at_ms: u64,
}

impl Breaker {
    pub(crate) const fn state(self) -> BreakerState {
        if self.open.is_some() { BreakerState::Open } else { BreakerState::Closed }
    }

    /// From when on an attempt may start, in Unix milliseconds.
    pub(crate) fn until_ms(self, now_ms: u64) -> u64 {
        self.open.map_or(0, |open| known_ms(open.probe_at_ms, limits::PROBE_MOST_MS, now_ms))
    }

    pub(crate) fn pick(self) -> Pick {
        match self.open {
            None => Pick::LongestDue,
            Some(open) if open.probes % 2 == 0 => Pick::LatestDue,
            Some(_) => Pick::MostAttempted,
        }
    }

    /// A result came in of an attempt that had started at `started_ms`.
    pub(crate) fn end(&mut self, sign: Sign, started_ms: u64, now_ms: u64, random: u32) {
        match (sign, self.open) {
            (Sign::None, _) => {}
            (Sign::Well, _) => *self = Self::default(),
            (Sign::Unwell, None) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= limits::BREAKER_FAILURES {
                    self.open = Some(Open::after(0, now_ms, random));
                }
            }
            // It was under way when the breaker opened. A `since_ms` that lies ahead is another
            // clock's.
            (Sign::Unwell, Some(open)) if started_ms < open.since_ms && open.since_ms <= now_ms => {
            }
            (Sign::Unwell, Some(open)) => {
                self.open = Some(Open::after(open.probes.saturating_add(1), now_ms, random));
            }
        }
    }
}

impl Open {
    fn after(probes: u32, now_ms: u64, random: u32) -> Self {
        let time = probes.saturating_add(1);
        let wait_ms = grown_ms(limits::PROBE_FIRST_MS, time, limits::PROBE_MOST_MS, random);
        Self { since_ms: now_ms, probes, probe_at_ms: now_ms.saturating_add(wait_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::AttemptResult;

    const NOW_MS: u64 = 1_700_000_000_000;
    const MIDDLE: u32 = u32::MAX / 2;

    fn of_status(status: u16) -> Sign {
        sign(AttemptResult::Response { status, retry_after: None }.into())
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..limits::BREAKER_FAILURES {
            assert_eq!(breaker.state(), BreakerState::Closed);
            breaker.end(Sign::Unwell, NOW_MS, NOW_MS, MIDDLE);
        }
        assert_eq!(breaker.state(), BreakerState::Open);
        breaker
    }

    #[test]
    fn only_what_is_wrong_with_the_destination_as_a_whole_counts() {
        for status in [200, 204, 301, 400, 401, 403, 404, 410, 422] {
            assert_eq!(of_status(status), Sign::Well, "{status}");
        }
        for status in [429, 500, 502, 503, 504, 599] {
            assert_eq!(of_status(status), Sign::Unwell, "{status}");
        }
        for failure in TransportFailure::ALL {
            let expected =
                if *failure == TransportFailure::Internal { Sign::None } else { Sign::Unwell };
            assert_eq!(sign(AttemptResult::Failed(*failure).into()), expected, "{failure}");
        }
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for n in 0..10 * limits::BREAKER_FAILURES {
            let well = n % limits::BREAKER_FAILURES == 0;
            let sign = if well { Sign::Well } else { Sign::Unwell };
            breaker.end(sign, NOW_MS, NOW_MS, MIDDLE);
            assert_eq!(breaker.state(), BreakerState::Closed, "{n}");
        }
        breaker.end(Sign::None, NOW_MS, NOW_MS, MIDDLE);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn probes_wait_longer_and_longer_and_take_turns() {
        let (mut breaker, mut now_ms) = (opened(), NOW_MS);
        for (n, wanted_s) in [1, 2, 4, 8, 16, 32, 60, 60, 60].into_iter().enumerate() {
            let wait_ms = breaker.until_ms(now_ms) - now_ms;
            assert!(wait_ms.abs_diff(wanted_s * 1_000) <= 1, "{wait_ms} {wanted_s}");
            let pick = if n % 2 == 0 { Pick::LatestDue } else { Pick::MostAttempted };
            assert_eq!(breaker.pick(), pick);
            now_ms += wait_ms;
            breaker.end(Sign::Unwell, now_ms, now_ms + 20, MIDDLE);
            now_ms += 20;
        }
        breaker.end(Sign::None, now_ms, now_ms, MIDDLE);
        assert_eq!(breaker.state(), BreakerState::Open);
        breaker.end(Sign::Well, now_ms, now_ms, MIDDLE);
        assert_eq!((breaker, breaker.until_ms(now_ms)), (Breaker::default(), 0));
    }

    #[test]
    fn what_was_under_way_when_it_opened_is_no_probe() {
        let mut breaker = opened();
        let before = breaker;
        breaker.end(Sign::Unwell, NOW_MS - 1, NOW_MS + 9_000, MIDDLE);
        assert_eq!(breaker, before);
        breaker.end(Sign::Well, NOW_MS - 1, NOW_MS + 9_000, MIDDLE);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn another_clock_holds_nothing_up() {
        let mut breaker = opened();
        let long_ago_ms = 1_000_000;
        assert_eq!(breaker.until_ms(long_ago_ms), 0);
        breaker.end(Sign::Unwell, long_ago_ms, long_ago_ms, MIDDLE);
        assert!(breaker.until_ms(long_ago_ms) > long_ago_ms, "a probe that failed is counted");
        assert!(breaker.until_ms(NOW_MS) <= NOW_MS);
        let absurd = Open { since_ms: u64::MAX, probes: u32::MAX, probe_at_ms: u64::MAX };
        let mut absurd = Breaker { failures: u32::MAX, open: Some(absurd) };
        absurd.end(Sign::Unwell, u64::MAX, u64::MAX, u32::MAX);
        assert_eq!(absurd.until_ms(NOW_MS), 0);
    }
}
