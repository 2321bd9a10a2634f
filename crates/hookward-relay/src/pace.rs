//! How fast a destination is sent to: its own rate limit, and what a 429 does.
//!
//! The rate limit is the generic cell rate algorithm: one integer, the time from which on sending
//! is on schedule again, and no counters or windows. Attempts are spaced evenly; an attempt that
//! starts late may be made up for within [`limits::PACE_BURST_MS`]. So within any `t` seconds there
//! are at most `rate × t + max(1, rate × 0.1)` attempts.
//!
//! A 429 holds the whole destination until its `Retry-After`, at most [`limits::HOLD_MAX_MS`], or,
//! without one, for a wait that doubles from [`limits::HOLD_FIRST_MS`] to [`limits::HOLD_GROWN_MS`].
//! Each answer that is not a failure takes one doubling back. The attempt that got the 429 has
//! failed like any other, and its delivery waits for its own `Retry-After` in full: the hold is for
//! the others.
//!
//! Whatever is stored, and whatever the clock does, the next attempt is never further away than the
//! limits above: a time that lies further ahead was written under another clock, and counts as past.
//! Were it only cut to the limit, it would move on with the clock and never come.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::retry::{self, RetryAfter};

const MICRO: u64 = 1_000_000;
const US_PER_MS: u64 = 1_000;

/// A destination's `rate_limit_per_s`: attempts per second, counted to six decimals.
///
/// From one in 100 s to 1,000 a second. Serde: the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct RateLimit {
    /// Attempts in a million seconds.
    micro_per_s: u32,
}

/// Why a number is no rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateError;

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (limits::RATE_PER_S_MIN, limits::RATE_PER_S_MAX);
        write!(f, "a rate is a number from {min} to {max} a second")
    }
}

impl core::error::Error for RateError {}

impl RateLimit {
    /// The limit of so many attempts a second.
    pub fn parse(per_s: f64) -> Result<Self, RateError> {
        // Nothing but a number within the range gets through, so what follows fits 32 bits.
        if !(limits::RATE_PER_S_MIN..=limits::RATE_PER_S_MAX).contains(&per_s) {
            return Err(RateError);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let micro_per_s = (per_s * 1e6).round() as u32;
        Ok(Self { micro_per_s })
    }

    /// The number, as the API has it.
    pub fn per_s(self) -> f64 {
        f64::from(self.micro_per_s) / 1e6
    }

    /// How many attempts it allows in so many seconds, rounded down.
    pub(crate) fn attempts_in(self, seconds: u64) -> u64 {
        u64::from(self.micro_per_s).saturating_mul(seconds) / MICRO
    }

    /// From one attempt to the next, in microseconds; rounded up, so that the rate is never more.
    fn interval_us(self) -> u64 {
        (MICRO * MICRO).div_ceil(u64::from(self.micro_per_s.max(1)))
    }

    /// How far ahead of its schedule an attempt may start.
    fn slack_us(self) -> u64 {
        (limits::PACE_BURST_MS * US_PER_MS).saturating_sub(self.interval_us())
    }
}

impl TryFrom<f64> for RateLimit {
    type Error = RateError;

    fn try_from(per_s: f64) -> Result<Self, RateError> {
        Self::parse(per_s)
    }
}

impl From<RateLimit> for f64 {
    fn from(limit: RateLimit) -> Self {
        limit.per_s()
    }
}

/// What is remembered for a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// When the attempts made so far are all on schedule, in Unix microseconds.
    #[serde(default)]
    free_at_us: u64,
}

impl Pace {
    /// From when on an attempt may start, in Unix milliseconds; not later than `now_ms`: at once.
    pub(crate) fn free_ms(self, limit: RateLimit, now_ms: u64) -> u64 {
        let free_us = self.known_us(limit, now_ms).saturating_sub(limit.slack_us());
        free_us.div_ceil(US_PER_MS)
    }

    /// An attempt starts.
    pub(crate) fn start(&mut self, limit: RateLimit, now_ms: u64) {
        let start_us = now_ms.saturating_mul(US_PER_MS);
        let from_us = self.known_us(limit, now_ms).max(start_us);
        self.free_at_us = from_us.saturating_add(limit.interval_us());
    }

    /// A time further ahead than this limit and this clock can have led to says nothing.
    fn known_us(self, limit: RateLimit, now_ms: u64) -> u64 {
        let ahead_us = limit.interval_us().saturating_add(limit.slack_us());
        let latest_us = now_ms.saturating_mul(US_PER_MS).saturating_add(ahead_us);
        if self.free_at_us > latest_us { 0 } else { self.free_at_us }
    }
}

