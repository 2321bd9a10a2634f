//! Verifying a delivery: one order of checks, so that one input has one code.
//!
//! Caps, provider (named by the caller), secret, headers present, headers parsed, tag, time,
//! envelope. Time is judged only on a matching tag; duplicates are the caller's store's to tell.
//!
//! The provider and the secrets are looked up and parsed by the caller, before [`verify`] is called.
//! A header over its cap is `header_too_large` where it is there once; where it is there twice, as
//! two headers, it is `malformed_signature` whatever its length, and nothing of it is read.

use core::fmt;

use crate::catalog::{Provider, provider};
use crate::envelope::{Envelope, EnvelopeRule};
use crate::error::Error;
use crate::event_key::{EventKey, EventKeyRule};
use crate::header::{Headers, Lookup};
use crate::json::{self, Member, Value};
use crate::limits::{BODY_BYTES, HEADER_BYTES, ID_BYTES, SECRETS, SIGNATURES};
use crate::replay::{Freshness, Policy};
use crate::scheme::{HeaderNames, Part, Scheme, TimeAt};
use crate::secret::Secret;
use crate::signature::{Fault, SignatureHeader, count};
use crate::time::UnixSeconds;

/// A request as it arrived.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// Its headers.
    pub headers: &'a dyn Headers,
    /// Its body, byte for byte: not decoded, not trimmed, not re-serialised.
    pub body: &'a [u8],
}

/// A delivery that its provider signed.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Verified<'a> {
    /// Which of the secrets matched, counted from 0.
    pub secret_index: usize,
    /// The signed time, where there is one.
    pub timestamp: Option<UnixSeconds>,
    /// How the signed time stands to now.
    pub freshness: Freshness,
    provider: &'a Provider,
    signed_id: Option<&'a [u8]>,
    body: &'a [u8],
    /// Read already where the provider's envelope is known.
    envelope: Option<Envelope<'a>>,
}

impl<'a> Verified<'a> {
    /// What duplicates of this event are recognised by; `None` for providers whose identical bodies
    /// are different events.
    pub fn event_key(&self) -> Option<EventKey> {
        let known = match (self.provider.event_key, &self.envelope) {
            (EventKeyRule::Member("id"), Some(envelope)) => {
                envelope.id_value().and_then(EventKey::of_value)
            }
            _ => None,
        };
        known.or_else(|| self.provider.event_key.key(self.signed_id, self.body))
    }

    /// The event's fields, as far as the body has them.
    pub fn envelope(&self) -> Envelope<'a> {
        self.envelope.unwrap_or_else(|| Envelope::of(self.body))
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
/// let delivery = Delivery { headers: &headers, body: br#"{"test": 2432232314}"# };
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
pub fn verify<'a>(
    provider: &'a Provider,
    secrets: &[Secret],
    delivery: &Delivery<'a>,
    policy: &Policy,
    now: UnixSeconds,
) -> Result<Verified<'a>, Error> {
    let body = delivery.body;
    let unverified = Unverified::read(provider, secrets.len(), delivery.headers, body.len())?;
    let mut tags = secrets.iter().map(|secret| secret.tag(unverified.signed(body)));
    unverified.verify(&mut tags, body, policy, now)
}

/// A delivery whose headers have been read and held to their caps, and whose signature has not been
/// looked at.
///
/// [`verify()`] in two steps, for callers that have a faster HMAC-SHA256 at hand than this crate's:
/// between the two they compute the tags. Everything else is decided here, in the same order.
pub struct Unverified<'a> {
    provider: &'a Provider,
    parsed: Parsed<'a>,
    secrets: usize,
}

impl<'a> Unverified<'a> {
    /// Reads the headers of a delivery with a body of `body_bytes`, to be tried with that many
    /// secrets.
    ///
    /// # Errors
    /// What [`verify()`] refuses before it looks at a tag.
    pub fn read(
        provider: &'a Provider,
        secrets: usize,
        headers: &'a dyn Headers,
        body_bytes: usize,
    ) -> Result<Self, Error> {
        if body_bytes > BODY_BYTES {
            return Err(Error::BodyTooLarge { found: body_bytes, most: BODY_BYTES });
        }
        if secrets > SECRETS {
            return Err(Error::TooManySecrets { found: secrets, most: SECRETS });
        }
        let found = Found::look_up(&provider.scheme, headers)?;
        if secrets == 0 {
            return Err(Error::NoSecret);
        }
        let present = found.present(provider, headers)?;
        let parsed = present.parse(provider, headers)?;
        Ok(Self { provider, parsed, secrets })
    }

