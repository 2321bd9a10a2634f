//! What is kept between calls: providers and parsed secrets, by handle.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hookward::limits::SECRETS;
use hookward::{Provider, Secret};

use crate::answer::{Error, Refusal};
use crate::input::Input;

/// A provider, and what is asked of it on every call.
pub(crate) struct Row {
    provider: Provider<'static>,
    /// Every header that is looked up.
    headers: Vec<&'static str>,
}

impl Row {
    pub(crate) fn provider(&'static self) -> &'static Provider<'static> {
        &self.provider
    }

    pub(crate) fn headers(&self) -> &[&'static str] {
        &self.headers
    }
}

/// Parsed secrets, in the order in which they were given; or what is wrong with them.
pub(crate) type List = Result<Vec<Secret>, Error>;

/// Providers and secrets.
#[derive(Default)]
pub(crate) struct Kept {
    /// Kept for good, like what they borrow: JavaScript brings few, and each of them once.
    rows: Vec<&'static Row>,
    /// The handle is the position; a dropped list leaves its place to the next.
    lists: Vec<Option<List>>,
}

impl Kept {
    /// Takes in a provider: the texts of the input.
    pub(crate) fn add_row(&mut self, texts: &[u8]) -> Result<usize, Refusal> {
        let mut input = Input::new(Box::leak(texts.into()));
        let mut next = || input.text().ok().flatten();
        #[cfg(feature = "full")]
        let provider = hookward::Row::parse(next().unwrap_or_default())?.provider()?;
        #[cfg(not(feature = "full"))]
        let provider = Provider::from_compact(&mut || next().unwrap_or_default());
        if provider.id.is_empty() {
            return Err(Refusal::Misuse);
        }
        let mut headers = Vec::new();
        while let Some(header) = next() {
            headers.push(header);
        }
        self.rows.push(Box::leak(Box::new(Row { provider, headers })));
        Ok(self.rows.len() - 1)
    }

    pub(crate) fn row(&self, handle: usize) -> Result<&'static Row, Error> {
        self.rows.get(handle).copied().ok_or(Error::UnknownProvider)
    }

    pub(crate) fn secrets(&self, handle: usize) -> Result<&List, Refusal> {
        self.lists.get(handle).and_then(Option::as_ref).ok_or(Refusal::Misuse)
    }

    /// Parses the next `count` texts as the provider's secrets. What is wrong with them is kept as
    /// well, since the checks have an order and others come first.
    pub(crate) fn add(
        &mut self,
        provider: usize,
        count: usize,
        input: &mut Input<'_>,
    ) -> Result<usize, Refusal> {
        let provider = self.row(provider)?.provider();
        let mut list = Ok(Vec::new());
        if count > SECRETS {
            list = Err(Error::TooManySecrets { found: count, most: SECRETS });
        } else {
            for _ in 0..count {
                let secret = Secret::parse(provider, input.text()?.unwrap_or_default());
                match (&mut list, secret) {
                    (Ok(list), Ok(secret)) => list.push(secret),
                    (Ok(_), Err(fault)) => list = Err(fault),
                    (Err(_), _) => {}
                }
            }
        }
        let free = self.lists.iter().position(Option::is_none);
        let handle = free.unwrap_or(self.lists.len());
        match self.lists.get_mut(handle) {
            Some(place) => *place = Some(list),
            None => self.lists.push(Some(list)),
        }
        Ok(handle)
    }

    pub(crate) fn drop(&mut self, handle: usize) {
        if let Some(place) = self.lists.get_mut(handle) {
            *place = None;
        }
    }
}
