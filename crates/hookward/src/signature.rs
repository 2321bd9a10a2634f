//! Reading signature headers, within bounds, and the one comparison of tags.

mod fields;

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use self::fields::Fields;
use crate::encoding::{decode_base64, decode_hex, is_base64};
use crate::limits::SIGNATURES;
use crate::scheme::{Encoding, Layout};

/// Bytes of an HMAC-SHA256 tag.
pub(crate) const TAG_BYTES: usize = 32;

/// Characters of a tag in base64, without padding.
const TAG_BASE64: usize = 43;

/// What a signature header holds.
#[derive(Debug)]
pub(crate) struct SignatureHeader<'a> {
    tags: [[u8; TAG_BYTES]; SIGNATURES],
    /// How many of `tags` are set.
    whole: usize,
    /// How many signatures were found, those of another length included.
    pub(crate) found: usize,
    /// The time, in a layout that holds one.
    pub(crate) timestamp: Option<&'a [u8]>,
}

/// What is wrong with a signature header, in words that go on from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) &'static str);

const NO_FIELD: Fault = Fault("holds a field that is not a name and a value");

/// How many signatures a header's value holds, counted before anything is decoded.
pub(crate) fn count(layout: Layout<'_>, value: &[u8]) -> usize {
    let Layout::List { separator, assign, signature, spaced, .. } = layout else { return 1 };
    let fields = Fields { rest: Some(value), separator, spaced, assign };
    fields.flatten().filter(|(name, _)| *name == signature.as_bytes()).count()
}

impl<'a> SignatureHeader<'a> {
    /// Nothing read yet.
    pub(crate) fn new() -> Self {
        Self { tags: [[0; TAG_BYTES]; SIGNATURES], whole: 0, found: 0, timestamp: None }
    }

    /// Reads `value` as `layout` and `encoding` say. Nothing is trimmed. What was read from other
    /// headers before is kept.
    pub(crate) fn read(
        &mut self,
        layout: Layout<'_>,
        encoding: Encoding,
        value: &'a [u8],
    ) -> Result<(), Fault> {
        let before = self.found;
        match layout {
            Layout::Whole { prefix } => match value.strip_prefix(prefix.as_bytes()) {
                Some(tag) => self.add(encoding, tag)?,
                None => return Err(Fault("does not begin with the scheme's prefix")),
            },
            Layout::List { separator, spaced, assign, signature, timestamp } => {
                for field in (Fields { rest: Some(value), separator, spaced, assign }) {
                    let Some((name, value)) = field else { return Err(NO_FIELD) };
                    if name == signature.as_bytes() {
                        self.add(encoding, value)?;
                    } else if timestamp.is_some_and(|t| name == t.as_bytes()) {
                        if self.timestamp.replace(value).is_some() {
                            return Err(Fault("holds two timestamps"));
                        }
                    } else if name.is_empty() || !name.iter().all(u8::is_ascii_alphanumeric) {
                        return Err(NO_FIELD);
                    }
                }
            }
        }
        if self.found == before {
            return Err(Fault("holds no signature of the scheme's version"));
        }
        Ok(())
    }

    /// Takes one tag. Of another length than a tag's it is counted, and can match nothing.
    fn add(&mut self, encoding: Encoding, text: &[u8]) -> Result<(), Fault> {
        self.found += 1;
        if let Some(place) = self.tags.get_mut(self.whole) {
            self.whole += usize::from(decode(encoding, text, place)?);
        }
        Ok(())
    }

    /// The tags of the right length.
    fn tags(&self) -> &[[u8; TAG_BYTES]] {
        self.tags.get(..self.whole).unwrap_or_default()
    }

