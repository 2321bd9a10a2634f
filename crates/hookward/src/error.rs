//! The one error type, with codes that are the same strings in Rust, JavaScript and HTTP.

use core::fmt;

/// Why a delivery, a secret or a policy was refused.
///
/// [`Error::code`] is stable; the message ([`fmt::Display`]) is for people and may change. Neither
/// ever holds a secret, or the tag that would have been right. Names in it are borrowed from the
/// provider: of one from the catalogue, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error<'p> {
    /// No provider of that id is in the catalogue.
    UnknownProvider,
    /// The provider is known, and does not use HMAC-SHA256 over the payload.
    UnsupportedProvider {
        /// What it uses.
        uses: &'static str,
    },
    /// No secret was given, or an empty one.
    NoSecret,
    /// More secrets than [`crate::limits::SECRETS`].
    TooManySecrets {
        /// How many were given.
        found: usize,
        /// The cap.
        most: usize,
    },
    /// The secret is not of the provider's form.
    MalformedSecret {
        /// What is wrong with it, without the secret.
        fault: &'static str,
    },
    /// The signature header is not there.
    MissingSignature {
        /// The header that was looked for.
        header: &'p str,
        /// The provider id whose signature header is there instead, if one is.
        sibling: Option<&'p str>,
    },
    /// The signature header, or another header of the scheme, is not written as the scheme says.
    MalformedSignature {
        /// The header at fault.
        header: &'p str,
        /// What was found and what was expected.
        fault: &'static str,
        /// The provider id that writes this header as it is written here, if one does.
        sibling: Option<&'p str>,
    },
    /// The signed id header is not there.
    MissingId {
        /// The header that was looked for.
        header: &'p str,
    },
    /// The signed id header holds something that is not an id.
    MalformedId {
        /// The header at fault.
        header: &'p str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// No signature in the header matches any of the secrets.
    SignatureMismatch {
        /// Signatures that were compared.
        signatures: usize,
        /// Secrets that were tried.
        secrets: usize,
    },
    /// The scheme signs a time, and it is not there.
    MissingTimestamp {
        /// The header, header field or body member that was looked for.
        at: &'p str,
    },
    /// The signed time is not written as the scheme says.
    MalformedTimestamp {
        /// The header, header field or body member at fault.
        at: &'p str,
        /// What was expected.
        expected: &'static str,
    },
    /// The signed time is too far in the past.
    TimestampTooOld {
        /// Age of the delivery, in seconds.
        age_s: u64,
        /// The oldest age that would have been accepted, in seconds.
        most_s: u64,
    },
    /// The signed time is too far in the future.
    TimestampInFuture {
        /// How far ahead, in seconds.
        ahead_s: u64,
        /// The tolerance, in seconds.
        tolerance_s: u64,
    },
    /// A header of the scheme is over a cap.
    HeaderTooLarge {
        /// The header.
        header: &'p str,
        /// What was counted.
        unit: &'static str,
        /// How many there are.
        found: usize,
        /// The cap.
        most: usize,
    },
    /// The body is over [`crate::limits::BODY_BYTES`].
    BodyTooLarge {
        /// Size of the body, in bytes.
        found: usize,
        /// The cap, in bytes.
        most: usize,
    },
    /// The body was signed by the provider, but is not the event that the provider documents.
    MalformedEnvelope {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A value to be sent in a header is not one that a header can hold.
    UnwritableHeader {
        /// The header.
        header: &'p str,
    },
    /// The provider signs the request's method or URL, and what was given for them cannot be it.
    InvalidTarget {
        /// What is wrong.
        fault: &'static str,
    },
    /// A scheme of one's own is not one that can be verified.
    InvalidScheme {
        /// Which part of it is at fault.
        part: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The request is the provider's handshake, and is not one that may be answered.
    InvalidHandshake {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The handshake brings a secret, and the receiver has not been opened for one.
    HandshakeClosed,
    /// The event has been accepted before.
    DuplicateEvent,
    /// A replay policy that would accept what its store may have forgotten, or is out of range.
    InvalidPolicy {
        /// The rule that it breaks.
        rule: &'static str,
    },
}

impl Error<'_> {
    /// The stable code: the same string in the npm package and in the gateway's answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownProvider => "unknown_provider",
            Self::UnsupportedProvider { .. } => "unsupported_provider",
            Self::NoSecret => "no_secret",
            Self::TooManySecrets { .. } => "too_many_secrets",
            Self::MalformedSecret { .. } => "malformed_secret",
            Self::MissingSignature { .. } => "missing_signature",
            Self::MalformedSignature { .. } => "malformed_signature",
            Self::MissingId { .. } => "missing_id",
            Self::MalformedId { .. } => "malformed_id",
            Self::SignatureMismatch { .. } => "signature_mismatch",
            Self::MissingTimestamp { .. } => "missing_timestamp",
            Self::MalformedTimestamp { .. } => "malformed_timestamp",
            Self::TimestampTooOld { .. } => "timestamp_too_old",
            Self::TimestampInFuture { .. } => "timestamp_in_future",
            Self::HeaderTooLarge { .. } => "header_too_large",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::MalformedEnvelope { .. } => "malformed_envelope",
            Self::UnwritableHeader { .. } => "unwritable_header",
            Self::InvalidTarget { .. } => "invalid_target",
            Self::InvalidScheme { .. } => "invalid_scheme",
            Self::InvalidHandshake { .. } => "invalid_handshake",
            Self::HandshakeClosed => "handshake_closed",
            Self::DuplicateEvent => "duplicate_event",
            Self::InvalidPolicy { .. } => "invalid_policy",
        }
    }
}

