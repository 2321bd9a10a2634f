//! What a delivery carries: the headers that are passed on, ours, and the destination's own.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::routing::Origin;

/// Why a destination's custom headers are refused. Names which one, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// More than [`limits::CUSTOM_HEADERS`].
    TooMany,
    /// More than [`limits::CUSTOM_HEADERS_BYTES`] in all.
    TooLarge,
    /// A name is empty, too long, or not a token (RFC 9110, 5.6.2).
    Name {
        /// Which header, from 0.
        index: usize,
    },
    /// A name that a destination may not set.
    Reserved {
        /// The name, in lower case.
        name: String,
    },
    /// A name that occurs twice.
    Twice {
        /// The name, in lower case.
        name: String,
    },
    /// A value is too long, or holds a control or non-ASCII character, or white space at an end.
    Value {
        /// The name, in lower case.
        name: String,
    },
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => write!(f, "at most {} headers are allowed", limits::CUSTOM_HEADERS),
            Self::TooLarge => {
                write!(f, "headers may take {} bytes in all", limits::CUSTOM_HEADERS_BYTES)
            }
            Self::Name { index } => write!(
                f,
                "the name of header {index} is not a token of 1 to {} bytes",
                limits::HEADER_NAME_BYTES
            ),
            Self::Reserved { name } => write!(f, "the header {name} cannot be set"),
            Self::Twice { name } => write!(f, "the header {name} is set twice"),
            Self::Value { name } => write!(
                f,
                "the value of {name} is longer than {} bytes or is not visible ASCII",
                limits::HEADER_VALUE_BYTES
            ),
        }
    }
}

impl core::error::Error for HeaderError {}

/// Names that belong to the connection, to the body's length, or to what the gateway relies on.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Families of names: the signature's, ours, and the platform's.
const RESERVED_PREFIXES: &[&str] = &["webhook-", "hookward-", "cf-"];

/// Whether a destination may not set this header. `name` is lower-case.
fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A destination's own headers. Names are lower-case; values are secrets.
///
/// Serde: an object of names and values (parsed strictly), in the order given.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<(String, String)>", into = "Vec<(String, String)>")]
pub struct CustomHeaders(Vec<(String, String)>);

impl CustomHeaders {
    /// Parses names and values, as an API call or the database has them.
    pub fn parse(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, HeaderError> {
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut bytes = 0_usize;
        for (index, (name, value)) in pairs.into_iter().enumerate() {
            if index >= limits::CUSTOM_HEADERS {
                return Err(HeaderError::TooMany);
            }
            if !is_token(&name) {
                return Err(HeaderError::Name { index });
            }
            let name = name.to_ascii_lowercase();
            if is_reserved(&name) {
                return Err(HeaderError::Reserved { name });
            }
            if headers.iter().any(|(other, _)| *other == name) {
                return Err(HeaderError::Twice { name });
            }
            if !is_value(&value) {
                return Err(HeaderError::Value { name });
            }
            bytes = bytes.saturating_add(name.len()).saturating_add(value.len());
            if bytes > limits::CUSTOM_HEADERS_BYTES {
                return Err(HeaderError::TooLarge);
            }
            headers.push((name, value));
        }
        Ok(Self(headers))
    }

    /// Names (lower-case) and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names alone: what the API shows.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for CustomHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.names().map(|name| (name, "redacted"))).finish()
    }
}

impl TryFrom<Vec<(String, String)>> for CustomHeaders {
    type Error = HeaderError;

    fn try_from(pairs: Vec<(String, String)>) -> Result<Self, HeaderError> {
        Self::parse(pairs)
    }
}

impl From<CustomHeaders> for Vec<(String, String)> {
    fn from(headers: CustomHeaders) -> Self {
        headers.0
    }
}

fn is_token(name: &str) -> bool {
    (1..=limits::HEADER_NAME_BYTES).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Visible ASCII with spaces inside; tabs and bytes from 0x80 on are written differently by
/// different servers, so they are not taken.
fn is_value(value: &str) -> bool {
    value.len() <= limits::HEADER_VALUE_BYTES
        && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !value.starts_with(' ')
        && !value.ends_with(' ')
}

/// How often a delivery has been through a gateway: the header `hookward-hops`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hops(u32);

/// Why an incoming delivery is refused with 508: it has been through gateways too often, or its
/// `hookward-hops`, which only gateways write, cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loop;

impl fmt::Display for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the delivery has been through {} or more gateways", limits::HOPS)
    }
}

