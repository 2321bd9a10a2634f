//! Verifying a delivery: one order of checks, so that one input has one code.
//!
//! Caps, provider (named by the caller), secret, headers present, headers parsed, tag, time,
//! envelope. Time is judged only on a matching tag; duplicates are the caller's store's to tell.
//!
//! The provider and the secrets are looked up and parsed by the caller, before [`verify`] is called.
//! A header over its cap is `header_too_large` where it is there once; where it is there twice, as
//! two headers, it is `malformed_signature` whatever its length, and nothing of it is read.

mod headers;

use core::fmt;

use self::headers::Found;
use crate::catalog::Provider;
use crate::content::{Signed, Target};
use crate::envelope::{Envelope, EnvelopeRule, Fields};
use crate::error::Error;
use crate::event_key::EventKey;
use crate::header::Headers;
use crate::json::Found as Place;
use crate::limits::{BODY_BYTES, SECRETS};
use crate::replay::{Freshness, Policy};
use crate::scheme::{TimeAt, TimeForm};
use crate::secret::Secret;
use crate::signature::SignatureHeader;
use crate::time::UnixSeconds;

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// Its headers.
    pub headers: &'a dyn Headers,
    /// Its body, byte for byte: not decoded, not trimmed, not re-serialised.
    pub body: &'a [u8],
    /// Its method and URL, for schemes that sign them; `None` for all others.
    pub target: Option<Target<'a>>,
}

impl<'a> Delivery<'a> {
    /// A request of a scheme that signs neither method nor URL.
    pub fn new(headers: &'a dyn Headers, body: &'a [u8]) -> Self {
        Self { headers, body, target: None }
    }
}

/// A delivery that its provider signed.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Verified<'a> {
    /// Which of the secrets matched, counted from 0.
    pub secret_index: usize,
    /// Which of the signatures of the right length matched, counted from 0 in the order in which they
    /// were found: with the secret, it names the one content that can have been signed.
    pub signature_index: usize,
    /// The signed time, where there is one.
    pub timestamp: Option<UnixSeconds>,
    /// How the signed time stands to now.
    pub freshness: Freshness,
    provider: &'a Provider<'a>,
    signed_id: Option<&'a [u8]>,
    body: &'a [u8],
    /// Read already where the provider's envelope is known, or the time is in the body.
    envelope: Option<Envelope<'a>>,
}

impl<'a> Verified<'a> {
    /// What duplicates of this event are recognised by; `None` for providers whose identical bodies
    /// are different events.
    pub fn event_key(&self) -> Option<EventKey> {
        let id = |_: &str| self.envelope().id_value();
        self.provider.event_key.key_of(self.signed_id, self.body, id)
    }

    /// The event's fields, as far as the body has them.
    pub fn envelope(&self) -> Envelope<'a> {
        self.envelope.unwrap_or_else(|| Fields::read(self.provider, self.body).whatever())
    }

    /// Who sent it.
    pub fn provider(&self) -> &'a Provider<'a> {
        self.provider
    }

    /// The value of the signed id header, where the scheme has one.
    pub fn signed_id(&self) -> Option<&'a [u8]> {
        self.signed_id
    }

    /// The verified body.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}

/// Without the body: it is the user's data, and belongs in no log.
impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("provider", &self.provider.id)
            .field("secret_index", &self.secret_index)
            .field("timestamp", &self.timestamp)
            .field("freshness", &self.freshness)
            .field("event_key", &self.event_key())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Verifies a delivery of `provider` against each of `secrets`.
///
/// ```
/// use hookward::{Delivery, Secret, UnixSeconds, provider, verify};
///
/// let provider = provider("standard-webhooks")?;
/// let secrets = [Secret::parse(provider, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?];
/// let headers = [
///     ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
///     ("webhook-timestamp", "1614265330"),
///     ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
/// ];
/// let delivery = Delivery::new(&headers, br#"{"test": 2432232314}"#);
/// let now = UnixSeconds::new(1614265330);
///
/// let verified = verify(provider, &secrets, &delivery, &provider.policy(), now)?;
/// assert_eq!(verified.secret_index, 0);
/// assert_eq!(verified.event_key().unwrap().value(), b"msg_p5jXN8AQM9LWM0D4loKWxJek");
/// # Ok::<(), hookward::Error>(())
/// ```
///
/// # Errors
/// Any of [`Error`]'s, by the order of checks in this module's description.
pub fn verify<'p: 'a, 'a>(
    provider: &'p Provider<'p>,
    secrets: &[Secret],
    delivery: &Delivery<'a>,
    policy: &Policy,
    now: UnixSeconds,
) -> Result<Verified<'a>, Error<'p>> {
    let unverified = Unverified::read(provider, secrets.len(), delivery)?;
    let mut tags = secrets.iter().map(|secret| secret.tag(unverified.signed()));
    unverified.verify(&mut tags, policy, now)
}

