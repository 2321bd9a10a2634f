//! How lists are paged: `limit` and `cursor`.

use core::fmt;

use crate::limits;

/// Why `limit` or `cursor` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageError {
    /// `limit` is not a number from 1 to [`limits::PAGE_ITEMS`].
    Limit,
    /// `cursor` is not one that this gateway gave.
    Cursor,
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit => write!(f, "limit is a number from 1 to {}", limits::PAGE_ITEMS),
            Self::Cursor => f.write_str("cursor is not the next_cursor of an earlier answer"),
        }
    }
}

impl core::error::Error for PageError {}

/// Items wanted in a page, from the query's `limit`.
pub fn parse_limit(text: Option<&str>) -> Result<u32, PageError> {
    let Some(text) = text else { return Ok(limits::PAGE_ITEMS_DEFAULT) };
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = if digits { text.parse().ok() } else { None };
    limit.filter(|limit| (1..=limits::PAGE_ITEMS).contains(limit)).ok_or(PageError::Limit)
}

/// Where a page ends: the id of its last item. Opaque to callers of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

const VERSION: &str = "c1";

impl Cursor {
    /// The cursor behind the item with this id.
    pub fn after(id: &impl fmt::Display) -> Self {
        Self(id.to_string())
    }

    /// Reads the query's `cursor`. The list's kind of id is parsed from it, so that a cursor of
    /// another list is refused.
    pub fn parse<Id: core::str::FromStr>(text: &str) -> Result<Id, PageError> {
        if text.len() > limits::CURSOR_BYTES {
            return Err(PageError::Cursor);
        }
        let digits = text.strip_prefix(VERSION).ok_or(PageError::Cursor)?;
        if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(PageError::Cursor);
        }
        let bytes = hex::decode(digits).map_err(|_| PageError::Cursor)?;
        let id = String::from_utf8(bytes).map_err(|_| PageError::Cursor)?;
        id.parse().map_err(|_| PageError::Cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}{}", hex::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DeliveryId, DestinationId};

    #[test]
    fn a_limit_is_a_number_up_to_the_cap() {
        let cases = [
            (None, Ok(20)),
            (Some("1"), Ok(1)),
            (Some("007"), Ok(7)),
            (Some("100"), Ok(100)),
            (Some("101"), Err(PageError::Limit)),
            (Some("0"), Err(PageError::Limit)),
            (Some(""), Err(PageError::Limit)),
            (Some("-1"), Err(PageError::Limit)),
            (Some("+1"), Err(PageError::Limit)),
            (Some("1.0"), Err(PageError::Limit)),
            (Some(" 1"), Err(PageError::Limit)),
            (Some("٣"), Err(PageError::Limit)),
            (Some("99999999999999999999"), Err(PageError::Limit)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_limit(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_cursor_gives_its_id_back() {
        let id = DeliveryId::new(1_700_000_000_000, [7; 10]);
        let text = Cursor::after(&id).to_string();
        assert!(text.len() <= limits::CURSOR_BYTES);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(Cursor::parse::<DeliveryId>(&text), Ok(id));
    }

    #[test]
    fn any_other_cursor_is_refused() {
        let id = DeliveryId::new(1_700_000_000_000, [7; 10]);
        let good = Cursor::after(&id).to_string();
        let other_list = Cursor::after(&DestinationId::new(1, [7; 10])).to_string();
        for text in [
            "",
            "c1",
            &id.to_string(),
            &other_list,
            &good.to_uppercase(),
            &good.replace("c1", "c2"),
            &good[..good.len() - 2],
            &good[..good.len() - 1],
            &format!("{good}00"),
            "c1zz",
            "c1ff",
            &format!("c1{}", "61".repeat(100_000)),
        ] {
            let parsed = Cursor::parse::<DeliveryId>(text);
            assert_eq!(parsed, Err(PageError::Cursor), "{text:.60}");
        }
    }
}
