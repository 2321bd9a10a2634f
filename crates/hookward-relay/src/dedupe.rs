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

/// The name of an event's hint in KV.
///
/// `stored_key` is the event key as the core makes it: a SHA-256 over source, kind and value.
pub fn kv_name(stored_key: &[u8; 32]) -> String {
    format!("e1:{}", hex::encode(stored_key))
}

/// How long a hint is kept, in seconds: as long as the queues remember the key, no longer.
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
