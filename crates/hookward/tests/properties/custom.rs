//! Schemes of one's own, of every shape that a row can have.

use hookward::Row;
use proptest::prelude::*;

/// The columns that decide what is signed and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    format: String,
    encoding: &'static str,
    time: &'static str,
    timestamp: &'static str,
    id_header: &'static str,
    event_key: &'static str,
    handshake: &'static str,
    pub(crate) signed: String,
}

impl Columns {
    pub(crate) fn row(&self) -> Row<'_> {
        Row {
            signature: "X-Sig",
            timestamp: self.timestamp,
            id_header: self.id_header,
            format: &self.format,
            encoding: self.encoding,
            time: self.time,
            signed: &self.signed,
            event_key: self.event_key,
            handshake: self.handshake,
            horizon: "99999999",
            ..Row::default()
        }
    }
}

/// Rows with these handshakes whose parts are named, in any order, with any text between.
pub(crate) fn any_columns(handshakes: &'static [&'static str]) -> impl Strategy<Value = Columns> {
    let between =
        || prop::sample::select(vec!["", "", ".", ":", "0", "T", "-", "v0:", "::", "1.", "Z"]);
    let texts = (between(), between(), between(), between());
    let names = prop::sample::subsequence(vec!["{id}", "{timestamp}"], 0..=2)
        .prop_map(|mut names| {
            names.push("{body}");
            names
        })
        .prop_shuffle();
    let time = prop::sample::select(vec!["s", "ms", "rfc3339"]);
    (names, texts, time, any::<bool>(), any::<bool>(), prop::sample::select(handshakes)).prop_map(
        |(names, texts, time, in_field, base64, handshake)| {
            let texts = [texts.0, texts.1, texts.2, texts.3];
            let mut signed = texts[0].to_owned();
            for (name, text) in names.iter().zip(&texts[1..]) {
                signed.push_str(name);
                signed.push_str(text);
            }
            let timed = names.contains(&"{timestamp}");
            let id = names.contains(&"{id}");
            Columns {
                format: if timed && in_field { "t={timestamp},v1={signature}" } else { "" }.into(),
                encoding: if base64 { "base64" } else { "" },
                time: if timed { time } else { "" },
                timestamp: if timed && !in_field { "X-Time" } else { "" },
                id_header: if id { "X-Id" } else { "" },
                event_key: if id { "header" } else { "" },
                handshake,
                signed,
            }
        },
    )
}