    /// The index of the first of `expected` that equals one of the header's tags, and the index of that
    /// one among the tags of the right length.
    ///
    /// Every expected tag is compared with every found one, in constant time, whatever the outcome.
    pub(crate) fn first_match(
        &self,
        expected: impl Iterator<Item = [u8; TAG_BYTES]>,
    ) -> Option<(usize, usize)> {
        let mut matched = Choice::from(0);
        let mut pair = 0_u32;
        for (i, tag) in (0_u32..).zip(expected) {
            for (j, found) in (0_u32..).zip(self.tags()) {
                let equal = tag.ct_eq(found);
                pair.conditional_assign(&(i << 8 | j), equal & !matched);
                matched |= equal;
            }
        }
        bool::from(matched).then_some(((pair >> 8) as usize, (pair & 255) as usize))
    }

    /// Whether any tag could match at all. Known from the header alone.
    pub(crate) fn has_whole_tag(&self) -> bool {
        self.whole > 0
    }
}

/// Decodes the tag that `text` is. Whether it is one: it may be well written and of another length.
fn decode(encoding: Encoding, text: &[u8], tag: &mut [u8; TAG_BYTES]) -> Result<bool, Fault> {
    if text.is_empty() {
        return Err(Fault("holds an empty signature"));
    }
    match encoding {
        Encoding::Hex => {
            let is_tag = decode_hex(text, tag).is_some();
            if is_tag || all(text, |b| b.is_ascii_hexdigit()) {
                return Ok(is_tag);
            }
            Err(Fault("holds a signature that is not hex"))
        }
        Encoding::Base64 => {
            let mut bare = text;
            while let [before @ .., b'='] = bare {
                bare = before;
            }
            let is_tag = bare.len() == TAG_BASE64;
            let is_written = if is_tag {
                decode_base64(text, tag).is_some()
            } else {
                !bare.is_empty() && text.len() <= bare.len() + 2 && all(bare, is_base64)
            };
            if is_written { Ok(is_tag) } else { Err(Fault("holds a signature that is not base64")) }
        }
    }
}

