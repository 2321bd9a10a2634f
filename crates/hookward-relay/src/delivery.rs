//! The life of one delivery: pending → delivered or dead; a replay makes it pending again.
//!
//! Functions here decide and return [`Command`]s. The queue executes them in their order, in one
//! turn without an await; each order is chosen so that a crash in between is finished by the next
//! run or sweep.

use core::fmt;

use crate::destination::{self, Destination, DisabledBy, Status};
use crate::limits;
use crate::outcome::Outcome;
use crate::retry::{self, Schedule};

words! {
    /// Where a delivery stands, as it is stored and as the API names it.
    pub enum DeliveryStatus {
        /// Waiting for its next attempt.
        Pending = "pending",
        /// The destination answered 2xx.
        Delivered = "delivered",
        /// Given up on; can be replayed.
        Dead = "dead",
    }
}

words! {
    /// Why a delivery is a dead letter.
    pub enum DeadReason {
        /// Every attempt of the schedule failed.
        AttemptsExhausted = "attempts_exhausted",
        /// The endpoint answered this delivery with 410.
        Gone = "gone",
        /// The destination is or was disabled.
        DestinationDisabled = "destination_disabled",
        /// The destination was deleted.
        DestinationDeleted = "destination_deleted",
    }
}

/// One attempt of one delivery, by which its result is recorded. A result that comes in under an
/// older key than the delivery's next one is late and changes nothing, unless it is a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptKey {
    /// The round: 1, and one more for each replay.
    pub round: u32,
    /// The attempt within the round, from 1: the value of `hookward-attempt`.
    pub attempt: u32,
}

/// A delivery's row, as far as decisions need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The round: 1, and one more for each replay. A round has the whole schedule.
    pub round: u32,
    /// Attempts recorded in this round.
    pub attempts: u32,
    /// Where it stands.
    pub state: State,
}

/// Where a delivery stands, with what belongs to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waiting.
    Pending {
        /// When the next attempt is due, in Unix milliseconds.
        due_at_ms: u64,
    },
    /// Done.
    Delivered {
        /// When the answer came, in Unix milliseconds.
        at_ms: u64,
    },
    /// A dead letter.
    Dead {
        /// Why.
        reason: DeadReason,
        /// Since when, in Unix milliseconds.
        at_ms: u64,
    },
}

impl State {
    /// The word that is stored.
    pub const fn status(self) -> DeliveryStatus {
        match self {
            Self::Pending { .. } => DeliveryStatus::Pending,
            Self::Delivered { .. } => DeliveryStatus::Delivered,
            Self::Dead { .. } => DeliveryStatus::Dead,
        }
    }
}

impl Delivery {
    /// The attempt to make next, whenever it is due; `None` unless pending.
    pub const fn next_attempt(&self) -> Option<AttemptKey> {
        match self.state {
            State::Pending { .. } => {
                Some(AttemptKey { round: self.round, attempt: self.attempts.saturating_add(1) })
            }
            _ => None,
        }
    }
}

/// What the queue writes. Commands about "the delivery" are about the one decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Write this as the delivery's row.
    Write(Delivery),
    /// Write the destination's status.
    SetStatus {
        /// What it takes from now on.
        status: Status,
        /// Who disabled it, when it is disabled.
        disabled_by: Option<DisabledBy>,
    },
    /// Write the destination's count of give-ups in a row.
    SetGiveUps(u32),
    /// Make every pending delivery of the queue dead, now, for this reason.
    BuryPending(DeadReason),
    /// Make sure that the alarm is no later than the queue's earliest due delivery.
    Wake,
}

/// What a queue does with an event that is handed to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueue {
    /// The event key is known: answer duplicate, write nothing.
    Duplicate,
    /// Store event, key and delivery in one turn, then answer committed. Wake the queue if the
    /// delivery is pending and the destination enabled.
    Insert(Delivery),
    /// The destination is deleted: answer unmatched, write nothing.
    Unmatched,
    /// No room: answer full, write nothing.
    Full,
}

/// Decides on an event that is handed to a queue.
///
/// `known`: its key is already stored. `stored_bytes`: what the queue's database holds.
pub const fn enqueue(status: Status, known: bool, stored_bytes: u64, now_ms: u64) -> Enqueue {
    let state = match status {
        Status::Deleted => return Enqueue::Unmatched,
        _ if known => return Enqueue::Duplicate,
        _ if stored_bytes >= limits::QUEUE_BYTES => return Enqueue::Full,
        Status::Enabled | Status::Paused => State::Pending { due_at_ms: now_ms },
        Status::Disabled => State::Dead { reason: DeadReason::DestinationDisabled, at_ms: now_ms },
    };
    Enqueue::Insert(Delivery { round: 1, attempts: 0, state })
}

