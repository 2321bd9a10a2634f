//! A provider written as text: the form in which a scheme of one's own is given, and in which the
//! catalogue travels to where it is not compiled in.

mod compact;

pub use compact::COMPACT_COLUMNS;

use crate::catalog::{Provider, Sibling};
use crate::cut::Words;
use crate::envelope::EnvelopeRule;
use crate::error::Error;
use crate::event_key::EventKeyRule;
use crate::handshake::Handshake;
use crate::limits::{SIGNATURE_HEADERS, TOLERANCE_S};
use crate::scheme::{Encoding, HeaderNames, Layout, Part, Scheme, Template, TimeAt, TimeForm};
use crate::secret::KeyForm;

/// A provider, column by column. An empty column means what its description says first.
///
/// ```
/// use hookward::{Row, Secret};
/// let row = Row {
///     signature: "X-Acme-Signature",
///     timestamp: "X-Acme-Timestamp",
///     format: "v0={signature}",
///     time: "s",
///     signed: "v0:{timestamp}:{body}",
///     event_key: "/event_id",
///     ..Row::default()
/// };
/// let acme = row.provider()?;
/// let secret = Secret::parse(&acme, "hunter2")?;
/// # Ok::<(), hookward::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row<'s> {
    /// `custom`, or the provider's id: lower-case letters, digits and `-`.
    pub id: &'s str,
    /// The id, or the vendor's name for people.
    pub name: &'s str,
    /// The signature header's name; several with a space between them, of which any may be there.
    /// Always needed.
    pub signature: &'s str,
    /// No header, or the name of the header that holds the time.
    pub timestamp: &'s str,
    /// No header, or the name of the header that holds the signed id.
    pub id_header: &'s str,
    /// No other spelling, or the names of the three headers in it, with spaces between them.
    pub other_headers: &'s str,
    /// `{signature}`, or an example of the signature header's value: see [`Layout::parse`].
    pub format: &'s str,
    /// `hex` or `base64`: how a tag is written.
    pub encoding: &'s str,
    /// `text`, `hex`, or `base64:` with the prefix behind it: how the secret becomes the key.
    pub key: &'s str,
    /// No time, or `s`, `ms` or `rfc3339`: how the signed time is written; followed by a space and a
    /// JSON pointer where it is in the body.
    pub time: &'s str,
    /// `{body}`, or what is signed: see [`Template`].
    pub signed: &'s str,
    /// 300, or how far the time may be from now, in seconds.
    pub tolerance: &'s str,
    /// The tolerance, or how long the provider goes on sending one signature, in seconds.
    pub horizon: &'s str,
    /// `hash`, `none`, `header`, or a JSON pointer: what duplicates are recognised by.
    pub event_key: &'s str,
    /// Nothing, `id`, or `id type`: what a body must have.
    pub envelope: &'s str,
    /// None, or a JSON pointer: the event's type.
    pub event_type: &'s str,
    /// None, or one JSON pointer or two with a space between them: when the event happened.
    pub created: &'s str,
    /// No header, or the name of the one that repeats the event's type, unsigned.
    pub event_type_header: &'s str,
    /// No header, or the name of the one with the delivery's id, unsigned.
    pub delivery_id_header: &'s str,
    /// None, or the providers that a user may take for this one, with spaces between them: id, header
    /// and beginning of its value, with `:` between these.
    pub siblings: &'s str,
    /// None, or the handshake's name: see [`Handshake`].
    pub handshake: &'s str,
}

/// Columns of a row.
const COLUMNS: usize = 21;