impl Error<'_> {
    /// The message, handed to `write` piece by piece: what [`fmt::Display`] writes, for callers that
    /// cannot afford the size of the formatting machinery.
    pub fn describe(&self, write: &mut dyn FnMut(&str)) {
        let mut to = Pieces(write);
        match *self {
            Self::UnknownProvider => to.text("no provider of that id is known"),
            Self::UnsupportedProvider { uses } => to
                .text("this provider uses ")
                .text(uses)
                .text(", and only HMAC-SHA256 over the payload is verified here"),
            Self::NoSecret => to.text("no secret was given, or an empty one"),
            Self::TooManySecrets { found, most } => {
                to.count(found).text(" secrets were given, at most ").count(most).text(" are tried")
            }
            Self::MalformedSecret { fault } => to.text("the secret ").text(fault),
            Self::MissingSignature { header, sibling } => {
                to.text("the request has no ").text(header).text(" header");
                match sibling {
                    None => &mut to,
                    Some(id) => to.text(", but the one that provider \"").text(id).text("\" sends"),
                }
            }
            Self::MalformedSignature { header, fault, sibling } => {
                to.text("the ").text(header).text(" header ").text(fault);
                match sibling {
                    None => &mut to,
                    Some(id) => to.text("; it is written as provider \"").text(id).text("\" does"),
                }
            }
            Self::MissingId { header } => {
                to.text("the request has no ").text(header).text(" header")
            }
            Self::MalformedId { header, fault } => {
                to.text("the id in the ").text(header).text(" header ").text(fault)
            }
            Self::SignatureMismatch { signatures, secrets } => to
                .text("none of the signatures found (")
                .count(signatures)
                .text(") matches any of the secrets (")
                .count(secrets)
                .text(
                    "): either the secret belongs to another endpoint, or the body is not byte for \
                     byte as it was received",
                ),
            Self::MissingTimestamp { at } => to.text("there is no timestamp in ").text(at),
            Self::MalformedTimestamp { at, expected } => {
                to.text("the timestamp in ").text(at).text(" is not ").text(expected)
            }
            Self::TimestampTooOld { age_s, most_s } => to
                .text("the delivery is ")
                .number(age_s)
                .text(" s old, at most ")
                .number(most_s)
                .text(" s are accepted"),
            Self::TimestampInFuture { ahead_s, tolerance_s } => to
                .text("the delivery is dated ")
                .number(ahead_s)
                .text(" s ahead of this clock, at most ")
                .number(tolerance_s)
                .text(" s are accepted")
                .text(if ahead_s > CENTURIES_S { ": milliseconds for seconds?" } else { "" }),
            Self::HeaderTooLarge { header, unit, found, most } => to
                .text("the ")
                .text(header)
                .text(" header has ")
                .count(found)
                .text(" ")
                .text(unit)
                .text(", at most ")
                .count(most)
                .text(" are read"),
            Self::BodyTooLarge { found, most } => to
                .text("the body has ")
                .count(found)
                .text(" bytes, at most ")
                .count(most)
                .text(" are accepted"),
            Self::MalformedEnvelope { fault } => to.text("the signed body ").text(fault),
            Self::UnwritableHeader { header } => to
                .text("the value for the ")
                .text(header)
                .text(" header must be 1 to 256 visible ASCII characters"),
            Self::InvalidTarget { fault } => to.text(fault),
            Self::InvalidScheme { part, fault } => {
                to.text("the scheme's ").text(part).text(" ").text(fault)
            }
            Self::InvalidHandshake { fault } => to.text("the handshake ").text(fault),
            Self::HandshakeClosed => to.text(
                "a handshake brought a secret, which is taken only while the receiver is open for one",
            ),
            Self::DuplicateEvent => to.text("this event has been accepted before"),
            Self::InvalidPolicy { rule } => to.text(rule),
        };
    }
}

/// Further ahead than any clock is wrong: about 317 years.
const CENTURIES_S: u64 = 10_000_000_000;

/// A message being written.
struct Pieces<'w>(&'w mut dyn FnMut(&str));

impl Pieces<'_> {
    fn text(&mut self, text: &str) -> &mut Self {
        (self.0)(text);
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.text(Decimal::new(number).as_str())
    }

    fn count(&mut self, number: usize) -> &mut Self {
        self.number(number as u64)
    }
}

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.describe(&mut |piece| result = result.and_then(|()| f.write_str(piece)));
        result
    }
}

/// A number in decimal.
pub(crate) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(crate) fn new(mut number: u64) -> Self {
        let mut this = Self { digits: [b'0'; 20], start: 20 };
        for (at, digit) in this.digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (number % 10).to_le_bytes()[0];
            number /= 10;
            this.start = at;
            if number == 0 {
                break;
            }
        }
        this
    }

    pub(crate) fn as_str(&self) -> &str {
        // Digits are ASCII; the error cannot occur.
        self.digits
            .get(self.start..)
            .and_then(|digits| core::str::from_utf8(digits).ok())
            .unwrap_or_default()
    }
}

impl core::error::Error for Error<'_> {}