impl core::error::Error for Loop {}

impl Hops {
    /// Reads the header's value as it came in; no header is no hop.
    pub fn parse(value: Option<&str>) -> Result<Self, Loop> {
        let Some(value) = value else { return Ok(Self(0)) };
        // One digit is all that a gateway writes.
        match value.as_bytes() {
            [digit @ b'0'..=b'9'] => Self::new(u32::from(digit - b'0')),
            _ => Err(Loop),
        }
    }

    /// From what was stored with the event.
    pub const fn new(hops: u32) -> Result<Self, Loop> {
        if hops < limits::HOPS { Ok(Self(hops)) } else { Err(Loop) }
    }

    /// The number, as it came in.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The headers to store with an event, so that they can be passed on: `content-type`, and those
/// that the provider's row lists, lower-case. They are not signed.
///
/// `find` gives a header's value by its lower-case name, `None` if it is missing or occurs twice.
/// A value that is over-long or not visible ASCII is left out.
pub fn passed_on(
    pass_headers: &[&str],
    find: impl Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let names = core::iter::once(CONTENT_TYPE).chain(pass_headers.iter().copied());
    names
        .map(str::to_ascii_lowercase)
        .filter_map(|name| find(&name).map(|value| (name, value)))
        .filter(|(name, value)| is_token(name) && is_value(value))
        .collect()
}

const CONTENT_TYPE: &str = "content-type";

/// What a delivery's headers are made from.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// What was passed on at ingest: the result of [`passed_on`].
    pub passed_on: &'a [(String, String)],
    /// Where the event came from.
    pub origin: Origin,
    /// The event's type, where it has one.
    pub event_type: Option<&'a str>,
    /// The attempt within its round, from 1.
    pub attempt: u32,
    /// The hops as they came in.
    pub hops: Hops,
    /// The signing profile's headers, `webhook-id` among them.
    pub signature: &'a [(&'static str, String)],
    /// The destination's own.
    pub custom: &'a CustomHeaders,
}

/// The headers of one attempt, each name once, lower-case: the signature's and ours, then the
/// destination's own, then what is passed on. Where two have one name, the earlier wins.
pub fn outgoing(from: &Outgoing<'_>) -> Vec<(String, String)> {
    let ours = [
        ("hookward-source", Some(from.origin.to_string())),
        ("hookward-event-type", from.event_type.filter(|t| is_event_type(t)).map(str::to_owned)),
        ("hookward-attempt", Some(from.attempt.to_string())),
        ("hookward-hops", Some(from.hops.get().saturating_add(1).to_string())),
        // What is read of the answer for the log must be readable.
        ("accept-encoding", Some("identity".to_owned())),
    ];
    let signature =
        from.signature.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let ours = ours.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let custom = from.custom.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let passed_on = from.passed_on.iter().filter(|(name, _)| !is_reserved(name)).cloned();

    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in signature.chain(ours).chain(custom).chain(passed_on) {
        if !headers.iter().any(|(other, _)| *other == name) {
            headers.push((name, value));
        }
    }
    headers
}