/// What is remembered of 429s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Hold {
    /// Nothing is sent before, in Unix milliseconds.
    #[serde(default)]
    until_ms: u64,
    /// When the last 429 that counted came.
    #[serde(default)]
    since_ms: u64,
    /// 429s that no answer of another kind has made up for.
    #[serde(default)]
    level: u32,
}

impl Hold {
    /// From when on an attempt may start, in Unix milliseconds.
    pub(crate) fn until_ms(self, now_ms: u64) -> u64 {
        known_ms(self.until_ms, limits::HOLD_MAX_MS, now_ms)
    }

    /// A 429 came. Several attempts are under way at once: those that had started before the last
    /// one make the wait no longer, unless they bring a `Retry-After` that is.
    pub(crate) fn slow_down(
        &mut self,
        retry_after: Option<RetryAfter>,
        started_ms: u64,
        now_ms: u64,
        random: u32,
    ) {
        let before = started_ms < self.since_ms && self.since_ms <= now_ms;
        if !before {
            self.level = self.level.saturating_add(1);
            self.since_ms = now_ms;
        }
        let wait_ms = match retry_after {
            Some(wanted) => wanted.wait_ms(now_ms).min(limits::HOLD_MAX_MS),
            None if before => return,
            None => grown_ms(limits::HOLD_FIRST_MS, self.level, limits::HOLD_GROWN_MS, random),
        };
        self.until_ms = self.until_ms(now_ms).max(now_ms.saturating_add(wait_ms));
    }

    /// An answer came that was no failure.
    pub(crate) fn ease(&mut self) {
        self.level = self.level.saturating_sub(1);
    }
}

/// A stored time, as far as this clock can have led to it: at most so far ahead.
pub(crate) const fn known_ms(at_ms: u64, ahead_ms: u64, now_ms: u64) -> u64 {
    if at_ms > now_ms.saturating_add(ahead_ms) { 0 } else { at_ms }
}

