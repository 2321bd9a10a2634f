//! The hint in KV: which destinations have an event.
//!
//! A hint is never needed and never decides alone. It names the destinations that have committed
//! the event; only where it covers all that match now is a copy answered without asking a queue.

use core::fmt;

use crate::ids::DestinationId;
use crate::ingest::QueueAnswer;
use crate::limits;

words! {
    /// When a key is marked in KV: `HOOKWARD_KV_MARK`.
    pub enum MarkMode {
        /// With every event.
        Always = "always",
        /// Once a copy has shown up. A KV write costs more than all the rest of an event, and most
        /// events never have a copy.
        OnDuplicate = "on_duplicate",
    }
}

/// How long after a copy was seen more of them are to be expected, in milliseconds.
pub const COPIES_ABOUT_MS: u64 = 10 * 60 * 1000;

/// Whether KV is to be asked for a hint.
///
/// Under [`MarkMode::OnDuplicate`] next to no event has one. To be told so takes KV, which does not keep
/// what it does not have near its readers, longer than it takes the queues to say the same: so it is asked
/// only while copies are about. `copy_seen_ms` is when this Worker last saw one.
pub fn is_worth_reading(mode: MarkMode, copy_seen_ms: Option<u64>, now_ms: u64) -> bool {
    match mode {
        MarkMode::Always => true,
        MarkMode::OnDuplicate => {
            copy_seen_ms.is_some_and(|seen_ms| now_ms.saturating_sub(seen_ms) < COPIES_ABOUT_MS)
        }
    }
}

/// The name of an event's hint in KV.
///
/// `stored_key` is the event key as the core makes it: a SHA-256 over source, kind and value.
pub fn kv_name(stored_key: &[u8; 32]) -> String {
    format!("e1:{}", hex::encode(stored_key))
}

/// How long a hint is kept, in seconds, from the last time it was written. A queue remembers a key
/// for at least as long from the first.
pub const KV_TTL_S: u64 = limits::DEDUPE_RETENTION_S;

/// The destinations that have an event: at least one, at most [`limits::FAN_OUT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint(Vec<DestinationId>);

const VERSION: &str = "1:";
const SEPARATOR: char = ',';

impl Hint {
    /// Reads a hint's value. `None` for anything but what [`Hint`]'s `Display` writes: it then
    /// counts as a miss.
    pub fn parse(value: &str) -> Option<Self> {
        if value.len() > limits::HINT_BYTES {
            return None;
        }
        let ids = value.strip_prefix(VERSION)?.split(SEPARATOR);
        let ids: Vec<_> = ids.map(DestinationId::parse).collect::<Result<_, _>>().ok()?;
        (ids.len() <= limits::FAN_OUT).then_some(Self(ids))
    }

    /// Whether every destination that matches now has the event. Never for no destination: an
    /// event that nobody wanted is not a duplicate.
    pub fn covers(&self, matching: &[DestinationId]) -> bool {
        !matching.is_empty() && matching.iter().all(|id| self.0.contains(id))
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        for (index, id) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(f, "{separator}{id}")?;
        }
        Ok(())
    }
}

