//! The providers, as a table: one row says all that sets one apart.

mod body_only;
mod posting;
mod standard;
mod timestamp_header;

use crate::envelope::EnvelopeRule;
use crate::error::Error;
use crate::event_key::EventKeyRule;
use crate::scheme::{HeaderNames, Scheme};

/// A provider of webhooks: how it signs, and what is known about its deliveries.
///
/// There is no way to copy a row, and so none to change one: what [`provider()`] gives is what the
/// tests of the catalogue have checked.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// The id by which users name it: the vendor's name in lower case, words joined by `-`.
    pub id: &'static str,
    /// The vendor's name, and which of its formats, for people.
    pub name: &'static str,
    /// How it signs.
    pub scheme: Scheme,
    /// How far the signed time may be from now, in seconds, in both directions.
    pub tolerance_s: u32,
    /// How long the provider goes on sending one signature, in seconds. Equal to the tolerance
    /// unless the vendor documents that retries keep their signature.
    pub retry_horizon_s: u32,
    /// What duplicates are recognised by.
    pub event_key: EventKeyRule,
    /// Why that is the event's own identity. Empty without the feature `facts`.
    pub event_key_why: &'static str,
    /// What its bodies are known to be.
    pub envelope: EnvelopeRule,
    /// The header that repeats the event's type, where there is one. Not signed.
    pub event_type_header: Option<&'static str>,
    /// The header with the id of the single delivery, where there is one. Not signed.
    pub delivery_id_header: Option<&'static str>,
    /// Other provider ids whose headers a user may be looking at: named in `missing_signature`.
    pub siblings: &'static [&'static str],
    /// Where these facts come from. Empty without the feature `facts`.
    pub source: &'static str,
}

impl Provider {
    /// Every header that verifying a delivery may look up: those of the scheme in each spelling, and
    /// the signature headers of the siblings that `missing_signature` may name.
    pub fn headers(&self) -> impl Iterator<Item = &'static str> {
        let siblings = self.siblings.iter().filter_map(|id| provider(id).ok());
        let theirs = siblings.flat_map(|row| row.scheme.headers).map(|names| names.signature);
        self.scheme.headers.iter().flat_map(HeaderNames::iter).chain(theirs)
    }

    /// Headers, not signed, that a gateway may pass on with a delivery.
    pub fn pass_headers(&self) -> impl Iterator<Item = &'static str> {
        [self.event_type_header, self.delivery_id_header].into_iter().flatten()
    }
}

/// A text for people who read the catalogue, left out of modules that only run it.
const fn fact(text: &'static str) -> &'static str {
    if cfg!(feature = "facts") { text } else { "" }
}

/// Every provider of the catalogue.
pub fn providers() -> impl Iterator<Item = &'static Provider> {
    [posting::ROWS, standard::ROWS, body_only::ROWS, timestamp_header::ROWS].into_iter().flatten()
}

/// The provider of that id.
///
/// # Errors
/// [`Error::UnknownProvider`]. A provider is always named, never guessed from headers.
pub fn provider(id: &str) -> Result<&'static Provider, Error> {
    providers().find(|row| row.id == id).ok_or(Error::UnknownProvider)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::scheme::{Layout, Part, TimeAt};
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let ids: BTreeSet<_> = providers().map(|p| p.id).collect();
        assert_eq!(ids.len(), providers().count());
        for id in ids {
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }
    }

    /// What the types cannot say of a row.
    #[test]
    fn rows_are_consistent() {
        for p in providers() {
            let s = &p.scheme;
            let signs = |part| s.signed.contains(&part);
            assert!(signs(Part::Body), "{}: the body is always signed", p.id);
            let in_field = matches!(s.layout, Layout::Fields { .. });
            for names in s.headers {
                assert_eq!(signs(Part::Id), names.id.is_some(), "{}", p.id);
                let in_header = in_field || names.timestamp.is_some();
                assert_eq!(signs(Part::Timestamp), in_header, "{}", p.id);
                assert_eq!(s.time == TimeAt::Header, in_header, "{}", p.id);
                assert!(!(in_field && names.timestamp.is_some()), "{}: one time only", p.id);
            }
            assert!(!s.headers.is_empty());
            assert!(p.retry_horizon_s >= p.tolerance_s, "{}", p.id);
            assert_eq!(Ok(p.policy()), crate::Policy::without_store(p.tolerance_s), "{}", p.id);
            if p.event_key == EventKeyRule::Header {
                assert!(signs(Part::Id), "{}: an unsigned id is no key", p.id);
            }
            for sibling in p.siblings {
                assert!(provider(sibling).is_ok(), "{}", p.id);
            }
            let facts = cfg!(feature = "facts");
            assert_eq!([p.source.is_empty(), p.event_key_why.is_empty()], [!facts; 2], "{}", p.id);
        }
    }

    #[test]
    fn unknown_ids_are_refused() {
        for id in ["", "Tinyposter", "tinyposter ", "stripes", "letmepost-v2"] {
            assert_eq!(provider(id).unwrap_err().code(), "unknown_provider");
        }
    }
}
