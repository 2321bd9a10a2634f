//! Reading the texts of the input.
//!
//! Before each comes its length in bytes, as two bytes in little-endian order: 0xffff for a text that is
//! not there, 0xfffe for a header that is there more than once. Behind the last one comes one that is
//! not there.

use hookward::{Headers, Lookup, Target};

use crate::answer::misuse;

/// What is left to read.
pub(crate) struct Input<'a> {
    texts: &'a [u8],
}

/// The most headers that a provider can have looked up for it: up to five with a signature, two
/// others, three in another spelling, those of two siblings, and one in which a secret arrives.
pub(crate) const HEADERS: usize = 16;

/// Names of headers; behind the last one, empty ones.
pub(crate) type Names = [&'static str; HEADERS];

/// The headers that a provider's verification may look up.
pub(crate) struct FoundHeaders<'a> {
    names: &'static Names,
    values: [Lookup<'a>; HEADERS],
}

impl<'a> Input<'a> {
    pub(crate) fn new(texts: &'a [u8]) -> Self {
        Self { texts }
    }

    /// The next text, if it is there.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        match self.entry() {
            Lookup::Missing => None,
            Lookup::One(text) => match core::str::from_utf8(text) {
                Ok(text) => Some(text),
                Err(_) => misuse(),
            },
            Lookup::Many => misuse(),
        }
    }

    /// The next two texts as method and URL, if they are there.
    pub(crate) fn target(&mut self) -> Option<Target<'a>> {
        let (method, url) = (self.text(), self.text());
        Some(Target { method: method?, url: url? })
    }

    /// The next texts as the values of the headers of those names.
    pub(crate) fn headers(&mut self, names: &'static Names) -> FoundHeaders<'a> {
        let mut values = [Lookup::Missing; HEADERS];
        for (name, value) in names.iter().zip(&mut values) {
            if name.is_empty() {
                break;
            }
            *value = self.entry();
        }
        FoundHeaders { names, values }
    }

    fn entry(&mut self) -> Lookup<'a> {
        let Some((length, rest)) = self.texts.split_first_chunk() else { misuse() };
        self.texts = rest;
        match u16::from_le_bytes(*length) {
            u16::MAX => Lookup::Missing,
            0xfffe => Lookup::Many,
            length => {
                let Some((text, rest)) = rest.split_at_checked(length.into()) else { misuse() };
                self.texts = rest;
                Lookup::One(text)
            }
        }
    }
}

impl Headers for FoundHeaders<'_> {
    fn find(&self, name: &str) -> Lookup<'_> {
        let at = self.names.iter().position(|have| have.eq_ignore_ascii_case(name));
        at.and_then(|at| self.values.get(at)).copied().unwrap_or(Lookup::Missing)
    }
}
