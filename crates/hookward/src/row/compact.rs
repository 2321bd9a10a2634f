//! A provider as columns that are checked already: the form in which it travels to a module that has
//! no room for the checks of a [`Row`](crate::Row).

use crate::catalog::{Provider, Sibling};
use crate::cut::{Words, cut};
use crate::envelope::EnvelopeRule;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::scheme::{Encoding, HeaderNames, Layout, Scheme, Template, TimeAt, TimeForm};
use crate::secret::KeyForm;

/// How many columns `Provider::to_compact` writes.
pub const COMPACT_COLUMNS: usize = 17;

impl<'s> Provider<'s> {
    /// Reads the columns that `Provider::to_compact` wrote, as far as verifying needs them: the times
    /// are left at 0, since who verifies brings a policy.
    ///
    /// Nothing is checked: of other columns it makes a provider that matches no delivery, or one that
    /// nobody meant. One that is not there counts as empty.
    pub fn from_compact(columns: &[&'s str; COMPACT_COLUMNS]) -> Self {
        let [id, letters, signature, timestamp, id_header, other_headers, rest @ ..] = *columns;
        let [field, time_field, prefix, pointer, signed, event_id, rest @ ..] = rest;
        let [event_type, created, sibling_words, _, _] = rest;
        let letters = letters.as_bytes().first_chunk().unwrap_or(b"---------");
        let [separator, spaced, assign, encoding, key, time, event_key, envelope, handshake] =
            *letters;
        let mut siblings = [None; 2];
        for (words, place) in Words(sibling_words).zip(&mut siblings) {
            let (id, rest) = cut(words, b':');
            let (header, begins) = cut(rest.unwrap_or_default(), b':');
            *place = Some(Sibling { id, header, begins: begins.unwrap_or_default() });
        }
        let form = match time {
            b'm' => TimeForm::Millis,
            b'r' => TimeForm::Rfc3339,
            _ => TimeForm::Seconds,
        };
        let mut other = Words(other_headers);
        Self {
            id,
            name: id,
            scheme: Scheme {
                headers: HeaderNames { signature, timestamp: some(timestamp), id: some(id_header) },
                other_headers: other.next().map(|signature| HeaderNames {
                    signature,
                    timestamp: other.next(),
                    id: other.next(),
                }),
                layout: match separator {
                    b'-' => Layout::Whole { prefix: field },
                    _ => Layout::List {
                        separator,
                        spaced: spaced == b's',
                        assign,
                        signature: field,
                        timestamp: some(time_field),
                    },
                },
                encoding: if encoding == b'h' { Encoding::Hex } else { Encoding::Base64 },
                time: match time {
                    b'-' => TimeAt::Nowhere,
                    _ if pointer.is_empty() => TimeAt::Header(form),
                    _ => TimeAt::Body { pointer, form },
                },
                signed: Template::new(signed),
                key: match key {
                    b't' => KeyForm::Text,
                    b'h' => KeyForm::Hex,
                    _ => KeyForm::Base64 { prefix },
                },
            },
            tolerance_s: 0,
            retry_horizon_s: 0,
            event_key: match event_key {
                b'h' => EventKeyRule::BodyHash,
                b'n' => EventKeyRule::None,
                b'i' => EventKeyRule::Header,
                _ => EventKeyRule::Pointer(event_id),
            },
            event_key_why: "",
            envelope: match envelope {
                b'-' => EnvelopeRule::Unknown,
                b'i' => EnvelopeRule::Id,
                _ => EnvelopeRule::IdAndType,
            },
            event_type,
            created,
            event_type_header: None,
            delivery_id_header: None,
            siblings,
            // Of a handshake, verifying only wants to know whether it could have signed a delivery.
            handshake: if handshake == b'x' { Handshake::X } else { Handshake::None },
            source: "",
        }
    }
}

/// A text, if it is not empty.
fn some(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(feature = "alloc")]
mod write {
    use alloc::format;
    use alloc::string::{String, ToString as _};
    use alloc::vec::Vec;

    use super::{EnvelopeRule, EventKeyRule, KeyForm, Layout, Provider, TimeAt, TimeForm};
    use crate::scheme::Encoding;

