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
    }
}

impl Preset {
    /// The waits between attempts, in seconds.
    pub const fn waits_s(self) -> &'static [u32] {
        match self {
            Self::Standard => &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400],
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
fn jittered_ms(wait_ms: u64, random: u32) -> u64 {
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
