//! Providers that sign the body and nothing else.

use super::{Provider, fact};
use crate::envelope::EnvelopeRule;
use crate::event_key::EventKeyRule;
use crate::scheme::{Encoding, HeaderNames, Layout, Part, Scheme, TimeAt};
use crate::secret::KeyForm;

pub(super) const ROWS: &[Provider] = &[Provider {
    id: "github",
    name: "GitHub",
    scheme: Scheme {
        headers: &[HeaderNames::signature("X-Hub-Signature-256")],
        layout: Layout::Prefixed("sha256="),
        encoding: Encoding::Hex,
        time: TimeAt::Nowhere,
        signed: &[Part::Body],
        key: KeyForm::Text,
    },
    tolerance_s: 300,
    retry_horizon_s: 300,
    event_key: EventKeyRule::BodyHash,
    event_key_why: fact("X-GitHub-Delivery is not signed, and the body has no id of the event"),
    envelope: EnvelopeRule::Unknown,
    event_type_header: Some("X-GitHub-Event"),
    delivery_id_header: Some("X-GitHub-Delivery"),
    siblings: &[],
    source: fact("GitHub's documentation, \"Validating webhook deliveries\""),
}];
