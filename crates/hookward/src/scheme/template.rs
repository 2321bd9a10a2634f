//! What is signed, as a template such as `{timestamp}.{body}`.

/// The signed content: the names below in braces, everything else stands for itself.
///
/// | name | |
/// |---|---|
/// | `{id}` | the id header's value, as received |
/// | `{timestamp}` | the time, as written by the provider |
/// | `{body}` | the body, byte for byte |
/// | `{method}` | the request's method |
/// | `{url}` | the URL to which the provider sends, as registered with it |
/// | `{url_decoded}` | the same, with the escapes undone that HubSpot undoes |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template<'s> {
    text: &'s str,
    /// In order; behind the last one, empty literals.
    parts: [Part<'s>; PARTS],
    count: usize,
}

/// The most pieces that a template has.
const PARTS: usize = 8;

/// A piece of the signed content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part<'s> {
    /// The id header's value, as received.
    Id,
    /// The time, as written by the provider.
    Timestamp,
    /// The body, byte for byte.
    Body,
    /// The request's method.
    Method,
    /// The URL as registered with the provider.
    Url,
    /// The same, partly unescaped.
    UrlDecoded,
    /// These bytes.
    Literal(&'s str),
}

impl<'s> Template<'s> {
    /// Reads a template. A brace that opens no known name is literal, and so is all that stands behind
    /// the seventh piece.
    #[expect(clippy::indexing_slicing, reason = "iterators are not for constants")]
    pub const fn new(text: &'s str) -> Self {
        let mut parts = [Part::Literal(""); PARTS];
        let mut rest = text;
        let mut at = 0;
        while at < PARTS && !rest.is_empty() {
            let (part, behind) =
                if at + 1 < PARTS { first(rest) } else { (Part::Literal(rest), "") };
            parts[at] = part;
            rest = behind;
            at += 1;
        }
        Self { text, parts, count: at }
    }

    /// The text from which [`Template::new`] reads it.
    pub const fn text(&self) -> &'s str {
        self.text
    }

    /// The pieces, in order.
    pub fn parts(&self) -> &[Part<'s>] {
        self.parts.get(..self.count).unwrap_or_default()
    }

    /// Whether that piece is signed.
    pub fn has(&self, part: Part<'_>) -> bool {
        self.parts().contains(&part)
    }

    /// Whether the request's method or URL is signed.
    pub fn needs_target(&self) -> bool {
        let is_of_it =
            |part: &Part<'_>| matches!(part, Part::Method | Part::Url | Part::UrlDecoded);
        self.parts.iter().any(is_of_it)
    }
}

/// The first piece of a text, and what stands behind it.
#[expect(clippy::indexing_slicing, reason = "iterators are not for constants")]
const fn first(text: &str) -> (Part<'_>, &str) {
    const NAMES: [(&str, Part<'_>); 6] = [
        ("{body}", Part::Body),
        ("{timestamp}", Part::Timestamp),
        ("{id}", Part::Id),
        ("{method}", Part::Method),
        ("{url}", Part::Url),
        ("{url_decoded}", Part::UrlDecoded),
    ];
    let mut at = 0;
    while at < NAMES.len() {
        let (name, part) = NAMES[at];
        if begins(text, name) {
            return (part, split(text, name.len()).1);
        }
        at += 1;
    }
    // A literal: up to the next brace that is not the first character.
    let bytes = text.as_bytes();
    let mut end = 1;
    while end < bytes.len() && bytes[end] != b'{' {
        end += 1;
    }
    let (literal, rest) = split(text, end);
    (Part::Literal(literal), rest)
}

/// A text cut in two where a character begins.
const fn split(text: &str, at: usize) -> (&str, &str) {
    match text.split_at_checked(at) {
        Some(parts) => parts,
        None => (text, ""),
    }
}

/// Whether a text begins with another: `str::starts_with`, which is not for constants.
#[expect(clippy::indexing_slicing, reason = "iterators are not for constants")]
const fn begins(text: &str, with: &str) -> bool {
    let (text, with) = (text.as_bytes(), with.as_bytes());
    let mut at = 0;
    while at < with.len() {
        if at >= text.len() || text[at] != with[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn parts(template: &str) -> Vec<Part<'_>> {
        Template::new(template).parts().to_vec()
    }

    #[test]
    fn templates_are_names_and_what_stands_between_them() {
        use Part::{Body, Id, Literal, Method, Timestamp, UrlDecoded};
        assert_eq!(parts("{body}"), [Body]);
        assert_eq!(
            parts("{id}.{timestamp}.{body}"),
            [Id, Literal("."), Timestamp, Literal("."), Body]
        );
        assert_eq!(
            parts("{method}{url_decoded}{body}{timestamp}"),
            [Method, UrlDecoded, Body, Timestamp]
        );
        assert_eq!(parts("v0:{timestamp}:{body}"), [Literal("v0:"), Timestamp, Literal(":"), Body]);
        assert_eq!(parts(""), []);
    }

    #[test]
    fn other_braces_are_literal() {
        use Part::{Body, Literal};
        assert_eq!(parts("{bodyx}{body}"), [Literal("{bodyx}"), Body]);
        assert_eq!(parts("{{body}}"), [Literal("{"), Body, Literal("}")]);
        assert_eq!(parts("{é{body}"), [Literal("{é"), Body]);
        assert_eq!(parts("é"), [Literal("é")]);
    }

    #[test]
    fn what_is_behind_the_seventh_piece_is_literal() {
        let many = "{id}.".repeat(4);
        assert_eq!(parts(&many).len(), 8);
        let more = parts("{id}.{id}.{id}.{id}.{body}");
        assert_eq!((more.len(), more.last()), (8, Some(&Part::Literal(".{body}"))));
    }
}
