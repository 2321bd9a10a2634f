//! A destination's status, and what a change of it does to its deliveries.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::delivery::{Command, DeadReason};

words! {
    /// What a destination takes, as it is stored.
    pub enum Status {
        /// Events are stored and delivered.
        Enabled = "enabled",
        /// Events are stored and held.
        Paused = "paused",
        /// Events are stored at once as dead letters.
        Disabled = "disabled",
        /// A tombstone: nothing is taken any more; dead letters are kept for the retention.
        Deleted = "deleted",
    }
}

words! {
    /// Who or what disabled a destination.
    pub enum DisabledBy {
        /// An operator.
        Operator = "operator",
        /// The endpoint answered 410.
        Gone = "gone",
        /// [`crate::limits::GIVE_UPS`] deliveries in a row were given up on.
        GiveUps = "give_ups",
    }
}

/// What the queue knows of its destination when it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// What it takes.
    pub status: Status,
    /// Deliveries given up on in a row, since the last success or enabling.
    pub give_ups: u32,
}

impl Destination {
    /// A new one: enabled, no give-ups.
    pub const fn new() -> Self {
        Self { status: Status::Enabled, give_ups: 0 }
    }
}

impl Default for Destination {
    fn default() -> Self {
        Self::new()
    }
}

words! {
    /// A change of status that an operator can ask for, under its word in the API.
    pub enum Change {
        /// Deliver; resets the count of give-ups. Also what resumes a paused destination.
        Enable = "enabled",
        /// Hold.
        Pause = "paused",
        /// Give up on all that is pending and on all that comes.
        Disable = "disabled",
    }
}

/// Why a change is refused: the destination is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted;

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the destination is deleted")
    }
}

impl core::error::Error for Deleted {}

/// What the queue writes when an operator changes the status. Repeating a change is harmless, and
/// finishes one that was half done.
pub fn change(destination: Destination, change: Change) -> Result<Vec<Command>, Deleted> {
    if destination.status == Status::Deleted {
        return Err(Deleted);
    }
    Ok(match change {
        Change::Enable => vec![
            Command::SetStatus { status: Status::Enabled, disabled_by: None },
            Command::SetGiveUps(0),
            Command::Wake,
        ],
        Change::Pause => vec![Command::SetStatus { status: Status::Paused, disabled_by: None }],
        Change::Disable => disable(DisabledBy::Operator),
    })
}

/// What the queue writes when its destination is deleted. Repeatable.
pub fn delete() -> Vec<Command> {
    vec![
        Command::SetStatus { status: Status::Deleted, disabled_by: None },
        Command::BuryPending(DeadReason::DestinationDeleted),
    ]
}

/// The status first: if only that is written, the next run or sweep finds pending deliveries in a
/// disabled queue and buries them.
pub(crate) fn disable(by: DisabledBy) -> Vec<Command> {
    vec![
        Command::SetStatus { status: Status::Disabled, disabled_by: Some(by) },
        Command::BuryPending(DeadReason::DestinationDisabled),
    ]
}

/// What pending deliveries of a destination in this status are: held or worked on (`None`), or
/// dead for this reason.
pub const fn buries(status: Status) -> Option<DeadReason> {
    match status {
        Status::Enabled | Status::Paused => None,
        Status::Disabled => Some(DeadReason::DestinationDisabled),
        Status::Deleted => Some(DeadReason::DestinationDeleted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(status: Status) -> Destination {
        Destination { status, give_ups: 3 }
    }

    const LIVE: [Status; 3] = [Status::Enabled, Status::Paused, Status::Disabled];

    #[test]
    fn enabling_resets_the_give_ups_and_wakes_the_queue() {
        for status in LIVE {
            assert_eq!(
                change(at(status), Change::Enable).unwrap(),
                [
                    Command::SetStatus { status: Status::Enabled, disabled_by: None },
                    Command::SetGiveUps(0),
                    Command::Wake,
                ]
            );
        }
    }

    #[test]
    fn pausing_touches_no_delivery() {
        for status in LIVE {
            assert_eq!(
                change(at(status), Change::Pause).unwrap(),
                [Command::SetStatus { status: Status::Paused, disabled_by: None }]
            );
        }
    }

    #[test]
    fn disabling_buries_what_is_pending_after_the_status_is_written() {
        for status in LIVE {
            assert_eq!(
                change(at(status), Change::Disable).unwrap(),
                [
                    Command::SetStatus {
                        status: Status::Disabled,
                        disabled_by: Some(DisabledBy::Operator),
                    },
                    Command::BuryPending(DeadReason::DestinationDisabled),
                ]
            );
        }
    }

    #[test]
    fn a_tombstone_stays_one() {
        for wanted in Change::ALL {
            assert_eq!(change(at(Status::Deleted), *wanted), Err(Deleted));
        }
        assert_eq!(
            delete(),
            [
                Command::SetStatus { status: Status::Deleted, disabled_by: None },
                Command::BuryPending(DeadReason::DestinationDeleted),
            ]
        );
    }

    #[test]
    fn the_api_words_are_the_stored_ones() {
        for wanted in Change::ALL {
            assert!(Status::parse(wanted.as_str()).is_some());
        }
        assert_eq!(Change::parse("deleted"), None);
        assert_eq!(Change::parse("Enabled"), None);
        assert!(serde_json::from_str::<Change>("\"deleted\"").is_err());
        assert_eq!(serde_json::from_str::<Change>("\"paused\"").unwrap(), Change::Pause);
    }
}
