//! The one error type, with codes that are the same strings in Rust, JavaScript and HTTP.

use core::fmt;

use crate::cut::cut;

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
    #[cfg(feature = "alloc")]
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
    #[cfg(feature = "alloc")]
    /// The request is the provider's handshake, and is not one that may be answered.
    InvalidHandshake {
        /// What is wrong with it.
        fault: &'static str,
    },
    #[cfg(feature = "alloc")]
    /// The handshake brings a secret, and the receiver has not been opened for one.
    HandshakeClosed,
    #[cfg(feature = "alloc")]
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
    pub fn code(&self) -> &'static str {
        cut(self.template(), b' ').0
    }

    /// The message, handed to `write` piece by piece: what [`fmt::Display`] writes, for callers that
    /// cannot afford the size of the formatting machinery.
    pub fn describe(&self, write: &mut dyn FnMut(&str)) {
        let (texts, numbers) = self.arguments();
        let (mut texts, mut numbers) = (texts.iter(), numbers.iter());
        let (_, mut rest) = cut(self.template(), b' ');
        while let Some(text) = rest {
            let mark = text.bytes().position(|byte| matches!(byte, b'%' | b'#' | b'|'));
            let at = mark.unwrap_or(text.len());
            write(text.get(..at).unwrap_or_default());
            rest = text.get(at + 1..);
            match text.as_bytes().get(at) {
                Some(b'#') => decimal(numbers.next().copied().unwrap_or_default(), write),
                Some(b'%') => write(texts.next().unwrap_or(&"")),
                Some(_) if texts.clone().all(|text| text.is_empty()) => return,
                _ => {}
            }
        }
    }

    /// The code, a space, and the message. In it `%` stands for the next text and `#` for the next
    /// number of [`Error::arguments`]; what follows a `|` is said only where there is a text for it.
    const fn template(&self) -> &'static str {
        match self {
            Self::UnknownProvider => "unknown_provider no provider of that id is known",
            Self::UnsupportedProvider { .. } => {
                "unsupported_provider this provider uses %, and only HMAC-SHA256 over the payload is \
                 verified here"
            }
            Self::NoSecret => "no_secret no secret was given, or an empty one",
            Self::TooManySecrets { .. } => {
                "too_many_secrets # secrets were given, at most # are tried"
            }
            Self::MalformedSecret { .. } => "malformed_secret the secret %",
            Self::MissingSignature { .. } => {
                "missing_signature the request has no % header|, but the one that provider \"%\" sends"
            }
            Self::MalformedSignature { .. } => {
                "malformed_signature the % header %|; it is written as provider \"%\" does"
            }
            Self::MissingId { .. } => "missing_id the request has no % header",
            Self::MalformedId { .. } => "malformed_id the id in the % header %",
            Self::SignatureMismatch { .. } => {
                "signature_mismatch none of the signatures found (#) matches any of the secrets (#): \
                 either the secret belongs to another endpoint, or the body is not byte for byte as it \
                 was received"
            }
            Self::MissingTimestamp { .. } => "missing_timestamp there is no timestamp in %",
            Self::MalformedTimestamp { .. } => "malformed_timestamp the timestamp in % is not %",
            Self::TimestampTooOld { .. } => {
                "timestamp_too_old the delivery is # s old, at most # s are accepted"
            }
            Self::TimestampInFuture { .. } => {
                "timestamp_in_future the delivery is dated # s ahead of this clock, at most # s are \
                 accepted%"
            }
            Self::HeaderTooLarge { .. } => {
                "header_too_large the % header has # %, at most # are read"
            }
            Self::BodyTooLarge { .. } => {
                "body_too_large the body has # bytes, at most # are accepted"
            }
            Self::MalformedEnvelope { .. } => "malformed_envelope the signed body %",
            #[cfg(feature = "alloc")]
            Self::UnwritableHeader { .. } => {
                "unwritable_header the value for the % header must be 1 to 256 visible ASCII characters"
            }
            Self::InvalidTarget { .. } => "invalid_target %",
            Self::InvalidScheme { .. } => "invalid_scheme the scheme's % %",
            #[cfg(feature = "alloc")]
            Self::InvalidHandshake { .. } => "invalid_handshake the handshake %",
            #[cfg(feature = "alloc")]
            Self::HandshakeClosed => {
                "handshake_closed a handshake brought a secret, which is taken only while the receiver \
                 is open for one"
            }
            #[cfg(feature = "alloc")]
            Self::DuplicateEvent => "duplicate_event this event has been accepted before",
            Self::InvalidPolicy { .. } => "invalid_policy %",
        }
    }

    /// What the template's marks stand for, in its order.
    fn arguments(&self) -> ([&str; 3], [u64; 2]) {
        let (mut texts, mut numbers) = ([""; 3], [0; 2]);
        match *self {
            Self::UnknownProvider | Self::NoSecret => {}
            #[cfg(feature = "alloc")]
            Self::HandshakeClosed | Self::DuplicateEvent => {}
            Self::UnsupportedProvider { uses: text }
            | Self::MalformedSecret { fault: text }
            | Self::MalformedEnvelope { fault: text }
            | Self::InvalidTarget { fault: text }
            | Self::InvalidPolicy { rule: text } => texts[0] = text,
            #[cfg(feature = "alloc")]
            Self::InvalidHandshake { fault: text } => texts[0] = text,
            #[cfg(feature = "alloc")]
            Self::UnwritableHeader { header } => texts[0] = header,
            Self::MissingId { header: text } | Self::MissingTimestamp { at: text } => {
                texts[0] = text;
            }
            Self::MissingSignature { header, sibling } => {
                texts = [header, sibling.unwrap_or_default(), ""];
            }
            Self::MalformedSignature { header, fault, sibling } => {
                texts = [header, fault, sibling.unwrap_or_default()];
            }
            Self::MalformedId { header: at, fault }
            | Self::MalformedTimestamp { at, expected: fault } => {
                texts = [at, fault, ""];
            }
            Self::InvalidScheme { part, fault } => texts = [part, fault, ""],
            Self::TooManySecrets { found, most } | Self::BodyTooLarge { found, most } => {
                numbers = [found as u64, most as u64];
            }
            Self::SignatureMismatch { signatures, secrets } => {
                numbers = [signatures as u64, secrets as u64];
            }
            Self::HeaderTooLarge { header, unit, found, most } => {
                texts = [header, unit, ""];
                numbers = [found as u64, most as u64];
            }
            Self::TimestampTooOld { age_s, most_s } => numbers = [age_s, most_s],
            Self::TimestampInFuture { ahead_s, tolerance_s } => {
                numbers = [ahead_s, tolerance_s];
                if ahead_s > CENTURIES_S {
                    texts[0] = ": milliseconds for seconds?";
                }
            }
        }
        (texts, numbers)
    }
}

/// Further ahead than any clock is wrong: about 317 years.
const CENTURIES_S: u64 = 10_000_000_000;

impl fmt::Display for Error<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.describe(&mut |piece| result = result.and_then(|()| f.write_str(piece)));
        result
    }
}

/// Hands a number in decimal to `write`, digit by digit.
pub(crate) fn decimal(number: u64, write: &mut dyn FnMut(&str)) {
    if number > 9 {
        decimal(number / 10, write);
    }
    let digit = [b'0' + (number % 10).to_le_bytes()[0]];
    write(core::str::from_utf8(&digit).unwrap_or_default());
}

impl core::error::Error for Error<'_> {}