/// What the queue writes when an attempt's result is there.
///
/// `delivery` and `destination` are read again after the attempt: both may have changed while it
/// was under way. `random` are 32 uniform bits for the jitter.
pub fn record(
    delivery: Delivery,
    destination: Destination,
    made: AttemptKey,
    outcome: Outcome,
    schedule: &Schedule,
    now_ms: u64,
    random: u32,
) -> Vec<Command> {
    // A success counts whenever it comes: the event has arrived.
    if matches!(outcome, Outcome::Delivered { .. }) {
        let attempts = if delivery.round == made.round {
            delivery.attempts.max(made.attempt)
        } else {
            delivery.attempts
        };
        let delivered =
            Delivery { attempts, state: State::Delivered { at_ms: now_ms }, ..delivery };
        let mut commands = vec![Command::Write(delivered)];
        // One write less for each delivery of a destination that is well.
        commands.extend((destination.give_ups > 0).then_some(Command::SetGiveUps(0)));
        return commands;
    }
    if delivery.next_attempt() != Some(made) {
        return Vec::new();
    }
    let failed = Delivery { attempts: made.attempt, ..delivery };
    let dead = |reason| Delivery { state: State::Dead { reason, at_ms: now_ms }, ..failed };
    match outcome {
        Outcome::Gone => {
            let mut commands = vec![Command::Write(dead(DeadReason::Gone))];
            // A tombstone stays one.
            if destination.status != Status::Deleted {
                commands.extend(destination::disable(DisabledBy::Gone));
            }
            commands
        }
        Outcome::Retry { retry_after, .. } => {
            match retry::next_attempt_ms(schedule, made.attempt, retry_after, now_ms, random) {
                Some(due_at_ms) => {
                    let state = State::Pending { due_at_ms };
                    vec![Command::Write(Delivery { state, ..failed })]
                }
                None => give_up(dead(DeadReason::AttemptsExhausted), destination),
            }
        }
        Outcome::Delivered { .. } => Vec::new(),
    }
}

/// A dead letter more: after enough of them in a row the destination is disabled. The count stays,
/// until it is enabled again.
fn give_up(dead: Delivery, destination: Destination) -> Vec<Command> {
    let give_ups = destination.give_ups.saturating_add(1);
    let mut commands = vec![Command::Write(dead), Command::SetGiveUps(give_ups)];
    let takes_more = destination::buries(destination.status).is_none();
    if takes_more && give_ups >= limits::GIVE_UPS {
        commands.extend(destination::disable(DisabledBy::GiveUps));
    }
    commands
}

/// Why a delivery is not replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayRefused {
    /// It is pending: it is going to be attempted anyway.
    Pending,
    /// Its destination is disabled: it would be dead again at once.
    DestinationDisabled,
    /// Its destination is deleted.
    DestinationDeleted,
}

impl fmt::Display for ReplayRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "the delivery is pending",
            Self::DestinationDisabled => "the destination is disabled; enable it first",
            Self::DestinationDeleted => "the destination is deleted",
        })
    }
}

impl core::error::Error for ReplayRefused {}

