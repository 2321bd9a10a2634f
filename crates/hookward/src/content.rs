//! The signed content, piece by piece.

use crate::error::Error;
use crate::limits::{METHOD_BYTES, URL_BYTES};
use crate::scheme::{Part, Template};

/// Where a request was sent, for schemes that sign it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target<'a> {
    /// The method, in capitals: `POST`.
    pub method: &'a str,
    /// The URL as it is registered with the provider, query and all: from the configuration, never
    /// from the request. Nothing stands between it and the body in what is signed, so that whoever
    /// chooses the URL can move bytes from one to the other.
    pub url: &'a str,
}

impl Target<'_> {
    /// What is said where there is none.
    pub(crate) const MISSING: Error<'static> = Error::InvalidTarget {
        fault: "this provider signs the request's method or URL: give both",
    };

    pub(crate) fn check(&self) -> Result<(), Error<'static>> {
        let fault = if self.method.is_empty() || self.url.is_empty() {
            return Err(Self::MISSING);
        } else if self.method.len() > METHOD_BYTES {
            "the method is over 16 bytes long"
        } else if self.url.len() > URL_BYTES {
            "the URL is over 2048 bytes long"
        } else if self.url.bytes().any(is_no_url) {
            "the URL holds a character that no URL has"
        } else {
            return Ok(());
        };
        Err(Error::InvalidTarget { fault })
    }
}

/// Whether a byte is none of a URL's (RFC 3986), but of the JSON that stands behind the URL.
fn is_no_url(byte: u8) -> bool {
    !byte.is_ascii_graphic() || br#""<>\^`{|}"#.contains(&byte)
}

/// What a template's names stand for.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) timestamp: &'a [u8],
    pub(crate) body: &'a [u8],
    pub(crate) target: Target<'a>,
}

impl<'a> Signed<'a> {
    /// The content that the template makes of this.
    pub(crate) fn pieces(self, template: Template<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        template.parts().flat_map(move |part| {
            let text = match part {
                Part::Id => self.id,
                Part::Timestamp => self.timestamp,
                Part::Body => self.body,
                Part::Method => self.target.method.as_bytes(),
                Part::Url | Part::UrlDecoded => self.target.url.as_bytes(),
                Part::Literal(text) => text.as_bytes(),
            };
            Pieces { rest: text, decodes: part == Part::UrlDecoded }
        })
    }
}

/// The characters whose escapes HubSpot undoes in a URL before it signs it.
const DECODED: &[u8] = b":/?@!$'()*,;";

/// A text in one piece, or in the pieces that undoing escapes makes of it.
struct Pieces<'a> {
    rest: &'a [u8],
    decodes: bool,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let mut end = self.rest.len();
        if self.decodes {
            if let Some(character) = decoded(self.rest) {
                self.rest = self.rest.get(3..).unwrap_or_default();
                return Some(character);
            }
            let escape = self.rest.iter().skip(1).position(|b| *b == b'%');
            end = escape.map_or(end, |at| at + 1);
        }
        let (piece, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(piece)
    }
}

/// The character for which an escape at the beginning of `text` stands, if it is one that is undone.
fn decoded(text: &[u8]) -> Option<&'static [u8]> {
    let [b'%', digits @ ..] = text else { return None };
    let digits = core::str::from_utf8(digits.get(..2)?).ok()?;
    let byte = u8::from_str_radix(digits, 16).ok()?;
    let at = DECODED.iter().position(|b| *b == byte)?;
    DECODED.get(at..=at)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;

    fn signed(template: &str, url: &str) -> String {
        let target = Target { method: "POST", url };
        let signed = Signed { id: b"id", timestamp: b"17", body: b"{}", target };
        let pieces: std::vec::Vec<u8> =
            signed.pieces(Template::new(template)).flatten().copied().collect();
        String::from_utf8(pieces).unwrap()
    }

    #[test]
    fn names_are_replaced_and_literals_kept() {
        assert_eq!(signed("v0:{timestamp}:{body}", ""), "v0:17:{}");
        assert_eq!(signed("{id}.{timestamp}.{body}", ""), "id.17.{}");
        assert_eq!(signed("{url}{body}", "https://a.example/%3A"), "https://a.example/%3A{}");
    }

    #[test]
    fn only_some_escapes_are_undone() {
        for (url, want) in [
            ("https://a.example/x%3Ay%2fz", "https://a.example/x:y/z"),
            ("%40%21%24%27%28%29%2A%2C%3B%3F", "@!$'()*,;?"),
            ("/a%20b%25%3d&%C3%A9", "/a%20b%25%3d&%C3%A9"),
            ("%", "%"),
            ("%3", "%3"),
            ("%%3A", "%:"),
            ("%+3A", "%+3A"),
            ("%é", "%é"),
        ] {
            assert_eq!(signed("{url_decoded}", url), want);
        }
    }

    #[test]
    fn a_target_is_wanted_whole_and_within_its_caps() {
        let code = |method, url| Target { method, url }.check().map_err(|e| e.code());
        let long = "u".repeat(2049);
        assert_eq!(code("POST", &long[1..]), Ok(()));
        assert_eq!(code("POST", "https://[::1]:8/~a/;b=1,2?c=%7B'()*!@$&+#d"), Ok(()));
        for url in ["https://a.example/{", "/a b", "/\"", "/\u{7f}", "/é", "/\n", "/}", "/\\"] {
            assert_eq!(code("POST", url), Err("invalid_target"), "{url}");
        }
        for (method, url) in [("", "u"), ("POST", ""), ("POST", &*long), (&long[..17], "u")] {
            assert_eq!(code(method, url), Err("invalid_target"));
        }
    }
}
