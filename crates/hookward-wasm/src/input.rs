//! Reading the texts of the input.
//!
//! Before each comes its length in bytes, as two bytes in little-endian order: 0xffff for a text that is
//! not there, 0xfffe for a header that is there more than once. Behind the last one comes one that is
//! not there.

use alloc::vec::Vec;

use hookward::{Headers, Lookup, Target};

use crate::answer::Refusal;

/// What is left to read.
pub(crate) struct Input<'a> {
    texts: &'a [u8],
}

/// The headers that a provider's verification may look up.
#[derive(Default)]
pub(crate) struct FoundHeaders<'a> {
    found: Vec<(&'static str, Lookup<'a>)>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(texts: &'a [u8]) -> Self {
        Self { texts }
    }

    /// The next text, if it is there.
    pub(crate) fn text(&mut self) -> Result<Option<&'a str>, Refusal> {
        match self.entry()? {
            Lookup::Missing => Ok(None),
            Lookup::One(text) => core::str::from_utf8(text).map(Some).map_err(|_| Refusal::Misuse),
            Lookup::Many => Err(Refusal::Misuse),
        }
    }

    /// The next two texts as method and URL, if they are there.
    pub(crate) fn target(&mut self) -> Result<Option<Target<'a>>, Refusal> {
        let (method, url) = (self.text()?, self.text()?);
        Ok(method.zip(url).map(|(method, url)| Target { method, url }))
    }

    /// The next texts as the values of the given headers.
    pub(crate) fn headers(
        &mut self,
        names: &[&'static str],
        headers: &mut FoundHeaders<'a>,
    ) -> Result<(), Refusal> {
        headers.found.clear();
        for name in names {
            headers.found.push((*name, self.entry()?));
        }
        Ok(())
    }

    fn entry(&mut self) -> Result<Lookup<'a>, Refusal> {
        let (length, rest) = self.texts.split_first_chunk().ok_or(Refusal::Misuse)?;
        self.texts = rest;
        match u16::from_le_bytes(*length) {
            u16::MAX => Ok(Lookup::Missing),
            0xfffe => Ok(Lookup::Many),
            length => {
                let (text, rest) = rest.split_at_checked(length.into()).ok_or(Refusal::Misuse)?;
                self.texts = rest;
                Ok(Lookup::One(text))
            }
        }
    }
}

impl Headers for FoundHeaders<'_> {
    fn find(&self, name: &str) -> Lookup<'_> {
        let found = self.found.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or(Lookup::Missing, |(_, value)| *value)
    }
}