    impl Provider<'_> {
        /// The columns from which [`Provider::from_compact`] reads what verifying needs of this
        /// provider, in order:
        ///
        /// its id; letters for the enums; the names of the headers with the signature, the time and the
        /// id; those of the other spelling, with spaces between them; the layout's prefix or the
        /// field of a tag; the field of the time; what stands before a secret's base64; the pointer to
        /// the time; what is signed; the pointers to the event's id, its type and its time; the
        /// siblings; and, for who verifies, tolerance and retry horizon in seconds.
        pub fn to_compact(&self) -> Vec<String> {
            let scheme = &self.scheme;
            let text = |text: Option<&str>| text.unwrap_or_default().to_string();
            let (marks, field, timestamp) = match scheme.layout {
                Layout::Whole { prefix } => (String::from("---"), prefix, None),
                Layout::List { separator, spaced, assign, signature, timestamp } => {
                    let (separator, assign) = (char::from(separator), char::from(assign));
                    let spaced = if spaced { 's' } else { '-' };
                    (format!("{separator}{spaced}{assign}"), signature, timestamp)
                }
            };
            let (time, pointer) = match scheme.time {
                TimeAt::Nowhere => ('-', ""),
                TimeAt::Header(form) => (letter(form), ""),
                TimeAt::Body { pointer, form } => (letter(form), pointer),
            };
            let (key, prefix) = match scheme.key {
                KeyForm::Text => ('t', ""),
                KeyForm::Hex => ('h', ""),
                KeyForm::Base64 { prefix } => ('b', prefix),
            };
            let (event_key, event_id) = match self.event_key {
                EventKeyRule::BodyHash => ('h', ""),
                EventKeyRule::None => ('n', ""),
                EventKeyRule::Header => ('i', ""),
                EventKeyRule::Pointer(pointer) => ('p', pointer),
            };
            let envelope = match self.envelope {
                EnvelopeRule::Unknown => '-',
                EnvelopeRule::Id => 'i',
                EnvelopeRule::IdAndType => 't',
            };
            let encoding = if scheme.encoding == Encoding::Hex { 'h' } else { 'b' };
            let handshake = if self.handshake.signs_a_token() { 'x' } else { '-' };
            let other =
                scheme.other_headers.map(|names| names.iter().collect::<Vec<_>>().join(" "));
            let siblings = self.siblings.iter().flatten();
            let siblings = siblings.map(|s| format!("{}:{}:{}", s.id, s.header, s.begins));
            Vec::from([
                self.id.to_string(),
                format!("{marks}{encoding}{key}{time}{event_key}{envelope}{handshake}"),
                scheme.headers.signature.to_string(),
                text(scheme.headers.timestamp),
                text(scheme.headers.id),
                other.unwrap_or_default(),
                field.to_string(),
                text(timestamp),
                prefix.to_string(),
                pointer.to_string(),
                scheme.signed.text().to_string(),
                event_id.to_string(),
                self.event_type.to_string(),
                self.created.to_string(),
                siblings.collect::<Vec<_>>().join(" "),
                self.tolerance_s.to_string(),
                self.retry_horizon_s.to_string(),
            ])
        }
    }

    fn letter(form: TimeForm) -> char {
        match form {
            TimeForm::Seconds => 's',
            TimeForm::Millis => 'm',
            TimeForm::Rfc3339 => 'r',
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    extern crate std;
    use super::*;
    use crate::catalog::providers;
    use std::string::{String, ToString as _};
    use std::vec::Vec;

    #[test]
    fn every_row_comes_back_as_it_was_but_for_what_verifying_does_not_need() {
        for row in providers() {
            let columns = row.to_compact();
            let texts: Vec<_> = columns.iter().map(String::as_str).collect();
            let read = Provider::from_compact(texts.first_chunk().unwrap());
            assert_eq!(texts.len(), COMPACT_COLUMNS, "{}", row.id);
            assert!(columns.iter().all(|column| !column.contains(['|', '\n'])), "{}", row.id);
            assert_eq!(read.scheme, row.scheme, "{}", row.id);
            assert_eq!(
                (read.id, read.event_key, read.envelope),
                (row.id, row.event_key, row.envelope)
            );
            assert_eq!(texts[15..], [row.tolerance_s.to_string(), row.retry_horizon_s.to_string()]);
            assert_eq!(
                (read.event_type, read.created, read.siblings),
                (row.event_type, row.created, row.siblings)
            );
            let signs_a_token = [&read, row].map(|provider| provider.handshake.signs_a_token());
            assert_eq!(signs_a_token[0], signs_a_token[1], "{}", row.id);
        }
    }

    #[test]
    fn without_columns_it_is_nobody() {
        let nobody = Provider::from_compact(&[""; COMPACT_COLUMNS]);
        assert_eq!((nobody.id, nobody.scheme.signed.parts().len()), ("", 0));
    }
}
