//! The Standard Webhooks family: `{id}.{timestamp}.{body}`, base64, a list of signatures.

use super::{Provider, fact};
use crate::envelope::EnvelopeRule;
use crate::event_key::EventKeyRule;
use crate::scheme::{Encoding, HeaderNames, Layout, Part, Scheme, TimeAt};
use crate::secret::KeyForm;

const STANDARD: HeaderNames =
    HeaderNames::signature("webhook-signature").timestamp("webhook-timestamp").id("webhook-id");
const SVIX: HeaderNames =
    HeaderNames::signature("svix-signature").timestamp("svix-timestamp").id("svix-id");

/// The family's scheme under the given spellings.
const fn scheme(headers: &'static [HeaderNames]) -> Scheme {
    Scheme {
        headers,
        layout: Layout::Versioned("v1"),
        encoding: Encoding::Base64,
        time: TimeAt::Header,
        signed: &[Part::Id, Part::Literal("."), Part::Timestamp, Part::Literal("."), Part::Body],
        key: KeyForm::Base64 { prefix: "whsec_" },
    }
}

const fn row(
    id: &'static str,
    name: &'static str,
    headers: &'static [HeaderNames],
    source: &'static str,
) -> Provider {
    Provider {
        id,
        name,
        scheme: scheme(headers),
        tolerance_s: 300,
        // Each attempt is signed afresh.
        retry_horizon_s: 300,
        event_key: EventKeyRule::Header,
        event_key_why: fact("the signed id header is the message's, the same on every attempt"),
        envelope: EnvelopeRule::Unknown,
        event_type_header: None,
        delivery_id_header: None,
        siblings: &[],
        source: fact(source),
    }
}

pub(super) const ROWS: &[Provider] = &[
    row(
        "standard-webhooks",
        "Standard Webhooks",
        &[STANDARD, SVIX],
        "the Standard Webhooks specification",
    ),
    row("svix", "Svix", &[SVIX, STANDARD], "Svix's documentation, \"Verifying webhooks manually\""),
];