impl<'s> Row<'s> {
    /// Reads a row whose columns have `|` between them.
    ///
    /// # Errors
    /// [`Error::InvalidScheme`] if there are not as many as there must be.
    pub fn parse(line: &'s str) -> Result<Self, Error<'static>> {
        let mut columns = [""; COLUMNS];
        let mut count = 0;
        for column in line.split('|') {
            if let Some(place) = columns.get_mut(count) {
                *place = column;
            }
            count += 1;
        }
        if count != COLUMNS {
            return Err(fault("row", "has not the right number of columns"));
        }
        let [id, name, signature, timestamp, id_header, other_headers, format, rest @ ..] = columns;
        let [encoding, key, time, signed, tolerance, horizon, event_key, rest @ ..] = rest;
        let [
            envelope,
            event_type,
            created,
            event_type_header,
            delivery_id_header,
            siblings,
            handshake,
        ] = rest;
        Ok(Self {
            id,
            name,
            signature,
            timestamp,
            id_header,
            other_headers,
            format,
            encoding,
            key,
            time,
            signed,
            tolerance,
            horizon,
            event_key,
            envelope,
            event_type,
            created,
            event_type_header,
            delivery_id_header,
            siblings,
            handshake,
        })
    }

    /// The provider that this describes, checked.
    ///
    /// # Errors
    /// [`Error::InvalidScheme`], with the column and what is wrong with it.
    pub fn provider(&self) -> Result<Provider<'s>, Error<'static>> {
        let id = or(self.id, "custom");
        for (part, text) in [("name", self.name), ("key", self.key), ("siblings", self.siblings)] {
            if text.bytes().any(|b| b == b'|' || b.is_ascii_control()) {
                return Err(fault(part, "must not hold \"|\" or a control character"));
            }
        }
        let tolerance_s = seconds("tolerance", self.tolerance, 300)?;
        let retry_horizon_s = seconds("retry horizon", self.horizon, tolerance_s)?;
        if tolerance_s > TOLERANCE_S {
            return Err(fault("tolerance", "must be 1 to 86400 seconds"));
        }
        if retry_horizon_s < tolerance_s {
            return Err(fault("retry horizon", "must not be shorter than the tolerance"));
        }
        let mut siblings = [None; 2];
        for (text, place) in Words(self.siblings).zip(&mut siblings) {
            let mut parts = text.splitn(3, ':');
            let mut next = || parts.next().unwrap_or_default();
            *place = Some(Sibling { id: next(), header: next(), begins: next() });
        }
        let provider = Provider {
            id,
            name: or(self.name, id),
            scheme: self.scheme()?,
            tolerance_s,
            retry_horizon_s,
            event_key: match self.event_key {
                "" | "hash" => EventKeyRule::BodyHash,
                "none" => EventKeyRule::None,
                "header" => EventKeyRule::Header,
                place => EventKeyRule::Pointer(pointer("event key", place)?),
            },
            envelope: match self.envelope {
                "" => EnvelopeRule::Unknown,
                "id" => EnvelopeRule::Id,
                "id type" => EnvelopeRule::IdAndType,
                _ => return Err(fault("envelope", "must be empty, \"id\" or \"id type\"")),
            },
            event_type: pointer("event type", self.event_type)?,
            created: self.created,
            event_type_header: header("event type header", self.event_type_header)?,
            delivery_id_header: header("delivery id header", self.delivery_id_header)?,
            siblings,
            handshake: Handshake::parse(self.handshake)
                .ok_or_else(|| fault("handshake", "is none that is known"))?,
            event_key_why: "",
            source: "",
        };
        for place in Words(self.created) {
            pointer("time of the event", place)?;
        }
        check(&provider)?;
        Ok(provider)
    }

    fn scheme(&self) -> Result<Scheme<'s>, Error<'static>> {
        let (form, place) = self.time.split_once(' ').unwrap_or((self.time, ""));
        let form = match form {
            "" => None,
            "s" => Some(TimeForm::Seconds),
            "ms" => Some(TimeForm::Millis),
            "rfc3339" => Some(TimeForm::Rfc3339),
            _ => return Err(fault("time", "must be written as \"s\", \"ms\" or \"rfc3339\"")),
        };
        let mut other = Words(self.other_headers);
        Ok(Scheme {
            headers: HeaderNames {
                signature: self.signature,
                timestamp: header("timestamp header", self.timestamp)?,
                id: header("id header", self.id_header)?,
            },
            other_headers: other.next().map(|signature| HeaderNames {
                signature,
                timestamp: other.next(),
                id: other.next(),
            }),
            layout: Layout::parse(or(self.format, "{signature}"))
                .ok_or_else(|| fault("format", "is none that can be read"))?,
            encoding: match self.encoding {
                "" | "hex" => Encoding::Hex,
                "base64" => Encoding::Base64,
                _ => return Err(fault("encoding", "must be \"hex\" or \"base64\"")),
            },
            time: match (form, place) {
                (None, _) => TimeAt::Nowhere,
                (Some(form), "") => TimeAt::Header(form),
                (Some(form), place) => TimeAt::Body { pointer: pointer("time", place)?, form },
            },
            signed: Template::new(or(self.signed, "{body}")),
            key: match self.key {
                "" | "text" => KeyForm::Text,
                "hex" => KeyForm::Hex,
                key => KeyForm::Base64 {
                    prefix: key
                        .strip_prefix("base64:")
                        .ok_or_else(|| fault("key", "must be \"text\", \"hex\" or \"base64:…\""))?,
                },
            },
        })
    }
}

/// What the types cannot say of a row.
fn check(provider: &Provider<'_>) -> Result<(), Error<'static>> {
    let scheme = &provider.scheme;
    let id = provider.id.bytes();
    if provider.id.len() > 64
        || !id.into_iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err(fault("id", "must be up to 64 lower-case letters, digits and \"-\""));
    }
    let in_field = scheme.layout.timestamp().is_some();
    let names = scheme.headers;
    match names.signatures().count() {
        0 => return Err(fault("header", "of the signature must be named")),
        1..=SIGNATURE_HEADERS => {}
        _ => return Err(fault("signature header", "is more than five headers")),
    }
    for names in [Some(names), scheme.other_headers].into_iter().flatten() {
        for (at, name) in names.iter().enumerate() {
            if !is_header(name) {
                return Err(fault("header", "must be 1 to 48 letters, digits, \"-\" and \"_\""));
            }
            if names.iter().skip(at + 1).any(|other| other.eq_ignore_ascii_case(name)) {
                return Err(fault("header", "is named twice"));
            }
        }
        if names.timestamp.is_some() != scheme.headers.timestamp.is_some()
            || names.id.is_some() != scheme.headers.id.is_some()
        {
            return Err(fault("other spelling", "must name as many headers as the first"));
        }
    }
    let count = |part| scheme.signed.parts().iter().filter(|one| **one == part).count();
    let literals_are_plain = scheme.signed.parts().iter().all(|part| match part {
        Part::Literal(text) => {
            text.len() <= 32 && text.bytes().all(|b| b.is_ascii_graphic() && !b"{}|".contains(&b))
        }
        _ => true,
    });
    if count(Part::Body) != 1 || !literals_are_plain {
        return Err(fault("signed content", "must have {body} once, known names and plain text"));
    }
    if count(Part::Id) != usize::from(names.id.is_some()) {
        return Err(fault(
            "signed content",
            "must have {id} where there is an id header, and only there",
        ));
    }
    if names.id.is_some() && scheme.id_mark().is_none() {
        return Err(fault("signed content", "must have text beside {id}, on the side of {body}"));
    }
    let in_header = matches!(scheme.time, TimeAt::Header(_));
    if in_header != (in_field != names.timestamp.is_some())
        || (in_field && names.timestamp.is_some())
    {
        return Err(fault("time", "must be in one place: a header, a field, or the body"));
    }
    if count(Part::Timestamp) != usize::from(in_header) {
        return Err(fault(
            "signed content",
            "must have {timestamp} where a header holds it, and only there",
        ));
    }
    if provider.event_key == EventKeyRule::Header && names.id.is_none() {
        return Err(fault("event key", "must be signed, and there is no signed id header"));
    }
    Ok(())
}

fn or<'s>(text: &'s str, otherwise: &'s str) -> &'s str {
    if text.is_empty() { otherwise } else { text }
}

fn fault(part: &'static str, fault: &'static str) -> Error<'static> {
    Error::InvalidScheme { part, fault }
}

