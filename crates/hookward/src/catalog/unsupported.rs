//! Providers that do not use HMAC-SHA256 over the payload: named, so that a user is told rather than
//! left guessing.

/// A provider that is known, and cannot be verified here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsupported {
    /// The id by which users would name it.
    pub id: &'static str,
    /// What it uses, in words that go on from "it uses".
    pub uses: &'static str,
}

const SHA1: &str = "HMAC-SHA1";
const ED25519: &str = "Ed25519";
const TOKEN: &str = "a token that signs nothing";

const ROWS: [(&str, &str); 16] = [
    ("chargebee", "HTTP Basic authentication, which signs nothing"),
    ("discord", ED25519),
    ("gitlab-token", TOKEN),
    ("intercom", SHA1),
    ("livekit", "a JWT"),
    ("mailgun", "a signature that does not cover the payload"),
    ("paypal", "RSA"),
    ("paystack", "HMAC-SHA512"),
    ("plaid", "a JWT under ES256"),
    ("remotion", "HMAC-SHA512"),
    ("sendgrid", "ECDSA"),
    ("telegram", TOKEN),
    ("telnyx", ED25519),
    ("trello", SHA1),
    ("twilio", SHA1),
    ("vercel", SHA1),
];

/// The providers that are known not to use HMAC-SHA256 over the payload.
pub fn unsupported() -> impl Iterator<Item = Unsupported> {
    ROWS.into_iter().map(|(id, uses)| Unsupported { id, uses })
}
