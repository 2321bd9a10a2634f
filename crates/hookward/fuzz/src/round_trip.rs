//! What is signed verifies, and nothing that is one byte off does.
//!
//! Input: the provider, the id, the seconds from now on, where to change something and to what (two
//! numbers), and the body.

use hookward::scheme::Encoding;
use hookward::{Delivery, Message, UnixSeconds, sign, verify};

use super::input::{NOW, secret, text, with_provider};
use super::model;
use super::readings::TARGET;

pub fn holds(mut input: &[u8]) {
    let Some(provider) = text(&mut input) else { return };
    let (Some(id), Some(ahead), Some(at), Some(change)) =
        (text(&mut input), number(&mut input), number(&mut input), number(&mut input))
    else {
        return;
    };
    with_provider(provider, |row| {
        let Some(secret) = secret(row) else { return };
        let message = Message {
            target: Some(TARGET),
            id: Some(id),
            timestamp: UnixSeconds::new(NOW.saturating_add(ahead)),
            body: input,
            event_type: None,
            delivery_id: None,
        };
        let Ok(headers) = sign(row, &secret, &message) else { return };
        let headers: Vec<_> =
            headers.into_iter().map(|(n, v)| (n.to_owned(), v.into_bytes())).collect();
        let accepted = |headers: &Vec<(String, Vec<u8>)>, body: &[u8]| {
            let delivery = Delivery { target: Some(TARGET), ..Delivery::new(headers, body) };
            let secrets = std::slice::from_ref(&secret);
            verify(row, secrets, &delivery, &row.policy(), UnixSeconds::new(NOW)).is_ok()
        };
        let is_accepted = accepted(&headers, input);
        assert_eq!(Some(is_accepted), model::accepts(row, &headers, input).or(Some(is_accepted)));
        let change = u8::try_from(change % 255).expect("it is below 255") + 1;
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        if !input.is_empty() {
            let mut body = input.to_vec();
            let at = at % body.len();
            body[at] ^= change;
            assert!(!accepted(&headers, &body), "byte {at} of the body");
        }
        for which in 0..headers.len() {
            let mut headers = headers.clone();
            let value = &mut headers[which].1;
            let at = at % value.len();
            let old = value[at];
            value[at] ^= change;
            let same_digit = which == usize::from(row.scheme.headers.id.is_some())
                && row.scheme.encoding == Encoding::Hex
                && at + 64 >= value.len()
                && old.eq_ignore_ascii_case(&value[at]);
            if !same_digit {
                assert!(!accepted(&headers, input), "byte {at} of {}", headers[which].0);
            }
        }
    });
}

fn number(input: &mut &[u8]) -> Option<u64> {
    text(input)?.parse().ok()
}
