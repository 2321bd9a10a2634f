//! The query of a URL, as far as a handshake needs it.

use alloc::string::String;
use alloc::vec::Vec;

/// What a query has under a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Missing,
    One(String),
    /// Twice, or not UTF-8 behind its escapes.
    Unclear,
}

/// The value of `name` in the query of `url`, unescaped: `%` and two hex digits, and `+` for a space.
pub(super) fn value(url: &str, name: &str) -> Value {
    let Some((_, query)) = url.split_once('?') else { return Value::Missing };
    let query = query.split('#').next().unwrap_or_default();
    let mut found = Value::Missing;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if unescape(key).as_deref() == Some(name) {
            found = match (found, unescape(value)) {
                (Value::Missing, Some(value)) => Value::One(value),
                _ => Value::Unclear,
            };
        }
    }
    found
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, others) = rest.split_first_chunk::<2>()?;
                let mut byte = [0];
                crate::encoding::decode_hex(digits, &mut byte)?;
                bytes.extend(byte);
                rest = others;
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unescaped_and_doubled_ones_unclear() {
        let one = |text: &str| Value::One(text.into());
        assert_eq!(value("/in?a=1&hub.challenge=x%2By+z#a=2", "hub.challenge"), one("x+y z"));
        assert_eq!(value("https://a.example/?crc_token=T_-1", "crc_token"), one("T_-1"));
        assert_eq!(value("/?a", "a"), one(""));
        assert_eq!(value("/?%61=b", "a"), one("b"));
        assert_eq!(value("/a=1", "a"), Value::Missing);
        assert_eq!(value("/?b=1", "a"), Value::Missing);
        for unclear in ["/?a=1&a=1", "/?a=%", "/?a=%4", "/?a=%zz", "/?a=%ff", "/?a=1&%61=2"] {
            assert_eq!(value(unclear, "a"), Value::Unclear, "{unclear}");
        }
    }
}