/// What the queue writes when a delivery is replayed: pending and due now, in a new round with the
/// whole schedule. Its id, and with it its `webhook-id`, stays.
pub fn replay(
    delivery: Delivery,
    status: Status,
    now_ms: u64,
) -> Result<Vec<Command>, ReplayRefused> {
    match status {
        Status::Enabled | Status::Paused => {}
        Status::Disabled => return Err(ReplayRefused::DestinationDisabled),
        Status::Deleted => return Err(ReplayRefused::DestinationDeleted),
    }
    if delivery.state.status() == DeliveryStatus::Pending {
        return Err(ReplayRefused::Pending);
    }
    let again = Delivery {
        round: delivery.round.saturating_add(1),
        attempts: 0,
        state: State::Pending { due_at_ms: now_ms },
    };
    Ok(vec![Command::Write(again), Command::Wake])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Failure, TransportFailure};
    use crate::retry::RetryAfter;

    const NOW_MS: u64 = 1_700_000_000_000;
    const OK: Outcome = Outcome::Delivered { status: 204 };
    const FAILED: Outcome = Outcome::Retry {
        failure: Failure::Transport(TransportFailure::Timeout),
        retry_after: None,
    };

    fn pending(round: u32, attempts: u32) -> Delivery {
        Delivery { round, attempts, state: State::Pending { due_at_ms: NOW_MS - 5 } }
    }

    fn dead(reason: DeadReason) -> Delivery {
        Delivery { round: 1, attempts: 2, state: State::Dead { reason, at_ms: NOW_MS - 5 } }
    }

    fn destination(status: Status, give_ups: u32) -> Destination {
        Destination { status, give_ups }
    }

    #[test]
    fn a_late_410_does_not_bring_a_tombstone_back() {
        let schedule = Schedule::parse(vec![10]).unwrap();
        let made = AttemptKey { round: 1, attempt: 1 };
        let deleted = destination(Status::Deleted, 0);
        let commands = record(pending(1, 0), deleted, made, Outcome::Gone, &schedule, NOW_MS, 0);
        assert_eq!(commands.len(), 1);
        assert!(matches!(commands[0], Command::Write(_)));
    }

    fn recorded(delivery: Delivery, made: AttemptKey, outcome: Outcome) -> Vec<Command> {
        let schedule = Schedule::parse(vec![10, 20]).unwrap();
        let destination = destination(Status::Enabled, 4);
        record(delivery, destination, made, outcome, &schedule, NOW_MS, 0)
    }

    #[test]
    fn a_new_event_is_stored_as_the_status_says() {
        let insert = |state| Enqueue::Insert(Delivery { round: 1, attempts: 0, state });
        let due_now = State::Pending { due_at_ms: NOW_MS };
        let disabled = State::Dead { reason: DeadReason::DestinationDisabled, at_ms: NOW_MS };
        assert_eq!(enqueue(Status::Enabled, false, 0, NOW_MS), insert(due_now));
        assert_eq!(enqueue(Status::Paused, false, 0, NOW_MS), insert(due_now));
        assert_eq!(enqueue(Status::Disabled, false, 0, NOW_MS), insert(disabled));
        assert_eq!(enqueue(Status::Deleted, false, 0, NOW_MS), Enqueue::Unmatched);
    }

    #[test]
    fn a_known_event_is_a_duplicate_even_where_there_is_no_room() {
        let full = limits::QUEUE_BYTES;
        for status in [Status::Enabled, Status::Paused, Status::Disabled] {
            assert_eq!(enqueue(status, true, full, NOW_MS), Enqueue::Duplicate);
            assert_eq!(enqueue(status, false, full, NOW_MS), Enqueue::Full);
            assert!(matches!(enqueue(status, false, full - 1, NOW_MS), Enqueue::Insert(_)));
        }
        assert_eq!(enqueue(Status::Deleted, true, full, NOW_MS), Enqueue::Unmatched);
    }

    #[test]
    fn success_delivers_and_resets_the_give_ups() {
        let made = pending(1, 1).next_attempt().unwrap();
        assert_eq!(made, AttemptKey { round: 1, attempt: 2 });
        let delivered =
            Delivery { round: 1, attempts: 2, state: State::Delivered { at_ms: NOW_MS } };
        assert_eq!(
            recorded(pending(1, 1), made, OK),
            [Command::Write(delivered), Command::SetGiveUps(0)]
        );
    }

    #[test]
    fn success_writes_no_counter_that_is_zero_anyway() {
        let made = pending(1, 0).next_attempt().unwrap();
        let destination = Destination::new();
        let commands =
            record(pending(1, 0), destination, made, OK, &Schedule::default(), NOW_MS, 0);
        assert!(matches!(commands.as_slice(), [Command::Write(_)]));
    }

    #[test]
    fn failure_waits_by_the_schedule_until_the_attempts_are_used_up() {
        let mut delivery = pending(1, 0);
        for wait_s in [8, 16] {
            let made = delivery.next_attempt().unwrap();
            let next = Delivery {
                round: 1,
                attempts: made.attempt,
                state: State::Pending { due_at_ms: NOW_MS + wait_s * 1_000 },
            };
            assert_eq!(recorded(delivery, made, FAILED), [Command::Write(next)]);
            delivery = next;
        }
        let made = delivery.next_attempt().unwrap();
        assert_eq!(made.attempt, 3);
        let reason = DeadReason::AttemptsExhausted;
        let state = State::Dead { reason, at_ms: NOW_MS };
        assert_eq!(
            recorded(delivery, made, FAILED),
            [Command::Write(Delivery { round: 1, attempts: 3, state }), Command::SetGiveUps(5),]
        );
    }

    #[test]
    fn ten_give_ups_in_a_row_disable_the_destination() {
        let made = AttemptKey { round: 1, attempt: 3 };
        let state = State::Dead { reason: DeadReason::AttemptsExhausted, at_ms: NOW_MS };
        let dead = Command::Write(Delivery { round: 1, attempts: 3, state });
        let schedule = Schedule::parse(vec![1, 1]).unwrap();
        let given_up = |status, give_ups| {
            let destination = destination(status, give_ups);
            record(pending(1, 2), destination, made, FAILED, &schedule, NOW_MS, 0)
        };
        let disabled = [
            Command::SetStatus { status: Status::Disabled, disabled_by: Some(DisabledBy::GiveUps) },
            Command::BuryPending(DeadReason::DestinationDisabled),
        ];
        for status in [Status::Enabled, Status::Paused] {
            assert_eq!(given_up(status, 8), [dead, Command::SetGiveUps(9)]);
            for before in [9, 10, u32::MAX] {
                let count = Command::SetGiveUps(before.saturating_add(1));
                assert_eq!(given_up(status, before), [&[dead, count][..], &disabled].concat());
            }
        }
        // Whoever disabled or deleted it stays the one who did.
        for status in [Status::Disabled, Status::Deleted] {
            assert_eq!(given_up(status, 9), [dead, Command::SetGiveUps(10)]);
        }
    }

    #[test]
    fn retry_after_moves_the_next_attempt() {
        let outcome = Outcome::Retry {
            failure: Failure::Status(429),
            retry_after: Some(RetryAfter::Seconds(60)),
        };
        let made = AttemptKey { round: 1, attempt: 1 };
        let state = State::Pending { due_at_ms: NOW_MS + 60_000 };
        assert_eq!(
            recorded(pending(1, 0), made, outcome),
            [Command::Write(Delivery { round: 1, attempts: 1, state })]
        );
    }

    #[test]
    fn gone_disables_the_destination_and_buries_the_rest() {
        let made = AttemptKey { round: 1, attempt: 1 };
        let state = State::Dead { reason: DeadReason::Gone, at_ms: NOW_MS };
        assert_eq!(
            recorded(pending(1, 0), made, Outcome::Gone),
            [
                Command::Write(Delivery { round: 1, attempts: 1, state }),
                Command::SetStatus {
                    status: Status::Disabled,
                    disabled_by: Some(DisabledBy::Gone),
                },
                Command::BuryPending(DeadReason::DestinationDisabled),
            ]
        );
    }

    #[test]
    fn a_late_failure_changes_nothing() {
        let cases = [
            // Recorded already by a run that was thought dead.
            (pending(1, 1), AttemptKey { round: 1, attempt: 1 }),
            // Replayed meanwhile.
            (pending(2, 0), AttemptKey { round: 1, attempt: 1 }),
            // Buried meanwhile.
            (dead(DeadReason::DestinationDisabled), AttemptKey { round: 1, attempt: 3 }),
        ];
        for (delivery, made) in cases {
            assert_eq!(recorded(delivery, made, FAILED), [], "{delivery:?}");
            assert_eq!(recorded(delivery, made, Outcome::Gone), [], "{delivery:?}");
        }
    }

    #[test]
    fn a_late_success_counts() {
        let late = AttemptKey { round: 1, attempt: 3 };
        let buried = recorded(dead(DeadReason::DestinationDeleted), late, OK);
        let state = State::Delivered { at_ms: NOW_MS };
        let delivered = Delivery { round: 1, attempts: 3, state };
        assert_eq!(buried, [Command::Write(delivered), Command::SetGiveUps(0)]);

        let replayed = recorded(pending(2, 0), late, OK);
        let delivered = Delivery { round: 2, attempts: 0, state };
        assert_eq!(replayed, [Command::Write(delivered), Command::SetGiveUps(0)]);
    }

    #[test]
    fn replay_starts_a_round_of_its_own() {
        let delivered =
            Delivery { round: 3, attempts: 1, state: State::Delivered { at_ms: NOW_MS - 9 } };
        for (delivery, round) in [(dead(DeadReason::AttemptsExhausted), 2), (delivered, 4)] {
            let state = State::Pending { due_at_ms: NOW_MS };
            let again = Delivery { round, attempts: 0, state };
            for status in [Status::Enabled, Status::Paused] {
                assert_eq!(
                    replay(delivery, status, NOW_MS).unwrap(),
                    [Command::Write(again), Command::Wake]
                );
            }
            assert_eq!(
                replay(delivery, Status::Disabled, NOW_MS),
                Err(ReplayRefused::DestinationDisabled)
            );
            assert_eq!(
                replay(delivery, Status::Deleted, NOW_MS),
                Err(ReplayRefused::DestinationDeleted)
            );
        }
        assert_eq!(replay(pending(1, 0), Status::Enabled, NOW_MS), Err(ReplayRefused::Pending));
    }

    #[test]
    fn stored_words_never_change() {
        let words: Vec<_> = DeliveryStatus::ALL.iter().map(|word| word.as_str()).collect();
        assert_eq!(words, ["pending", "delivered", "dead"]);
        let reasons: Vec<_> = DeadReason::ALL.iter().map(|word| word.as_str()).collect();
        assert_eq!(
            reasons,
            ["attempts_exhausted", "gone", "destination_disabled", "destination_deleted"]
        );
        for reason in DeadReason::ALL {
            assert_eq!(DeadReason::parse(reason.as_str()), Some(*reason));
        }
    }
}
