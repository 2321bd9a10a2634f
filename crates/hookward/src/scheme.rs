//! How a provider signs, as data.
//!
//! A scheme says where the signature, the time and the id are found, how the signature header is
//! written, what is signed, in which encoding, and how the secret becomes the key. Everything is
//! HMAC-SHA256. The catalogue's rows are values of [`Scheme`]; [`crate::verify()`] and
//! [`crate::sign()`] are the two ways to run one.

use crate::secret::KeyForm;

/// One provider's way of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The headers, in each spelling that the provider uses. The first spelling whose signature
    /// header is present is used, whole.
    pub headers: &'static [HeaderNames],
    /// How the signature header's value is written.
    pub layout: Layout,
    /// How a tag is written.
    pub encoding: Encoding,
    /// Where the signed time is.
    pub time: TimeAt,
    /// What is signed, piece by piece.
    pub signed: &'static [Part],
    /// How the secret becomes the HMAC key.
    pub key: KeyForm,
}

/// The names of a scheme's headers. Compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderNames {
    /// The header with the signature or signatures.
    pub signature: &'static str,
    /// The header with the time, where it has one of its own.
    pub timestamp: Option<&'static str>,
    /// The header with the signed id, where there is one.
    pub id: Option<&'static str>,
}

impl HeaderNames {
    /// A scheme with a signature header only.
    pub const fn signature(signature: &'static str) -> Self {
        Self { signature, timestamp: None, id: None }
    }

    /// Adds a header for the time.
    #[must_use]
    pub const fn timestamp(self, name: &'static str) -> Self {
        Self { timestamp: Some(name), ..self }
    }

    /// Adds a header for the signed id.
    #[must_use]
    pub const fn id(self, name: &'static str) -> Self {
        Self { id: Some(name), ..self }
    }

    /// All the names, the signature's first.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        [Some(self.signature), self.timestamp, self.id].into_iter().flatten()
    }
}

/// How the value of the signature header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// The tag and nothing else.
    Bare,
    /// The tag after a fixed prefix, such as `sha256=`.
    Prefixed(&'static str),
    /// `key=value` fields with commas between them: `t=1700000000,v1=…`. Fields of other names are
    /// passed over.
    Fields {
        /// The field that holds a tag; may occur several times.
        signature: &'static str,
        /// The field that holds the time; occurs once.
        timestamp: &'static str,
    },
    /// `version,tag` entries with a space between them: `v1,… v1,…`. Entries of other versions are
    /// passed over.
    Versioned(&'static str),
}

/// How a tag is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Hex digits, in either case.
    Hex,
    /// Base64 in the standard alphabet, padding optional.
    Base64,
}

/// Where the signed time is, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeAt {
    /// Nowhere: deliveries are [`Freshness::Untimed`](crate::Freshness::Untimed).
    Nowhere,
    /// In Unix seconds, in the timestamp header or in the signature header's timestamp field.
    Header,
    /// In RFC 3339, in this top-level member of the signed body.
    Body(&'static str),
}

/// A piece of the signed content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The id header's value, as received.
    Id,
    /// The time, as written by the provider.
    Timestamp,
    /// The body, byte for byte.
    Body,
    /// These bytes.
    Literal(&'static str),
}
