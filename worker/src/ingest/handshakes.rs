//! Providers' handshakes, as the core answers them, and the secrets that some of them bring.

use hookward::{Delivery, Handshake, Opening, Provider, Reply, Secret};
use worker::{Headers, Response};

use super::sources::{Source, forget_all};
use crate::clock::Millis;
use crate::config::Config;
use crate::problem::Problem;
use crate::registry::rows::TakeSecret;
use crate::registry::secrets::{SecretRow, Validity};

/// The header that a handshake brings.
pub(super) fn header(provider: &Provider<'_>) -> Option<&'static str> {
    (provider.handshake == Handshake::Asana).then_some("X-Hook-Secret")
}

/// Whether the provider wants its answers without a body, those to deliveries included.
pub(super) fn is_bodiless(provider: &Provider<'_>) -> bool {
    provider.handshake == Handshake::Xero
}

/// The answer to the provider's handshake; `None` if the request is none.
pub(super) async fn answer(
    config: &Config,
    source: &Source,
    provider: &Provider<'_>,
    secrets: &[Secret],
    (method, url): (&str, &str),
    delivery: &Delivery<'_>,
    now: Millis,
) -> Result<Option<Reply>, Problem> {
    if provider.handshake == Handshake::None {
        return Ok(None);
    }
    let opening = Opening {
        verify_token: source.verify_token.as_ref().map(|token| token.as_str()),
        takes_secret: source.open_until.is_some_and(|until| now < until),
    };
    let reply = hookward::handshake(
        provider,
        secrets,
        method,
        url,
        delivery,
        opening,
        &source.policy,
        now.seconds(),
    );
    let reply = reply.map_err(|error| super::refused(&error))?;
    if let Some(secret) = reply.as_ref().and_then(|reply| reply.secret.as_deref()) {
        keep(config, source, secret, now).await?;
    }
    Ok(reply)
}

/// Keeps a secret before the handshake is answered. Whether it may still be taken, the registry
/// says: what this isolate remembers of the source may be seconds old.
async fn keep(config: &Config, source: &Source, secret: &str, now: Millis) -> Result<(), Problem> {
    let seal = &config.keys()?.seal;
    let sealed = seal.seal(&source.id.to_string(), "secret", secret.as_bytes());
    let sealed = sealed.map_err(|_| Problem::unavailable())?;
    let secret = SecretRow { sealed, validity: Validity::default() };
    let kept = config.ask_registry(&TakeSecret { id: source.id, secret, now_ms: now.0 }).await;
    forget_all();
    kept
}

/// A reply as HTTP has it.
pub(super) fn response(reply: &Reply) -> worker::Result<Response> {
    let headers = Headers::new();
    headers.set("content-type", reply.content_type)?;
    headers.set("x-content-type-options", "nosniff")?;
    headers.set("cache-control", "no-store")?;
    if let Some((name, value)) = &reply.header {
        headers.set(name, value)?;
    }
    let body = reply.body.as_bytes().to_vec();
    Ok(Response::builder().with_status(200).with_headers(headers).fixed(body))
}
