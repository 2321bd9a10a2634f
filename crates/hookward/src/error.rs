//! The one error type, with codes that are the same strings in Rust, JavaScript and HTTP.

use core::fmt;

/// Why a delivery, a secret or a policy was refused.
///
/// [`Error::code`] is stable; the message ([`fmt::Display`]) is for people and may change. Neither
/// ever holds a secret, or the tag that would have been right.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No provider of that id is in the catalogue.
    UnknownProvider,
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
        header: &'static str,
        /// The provider id whose signature header is there instead, if one is.
        sibling: Option<&'static str>,
    },
    /// The signature header, or another header of the scheme, is not written as the scheme says.
    MalformedSignature {
        /// The header at fault.
        header: &'static str,
        /// What was found and what was expected.
        fault: &'static str,
    },
    /// The signed id header is not there.
    MissingId {
        /// The header that was looked for.
        header: &'static str,
    },
    /// The signed id header holds something that is not an id.
    MalformedId {
        /// The header at fault.
        header: &'static str,
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
        at: &'static str,
    },
    /// The signed time is not written as the scheme says.
    MalformedTimestamp {
        /// The header, header field or body member at fault.
        at: &'static str,
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
        header: &'static str,
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
    /// The event has been accepted before.
    DuplicateEvent,
    /// A replay policy that would accept what its store may have forgotten, or is out of range.
    InvalidPolicy {
        /// The rule that it breaks.
        rule: &'static str,
    },
}

impl Error {
    /// The stable code: the same string in the npm package and in the gateway's answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownProvider => "unknown_provider",
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
            Self::DuplicateEvent => "duplicate_event",
            Self::InvalidPolicy { .. } => "invalid_policy",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProvider => f.write_str("no provider of that id is known"),
            Self::NoSecret => f.write_str("no secret was given, or an empty one"),
            Self::TooManySecrets { found, most } => {
                write!(f, "{found} secrets were given, at most {most} are tried")
            }
            Self::MalformedSecret { fault } => write!(f, "the secret {fault}"),
            Self::MissingSignature { header, sibling: None } => {
                write!(f, "the request has no {header} header")
            }
            Self::MissingSignature { header, sibling: Some(id) } => write!(
                f,
                "the request has no {header} header, but the one that provider \"{id}\" sends"
            ),
            Self::MalformedSignature { header, fault } => write!(f, "the {header} header {fault}"),
            Self::MissingId { header } => write!(f, "the request has no {header} header"),
            Self::MalformedId { header, fault } => {
                write!(f, "the id in the {header} header {fault}")
            }
            Self::SignatureMismatch { signatures, secrets } => write!(
                f,
                "none of the signatures found ({signatures}) matches any of the secrets ({secrets}): \
                 either the secret belongs to another endpoint, or the body is not byte for byte as \
                 it was received"
            ),
            Self::MissingTimestamp { at } => write!(f, "there is no timestamp in {at}"),
            Self::MalformedTimestamp { at, expected } => {
                write!(f, "the timestamp in {at} is not {expected}")
            }
            Self::TimestampTooOld { age_s, most_s } => {
                write!(f, "the delivery is {age_s} s old, at most {most_s} s are accepted")
            }
            Self::TimestampInFuture { ahead_s, tolerance_s } => write!(
                f,
                "the delivery is dated {ahead_s} s ahead of this clock, at most {tolerance_s} s are \
                 accepted"
            ),
            Self::HeaderTooLarge { header, unit, found, most } => {
                write!(f, "the {header} header has {found} {unit}, at most {most} are read")
            }
            Self::BodyTooLarge { found, most } => {
                write!(f, "the body has {found} bytes, at most {most} are accepted")
            }
            Self::MalformedEnvelope { fault } => write!(f, "the signed body {fault}"),
            Self::DuplicateEvent => f.write_str("this event has been accepted before"),
            Self::InvalidPolicy { rule } => f.write_str(rule),
        }
    }
}

impl core::error::Error for Error {}