    /// What was signed, piece by piece, so that the body is never copied. `body` stands for itself
    /// and may be left empty, to learn what is signed around it: a scheme signs the body once.
    pub fn signed<'p>(&'p self, body: &'p [u8]) -> impl Iterator<Item = &'p [u8]> {
        let timestamp = self.parsed.timestamp.map_or(&[][..], |(text, _)| text);
        signed_content(&self.provider.scheme, self.parsed.id.unwrap_or_default(), timestamp, body)
    }

    /// Verifies the delivery by `tags`: for each secret, in order, the HMAC-SHA256 under
    /// it of what was [signed](Self::signed): [`Secret::tag`], or [`Secret::tag_of_inner`] where
    /// something else has a faster SHA-256.
    ///
    /// # Errors
    /// What [`verify()`] refuses from the tag on.
    pub fn verify(
        &self,
        tags: &mut dyn Iterator<Item = [u8; 32]>,
        body: &'a [u8],
        policy: &Policy,
        now: UnixSeconds,
    ) -> Result<Verified<'a>, Error> {
        let (provider, parsed) = (self.provider, &self.parsed);
        let signature = &parsed.signature;
        let matched = if signature.has_whole_tag() { signature.first_match(tags) } else { None };
        let secret_index = matched.ok_or(Error::SignatureMismatch {
            signatures: signature.found,
            secrets: self.secrets,
        })?;
        let timestamp = signed_time(&provider.scheme, parsed, body)?;
        let freshness = match timestamp {
            Some(signed) => policy.judge(signed, now)?,
            None => Freshness::Untimed,
        };
        let envelope = match provider.envelope {
            EnvelopeRule::Unknown => None,
            known @ EnvelopeRule::Known(_) => Some(Envelope::read(known, body)?),
        };
        let signed_id = parsed.id;
        Ok(Verified { secret_index, timestamp, freshness, provider, signed_id, body, envelope })
    }
}

/// The scheme's headers, as looked up.
struct Found<'a> {
    names: &'static HeaderNames,
    signature: Lookup<'a>,
    timestamp: Option<Lookup<'a>>,
    id: Option<Lookup<'a>>,
}

/// The same, all of them there.
struct Present<'a> {
    names: &'static HeaderNames,
    signature: &'a [u8],
    timestamp: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
}

/// The same, read.
struct Parsed<'a> {
    signature: SignatureHeader<'a>,
    /// As written, and what it says.
    timestamp: Option<(&'a [u8], UnixSeconds)>,
    id: Option<&'a [u8]>,
}

impl<'a> Found<'a> {
    /// Looks the headers up, in the first spelling whose signature header is there, and holds them
    /// to their caps.
    fn look_up(scheme: &Scheme, headers: &'a dyn Headers) -> Result<Self, Error> {
        let spelled = scheme
            .headers
            .iter()
            .find(|names| headers.find(names.signature) != Lookup::Missing)
            .or(scheme.headers.first());
        // A row has at least one spelling; a row without any would find nothing.
        let names =
            spelled.ok_or(Error::MissingSignature { header: "signature", sibling: None })?;
        let capped = |header| match headers.find(header) {
            Lookup::One(value) if value.len() > HEADER_BYTES => {
                let (unit, found) = ("bytes", value.len());
                Err(Error::HeaderTooLarge { header, unit, found, most: HEADER_BYTES })
            }
            within => Ok(within),
        };
        let signature = capped(names.signature)?;
        let timestamp = names.timestamp.map(capped).transpose()?;
        let id = names.id.map(capped).transpose()?;
        if let Lookup::One(value) = signature {
            let found = count(scheme.layout, value);
            if found > SIGNATURES {
                let (header, unit) = (names.signature, "signatures");
                return Err(Error::HeaderTooLarge { header, unit, found, most: SIGNATURES });
            }
        }
        Ok(Self { names, signature, timestamp, id })
    }

    /// Requires every header to be there, once.
    fn present(self, provider: &Provider, headers: &dyn Headers) -> Result<Present<'a>, Error> {
        let names = self.names;
        if self.signature == Lookup::Missing {
            let sibling = sibling(provider, headers, None);
            return Err(Error::MissingSignature { header: names.signature, sibling });
        }
        if let (Some(Lookup::Missing), Some(header)) = (self.id, names.id) {
            return Err(Error::MissingId { header });
        }
        if let (Some(Lookup::Missing), Some(at)) = (self.timestamp, names.timestamp) {
            return Err(Error::MissingTimestamp { at });
        }
        let once = |lookup, header| match lookup {
            Lookup::One(value) if !is_joined(value) => Ok(value),
            _ => {
                let fault = "is there more than once";
                Err(Error::MalformedSignature { header, fault, sibling: None })
            }
        };
        Ok(Present {
            names,
            signature: once(self.signature, names.signature)?,
            timestamp: self.timestamp.zip(names.timestamp).map(|(l, n)| once(l, n)).transpose()?,
            id: self.id.zip(names.id).map(|(l, n)| once(l, n)).transpose()?,
        })
    }
}

