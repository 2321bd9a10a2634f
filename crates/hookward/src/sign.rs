//! Signing: the headers that a provider would send.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::catalog::Provider;
use crate::content::{Signed, Target};
use crate::encoding::{base64, hex};
use crate::error::{Error, decimal};
use crate::limits::{BODY_BYTES, ID_BYTES};
use crate::scheme::{Encoding, Layout, TimeAt, TimeForm};
use crate::secret::Secret;
use crate::time::UnixSeconds;

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Method and URL of the request, for schemes that sign them.
    pub target: Option<Target<'a>>,
    /// The id, for schemes that sign one in a header.
    pub id: Option<&'a str>,
    /// The time to sign.
    pub timestamp: UnixSeconds,
    /// The body, byte for byte as it will be sent.
    pub body: &'a [u8],
    /// The event's type, for the header that repeats it, where the provider has one.
    pub event_type: Option<&'a str>,
    /// The delivery's id, for the header that carries it, where the provider has one.
    pub delivery_id: Option<&'a str>,
}

impl Default for Message<'_> {
    /// Nothing: an empty body at the epoch.
    fn default() -> Self {
        let timestamp = UnixSeconds::new(0);
        Self { target: None, id: None, timestamp, body: b"", event_type: None, delivery_id: None }
    }
}

/// The headers under which `provider` would send `message`, in its own spelling.
///
/// For a provider that signs only the body, the time in the body is the caller's to write.
///
/// ```
/// use hookward::{Message, Secret, UnixSeconds, provider, sign};
/// let letmepost = provider("letmepost")?;
/// let secret = Secret::parse(letmepost, "secret")?;
/// let headers = sign(letmepost, &secret, &Message {
///     timestamp: UnixSeconds::new(1_700_000_000),
///     body: br#"{"id":"1"}"#,
///     ..Message::default()
/// })?;
/// assert_eq!(headers[1], ("X-LMP-Timestamp", "1700000000".to_string()));
/// # Ok::<(), hookward::Error>(())
/// ```
///
/// # Errors
/// [`Error::MissingId`] or [`Error::MalformedId`] where the scheme signs an id;
/// [`Error::MalformedTimestamp`] for a time of more than 13 digits; [`Error::UnwritableHeader`] for an
/// event type or a delivery id that no header can hold; [`Error::BodyTooLarge`].
pub fn sign<'p>(
    provider: &Provider<'p>,
    secret: &Secret,
    message: &Message<'_>,
) -> Result<Vec<(&'p str, String)>, Error<'p>> {
    let scheme = &provider.scheme;
    let names = scheme.headers;
    if message.body.len() > BODY_BYTES {
        return Err(Error::BodyTooLarge { found: message.body.len(), most: BODY_BYTES });
    }
    if scheme.signed.needs_target() {
        message.target.ok_or(Target::MISSING)?.check()?;
    }
    let header = names.signatures().next().unwrap_or_default();
    let timestamp = match scheme.time {
        TimeAt::Header(form) => written(form, message.timestamp).ok_or_else(|| {
            let at = names.timestamp.unwrap_or(header);
            Error::MalformedTimestamp {
                at,
                expected: "of 1 to 13 digits, or before the year 10000",
            }
        })?,
        TimeAt::Nowhere | TimeAt::Body { .. } => String::new(),
    };
    let id = match names.id {
        Some(header) => Some((header, id(header, message.id, scheme.id_mark())?)),
        None => None,
    };
    let signed = Signed {
        id: id.map(|(_, id)| id.as_bytes()).unwrap_or_default(),
        timestamp: timestamp.as_bytes(),
        body: message.body,
        target: message.target.unwrap_or_default(),
    };
    let tag = secret.tag(signed.pieces(&scheme.signed));
    let tag = match scheme.encoding {
        Encoding::Hex => hex(&tag),
        Encoding::Base64 => base64(&tag),
    };
    let mut signature = String::new();
    match scheme.layout {
        Layout::Whole { prefix } => signature.push_str(prefix),
        Layout::List { separator, assign, signature: name, timestamp: time, .. } => {
            let assign = char::from(assign);
            if let Some(time) = time {
                signature.push_str(time);
                signature.push(assign);
                signature.push_str(&timestamp);
                signature.push(char::from(separator));
            }
            signature.push_str(name);
            signature.push(assign);
        }
    }
    signature.push_str(&tag);
    let mut headers = Vec::with_capacity(5);
    headers.extend(id.map(|(name, id)| (name, id.to_string())));
    headers.push((header, signature));
    headers.extend(names.timestamp.map(|name| (name, timestamp)));
    let unsigned = [
        (provider.event_type_header, message.event_type),
        (provider.delivery_id_header, message.delivery_id),
    ];
    for (header, value) in unsigned {
        if let (Some(header), Some(value)) = (header, value) {
            headers.push((header, writable(header, value)?.to_string()));
        }
    }
    Ok(headers)
}

/// A time as the scheme writes it; `None` if it cannot.
fn written(form: TimeForm, time: UnixSeconds) -> Option<String> {
    let mut text = String::new();
    match form {
        TimeForm::Seconds => decimal(time.get(), &mut |digit| text.push_str(digit)),
        TimeForm::Millis => {
            decimal(time.get().checked_mul(1000)?, &mut |digit| text.push_str(digit));
        }
        TimeForm::Rfc3339 => text = time.to_rfc3339(),
    }
    UnixSeconds::read(form, text.as_bytes()).map(|_| text)
}

/// A value that stands in a header as it is, and ends no line: a type often comes out of a body.
fn writable<'p, 'a>(header: &'p str, value: &'a str) -> Result<&'a str, Error<'p>> {
    let fits = (1..=ID_BYTES).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(value) } else { Err(Error::UnwritableHeader { header }) }
}

