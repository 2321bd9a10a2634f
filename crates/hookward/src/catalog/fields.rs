//! Providers that put time and tag into fields of one header: `t=…,v1=…`.

use super::Provider;
use super::build::body_hex;
use crate::scheme::{Layout, TimeForm};

/// `t=<unix s>,v1=<hex>` over `{t}.{body}`.
const fn fields(id: &'static str, name: &'static str, header: &'static str) -> Provider<'static> {
    body_hex(id, name, header)
        .layout(Layout::fields("t", "v1"))
        .timed(TimeForm::Seconds, "{timestamp}.{body}")
}

/// The same with a space after the comma, or without.
const SPACED: Layout<'_> = Layout::List {
    separator: b',',
    spaced: true,
    assign: b'=',
    signature: "v1",
    timestamp: Some("t"),
};

pub(super) const ROWS: &[Provider<'_>] = &[
    fields("stripe", "Stripe", "Stripe-Signature")
        .event_id("/id", "the Event object's own id; Stripe says to log event ids and skip those processed")
        .event("/type", "/created")
        .source("Stripe's documentation, \"Verify webhook signatures manually\"; its npm package stripe"),
    fields("buildkite", "Buildkite", "X-Buildkite-Signature")
        .layout(Layout::fields("timestamp", "signature"))
        .event("/event", "")
        .unsigned("X-Buildkite-Event", "")
        .source("Buildkite's documentation, \"Webhooks\""),
    fields("calendly", "Calendly", "Calendly-Webhook-Signature")
        .tolerance(180)
        .event("/event", "/created_at")
        .source("Calendly's documentation, \"Webhook signatures\"; tolerance from copies of its sample"),
    fields("elevenlabs", "ElevenLabs", "ElevenLabs-Signature")
        .layout(Layout::fields("t", "v0"))
        .tolerance(1800)
        .event("/type", "/event_timestamp")
        .source("ElevenLabs' SDK and documentation"),
    fields("mux", "Mux", "Mux-Signature")
        .event_id("/id", "the event's own id by the SDK's types; attempts have others, inside attempts")
        .event("/type", "/created_at")
        .source("Mux's SDKs and their tests"),
    fields("paddle", "Paddle Billing", "Paddle-Signature")
        .layout(Layout::List {
            separator: b';',
            spaced: false,
            assign: b'=',
            signature: "h1",
            timestamp: Some("ts"),
        })
        .timed(TimeForm::Seconds, "{timestamp}:{body}")
        .tolerance(5)
        .event_id("/event_id", "documented as the event's id, unchanged on a retry")
        .event("/event_type", "/occurred_at")
        .source("Paddle's SDKs and documentation, \"Verify webhook signatures\""),
    fields("rootly", "Rootly", "X-Rootly-Signature")
        .layout(SPACED)
        .timed(TimeForm::Seconds, "{timestamp}{body}")
        .event_id("/event/id", "the id of the event object in the body")
        .event("/event/type", "/event/issued_at")
        .source("Rootly's documentation, \"Webhooks\"; the body's fields from secondary sources"),
    fields("workos", "WorkOS", "WorkOS-Signature")
        .layout(SPACED)
        .timed(TimeForm::Millis, "{timestamp}.{body}")
        .tolerance(180)
        .event_id("/id", "the event's id, by which WorkOS' guide says to ignore duplicates")
        .event("/event", "/created_at")
        .source("WorkOS' SDKs and their tests"),
];
