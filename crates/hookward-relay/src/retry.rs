//! When the next attempt is due: schedule, jitter, `Retry-After`.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;

words! {
    /// A named schedule.
    pub enum Preset {
        /// 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: ten attempts in a little over three
        /// days.
        Standard = "standard",
        /// 1 m, 5 m, 30 m, 2 h, 6 h, 24 h, as tinyposter retries.
        Tinyposter = "tinyposter",
        /// 30 s, 2 m, 10 m, 30 m, 2 h, 6 h, as letmepost retries.
        Letmepost = "letmepost",
        /// 60 s, 600 s: tinysend makes three attempts; its waits are undocumented, these are ours.
        Tinysend = "tinysend",
    }
}

impl Preset {
    /// The waits between attempts, in seconds.
    pub const fn waits_s(self) -> &'static [u32] {
        match self {
            Self::Standard => &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400],
            Self::Tinyposter => &[60, 300, 1_800, 7_200, 21_600, 86_400],
            Self::Letmepost => &[30, 120, 600, 1_800, 7_200, 21_600],
            Self::Tinysend => &[60, 600],
        }
    }
}

/// Why a list of waits is not a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduleError {
    /// More waits than [`limits::SCHEDULE_WAITS`].
    TooMany,
    /// A wait outside [`limits::SCHEDULE_WAIT_MIN_S`] to [`limits::SCHEDULE_WAIT_MAX_S`].
    Wait {
        /// Which wait, from 0.
        index: usize,
    },
    /// The waits add up to more than [`limits::SCHEDULE_TOTAL_S`].
    Total,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => write!(f, "at most {} waits are allowed", limits::SCHEDULE_WAITS),
            Self::Wait { index } => write!(
                f,
                "wait {index} is not between {} and {} seconds",
                limits::SCHEDULE_WAIT_MIN_S,
                limits::SCHEDULE_WAIT_MAX_S
            ),
            Self::Total => {
                write!(f, "the waits add up to more than {} seconds", limits::SCHEDULE_TOTAL_S)
            }
        }
    }
}

impl core::error::Error for ScheduleError {}

/// The waits between the attempts of one delivery, in seconds: one attempt more than waits.
///
/// Serde: the list of waits. An empty list means one attempt and no retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Schedule {
    waits_s: Vec<u32>,
}

impl Schedule {
    /// A schedule from its waits, in seconds.
    pub fn parse(waits_s: Vec<u32>) -> Result<Self, ScheduleError> {
        if waits_s.len() > limits::SCHEDULE_WAITS {
            return Err(ScheduleError::TooMany);
        }
        let allowed = limits::SCHEDULE_WAIT_MIN_S..=limits::SCHEDULE_WAIT_MAX_S;
        if let Some(index) = waits_s.iter().position(|wait| !allowed.contains(wait)) {
            return Err(ScheduleError::Wait { index });
        }
        let total_s: u64 = waits_s.iter().copied().map(u64::from).sum();
        if total_s > u64::from(limits::SCHEDULE_TOTAL_S) {
            return Err(ScheduleError::Total);
        }
        Ok(Self { waits_s })
    }

    /// The waits, in seconds.
    pub fn waits_s(&self) -> &[u32] {
        &self.waits_s
    }

    /// Attempts in a round, the first included.
    pub fn attempts(&self) -> usize {
        self.waits_s.len().saturating_add(1)
    }

    /// The wait after this many attempts (1 or more), in seconds; `None` when they are used up.
    fn wait_s(&self, attempts_made: u32) -> Option<u32> {
        let index = usize::try_from(attempts_made.checked_sub(1)?).ok()?;
        self.waits_s.get(index).copied()
    }
}

impl From<Preset> for Schedule {
    fn from(preset: Preset) -> Self {
        Self { waits_s: preset.waits_s().to_vec() }
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Preset::Standard.into()
    }
}

impl TryFrom<Vec<u32>> for Schedule {
    type Error = ScheduleError;

    fn try_from(waits_s: Vec<u32>) -> Result<Self, ScheduleError> {
        Self::parse(waits_s)
    }
}

impl From<Schedule> for Vec<u32> {
    fn from(schedule: Schedule) -> Self {
        schedule.waits_s
    }
}

/// When the attempt after the failed one is due, in Unix milliseconds; `None`: attempts used up.
///
/// `attempts_made` counts the failed one. `random` are 32 uniform bits for the jitter. A
/// `Retry-After` makes the wait longer, never shorter.
pub fn next_attempt_ms(
    schedule: &Schedule,
    attempts_made: u32,
    retry_after: Option<RetryAfter>,
    now_ms: u64,
    random: u32,
) -> Option<u64> {
    let wait_s = schedule.wait_s(attempts_made)?;
    let planned_ms = jittered_ms(u64::from(wait_s).saturating_mul(limits::SECOND_MS), random);
    let least_ms = retry_after.map_or(0, |wanted| wanted.wait_ms(now_ms));
    Some(now_ms.saturating_add(planned_ms.max(least_ms)))
}

