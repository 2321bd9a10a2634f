//! Providers that send the signed time in a header of its own.

use super::Provider;
use super::build::body_hex;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::scheme::{HeaderNames, TimeForm};

const fn timed(
    id: &'static str,
    name: &'static str,
    signature: &'static str,
    timestamp: &'static str,
) -> Provider<'static> {
    body_hex(id, name, signature)
        .names(HeaderNames::signature(signature).timestamp(timestamp))
        .timed(TimeForm::Seconds, "v0:{timestamp}:{body}")
}

pub(super) const ROWS: &[Provider<'_>] = &[
    timed("slack", "Slack", "X-Slack-Signature", "X-Slack-Request-Timestamp")
        .prefix("v0=")
        .event_id(
            "/event_id",
            "the Events API documents event_id as unique to the event; commands and interactions \
             have none and are known by their body",
        )
        .event("/event/type", "/event_time")
        .handshake(Handshake::Slack)
        .source("Slack's documentation, \"Verifying requests from Slack\""),
    timed("box", "Box", "BOX-SIGNATURE-PRIMARY BOX-SIGNATURE-SECONDARY", "BOX-DELIVERY-TIMESTAMP")
        .base64()
        .timed(TimeForm::Rfc3339, "{body}{timestamp}")
        .tolerance(600)
        .event_id("/id", "documented as the event's id, unchanged on a retry, while the delivery's changes")
        .event("/trigger", "/created_at")
        .unsigned("", "BOX-DELIVERY-ID")
        .source("Box's documentation, \"Verify webhook signatures\"; its Node SDK and its tests"),
    timed("customer-io", "Customer.io", "X-CIO-Signature", "X-CIO-Timestamp")
        .event_id("/event_id", "a ULID in every reporting webhook; others are known by their body")
        .event("/metric", "/timestamp")
        .source("secondary sources that agree; Customer.io's own page was not at hand"),
    timed("hubspot", "HubSpot (v3)", "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp")
        .base64()
        .timed(TimeForm::Millis, "{method}{url_decoded}{body}{timestamp}")
        .key(
            EventKeyRule::BodyHash,
            "a body holds many events, and their eventId is documented as not unique; a retry counts \
             up attemptNumber, and so is a new event",
        )
        .source("HubSpot's SDKs and documentation, \"Validate requests\""),
    timed("twitch", "Twitch EventSub", "Twitch-Eventsub-Message-Signature", "Twitch-Eventsub-Message-Timestamp")
        .names(
            HeaderNames::signature("Twitch-Eventsub-Message-Signature")
                .timestamp("Twitch-Eventsub-Message-Timestamp")
                .id("Twitch-Eventsub-Message-Id"),
        )
        .prefix("sha256=")
        .timed(TimeForm::Rfc3339, "{id}{timestamp}{body}")
        .tolerance(600)
        .key(EventKeyRule::Header, "the signed message id, documented as the same when it is sent again")
        .event("/subscription/type", "")
        .unsigned("Twitch-Eventsub-Subscription-Type", "")
        .handshake(Handshake::Twitch)
        .source("Twitch's documentation, \"Getting events using webhooks\"; twitch-cli"),
    timed("webflow", "Webflow", "x-webflow-signature", "x-webflow-timestamp")
        .timed(TimeForm::Millis, "{timestamp}:{body}")
        .event("/triggerType", "")
        .source("Webflow's SDK and documentation, \"Working with webhooks\""),
    timed("zendesk", "Zendesk", "X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp")
        .base64()
        .timed(TimeForm::Rfc3339, "{timestamp}{body}")
        .key(
            EventKeyRule::BodyHash,
            "bodies of subscribed events hold the event's id; those of triggers are the customer's own, \
             in which an id may be anything's",
        )
        .event("/type", "/time")
        .unsigned("", "X-Zendesk-Webhook-Invocation-Id")
        .source("Zendesk's documentation, \"Verifying webhooks\""),
    timed("zoom", "Zoom", "x-zm-signature", "x-zm-request-timestamp")
        .prefix("v0=")
        .event("/event", "/event_ts")
        .handshake(Handshake::Zoom)
        .source("Zoom's documentation, \"Using webhooks\", its sample and its Rivet SDK"),
];
