//! Handshakes: any request, to any provider.
//!
//! Input: the provider, or a row of one's own; the method; the URL; `secret`, `token` and `open` in any
//! number for what the receiver has; headers, in which `@H`, `@C`, `@B` and `@b` stand for the right
//! tag; an empty line; the body.

use base64ct::Encoding as _;
use hookward::{Delivery, Opening, Provider, Reply, Secret, UnixSeconds, handshake, verify};

use super::input::{KEY, NOW, filled, headers, secret, secret_text, text, with_provider};
use super::model;
use super::readings::{TARGET, readings};

const VERIFY_TOKEN: &str = "a verify token";

pub fn holds(mut input: &[u8]) {
    let mut line = || text(&mut input);
    let (Some(provider), Some(method), Some(url), Some(has)) = (line(), line(), line(), line())
    else {
        return;
    };
    let Some(mut headers) = headers(&mut input) else { return };
    let body = input;
    with_provider(provider, |row| {
        let tag = model::right_tag(row, &headers, body);
        for (_, value) in &mut headers {
            *value = filled(value, tag);
        }
        let secrets: Vec<_> = secret(row).filter(|_| has.contains("secret")).into_iter().collect();
        let opening = Opening {
            verify_token: has.contains("token").then_some(VERIFY_TOKEN),
            takes_secret: has.contains("open"),
        };
        let delivery = Delivery { target: Some(TARGET), ..Delivery::new(&headers, body) };
        let now = UnixSeconds::new(NOW);
        let reply = handshake(row, &secrets, method, url, &delivery, opening, &row.policy(), now);
        if row.handshake.as_str().is_empty() {
            assert!(matches!(reply, Ok(None)), "it makes no handshake");
        }
        let Ok(Some(reply)) = reply else { return };
        let is_delivery = verify(row, &secrets, &delivery, &row.policy(), now).is_ok();
        if ["slack", "twitch", "xero", "zoom"].contains(&row.handshake.as_str()) {
            assert!(is_delivery, "it signs its handshakes");
        }
        if reply.secret.is_some() {
            assert!(opening.takes_secret && secrets.is_empty(), "nobody waits for a secret");
        }
        for secret in &secrets {
            buys_nothing(row, secret, &reply, url);
            let asked = [url.as_bytes(), body].concat();
            let said = secret_text(row, KEY);
            let knew = asked.windows(said.len()).any(|part| part == said.as_bytes());
            assert!(knew || !reply.body.contains(&said), "a secret is shown");
        }
        assert!(["text/plain", "application/json"].contains(&reply.content_type));
        assert!(reply.body.bytes().all(|b| b.is_ascii_graphic()), "{}", reply.body);
    });
}

/// Whatever in the answer is a tag over a text in it or in the URL, no delivery has it.
fn buys_nothing(row: &Provider<'_>, secret: &Secret, reply: &Reply, url: &str) {
    let asked = unescaped(url);
    let texts = || reply.body.split('"').chain(asked.split(['?', '&', '=', '#']));
    let words = reply.body.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=_-".contains(c));
    for word in words.map(|word| word.trim_start_matches("sha256=")) {
        let bytes = hex::decode(word).or_else(|_| base64ct::Base64::decode_vec(word));
        let Ok(tag) = <[u8; 32]>::try_from(bytes.unwrap_or_default()) else { continue };
        let mut found = texts().filter(|text| secret.tag([text.as_bytes()].into_iter()) == tag);
        let content = found.next().expect("what is signed is what was asked");
        refuses_all(row, secret, content, tag);
    }
}

fn unescaped(url: &str) -> String {
    let mut parts = url.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits.filter(u8::is_ascii) {
            Some(byte) => {
                text.push(char::from(byte));
                text.push_str(&part[2..]);
            }
            None => text.push_str(part),
        }
    }
    text
}

fn refuses_all(row: &Provider<'_>, secret: &Secret, content: &str, tag: [u8; 32]) {
    for reading in readings(row, content.as_bytes()) {
        let claim = reading.claim(row, tag);
        let delivery =
            Delivery { target: Some(TARGET), ..Delivery::new(&claim.headers, &claim.body) };
        let secrets = std::slice::from_ref(secret);
        let verified = verify(row, secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
        assert!(verified.is_err(), "{content} buys {reading:?}");
    }
}
