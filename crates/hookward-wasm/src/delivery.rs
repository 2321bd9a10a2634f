//! Verifying a delivery, and telling what is in it.

use hookward::limits::BODY_BYTES;
use hookward::{
    Delivery, EventKeyRule, Freshness, JsonText, Policy, Target, UnixSeconds, Unverified, Verified,
};

use crate::answer::{Answer, Error, Refusal};
use crate::hash::Content;
use crate::input::FoundHeaders;
use crate::kept::{Kept, Row};
use crate::memory::Parts;

/// Which delivery.
pub(crate) struct Call {
    /// The provider's handle.
    pub(crate) provider: usize,
    /// The handle of a list of secrets.
    pub(crate) secrets: usize,
    /// Length of the body, which is in the memory unless it is over the cap.
    pub(crate) body_bytes: usize,
}

impl Call {
    pub(crate) fn check_body(&self) -> Result<(), Error> {
        if self.body_bytes > BODY_BYTES {
            return Err(Error::BodyTooLarge { found: self.body_bytes, most: BODY_BYTES });
        }
        Ok(())
    }
}

/// When it may have been signed, all of it in seconds: see [`crate::verify`].
pub(crate) struct Times {
    pub(crate) now: f64,
    pub(crate) tolerance: f64,
    pub(crate) horizon: f64,
    pub(crate) retention: f64,
    pub(crate) remembers_since: f64,
}

impl Times {
    pub(crate) fn policy(&self) -> Result<Policy, Error> {
        let tolerance = seconds(self.tolerance);
        if self.horizon < 0.0 {
            return Policy::without_store(tolerance);
        }
        let since = self.remembers_since;
        let since = (since >= 0.0).then(|| UnixSeconds::new(whole(since)));
        Policy::with_store(tolerance, seconds(self.horizon), seconds(self.retention), since)
    }
}

/// Verifies a delivery.
pub(crate) fn verify(
    call: &Call,
    times: &Times,
    row: &'static Row,
    headers: &'static FoundHeaders<'static>,
    target: Option<Target<'static>>,
    memory: Parts<'static>,
    kept: &Kept,
) -> Result<Verified<'static>, Refusal> {
    let Parts { before, body, after, .. } = memory;
    let list = kept.secrets(call.secrets)?;
    let secrets = list.as_deref().unwrap_or_default();
    if let Err(too_many @ Error::TooManySecrets { .. }) = list {
        return Err(too_many.clone().into());
    }
    let delivery = Delivery { headers, body, target };
    let unverified = match (Unverified::read(row.provider(), secrets.len(), &delivery), list) {
        // The headers are within their caps: now is the secrets' turn.
        (Err(Error::NoSecret), Err(fault)) => return Err(fault.clone().into()),
        (read, _) => read?,
    };
    let policy = times.policy()?;
    let mut content = Content::new(unverified.signed(), before, body, after);
    let mut tags = secrets.iter().map(|secret| {
        let by_host = content.as_mut().and_then(|content| content.tag(secret));
        by_host.unwrap_or_else(|| secret.tag(unverified.signed()))
    });
    Ok(unverified.verify(&mut tags, &policy, UnixSeconds::new(whole(times.now)))?)
}

/// The secret (of at most 8), the signature (of at most 16) and the freshness in one number: verified
/// again, the same request gives the same one if its body is the same.
pub(crate) fn verdict(event: &Verified<'_>) -> i32 {
    let index = event.secret_index + 8 * event.signature_index;
    let index = i32::try_from(index).unwrap_or_default();
    match event.freshness {
        Freshness::Fresh => index,
        Freshness::Late => index + 256,
        _ => index + 512,
    }
}

/// Tells the event's key.
pub(crate) fn event_key(event: &Verified<'_>, answer: &mut Answer) {
    answer.list(|answer| match event.event_key() {
        Some(key) => answer.hex(&key.stored(event.provider().id)),
        None => answer.null(),
    });
}

/// Tells what is in the body; as the id, where the event is known by the signed id header, that.
pub(crate) fn fields(event: &Verified<'_>, answer: &mut Answer) {
    let envelope = event.envelope();
    answer.list(|answer| {
        match (event.provider().event_key, event.signed_id()) {
            (EventKeyRule::Header, Some(id)) => answer.text(id),
            _ => answer.maybe_escaped(envelope.id().map(JsonText::raw)),
        }
        answer.maybe_escaped(envelope.event_type().map(JsonText::raw));
        match envelope.created() {
            Some(created) => answer.number(created.get()),
            None => answer.null(),
        }
        answer.number(envelope.data().is_some().into());
    });
}

/// Whole seconds of a number from JavaScript: the fraction is cut off, anything out of range is the
/// nearest there is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is meant")]
pub(crate) fn whole(seconds: f64) -> u64 {
    seconds as u64
}

fn seconds(seconds: f64) -> u32 {
    u32::try_from(whole(seconds)).unwrap_or(u32::MAX)
}
