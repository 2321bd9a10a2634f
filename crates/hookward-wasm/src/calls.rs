//! The calls: reads their input, asks the core, writes their answer.

use hookward::limits::{BODY_BYTES, SECRETS};
use hookward::{Delivery, Error, Message, Policy, UnixSeconds};

use crate::answer::{Answer, Refusal};
use crate::input::Input;
use crate::kept::{Kept, Row};

/// What verifying and signing have in common.
pub(crate) struct Call {
    /// The provider's position in the catalogue.
    pub(crate) provider: usize,
    /// The handle of a list of secrets.
    pub(crate) secrets: usize,
    /// Length of the body, which stands at the end of the input unless it is over the cap.
    pub(crate) body_bytes: usize,
    /// Now, or the time to sign, in Unix seconds.
    pub(crate) time_s: f64,
}

impl Call {
    fn check_body(&self) -> Result<(), Error> {
        if self.body_bytes > BODY_BYTES {
            return Err(Error::BodyTooLarge { found: self.body_bytes, most: BODY_BYTES });
        }
        Ok(())
    }

    fn time(&self) -> UnixSeconds {
        UnixSeconds::new(whole(self.time_s))
    }
}

/// Lists the providers.
pub(crate) fn catalog(kept: &Kept, answer: &mut Answer) {
    answer.list(|answer| {
        answer.number(BODY_BYTES as u64);
        answer.number(SECRETS as u64);
        answer.list(|answer| kept.rows().iter().for_each(|row| describe(row, answer)));
    });
}

fn describe(row: &Row, answer: &mut Answer) {
    answer.list(|answer| {
        answer.text(row.provider.id);
        answer.text(row.provider.name);
        answer.number(row.provider.tolerance_s.into());
        answer.list(|answer| row.headers.iter().for_each(|header| answer.text(header)));
    });
}

/// Verifies a delivery.
pub(crate) fn verify<'k>(
    call: &Call,
    tolerance_s: f64,
    mut input: Input<'_>,
    kept: &'k Kept,
    answer: &mut Answer,
) -> Result<(), Refusal<'k>> {
    call.check_body()?;
    let Row { provider, headers } = kept.row(call.provider)?;
    let headers = input.headers(headers)?;
    let delivery = Delivery { headers: &headers, body: input.bytes(call.body_bytes)? };
    let policy = match tolerance_s {
        s if s < 0.0 => provider.policy(),
        s => Policy::without_store(u32::try_from(whole(s)).unwrap_or(u32::MAX))?,
    };
    let secrets = kept.secrets(call.secrets)?;
    if let Err(too_many @ Error::TooManySecrets { .. }) = secrets {
        return Err(Refusal::Kept(too_many));
    }
    let list = secrets.as_deref().unwrap_or_default();
    let event = match (hookward::verify(provider, list, &delivery, &policy, call.time()), secrets) {
        // The headers are within their caps: now is the secrets' turn.
        (Err(Error::NoSecret), Err(fault)) => return Err(Refusal::Kept(fault)),
        (verified, _) => verified?,
    };
    let envelope = event.envelope();
    answer.list(|answer| {
        answer.number(event.secret_index as u64);
        answer.maybe(event.timestamp, |answer, at| answer.number(at.get()));
        answer.text(event.freshness.as_str());
        answer.maybe(event.event_key(), |answer, key| answer.hex(&key.stored(provider.id)));
        answer.maybe(envelope.id(), |answer, id| answer.escaped(id.raw()));
        answer.maybe(envelope.event_type(), |answer, name| answer.escaped(name.raw()));
        answer.maybe(envelope.created(), |answer, at| answer.number(at.get()));
        answer.number(envelope.data().is_some().into());
    });
    Ok(())
}

