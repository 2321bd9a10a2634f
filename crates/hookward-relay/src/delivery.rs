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
            commands.extend(destination::disable(DisabledBy::Gone));
            commands
        }
        Outcome::Retry { retry_after, .. } => {
            match retry::next_attempt_ms(schedule, made.attempt, retry_after, now_ms, random) {
                Some(due_at_ms) => {
                    let state = State::Pending { due_at_ms };
                    vec![Command::Write(Delivery { state, ..failed })]
                }
                None => vec![
                    Command::Write(dead(DeadReason::AttemptsExhausted)),
                    Command::SetGiveUps(destination.give_ups.saturating_add(1)),
                ],
            }
        }
        Outcome::Delivered { .. } => Vec::new(),
    }
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
