//! Providers that sign the body alone and write the tag in hex.

use super::Provider;
use super::build::body_hex;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::scheme::{Layout, TimeForm};

/// `v1=<hex>`, several of them with commas between.
const V1: Layout<'_> =
    Layout::List { separator: b',', spaced: false, assign: b'=', signature: "v1", timestamp: None };

pub(super) const ROWS: &[Provider<'_>] = &[
    body_hex("github", "GitHub", "X-Hub-Signature-256")
        .prefix("sha256=")
        .key(EventKeyRule::BodyHash, "X-GitHub-Delivery is not signed, and the body has no id of the event")
        .unsigned("X-GitHub-Event", "X-GitHub-Delivery")
        .source("GitHub's documentation, \"Validating webhook deliveries\"; its npm package @octokit/webhooks-methods"),
    body_hex("asana", "Asana", "X-Hook-Signature")
        .handshake(Handshake::Asana)
        .source("Asana's documentation, \"Webhooks\", and its samples"),
    body_hex("bitbucket", "Bitbucket Cloud", "X-Hub-Signature")
        .prefix("sha256=")
        .unsigned("X-Event-Key", "X-Request-UUID")
        .source("Atlassian's documentation, \"Manage webhooks\""),
    body_hex("cal-com", "Cal.com", "X-Cal-Signature-256")
        .event("/triggerEvent", "/createdAt")
        .source("Cal.com's source and documentation"),
    body_hex("checkout-com", "Checkout.com", "Cko-Signature")
        .event_id("/id", "the id of the event in the documented payload")
        .event("/type", "/created_on")
        .source("Checkout.com's documentation"),
    body_hex("circleci", "CircleCI", "circleci-signature")
        .layout(V1)
        .event_id("/id", "documented as unique to the event, for finding duplicates")
        .event("/type", "/happened_at")
        .unsigned("circleci-event-type", "")
        .source("CircleCI's documentation, \"Outbound webhooks\""),
    body_hex("clickup", "ClickUp", "X-Signature")
        .key(EventKeyRule::None, "events of spaces, folders and goals hold ids only: two of them are alike to the byte")
        .event("/event", "")
        .source("ClickUp's documentation, \"Webhook signature\""),
    body_hex("coinbase-commerce", "Coinbase Commerce", "X-CC-Webhook-Signature")
        .event_id("/event/id", "the event's own id; the one at the top is the attempt's number")
        .event("/event/type", "/event/created_at")
        .source("Coinbase Commerce's SDK and its tests"),
    body_hex("dropbox", "Dropbox", "X-Dropbox-Signature")
        .key(EventKeyRule::None, "a body only lists accounts that have changed: the next change looks the same")
        .handshake(Handshake::Dropbox)
        .source("Dropbox's documentation, \"Webhooks\""),
    body_hex("dub", "Dub", "Dub-Signature")
        .event_id("/id", "described in Dub's schema as unique to the event")
        .event("/event", "/createdAt")
        .source("Dub's documentation and source"),
    body_hex("easypost", "EasyPost", "X-Hmac-Signature")
        .prefix("hmac-sha256-hex=")
        .event_id("/id", "the Event object's id; other members change between attempts")
        .event("/description", "/created_at")
        .source("EasyPost's SDKs"),
    body_hex("forgejo", "Forgejo", "X-Forgejo-Signature")
        .unsigned("X-Forgejo-Event", "X-Forgejo-Delivery")
        .source("Gitea's source, of which Forgejo is a fork"),
    body_hex("gitea", "Gitea", "X-Gitea-Signature")
        .unsigned("X-Gitea-Event", "X-Gitea-Delivery")
        .source("Gitea's source"),
    body_hex("gocardless", "GoCardless", "Webhook-Signature")
        .source("GoCardless' SDKs and their tests"),
    body_hex("jira", "Jira Cloud", "X-Hub-Signature")
        .prefix("sha256=")
        .event("/webhookEvent", "/timestamp")
        .unsigned("", "X-Atlassian-Webhook-Identifier")
        .source("Atlassian's documentation, \"Webhooks\""),
    body_hex("launchdarkly", "LaunchDarkly", "X-LD-Signature")
        .event_id("/_id", "the audit log entry's id: the payload is documented as that entry")
        .event("/kind", "/date")
        .source("LaunchDarkly's documentation, \"Webhooks\""),
    body_hex("lemon-squeezy", "Lemon Squeezy", "X-Signature")
        .event("/meta/event_name", "")
        .unsigned("X-Event-Name", "")
        .source("Lemon Squeezy's documentation, \"Signing requests\""),
    body_hex("linear", "Linear", "Linear-Signature")
        .time_in_body(TimeForm::Millis, "/webhookTimestamp")
        .tolerance(60)
        .event("/type", "/createdAt")
        .unsigned("Linear-Event", "Linear-Delivery")
        .source("Linear's SDK and documentation, \"Webhooks\""),
    body_hex("meta", "Meta (Facebook, Instagram, WhatsApp)", "X-Hub-Signature-256")
        .prefix("sha256=")
        .event("/object", "")
        .handshake(Handshake::Meta)
        .source("Meta's documentation, \"Webhooks: Getting started\", and its sample"),
    body_hex("modern-treasury", "Modern Treasury", "X-Signature")
        .event("/event", "")
        .unsigned("X-Topic", "")
        .source("Modern Treasury's documentation and SDK"),
    body_hex("notion", "Notion", "X-Notion-Signature")
        .prefix("sha256=")
        .event_id("/id", "the webhook event's id; attempt_number changes with every attempt")
        .event("/type", "/timestamp")
        .handshake(Handshake::Notion)
        .source("Notion's SDK and documentation, \"Webhooks\""),
    body_hex("pagerduty", "PagerDuty (v3)", "X-PagerDuty-Signature")
        .layout(V1)
        .event_id("/event/id", "documented as unique to the event; X-Webhook-Id is not signed")
        .event("/event/event_type", "/event/occurred_at")
        .unsigned("", "X-Webhook-Id")
        .source("PagerDuty's documentation, \"Verifying signatures\"; go-pagerduty and its tests"),
    body_hex("pusher", "Pusher Channels", "X-Pusher-Signature")
        .event("", "/time_ms")
        .source("Pusher's documentation and server libraries"),
    body_hex("razorpay", "Razorpay", "X-Razorpay-Signature")
        .key(EventKeyRule::BodyHash, "x-razorpay-event-id is not signed, and the body has no id of the event")
        .event("/event", "/created_at")
        .unsigned("", "x-razorpay-event-id")
        .source("Razorpay's SDK and its tests; its documentation, \"Validate and test webhooks\""),
    body_hex("sentry", "Sentry (integrations)", "Sentry-Hook-Signature")
        .unsigned("Sentry-Hook-Resource", "Request-ID")
        .source("Sentry's documentation, \"Webhooks\""),
    body_hex("snyk", "Snyk", "X-Hub-Signature")
        .prefix("sha256=")
        .unsigned("X-Snyk-Event", "X-Snyk-Transport-ID")
        .source("Snyk's documentation, \"Webhooks\""),
];
