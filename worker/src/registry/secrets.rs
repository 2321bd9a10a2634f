//! A source's secrets, each with the time for which it is valid.

use serde::{Deserialize, Serialize};

/// One secret, sealed under the source's id and the field `secret`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct SecretRow {
    pub(crate) sealed: String,
    #[serde(flatten)]
    pub(crate) validity: Validity,
}

/// When a secret is valid, in Unix seconds, both ends included. `None`: always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_before_s: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_after_s: Option<u64>,
}

/// What may be stored: the first gateways stored the sealed text alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Sealed(String),
    Timed {
        sealed: String,
        #[serde(flatten)]
        validity: Validity,
    },
}

impl From<Stored> for SecretRow {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Sealed(sealed) => Self { sealed, validity: Validity::default() },
            Stored::Timed { sealed, validity } => Self { sealed, validity },
        }
    }
}

impl Validity {
    pub(crate) fn covers(&self, now_s: u64) -> bool {
        self.not_before_s.is_none_or(|from| from <= now_s)
            && self.not_after_s.is_none_or(|to| now_s <= to)
    }

    /// The first second from which it is another than the second before.
    fn turns(&self) -> impl Iterator<Item = u64> {
        [self.not_before_s, self.not_after_s.map(|to| to.saturating_add(1))].into_iter().flatten()
    }
}

/// From when, and until before when, the same secrets are valid as now.
pub(crate) fn same_between(rows: &[SecretRow], now_s: u64) -> (u64, u64) {
    let turns = || rows.iter().flat_map(|row| row.validity.turns());
    let from = turns().filter(|at| *at <= now_s).max().unwrap_or(0);
    let until = turns().filter(|at| *at > now_s).min().unwrap_or(u64::MAX);
    (from, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(not_before_s: Option<u64>, not_after_s: Option<u64>) -> SecretRow {
        SecretRow { sealed: "x".into(), validity: Validity { not_before_s, not_after_s } }
    }

    #[test]
    fn a_secret_is_valid_from_its_first_second_to_its_last() {
        assert!(row(None, None).validity.covers(0));
        let timed = row(Some(10), Some(20)).validity;
        for (now_s, valid) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(timed.covers(now_s), valid, "{now_s}");
        }
    }

    #[test]
    fn between_two_turns_nothing_changes() {
        let rows = [row(None, Some(19)), row(Some(10), None), row(None, None)];
        for (now_s, span) in
            [(0, (0, 10)), (9, (0, 10)), (10, (10, 20)), (19, (10, 20)), (20, (20, u64::MAX))]
        {
            assert_eq!(same_between(&rows, now_s), span, "{now_s}");
        }
        assert_eq!(same_between(&[], 5), (0, u64::MAX));
        assert_eq!(same_between(&[row(None, Some(u64::MAX))], 5), (0, u64::MAX));
    }

    #[test]
    fn what_an_older_gateway_stored_is_read() {
        let read = |json: &str| serde_json::from_str::<SecretRow>(json).unwrap();
        assert_eq!(read(r#""x""#), row(None, None));
        for one in [row(None, None), row(Some(1), None), row(None, Some(2))] {
            assert_eq!(read(&serde_json::to_string(&one).unwrap()), one);
        }
    }
}
