//! Verifying a delivery, and telling what is in it.

use hookward::limits::BODY_BYTES;
use hookward::{
    Delivery, EventKeyRule, Freshness, JsonText, Policy, Target, UnixSeconds, Unverified, Verified,
};

use crate::answer::Error;
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
pub(crate) fn verify<'m>(
    call: &Call,
    times: &Times,
    row: &'static Row,
    headers: &'m FoundHeaders<'m>,
    target: Option<Target<'m>>,
    memory: Parts<'m>,
    kept: &Kept,
) -> Result<Verified<'m>, Error> {
    let Parts { before, body, after, .. } = memory;
    let list = kept.secrets(call.provider, call.secrets);
    let delivery = Delivery { headers, body, target };
    let unverified = match Unverified::read(&row.provider, list.count, &delivery) {
        // The headers are within their caps: now is the secrets' turn.
        Err(Error::NoSecret) => return Err(list.fault),
        read => read?,
    };
    let policy = times.policy()?;
    let mut content = Content::new(unverified.signed(), before, body, after);
    let mut tags = list.secrets.iter().map(|secret| {
        let by_host = content.as_mut().and_then(|content| content.tag(secret));
        by_host.unwrap_or_else(|| secret.tag(unverified.signed()))
    });
    unverified.verify(&mut tags, &policy, UnixSeconds::new(whole(times.now)))
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

/// What is in the body, for JavaScript to read: numbers, since the texts stand in the memory already.
pub(crate) type Fields = [f64; 7];

/// Tells what is in the body: see [`crate::fields`].
#[expect(clippy::cast_precision_loss, reason = "addresses have 32 bits")]
pub(crate) fn fields(event: &Verified<'_>) -> Fields {
    let envelope = event.envelope();
    let (id, is_plain) = match (event.provider().event_key, event.signed_id()) {
        (EventKeyRule::Header, Some(id)) => (id, 1.0),
        _ => (raw(envelope.id()), 0.0),
    };
    let [id, event_type] = [id, raw(envelope.event_type())].map(|text| {
        let at = text.as_ptr_range();
        [at.start, at.end].map(|at| at as usize as f64)
    });
    let created = seconds_or_none(envelope.created());
    let has_data = if envelope.data().is_some() { 1.0 } else { 0.0 };
    [id[0], id[1], event_type[0], event_type[1], created, has_data, is_plain]
}

/// A text as it stands in the body; an empty one, which no field has, if it is not there.
fn raw(text: Option<JsonText<'_>>) -> &[u8] {
    text.map_or("", JsonText::raw).as_bytes()
}

/// Unix seconds; below 0 for no time.
#[expect(clippy::cast_precision_loss, reason = "no time that is read has more than 13 digits")]
pub(crate) fn seconds_or_none(time: Option<UnixSeconds>) -> f64 {
    time.map_or(-1.0, |time| time.get() as f64)
}

/// Whole seconds of a number from JavaScript: the fraction is cut off, anything out of range is the
/// nearest there is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is meant")]
pub(crate) fn whole(seconds: f64) -> u64 {
    seconds as u64
}

/// The same, of no more than a century.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating is meant")]
fn seconds(seconds: f64) -> u32 {
    seconds as u32
}
