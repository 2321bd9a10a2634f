//! Schemes of one's own.
//!
//! Input: the columns of a row, with `|` or, for a row that was never a line, a vertical tab between
//! them; the id to be signed; and the body.

use hookward::{Delivery, Message, Row, UnixSeconds, sign, verify};

use super::input::{NOW, secret, text};
use super::model;
use super::readings::{Reading, TARGET, readings};

/// A row that is accepted leads back to itself through its line, signs what it verifies, and reads
/// what it has signed in one way.
pub fn holds(mut input: &[u8]) {
    let Some((line, id)) = text(&mut input).zip(text(&mut input)) else { return };
    let row = if line.contains('\u{b}') { columns(line) } else { Row::parse(line).ok() };
    let Some(Ok(row)) = row.map(|row| row.provider()) else { return };
    let line = row.to_line();
    let again = Row::parse(&line).and_then(|row| row.provider());
    assert_eq!(again.as_ref(), Ok(&row), "{line}");
    assert_eq!(again.map(|row| row.to_line()), Ok(line.clone()));
    let Some(secret) = secret(&row) else { return };
    let message = Message {
        target: Some(TARGET),
        id: Some(id),
        timestamp: UnixSeconds::new(NOW),
        body: input,
        ..Message::default()
    };
    let Ok(headers) = sign(&row, &secret, &message) else { return };
    let headers: Vec<_> =
        headers.into_iter().map(|(n, v)| (n.to_owned(), v.into_bytes())).collect();
    let accepted = |headers: &Vec<(String, Vec<u8>)>, body: &[u8]| {
        let delivery = Delivery { target: Some(TARGET), ..Delivery::new(headers, body) };
        let secrets = std::slice::from_ref(&secret);
        let verified = verify(&row, secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
        verified.map(|_| ()).map_err(|error| error.code())
    };
    let verdict = accepted(&headers, input);
    if let Some(accepts) = model::accepts(&row, &headers, input) {
        assert_eq!(verdict.is_ok(), accepts, "{line}: {verdict:?}");
    }
    let Some(parts) = model::parts(&row, &headers).filter(|_| verdict.is_ok()) else { return };
    let meant = Reading { id: parts.id, time: parts.time, body: input.to_vec() };
    let content = meant.content(&row);
    // All cuts of a long content take too long.
    if content.len() > 150 {
        return;
    }
    let tag = secret.tag([&content[..]].into_iter());
    for reading in readings(&row, &content) {
        let claim = reading.claim(&row, tag);
        let is_accepted = accepted(&claim.headers, &claim.body).is_ok();
        assert_eq!(is_accepted, reading == meant, "{line}: {reading:?}");
    }
}

/// A row out of its columns.
fn columns(line: &str) -> Option<Row<'_>> {
    let [
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
    ] = line.split('\u{b}').collect::<Vec<_>>().try_into().ok()?;
    Some(Row {
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
