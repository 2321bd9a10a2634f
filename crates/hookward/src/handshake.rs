//! Handshakes: the requests by which a provider makes sure that a URL wants its deliveries.
//!
//! A handshake never signs what a delivery could be: where the provider signs it, it is verified
//! first; a token that is answered under HMAC is of an alphabet that no event is written in; a secret
//! that arrives in one is taken only by a receiver that has been opened for it and has none yet.

#[cfg(feature = "alloc")]
mod answer;
#[cfg(feature = "alloc")]
mod query;

#[cfg(feature = "alloc")]
pub use answer::{Opening, Reply, handshake};

/// Which handshake a provider makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Handshake {
    /// None.
    None,
    /// Asana: a POST with `X-Hook-Secret`, which is answered with the same header.
    Asana,
    /// Dropbox: a GET with `challenge`, which is echoed.
    Dropbox,
    /// Meta: a GET with `hub.verify_token`, whose `hub.challenge` is echoed.
    Meta,
    /// Notion: a POST with a `verification_token`, which is the secret.
    Notion,
    /// Slack: a signed POST of the type `url_verification`, whose `challenge` is echoed.
    Slack,
    /// Twitch: a signed POST for a subscription that waits for it, whose `challenge` is echoed.
    Twitch,
    /// WooCommerce: an unsigned form with a `webhook_id` and nothing else, which is no event.
    WooCommerce,
    /// X: a GET with `crc_token`, which is answered under HMAC.
    X,
    /// Xero: signed POSTs without events, of which the well signed are answered with 200 and the
    /// others with 401, both without a body.
    Xero,
    /// Zoom: a signed POST of `endpoint.url_validation`, whose `plainToken` is answered under HMAC.
    Zoom,
}

/// All of them, with the names that a row has for them.
const NAMES: [(&str, Handshake); 11] = [
    ("", Handshake::None),
    ("asana", Handshake::Asana),
    ("dropbox", Handshake::Dropbox),
    ("meta", Handshake::Meta),
    ("notion", Handshake::Notion),
    ("slack", Handshake::Slack),
    ("twitch", Handshake::Twitch),
    ("woocommerce", Handshake::WooCommerce),
    ("x", Handshake::X),
    ("xero", Handshake::Xero),
    ("zoom", Handshake::Zoom),
];

impl Handshake {
    /// The handshake of that name; of the empty one, none.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, handshake)| *handshake)
    }

    /// A stable name; empty for [`Handshake::None`].
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// Whether this content could have been signed by answering a handshake. It is then no delivery.
    pub(crate) fn could_sign<'c>(self, content: impl Iterator<Item = &'c [u8]>) -> bool {
        self.signs_a_token() && is_token(content)
    }

    /// Whether a token is answered under HMAC.
    pub(crate) const fn signs_a_token(self) -> bool {
        matches!(self, Self::X | Self::Zoom)
    }
}

/// A token that may be answered under HMAC.
fn is_token<'c>(pieces: impl Iterator<Item = &'c [u8]>) -> bool {
    let mut length = 0;
    for piece in pieces {
        length += piece.len();
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-';
        if length > 128 || !piece.iter().all(is_plain) {
            return false;
        }
    }
    length > 0
}