/// A wait that doubles: `first_ms` for the first `time`, at most `most_ms`, jitter included.
pub(crate) fn grown_ms(first_ms: u64, time: u32, most_ms: u64, random: u32) -> u64 {
    // 2^32 times a second is more than any cap.
    let doublings = time.saturating_sub(1).min(32);
    let wait_ms = first_ms.saturating_mul(1_u64 << doublings).min(most_ms);
    retry::jittered_ms(wait_ms, random).min(most_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;
    const MIDDLE: u32 = u32::MAX / 2;

    fn limit(per_s: f64) -> RateLimit {
        RateLimit::parse(per_s).unwrap()
    }

    #[test]
    fn rates_from_one_in_100_s_to_1000_a_second() {
        for per_s in [0.01, 0.016_667, 0.1, 0.29, 0.5, 1.0, 2.5, 10.0, 999.999_999, 1000.0] {
            assert!((limit(per_s).per_s() - per_s).abs() < 1e-9, "{per_s}");
            let json = serde_json::to_string(&limit(per_s)).unwrap();
            assert_eq!(serde_json::from_str::<RateLimit>(&json).unwrap(), limit(per_s));
        }
        for bad in [0.0, -1.0, 0.009_999, 1000.001, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(RateLimit::parse(bad), Err(RateError), "{bad}");
        }
        assert!(serde_json::from_str::<RateLimit>("2").is_ok());
        assert!(serde_json::from_str::<RateLimit>("0").is_err());
        assert!(serde_json::from_str::<RateLimit>("\"2\"").is_err());
    }

    /// Starts as many attempts as the limit lets, looking every `look_ms`, and says when.
    fn starts(limit: RateLimit, look_ms: usize, for_ms: u64) -> Vec<u64> {
        let (mut pace, mut starts) = (Pace::default(), Vec::new());
        for now_ms in (NOW_MS..NOW_MS + for_ms).step_by(look_ms) {
            while pace.free_ms(limit, now_ms) <= now_ms {
                pace.start(limit, now_ms);
                starts.push(now_ms);
            }
        }
        starts
    }

    #[test]
    fn no_window_holds_more_than_the_rate_and_a_tenth() {
        for (per_s, for_ms) in [(0.01, 1_000_000), (0.5, 60_000), (1.0, 20_000), (7.0, 10_000)] {
            check_windows(per_s, 1, for_ms);
        }
        for (per_s, look_ms) in [(50.0, 1), (50.0, 37), (1000.0, 1), (1000.0, 90), (333.3, 250)] {
            check_windows(per_s, look_ms, 3_000);
        }
    }

    fn check_windows(per_s: f64, look_ms: usize, for_ms: u64) {
        let starts = starts(limit(per_s), look_ms, for_ms);
        let most_at_once = (per_s * 0.1).max(1.0);
        for (first, from_ms) in starts.iter().enumerate() {
            for (last, to_ms) in starts.iter().enumerate().skip(first) {
                #[allow(clippy::cast_precision_loss)]
                let (count, seconds) =
                    ((last - first + 1) as f64, (to_ms - from_ms) as f64 / 1_000.0);
                assert!(count <= per_s * seconds + most_at_once + 1e-6, "{count} in {seconds} s");
            }
        }
        // Nor less, where one looks often enough: it is a limit, not a brake.
        if look_ms <= 90 {
            #[allow(clippy::cast_precision_loss)]
            let wanted = (per_s * for_ms as f64 / 1_000.0 * 0.99).floor();
            assert!(f64::from(u32::try_from(starts.len()).unwrap()) >= wanted, "{}", starts.len());
        }
    }

    #[test]
    fn a_clock_set_back_and_a_limit_raised_hold_nothing_up() {
        let mut pace = Pace::default();
        pace.start(limit(0.01), NOW_MS);
        assert_eq!(pace.free_ms(limit(0.01), NOW_MS), NOW_MS + 100_000);
        assert_eq!(pace.free_ms(limit(0.01), NOW_MS - 1_000), 0);
        assert_eq!(pace.free_ms(limit(100.0), NOW_MS), 0);
        let mut late = Pace::default();
        late.start(limit(1.0), u64::MAX);
        assert_eq!(late.free_ms(limit(1.0), NOW_MS), 0);
        late.start(limit(1.0), NOW_MS);
        assert_eq!(late.free_ms(limit(1.0), NOW_MS), NOW_MS + 1_000);
    }

    #[test]
    fn a_429_holds_for_its_retry_after_up_to_an_hour() {
        let hold = |retry_after| {
            let mut hold = Hold::default();
            hold.slow_down(Some(retry_after), NOW_MS - 20, NOW_MS, MIDDLE);
            hold.until_ms(NOW_MS)
        };
        assert_eq!(hold(RetryAfter::Seconds(30)), NOW_MS + 30_000);
        assert_eq!(hold(RetryAfter::At(NOW_MS / 1_000 + 90)), NOW_MS + 90_000);
        assert_eq!(hold(RetryAfter::Seconds(u64::MAX)), NOW_MS + limits::HOLD_MAX_MS);
        assert_eq!(hold(RetryAfter::Seconds(0)), NOW_MS);
    }

    #[test]
    fn the_wait_doubles_to_its_cap_and_comes_back() {
        let (mut hold, mut now_ms) = (Hold::default(), NOW_MS);
        for wanted_s in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            hold.slow_down(None, now_ms, now_ms, MIDDLE);
            let wait_ms = hold.until_ms(now_ms) - now_ms;
            assert!(wait_ms.abs_diff(wanted_s * 1_000) <= 1, "{wait_ms} {wanted_s}");
            now_ms += wait_ms;
        }
        for _ in 0..6 {
            hold.ease();
        }
        hold.slow_down(None, now_ms, now_ms, MIDDLE);
        assert!((hold.until_ms(now_ms) - now_ms).abs_diff(8_000) <= 1);
        for _ in 0..9 {
            hold.ease();
        }
        now_ms += 60_000;
        hold.slow_down(None, now_ms, now_ms, MIDDLE);
        assert!((hold.until_ms(now_ms) - now_ms).abs_diff(1_000) <= 1);
    }

    #[test]
    fn six_429s_at_once_are_one() {
        let mut hold = Hold::default();
        for ended_ms in 0..6 {
            hold.slow_down(None, NOW_MS - 5, NOW_MS + ended_ms, MIDDLE);
        }
        assert!(hold.until_ms(NOW_MS).abs_diff(NOW_MS + 1_000) <= 1);
        // A longer `Retry-After` among them counts, a shorter one does not.
        hold.slow_down(Some(RetryAfter::Seconds(9)), NOW_MS - 5, NOW_MS + 9, MIDDLE);
        assert_eq!(hold.until_ms(NOW_MS), NOW_MS + 9_009);
        hold.slow_down(Some(RetryAfter::Seconds(2)), NOW_MS - 5, NOW_MS + 10, MIDDLE);
        assert_eq!(hold.until_ms(NOW_MS), NOW_MS + 9_009);
        // One that was sent since makes the wait grow.
        hold.slow_down(None, NOW_MS + 10_000, NOW_MS + 10_020, MIDDLE);
        assert!(hold.until_ms(NOW_MS).abs_diff(NOW_MS + 12_020) <= 1);
    }

    #[test]
    fn a_hold_from_another_clock_is_none() {
        let mut hold = Hold { until_ms: u64::MAX, since_ms: u64::MAX, level: u32::MAX };
        assert_eq!(hold.until_ms(NOW_MS), 0);
        hold.slow_down(None, NOW_MS, NOW_MS, u32::MAX);
        assert_eq!((hold.until_ms(NOW_MS), hold.since_ms), (NOW_MS + 60_000, NOW_MS));
    }
}