/// A wait moved by up to [`limits::JITTER_PERCENT`] to either side, evenly.
pub(crate) fn jittered_ms(wait_ms: u64, random: u32) -> u64 {
    let spread_ms = wait_ms.saturating_mul(limits::JITTER_PERCENT) / 100;
    // For the longest wait, a week, the product stays below 2^60.
    let moved_ms =
        spread_ms.saturating_mul(2).saturating_mul(u64::from(random)) / u64::from(u32::MAX);
    wait_ms.saturating_sub(spread_ms).saturating_add(moved_ms)
}

/// A `Retry-After` header (RFC 9110, 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds from the response on.
    Seconds(u64),
    /// A point in time, in Unix seconds.
    At(u64),
}

impl RetryAfter {
    /// Parses the header's value: seconds, or an IMF-fixdate such as
    /// `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for anything else: the schedule alone then decides.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim_matches([' ', '\t']);
        if value.is_empty() || value.len() > 64 {
            return None;
        }
        if value.bytes().all(|byte| byte.is_ascii_digit()) {
            // Digits that overflow mean "very long", which the cap deals with.
            return Some(Self::Seconds(value.parse().unwrap_or(u64::MAX)));
        }
        imf_fixdate(value).map(Self::At)
    }

    /// How long to wait from `now_ms` on, in milliseconds, at most [`limits::RETRY_AFTER_S`].
    pub fn wait_ms(self, now_ms: u64) -> u64 {
        let wait_ms = match self {
            Self::Seconds(seconds) => seconds.saturating_mul(limits::SECOND_MS),
            Self::At(unix_s) => unix_s.saturating_mul(limits::SECOND_MS).saturating_sub(now_ms),
        };
        wait_ms.min(limits::RETRY_AFTER_S.saturating_mul(limits::SECOND_MS))
    }
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Unix seconds of an IMF-fixdate (RFC 9110, 5.6.7), from 1970 on.
fn imf_fixdate(value: &str) -> Option<u64> {
    let (weekday, rest) = value.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day = digits(parts.next()?, 2)?;
    let month_name = parts.next()?;
    let year = digits(parts.next()?, 4)?;
    let mut clock = parts.next()?.split(':');
    let hour = digits(clock.next()?, 2)?;
    let minute = digits(clock.next()?, 2)?;
    let second = digits(clock.next()?, 2)?;
    if parts.next()? != "GMT" || parts.next().is_some() || clock.next().is_some() {
        return None;
    }
    let month = (1_u64..).zip(MONTHS).find(|(_, name)| *name == month_name)?.0;
    // A leap second is allowed by the grammar and counts as the next one.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    let weekday_index = usize::try_from(days % 7).ok()?;
    if WEEKDAYS.get(weekday_index) != Some(&weekday) {
        return None;
    }
    days.checked_mul(86_400)?.checked_add(hour * 3_600 + minute * 60 + second)
}

