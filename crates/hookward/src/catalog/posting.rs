//! tinyposter, tinysend and letmepost: publishing and mailing services.

use super::build::body_hex;
use super::{Provider, Sibling};
use crate::envelope::EnvelopeRule;
use crate::scheme::{HeaderNames, Layout, TimeForm};

const HOUR_S: u32 = 3600;
const AT_LEAST_ONCE: &str = "the body's id is the event's: deliveries are at least once, and the vendor says to dedupe on it";
const BODY_ID: &str = "the body's id is the event's; nothing else that is signed names it";

const LETMEPOST: Sibling<'_> = Sibling { id: "letmepost", header: "X-LMP-Signature", begins: "" };
const LETMEPOST_V1: Sibling<'_> =
    Sibling { id: "letmepost-v1", header: "X-Letmepost-Signature", begins: "t=" };
const LETMEPOST_BODY: Sibling<'_> =
    Sibling { id: "letmepost-body", header: "X-Letmepost-Signature", begins: "sha256=" };

pub(super) const ROWS: &[Provider<'_>] = &[
    body_hex("tinyposter", "tinyposter", "X-Tinyposter-Signature")
        .layout(Layout::fields("t", "v1"))
        .timed(TimeForm::Seconds, "{timestamp}.{body}")
        // Seven attempts over 32 h 36 m, all with the first one's signature.
        .horizon(36 * HOUR_S)
        .event_id("/id", AT_LEAST_ONCE)
        .envelope(EnvelopeRule::IdAndType)
        .event("/type", "/created")
        .unsigned("X-Tinyposter-Event", "X-Tinyposter-Delivery")
        .source("tinyposter's webhook documentation"),
    body_hex("tinysend", "tinysend", "X-Tinysend-Signature")
        // No timestamp is signed but the event's own.
        .time_in_body(TimeForm::Rfc3339, "/created_at")
        .horizon(24 * HOUR_S)
        .event_id("/id", BODY_ID)
        .envelope(EnvelopeRule::IdAndType)
        .event("/type", "/created_at")
        .unsigned("X-Tinysend-Event", "X-Tinysend-Delivery-Id")
        .source("tinysend's webhook documentation"),
    body_hex("letmepost", "letmepost", "X-LMP-Signature")
        .names(HeaderNames::signature("X-LMP-Signature").timestamp("X-LMP-Timestamp"))
        .timed(TimeForm::Seconds, "{timestamp}.{body}")
        // Six retries over about 9 h, each with the first one's signature and timestamp.
        .horizon(12 * HOUR_S)
        .event_id("/id", BODY_ID)
        // Its envelope is that of its HTTP API, in which only the id is certain.
        .envelope(EnvelopeRule::Id)
        .event("/type", "/created /createdAt")
        .siblings(LETMEPOST_V1, LETMEPOST_BODY)
        .source("letmepost's webhook guide"),
    body_hex("letmepost-v1", "letmepost (documentation site's format)", "X-Letmepost-Signature")
        .layout(Layout::fields("t", "v1"))
        .timed(TimeForm::Seconds, "{timestamp}.{body}")
        .horizon(12 * HOUR_S)
        .event_id("/id", BODY_ID)
        .envelope(EnvelopeRule::IdAndType)
        .event("/type", "/createdAt")
        .siblings(LETMEPOST, LETMEPOST_BODY)
        .source("letmepost's documentation site"),
    body_hex("letmepost-body", "letmepost (public sender's format)", "X-Letmepost-Signature")
        .prefix("sha256=")
        // No timestamp is signed but the event's own.
        .time_in_body(TimeForm::Rfc3339, "/createdAt")
        .horizon(12 * HOUR_S)
        .event_id("/id", BODY_ID)
        .envelope(EnvelopeRule::IdAndType)
        .event("/type", "/createdAt")
        .siblings(LETMEPOST, LETMEPOST_V1)
        .source("letmepost's public sender and SDK"),
];
