//! Signing: the headers that a provider would send.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::catalog::Provider;
use crate::encoding::{base64, hex};
use crate::error::{Decimal, Error};
use crate::limits::{BODY_BYTES, ID_BYTES};
use crate::scheme::{Encoding, Layout, Part, TimeAt};
use crate::secret::Secret;
use crate::time::UnixSeconds;
use crate::verify::signed_content;

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
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

/// The headers under which `provider` would send `message`, in its own spelling.
///
/// For a provider that signs only the body, the time in the body is the caller's to write.
///
/// ```
/// use hookward::{Message, Secret, UnixSeconds, provider, sign};
/// let letmepost = provider("letmepost")?;
/// let secret = Secret::parse(letmepost, "secret")?;
/// let headers = sign(letmepost, &secret, &Message {
///     id: None,
///     timestamp: UnixSeconds::new(1_700_000_000),
///     body: br#"{"id":"1"}"#,
///     event_type: None,
///     delivery_id: None,
/// })?;
/// assert_eq!(headers[1], ("X-LMP-Timestamp", "1700000000".to_string()));
/// # Ok::<(), hookward::Error>(())
/// ```
///
/// # Errors
/// [`Error::MissingId`] or [`Error::MalformedId`] where the scheme signs an id;
/// [`Error::MalformedTimestamp`] for a time of more than 13 digits; [`Error::BodyTooLarge`].
pub fn sign(
    provider: &Provider,
    secret: &Secret,
    message: &Message<'_>,
) -> Result<Vec<(&'static str, String)>, Error> {
    let scheme = &provider.scheme;
    let Some(names) = scheme.headers.first() else { return Ok(Vec::new()) };
    if message.body.len() > BODY_BYTES {
        return Err(Error::BodyTooLarge { found: message.body.len(), most: BODY_BYTES });
    }
    let timestamp = String::from(Decimal::new(message.timestamp.get()).as_str());
    if scheme.time == TimeAt::Header && UnixSeconds::from_digits(timestamp.as_bytes()).is_none() {
        let (at, expected) = (names.timestamp.unwrap_or(names.signature), "of 1 to 13 digits");
        return Err(Error::MalformedTimestamp { at, expected });
    }
    let id = match names.id {
        Some(header) if scheme.signed.contains(&Part::Id) => {
            Some((header, id(header, message.id)?))
        }
        _ => None,
    };
    let id_bytes = id.map(|(_, id)| id.as_bytes()).unwrap_or_default();
    let tag = secret.tag(signed_content(scheme, id_bytes, timestamp.as_bytes(), message.body));
    let tag = match scheme.encoding {
        Encoding::Hex => hex(&tag),
        Encoding::Base64 => base64(&tag),
    };
    let signature = match scheme.layout {
        Layout::Bare => tag,
        Layout::Prefixed(prefix) => [prefix, &tag].concat(),
        Layout::Fields { signature, timestamp: t } => {
            [t, "=", &timestamp, ",", signature, "=", &tag].concat()
        }
        Layout::Versioned(version) => [version, ",", &tag].concat(),
    };
    let mut headers = Vec::with_capacity(5);
    headers.extend(id.map(|(name, id)| (name, id.to_string())));
    headers.push((names.signature, signature));
    headers.extend(names.timestamp.map(|name| (name, timestamp)));
    let unsigned = [
        (provider.event_type_header, message.event_type),
        (provider.delivery_id_header, message.delivery_id),
    ];
    for (name, value) in unsigned {
        headers.extend(name.zip(value.map(ToString::to_string)));
    }
    Ok(headers)
}

/// An id that the other side will read as it was meant: visible ASCII, and no `.` in it.
fn id<'a>(header: &'static str, id: Option<&'a str>) -> Result<&'a str, Error> {
    let id = id.ok_or(Error::MissingId { header })?;
    let fault = if id.is_empty() || id.len() > ID_BYTES {
        "must have 1 to 256 bytes"
    } else if !id.bytes().all(|b| b.is_ascii_graphic() && b != b'.') {
        "must be visible ASCII without \".\""
    } else {
        return Ok(id);
    };
    Err(Error::MalformedId { header, fault })
}
