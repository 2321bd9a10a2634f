//! Events of the gateway's own, as they are written: `id`, `type`, the time, `data`.

use hookward_relay::profile::Profile;
use serde::Serializer as _;
use serde::ser::SerializeMap as _;
use serde_json::value::RawValue;

use crate::clock::{Millis, rfc3339};

/// An event that the gateway writes itself.
pub(crate) struct Written<'a> {
    pub(crate) id: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) created: Millis,
    pub(crate) data: &'a RawValue,
}

/// How an envelope is written: the name under which it holds its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Standard Webhooks.
    Timestamp,
    /// tinyposter.
    Created,
    /// tinysend; its receivers judge an event's age by it.
    CreatedAt,
    /// letmepost.
    CreatedAtCamel,
}

impl Form {
    pub(crate) const ALL: [Self; 4] =
        [Self::Timestamp, Self::Created, Self::CreatedAt, Self::CreatedAtCamel];

    /// The one with the longest name.
    pub(crate) const LONGEST: Self = Self::CreatedAt;

    pub(crate) const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Standard | Profile::None => Self::Timestamp,
            Profile::Tinyposter => Self::Created,
            Profile::Tinysend => Self::CreatedAt,
            Profile::Letmepost => Self::CreatedAtCamel,
        }
    }

    const fn time(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Created => "created",
            Self::CreatedAt => "created_at",
            Self::CreatedAtCamel => "createdAt",
        }
    }
}

impl Written<'_> {
    /// The body.
    pub(crate) fn body(&self, form: Form) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        let mut json = serde_json::Serializer::new(&mut body);
        let mut map = json.serialize_map(Some(4)).ok()?;
        map.serialize_entry("id", self.id).ok()?;
        map.serialize_entry("type", self.event_type).ok()?;
        map.serialize_entry(form.time(), &rfc3339(self.created)).ok()?;
        map.serialize_entry("data", self.data).ok()?;
        map.end().ok()?;
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_passed_on_as_it_was_written() {
        let text = r#"{"n": 12345678901234567890123, "x":1.0}"#;
        let data: &RawValue = serde_json::from_str(text).unwrap();
        let created = Millis(1_700_000_000_123);
        let event = Written { id: "a\"b", event_type: "post.created", created, data };
        let body = |form| String::from_utf8(event.body(form).unwrap()).unwrap();
        let expected = format!(
            r#"{{"id":"a\"b","type":"post.created","created":"2023-11-14T22:13:20.123Z","data":{text}}}"#
        );
        assert_eq!(body(Form::Created), expected);
        assert!(Form::ALL.iter().all(|form| body(*form).len() <= body(Form::LONGEST).len()));
        for (profile, name) in [
            (Profile::Standard, "timestamp"),
            (Profile::Tinysend, "created_at"),
            (Profile::Letmepost, "createdAt"),
        ] {
            assert_eq!(
                body(Form::of(profile)),
                expected.replace("\"created\":", &format!("\"{name}\":"))
            );
        }
    }
}