/// Whether a value is two headers of one name that something on the way has joined.
fn is_joined(value: &[u8]) -> bool {
    // Few values hold a space, and that is found faster than a pair.
    value.contains(&b' ') && value.windows(2).any(|pair| pair == b", ")
}

/// A sibling of the provider whose signature header (if given, this one) is there, and is written as
/// the sibling does.
fn sibling(of: &Provider, headers: &dyn Headers, header: Option<&str>) -> Option<&'static str> {
    of.siblings.iter().copied().find(|id| {
        provider(id).is_ok_and(|row| {
            let names = row.scheme.headers.iter().map(|names| names.signature);
            names.filter(|name| header.is_none_or(|header| header == *name)).any(|name| {
                match headers.find(name) {
                    Lookup::One(value) if value.len() <= HEADER_BYTES => {
                        let Scheme { layout, encoding, .. } = row.scheme;
                        SignatureHeader::parse(layout, encoding, value).is_ok()
                    }
                    _ => false,
                }
            })
        })
    })
}

impl<'a> Present<'a> {
    fn parse(self, provider: &Provider, headers: &dyn Headers) -> Result<Parsed<'a>, Error> {
        let scheme = &provider.scheme;
        let header = self.names.signature;
        let signature = SignatureHeader::parse(scheme.layout, scheme.encoding, self.signature)
            .map_err(|Fault(fault)| {
                let sibling = sibling(provider, headers, Some(header));
                Error::MalformedSignature { header, fault, sibling }
            })?;
        if let (Some(id), Some(header)) = (self.id, self.names.id) {
            check_id(header, id)?;
        }
        let at = self.names.timestamp.unwrap_or(header);
        let timestamp = match (scheme.time, self.timestamp.or(signature.timestamp)) {
            (TimeAt::Header, Some(text)) => match UnixSeconds::from_digits(text) {
                Some(time) => Some((text, time)),
                None => {
                    return Err(Error::MalformedTimestamp {
                        at,
                        expected: "Unix seconds in 1 to 13 digits",
                    });
                }
            },
            (TimeAt::Header, None) => return Err(Error::MissingTimestamp { at }),
            (TimeAt::Nowhere | TimeAt::Body(_), _) => None,
        };
        Ok(Parsed { signature, timestamp, id: self.id })
    }
}

/// A signed id must not be able to swallow the separator after it.
fn check_id(header: &'static str, id: &[u8]) -> Result<(), Error> {
    let fault = if id.is_empty() {
        "is empty"
    } else if id.len() > ID_BYTES {
        "is over 256 bytes long"
    } else if id.contains(&b'.') {
        "holds a \".\", which separates it from the timestamp in what is signed"
    } else {
        return Ok(());
    };
    Err(Error::MalformedId { header, fault })
}

/// The signed content, piece by piece, so that the body is never copied.
pub(crate) fn signed_content<'p>(
    scheme: &'p Scheme,
    id: &'p [u8],
    timestamp: &'p [u8],
    body: &'p [u8],
) -> impl Iterator<Item = &'p [u8]> {
    scheme.signed.iter().map(move |part| match part {
        Part::Id => id,
        Part::Timestamp => timestamp,
        Part::Body => body,
        Part::Literal(text) => text.as_bytes(),
    })
}

/// The signed time, from the headers or from the body.
fn signed_time(
    scheme: &Scheme,
    parsed: &Parsed<'_>,
    body: &[u8],
) -> Result<Option<UnixSeconds>, Error> {
    let TimeAt::Body(at) = scheme.time else {
        return Ok(parsed.timestamp.map(|(_, time)| time));
    };
    let malformed = Error::MalformedTimestamp { at, expected: "one RFC 3339 date-time" };
    match json::member(body, at) {
        Member::Missing => Err(Error::MissingTimestamp { at }),
        Member::Once(Value::String(text)) => {
            UnixSeconds::from_json(text).map(Some).ok_or(malformed)
        }
        Member::Once(_) | Member::Several => Err(malformed),
    }
}
