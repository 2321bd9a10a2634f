//! What is signed, as a template such as `{timestamp}.{body}`.

use crate::cut::cut;

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
pub struct Template<'s>(pub &'s str);

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
    /// The pieces, in order. A brace that opens no known name is literal.
    pub fn parts(self) -> impl Iterator<Item = Part<'s>> + use<'s> {
        Parts { rest: self.0 }
    }

    /// Whether that piece is signed.
    pub fn has(self, part: Part<'_>) -> bool {
        self.parts().any(|one| one == part)
    }

    /// Whether `first` stands before `second`.
    pub(crate) fn has_before(self, first: Part<'_>, second: Part<'_>) -> bool {
        self.parts().skip_while(|part| *part != first).any(|part| part == second)
    }

    /// Whether the request's method or URL is signed.
    pub fn needs_target(self) -> bool {
        self.parts().any(|part| matches!(part, Part::Method | Part::Url | Part::UrlDecoded))
    }
}

struct Parts<'s> {
    rest: &'s str,
}

/// The part of that name.
fn named(name: &str) -> Option<Part<'static>> {
    match name {
        "body" => Some(Part::Body),
        "timestamp" => Some(Part::Timestamp),
        "id" => Some(Part::Id),
        "method" => Some(Part::Method),
        "url" => Some(Part::Url),
        "url_decoded" => Some(Part::UrlDecoded),
        _ => None,
    }
}

impl<'s> Iterator for Parts<'s> {
    type Item = Part<'s>;

    fn next(&mut self) -> Option<Part<'s>> {
        if let Some(inside) = self.rest.strip_prefix('{')
            && let (name, Some(rest)) = cut(inside, b'}')
            && let Some(part) = named(name)
        {
            self.rest = rest;
            return Some(part);
        }
        // Up to the next brace that is not the first character.
        let bytes = self.rest.as_bytes();
        let end = bytes.iter().skip(1).position(|b| *b == b'{').map_or(bytes.len(), |at| at + 1);
        let (literal, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!literal.is_empty()).then_some(Part::Literal(literal))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn parts(template: &str) -> Vec<Part<'_>> {
        Template(template).parts().collect()
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
    }
}