fn digits(text: &str, len: usize) -> Option<u64> {
    let wanted = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    wanted.then(|| text.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; `None` where there is no such date.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths: [u64; 12] =
        [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    if day == 0 || day > *lengths.get(before)? {
        return None;
    }
    let years = year.checked_sub(1970)?;
    let last = year - 1;
    // Leap days in the years 1970 to `last`; 477 of them lie before 1970.
    let leap_days = (last / 4 - last / 100 + last / 400).checked_sub(477)?;
    let months: u64 = lengths.iter().take(before).sum();
    Some(years * 365 + leap_days + months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;
    /// The middle of the range: as good as no jitter.
    const MIDDLE: u32 = u32::MAX / 2;

    fn wait_ms(
        schedule: &Schedule,
        made: u32,
        after: Option<RetryAfter>,
        random: u32,
    ) -> Option<u64> {
        next_attempt_ms(schedule, made, after, NOW_MS, random).map(|at_ms| at_ms - NOW_MS)
    }

    #[test]
    fn standard_is_ten_attempts_by_the_documented_waits() {
        let schedule = Schedule::default();
        let documented = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        assert_eq!(schedule.waits_s(), documented);
        assert_eq!(schedule.attempts(), 10);
        for (made, seconds) in (1..).zip(documented) {
            let wait = wait_ms(&schedule, made, None, MIDDLE).unwrap();
            assert!(wait.abs_diff(u64::from(seconds) * 1_000) <= 1, "after {made}: {wait}");
        }
        assert_eq!(wait_ms(&schedule, 10, None, MIDDLE), None);
        assert_eq!(wait_ms(&schedule, u32::MAX, None, MIDDLE), None);
        assert_eq!(wait_ms(&schedule, 0, None, MIDDLE), None);
    }

    #[test]
    fn jitter_reaches_both_ends_and_no_further() {
        let schedule = Schedule::parse(vec![100]).unwrap();
        assert_eq!(wait_ms(&schedule, 1, None, 0), Some(80_000));
        assert_eq!(wait_ms(&schedule, 1, None, u32::MAX), Some(120_000));
        let week = Schedule::parse(vec![limits::SCHEDULE_WAIT_MAX_S]).unwrap();
        assert_eq!(wait_ms(&week, 1, None, u32::MAX), Some(7 * 24 * 3_600_000 / 5 * 6));
    }

    #[test]
    fn a_schedule_is_checked_when_it_is_made() {
        let error = |waits: Vec<u32>| Schedule::parse(waits).err();
        assert_eq!(error(vec![]), None);
        assert_eq!(error(vec![1; 20]), None);
        assert_eq!(error(vec![1; 21]), Some(ScheduleError::TooMany));
        assert_eq!(error(vec![1, 0]), Some(ScheduleError::Wait { index: 1 }));
        assert_eq!(error(vec![604_801]), Some(ScheduleError::Wait { index: 0 }));
        assert_eq!(error(vec![604_800; 3]), None);
        assert_eq!(error(vec![604_800, 604_800, 604_800, 1]), Some(ScheduleError::Total));
        assert_eq!(Schedule::parse(vec![]).unwrap().attempts(), 1);
        assert_eq!(wait_ms(&Schedule::parse(vec![]).unwrap(), 1, None, 0), None);

        let schedule: Schedule = serde_json::from_str("[5,300]").unwrap();
        assert_eq!(schedule.waits_s(), [5, 300]);
        assert_eq!(serde_json::to_string(&schedule).unwrap(), "[5,300]");
        for bad in ["[0]", "[-1]", "[1.5]", "[4294967296]", "\"5\"", "{}"] {
            assert!(serde_json::from_str::<Schedule>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn retry_after_is_a_least_wait_up_to_the_cap() {
        let schedule = Schedule::parse(vec![100]).unwrap();
        let day_ms = 24 * 3_600_000;
        let cases = [
            (RetryAfter::Seconds(0), 80_000),
            (RetryAfter::Seconds(79), 80_000),
            (RetryAfter::Seconds(81), 81_000),
            (RetryAfter::Seconds(3_600), 3_600_000),
            (RetryAfter::Seconds(86_400), day_ms),
            (RetryAfter::Seconds(86_401), day_ms),
            (RetryAfter::Seconds(u64::MAX), day_ms),
            (RetryAfter::At(0), 80_000),
            (RetryAfter::At(NOW_MS / 1_000 + 600), 600_000),
            (RetryAfter::At(u64::MAX), day_ms),
        ];
        for (after, expected) in cases {
            assert_eq!(wait_ms(&schedule, 1, Some(after), 0), Some(expected), "{after:?}");
        }
        // It cannot buy an attempt more.
        assert_eq!(wait_ms(&schedule, 2, Some(RetryAfter::Seconds(1)), 0), None);
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        // Unix times by `date -u -d … +%s`.
        let cases = [
            ("0", Some(RetryAfter::Seconds(0))),
            ("120", Some(RetryAfter::Seconds(120))),
            (" 120\t", Some(RetryAfter::Seconds(120))),
            ("0120", Some(RetryAfter::Seconds(120))),
            ("99999999999999999999999", Some(RetryAfter::Seconds(u64::MAX))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(RetryAfter::At(784_111_777))),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(RetryAfter::At(0))),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(RetryAfter::At(1_709_251_199))),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(RetryAfter::At(1_709_251_200))),
            ("Tue, 29 Feb 2000 12:00:00 GMT", Some(RetryAfter::At(951_825_600))),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(RetryAfter::At(4_107_542_400))),
            ("Sat, 31 Dec 2016 23:59:60 GMT", Some(RetryAfter::At(1_483_228_800))),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(RetryAfter::At(253_402_300_799))),
        ];
        for (text, expected) in cases {
            assert_eq!(RetryAfter::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn anything_else_in_retry_after_is_as_if_it_were_missing() {
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "1.5",
            "1 2",
            "soon",
            "120s",
            "１２",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:1 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06  Nov 1994 08:49:37 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Wed, 29 Feb 2023 00:00:00 GMT",
            "Mon, 29 Feb 2100 00:00:00 GMT",
            "Thu, 00 Jan 1970 00:00:00 GMT",
            "Sun, 32 Jan 2000 00:00:00 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(RetryAfter::parse(text), None, "{text}");
        }
        assert_eq!(RetryAfter::parse(&"1".repeat(65)), None);
    }
}
