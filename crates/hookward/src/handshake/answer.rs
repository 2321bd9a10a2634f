//! Telling a handshake from a delivery, and answering it.

use alloc::borrow::Cow;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq as _;

use super::query::{self, Value as Param};
use super::{Handshake, is_token};
use crate::catalog::Provider;
use crate::encoding::{base64, hex};
use crate::error::Error;
use crate::header::Lookup;
use crate::json::{self, Found};
use crate::limits::{HEADER_BYTES, SECRET_BYTES};
use crate::replay::Policy;
use crate::secret::Secret;
use crate::time::UnixSeconds;
use crate::verify::{Delivery, verify};

/// What a receiver brings to a handshake.
#[derive(Clone, Copy, Default)]
pub struct Opening<'a> {
    /// The token that was typed into the provider's form beside the URL: Meta's verify token.
    pub verify_token: Option<&'a str>,
    /// Whether a secret may arrive now: an authenticated call has said so, minutes ago.
    pub takes_secret: bool,
}

/// The answer to a handshake: status 200, and this.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Headers to answer with, besides `content-type` and `x-content-type-options: nosniff`.
    pub header: Option<(&'static str, String)>,
    /// The body's type: `text/plain` or `application/json`.
    pub content_type: &'static str,
    /// The body, possibly empty.
    pub body: String,
    /// The secret that arrived: to be kept from now on.
    pub secret: Option<String>,
}

/// Without the secret.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .field("brings_secret", &self.secret.is_some())
            .finish_non_exhaustive()
    }
}

const CLOSED: Error<'static> = Error::HandshakeClosed;

