//! Any request, to any provider.
//!
//! Input: the provider, or a row of one's own; headers, in which `@H`, `@C`, `@B` and `@b` stand for
//! the right tag; an empty line; the body.

use hookward::{Delivery, UnixSeconds, verify};

use super::input::{NOW, filled, headers, secret, text, with_provider};
use super::model;
use super::readings::TARGET;

/// A request is accepted just if it has the right tag, by an HMAC of our own, and is what it must be.
pub fn holds(mut input: &[u8]) {
    let Some((provider, mut headers)) = text(&mut input).zip(headers(&mut input)) else { return };
    with_provider(provider, |row| {
        let Some(secret) = secret(row) else { return };
        let tag = model::right_tag(row, &headers, input);
        for (_, value) in &mut headers {
            *value = filled(value, tag);
        }
        let delivery = Delivery { target: Some(TARGET), ..Delivery::new(&headers, input) };
        let secrets = [secret];
        let verified = verify(row, &secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
        if let Ok(verified) = &verified {
            assert_eq!(verified.body(), input);
            // Reading on, whatever the body is.
            let _ = (verified.event_key(), verified.envelope().id(), verified.envelope().created());
        }
        let code = verified.map_or_else(|error| error.code(), |_| "ok");
        if let Some(accepts) = model::accepts(row, &headers, input) {
            assert_eq!(code == "ok", accepts, "{code}");
        }
    });
}