fn seconds(part: &'static str, text: &str, otherwise: u32) -> Result<u32, Error<'static>> {
    match text {
        "" => Ok(otherwise),
        digits if digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok().filter(|s| *s > 0).ok_or_else(|| fault(part, "must not be 0"))
        }
        _ => Err(fault(part, "must be whole seconds")),
    }
}

fn is_header(name: &str) -> bool {
    (1..=48).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn header<'s>(part: &'static str, name: &'s str) -> Result<Option<&'s str>, Error<'static>> {
    match name {
        "" => Ok(None),
        name if is_header(name) => Ok(Some(name)),
        _ => Err(fault(part, "must be 1 to 48 letters, digits, \"-\" and \"_\"")),
    }
}

/// A JSON pointer through objects, or nothing.
fn pointer<'s>(part: &'static str, text: &'s str) -> Result<&'s str, Error<'static>> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !b"~|\\\"".contains(&b))
    };
    let fits = |text: &str| {
        text.len() <= 64
            && text.strip_prefix('/').is_some_and(|names| names.split('/').all(is_name))
    };
    if text.is_empty() || fits(text) {
        Ok(text)
    } else {
        Err(fault(part, "must be a JSON pointer through objects, such as /event/id"))
    }
}

#[cfg(feature = "alloc")]
mod write {
    use alloc::format;
    use alloc::string::{String, ToString as _};

    use super::{Encoding, EnvelopeRule, EventKeyRule, KeyForm, Provider, TimeAt, TimeForm};

