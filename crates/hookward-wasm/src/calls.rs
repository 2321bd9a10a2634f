//! The calls: reads their input, asks the core, writes their answer.

use hookward::limits::{BODY_BYTES, SECRETS};
use hookward::scheme::Part;
use hookward::{
    Delivery, Error, JsonText, KeyForm, Message, Policy, Provider, UnixSeconds, Unverified,
    Verified,
};

use crate::answer::{Answer, Refusal};
use crate::input::Input;
use crate::kept::{Kept, Row};

/// Bytes of an HMAC-SHA256 tag.
const TAG_BYTES: usize = 32;

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
    fn check_body(&self) -> Result<(), Error<'static>> {
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
        match row.provider.scheme.key {
            KeyForm::Text => answer.null(),
            KeyForm::Base64 { prefix } => answer.text(prefix),
            // Of a form that JavaScript does not know, the host makes no keys.
            _ => answer.number(0),
        }
    });
}

/// Verifies a delivery, or takes the first step of it: see [`By`].
pub(crate) fn verify<'k>(
    call: &Call,
    by: &By,
    mut input: Input<'_>,
    kept: &'k Kept,
    answer: &mut Answer,
) -> Result<(), Refusal<'k>> {
    call.check_body()?;
    let Row { provider, headers } = kept.row(call.provider)?;
    let given = match by.tags {
        // They stand first: whatever the host did, nothing of the delivery is read as one of them.
        Tags::Given(count) => input.bytes(count.saturating_mul(TAG_BYTES))?,
        Tags::Own | Tags::Ask => &[],
    };
    let headers = input.headers(headers)?;
    let list = match kept.secrets(call.secrets)? {
        Err(too_many @ Error::TooManySecrets { .. }) => return Err(Refusal::Kept(too_many)),
        list => list,
    };
    let secrets = list.as_deref().unwrap_or_default();
    let body = match by.tags {
        Tags::Ask => &[],
        Tags::Own | Tags::Given(_) => input.bytes(call.body_bytes)?,
    };
    let delivery = Delivery::new(&headers, body);
    let unverified = match (Unverified::read(provider, secrets.len(), &delivery), list) {
        // The headers are within their caps: now is the secrets' turn.
        (Err(Error::NoSecret), Err(fault)) => return Err(Refusal::Kept(fault)),
        (read, _) => read?,
    };
    match by.tags {
        Tags::Ask => {
            before_body(provider, &unverified, answer);
            return Ok(());
        }
        Tags::Given(count) if count != secrets.len() => return Err(Refusal::Misuse),
        Tags::Given(_) | Tags::Own => {}
    }
    let policy = match by.tolerance_s {
        s if s < 0.0 => provider.policy(),
        s => Policy::without_store(u32::try_from(whole(s)).unwrap_or(u32::MAX))?,
    };
    let mut given = given.as_chunks().0.iter().copied();
    let mut own = secrets.iter().map(|secret| secret.tag(unverified.signed()));
    let tags: &mut dyn Iterator<Item = [u8; TAG_BYTES]> = match by.tags {
        Tags::Given(_) => &mut given,
        Tags::Own | Tags::Ask => &mut own,
    };
    let event = unverified.verify(tags, &policy, call.time())?;
    tell(&event, provider, answer);
    Ok(())
}

/// How a delivery is verified.
pub(crate) struct By {
    pub(crate) tags: Tags,
    /// A negative tolerance stands for the provider's own.
    pub(crate) tolerance_s: f64,
}

/// Who computes the tags.
pub(crate) enum Tags {
    /// The core.
    Own,
    /// The host: it asks what it has to hash.
    Ask,
    /// The host: so many of them are in the input.
    Given(usize),
}

/// Tells what was signed before the body; `null` where something was signed after it as well, which
/// is left to the core.
fn before_body(provider: &Provider<'_>, unverified: &Unverified<'_, '_>, answer: &mut Answer) {
    answer.list(|answer| {
        if provider.scheme.signed.parts().last() == Some(Part::Body) {
            answer.joined(unverified.signed());
        } else {
            answer.null();
        }
    });
}