/// A type that cannot stand in a header as it is stands in the body only.
fn is_event_type(event_type: &str) -> bool {
    !event_type.is_empty()
        && event_type.len() <= limits::EVENT_TYPE_HEADER_BYTES
        && is_value(event_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SourceId;

    fn custom(pairs: &[(&str, &str)]) -> Result<CustomHeaders, HeaderError> {
        CustomHeaders::parse(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())))
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn ordinary_headers_are_taken_in_lower_case() {
        let headers = custom(&[
            ("Authorization", "Bearer abc.DEF-123=="),
            ("X-Make-ApiKey", "a b  c"),
            ("Content-Type", "application/cloudevents+json; charset=utf-8"),
            ("User-Agent", "acme/1"),
            ("x-empty", ""),
        ])
        .unwrap();
        assert_eq!(
            headers.iter().collect::<Vec<_>>(),
            [
                ("authorization", "Bearer abc.DEF-123=="),
                ("x-make-apikey", "a b  c"),
                ("content-type", "application/cloudevents+json; charset=utf-8"),
                ("user-agent", "acme/1"),
                ("x-empty", ""),
            ]
        );
        assert!(custom(&[]).unwrap().is_empty());
    }

    #[test]
    fn reserved_names_are_refused_in_any_case() {
        for name in [
            "Host",
            "content-length",
            "Content-Length",
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authorization",
            "Proxy-Authenticate",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "UPGRADE",
            "Expect",
            "Via",
            "HTTP2-Settings",
            "Accept-Encoding",
            "webhook-id",
            "Webhook-Timestamp",
            "webhook-signature",
            "webhook-anything",
            "hookward-source",
            "Hookward-Hops",
            "CF-Connecting-IP",
        ] {
            let error = HeaderError::Reserved { name: name.to_ascii_lowercase() };
            assert_eq!(custom(&[(name, "x")]), Err(error), "{name}");
        }
        // Neighbours are free.
        for name in ["x-webhook-id", "webhook", "hookward", "x-host", "cfx", "content-language"] {
            assert!(custom(&[(name, "x")]).is_ok(), "{name}");
        }
    }

    #[test]
    fn bad_names_and_values_are_refused() {
        let long = "x".repeat(limits::HEADER_NAME_BYTES + 1);
        for name in ["", " ", "a b", "a:", ":a", "a\r\nb", "a\0", "ä", "a(b)", "a/b", "a\"", &long]
        {
            let parsed = custom(&[("x-ok", "x"), (name, "x")]);
            assert_eq!(parsed, Err(HeaderError::Name { index: 1 }), "{name:?}");
        }
        let long = "x".repeat(limits::HEADER_VALUE_BYTES + 1);
        for value in [
            "a\r\nx: y",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\tb",
            " a",
            "a ",
            " ",
            "ä",
            "\u{7f}",
            "\u{1}",
            long.as_str(),
        ] {
            let error = HeaderError::Value { name: "x-a".into() };
            assert_eq!(custom(&[("X-A", value)]), Err(error), "{value:?}");
        }
        let twice = custom(&[("X-A", "1"), ("x-a", "2")]);
        assert_eq!(twice, Err(HeaderError::Twice { name: "x-a".into() }));
    }

    #[test]
    fn number_and_total_size_are_capped() {
        let many = |count: usize, value: &str| {
            CustomHeaders::parse((0..count).map(|n| (format!("x-{n:02}"), value.to_owned())))
        };
        assert!(many(limits::CUSTOM_HEADERS, "x").is_ok());
        assert_eq!(many(limits::CUSTOM_HEADERS + 1, "x"), Err(HeaderError::TooMany));
        // 4 × (2,044 + 4) is the total.
        let value = "x".repeat(limits::HEADER_VALUE_BYTES - 4);
        assert!(many(4, &value).is_ok());
        assert_eq!(many(5, &value), Err(HeaderError::TooLarge));
    }

    #[test]
    fn values_show_in_no_debug_and_no_error() {
        let headers = custom(&[("authorization", "Bearer s3cret")]).unwrap();
        let debug = format!("{headers:?}");
        assert!(debug.contains("authorization") && !debug.contains("s3cret"), "{debug}");
        let error = custom(&[("authorization", "s3cret\n")]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }

    #[test]
    fn serde_parses_strictly_and_keeps_the_order() {
        let json = r#"[["x-b","1"],["x-a","2"]]"#;
        let headers: CustomHeaders = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&headers).unwrap(), json);
        assert!(serde_json::from_str::<CustomHeaders>(r#"[["host","1"]]"#).is_err());
    }

    #[test]
    fn three_hops_are_a_loop() {
        let cases = [
            (None, Ok(0)),
            (Some("0"), Ok(0)),
            (Some("1"), Ok(1)),
            (Some("2"), Ok(2)),
            (Some("3"), Err(Loop)),
            (Some("9"), Err(Loop)),
            (Some("10"), Err(Loop)),
            (Some("00"), Err(Loop)),
            (Some(""), Err(Loop)),
            (Some("-1"), Err(Loop)),
            (Some("+1"), Err(Loop)),
            (Some("1, 1"), Err(Loop)),
            (Some(" 1"), Err(Loop)),
            (Some("x"), Err(Loop)),
            (Some("99999999999999999999"), Err(Loop)),
        ];
        for (value, expected) in cases {
            assert_eq!(Hops::parse(value).map(Hops::get), expected, "{value:?}");
        }
        assert_eq!(Hops::new(2).map(Hops::get), Ok(2));
        assert_eq!(Hops::new(3), Err(Loop));
    }

    #[test]
    fn only_what_the_row_lists_is_passed_on() {
        let came = [
            ("content-type", "application/json"),
            ("x-acme-event", "post.created"),
            ("x-acme-topic", "bad\u{e9}"),
            ("x-acme-signature", "t=1,v1=00"),
            ("cookie", "a=b"),
        ];
        let find = |name: &str| {
            assert_eq!(name, name.to_ascii_lowercase());
            came.iter().find(|(other, _)| *other == name).map(|(_, v)| (*v).to_owned())
        };
        assert_eq!(
            passed_on(&["X-Acme-Event", "x-acme-topic", "x-acme-delivery"], find),
            owned(&[("content-type", "application/json"), ("x-acme-event", "post.created")])
        );
        assert_eq!(passed_on(&["x"], |_| None), []);
        let long = "x".repeat(limits::HEADER_VALUE_BYTES + 1);
        assert_eq!(passed_on(&[], |_| Some(long.clone())), []);
    }

    fn signature() -> [(&'static str, String); 3] {
        [
            ("webhook-id", "dlv_1".into()),
            ("webhook-timestamp", "1".into()),
            ("webhook-signature", "v1,x".into()),
        ]
    }

    #[test]
    fn a_delivery_carries_these_headers_and_no_others() {
        let source = SourceId::mint(&[0; 32], [1; 12]);
        let signature = signature();
        let passed_on =
            owned(&[("content-type", "application/json"), ("x-acme-event", "post.created")]);
        let custom = custom(&[("authorization", "Bearer x")]).unwrap();
        let headers = outgoing(&Outgoing {
            passed_on: &passed_on,
            origin: Origin::Source(source),
            event_type: Some("post.created"),
            attempt: 3,
            hops: Hops::new(1).unwrap(),
            signature: &signature,
            custom: &custom,
        });
        let source = source.to_string();
        let expected = [
            ("webhook-id", "dlv_1"),
            ("webhook-timestamp", "1"),
            ("webhook-signature", "v1,x"),
            ("hookward-source", source.as_str()),
            ("hookward-event-type", "post.created"),
            ("hookward-attempt", "3"),
            ("hookward-hops", "2"),
            ("accept-encoding", "identity"),
            ("authorization", "Bearer x"),
            ("content-type", "application/json"),
            ("x-acme-event", "post.created"),
        ];
        assert_eq!(headers, owned(&expected));
    }

    #[test]
    fn nothing_overrides_the_signature_and_ours() {
        let passed_on = owned(&[
            ("webhook-id", "forged"),
            ("hookward-source", "forged"),
            ("host", "forged"),
            ("content-type", "text/plain"),
            ("x-acme-event", "theirs"),
        ]);
        let custom = custom(&[("Content-Type", "text/csv"), ("x-acme-event", "mine")]).unwrap();
        let headers = outgoing(&Outgoing {
            passed_on: &passed_on,
            origin: Origin::Api,
            event_type: None,
            attempt: 1,
            hops: Hops::default(),
            signature: &signature(),
            custom: &custom,
        });
        let values = |name: &str| -> Vec<&str> {
            headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
        };
        assert_eq!(values("webhook-id"), ["dlv_1"]);
        assert_eq!(values("hookward-source"), ["api"]);
        assert_eq!(values("host"), [""; 0]);
        assert_eq!(values("content-type"), ["text/csv"]);
        assert_eq!(values("x-acme-event"), ["mine"]);
        assert_eq!(values("hookward-event-type"), [""; 0]);
    }

    #[test]
    fn an_event_type_that_is_no_header_value_is_left_out() {
        let long = "x".repeat(limits::EVENT_TYPE_HEADER_BYTES + 1);
        for event_type in ["", "a\r\nx: y", "pöst", " a", "a\0", long.as_str()] {
            let headers = outgoing(&Outgoing {
                passed_on: &[],
                origin: Origin::Api,
                event_type: Some(event_type),
                attempt: 1,
                hops: Hops::default(),
                signature: &[],
                custom: &CustomHeaders::default(),
            });
            let has = headers.iter().any(|(name, _)| name == "hookward-event-type");
            assert!(!has, "{event_type:?}");
        }
    }
}
