//! Reading inputs: lines, headers, and the body behind an empty line.

use base64ct::Encoding as _;
use hookward::{Error, KeyForm, Provider, Row, Secret, provider};

pub const NOW: u64 = 1_700_000_000;

/// The key's own bytes, under whichever form a row wants its secrets.
pub const KEY: &[u8] = b"a key of some 24 letters";

/// The next line, without its end; at the end of the input, an empty one.
pub fn line<'a>(input: &mut &'a [u8]) -> &'a [u8] {
    let end = input.iter().position(|b| *b == b'\n').unwrap_or(input.len());
    let line = &input[..end];
    *input = input.get(end + 1..).unwrap_or_default();
    line
}

/// The next line, if it is text.
pub fn text<'a>(input: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(line(input)).ok()
}

/// Headers, up to an empty line.
pub fn headers(input: &mut &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(input);
        if line.is_empty() {
            return Some(headers);
        }
        let colon = line.iter().position(|b| *b == b':')?;
        let value = line.get(colon + 1..)?;
        let value = value.strip_prefix(b" ").unwrap_or(value);
        headers.push((String::from_utf8(line[..colon].to_vec()).ok()?, value.to_vec()));
    }
}

/// Calls `with` with the provider that the text names, or describes by its columns.
pub fn with_provider(text: &str, with: impl FnOnce(&Provider<'_>)) {
    if text.contains('|') {
        if let Ok(row) = Row::parse(text).and_then(|row: Row<'_>| row.provider()) {
            with(&row);
        }
    } else if let Ok(row) = provider(text) {
        with(row);
    }
}

/// The secret whose key is `key`, as the row writes it.
pub fn secret_text(row: &Provider<'_>, key: &[u8]) -> String {
    match row.scheme.key {
        KeyForm::Text => String::from_utf8(key.to_vec()).expect("the key is text"),
        KeyForm::Hex => hex::encode(key),
        KeyForm::Base64 { prefix } => prefix.to_owned() + &base64ct::Base64::encode_string(key),
        _ => panic!("there are no other forms"),
    }
}

/// A secret of the row with [`KEY`] as its key. A prefix of a scheme of one's own may begin with
/// white space, and then no secret can have it.
pub fn secret(row: &Provider<'_>) -> Option<Secret> {
    match Secret::parse(row, &secret_text(row, KEY)) {
        Ok(secret) => Some(secret),
        Err(Error::MalformedSecret { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

/// `value`, with the right tag wherever it says `@H` (hex), `@C` (capital hex), `@B` (base64) or `@b`
/// (base64 without padding).
pub fn filled(value: &[u8], tag: [u8; 32]) -> Vec<u8> {
    let base64 = base64ct::Base64::encode_string(&tag);
    let mut out = Vec::new();
    let mut rest = value;
    while let [first, others @ ..] = rest {
        let (piece, taken) = match (first, others.first()) {
            (b'@', Some(b'H')) => (hex::encode(tag), 2),
            (b'@', Some(b'C')) => (hex::encode_upper(tag), 2),
            (b'@', Some(b'B')) => (base64.clone(), 2),
            (b'@', Some(b'b')) => (base64.trim_end_matches('=').to_owned(), 2),
            _ => (String::new(), 0),
        };
        if taken == 0 {
            out.push(*first);
            rest = others;
        } else {
            out.extend(piece.bytes());
            rest = &rest[taken..];
        }
    }
    out
}
