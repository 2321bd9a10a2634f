//! The providers, as a table: one row says all that sets one apart.

mod body_base64;
mod body_hex;
mod build;
mod fields;
mod posting;
mod standard;
mod timestamp_header;
mod unsupported;

use crate::envelope::EnvelopeRule;
use crate::error::Error;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::scheme::Scheme;

pub use unsupported::{Unsupported, unsupported};

/// A provider of webhooks: how it signs, and what is known about its deliveries.
///
/// A row of the [catalogue](providers()), or what a [`Row`](crate::Row) of one's own describes. There
/// is no way to copy one of the catalogue, and so none to change one: what [`provider()`] gives is what
/// the tests of the catalogue have checked.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider<'s> {
    /// The id by which users name it: the vendor's name in lower case, words joined by `-`.
    pub id: &'s str,
    /// The vendor's name, and which of its formats, for people.
    pub name: &'s str,
    /// How it signs.
    pub scheme: Scheme<'s>,
    /// How far the signed time may be from now, in seconds, in both directions.
    pub tolerance_s: u32,
    /// How long the provider goes on sending one signature, in seconds. Equal to the tolerance
    /// unless the vendor documents that retries keep their signature.
    pub retry_horizon_s: u32,
    /// What duplicates are recognised by.
    pub event_key: EventKeyRule<'s>,
    /// Why that is the event's own identity. Empty without the feature `facts`.
    pub event_key_why: &'s str,
    /// What its bodies are known to be.
    pub envelope: EnvelopeRule,
    /// The event's type in the body, as a JSON pointer (RFC 6901) through objects; empty where a body
    /// has none that stands for all events.
    pub event_type: &'s str,
    /// When the event happened, in the body: one JSON pointer, or two with a space between them, of
    /// which the first that is there counts; or nothing.
    pub created: &'s str,
    /// The header that has the event's type, where there is one. Not signed.
    pub event_type_header: Option<&'s str>,
    /// The header with the id of the single delivery, where there is one. Not signed.
    pub delivery_id_header: Option<&'s str>,
    /// Providers that a user may take for this one.
    pub siblings: [Option<Sibling<'s>>; 2],
    /// How it makes sure that a URL wants its deliveries.
    pub handshake: Handshake,
    /// Where these facts come from. Empty without the feature `facts`.
    pub source: &'s str,
}

/// Another provider whose header a user may be looking at: named in `missing_signature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sibling<'s> {
    /// Its id.
    pub id: &'s str,
    /// Its signature header.
    pub header: &'s str,
    /// How that header's value begins.
    pub begins: &'s str,
}

impl<'s> Provider<'s> {
    /// Every header that verifying a delivery may look up: those of the scheme in each spelling, and
    /// the signature headers of the siblings that `missing_signature` may name.
    pub fn headers(&self) -> impl Iterator<Item = &'s str> {
        let theirs = self.siblings.iter().flatten().map(|sibling| sibling.header);
        let other = self.scheme.other_headers.into_iter().flat_map(|names| names.iter());
        self.scheme.headers.iter().chain(other).chain(theirs)
    }

    /// Headers, not signed, that a gateway may pass on with a delivery.
    pub fn pass_headers(&self) -> impl Iterator<Item = &'s str> {
        [self.event_type_header, self.delivery_id_header].into_iter().flatten()
    }
}

/// A text for people who read the catalogue, left out of modules that only run it.
const fn fact(text: &'static str) -> &'static str {
    if cfg!(feature = "facts") { text } else { "" }
}

/// Every provider of the catalogue.
pub fn providers() -> impl Iterator<Item = &'static Provider<'static>> {
    let families = [
        posting::ROWS,
        standard::ROWS,
        fields::ROWS,
        timestamp_header::ROWS,
        body_hex::ROWS,
        body_base64::ROWS,
    ];
    families.into_iter().flatten()
}

/// The provider of that id.
///
/// # Errors
/// [`Error::UnsupportedProvider`] for one that is known not to use HMAC-SHA256, with what it uses;
/// [`Error::UnknownProvider`] for any other. A provider is always named, never guessed from headers.
pub fn provider(id: &str) -> Result<&'static Provider<'static>, Error<'static>> {
    providers().find(|row| row.id == id).ok_or_else(|| {
        unsupported()
            .find(|other| other.id == id)
            .map_or(Error::UnknownProvider, |other| Error::UnsupportedProvider { uses: other.uses })
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique() {
        let ids: BTreeSet<_> = providers().map(|p| p.id).collect();
        assert_eq!(ids.len(), providers().count());
        assert!(ids.len() >= 60, "{}", ids.len());
        assert!(unsupported().all(|other| !ids.contains(other.id)));
    }

    /// That a row can be verified at all is checked where rows are read from text.
    #[test]
    fn rows_say_why_and_where_from() {
        for p in providers() {
            assert_eq!(Ok(p.policy()), crate::Policy::without_store(p.tolerance_s), "{}", p.id);
            for sibling in p.siblings.iter().flatten() {
                assert!(provider(sibling.id).is_ok(), "{}", p.id);
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
        for other in unsupported() {
            let error = provider(other.id).unwrap_err();
            assert_eq!(error.code(), "unsupported_provider");
            assert!(std::format!("{error}").contains(other.uses), "{error}");
        }
    }
}
