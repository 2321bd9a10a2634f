//! The numbers of deliveries' rows, and the ids that lead to them.
//!
//! A number is the time of its making in milliseconds, times 1000, plus a counter: numbers are in
//! the order of making, and a time or a delivery id is found without another index.

use hookward_relay::ids::DeliveryId;

use crate::clock::Millis;

/// The number of a delivery's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Seq(pub(super) u64);

/// Greater than every number, and a whole number in JavaScript.
pub(super) const MAX_SEQ: u64 = (1 << 53) - 1;

impl Seq {
    /// The number for a delivery made now, after `last`.
    pub(super) fn next(last: Option<Self>, now: Millis) -> Self {
        let by_time = first_seq_of(now.0);
        Self(last.map_or(by_time, |last| last.0.saturating_add(1).max(by_time)))
    }

    pub(super) fn made_at_ms(self) -> u64 {
        self.0 / 1000
    }
}

/// The id of the delivery in row `seq`: its time, and the start of its key.
pub(super) fn delivery_id(seq: Seq, key: &[u8; 32]) -> DeliveryId {
    let mut start = [0_u8; 10];
    start.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    DeliveryId::new(seq.made_at_ms(), start)
}

/// The time in a delivery's id: the 12 digits after the prefix.
fn made_at_ms(id: DeliveryId) -> u64 {
    let text = id.to_string();
    let digits = text.get(DeliveryId::PREFIX.len()..DeliveryId::PREFIX.len() + 12);
    digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

pub(super) fn first_seq_of(ms: u64) -> u64 {
    ms.saturating_mul(1000).min(MAX_SEQ)
}

/// The first and the last number that a row with this id can have.
pub(super) fn seqs_of(id: DeliveryId) -> (u64, u64) {
    let first = first_seq_of(made_at_ms(id));
    (first, first.saturating_add(999))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_700_000_000_123);

    #[test]
    fn numbers_follow_the_clock_and_never_repeat() {
        let first = Seq::next(None, NOW);
        assert_eq!(first.made_at_ms(), NOW.0);
        let second = Seq::next(Some(first), NOW);
        assert!(second > first);
        assert_eq!(second.made_at_ms(), NOW.0);
        // A clock that goes back does not take the numbers with it.
        assert!(Seq::next(Some(second), Millis(NOW.0 - 5_000)) > second);
        // More than a thousand in a millisecond run ahead of the clock, and are found all the same.
        let ahead = Seq(first.0 + 1_500);
        assert_eq!(ahead.made_at_ms(), NOW.0 + 1);
    }

    #[test]
    fn an_id_says_where_its_row_is() {
        for seq in [Seq::next(None, NOW), Seq(NOW.0 * 1000 + 999)] {
            let id = delivery_id(seq, &[7; 32]);
            assert_eq!(made_at_ms(id), NOW.0);
            let (low, high) = seqs_of(id);
            assert!((low..=high).contains(&seq.0));
            assert_eq!(DeliveryId::parse(&id.to_string()), Ok(id));
        }
    }

    #[test]
    fn deliveries_of_one_moment_have_ids_of_their_own() {
        let seq = Seq::next(None, NOW);
        assert_ne!(delivery_id(seq, &[1; 32]), delivery_id(seq, &[2; 32]));
    }

    #[test]
    fn absurd_times_stay_whole_numbers_in_javascript() {
        assert_eq!(first_seq_of(u64::MAX), MAX_SEQ);
    }
}