/// Signs a body.
pub(crate) fn sign<'k>(
    call: &Call,
    mut input: Input<'_>,
    kept: &'k Kept,
    answer: &mut Answer,
) -> Result<(), Refusal<'k>> {
    call.check_body()?;
    let provider = kept.row(call.provider)?.provider;
    let [id, event_type, delivery_id] = [input.text()?, input.text()?, input.text()?];
    let body = input.bytes(call.body_bytes)?;
    let secrets = kept.secrets(call.secrets)?.as_ref().map_err(Refusal::Kept)?;
    let secret = secrets.first().ok_or(Error::NoSecret)?;
    let message = Message { id, timestamp: call.time(), body, event_type, delivery_id };
    let headers = hookward::sign(provider, secret, &message)?;
    answer.list(|answer| {
        for (name, value) in &headers {
            answer.list(|answer| {
                answer.text(name);
                answer.text(value);
            });
        }
    });
    Ok(())
}

/// Whole seconds of a number from JavaScript: the fraction is cut off, anything out of range is the
/// nearest there is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is meant")]
fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned as _;
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    /// One header or secret as it stands in the input.
    fn text(text: &str) -> Vec<u8> {
        [&u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat()
    }

    fn index(kept: &Kept, id: &str) -> usize {
        kept.rows().iter().position(|row| row.provider.id == id).unwrap()
    }

    /// The answer of verifying tinysend's signature header over a body, with one secret.
    fn tinysend(secret: &str, signature: &str, body_bytes: usize) -> String {
        let mut kept = Kept::new();
        let provider = index(&kept, "tinysend");
        let secrets = kept.add(provider, 1, &mut Input::new(&text(secret))).ok().unwrap();
        let input = [text(signature), b"{}".to_vec()].concat();
        let call = Call { provider, secrets, body_bytes, time_s: 0.0 };
        let mut answer = Answer::default();
        if let Err(refusal) = verify(&call, -1.0, Input::new(&input), &kept, &mut answer) {
            answer.refuse(&refusal);
        }
        answer.as_str().to_owned()
    }

    #[test]
    fn caps_come_first_then_secrets_then_signatures() {
        let code = |secret: &str, signature: &str, body_bytes| {
            let answer = tinysend(secret, signature, body_bytes);
            answer.split('"').nth(3).unwrap().to_owned()
        };
        let long = "0".repeat(4096);
        assert_eq!(code(" spaced ", &long, BODY_BYTES + 1), "body_too_large");
        assert_eq!(code(" spaced ", &long, 2), "header_too_large");
        assert_eq!(code(" spaced ", "junk", 2), "malformed_secret");
        assert_eq!(code("", "junk", 2), "no_secret");
        assert_eq!(code("secret", "junk", 2), "malformed_signature");
        assert_eq!(code("secret", &long[..64], 2), "signature_mismatch");
    }

    #[test]
    fn what_is_signed_verifies() {
        let mut kept = Kept::new();
        let provider = index(&kept, "letmepost");
        let secrets = kept.add(provider, 1, &mut Input::new(&text("secret"))).ok().unwrap();
        let body = br#"{"id":"a\u0062","type":"x","createdAt":7,"data":null}"#;
        let call = Call { provider, secrets, body_bytes: body.len(), time_s: 1_700_000_000.9 };
        let mut answer = Answer::default();
        let input = [&[255; 12][..], body].concat();
        assert!(sign(&call, Input::new(&input), &kept, &mut answer).is_ok());
        let signed: Vec<_> = answer.as_str().split('"').map(str::to_owned).collect();
        assert_eq!(
            [&*signed[1], &signed[5], &signed[7]],
            ["X-LMP-Signature", "X-LMP-Timestamp", "1700000000"]
        );

        answer.clear();
        let input = [text(&signed[3]), text(&signed[7]), vec![255; 4], body.to_vec()].concat();
        assert!(verify(&call, -1.0, Input::new(&input), &kept, &mut answer).is_ok());
        let (head, tail) = (r#"[0,1700000000,"fresh",""#, r#"","a\u0062","x",7,1]"#);
        assert!(
            answer.as_str().starts_with(head) && answer.as_str().ends_with(tail),
            "{}",
            answer.as_str()
        );
    }
}
