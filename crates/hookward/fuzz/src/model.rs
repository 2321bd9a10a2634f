//! Which deliveries are to be accepted, said a second time: plainly, and without a care for speed.

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use hookward::scheme::{Encoding, HeaderNames, Layout, TimeAt, TimeForm};
use hookward::{EnvelopeRule, EventKeyRule, Provider, UnixSeconds};

use super::hmac;
use super::input::{KEY, NOW};
use super::json::{self, Found};
use super::readings::TARGET;

type Headers = [(String, Vec<u8>)];

/// What the parts of the signed content are.
pub struct Parts {
    pub id: Vec<u8>,
    pub time: Vec<u8>,
}

/// All values under a name.
fn values<'a>(headers: &'a Headers, name: &str) -> Vec<&'a [u8]> {
    let of_name = headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    of_name.map(|(_, value)| &value[..]).collect()
}

/// The spelling of the scheme's headers that a delivery uses.
fn names<'p>(row: &Provider<'p>, headers: &Headers) -> HeaderNames<'p> {
    let first = row.scheme.headers;
    let is_there =
        |names: &HeaderNames<'_>| names.signatures().any(|n| !values(headers, n).is_empty());
    row.scheme.other_headers.filter(|other| !is_there(&first) && is_there(other)).unwrap_or(first)
}

/// The one value of a header, as long as it is one, within its cap, and not joined out of two.
fn only<'a>(headers: &'a Headers, name: &str, spaced: bool) -> Option<&'a [u8]> {
    let &[value] = &values(headers, name)[..] else { return None };
    let joined = !spaced && value.windows(2).any(|pair| pair == b", ");
    (value.len() <= 2048 && !joined).then_some(value)
}

/// Fields of a list, by name and value; `None` if one is not written so.
fn fields<'a>(layout: Layout<'_>, value: &'a [u8]) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    let Layout::List { separator, spaced, assign, .. } = layout else { return None };
    let mut all = Vec::new();
    for field in value.split(|b| *b == separator) {
        let field = if spaced { field.strip_prefix(b" ").unwrap_or(field) } else { field };
        let at = field.iter().position(|b| *b == assign)?;
        let (name, value) = (&field[..at], &field[at + 1..]);
        if name.is_empty() || !name.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        all.push((name, value));
    }
    Some(all)
}

/// The id and the time that a delivery brings in its headers, as written.
pub fn parts(row: &Provider<'_>, headers: &Headers) -> Option<Parts> {
    let names = names(row, headers);
    let id = names.id.map_or(Some(&b""[..]), |name| only(headers, name, false))?;
    let time = match (names.timestamp, row.scheme.layout) {
        (Some(name), _) => only(headers, name, false)?,
        (None, Layout::List { timestamp: Some(field), spaced, .. }) => {
            let mut found = Vec::new();
            for name in names.signatures().filter(|name| !values(headers, name).is_empty()) {
                let all = fields(row.scheme.layout, only(headers, name, spaced)?)?;
                found.extend(all.into_iter().filter(|(n, _)| *n == field.as_bytes()));
            }
            let [(_, time)] = found[..] else { return None };
            time
        }
        _ => b"",
    };
    Some(Parts { id: id.into(), time: time.into() })
}

/// The signed content.
pub fn content(row: &Provider<'_>, parts: &Parts, body: &[u8]) -> Vec<u8> {
    let mut decoded = String::new();
    let mut rest = TARGET.url;
    while let Some(c) = rest.chars().next() {
        let escapes =
            [":3a", "/2f", "?3f", "@40", "!21", "$24", "'27", "(28", ")29", "*2a", ",2c", ";3b"];
        let escape = rest.strip_prefix('%').and_then(|r| r.get(..2)).map(str::to_ascii_lowercase);
        let plain = escapes.iter().find(|e| escape.as_deref() == Some(&e[1..]));
        decoded.push(plain.map_or(c, |e| char::from(e.as_bytes()[0])));
        rest = &rest[if plain.is_some() { 3 } else { c.len_utf8() }..];
    }
    let mut content = Vec::new();
    let mut rest = row.scheme.signed.text();
    while !rest.is_empty() {
        let known: [(&str, &[u8]); 6] = [
            ("{id}", &parts.id),
            ("{timestamp}", &parts.time),
            ("{body}", body),
            ("{method}", TARGET.method.as_bytes()),
            ("{url}", TARGET.url.as_bytes()),
            ("{url_decoded}", decoded.as_bytes()),
        ];
        let (name, value) = known
            .into_iter()
            .find(|(name, _)| rest.starts_with(name))
            .unwrap_or_else(|| (&rest[..1], &rest.as_bytes()[..1]));
        content.extend_from_slice(value);
        rest = &rest[name.len()..];
    }
    content
}

/// The tag that is right for what the headers claim.
pub fn right_tag(row: &Provider<'_>, headers: &Headers, body: &[u8]) -> [u8; 32] {
    let none = Parts { id: Vec::new(), time: Vec::new() };
    let parts = parts(row, headers).unwrap_or(none);
    hmac::tag(KEY, &content(row, &parts, body))
}

