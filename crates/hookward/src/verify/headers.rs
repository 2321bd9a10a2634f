//! The scheme's headers of one delivery: looked up, held to their caps, and read.

use core::array::from_fn;

use super::malformed_time;
use crate::catalog::{Provider, Sibling};
use crate::error::Error;
use crate::header::{Headers, Lookup};
use crate::limits::{HEADER_BYTES, ID_BYTES, SIGNATURE_HEADERS, SIGNATURES};
use crate::scheme::{HeaderNames, Layout, Scheme, TimeAt};
use crate::signature::{Fault, SignatureHeader, count};
use crate::time::UnixSeconds;

/// A header of the scheme, as looked up.
#[derive(Clone, Copy)]
struct Looked<'p, 'a> {
    /// Empty where the scheme has none.
    name: &'p str,
    value: Lookup<'a>,
}

/// The scheme's headers: those with a signature, that with the time, and that with the id.
pub(super) struct Found<'p, 'a>([Looked<'p, 'a>; TIMESTAMP + 2]);

/// Where the header with the time stands among them, behind those with a signature.
const TIMESTAMP: usize = SIGNATURE_HEADERS;

impl<'a> Looked<'_, 'a> {
    fn is_there(&self) -> bool {
        !matches!(self.value, Lookup::Missing)
    }

    /// Whether it should be there and is not.
    fn is_missing(&self) -> bool {
        !self.name.is_empty() && !self.is_there()
    }

    /// The value, if it is there once.
    fn one(&self) -> Option<&'a [u8]> {
        match self.value {
            Lookup::One(value) => Some(value),
            _ => None,
        }
    }
}

impl<'p, 'a> Found<'p, 'a> {
    /// Looks the headers up, in the first spelling whose signature header is there.
    pub(super) fn look_up(scheme: &Scheme<'p>, headers: &'a dyn Headers) -> Self {
        let first = Self::look_up_as(&scheme.headers, headers);
        if let Some(other) = &scheme.other_headers
            && !first.is_signed()
        {
            let other = Self::look_up_as(other, headers);
            if other.is_signed() {
                return other;
            }
        }
        first
    }

    fn look_up_as(names: &HeaderNames<'p>, headers: &'a dyn Headers) -> Self {
        let mut signatures = names.signatures();
        Self(from_fn(|at| {
            let name = match at {
                0..TIMESTAMP => signatures.next(),
                TIMESTAMP => names.timestamp,
                _ => names.id,
            };
            let value = name.map_or(Lookup::Missing, |name| headers.find(name));
            Looked { name: name.unwrap_or_default(), value }
        }))
    }

    fn signatures(&self) -> &[Looked<'p, 'a>] {
        self.0.get(..TIMESTAMP).unwrap_or_default()
    }

    fn timestamp(&self) -> &Looked<'p, 'a> {
        &self.0[TIMESTAMP]
    }

    fn id(&self) -> &Looked<'p, 'a> {
        &self.0[TIMESTAMP + 1]
    }

    fn is_signed(&self) -> bool {
        self.signatures().iter().any(Looked::is_there)
    }

    /// Holds them to their caps.
    pub(super) fn check_caps(&self, scheme: &Scheme<'_>) -> Result<(), Error<'p>> {
        let mut found = 0;
        for (at, looked) in self.0.iter().enumerate() {
            let Some(value) = looked.one() else { continue };
            if value.len() > HEADER_BYTES {
                return Err(too_large(looked.name, "bytes", value.len(), HEADER_BYTES));
            }
            if at < TIMESTAMP {
                found += count(scheme.layout, value);
            }
            if found > SIGNATURES {
                return Err(too_large(looked.name, "signatures", found, SIGNATURES));
            }
        }
        Ok(())
    }

    /// Requires every header to be there, once.
    pub(super) fn check_presence(
        &self,
        provider: &Provider<'p>,
        headers: &dyn Headers,
    ) -> Result<(), Error<'p>> {
        if !self.is_signed() {
            let header = self.0[0].name;
            let sibling = sibling(provider, headers, None);
            return Err(Error::MissingSignature { header, sibling });
        }
        if self.id().is_missing() {
            return Err(Error::MissingId { header: self.id().name });
        }
        if self.timestamp().is_missing() {
            return Err(Error::MissingTimestamp { at: self.timestamp().name });
        }
        let spaced = matches!(provider.scheme.layout, Layout::List { spaced: true, .. });
        for (at, looked) in self.0.iter().enumerate() {
            let joined = match looked.value {
                Lookup::Missing => false,
                Lookup::One(value) => (at >= TIMESTAMP || !spaced) && is_joined(value),
                Lookup::Many => true,
            };
            if joined {
                let fault = "is there more than once";
                let header = looked.name;
                return Err(Error::MalformedSignature { header, fault, sibling: None });
            }
        }
        Ok(())
    }