/// A delivery whose headers have been read and held to their caps, and whose signature has not been
/// looked at.
///
/// [`verify()`] in two steps, for callers that have a faster SHA-256 at hand than this crate's:
/// between the two they compute the tags. Everything else is decided here, in the same order.
pub struct Unverified<'p, 'a> {
    provider: &'p Provider<'p>,
    delivery: Delivery<'a>,
    secrets: usize,
    signature: SignatureHeader<'a>,
    /// As written, and what it says.
    timestamp: Option<(&'a [u8], UnixSeconds)>,
    id: Option<&'a [u8]>,
}

impl<'p: 'a, 'a> Unverified<'p, 'a> {
    /// Reads the headers of a delivery, to be tried with that many secrets.
    ///
    /// # Errors
    /// What [`verify()`] refuses before it looks at a tag.
    pub fn read(
        provider: &'p Provider<'p>,
        secrets: usize,
        delivery: &Delivery<'a>,
    ) -> Result<Self, Error<'p>> {
        let (scheme, headers) = (&provider.scheme, delivery.headers);
        let body_bytes = delivery.body.len();
        if body_bytes > BODY_BYTES {
            return Err(Error::BodyTooLarge { found: body_bytes, most: BODY_BYTES });
        }
        if secrets > SECRETS {
            return Err(Error::TooManySecrets { found: secrets, most: SECRETS });
        }
        let found = Found::look_up(scheme, headers);
        found.check_caps(scheme)?;
        if scheme.signed.needs_target() {
            delivery.target.ok_or(Target::MISSING)?.check()?;
        }
        if secrets == 0 {
            return Err(Error::NoSecret);
        }
        found.check_presence(provider, headers)?;
        let mut signature = SignatureHeader::new();
        found.read_signatures(provider, headers, &mut signature)?;
        let id = found.read_id(scheme)?;
        let timestamp = found.read_time(scheme, signature.timestamp)?;
        Ok(Self { provider, delivery: *delivery, secrets, signature, timestamp, id })
    }

    /// What was signed, piece by piece, so that the body is never copied.
    pub fn signed(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let delivery = &self.delivery;
        let timestamp = self.timestamp.map_or(&[][..], |(text, _)| text);
        let id = self.id.unwrap_or_default();
        let target = delivery.target.unwrap_or_default();
        Signed { id, timestamp, body: delivery.body, target }.pieces(&self.provider.scheme.signed)
    }

    /// Verifies the delivery by `tags`: for each secret, in order, the HMAC-SHA256 under it of what was
    /// [signed](Self::signed): [`Secret::tag`], or [`Secret::tag_of_inner`] where something else has a
    /// faster SHA-256.
    ///
    /// # Errors
    /// What [`verify()`] refuses from the tag on.
    pub fn verify(
        &self,
        tags: &mut dyn Iterator<Item = [u8; 32]>,
        policy: &Policy,
        now: UnixSeconds,
    ) -> Result<Verified<'a>, Error<'p>> {
        let (provider, signature, body) = (self.provider, &self.signature, self.delivery.body);
        let matched = if signature.has_whole_tag() { signature.first_match(tags) } else { None };
        let (secret_index, signature_index) = matched.ok_or(Error::SignatureMismatch {
            signatures: signature.found,
            secrets: self.secrets,
        })?;
        if provider.handshake.could_sign(self.signed()) {
            let fault = "is a token such as the provider's handshake has signed, not an event";
            return Err(Error::MalformedEnvelope { fault });
        }
        let rule = provider.envelope;
        let (timestamp, fields) = match provider.scheme.time {
            TimeAt::Body { pointer, form } => {
                let fields = Fields::read(provider, body);
                (Some(body_time(pointer, form, fields.time)?), Some(fields))
            }
            TimeAt::Nowhere | TimeAt::Header(_) => {
                let known = rule != EnvelopeRule::Unknown;
                (self.timestamp.map(|(_, time)| time), known.then(|| Fields::read(provider, body)))
            }
        };
        let freshness = match timestamp {
            Some(signed) => policy.judge(signed, now)?,
            None => Freshness::Untimed,
        };
        let envelope = match fields {
            Some(fields) => Some(fields.envelope(rule)?),
            None => None,
        };
        let signed_id = self.id;
        Ok(Verified {
            secret_index,
            signature_index,
            timestamp,
            freshness,
            provider,
            signed_id,
            body,
            envelope,
        })
    }
}

#[inline(never)]
fn malformed_time(at: &str, form: TimeForm) -> Error<'_> {
    let expected = match form {
        TimeForm::Seconds => "Unix seconds in 1 to 13 digits",
        TimeForm::Millis => "Unix milliseconds in 1 to 13 digits",
        TimeForm::Rfc3339 => "one RFC 3339 date-time",
    };
    Error::MalformedTimestamp { at, expected }
}

/// The signed time, from its place in the body.
fn body_time<'p>(
    pointer: &'p str,
    form: TimeForm,
    place: Place<'_>,
) -> Result<UnixSeconds, Error<'p>> {
    // Of a place at the top, people know the name.
    let at = pointer.strip_prefix('/').unwrap_or(pointer);
    match place {
        Place::Missing => Err(Error::MissingTimestamp { at }),
        Place::Once(value) => {
            UnixSeconds::read_value(form, value).ok_or_else(|| malformed_time(at, form))
        }
        Place::Several => Err(malformed_time(at, form)),
    }
}
