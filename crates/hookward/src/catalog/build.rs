//! Building a row, step by step from what most of its family have in common.

use super::{Provider, Sibling, fact};
use crate::envelope::EnvelopeRule;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::scheme::{Encoding, HeaderNames, Layout, Scheme, Template, TimeAt, TimeForm};
use crate::secret::KeyForm;

type Row = Provider<'static>;

/// The body alone, in hex, without a prefix; duplicates recognised by the body's hash.
pub(super) const fn body_hex(id: &'static str, name: &'static str, header: &'static str) -> Row {
    Provider {
        id,
        name,
        scheme: Scheme {
            headers: HeaderNames::signature(header),
            other_headers: None,
            layout: Layout::BARE,
            encoding: Encoding::Hex,
            time: TimeAt::Nowhere,
            signed: Template::new("{body}"),
            key: KeyForm::Text,
        },
        tolerance_s: 300,
        retry_horizon_s: 300,
        event_key: EventKeyRule::BodyHash,
        event_key_why: fact("nothing that is signed names the event"),
        envelope: EnvelopeRule::Unknown,
        event_type: "",
        created: "",
        event_type_header: None,
        delivery_id_header: None,
        siblings: [None; 2],
        handshake: Handshake::None,
        source: "",
    }
}

impl Row {
    pub(super) const fn source(self, source: &'static str) -> Self {
        Self { source: fact(source), ..self }
    }

    pub(super) const fn scheme(self, scheme: &Scheme<'static>) -> Self {
        Self { scheme: *scheme, ..self }
    }

    pub(super) const fn names(self, headers: HeaderNames<'static>) -> Self {
        Self { scheme: Scheme { headers, ..self.scheme }, ..self }
    }

    pub(super) const fn base64(self) -> Self {
        Self { scheme: Scheme { encoding: Encoding::Base64, ..self.scheme }, ..self }
    }

    pub(super) const fn prefix(self, prefix: &'static str) -> Self {
        self.layout(Layout::Whole { prefix })
    }

    pub(super) const fn layout(self, layout: Layout<'static>) -> Self {
        Self { scheme: Scheme { layout, ..self.scheme }, ..self }
    }

    pub(super) const fn secret(self, key: KeyForm<'static>) -> Self {
        Self { scheme: Scheme { key, ..self.scheme }, ..self }
    }

    /// What is signed, with a time in a header or field.
    pub(super) const fn timed(self, form: TimeForm, signed: &'static str) -> Self {
        let time = TimeAt::Header(form);
        Self { scheme: Scheme { time, signed: Template::new(signed), ..self.scheme }, ..self }
    }

    /// What is signed, without a time of its own.
    pub(super) const fn signs(self, signed: &'static str) -> Self {
        Self { scheme: Scheme { signed: Template::new(signed), ..self.scheme }, ..self }
    }

    /// A signed time in the body.
    pub(super) const fn time_in_body(self, form: TimeForm, pointer: &'static str) -> Self {
        let time = TimeAt::Body { pointer, form };
        Self { scheme: Scheme { time, ..self.scheme }, ..self }
    }

    /// The tolerance, and with it the horizon.
    pub(super) const fn tolerance(self, seconds: u32) -> Self {
        Self { tolerance_s: seconds, retry_horizon_s: seconds, ..self }
    }

    pub(super) const fn horizon(self, seconds: u32) -> Self {
        Self { retry_horizon_s: seconds, ..self }
    }

    /// The place of the event's id in the body, and why it is that.
    pub(super) const fn event_id(self, pointer: &'static str, why: &'static str) -> Self {
        self.key(EventKeyRule::Pointer(pointer), why)
    }

    pub(super) const fn key(self, event_key: EventKeyRule<'static>, why: &'static str) -> Self {
        Self { event_key, event_key_why: fact(why), ..self }
    }

    pub(super) const fn envelope(self, envelope: EnvelopeRule) -> Self {
        Self { envelope, ..self }
    }

    pub(super) const fn event(self, event_type: &'static str, created: &'static str) -> Self {
        Self { event_type, created, ..self }
    }

    /// Unsigned headers: the event's type, and the delivery's id.
    pub(super) const fn unsigned(self, event_type: &'static str, id: &'static str) -> Self {
        let event_type_header = if event_type.is_empty() { None } else { Some(event_type) };
        let delivery_id_header = if id.is_empty() { None } else { Some(id) };
        Self { event_type_header, delivery_id_header, ..self }
    }

    pub(super) const fn handshake(self, handshake: Handshake) -> Self {
        Self { handshake, ..self }
    }

    pub(super) const fn siblings(self, one: Sibling<'static>, other: Sibling<'static>) -> Self {
        Self { siblings: [Some(one), Some(other)], ..self }
    }
}
