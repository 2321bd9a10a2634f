//! What has been published, as far as it is remembered: of each event when, and a hash of what it
//! holds.

use hookward_relay::limits;
use hookward_relay::routing::Origin;

use super::failed;
use super::rows::{Claim, Claimed, DestinationRow, Listener};
use super::store::Store;
use crate::fan_out;
use crate::problem::{Code, Problem};
use crate::sql::{self, integer};

/// Room for what is remembered of published events; the rest of the registry is small.
const BYTES: u64 = 2_000_000_000;

/// Rows that each new one may push out: two, so that what is too old gets less.
const PUSHED_OUT: u64 = 2;

/// The same where there is no room left.
const PUSHED_OUT_FULL: u64 = 1_000;

/// Claims an event for this content, and says who listens. In one turn, so that of two that come at
/// once one is the first.
pub(super) fn claim(store: &Store, call: &Claim) -> Result<Claimed, Problem> {
    let known = failed(store.claimed(&call.event))?;
    let known = known.filter(|(_, at_ms)| is_remembered(*at_ms, call.now_ms));
    if known.as_ref().is_some_and(|(content, _)| *content != call.content) {
        let detail = "An event with this id and other content has been published.";
        return Err(Problem::new(Code::IdempotencyConflict, detail));
    }
    let listeners = listeners(store, Origin::Api, &call.event_type)?;
    // What cannot be sent is not claimed: a shorter one may have its id.
    fan_out::check_length(call.bytes, &listeners)?;
    let created_ms = if let Some((_, at_ms)) = known {
        at_ms
    } else {
        make_room(store, call.now_ms)?;
        failed(store.put_claim(call))?;
        call.now_ms
    };
    Ok(Claimed { created_ms, listeners })
}

/// Forgets what is old enough, more of it where there is no room left.
fn make_room(store: &Store, now_ms: u64) -> Result<(), Problem> {
    let full = store.bytes() >= BYTES;
    failed(store.forget_claims(now_ms, if full { PUSHED_OUT_FULL } else { PUSHED_OUT }))?;
    if full && store.bytes() >= BYTES {
        let detail = "There is no room for more published events for now.";
        return Err(Problem::new(Code::QueueFull, detail));
    }
    Ok(())
}

/// Who gets an event of the gateway's own.
pub(super) fn listeners(
    store: &Store,
    origin: Origin,
    event_type: &str,
) -> Result<Vec<Listener>, Problem> {
    let wants = |row: &DestinationRow| row.route.matches(origin, Some(event_type));
    let rows = failed(store.live_destinations())?.into_iter().filter(wants);
    Ok(rows.map(|row| Listener { id: row.id, profile: row.profile }).collect())
}

const fn is_remembered(at_ms: u64, now_ms: u64) -> bool {
    now_ms.saturating_sub(at_ms) < limits::DEDUPE_RETENTION_S * limits::SECOND_MS
}

impl Store {
    /// What an event was published with, and when.
    pub(super) fn claimed(&self, event: &str) -> worker::Result<Option<(String, u64)>> {
        let query = "SELECT content, at_ms FROM publications WHERE event = ?";
        sql::first(&self.0, query, vec![event.into()])?
            .map(|mut row| Ok((row.text()?, row.number()?)))
            .transpose()
    }

    /// Remembers a publication, as the newest.
    fn put_claim(&self, call: &Claim) -> worker::Result<()> {
        let event = || call.event.as_str().into();
        sql::run(&self.0, "DELETE FROM publications WHERE event = ?", vec![event()])?;
        let query = "INSERT INTO publications (event, content, at_ms) VALUES (?, ?, ?)";
        let bindings = vec![event(), call.content.as_str().into(), integer(call.now_ms)];
        sql::run(&self.0, query, bindings)
    }

    /// Forgets some of those that are old enough, the oldest first.
    fn forget_claims(&self, now_ms: u64, most: u64) -> worker::Result<()> {
        let kept_ms = limits::DEDUPE_RETENTION_S * limits::SECOND_MS;
        let query = "DELETE FROM publications WHERE n IN
            (SELECT n FROM publications ORDER BY n LIMIT ?) AND at_ms <= ?";
        let before_ms = integer(now_ms.saturating_sub(kept_ms));
        sql::run(&self.0, query, vec![integer(most), before_ms])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_is_remembered_for_96_hours() {
        let kept_ms = 96 * 3_600_000;
        assert!(is_remembered(5, 5 + kept_ms - 1));
        assert!(!is_remembered(5, 5 + kept_ms));
        assert!(is_remembered(5, 4));
    }
}
