//! What is kept between calls: the catalogue's rows, and parsed secrets by handle.

use alloc::vec::Vec;

use hookward::limits::SECRETS;
use hookward::{Error, Provider, Secret, providers};

use crate::answer::Refusal;
use crate::input::Input;

/// A provider, and what is asked of it on every call.
pub(crate) struct Row {
    pub(crate) provider: &'static Provider<'static>,
    /// Every header that verifying may look up.
    pub(crate) headers: Vec<&'static str>,
}

fn all_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    providers().for_each(|provider| rows.push(Row::new(provider)));
    rows
}

/// Parsed secrets, in the order in which they were given; or what is wrong with them.
pub(crate) type List = Result<Vec<Secret>, Error<'static>>;

/// Rows and secrets.
pub(crate) struct Kept {
    rows: Vec<Row>,
    /// The handle is the position; a dropped list leaves its place to the next.
    lists: Vec<Option<List>>,
}

impl Kept {
    pub(crate) fn new() -> Self {
        Self { rows: all_rows(), lists: Vec::new() }
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn row(&self, index: usize) -> Result<&Row, Error<'static>> {
        self.rows.get(index).ok_or(Error::UnknownProvider)
    }

    pub(crate) fn secrets(&self, handle: usize) -> Result<&List, Refusal<'static>> {
        self.lists.get(handle).and_then(Option::as_ref).ok_or(Refusal::Misuse)
    }

    /// Parses the next `count` texts as the provider's secrets. What is wrong with them is kept as
    /// well, since the checks have an order and others come first.
    pub(crate) fn add(
        &mut self,
        provider: usize,
        count: usize,
        input: &mut Input<'_>,
    ) -> Result<usize, Refusal<'static>> {
        let provider = self.row(provider)?.provider;
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

impl Row {
    fn new(of: &'static Provider<'static>) -> Self {
        let mut row = Self { provider: of, headers: Vec::new() };
        of.headers().for_each(|header| row.want(header));
        row
    }

    fn want(&mut self, header: &'static str) {
        if !self.headers.contains(&header) {
            self.headers.push(header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<u8> {
        texts
            .iter()
            .flat_map(|t| [&[u8::try_from(t.len()).unwrap(), 0, 0, 0], t.as_bytes()].concat())
            .collect()
    }

    #[test]
    fn a_provider_asks_for_its_own_headers_and_its_siblings() {
        let kept = Kept::new();
        let headers = |id| {
            let row = kept.rows().iter().find(|row| row.provider.id == id).unwrap();
            row.headers.clone()
        };
        assert_eq!(headers("tinyposter"), ["X-Tinyposter-Signature"]);
        assert_eq!(
            headers("letmepost"),
            ["X-LMP-Signature", "X-LMP-Timestamp", "X-Letmepost-Signature"]
        );
    }

    #[test]
    fn handles_are_used_again_and_dead_ones_refused() {
        let mut kept = Kept::new();
        let bytes = texts(&["one", "two"]);
        let add = |kept: &mut Kept, count| kept.add(0, count, &mut Input::new(&bytes));
        assert!(matches!(add(&mut kept, 1), Ok(0)));
        assert!(matches!(add(&mut kept, 2), Ok(1)));
        kept.drop(0);
        kept.drop(0);
        kept.drop(usize::MAX);
        assert!(matches!(kept.secrets(0), Err(Refusal::Misuse)));
        assert!(matches!(add(&mut kept, 2), Ok(0)));
        let Ok(Ok(list)) = kept.secrets(0) else { panic!("refused") };
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn what_is_wrong_with_secrets_is_kept_for_the_call_that_uses_them() {
        let mut kept = Kept::new();
        let mut code = |count, bytes: &[u8]| {
            let handle = kept.add(0, count, &mut Input::new(bytes)).ok().unwrap();
            let Ok(Err(error)) = kept.secrets(handle) else { panic!("accepted") };
            error.code()
        };
        assert_eq!(code(2, &texts(&["fine", " spaced"])), "malformed_secret");
        assert_eq!(code(1, &texts(&[""])), "no_secret");
        // Refused by their number, before any is read.
        assert_eq!(code(SECRETS + 1, &[]), "too_many_secrets");
    }

    #[test]
    fn a_provider_or_a_text_that_is_not_there_is_refused() {
        assert!(Kept::new().add(999, 1, &mut Input::new(&texts(&["x"]))).is_err());
        assert!(matches!(Kept::new().add(0, 1, &mut Input::new(&[])), Err(Refusal::Misuse)));
    }
}
