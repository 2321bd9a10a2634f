//! Reading the top level of a JSON body in place: strict RFC 8259, no allocation, no recursion.
//!
//! The envelope needs the members of one object and where each value begins and ends, on a target
//! without an allocator and in a WebAssembly module of a few kilobytes. A general JSON library
//! builds values, which none of that wants; the tests hold this reader to `serde_json`'s verdict.

mod reader;

use self::reader::Reader;
use crate::cut::{copy, cut};
use crate::encoding::nibble;

/// The text of a JSON string, between its quotes, as written: still escaped. Its escapes are known
/// to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonText<'a> {
    raw: &'a str,
}

/// A JSON value in place, as written. It is known to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value<'a>(&'a str);

impl<'a> Value<'a> {
    pub(crate) fn raw(self) -> &'a str {
        self.0
    }

    /// The text, if it is a string.
    pub(crate) fn text(self) -> Option<JsonText<'a>> {
        match self.0.as_bytes() {
            [b'"', ..] => self.0.get(1..self.0.len() - 1).map(|raw| JsonText { raw }),
            _ => None,
        }
    }

    /// The number as written, if it is one, and written as an integer.
    pub(crate) fn integer(self) -> Option<&'a str> {
        let is_of_one = |byte| matches!(byte, b'-' | b'0'..=b'9');
        self.0.bytes().all(is_of_one).then_some(self.0)
    }
}

/// Why a text is not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAnObject;

/// Calls `each` with every member of the JSON object that `text` is: its name and its value.
pub(crate) fn members<'a>(
    text: &'a [u8],
    each: &mut dyn FnMut(JsonText<'a>, Value<'a>),
) -> Result<(), NotAnObject> {
    let text = core::str::from_utf8(text).map_err(|_| NotAnObject)?;
    Reader::new(text).object(each).ok_or(NotAnObject)
}

/// What a body holds at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// Nothing, or the body is not a JSON object.
    #[default]
    Missing,
    /// One value.
    Once(Value<'a>),
    /// A member on the way there is there twice.
    Several,
}

impl<'a> Found<'a> {
    /// Takes in one more member of the name.
    fn add(&mut self, value: Value<'a>) {
        *self = match self {
            Self::Missing => Self::Once(value),
            Self::Once(_) | Self::Several => Self::Several,
        };
    }

    /// The value, if there is one.
    pub(crate) fn once(self) -> Option<Value<'a>> {
        if let Self::Once(value) = self { Some(value) } else { None }
    }
}

/// A place in a JSON object, as a pointer (RFC 6901, through objects only and without escapes), and what
/// is there.
pub(crate) struct Place<'p, 'a> {
    /// The pointer's first name. An empty pointer has none, and finds nothing.
    head: &'p str,
    /// The pointer from there on.
    tail: &'p str,
    pub(crate) found: Found<'a>,
}

impl<'p> Place<'p, '_> {
    pub(crate) fn new(pointer: &'p str) -> Self {
        let names = pointer.strip_prefix('/').unwrap_or_default();
        let (head, _) = cut(names, b'/');
        let tail = names.get(head.len()..).unwrap_or_default();
        Self { head, tail, found: Found::Missing }
    }
}

/// Finds what the JSON object that `text` is holds at each of `places`.
pub(crate) fn pick<'a>(text: &'a [u8], places: &mut [Place<'_, 'a>]) -> Result<(), NotAnObject> {
    members(text, &mut |name, value| {
        for place in &mut *places {
            if !place.head.is_empty() && name.is(place.head) {
                place.found.add(value);
            }
        }
    })?;
    for place in places {
        if let (Found::Once(value), false) = (place.found, place.tail.is_empty()) {
            place.found = at(value.raw().as_bytes(), place.tail);
        }
    }
    Ok(())
}

/// What a text holds at one place. Calls itself for each name of the pointer, of which there are few.
pub(crate) fn at<'a>(text: &'a [u8], pointer: &str) -> Found<'a> {
    let mut places = [Place::new(pointer)];
    let [place] = match pick(text, &mut places) {
        Ok(()) => places,
        Err(NotAnObject) => return Found::Missing,
    };
    place.found
}

impl<'a> JsonText<'a> {
    /// A text in which nothing is escaped.
    pub(crate) fn plain(raw: &'a str) -> Self {
        Self { raw }
    }