fn tell(event: &Verified<'_>, provider: &Provider<'_>, answer: &mut Answer) {
    let envelope = event.envelope();
    answer.list(|answer| {
        answer.number(event.secret_index as u64);
        answer.maybe_number(event.timestamp.map(UnixSeconds::get));
        answer.text(event.freshness.as_str());
        match event.event_key() {
            Some(key) => answer.hex(&key.stored(provider.id)),
            None => answer.null(),
        }
        answer.maybe_escaped(envelope.id().map(JsonText::raw));
        answer.maybe_escaped(envelope.event_type().map(JsonText::raw));
        answer.maybe_number(envelope.created().map(UnixSeconds::get));
        answer.number(envelope.data().is_some().into());
    });
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
    let timestamp = call.time();
    let message = Message { target: None, id, timestamp, body, event_type, delivery_id };
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

    fn said(answer: &Answer) -> &str {
        core::str::from_utf8(answer.as_bytes()).unwrap()
    }

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
        if let Err(refusal) = verify(
            &call,
            &By { tags: Tags::Own, tolerance_s: -1.0 },
            Input::new(&input),
            &kept,
            &mut answer,
        ) {
            answer.refuse(&refusal);
        }
        String::from_utf8(answer.as_bytes().to_vec()).unwrap()
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
        let signed: Vec<_> = said(&answer).split('"').map(str::to_owned).collect();
        assert_eq!(
            [&*signed[1], &signed[5], &signed[7]],
            ["X-LMP-Signature", "X-LMP-Timestamp", "1700000000"]
        );

        answer.clear();
        let input = [text(&signed[3]), text(&signed[7]), vec![255; 4], body.to_vec()].concat();
        assert!(
            verify(
                &call,
                &By { tags: Tags::Own, tolerance_s: -1.0 },
                Input::new(&input),
                &kept,
                &mut answer
            )
            .is_ok()
        );
        let (head, tail) = (r#"[0,1700000000,"fresh",""#, r#"","a\u0062","x",7,1]"#);
        assert!(
            said(&answer).starts_with(head) && said(&answer).ends_with(tail),
            "{}",
            said(&answer)
        );
    }

    #[test]
    fn tags_are_as_many_as_the_secrets_and_never_part_of_the_delivery() {
        let mut kept = Kept::new();
        let provider = index(&kept, "github");
        let secrets = kept.add(provider, 1, &mut Input::new(&text("secret"))).ok().unwrap();
        // The header says that the tag is the body's first 32 bytes.
        let body = [b'0'; 64];
        let header = text(&std::format!("sha256={}", "30".repeat(32)));
        let call = Call { provider, secrets, body_bytes: body.len(), time_s: 0.0 };
        let code = |tags: &[u8], given| {
            let input = [tags, &header, &body].concat();
            let by = By { tags: Tags::Given(given), tolerance_s: -1.0 };
            let mut answer = Answer::default();
            match verify(&call, &by, Input::new(&input), &kept, &mut answer) {
                Ok(()) => "accepted".to_owned(),
                Err(refusal) => {
                    answer.refuse(&refusal);
                    said(&answer).split('"').nth(3).unwrap().to_owned()
                }
            }
        };
        assert_eq!(code(&[b'0'; 32], 1), "accepted");
        assert_eq!(code(&[b'1'; 32], 1), "signature_mismatch");
        for (tags, given) in [(&[][..], 0), (&[b'0'; 64], 2), (&[], usize::MAX)] {
            assert_eq!(code(tags, given), "internal_error", "{given}");
        }
        for tags in [&[][..], &[b'0'; 31], &[b'0'; 33]] {
            assert_ne!(code(tags, 1), "accepted", "{}", tags.len());
        }
    }

    #[test]
    fn no_cap_is_over_what_javascript_passes_on_of_a_text() {
        use hookward::limits::{HEADER_BYTES, ID_BYTES, SECRET_BYTES};
        // TEXT_UNITS in npm/hookward/src/core.ts.
        assert!([HEADER_BYTES, ID_BYTES, SECRET_BYTES].iter().all(|cap| *cap < 4096));
    }
}
