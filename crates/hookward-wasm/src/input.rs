//! Reading the texts of the input.
//!
//! First comes their number, then the length of each in bytes: -1 for a text that is not there, -2 for
//! a header that is there more than once. All of these are four bytes in little-endian order. Then come
//! the texts, with one byte between each and the next.

use alloc::vec::Vec;

use hookward::{Headers, Lookup, Target};

use crate::answer::Refusal;

/// What is left to read.
pub(crate) struct Input<'a> {
    lengths: &'a [[u8; 4]],
    texts: &'a [u8],
}

/// The headers that a provider's verification may look up.
#[derive(Default)]
pub(crate) struct FoundHeaders<'a> {
    found: Vec<(&'static str, Lookup<'a>)>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let (count, rest) = bytes.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let lengths = (u32::from_le_bytes(*count) as usize).saturating_mul(4);
        let (lengths, texts) = rest.split_at_checked(lengths).unwrap_or_default();
        Self { lengths: lengths.as_chunks().0, texts }
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
        let (length, lengths) = self.lengths.split_first().ok_or(Refusal::Misuse)?;
        self.lengths = lengths;
        let length = i32::from_le_bytes(*length);
        let bytes = usize::try_from(length).unwrap_or_default();
        let (text, rest) = self.texts.split_at_checked(bytes).ok_or(Refusal::Misuse)?;
        self.texts = rest.get(1..).unwrap_or_default();
        match length {
            -1 => Ok(Lookup::Missing),
            -2 => Ok(Lookup::Many),
            _ => Ok(Lookup::One(text)),
        }
    }
}

impl Headers for FoundHeaders<'_> {
    fn find(&self, name: &str) -> Lookup<'_> {
        let found = self.found.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or(Lookup::Missing, |(_, value)| *value)
    }
}