    pub(super) fn read_signatures(
        &self,
        provider: &Provider<'p>,
        headers: &dyn Headers,
        signature: &mut SignatureHeader<'a>,
    ) -> Result<(), Error<'p>> {
        for looked in self.signatures() {
            let (header, Some(value)) = (looked.name, looked.one()) else { continue };
            let scheme = &provider.scheme;
            if let Err(Fault(fault)) = signature.read(scheme.layout, scheme.encoding, value) {
                let sibling = sibling(provider, headers, Some(header));
                return Err(Error::MalformedSignature { header, fault, sibling });
            }
        }
        Ok(())
    }

    /// The signed id, where there is one.
    pub(super) fn read_id(&self, scheme: &Scheme<'_>) -> Result<Option<&'a [u8]>, Error<'p>> {
        let id = self.id().one();
        if let Some(id) = id {
            check_id(self.id().name, id, scheme.id_mark())?;
        }
        Ok(id)
    }

    /// The signed time, as written and as read, where it is in a header: its own, or `field` of the
    /// signature's.
    pub(super) fn read_time(
        &self,
        scheme: &Scheme<'p>,
        field: Option<&'a [u8]>,
    ) -> Result<Option<(&'a [u8], UnixSeconds)>, Error<'p>> {
        let TimeAt::Header(form) = scheme.time else { return Ok(None) };
        let own = self.timestamp().name;
        let at = if own.is_empty() { self.0[0].name } else { own };
        let Some(text) = self.timestamp().one().or(field) else {
            return Err(Error::MissingTimestamp { at });
        };
        let padded = text.starts_with(b"0") && scheme.time_follows_body();
        match UnixSeconds::read(form, text) {
            Some(time) if !padded => Ok(Some((text, time))),
            _ => Err(malformed_time(at, form)),
        }
    }
}

fn too_large<'p>(header: &'p str, unit: &'static str, found: usize, most: usize) -> Error<'p> {
    Error::HeaderTooLarge { header, unit, found, most }
}

/// Whether a value is two headers of one name that something on the way has joined.
fn is_joined(value: &[u8]) -> bool {
    value.windows(2).any(|pair| pair == b", ")
}

/// A sibling of the provider whose signature header (if given, this one) is there, and begins as the
/// sibling's does.
fn sibling<'p>(of: &Provider<'p>, headers: &dyn Headers, header: Option<&str>) -> Option<&'p str> {
    let is_here = |sibling: &Sibling<'_>| {
        header.is_none_or(|header| header == sibling.header)
            && matches!(headers.find(sibling.header),
                Lookup::One(value) if value.starts_with(sibling.begins.as_bytes()))
    };
    of.siblings.iter().flatten().find(|sibling| is_here(sibling)).map(|sibling| sibling.id)
}

/// A signed id must not be able to swallow what shows where it ends.
fn check_id<'p>(header: &'p str, id: &[u8], mark: Option<u8>) -> Result<(), Error<'p>> {
    let fault = if id.is_empty() {
        "is empty"
    } else if id.len() > ID_BYTES {
        "is over 256 bytes long"
    } else if !mark.is_some_and(|mark| id.iter().all(|byte| *byte != mark)) {
        "holds the character that shows where it ends in what is signed"
    } else {
        return Ok(());
    };
    Err(Error::MalformedId { header, fault })
}