/// Answers the provider's handshake. `Ok(None)` if the request is none: it is then a delivery, to be
/// [verified](verify()).
///
/// `method` and `url` are the request's own; of the URL the query is read. In `delivery`, `target` is
/// what it is for [`verify()`].
///
/// # Errors
/// What [`verify()`] refuses, for handshakes that are signed; [`Error::InvalidHandshake`];
/// [`Error::HandshakeClosed`] for a secret that nobody waits for.
#[expect(clippy::too_many_arguments, reason = "all of them are the request, or what verify takes")]
pub fn handshake<'p>(
    provider: &'p Provider<'p>,
    secrets: &[Secret],
    method: &str,
    url: &str,
    delivery: &Delivery<'_>,
    opening: Opening<'_>,
    policy: &Policy,
    now: UnixSeconds,
) -> Result<Option<Reply>, Error<'p>> {
    let body = delivery.body;
    let signed = || verify(provider, secrets, delivery, policy, now).map(|ok| ok.secret_index);
    let post = method == "POST";
    let get = method == "GET";
    let text = |pointer| json::at(body, pointer).once()?.text()?.to_text();
    let says = |pointer, what: &str| text(pointer).is_some_and(|said| said == what);
    let param = |name| match query::value(url, name) {
        Param::Missing => Ok(None),
        Param::One(value) => Ok(Some(value)),
        Param::Unclear => Err(invalid("has a parameter twice, or one that is not UTF-8")),
    };
    let reply = match provider.handshake {
        Handshake::Slack if post && says("/type", "url_verification") => {
            signed()?;
            echo(text("/challenge"))?
        }
        Handshake::Twitch
            if post && says("/subscription/status", "webhook_callback_verification_pending") =>
        {
            signed()?;
            echo(text("/challenge"))?
        }
        Handshake::Zoom if post && says("/event", "endpoint.url_validation") => {
            let secret = secrets.get(signed()?).ok_or(Error::NoSecret)?;
            let token = token(text("/payload/plainToken"))?;
            let tag = hex(&secret.tag([token.as_bytes()].into_iter()));
            let quoted = [r#"{"plainToken":""#, &token, r#"","encryptedToken":""#, &tag, r#""}"#];
            json_reply(quoted.concat())
        }
        Handshake::X if get => {
            let Some(token_param) = param("crc_token")? else { return Ok(None) };
            let token = token(Some(token_param.into()))?;
            // The current secret stands first.
            let secret = secrets.first().ok_or(Error::NoSecret)?;
            let tag = base64(&secret.tag([token.as_bytes()].into_iter()));
            json_reply([r#"{"response_token":"sha256="#, &tag, r#""}"#].concat())
        }
        Handshake::Dropbox if get => {
            let Some(challenge) = param("challenge")? else { return Ok(None) };
            echo(Some(challenge.into()))?
        }
        Handshake::Meta if get => {
            let Some(token) = param("hub.verify_token")? else { return Ok(None) };
            let Some(wanted) = opening.verify_token.filter(|token| !token.is_empty()) else {
                return Err(invalid("asks for a verify token, and none is configured"));
            };
            if !bool::from(token.as_bytes().ct_eq(wanted.as_bytes())) {
                return Err(invalid("brings another verify token than the configured one"));
            }
            if param("hub.mode")?.as_deref() != Some("subscribe") {
                return Err(invalid("is of an unknown mode"));
            }
            echo(param("hub.challenge")?.map(Cow::from))?
        }
        Handshake::Xero if post && has_no_events(body) => {
            signed()?;
            plain(String::new())
        }
        Handshake::WooCommerce if post && !is_signed(provider, delivery) && is_ping(body) => {
            plain(String::new())
        }
        Handshake::Asana if post && !is_signed(provider, delivery) => {
            let Some(secret) = arrived(delivery, "X-Hook-Secret")? else { return Ok(None) };
            let secret = taken(provider, secrets, opening, &secret)?;
            Reply {
                header: Some(("X-Hook-Secret", secret.clone())),
                secret: Some(secret),
                ..plain(String::new())
            }
        }
        Handshake::Notion if post => {
            let Some(token) = text("/verification_token") else { return Ok(None) };
            let secret = taken(provider, secrets, opening, &token)?;
            if is_signed(provider, delivery) {
                // Signed with the token that it brings: shows no more than that nothing was lost.
                let own = [Secret::parse(provider, &secret)?];
                verify(provider, &own, delivery, policy, now)?;
            }
            Reply { secret: Some(secret), ..plain(String::new()) }
        }
        _ => return Ok(None),
    };
    Ok(Some(reply))
}

fn invalid(fault: &'static str) -> Error<'static> {
    Error::InvalidHandshake { fault }
}

fn plain(body: String) -> Reply {
    Reply { header: None, content_type: "text/plain", body, secret: None }
}

fn json_reply(body: String) -> Reply {
    Reply { content_type: "application/json", ..plain(body) }
}

/// A challenge, as it came: of visible characters and of a bounded length.
fn echo(challenge: Option<Cow<'_, str>>) -> Result<Reply, Error<'static>> {
    let challenge = challenge.ok_or_else(|| invalid("has no challenge"))?;
    let fits = (1..=HEADER_BYTES).contains(&challenge.len());
    if !fits || !challenge.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(invalid("has a challenge that is not 1 to 2048 visible ASCII characters"));
    }
    Ok(plain(challenge.into_owned()))
}

/// A token that may be answered under HMAC.
fn token(token: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, Error<'static>> {
    token
        .filter(|token| is_token([token.as_bytes()].into_iter()))
        .ok_or_else(|| invalid("has no token of 1 to 128 letters, digits, \"_\" and \"-\""))
}

/// The secret in a header, if the header is there.
fn arrived(delivery: &Delivery<'_>, header: &str) -> Result<Option<String>, Error<'static>> {
    match delivery.headers.find(header) {
        Lookup::Missing => Ok(None),
        Lookup::One(value) if value.len() <= SECRET_BYTES => match core::str::from_utf8(value) {
            Ok(value) => Ok(Some(value.into())),
            Err(_) => Err(invalid("brings a secret that is not text")),
        },
        Lookup::One(_) => Err(invalid("brings a secret of over 512 bytes")),
        Lookup::Many => Err(invalid("brings its secret twice")),
    }
}

/// A secret that has arrived, if one may: never in the place of another.
fn taken(
    provider: &Provider<'_>,
    secrets: &[Secret],
    opening: Opening<'_>,
    secret: &str,
) -> Result<String, Error<'static>> {
    if !opening.takes_secret || !secrets.is_empty() {
        return Err(CLOSED);
    }
    if !secret.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(invalid("brings a secret that is not of visible ASCII characters"));
    }
    Secret::parse(provider, secret).map_err(|_| invalid("brings a secret that is none"))?;
    Ok(secret.to_string())
}

/// Whether a signature header is there at all.
fn is_signed(provider: &Provider<'_>, delivery: &Delivery<'_>) -> bool {
    let mut names = provider.scheme.headers.signatures();
    names.any(|name| delivery.headers.find(name) != Lookup::Missing)
}

/// Whether the body's `events` are an empty list.
fn has_no_events(body: &[u8]) -> bool {
    let Found::Once(value) = json::at(body, "/events") else { return false };
    value.raw().bytes().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<_>>() == b"[]"
}

/// Whether the body is `webhook_id=` and a number.
fn is_ping(body: &[u8]) -> bool {
    body.strip_prefix(b"webhook_id=")
        .is_some_and(|id| (1..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}
