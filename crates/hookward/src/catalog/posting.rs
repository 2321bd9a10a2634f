//! tinyposter, tinysend and letmepost: publishing and mailing services.

use super::{Provider, fact};
use crate::envelope::{EnvelopeRule, Required};
use crate::event_key::EventKeyRule;
use crate::scheme::{Encoding, HeaderNames, Layout, Part, Scheme, TimeAt};
use crate::secret::KeyForm;

const HOUR_S: u32 = 3600;
const EVENT: EnvelopeRule = EnvelopeRule::Known(&[Required::Id, Required::Type]);
const AT_LEAST_ONCE: &str = "the body's id is the event's: deliveries are at least once, and the vendor says to dedupe on it";
const BODY_ID: &str = "the body's id is the event's; nothing else that is signed names it";

/// `t=<unix s>,v1=<hex>` over `{t}.{body}`, with the whole secret text as the key.
const fn timed_fields(header: &'static [HeaderNames]) -> Scheme {
    Scheme {
        headers: header,
        layout: Layout::Fields { signature: "v1", timestamp: "t" },
        encoding: Encoding::Hex,
        time: TimeAt::Header,
        signed: &[Part::Timestamp, Part::Literal("."), Part::Body],
        key: KeyForm::Text,
    }
}

pub(super) const ROWS: &[Provider] = &[
    Provider {
        id: "tinyposter",
        name: "tinyposter",
        scheme: timed_fields(&[HeaderNames::signature("X-Tinyposter-Signature")]),
        tolerance_s: 300,
        // Seven attempts over 32 h 36 m, all with the first one's signature.
        retry_horizon_s: 36 * HOUR_S,
        event_key: EventKeyRule::Member("id"),
        event_key_why: fact(AT_LEAST_ONCE),
        envelope: EVENT,
        event_type_header: Some("X-Tinyposter-Event"),
        delivery_id_header: Some("X-Tinyposter-Delivery"),
        siblings: &[],
        source: fact("tinyposter's webhook documentation"),
    },
    Provider {
        id: "tinysend",
        name: "tinysend",
        scheme: Scheme {
            headers: &[HeaderNames::signature("X-Tinysend-Signature")],
            layout: Layout::Bare,
            encoding: Encoding::Hex,
            // No timestamp is signed but the event's own.
            time: TimeAt::Body("created_at"),
            signed: &[Part::Body],
            key: KeyForm::Text,
        },
        tolerance_s: 300,
        retry_horizon_s: 24 * HOUR_S,
        event_key: EventKeyRule::Member("id"),
        event_key_why: fact(BODY_ID),
        envelope: EVENT,
        event_type_header: Some("X-Tinysend-Event"),
        delivery_id_header: Some("X-Tinysend-Delivery-Id"),
        siblings: &[],
        source: fact("tinysend's webhook documentation"),
    },
    Provider {
        id: "letmepost",
        name: "letmepost",
        scheme: Scheme {
            headers: &[HeaderNames::signature("X-LMP-Signature").timestamp("X-LMP-Timestamp")],
            layout: Layout::Bare,
            encoding: Encoding::Hex,
            time: TimeAt::Header,
            signed: &[Part::Timestamp, Part::Literal("."), Part::Body],
            key: KeyForm::Text,
        },
        tolerance_s: 300,
        // Six retries over about 9 h, each with the first one's signature and timestamp.
        retry_horizon_s: 12 * HOUR_S,
        event_key: EventKeyRule::Member("id"),
        event_key_why: fact(BODY_ID),
        // Its envelope is that of its HTTP API, in which only the id is certain.
        envelope: EnvelopeRule::Known(&[Required::Id]),
        event_type_header: None,
        delivery_id_header: None,
        siblings: &["letmepost-v1", "letmepost-body"],
        source: fact("letmepost's webhook guide"),
    },
    Provider {
        id: "letmepost-v1",
        name: "letmepost (documentation site's format)",
        scheme: timed_fields(&[HeaderNames::signature("X-Letmepost-Signature")]),
        tolerance_s: 300,
        retry_horizon_s: 12 * HOUR_S,
        event_key: EventKeyRule::Member("id"),
        event_key_why: fact(BODY_ID),
        envelope: EVENT,
        event_type_header: None,
        delivery_id_header: None,
        siblings: &["letmepost", "letmepost-body"],
        source: fact("letmepost's documentation site"),
    },
    Provider {
        id: "letmepost-body",
        name: "letmepost (public sender's format)",
        scheme: Scheme {
            headers: &[HeaderNames::signature("X-Letmepost-Signature")],
            layout: Layout::Prefixed("sha256="),
            encoding: Encoding::Hex,
            // No timestamp is signed but the event's own.
            time: TimeAt::Body("createdAt"),
            signed: &[Part::Body],
            key: KeyForm::Text,
        },
        tolerance_s: 300,
        retry_horizon_s: 12 * HOUR_S,
        event_key: EventKeyRule::Member("id"),
        event_key_why: fact(BODY_ID),
        envelope: EVENT,
        event_type_header: None,
        delivery_id_header: None,
        siblings: &["letmepost", "letmepost-v1"],
        source: fact("letmepost's public sender and SDK"),
    },
];
