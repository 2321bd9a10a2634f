//! The signed content, piece by piece.

use core::slice::{Iter, from_ref};

use crate::encoding::decode_hex;
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
    !byte.is_ascii_graphic()
        || matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
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
    pub(crate) fn pieces(self, template: &'a Template<'a>) -> Pieces<'a> {
        Pieces { signed: self, parts: template.parts().iter(), url: b"" }
    }
}

/// Content, piece by piece.
pub(crate) struct Pieces<'a> {
    signed: Signed<'a>,
    /// The parts that are to come.
    parts: Iter<'a, Part<'a>>,
    /// What is to come of a URL in which escapes are undone.
    url: &'a [u8],
}

/// The characters whose escapes HubSpot undoes in a URL before it signs it.
const DECODED: &[u8] = b":/?@!$'()*,;";

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.url.is_empty() {
            let signed = &self.signed;
            match self.parts.next()? {
                Part::Id => return Some(signed.id),
                Part::Timestamp => return Some(signed.timestamp),
                Part::Body => return Some(signed.body),
                Part::Method => return Some(signed.target.method.as_bytes()),
                Part::Url => return Some(signed.target.url.as_bytes()),
                Part::Literal(text) => return Some(text.as_bytes()),
                Part::UrlDecoded => self.url = signed.target.url.as_bytes(),
            }
        }
        if let Some((character, rest)) = decoded(self.url) {
            self.url = rest;
            return Some(character);
        }
        let escape = self.url.iter().skip(1).position(|b| *b == b'%');
        let end = escape.map_or(self.url.len(), |at| at + 1);
        let (piece, rest) = self.url.split_at_checked(end)?;
        self.url = rest;
        Some(piece)
    }
}

/// The character for which an escape at the beginning of `text` stands, if it is one that is undone, and
/// what follows.
fn decoded(text: &[u8]) -> Option<(&'static [u8], &[u8])> {
    let [b'%', high, low, rest @ ..] = text else { return None };
    let mut byte = [0];
    decode_hex(&[*high, *low], &mut byte)?;
    let character = DECODED.iter().find(|character| **character == byte[0])?;
    Some((from_ref(character), rest))
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
            signed.pieces(&Template::new(template)).flatten().copied().collect();
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