/// The bytes of a tag, of whatever length; `None` if it is malformed.
fn tag(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    if text.is_empty() {
        return None;
    }
    if encoding == Encoding::Hex {
        let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
        return digits.then(|| hex::decode(text).unwrap_or_default());
    }
    let bare = text.trim_end_matches('=');
    let alphabet = bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    if bare.is_empty() || !alphabet || text.len() - bare.len() > 2 {
        return None;
    }
    if bare.len() != 43 {
        return Some(Vec::new());
    }
    Base64::decode_vec(text).or_else(|_| Base64Unpadded::decode_vec(text)).ok()
}

/// All the tags of a delivery; `None` where there are none, too many, or a malformed one.
fn tags(row: &Provider<'_>, headers: &Headers) -> Option<Vec<Vec<u8>>> {
    let layout = row.scheme.layout;
    let mut all = Vec::new();
    for name in names(row, headers).signatures() {
        if values(headers, name).is_empty() {
            continue;
        }
        let before = all.len();
        match layout {
            Layout::Whole { prefix } => {
                let value = only(headers, name, false)?.strip_prefix(prefix.as_bytes())?;
                all.push(tag(row.scheme.encoding, value)?);
            }
            Layout::List { signature, spaced, .. } => {
                for (field, value) in fields(layout, only(headers, name, spaced)?)? {
                    if field == signature.as_bytes() {
                        all.push(tag(row.scheme.encoding, value)?);
                    }
                }
            }
            _ => panic!("there are no other layouts"),
        }
        if all.len() == before {
            return None;
        }
    }
    (1..=16).contains(&all.len()).then_some(all)
}

/// The byte that must not be in an id.
fn id_mark(signed: &str) -> u8 {
    let (id, body) = (signed.find("{id}").unwrap(), signed.find("{body}").unwrap());
    if body < id {
        return signed.as_bytes()[id - 1];
    }
    match &signed[id + 4..] {
        rest if rest.starts_with("{timestamp}") => b':',
        rest => rest.as_bytes()[0],
    }
}

fn time(form: TimeForm, text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    if form == TimeForm::Rfc3339 {
        return UnixSeconds::from_rfc3339(text).map(UnixSeconds::get);
    }
    let digits = (1..=13).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number: u64 = digits.then(|| text.parse().ok())??;
    Some(if form == TimeForm::Millis { number / 1000 } else { number })
}

/// Whether a delivery is to be accepted at [`NOW`]. `None` where `serde_json` cannot say what its body
/// is.
pub fn accepts(row: &Provider<'_>, headers: &Headers, body: &[u8]) -> Option<bool> {
    let Some((parts, tags)) = parts(row, headers).zip(tags(row, headers)) else {
        return Some(false);
    };
    let signed = row.scheme.signed.text();
    let id = &parts.id;
    if row.scheme.headers.id.is_some()
        && (!(1..=256).contains(&id.len()) || id.contains(&id_mark(signed)))
    {
        return Some(false);
    }
    let content = content(row, &parts, body);
    if !tags.contains(&hmac::tag(KEY, &content).to_vec()) {
        return Some(false);
    }
    let token = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
    if ["x", "zoom"].contains(&row.handshake.as_str())
        && (1..=128).contains(&content.len())
        && content.iter().all(token)
    {
        return Some(false);
    }
    let signed_at = match row.scheme.time {
        TimeAt::Nowhere => None,
        TimeAt::Header(form) => {
            let padded = form != TimeForm::Rfc3339
                && parts.time.starts_with(b"0")
                && signed.find("{body}") < signed.find("{timestamp}");
            let Some(at) = time(form, &parts.time).filter(|_| !padded) else { return Some(false) };
            Some(at)
        }
        TimeAt::Body { pointer, form } => {
            if !json::is_object(body)? {
                return Some(false);
            }
            let Found::Once(raw) = json::at(std::str::from_utf8(body).ok()?, pointer)? else {
                return Some(false);
            };
            let at = match form {
                TimeForm::Rfc3339 => json::text(raw).filter(|text| text.len() <= 40),
                _ => json::integer(raw).map(Into::into),
            };
            let Some(at) = at.and_then(|text| time(form, text.as_bytes())) else {
                return Some(false);
            };
            Some(at)
        }
        _ => panic!("there are no other places"),
    };
    if signed_at.is_some_and(|at| at.abs_diff(NOW) > u64::from(row.tolerance_s)) {
        return Some(false);
    }
    is_envelope(row, body)
}

/// Whether the body is what the provider documents.
pub fn is_envelope(row: &Provider<'_>, body: &[u8]) -> Option<bool> {
    if row.envelope == EnvelopeRule::Unknown {
        return Some(true);
    }
    if !json::is_object(body)? {
        return Some(false);
    }
    let body = std::str::from_utf8(body).ok()?;
    let EventKeyRule::Pointer(id) = row.event_key else { return Some(false) };
    let [id, event_type, data] =
        [id, row.event_type, "/data"].map(|pointer| json::at(body, pointer));
    let (id, event_type, data) = (id?, event_type?, data?);
    let is_text = |raw: &str| json::text(raw).is_some_and(|text| !text.is_empty());
    let has_id = matches!(id, Found::Once(raw) if is_text(raw) || json::integer(raw).is_some());
    let has_type = matches!(event_type, Found::Once(raw) if is_text(raw));
    let doubled = [id, event_type, data].contains(&Found::Several);
    Some(!doubled && has_id && (has_type || row.envelope == EnvelopeRule::Id))
}
