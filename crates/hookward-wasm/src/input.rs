//! Reading the input buffer.
//!
//! It holds texts and then bytes. Each text stands behind its length in bytes, four bytes in
//! little-endian order: -1 for a text that is not there, -2 for a header that is there more than
//! once.

use alloc::vec::Vec;

use hookward::{Headers, Lookup};

use crate::answer::Refusal;

/// What is left to read.
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

/// The headers that a provider's verification may look up.
pub(crate) struct FoundHeaders<'a> {
    found: Vec<(&'static str, Lookup<'a>)>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `length` bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Refusal<'static>> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Refusal::Misuse)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next text, if it is there.
    pub(crate) fn text(&mut self) -> Result<Option<&'a str>, Refusal<'static>> {
        match self.entry()? {
            Lookup::Missing => Ok(None),
            Lookup::One(text) => core::str::from_utf8(text).map(Some).map_err(|_| Refusal::Misuse),
            Lookup::Many => Err(Refusal::Misuse),
        }
    }

    /// The next texts as the values of the given headers.
    pub(crate) fn headers(
        &mut self,
        names: &[&'static str],
    ) -> Result<FoundHeaders<'a>, Refusal<'static>> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.push((*name, self.entry()?));
        }
        Ok(FoundHeaders { found })
    }

    fn entry(&mut self) -> Result<Lookup<'a>, Refusal<'static>> {
        let (length, rest) = self.rest.split_first_chunk().ok_or(Refusal::Misuse)?;
        self.rest = rest;
        match i32::from_le_bytes(*length) {
            -1 => Ok(Lookup::Missing),
            -2 => Ok(Lookup::Many),
            length => {
                self.bytes(usize::try_from(length).map_err(|_| Refusal::Misuse)?).map(Lookup::One)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_missing_single_or_double() {
        let bytes = [&[1, 0, 0, 0, b'a'][..], &[255; 4], &[254, 255, 255, 255], b"body"].concat();
        let mut input = Input::new(&bytes);
        let Ok(headers) = input.headers(&["X-One", "X-None", "X-Two"]) else { panic!("refused") };
        assert_eq!(headers.find("x-one"), Lookup::One(b"a"));
        assert_eq!(headers.find("x-none"), Lookup::Missing);
        assert_eq!(headers.find("x-two"), Lookup::Many);
        assert_eq!(headers.find("x-other"), Lookup::Missing);
        assert!(input.bytes(4).is_ok_and(|body| body == b"body"));
    }

    #[test]
    fn input_that_breaks_the_rules_is_misuse() {
        for bytes in [&[][..], &[1, 0, 0], &[5, 0, 0, 0, b'a'], &[253, 255, 255, 255]] {
            assert!(Input::new(bytes).text().is_err(), "{bytes:?}");
        }
        assert!(Input::new(&[1, 0, 0, 0, 0xff]).text().is_err());
        assert!(Input::new(&[0; 3]).bytes(4).is_err());
    }
}
