//! What is kept between calls: providers, and the secrets that were parsed for them, by handle.

use alloc::boxed::Box;
use alloc::vec::Vec;

#[cfg(not(feature = "full"))]
use hookward::COMPACT_COLUMNS;
use hookward::limits::SECRETS;
use hookward::{Provider, Secret};

use crate::answer::{Error, misuse};
use crate::input::{HEADERS, Input, Names};

/// A provider, and what is asked of it on every call.
pub(crate) struct Row {
    pub(crate) provider: Provider<'static>,
    /// Every header that is looked up.
    pub(crate) headers: Names,
}

/// Parsed secrets, in the order in which they were given; or what is wrong with them.
pub(crate) struct List {
    /// None, if anything is wrong.
    pub(crate) secrets: Vec<Secret>,
    /// How many they are to be counted as: those that were given, unless one of them is at fault.
    pub(crate) count: usize,
    /// What is wrong, if anything is.
    pub(crate) fault: Error,
}

/// A provider, and its lists of secrets. Kept for good, like what it borrows: JavaScript brings few, and
/// each of them once.
struct Sender {
    row: &'static Row,
    /// The handle is the position; a dropped list leaves its place to the next.
    lists: &'static mut [Option<Box<List>>; LISTS],
}

/// Providers and secrets. There is a place for all that JavaScript keeps at a time.
pub(crate) struct Kept {
    senders: [Option<Sender>; SENDERS],
    /// How many there are: the next one's handle.
    count: usize,
}

/// JavaScript makes another instance after half as many providers.
const SENDERS: usize = 1024;

/// JavaScript drops the oldest secret of 64 that were given alone, and the oldest list of 64 of several.
const LISTS: usize = 128;

impl Kept {
    pub(crate) const fn new() -> Self {
        Self { senders: [const { None }; SENDERS], count: 0 }
    }

    /// Takes in a provider: the texts of the input. Its handle, if they are as they must be.
    pub(crate) fn add_row(&mut self, texts: &[u8]) -> Option<usize> {
        let mut input = Input::new(Box::leak(texts.into()));
        #[cfg(feature = "full")]
        let provider = hookward::Row::parse(input.text()?).ok()?.provider().ok()?;
        #[cfg(not(feature = "full"))]
        let provider = {
            let mut columns = [""; COMPACT_COLUMNS];
            for column in &mut columns {
                *column = input.text().unwrap_or_default();
            }
            Provider::from_compact(&columns)
        };
        if provider.id.is_empty() {
            return None;
        }
        let mut headers = [""; HEADERS];
        let mut places = headers.iter_mut();
        while let Some(name) = input.text() {
            *places.next()? = name;
        }
        let place = self.senders.get_mut(self.count)?;
        let row = Box::leak(Box::new(Row { provider, headers }));
        let lists = Box::leak(Box::new([const { None }; LISTS]));
        *place = Some(Sender { row, lists });
        self.count += 1;
        Some(self.count - 1)
    }

    pub(crate) fn row(&self, provider: usize) -> Result<&'static Row, Error> {
        match self.senders.get(provider) {
            Some(Some(sender)) => Ok(sender.row),
            _ => Err(Error::UnknownProvider),
        }
    }

    /// The list of that handle, of a provider that is known.
    pub(crate) fn secrets(&self, provider: usize, handle: usize) -> &List {
        match self.senders.get(provider) {
            Some(Some(sender)) => match sender.lists.get(handle) {
                Some(Some(list)) => list,
                _ => misuse(),
            },
            _ => misuse(),
        }
    }

    /// Parses the next `count` texts as the provider's secrets. What is wrong with them is kept as
    /// well, since the checks have an order and others come first.
    pub(crate) fn add(
        &mut self,
        provider: usize,
        count: usize,
        input: &mut Input<'_>,
    ) -> Option<usize> {
        let sender = self.senders.get_mut(provider)?.as_mut()?;
        let handle = sender.lists.iter().position(Option::is_none)?;
        *sender.lists.get_mut(handle)? =
            Some(Box::new(List::read(&sender.row.provider, count, input)));
        Some(handle)
    }

    pub(crate) fn drop(&mut self, provider: usize, handle: usize) {
        if let Some(Some(sender)) = self.senders.get_mut(provider)
            && let Some(place) = sender.lists.get_mut(handle)
        {
            *place = None;
        }
    }
}

impl List {
    fn read(provider: &Provider<'_>, count: usize, input: &mut Input<'_>) -> Self {
        let mut list = Self { secrets: Vec::new(), count, fault: Error::NoSecret };
        if count > SECRETS {
            list.fault = Error::TooManySecrets { found: count, most: SECRETS };
            return list;
        }
        list.secrets = Vec::with_capacity(count);
        for _ in 0..count {
            match Secret::parse(provider, input.text().unwrap_or_default()) {
                // There is room; said again, nothing is built that would make more.
                Ok(secret) if list.secrets.len() < list.secrets.capacity() => {
                    list.secrets.push(secret);
                }
                Ok(_) => {}
                Err(fault) => {
                    return Self { secrets: Vec::new(), count: 0, fault };
                }
            }
        }
        list
    }

    /// The secrets, if nothing is wrong with them.
    #[cfg(feature = "full")]
    pub(crate) fn all(&self) -> Result<&[Secret], Error> {
        if self.secrets.is_empty() { Err(self.fault) } else { Ok(&self.secrets) }
    }
}
