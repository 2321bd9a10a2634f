//! The keys under which an event with a known id may be stored.

use hookward::{EventKey, EventKeyRule};
use hookward_relay::ids::SourceId;
use hookward_relay::routing::Origin;

use super::failed;
use super::rows::GetEventKeys;
use super::store::Store;
use crate::clock::Millis;
use crate::problem::Problem;
use crate::publish;

/// Every key that the id can have at a source that the destination listens to, whatever kind of id
/// it is there; and the one that it was published under.
pub(super) fn of(store: &Store, call: &GetEventKeys) -> Result<Vec<String>, Problem> {
    let row =
        failed(store.destination(call.destination))?.ok_or_else(Problem::unknown_destination)?;
    let sources = failed(store.source_ids())?.into_iter();
    let sources = sources.filter(|id| row.route.sources.matches(Origin::Source(*id)));
    let kinds = kinds(&call.event_id);
    let stored = |source: SourceId| {
        let source = Origin::Source(source).to_string();
        kinds.iter().map(|key| hex::encode(key.stored(&source))).collect::<Vec<_>>()
    };
    let mut keys: Vec<String> = sources.flat_map(stored).collect();
    let event = hex::encode(publish::event_hash(&call.event_id));
    if let Some((_, at_ms)) = failed(store.claimed(&event))? {
        keys.push(hex::encode(publish::event_key(&call.event_id, Millis(at_ms))));
    }
    Ok(keys)
}

/// The id as a header's, as a string of the body, and as a number, where it is one.
fn kinds(id: &str) -> Vec<EventKey> {
    let in_body = |value: String| EventKeyRule::Pointer("/id").key(None, value.as_bytes());
    let header = EventKeyRule::Header.key(Some(id.as_bytes()), b"");
    let quoted = serde_json::to_string(id).ok();
    let string = quoted.and_then(|id| in_body(format!("{{\"id\":{id}}}")));
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| in_body(format!("{{\"id\":{id}}}"))).flatten();
    [header, string, number].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookward::EventKeyKind;

    #[test]
    fn an_id_is_looked_for_in_every_way_that_it_may_be_stored() {
        let found = |id: &str| kinds(id).iter().map(EventKey::kind).collect::<Vec<_>>();
        assert_eq!(found("evt_1"), [EventKeyKind::Header, EventKeyKind::String]);
        let number = [EventKeyKind::Header, EventKeyKind::String, EventKeyKind::Integer];
        assert_eq!(found("42"), number);
        for key in kinds("a\"b\\") {
            assert_eq!(key.value(), b"a\"b\\");
        }
    }
}
