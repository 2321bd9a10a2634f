//! How the value of a signature header is written.

/// How the value of the signature header is written.
///
/// As text it is an example of the value, see [`Layout::parse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout<'s> {
    /// One tag behind a fixed prefix, such as `sha256=`; mostly behind an empty one.
    Whole {
        /// What stands before the tag.
        prefix: &'s str,
    },
    /// Named fields. Those of other names are passed over.
    List {
        /// What stands between two fields: `,`, `;` or a space.
        separator: u8,
        /// Whether a space may follow the separator.
        spaced: bool,
        /// What stands between a field's name and its value: `=`, or `,` as in `v1,…`.
        assign: u8,
        /// The field that holds a tag; may occur several times.
        signature: &'s str,
        /// The field that holds the time, if one does; occurs once.
        timestamp: Option<&'s str>,
    },
}

const SIGNATURE: &str = "{signature}";
const TIMESTAMP: &str = "{timestamp}";

impl<'s> Layout<'s> {
    /// The tag and nothing else.
    pub const BARE: Self = Self::Whole { prefix: "" };

    /// `t=…,v1=…` with these names.
    pub const fn fields(timestamp: &'s str, signature: &'s str) -> Self {
        let timestamp = Some(timestamp);
        Self::List { separator: b',', spaced: false, assign: b'=', signature, timestamp }
    }

    /// `v1,… v1,…` with this name: the Standard Webhooks form.
    pub const fn versioned(signature: &'s str) -> Self {
        Self::List { separator: b' ', spaced: false, assign: b',', signature, timestamp: None }
    }

    /// Reads an example of the value, with `{signature}` for a tag:
    ///
    /// | example | |
    /// |---|---|
    /// | `{signature}`, `sha256={signature}` | one tag, perhaps behind a prefix |
    /// | `t={timestamp},v1={signature}` | fields, one of them the time; in any order |
    /// | `t={timestamp}, v1={signature}` | the same, where a space may follow the comma |
    /// | `v1={signature},...` | fields, without a time |
    /// | `v1,{signature} ...` | the same with other marks |
    ///
    /// `None` for anything else.
    pub fn parse(example: &'s str) -> Option<Self> {
        if let Some(entry) = example.strip_suffix("...") {
            let (separator, entry) = last_byte(entry)?;
            let (assign, signature) = last_byte(entry.strip_suffix(SIGNATURE)?)?;
            return Self::List { separator, spaced: false, assign, signature, timestamp: None }
                .checked();
        }
        let before = example.strip_suffix(SIGNATURE)?;
        let Some((time, field)) = before.split_once(TIMESTAMP) else {
            return Self::Whole { prefix: before }.checked();
        };
        let (assign, timestamp) = last_byte(time)?;
        let (assign_again, field) = last_byte(field)?;
        let separator = *field.as_bytes().first()?;
        let field = field.get(1..)?;
        let (spaced, signature) = match field.strip_prefix(' ') {
            Some(rest) => (true, rest),
            None => (false, field),
        };
        let timestamp = Some(timestamp);
        (assign == assign_again)
            .then_some(Self::List { separator, spaced, assign, signature, timestamp })?
            .checked()
    }

    /// Itself, if it can be told apart what is what.
    fn checked(self) -> Option<Self> {
        let name = |name: &str| {
            (1..=16).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let sound = match self {
            Self::Whole { prefix } => {
                prefix.len() <= 32
                    && prefix
                        .bytes()
                        .all(|b| b.is_ascii_graphic() && !matches!(b, b'{' | b'}' | b'|'))
            }
            Self::List { separator, assign, signature, timestamp, .. } => {
                matches!((separator, assign), (b',' | b';' | b' ', b'=') | (b' ', b','))
                    && name(signature)
                    && timestamp.is_none_or(|t| name(t) && t != signature)
            }
        };
        sound.then_some(self)
    }

    /// The example from which [`Layout::parse`] reads this layout.
    #[cfg(feature = "alloc")]
    pub fn example(&self) -> alloc::string::String {
        use alloc::format;
        match *self {
            Self::Whole { prefix } => format!("{prefix}{SIGNATURE}"),
            Self::List { separator, spaced, assign, signature, timestamp } => {
                let (separator, assign) = (char::from(separator), char::from(assign));
                let space = if spaced { " " } else { "" };
                match timestamp {
                    Some(t) => format!(
                        "{t}{assign}{TIMESTAMP}{separator}{space}{signature}{assign}{SIGNATURE}"
                    ),
                    None => format!("{signature}{assign}{SIGNATURE}{separator}..."),
                }
            }
        }
    }

    /// The name of the timestamp's field, where there is one.
    pub(crate) fn timestamp(&self) -> Option<&'s str> {
        match *self {
            Self::Whole { .. } => None,
            Self::List { timestamp, .. } => timestamp,
        }
    }
}

/// The last byte of a text, which is ASCII, and what stands before it.
fn last_byte(text: &str) -> Option<(u8, &str)> {
    let (rest, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    Some((*last.as_bytes().first()?, rest))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn examples_lead_back_to_themselves() {
        for example in [
            "{signature}",
            "sha256={signature}",
            "t={timestamp},v1={signature}",
            "t={timestamp}, v1={signature}",
            "ts={timestamp};h1={signature}",
            "v1={signature},...",
            "v1,{signature} ...",
        ] {
            assert_eq!(Layout::parse(example).unwrap().example(), example);
        }
        let long = "p".repeat(33) + "{signature}";
        assert!(Layout::parse(&long[1..]).is_some());
        assert_eq!(Layout::parse(&long), None);
        assert_eq!(Layout::parse("v1,{signature} ..."), Some(Layout::versioned("v1")));
        assert_eq!(Layout::parse("t={timestamp},v1={signature}"), Some(Layout::fields("t", "v1")));
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        for example in [
            "",
            "signature",
            "{signature}x",
            "a b{signature}",
            "{body}{signature}",
            "={signature},...",
            "v1={signature}...",
            "v1={signature}|...",
            "...",
            "t={timestamp}v1={signature}",
            "t={timestamp},v1:{signature}",
            "t={timestamp},t={signature}",
            "t={timestamp},={signature}",
            "t={timestamp},v1={signature},...",
            "v1={signature},t={timestamp}",
            "é={timestamp},v1={signature}",
        ] {
            assert_eq!(Layout::parse(example), None, "{example}");
        }
    }
}
