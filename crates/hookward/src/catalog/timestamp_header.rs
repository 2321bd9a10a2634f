//! Providers that send the signed time in a header of its own.

use super::{Provider, fact};
use crate::envelope::EnvelopeRule;
use crate::event_key::EventKeyRule;
use crate::scheme::{Encoding, HeaderNames, Layout, Part, Scheme, TimeAt};
use crate::secret::KeyForm;

pub(super) const ROWS: &[Provider] = &[Provider {
    id: "slack",
    name: "Slack",
    scheme: Scheme {
        headers: &[
            HeaderNames::signature("X-Slack-Signature").timestamp("X-Slack-Request-Timestamp")
        ],
        layout: Layout::Prefixed("v0="),
        encoding: Encoding::Hex,
        time: TimeAt::Header,
        signed: &[Part::Literal("v0:"), Part::Timestamp, Part::Literal(":"), Part::Body],
        key: KeyForm::Text,
    },
    tolerance_s: 300,
    retry_horizon_s: 300,
    event_key: EventKeyRule::Member("event_id"),
    event_key_why: fact(
        "the Events API documents event_id as unique to the event; commands and \
                    interactions have none and are known by their body",
    ),
    envelope: EnvelopeRule::Unknown,
    event_type_header: None,
    delivery_id_header: None,
    siblings: &[],
    source: fact("Slack's documentation, \"Verifying requests from Slack\""),
}];