/// An id that the other side will read as it was meant: visible ASCII, and nothing in it that shows
/// where it ends.
fn id<'p, 'a>(
    header: &'p str,
    id: Option<&'a str>,
    mark: Option<u8>,
) -> Result<&'a str, Error<'p>> {
    let id = id.ok_or(Error::MissingId { header })?;
    let fault = if id.is_empty() || id.len() > ID_BYTES {
        "must have 1 to 256 bytes"
    } else if !id.bytes().all(|b| b.is_ascii_graphic() && mark.is_some_and(|mark| b != mark)) {
        "must be visible ASCII without the character that shows where it ends"
    } else {
        return Ok(id);
    };
    Err(Error::MalformedId { header, fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::provider;
    use alloc::vec;

    const NOW: UnixSeconds = UnixSeconds::new(1_700_000_000);

    fn signed(
        id: &str,
        message: &Message<'_>,
    ) -> Result<Vec<(&'static str, String)>, &'static str> {
        let row = provider(id).unwrap();
        let secret = Secret::parse(row, "whsec_SmVmZQ==").unwrap();
        sign(row, &secret, message).map_err(|e| e.code())
    }

    fn message(body: &[u8]) -> Message<'_> {
        Message { timestamp: NOW, body, ..Message::default() }
    }

    #[test]
    fn an_id_is_wanted_where_one_is_signed_and_must_be_one() {
        let of = |id| signed("standard-webhooks", &Message { id, ..message(b"{}") }).map(|_| ());
        let long = "m".repeat(257);
        assert_eq!(of(None), Err("missing_id"));
        for bad in ["", "a.b", "a b", "a\r\nb", "é", &long] {
            assert_eq!(of(Some(bad)), Err("malformed_id"), "{bad:?}");
        }
        assert_eq!(of(Some(&long[..256])), Ok(()));
        assert!(signed("tinyposter", &Message { id: Some("a.b"), ..message(b"{}") }).is_ok());
    }

    #[test]
    fn nothing_that_would_end_a_line_gets_into_a_header() {
        for bad in ["", "a\r\nX-Evil: 1", "a\n", "a b", "é", &"t".repeat(257)] {
            let event_type = Message { event_type: Some(bad), ..message(b"{}") };
            let delivery_id = Message { delivery_id: Some(bad), ..message(b"{}") };
            for message in [event_type, delivery_id] {
                assert_eq!(signed("tinyposter", &message), Err("unwritable_header"), "{bad:?}");
            }
            assert!(signed("letmepost", &event_type).is_ok(), "it has no such header");
        }
    }

    #[test]
    fn caps_hold_for_signing_as_well() {
        let body = vec![b' '; BODY_BYTES + 1];
        assert_eq!(signed("github", &message(&body)), Err("body_too_large"));
        assert!(signed("github", &message(&body[1..])).is_ok());
        let late = UnixSeconds::new(10_000_000_000_000);
        let message = Message { timestamp: late, ..message(b"{}") };
        assert_eq!(signed("letmepost", &message), Err("malformed_timestamp"));
        assert!(signed("github", &message).is_ok());
    }
}
