//! What the gateway says of its own working: events of its own, from the source `hookward`.
//!
//! They are delivered like any other event, to the destinations that name `hookward` among their
//! `sources` (`*` is not enough) and that want the type; never to the destination that they are
//! about, which could not take it.
//!
//! A destination that disables itself writes down what is to be said in the same turn, and strikes
//! it out once every listener's queue has it. So a crash in between only means that it is handed
//! over again, and since id and event key come from the destination and the time alone, queues take
//! it once.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::delivery::Command;
use crate::destination::{DisabledBy, Status};
use crate::ids::DestinationId;

/// The type of the event that a destination has been disabled by what came of its deliveries.
pub const DESTINATION_DISABLED: &str = "destination.disabled";

/// Keeps these hashes apart from every other.
const DOMAIN: &[u8] = b"hookward operational event v1\0";

/// A destination has been disabled, and not by its operator. Serde: to be stored until it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Which one.
    pub destination: DestinationId,
    /// By what.
    pub by: DisabledBy,
    /// When, in Unix milliseconds: the event's time.
    pub at_ms: u64,
    /// Deliveries given up on in a row.
    pub give_ups: u32,
}

/// What is to be said of commands that a queue is about to execute: of a destination that was
/// working until now and will be disabled. Not where an operator does it, who knows.
///
/// `before` and `give_ups` are the destination's, before the commands.
pub fn disabled(
    destination: DestinationId,
    before: Status,
    give_ups: u32,
    commands: &[Command],
    now_ms: u64,
) -> Option<Disabled> {
    if !matches!(before, Status::Enabled | Status::Paused) {
        return None;
    }
    let by = commands.iter().find_map(|command| match command {
        Command::SetStatus { status: Status::Disabled, disabled_by } => *disabled_by,
        _ => None,
    })?;
    let counted = commands.iter().find_map(|command| match command {
        Command::SetGiveUps(count) => Some(*count),
        _ => None,
    });
    let give_ups = counted.unwrap_or(give_ups);
    let said = matches!(by, DisabledBy::Gone | DisabledBy::GiveUps);
    said.then_some(Disabled { destination, by, at_ms: now_ms, give_ups })
}

impl Disabled {
    /// The event key: the same whenever this is handed over.
    pub fn key(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        for part in [DESTINATION_DISABLED.as_bytes(), self.destination.to_string().as_bytes()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(self.at_ms.to_be_bytes());
        hash.finalize().into()
    }

    /// The event's id: `evt_` and 32 hex digits.
    pub fn event_id(&self) -> String {
        let key = self.key();
        format!("evt_{}", hex::encode(key.get(..16).unwrap_or_default()))
    }

    /// The event's `data`. Name and origin are as they are when it is said.
    pub const fn data<'a>(&self, name: &'a str, origin: &'a str) -> DisabledData<'a> {
        let destination = About { id: self.destination, name, origin };
        DisabledData { destination, reason: self.by, give_ups: self.give_ups }
    }
}

/// `{"destination":{"id","name","origin"},"reason","give_ups"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DisabledData<'a> {
    destination: About<'a>,
    reason: DisabledBy,
    give_ups: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct About<'a> {
    id: DestinationId,
    name: &'a str,
    origin: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{Change, Destination, change};

    const NOW_MS: u64 = 1_700_000_000_000;

    fn id(n: u8) -> DestinationId {
        DestinationId::new(1, [n; 10])
    }

    fn set(by: DisabledBy) -> Command {
        Command::SetStatus { status: Status::Disabled, disabled_by: Some(by) }
    }

    #[test]
    fn only_what_nobody_asked_for_is_said() {
        let said = |before, commands: &[Command]| disabled(id(1), before, 3, commands, NOW_MS);
        for before in [Status::Enabled, Status::Paused] {
            let gone = said(before, &[set(DisabledBy::Gone)]).unwrap();
            assert_eq!((gone.by, gone.give_ups, gone.at_ms), (DisabledBy::Gone, 3, NOW_MS));
            let commands = [Command::SetGiveUps(10), set(DisabledBy::GiveUps)];
            assert_eq!(said(before, &commands).unwrap().give_ups, 10);
            assert_eq!(said(before, &[Command::SetGiveUps(9)]), None);
        }
        for before in [Status::Disabled, Status::Deleted] {
            assert_eq!(said(before, &[set(DisabledBy::Gone)]), None);
        }
        for wanted in Change::ALL {
            let commands = change(Destination::new(), *wanted).unwrap();
            assert_eq!(said(Status::Enabled, &commands), None, "{wanted}");
        }
    }

    #[test]
    fn the_same_disabling_is_the_same_event() {
        let one = Disabled { destination: id(1), by: DisabledBy::Gone, at_ms: 5, give_ups: 0 };
        let again: Disabled = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert_eq!((again.key(), again.event_id()), (one.key(), one.event_id()));
        assert_eq!(one.event_id().len(), 36);
        for other in [Disabled { at_ms: 6, ..one }, Disabled { destination: id(2), ..one }] {
            assert_ne!(other.key(), one.key());
        }
    }

    #[test]
    fn the_event_says_which_destination_and_why() {
        let one = Disabled { destination: id(1), by: DisabledBy::GiveUps, at_ms: 5, give_ups: 10 };
        let data = serde_json::to_string(&one.data("a \"b\"", "https://example.com")).unwrap();
        let expected = format!(
            r#"{{"destination":{{"id":"{}","name":"a \"b\"","origin":"https://example.com"}},"reason":"give_ups","give_ups":10}}"#,
            id(1)
        );
        assert_eq!(data, expected);
    }
}