    impl Provider<'_> {
        /// The line from which [`Row::parse`](super::Row::parse) and
        /// [`Row::provider`](super::Row::provider) read this provider again, but for the texts for
        /// people. What a column means by itself is left out.
        pub fn to_line(&self) -> String {
            let scheme = &self.scheme;
            let form = |form| match form {
                TimeForm::Seconds => "s",
                TimeForm::Millis => "ms",
                TimeForm::Rfc3339 => "rfc3339",
            };
            let unless =
                |text: String, usual: &str| if text == usual { String::new() } else { text };
            let names = |names: crate::scheme::HeaderNames<'_>| {
                names.iter().map(String::from).collect::<alloc::vec::Vec<_>>().join(" ")
            };
            let siblings = self.siblings.iter().flatten();
            let siblings = siblings.map(|s| format!("{}:{}:{}", s.id, s.header, s.begins));
            let tolerance = self.tolerance_s.to_string();
            [
                self.id.into(),
                unless(self.name.into(), self.id),
                scheme.headers.signature.into(),
                scheme.headers.timestamp.unwrap_or_default().into(),
                scheme.headers.id.unwrap_or_default().into(),
                scheme.other_headers.map(names).unwrap_or_default(),
                unless(scheme.layout.example(), "{signature}"),
                match scheme.encoding {
                    Encoding::Hex => String::new(),
                    Encoding::Base64 => "base64".into(),
                },
                match scheme.key {
                    KeyForm::Text => String::new(),
                    KeyForm::Hex => "hex".into(),
                    KeyForm::Base64 { prefix } => format!("base64:{prefix}"),
                },
                match scheme.time {
                    TimeAt::Nowhere => String::new(),
                    TimeAt::Header(at) => form(at).into(),
                    TimeAt::Body { pointer, form: at } => format!("{} {pointer}", form(at)),
                },
                unless(scheme.signed.text().into(), "{body}"),
                unless(tolerance.clone(), "300"),
                unless(self.retry_horizon_s.to_string(), &tolerance),
                match self.event_key {
                    EventKeyRule::BodyHash => String::new(),
                    EventKeyRule::None => "none".into(),
                    EventKeyRule::Header => "header".into(),
                    EventKeyRule::Pointer(pointer) => pointer.into(),
                },
                match self.envelope {
                    EnvelopeRule::Unknown => String::new(),
                    EnvelopeRule::Id => "id".into(),
                    EnvelopeRule::IdAndType => "id type".into(),
                },
                self.event_type.into(),
                self.created.into(),
                self.event_type_header.unwrap_or_default().into(),
                self.delivery_id_header.unwrap_or_default().into(),
                siblings.collect::<alloc::vec::Vec<_>>().join(" "),
                self.handshake.as_str().into(),
            ]
            .join("|")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: Row<'_> = Row {
        id: "",
        name: "",
        signature: "X-Acme-Signature",
        timestamp: "X-Acme-Timestamp",
        id_header: "X-Acme-Id",
        other_headers: "",
        format: "v1={signature},...",
        encoding: "base64",
        key: "base64:acme_",
        time: "ms",
        signed: "{id}.{timestamp}.{body}",
        tolerance: "60",
        horizon: "3600",
        event_key: "header",
        envelope: "",
        event_type: "/event/type",
        created: "/at /time",
        event_type_header: "X-Acme-Event",
        delivery_id_header: "",
        siblings: "",
        handshake: "",
    };

    #[test]
    fn a_row_is_a_provider() {
        let acme = ACME.provider().unwrap();
        assert_eq!((acme.id, acme.name), ("custom", "custom"));
        assert_eq!((acme.tolerance_s, acme.retry_horizon_s), (60, 3600));
        assert_eq!(acme.scheme.key, KeyForm::Base64 { prefix: "acme_" });
        assert_eq!(acme.scheme.time, TimeAt::Header(TimeForm::Millis));
        let least = Row { signature: "X-Sig", ..Row::default() }.provider().unwrap();
        assert_eq!((least.tolerance_s, least.retry_horizon_s), (300, 300));
        assert_eq!((least.scheme.layout, least.scheme.time), (Layout::BARE, TimeAt::Nowhere));
        assert_eq!(least.event_key, EventKeyRule::BodyHash);
    }

    #[test]
    fn every_provider_of_the_catalogue_leads_back_to_itself() {
        for provider in crate::providers() {
            let line = provider.to_line();
            let mut again = Row::parse(&line).unwrap().provider().unwrap();
            again.event_key_why = provider.event_key_why;
            again.source = provider.source;
            assert_eq!(again, *provider, "{line}");
        }
    }

    #[test]
    fn rows_that_cannot_be_verified_are_refused_with_the_part_at_fault() {
        let cases: [(&str, Row<'_>); 45] = [
            ("header", Row { signature: "", ..ACME }),
            ("header", Row { signature: "X Acme: ", ..ACME }),
            ("header", Row { signature: "X-Acme-Id", ..ACME }),
            ("header", Row { signature: "x-acme-timestamp", ..ACME }),
            ("header", Row { signature: "Bäcker", ..ACME }),
            ("signature header", Row { signature: "A B C D E F", ..ACME }),
            ("timestamp header", Row { timestamp: "a b", ..ACME }),
            ("id header", Row { id_header: "a:b", ..ACME }),
            ("event type header", Row { event_type_header: "a\r\n", ..ACME }),
            ("delivery id header", Row { delivery_id_header: "é", ..ACME }),
            ("other spelling", Row { other_headers: "a b", ..ACME }),
            ("header", Row { other_headers: "a b b", ..ACME }),
            ("id", Row { id: "Acme", ..ACME }),
            ("format", Row { format: "v1", ..ACME }),
            ("format", Row { format: "{signature} ", ..ACME }),
            ("encoding", Row { encoding: "base32", ..ACME }),
            ("key", Row { key: "base64", ..ACME }),
            ("key", Row { key: "utf8", ..ACME }),
            ("time", Row { time: "", ..ACME }),
            ("time", Row { time: "ns", ..ACME }),
            ("time", Row { time: "s at", ..ACME }),
            ("time", Row { time: "s /at", ..ACME }),
            ("time", Row { timestamp: "", ..ACME }),
            ("time", Row { format: "t={timestamp},v1={signature}", ..ACME }),
            ("signed content", Row { signed: "{id}.{timestamp}", ..ACME }),
            ("signed content", Row { signed: "{id}.{timestamp}.{body}{body}", ..ACME }),
            ("signed content", Row { signed: "{id}.{body}", ..ACME }),
            ("signed content", Row { signed: "{timestamp}.{body}", ..ACME }),
            ("signed content", Row { signed: "{id}.{timestamp}.{timestamp}.{body}", ..ACME }),
            ("signed content", Row { signed: "{id}.{timestamp}.{body}.{when}", ..ACME }),
            ("signed content", Row { signed: "{id}.{timestamp}.{body} ", ..ACME }),
            ("signed content", Row { id_header: "", event_key: "", ..ACME }),
            ("signed content", Row { signed: "{id}{timestamp}.{body}", ..ACME }),
            ("signed content", Row { signed: "{timestamp}.{id}{body}", ..ACME }),
            ("signed content", Row { signed: "{body}{id}.{timestamp}", ..ACME }),
            ("signed content", Row { signed: "{id}{url}.{timestamp}.{body}", ..ACME }),
            ("tolerance", Row { tolerance: "0", ..ACME }),
            ("tolerance", Row { tolerance: "86401", horizon: "", ..ACME }),
            ("tolerance", Row { tolerance: "-1", ..ACME }),
            ("retry horizon", Row { horizon: "59", ..ACME }),
            ("event key", Row { event_key: "id", ..ACME }),
            ("event key", Row { event_key: "/a~1b", ..ACME }),
            ("envelope", Row { envelope: "type", ..ACME }),
            ("event type", Row { event_type: "/", ..ACME }),
            ("handshake", Row { handshake: "secret", ..ACME }),
        ];
        let two_times =
            Row { format: "t={timestamp},v1={signature}", signed: "{id}.{body}", ..ACME };
        let others = [
            ("time", Row { time: "", ..two_times }),
            ("name", Row { name: "Ac|me", ..ACME }),
            ("key", Row { key: "base64:a\n", ..ACME }),
            ("siblings", Row { siblings: "a:b:|", ..ACME }),
        ];
        for (part, row) in cases.into_iter().chain(others) {
            let Err(Error::InvalidScheme { part: found, .. }) = row.provider() else {
                panic!("accepted: {row:?}");
            };
            assert_eq!(found, part, "{row:?}");
        }
        let no_id = Row { id_header: "", signed: "{timestamp}.{body}", ..ACME };
        assert!(matches!(no_id.provider(), Err(Error::InvalidScheme { part: "event key", .. })));
        assert!(Row { event_key: "", ..no_id }.provider().is_ok());
    }

    #[test]
    fn a_line_has_its_columns() {
        for line in ["", "a|b", &"|".repeat(19), &"|".repeat(21)] {
            assert_eq!(Row::parse(line).unwrap_err().code(), "invalid_scheme", "{line}");
        }
        assert_eq!(Row::parse(&"|".repeat(20)).unwrap(), Row::default());
    }
}