    /// The text as it stands in the body, escapes and all.
    pub fn raw(self) -> &'a str {
        self.raw
    }

    /// The text itself where nothing in it is escaped, so that it can be borrowed from the body.
    pub fn as_plain(self) -> Option<&'a str> {
        self.raw.bytes().all(|b| b != b'\\').then_some(self.raw)
    }

    /// Hands the text, unescaped, to `write`, piece by piece.
    ///
    /// # Errors
    /// [`LoneSurrogate`] for half of a surrogate pair; what was written is what stands before it.
    pub fn unescape(self, write: &mut dyn FnMut(&str)) -> Result<(), LoneSurrogate> {
        let mut rest = self.raw;
        loop {
            let (plain, escape) = cut(rest, b'\\');
            write(plain);
            let Some((letter, behind)) = escape.and_then(|escape| escape.split_at_checked(1))
            else {
                return Ok(());
            };
            rest = behind;
            match letter {
                "b" => write("\u{8}"),
                "f" => write("\u{c}"),
                "n" => write("\n"),
                "r" => write("\r"),
                "t" => write("\t"),
                "u" => {
                    let (c, behind) = code_point(rest).ok_or(LoneSurrogate)?;
                    write(c.encode_utf8(&mut [0; 4]));
                    rest = behind;
                }
                itself => write(itself),
            }
        }
    }

    /// The text, unescaped, in `buffer`. `None` if it is longer, or holds half of a surrogate pair.
    pub(crate) fn unescape_into(self, buffer: &mut [u8]) -> Option<&[u8]> {
        let mut length = 0;
        let unescaped = self.unescape(&mut |piece| {
            let end = length + piece.len();
            if let Some(place) = buffer.get_mut(length..end) {
                copy(place, piece.as_bytes());
            }
            length = end;
        });
        if unescaped.is_ok() { buffer.get(..length) } else { None }
    }

    /// Whether this is a text at all, and not an empty one: no half of a surrogate pair in it.
    pub(crate) fn is_some_text(self) -> bool {
        !self.raw.is_empty() && self.unescape(&mut |_| ()).is_ok()
    }

    /// Whether the text, unescaped, is `other`.
    pub fn is(self, other: &str) -> bool {
        let mut rest = Some(other.as_bytes());
        let unescaped = self.unescape(&mut |piece| {
            rest = rest.and_then(|rest| rest.strip_prefix(piece.as_bytes()));
        });
        unescaped.is_ok() && rest.is_some_and(<[u8]>::is_empty)
    }

    /// The text, borrowed where possible. `None` where it holds half of a surrogate pair, which no
    /// text can hold.
    #[cfg(feature = "alloc")]
    pub fn to_text(self) -> Option<alloc::borrow::Cow<'a, str>> {
        if let Some(plain) = self.as_plain() {
            return Some(plain.into());
        }
        let mut text = alloc::string::String::new();
        self.unescape(&mut |piece| text.push_str(piece)).ok()?;
        Some(text.into())
    }
}

/// Half of a surrogate pair stood alone in a `\u` escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoneSurrogate;

