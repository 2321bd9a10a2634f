//! How a provider signs, as data.
//!
//! A scheme says where the signature, the time and the id are found, how the signature header is
//! written, what is signed, in which encoding, and how the secret becomes the key. Everything is
//! HMAC-SHA256. The catalogue's rows are values of [`Scheme`], and so is a scheme of one's own, see
//! [`Row`](crate::Row); [`crate::verify()`] and [`crate::sign()`] are the two ways to run one.

mod layout;
mod template;

pub use layout::Layout;
pub use template::{Part, Template};

use crate::secret::KeyForm;

/// One provider's way of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme<'s> {
    /// The headers.
    pub headers: HeaderNames<'s>,
    /// The same in another spelling that the provider uses as well. Taken, whole, where its
    /// signature header is there and that of [`Scheme::headers`] is not.
    pub other_headers: Option<HeaderNames<'s>>,
    /// How the signature header's value is written.
    pub layout: Layout<'s>,
    /// How a tag is written.
    pub encoding: Encoding,
    /// Where the signed time is.
    pub time: TimeAt<'s>,
    /// What is signed.
    pub signed: Template<'s>,
    /// How the secret becomes the HMAC key.
    pub key: KeyForm<'s>,
}

/// The names of a scheme's headers. Compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderNames<'s> {
    /// The header with the signature or signatures; or several, with a space between their names, of
    /// which any number may be there.
    pub signature: &'s str,
    /// The header with the time, where it has one of its own.
    pub timestamp: Option<&'s str>,
    /// The header with the signed id, where there is one.
    pub id: Option<&'s str>,
}

impl<'s> HeaderNames<'s> {
    /// A scheme with a signature header only.
    pub const fn signature(signature: &'s str) -> Self {
        Self { signature, timestamp: None, id: None }
    }

    /// Adds a header for the time.
    #[must_use]
    pub const fn timestamp(self, name: &'s str) -> Self {
        Self { timestamp: Some(name), ..self }
    }

    /// Adds a header for the signed id.
    #[must_use]
    pub const fn id(self, name: &'s str) -> Self {
        Self { id: Some(name), ..self }
    }

    /// The signature headers.
    pub fn signatures(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        self.signature.split(' ')
    }

    /// All the names, the signature's first.
    pub fn iter(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        self.signatures().chain(self.timestamp).chain(self.id)
    }
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
pub enum TimeAt<'s> {
    /// Nowhere: deliveries are [`Freshness::Untimed`](crate::Freshness::Untimed).
    Nowhere,
    /// In the timestamp header, or in the signature header's timestamp field.
    Header(TimeForm),
    /// In the signed body.
    Body {
        /// Where: a JSON pointer (RFC 6901) through objects, such as `/created_at`.
        pointer: &'s str,
        /// How it is written there.
        form: TimeForm,
    },
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeForm {
    /// Unix seconds, in 1 to 13 digits.
    Seconds,
    /// Unix milliseconds, in 1 to 13 digits.
    Millis,
    /// RFC 3339.
    Rfc3339,
}
