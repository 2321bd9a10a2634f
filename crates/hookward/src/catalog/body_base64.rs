//! Providers that sign the body alone, or the URL and the body, and write the tag in base64.

use super::Provider;
use super::build::body_hex;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::secret::KeyForm;

const fn body(id: &'static str, name: &'static str, header: &'static str) -> Provider<'static> {
    body_hex(id, name, header).base64()
}

pub(super) const ROWS: &[Provider<'_>] = &[
    body_hex("airtable", "Airtable", "X-Airtable-Content-MAC")
        .prefix("hmac-sha256=")
        .secret(KeyForm::Base64 { prefix: "" })
        .event("", "/timestamp")
        .source("pyairtable, a maintained client, and its tests"),
    body("docusign", "DocuSign Connect", DOCUSIGN)
        .key(
            EventKeyRule::BodyHash,
            "the body has no id of the event; a retry counts up retryCount, and so is a new event",
        )
        .event("/event", "/generatedDateTime")
        .source("DocuSign's documentation, \"HMAC security\""),
    body("envoy", "Envoy", "X-Envoy-Signature")
        .source("Envoy's SDK"),
    body("heroku", "Heroku", "Heroku-Webhook-Hmac-SHA256")
        .event_id("/webhook_metadata/event/id", "the event's id; the attempt's id changes the body")
        .event("/webhook_metadata/event/include", "/published_at")
        .source("Heroku's documentation, \"App webhooks\""),
    body("hookdeck", "Hookdeck", "X-Hookdeck-Signature X-Hookdeck-Signature-2")
        .unsigned("", "X-Hookdeck-EventID")
        .source("Hookdeck's documentation and SDK"),
    body("shopify", "Shopify", "X-Shopify-Hmac-Sha256")
        .key(
            EventKeyRule::BodyHash,
            "X-Shopify-Webhook-Id is not signed, and the id at the top is the order's: two updates of \
             one order are two events",
        )
        .unsigned("X-Shopify-Topic", "X-Shopify-Webhook-Id")
        .source("Shopify's documentation, \"Verify webhook deliveries\"; its npm package @shopify/shopify-api"),
    body("square", "Square", "x-square-hmacsha256-signature")
        .signs("{url}{body}")
        .event_id("/event_id", "documented as unique to the event, for idempotency")
        .event("/type", "/created_at")
        .source("Square's SDKs and documentation, \"Validate webhooks\""),
    body("typeform", "Typeform", "Typeform-Signature")
        .prefix("sha256=")
        .event_id("/event_id", "described as the webhook event's id in the vendor's schema")
        .event("/event_type", "/form_response/submitted_at")
        .source("secondary sources that agree; Typeform's own page was not at hand"),
    body("woocommerce", "WooCommerce", "X-WC-Webhook-Signature")
        .key(
            EventKeyRule::BodyHash,
            "X-WC-Webhook-Delivery-ID is not signed, and the id at the top is the order's or product's",
        )
        .unsigned("X-WC-Webhook-Topic", "X-WC-Webhook-Delivery-ID")
        .handshake(Handshake::WooCommerce)
        .source("WooCommerce's source"),
    body("x", "X (Twitter)", "x-twitter-webhooks-signature")
        .prefix("sha256=")
        .key(EventKeyRule::BodyHash, "/data/event_uuid is documented as the delivery's id, not the event's")
        .event("/data/event_type", "")
        .handshake(Handshake::X)
        .source("X's documentation, \"Securing webhooks\"; twitter-autohook and its tests"),
    body("xero", "Xero", "x-xero-signature")
        .handshake(Handshake::Xero)
        .source("Xero's documentation, \"Configuring your server\""),
];

/// One header for each key of the account that is active, numbered.
const DOCUSIGN: &str = "X-DocuSign-Signature-1 X-DocuSign-Signature-2 X-DocuSign-Signature-3 \
                        X-DocuSign-Signature-4 X-DocuSign-Signature-5";