/// The character for which the digits of a `\u` escape stand, perhaps together with a second escape
/// behind it, and what follows. `None` for half of a surrogate pair.
fn code_point(text: &str) -> Option<(char, &str)> {
    let (first, rest) = unit(text)?;
    let high = first.wrapping_sub(0xd800);
    if high >= 0x400 {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = unit(rest.strip_prefix("\\u")?)?;
    let low = second.wrapping_sub(0xdc00);
    let c = if low < 0x400 { char::from_u32(0x1_0000 + (high << 10 | low)) } else { None };
    Some((c?, rest))
}

/// The number in four hex digits, which is what they are known to be, and what follows.
fn unit(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let unit = digits.bytes().fold(0, |unit, digit| unit << 4 | u32::from(nibble(digit)));
    Some((unit, rest))
}

#[cfg(all(test, feature = "std"))]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::{string::String, vec::Vec};

    fn is_object(text: &[u8]) -> bool {
        members(text, &mut |_, _| ()).is_ok()
    }

    /// What `serde_json` says of any depth.
    fn serde_says_object(text: &[u8]) -> bool {
        core::str::from_utf8(text).is_ok()
            && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
            && text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{')
    }

    #[test]
    fn members_are_found_in_place() {
        let body =
            br#" {"a":"x\n\"","b" : [1,{"c":[]},"}"], "d":-1.5e+3,"e":null,"f":true,"":{}} "#;
        let mut seen = Vec::new();
        members(body, &mut |name, value| seen.push((name.raw(), value.raw()))).unwrap();
        assert_eq!(
            seen,
            [
                ("a", r#""x\n\"""#),
                ("b", r#"[1,{"c":[]},"}"]"#),
                ("d", "-1.5e+3"),
                ("e", "null"),
                ("f", "true"),
                ("", "{}"),
            ]
        );
    }

    #[test]
    fn a_value_is_a_text_or_an_integer_or_neither() {
        for (raw, text, integer) in [
            (r#""x\n\"""#, Some(r#"x\n\""#), None),
            (r#""17""#, Some("17"), None),
            (r#""""#, Some(""), None),
            ("-17", None, Some("-17")),
            ("0", None, Some("0")),
            ("1.0", None, None),
            ("1e3", None, None),
            ("1E3", None, None),
            ("null", None, None),
            ("true", None, None),
            ("[17]", None, None),
            ("{}", None, None),
        ] {
            let value = Value(raw);
            assert_eq!(
                (value.text().map(JsonText::raw), value.integer()),
                (text, integer),
                "{raw}"
            );
        }
    }

    #[test]
    fn refusals() {
        for text in [
            "",
            " ",
            "[]",
            "1",
            "\"a\"",
            "null",
            "{",
            "}",
            "{}x",
            "{}{}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":1e}",
            "{\"a\":-}",
            "{\"a\":NaN}",
            "{\"a\":tru}",
            "{\"a\":\"\t\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\u12",
            "{\"a\":\"",
            "{\"a\":[1}",
            "{\"a\":[1,]}",
            "{\"a\":{\"b\"}}",
            "{\"a\":[}]}",
            "{\"a\":1 \"b\":2}",
            "\u{feff}{}",
            "{\"a\":1}\u{0}",
            "{\"a\":[1 2]}",
            "{\"a\":/**/1}",
        ] {
            assert!(!is_object(text.as_bytes()), "{text:?}");
            assert!(!serde_says_object(text.as_bytes()), "serde differs: {text:?}");
        }
        assert!(!is_object(b"{\"a\":\"\xff\"}"));
    }

    #[test]
    fn depth_is_capped_without_recursion() {
        let nest = |n: usize| {
            let mut text = String::from("{\"a\":");
            text.extend(core::iter::repeat_n('[', n));
            text.extend(core::iter::repeat_n(']', n));
            text.push('}');
            text
        };
        for (levels, is) in [(126, true), (127, false), (128, false)] {
            assert_eq!(is_object(nest(levels).as_bytes()), is, "{levels}");
            let theirs = serde_json::from_str::<serde_json::Value>(&nest(levels)).is_ok();
            assert_eq!(theirs, is, "serde, {levels}");
        }
        assert!(!is_object(nest(500_000).as_bytes()));
    }

    #[test]
    fn escapes_are_undone() {
        let text = |raw| JsonText { raw }.to_text();
        assert_eq!(
            text(r"a\u0062\/\\\b\f\n\r\t\u00e9\ud83d\ude00").unwrap(),
            "ab/\\\u{8}\u{c}\n\r\té😀"
        );
        assert_eq!(text(r"\ud83d"), None);
        assert_eq!(text(r"\ud83dx"), None);
        assert_eq!(text(r"\ud83d\u0041"), None);
        assert_eq!(text(r"\ud83d\ud83d"), None);
        assert_eq!(text(r"\udbff\udfff\uffff").unwrap(), "\u{10ffff}\u{ffff}");
        assert_eq!(text(r"\ude00\ud83d"), None);
        assert!(JsonText { raw: r"\u0069d" }.is("id"));
        assert!(!JsonText { raw: r"\u0069" }.is("id"));
    }

    /// Values that look like bodies, and the same with one byte changed.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".into()),
            Just("true".into()),
            "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
            "\"([a-z é😀{}\\[\\],:]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-cA-C]{4}){0,20}\"",
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4)
                    .prop_map(|v: Vec<String>| std::format!("[{}]", v.join(" ,"))),
                proptest::collection::vec(("[a-z]{0,3}", inner), 0..4).prop_map(|v| {
                    let members: Vec<_> =
                        v.iter().map(|(k, v)| std::format!("\"{k}\" :\t{v}")).collect();
                    std::format!("{{{}}}", members.join(",\n"))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in json(), at in any::<prop::sample::Index>(), byte: u8) {
            prop_assert_eq!(is_object(text.as_bytes()), serde_says_object(text.as_bytes()));
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            prop_assert_eq!(is_object(&bytes), serde_says_object(&bytes), "{:?}", bytes);
        }

        #[test]
        fn any_bytes_agree_with_serde_json(bytes: Vec<u8>) {
            prop_assert_eq!(is_object(&bytes), serde_says_object(&bytes));
        }

        #[test]
        fn plain_runs_stop_where_they_must(text in "[ -~\t\n\"\\\\é]{0,40}") {
            let body = serde_json::to_string(&serde_json::json!({ "k": text })).unwrap();
            let mut found = None;
            members(body.as_bytes(), &mut |_, value| found = Some(value)).unwrap();
            let value = found.and_then(Value::text).expect("a string");
            prop_assert_eq!(value.to_text().unwrap(), text);
        }
    }
}
