//! What a queue may forget, and when.
//!
//! Pending deliveries are never forgotten. What is done is kept for as long as the destination says,
//! and never for less than event keys are promised: a key is forgotten with its delivery.

use crate::limits;

use core::fmt;

use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 24 * limits::HOUR_MS;

/// How long a destination's deliveries are kept once they are done. Serde: an object of both.
///
/// Each from [`limits::RETENTION_MIN_DAYS`] to [`limits::RETENTION_MAX_DAYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Days", into = "Days")]
pub struct Retention(Days);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names)]
struct Days {
    delivered_days: u32,
    dead_days: u32,
}

words! {
    /// A named retention, by what becomes of dead letters.
    pub enum Preset {
        /// Delivered and dead for 7 days.
        SevenDays = "7_days",
        /// Delivered for 7 days, dead for 30: the default.
        ThirtyDays = "30_days",
    }
}

/// Why days are no retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionError;

impl fmt::Display for RetentionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (limits::RETENTION_MIN_DAYS, limits::RETENTION_MAX_DAYS);
        write!(f, "deliveries are kept for {min} to {max} days")
    }
}

impl core::error::Error for RetentionError {}

impl Retention {
    /// A retention from its days.
    pub const fn parse(delivered_days: u32, dead_days: u32) -> Result<Self, RetentionError> {
        if allowed(delivered_days) && allowed(dead_days) {
            Ok(Self(Days { delivered_days, dead_days }))
        } else {
            Err(RetentionError)
        }
    }

    /// How many days a delivered delivery is kept, counted from its success.
    pub const fn delivered_days(self) -> u32 {
        self.0.delivered_days
    }

    /// How many days a dead letter is kept, counted from its death.
    pub const fn dead_days(self) -> u32 {
        self.0.dead_days
    }

    /// What may be deleted at `now_ms`: rows whose time is strictly before the cut-off.
    pub const fn cutoffs(self, now_ms: u64) -> Cutoffs {
        Cutoffs {
            delivered_ms: now_ms.saturating_sub(days_ms(self.0.delivered_days)),
            dead_ms: now_ms.saturating_sub(days_ms(self.0.dead_days)),
        }
    }

    /// When something may first be deleted; `None` where nothing is stored.
    pub fn earliest_expiry_ms(self, oldest: Oldest) -> Option<u64> {
        let after = |at_ms: Option<u64>, days: u32| {
            at_ms.map(|at_ms| at_ms.saturating_add(days_ms(days)).saturating_add(1))
        };
        let delivered_ms = after(oldest.delivered_ms, self.0.delivered_days);
        let dead_ms = after(oldest.dead_ms, self.0.dead_days);
        [delivered_ms, dead_ms].into_iter().flatten().min()
    }
}

const fn allowed(days: u32) -> bool {
    limits::RETENTION_MIN_DAYS <= days && days <= limits::RETENTION_MAX_DAYS
}

const fn days_ms(days: u32) -> u64 {
    (days as u64).saturating_mul(DAY_MS)
}

/// An event key lives in its delivery's row, so none may be forgotten before its time.
const _: () =
    assert!(days_ms(limits::RETENTION_MIN_DAYS) >= limits::DEDUPE_RETENTION_S * limits::SECOND_MS);

impl From<Preset> for Retention {
    fn from(preset: Preset) -> Self {
        let dead_days = match preset {
            Preset::SevenDays => 7,
            Preset::ThirtyDays => 30,
        };
        Self(Days { delivered_days: 7, dead_days })
    }
}

impl Default for Retention {
    fn default() -> Self {
        Preset::ThirtyDays.into()
    }
}

impl TryFrom<Days> for Retention {
    type Error = RetentionError;

    fn try_from(days: Days) -> Result<Self, RetentionError> {
        Self::parse(days.delivered_days, days.dead_days)
    }
}

impl From<Retention> for Days {
    fn from(retention: Retention) -> Self {
        retention.0
    }
}

/// Times in Unix milliseconds: rows from before them may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoffs {
    /// Delivered deliveries with their attempts and event keys, by the time of delivery.
    pub delivered_ms: u64,
    /// Dead letters with their attempts and event keys, by the time of death.
    pub dead_ms: u64,
}

/// The oldest rows of each kind, in Unix milliseconds, as the queue finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oldest {
    /// The oldest delivered delivery.
    pub delivered_ms: Option<u64>,
    /// The oldest dead letter.
    pub dead_ms: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    #[test]
    fn days_are_checked_and_the_presets_are_what_they_say() {
        for (delivered, dead, allowed) in [
            (4, 4, true),
            (90, 90, true),
            (7, 30, true),
            (3, 30, false),
            (7, 3, false),
            (91, 30, false),
            (7, 91, false),
            (0, 0, false),
            (u32::MAX, 7, false),
        ] {
            assert_eq!(Retention::parse(delivered, dead).is_ok(), allowed, "{delivered} {dead}");
        }
        let days = |retention: Retention| (retention.delivered_days(), retention.dead_days());
        assert_eq!(days(Retention::default()), (7, 30));
        assert_eq!(days(Preset::SevenDays.into()), (7, 7));
        assert_eq!(days(Preset::ThirtyDays.into()), (7, 30));
        for preset in Preset::ALL {
            let (delivered, dead) = days((*preset).into());
            assert!(Retention::parse(delivered, dead).is_ok());
        }
    }

    #[test]
    fn serde_checks_too() {
        let json = r#"{"delivered_days":5,"dead_days":60}"#;
        let retention: Retention = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&retention).unwrap(), json);
        for bad in [
            r#"{"delivered_days":5}"#,
            r#"{"delivered_days":3,"dead_days":60}"#,
            r#"{"delivered_days":5,"dead_days":60,"more":1}"#,
        ] {
            assert!(serde_json::from_str::<Retention>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_kept_96_hours_however_short_the_retention() {
        let shortest = Retention::parse(4, 4).unwrap().cutoffs(NOW_MS);
        let kept_ms = 96 * 3_600_000;
        assert!(NOW_MS - shortest.delivered_ms >= kept_ms && NOW_MS - shortest.dead_ms >= kept_ms);
        let cutoffs = Retention::default().cutoffs(NOW_MS);
        assert_eq!(NOW_MS - cutoffs.delivered_ms, 7 * 24 * 3_600_000);
        assert_eq!(NOW_MS - cutoffs.dead_ms, 30 * 24 * 3_600_000);
        assert_eq!(Retention::default().cutoffs(5).dead_ms, 0);
    }

    #[test]
    fn the_earliest_expiry_is_when_the_cutoff_passes_the_oldest_row() {
        let retention = Retention::parse(9, 12).unwrap();
        assert_eq!(retention.earliest_expiry_ms(Oldest::default()), None);
        let delivered = Oldest { delivered_ms: Some(NOW_MS), ..Oldest::default() };
        let dead = Oldest { dead_ms: Some(NOW_MS), ..Oldest::default() };
        let cutoffs =
            [(delivered, (|c| c.delivered_ms) as fn(Cutoffs) -> u64), (dead, |c| c.dead_ms)];
        for (oldest, cutoff) in cutoffs {
            let at_ms = retention.earliest_expiry_ms(oldest).unwrap();
            assert!(cutoff(retention.cutoffs(at_ms - 1)) <= NOW_MS, "not yet");
            assert!(cutoff(retention.cutoffs(at_ms)) > NOW_MS, "now");
        }
        let both = Oldest { dead_ms: Some(NOW_MS), ..delivered };
        assert_eq!(retention.earliest_expiry_ms(both), retention.earliest_expiry_ms(delivered));
    }
}
