//! Signature headers: any value, read by any layout.
//!
//! Input: the layout as an example, the encoding, and the value.

use hookward::scheme::Layout;
use hookward::{Delivery, Message, Row, UnixSeconds, sign, verify};

use super::input::{NOW, filled, secret, text};
use super::model;

const BODY: &[u8] = b"{}";

/// A value within its caps is accepted just if the model says so, one over a cap never; and what is
/// accepted holds the tag that signing gives.
pub fn holds(mut input: &[u8]) {
    let Some((format, encoding)) = text(&mut input).zip(text(&mut input)) else { return };
    let layout = Layout::parse(format);
    let timed = format.contains("{timestamp}");
    let row = Row {
        signature: "S",
        format,
        encoding,
        time: if timed { "s" } else { "" },
        signed: if timed { "{timestamp}.{body}" } else { "" },
        ..Row::default()
    };
    let Ok(row) = row.provider() else { return };
    if let Some(layout) = layout {
        assert_eq!(Layout::parse(&layout.example()), Some(layout), "{format}");
    }
    let with = |value: Vec<u8>| vec![("s".to_owned(), value)];
    let tag = model::right_tag(&row, &with(input.to_vec()), BODY);
    let headers = with(filled(input, tag));
    let secrets = [secret(&row).expect("the key is text")];
    let now = UnixSeconds::new(NOW);
    let verified = verify(&row, &secrets, &Delivery::new(&headers, BODY), &row.policy(), now);
    let value = &headers[0].1;
    if value.len() > 2048 {
        assert_eq!(verified.map_err(|e| e.code()).err(), Some("header_too_large"));
        return;
    }
    assert_eq!(Some(verified.is_ok()), model::accepts(&row, &headers, BODY), "{verified:?}");
    let Ok(verified) = verified else { return };
    let timestamp = verified.timestamp.unwrap_or(now);
    let message = Message { timestamp, body: BODY, ..Message::default() };
    let again = sign(&row, &secrets[0], &message).expect("what was read can be written");
    let delivery = Delivery::new(&again, BODY);
    assert!(verify(&row, &secrets, &delivery, &row.policy(), now).is_ok(), "{again:?}");
    // But for zeros before the time, which are signed as they are written.
    let written = format!("={timestamp}");
    if !timed || value.windows(written.len()).any(|part| part == written.as_bytes()) {
        let again = again[0].1.trim_end_matches('=');
        let tag = &again.as_bytes()[again.len() - 43..];
        assert!(value.windows(43).any(|part| part.eq_ignore_ascii_case(tag)), "{again}");
    }
}
