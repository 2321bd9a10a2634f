//! The Standard Webhooks family: `{id}.{timestamp}.{body}`, base64, a list of signatures. Each attempt
//! is signed afresh.

use super::Provider;
use super::build::body_hex;
use crate::event_key::EventKeyRule;
use crate::scheme::{Encoding, HeaderNames, Layout, Scheme, Template, TimeAt, TimeForm};
use crate::secret::KeyForm;

const STANDARD: HeaderNames<'_> =
    HeaderNames::signature("webhook-signature").timestamp("webhook-timestamp").id("webhook-id");
const SVIX: HeaderNames<'_> =
    HeaderNames::signature("svix-signature").timestamp("svix-timestamp").id("svix-id");
const FINCH: HeaderNames<'_> =
    HeaderNames::signature("Finch-Signature").timestamp("Finch-Timestamp").id("Finch-Event-Id");

/// The family's scheme under these headers, or those.
const fn family(
    id: &'static str,
    name: &'static str,
    headers: HeaderNames<'static>,
    other_headers: Option<HeaderNames<'static>>,
) -> Provider<'static> {
    body_hex(id, name, "")
        .scheme(&Scheme {
            headers,
            other_headers,
            layout: Layout::versioned("v1"),
            encoding: Encoding::Base64,
            time: TimeAt::Header(TimeForm::Seconds),
            signed: Template::new("{id}.{timestamp}.{body}"),
            key: KeyForm::Base64 { prefix: "whsec_" },
        })
        .key(
            EventKeyRule::Header,
            "the signed id header is the message's, the same on every attempt",
        )
}

const fn standard(id: &'static str, name: &'static str) -> Provider<'static> {
    family(id, name, STANDARD, None)
}

const fn svix(id: &'static str, name: &'static str) -> Provider<'static> {
    family(id, name, SVIX, None)
}

pub(super) const ROWS: &[Provider<'_>] = &[
    family("standard-webhooks", "Standard Webhooks", STANDARD, Some(SVIX))
        .event("/type", "/timestamp")
        .source("the Standard Webhooks specification"),
    family("svix", "Svix", SVIX, Some(STANDARD))
        .event("/type", "/timestamp")
        .source("Svix's documentation, \"Verifying webhooks manually\"; its npm package svix"),
    standard("anthropic", "Anthropic")
        .event("/data/type", "/created_at")
        .source("Anthropic's SDK, webhook unwrapping and event types"),
    standard("brex", "Brex")
        .event("/event_type", "")
        .source("Brex's developer documentation, \"Webhooks\" (secrets come without whsec_)"),
    svix("clerk", "Clerk")
        .event("/type", "/timestamp")
        .source("Clerk's documentation and its SDK's verifyWebhook"),
    standard("dodo-payments", "Dodo Payments")
        .event("/type", "/timestamp")
        .source("Dodo Payments' documentation and SDK"),
    family("finch", "Finch", FINCH, None)
        .event("/event_type", "")
        .source("Finch's SDK (secrets come without a prefix)"),
    standard("gitlab", "GitLab (signing token)")
        .event("/object_kind", "")
        .unsigned("X-Gitlab-Event", "")
        .source("GitLab's merge request that introduced signing tokens, for GitLab 19.0 and newer"),
    family("incident-io", "incident.io", STANDARD, Some(SVIX))
        .event("/event_type", "")
        .source("incident.io's documentation, which names Svix; header names from its users' receivers"),
    standard("lithic", "Lithic")
        .event("/event_type", "")
        .source("Lithic's SDK and its tests"),
    standard("liveblocks", "Liveblocks")
        .event("/type", "")
        .source("Liveblocks' documentation and SDK"),
    standard("openai", "OpenAI")
        .event("/type", "/created_at")
        .source("OpenAI's SDK, webhook unwrapping, and its tests"),
    standard("polar", "Polar (secrets made since September 2026)")
        .event("/type", "/timestamp")
        .source("Polar's SDK 1.0.1"),
    standard("polar-raw", "Polar (secrets made before September 2026)")
        .secret(KeyForm::Text)
        .event("/type", "/timestamp")
        .source("Polar's SDK 1.0.1: the whole secret is the key"),
    standard("render", "Render")
        .event("/type", "/timestamp")
        .source("Render's documentation, \"Webhooks\""),
    standard("replicate", "Replicate")
        .source("Replicate's documentation, \"Verify webhooks\", and its client (the body's id is the prediction's)"),
    svix("resend", "Resend")
        .event("/type", "/created_at")
        .source("Resend's SDK"),
    standard("supabase", "Supabase (Auth hooks)")
        .secret(KeyForm::Base64 { prefix: "v1,whsec_" })
        .key(EventKeyRule::Header, "the signed id header; each attempt has one of its own, so that a retry is a new event")
        .event("", "/metadata/time")
        .source("Supabase Auth's source and documentation"),
    standard("whop", "Whop")
        .secret(KeyForm::Text)
        .event("/type", "/timestamp")
        .source("Whop's SDK and documentation: the whole secret is the key"),
];