/// Whether every byte is; without a way out of the loop, so that many are looked at at once.
fn all(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(true, |all, b| all & is(*b))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{format, string::String, vec::Vec};

    const FIELDS: Layout<'_> = Layout::fields("t", "v1");
    const VERSIONED: Layout<'_> = Layout::versioned("v1");

    fn hex_of(byte: u8) -> String {
        format!("{byte:02x}").repeat(32)
    }

    fn header<'a>(layout: Layout<'_>, encoding: Encoding, value: &'a str) -> SignatureHeader<'a> {
        let mut header = SignatureHeader::new();
        header.read(layout, encoding, value.as_bytes()).unwrap();
        header
    }

    fn parse(layout: Layout<'_>, encoding: Encoding, value: &str) -> Result<(usize, usize), Fault> {
        let mut header = SignatureHeader::new();
        header.read(layout, encoding, value.as_bytes())?;
        Ok((header.found, header.whole))
    }

    #[test]
    fn every_layout_reads_what_it_should() {
        let (a, b) = (hex_of(0xab), hex_of(0xCD).to_uppercase());
        assert_eq!(parse(Layout::BARE, Encoding::Hex, &a), Ok((1, 1)));
        assert_eq!(parse(Layout::BARE, Encoding::Hex, &b), Ok((1, 1)));
        assert_eq!(
            parse(Layout::Whole { prefix: "sha256=" }, Encoding::Hex, &format!("sha256={a}")),
            Ok((1, 1))
        );
        assert_eq!(parse(FIELDS, Encoding::Hex, &format!("t=1,v1={a},v0=zz,v1={b}")), Ok((2, 2)));
        assert_eq!(parse(FIELDS, Encoding::Hex, &format!("v1={a},t=1")), Ok((1, 1)));
        let tag = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE";
        for value in [format!("v1,{tag}="), format!("v1,{tag}"), format!("v1a,x! v1,{tag}= v2,")] {
            assert_eq!(parse(VERSIONED, Encoding::Base64, &value), Ok((1, 1)), "{value}");
        }
    }

    #[test]
    fn a_tag_of_another_length_is_counted_and_matches_nothing() {
        for length in 1..=130 {
            let value = "a".repeat(length);
            let whole = usize::from(length == 64);
            assert_eq!(parse(Layout::BARE, Encoding::Hex, &value), Ok((1, whole)), "{length}");
        }
        for length in (1..=100).filter(|l| *l != TAG_BASE64) {
            let value = format!("v1,{}", "z".repeat(length));
            assert_eq!(parse(VERSIONED, Encoding::Base64, &value), Ok((1, 0)), "{length}");
        }
    }

    #[test]
    fn refusals() {
        let tag = hex_of(1);
        for value in [
            String::new(),
            format!(" {tag}"),
            format!("{tag} "),
            format!("{tag}, {tag}"),
            format!("{tag},{tag}"),
            format!("0x{tag}"),
            "é".into(),
            "g".repeat(64),
        ] {
            assert!(parse(Layout::BARE, Encoding::Hex, &value).is_err(), "{value:?}");
        }
        for value in [
            tag.clone(),
            format!("SHA256={tag}"),
            "sha256=".into(),
            format!("sha256={tag}, sha256={tag}"),
        ] {
            assert!(
                parse(Layout::Whole { prefix: "sha256=" }, Encoding::Hex, &value).is_err(),
                "{value:?}"
            );
        }
        for value in [
            String::new(),
            "t=1".into(),
            "t=1,v0=ab".into(),
            format!("t=1,v1={tag},t=1"),
            format!("t=1,v1={tag}, t=1,v1={tag}"),
            format!("t=1, v1={tag}"),
            format!("t=1,v1={tag},"),
            format!("t=1,,v1={tag}"),
            format!("t=1,v1={tag},x"),
            "t=1,v1=".into(),
            format!("t=1,v1={tag},v1=zz"),
            format!("t=1,v1={tag},=x"),
            format!("t=1;v1={tag}"),
        ] {
            assert!(parse(FIELDS, Encoding::Hex, &value).is_err(), "{value:?}");
        }
        let tag = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        for value in [
            String::new(),
            tag.into(),
            format!("v1 {tag}"),
            format!("v1,{tag}  v1,{tag}"),
            format!("v1,{tag}, v1,{tag}"),
            format!("v1,{tag} "),
            format!("v1a,{tag}"),
            format!("v1={tag}"),
            "v1,".into(),
            format!("v1,{}", tag.replace('+', "-")),
            format!("v1,{tag}="),
            "v1,=".into(),
            "v1,==".into(),
            "v1,AAAA===".into(),
        ] {
            assert!(parse(VERSIONED, Encoding::Base64, &value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn fields_may_be_parted_otherwise() {
        let (a, b) = (hex_of(1), hex_of(2));
        let paddle = Layout::parse("ts={timestamp};h1={signature}").unwrap();
        let both = format!("ts=1;h1={a};h1={b}");
        assert_eq!(parse(paddle, Encoding::Hex, &both), Ok((2, 2)));
        assert_eq!(count(paddle, both.as_bytes()), 2);
        assert!(parse(paddle, Encoding::Hex, &format!("ts=1,h1={a}")).is_err());
        let spaced = Layout::parse("t={timestamp}, v1={signature}").unwrap();
        for value in [format!("t=1, v1={a}"), format!("t=1,v1={a}")] {
            assert_eq!(parse(spaced, Encoding::Hex, &value), Ok((1, 1)));
            assert_eq!(count(spaced, value.as_bytes()), 1);
        }
        for value in [
            format!("t=1,  v1={a}"),
            format!("t=1, v1={a}, t=1, v1={a}"),
            format!("t=1, v1 ={a}"),
            format!("t=1, v1= {a}"),
        ] {
            assert!(parse(spaced, Encoding::Hex, &value).is_err(), "{value}");
        }
        let pagerduty = Layout::parse("v1={signature},...").unwrap();
        assert_eq!(parse(pagerduty, Encoding::Hex, &format!("v1={a},v1={b}")), Ok((2, 2)));
        assert!(parse(pagerduty, Encoding::Hex, &format!("v1={a}, v1={b}")).is_err());
    }

    #[test]
    fn several_headers_are_read_one_after_the_other() {
        let values = [hex_of(1), hex_of(2)];
        let mut header = SignatureHeader::new();
        for value in &values {
            header.read(Layout::BARE, Encoding::Hex, value.as_bytes()).unwrap();
        }
        assert!(header.read(Layout::BARE, Encoding::Hex, b"").is_err());
        assert_eq!(header.first_match([[2; 32]].into_iter()), Some((0, 1)));
        assert_eq!(header.first_match([[1; 32]].into_iter()), Some((0, 0)));
    }

    #[test]
    fn signatures_are_counted_before_they_are_decoded() {
        let list = |n: usize| std::vec![format!("v1={}", hex_of(7)); n].join(",") + ",t=1";
        assert_eq!(parse(FIELDS, Encoding::Hex, &list(16)), Ok((16, 16)));
        assert_eq!(count(FIELDS, list(16).as_bytes()), 16);
        assert_eq!(count(FIELDS, list(17).as_bytes()), 17);
        assert_eq!(count(FIELDS, b"t=1,v0=a,v10=a,v1,xv1=a,v1=,v1=a"), 2);
        assert_eq!(count(VERSIONED, b"v1,a v1a,b v1 v1, v10,c"), 2);
        assert_eq!(count(Layout::BARE, b"a,b c"), 1);
    }

    #[test]
    fn the_first_secret_that_matches_any_tag_is_named() {
        let value = format!("t=1,v1={},v1={}", hex_of(3), hex_of(2));
        let header = header(FIELDS, Encoding::Hex, &value);
        let of = |bytes: &[u8]| {
            header.first_match(bytes.iter().map(|b| [*b; 32]).collect::<Vec<_>>().into_iter())
        };
        assert_eq!(of(&[1, 2, 3]), Some((1, 1)));
        assert_eq!(of(&[3, 2]), Some((0, 0)));
        assert_eq!(of(&[1, 4]), None);
        assert_eq!(of(&[]), None);
    }

    /// No secret is left untried because one before it matched.
    #[test]
    fn every_secret_is_tried_whatever_matched() {
        let value = hex_of(2);
        let header = header(Layout::BARE, Encoding::Hex, &value);
        let mut tried = 0;
        let tags = [2, 1, 2, 3].into_iter().map(|b| [b; 32]).inspect(|_| tried += 1);
        assert_eq!(header.first_match(tags), Some((0, 0)));
        assert_eq!(tried, 4);
    }

    /// The comparison itself, read as text: nothing in it leaves early, or compares tags otherwise.
    #[test]
    fn the_comparison_has_no_way_out() {
        let source = include_str!("signature.rs");
        let start = source.find("pub(crate) fn first_match").unwrap();
        let body = &source[start..start + source[start..].find("\n    }\n").unwrap()];
        assert!(body.contains(".ct_eq(found)"));
        for word in ["==", "!=", "break", "return", "continue", "?", "find", "any(", "position"] {
            assert!(!body.contains(word), "{word}");
        }
    }

    #[test]
    fn a_difference_of_one_bit_anywhere_is_no_match() {
        let value = hex_of(0);
        let header = header(Layout::BARE, Encoding::Hex, &value);
        for bit in 0..256 {
            let mut tag = [0; 32];
            tag[bit / 8] = 1 << (bit % 8);
            assert_eq!(header.first_match([tag].into_iter()), None, "bit {bit}");
        }
        assert_eq!(header.first_match([[0; 32]].into_iter()), Some((0, 0)));
    }
}
