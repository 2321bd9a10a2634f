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

use crate::cut::Words;
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

impl Scheme<'_> {
    /// The byte that a signed id must not hold: it stands beside the id, towards the body, and shows
    /// where the id ends. With that byte in the id, the same content could be read as another id,
    /// time and body. `None` where nothing shows it.
    pub(crate) fn id_mark(&self) -> Option<u8> {
        let parts = self.signed.parts();
        let at = parts.iter().position(|part| matches!(part, Part::Id))?;
        let (before, behind) = parts.split_at_checked(at)?;
        if before.iter().any(|part| matches!(part, Part::Body)) {
            return match before.last()? {
                Part::Literal(text) => text.bytes().last(),
                _ => None,
            };
        }
        match (behind.get(1)?, self.time) {
            (Part::Literal(text), _) => text.bytes().next(),
            // A date-time has its first colon in one place, so that it can begin in one place only.
            (Part::Timestamp, TimeAt::Header(TimeForm::Rfc3339)) => Some(b':'),
            _ => None,
        }
    }

    /// Whether zeros before a time in digits could be the end of the body.
    pub(crate) fn time_follows_body(&self) -> bool {
        let parts = self.signed.parts();
        let mut behind = parts.iter().skip_while(|part| !matches!(part, Part::Body));
        behind.any(|part| matches!(part, Part::Timestamp))
    }
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
        Words(self.signature)
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

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: HeaderNames<'_> = HeaderNames::signature("s").timestamp("t").id("i");

    fn mark(form: TimeForm, signed: &'static str) -> Option<char> {
        let time = TimeAt::Header(form);
        let scheme = Scheme {
            headers: IDS,
            other_headers: None,
            layout: Layout::BARE,
            encoding: Encoding::Hex,
            time,
            signed: Template::new(signed),
            key: KeyForm::Text,
        };
        scheme.id_mark().map(char::from)
    }

    #[test]
    fn an_id_ends_where_something_shows_it() {
        use TimeForm::{Rfc3339, Seconds};
        for (form, signed, want) in [
            (Seconds, "{id}.{timestamp}.{body}", Some('.')),
            (Seconds, "{id}-:{timestamp}.{body}", Some('-')),
            (Seconds, "{timestamp}:{id}.{body}", Some('.')),
            (Seconds, "{timestamp}{id}.{body}", Some('.')),
            (Seconds, "{body}.{timestamp}:;{id}", Some(';')),
            (Seconds, "{body}:{id}{timestamp}", Some(':')),
            (Rfc3339, "{id}{timestamp}{body}", Some(':')),
            (Seconds, "{id}{timestamp}{body}", None),
            (Seconds, "{timestamp}.{id}{body}", None),
            (Rfc3339, "{body}.{timestamp}{id}", None),
            (Rfc3339, "{body}{id}.{timestamp}", None),
            (Seconds, "{id}{url}{timestamp}.{body}", None),
            (Seconds, "{timestamp}.{body}", None),
        ] {
            assert_eq!(mark(form, signed), want, "{signed}");
        }
    }
}
