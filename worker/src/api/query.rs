//! The query of a list: every parameter is known, or the call is refused.

use hookward::UnixSeconds;
use hookward_relay::page::{self, Cursor};
use worker::Request;

use crate::problem::{Code, Problem};

/// Names and values, decoded, not yet taken.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(request: &Request) -> Result<Self, Problem> {
        let url = request.url().map_err(|_| refused("The URL cannot be read."))?;
        Ok(Self(url.query_pairs().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// The value of `name`; refused where it occurs twice.
    pub(super) fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let Some(at) = self.0.iter().position(|(other, _)| other == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(at);
        if self.0.iter().any(|(other, _)| other == name) {
            return Err(refused(format!("\"{name}\" occurs twice.")));
        }
        Ok(Some(value))
    }

    pub(super) fn limit(&mut self) -> Result<u32, Problem> {
        let value = self.take("limit")?;
        page::parse_limit(value.as_deref()).map_err(|error| refused(format!("{error}.")))
    }

    /// The key to go on after, in the list's own kind.
    pub(super) fn cursor<K: std::str::FromStr>(&mut self) -> Result<Option<K>, Problem> {
        let value = self.take("cursor")?;
        value.as_deref().map(cursor).transpose()
    }

    /// A time in Unix milliseconds.
    pub(super) fn time_ms(&mut self, name: &str) -> Result<Option<u64>, Problem> {
        let value = self.take(name)?;
        value.map(|text| time_ms(&text).ok_or_else(|| refused(time_wanted(name)))).transpose()
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(64).collect();
                Err(refused(format!("There is no parameter \"{shown}\" here.")))
            }
        }
    }
}

/// Reads a cursor of an earlier answer.
pub(super) fn cursor<K: std::str::FromStr>(text: &str) -> Result<K, Problem> {
    Cursor::parse(text).map_err(|error| refused(format!("{error}.")))
}

/// RFC 3339 or Unix seconds, in Unix milliseconds.
pub(super) fn time_ms(text: &str) -> Option<u64> {
    let digits = (1..=13).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if digits {
        text.parse().ok()
    } else {
        UnixSeconds::from_rfc3339(text).map(UnixSeconds::get)
    };
    seconds.map(|seconds: u64| seconds.saturating_mul(1000))
}

pub(super) fn time_wanted(name: &str) -> String {
    format!("\"{name}\" must be a time in RFC 3339 or in Unix seconds.")
}

pub(super) fn refused(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(Code::InvalidQuery, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_or_unix_seconds() {
        assert_eq!(time_ms("1700000000"), Some(1_700_000_000_000));
        assert_eq!(time_ms("2023-11-14T22:13:20Z"), Some(1_700_000_000_000));
        assert_eq!(time_ms("2023-11-14T23:13:20+01:00"), Some(1_700_000_000_000));
        for bad in ["", "-1", "+1", " 1", "1.5", "yesterday", "2023-11-14", "99999999999999999999"]
        {
            assert_eq!(time_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_parameter_is_taken_once_and_none_is_left() {
        let pair = |name: &str| (name.to_owned(), "x".to_owned());
        let mut query = Query(vec![pair("a"), pair("b")]);
        assert_eq!(query.take("a").unwrap().as_deref(), Some("x"));
        assert_eq!(query.take("a").unwrap(), None);
        assert_eq!(query.finish().unwrap_err().code, Code::InvalidQuery);
        assert!(Query(vec![pair("a"), pair("a")]).take("a").is_err());
        assert!(Query(Vec::new()).finish().is_ok());
    }
}