/// The hint to write after the queues have answered, if any.
///
/// Only where every matching destination has the event; tombstones count as unmatched and are not
/// named.
pub fn mark(mode: MarkMode, answers: &[(DestinationId, QueueAnswer)]) -> Option<Hint> {
    let settled = |answer: QueueAnswer| answer.has_event() || answer == QueueAnswer::Unmatched;
    if !answers.iter().all(|(_, answer)| settled(*answer)) {
        return None;
    }
    let copy_seen = answers.iter().any(|(_, answer)| *answer == QueueAnswer::Duplicate);
    if mode == MarkMode::OnDuplicate && !copy_seen {
        return None;
    }
    let having = answers.iter().filter(|(_, answer)| answer.has_event()).map(|(id, _)| *id);
    let mut ids: Vec<_> = having.collect();
    ids.sort_unstable();
    ids.dedup();
    (1..=limits::FAN_OUT).contains(&ids.len()).then_some(Hint(ids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use QueueAnswer::{Committed, Duplicate, Failed, Full, Unmatched};

    fn dst(n: u8) -> DestinationId {
        DestinationId::new(u64::from(n), [n; 10])
    }

    #[test]
    fn a_hint_is_written_as_it_is_read() {
        let hint = Hint(vec![dst(1), dst(2)]);
        let text = hint.to_string();
        assert_eq!(
            text,
            "1:dst_00000000000101010101010101010101,dst_00000000000202020202020202020202"
        );
        assert_eq!(Hint::parse(&text), Some(hint));

        let most = Hint((0..32).map(dst).collect());
        let text = most.to_string();
        assert!(text.len() <= limits::HINT_BYTES);
        assert_eq!(Hint::parse(&text), Some(most));
    }

    #[test]
    fn any_other_value_is_a_miss() {
        let id = dst(1).to_string();
        let too_many = format!("1:{}", vec![id.clone(); 33].join(","));
        for value in [
            "",
            "1",
            "1:",
            ":",
            &id,
            &format!("2:{id}"),
            &format!("1:{id},"),
            &format!("1:,{id}"),
            &format!("1: {id}"),
            &format!("1:{id}\n"),
            &format!("1:{id};{id}"),
            &format!("1:{}", id.to_uppercase()),
            &format!("1:{}", &id[..35]),
            &too_many,
            &"1".repeat(100_000),
        ] {
            assert_eq!(Hint::parse(value), None, "{value:.60}");
        }
    }

    #[test]
    fn a_hint_covers_only_what_it_names() {
        let hint = Hint(vec![dst(1), dst(2)]);
        assert!(hint.covers(&[dst(1)]));
        assert!(hint.covers(&[dst(2), dst(1)]));
        assert!(!hint.covers(&[dst(1), dst(2), dst(3)]));
        assert!(!hint.covers(&[dst(3)]));
        assert!(!hint.covers(&[]));
    }

    #[test]
    fn a_key_is_marked_as_the_mode_says() {
        type Case<'a> = (&'a [(u8, QueueAnswer)], Option<&'a [u8]>, Option<&'a [u8]>);
        let cases: &[Case<'_>] = &[
            // Answers; hint under `always`; hint under `on_duplicate`.
            (&[], None, None),
            (&[(1, Unmatched)], None, None),
            (&[(1, Committed)], Some(&[1]), None),
            (&[(1, Duplicate)], Some(&[1]), Some(&[1])),
            (&[(2, Committed), (1, Duplicate)], Some(&[1, 2]), Some(&[1, 2])),
            (&[(1, Committed), (2, Unmatched)], Some(&[1]), None),
            (&[(1, Duplicate), (2, Unmatched)], Some(&[1]), Some(&[1])),
            (&[(1, Committed), (2, Failed)], None, None),
            (&[(1, Duplicate), (2, Failed)], None, None),
            (&[(1, Duplicate), (2, Full)], None, None),
            (&[(1, Failed)], None, None),
        ];
        for (answers, always, on_duplicate) in cases {
            let answers: Vec<_> = answers.iter().map(|(n, answer)| (dst(*n), *answer)).collect();
            let hint =
                |ids: Option<&[u8]>| ids.map(|ids| Hint(ids.iter().copied().map(dst).collect()));
            assert_eq!(mark(MarkMode::Always, &answers), hint(*always), "{answers:?}");
            assert_eq!(mark(MarkMode::OnDuplicate, &answers), hint(*on_duplicate), "{answers:?}");
        }
        let too_many: Vec<_> = (0..33).map(|n| (dst(n), Committed)).collect();
        assert_eq!(mark(MarkMode::Always, &too_many), None);
    }

    #[test]
    fn a_hint_is_read_where_there_may_be_one() {
        for seen_ms in [None, Some(0), Some(5)] {
            assert!(is_worth_reading(MarkMode::Always, seen_ms, u64::MAX));
        }
        let cases = [
            (None, 7, false),
            (Some(5), 7, true),
            (Some(5), 5 + COPIES_ABOUT_MS - 1, true),
            (Some(5), 5 + COPIES_ABOUT_MS, false),
            // A clock that was set back.
            (Some(9), 7, true),
        ];
        for (seen_ms, now_ms, worth) in cases {
            assert_eq!(is_worth_reading(MarkMode::OnDuplicate, seen_ms, now_ms), worth);
        }
    }

    #[test]
    fn names_fit_into_kv() {
        let name = kv_name(&[0xab; 32]);
        assert_eq!(name, format!("e1:{}", "ab".repeat(32)));
        assert!(name.len() <= 512);
    }
}
