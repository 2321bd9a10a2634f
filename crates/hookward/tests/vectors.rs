//! Runs every file of `tests/vectors`, the one source of truth for signing.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use hookward::{
    Delivery, Error, EventKeyRule, Freshness, KeyForm, Policy, Provider, Secret, Target,
    UnixSeconds, provider, verify,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: String,
    #[expect(dead_code, reason = "for people")]
    published_by: String,
    retention_s: u32,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    secrets: Vec<String>,
    headers: Vec<(String, String)>,
    body: Body,
    now: u64,
    store: Option<Store>,
    tolerance_s: Option<u32>,
    expect: Expect,
    target: Option<TargetText>,
    #[expect(dead_code, reason = "for people")]
    published_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetText {
    method: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Body {
    Utf8 { utf8: String },
    Base64 { base64: String },
    Repeat { repeat: String, count: usize },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    remembers_since: Option<u64>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Expect {
    Ok(Verdict),
    Error(String),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Verdict {
    secret_index: usize,
    freshness: String,
    timestamp: Option<u64>,
    key_kind: String,
    key_value_utf8: Option<String>,
    key_value_hex: Option<String>,
    stored_key_hex: Option<String>,
    stored_key_hex_for_source_s: Option<String>,
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Utf8 { utf8 } => utf8.clone().into_bytes(),
            Self::Base64 { base64 } => {
                use base64ct::Encoding as _;
                base64ct::Base64::decode_vec(base64).unwrap()
            }
            Self::Repeat { repeat, count } => repeat.repeat(*count).into_bytes(),
        }
    }
}

fn policy(case: &Case, row: &Provider<'_>, retention_s: u32) -> Result<Policy, Error<'static>> {
    let tolerance_s = case.tolerance_s.unwrap_or(row.tolerance_s);
    match &case.store {
        None if case.tolerance_s.is_none() => Ok(row.policy()),
        None => Policy::without_store(tolerance_s),
        Some(store) => Policy::with_store(
            tolerance_s,
            row.retry_horizon_s,
            retention_s,
            store.remembers_since.map(UnixSeconds::new),
        ),
    }
}

fn run(file: &File, case: &Case) -> Result<Verdict, Error<'static>> {
    let row = provider(&file.provider)?;
    let body = case.body.bytes();
    let secrets: Result<Vec<_>, _> = case.secrets.iter().map(|s| Secret::parse(row, s)).collect();
    let policy = policy(case, row, file.retention_s)?;
    let target = case.target.as_ref();
    let target = target.map(|t| Target { method: &t.method, url: &t.url });
    let delivery = Delivery { target, ..Delivery::new(&case.headers, &body) };
    let verified = verify(row, &secrets?, &delivery, &policy, UnixSeconds::new(case.now))?;
    let key = verified.event_key();
    let hash = key.is_some_and(|key| key.kind().as_str() == "body-hash");
    let value = key.as_ref().map(|key| key.value().to_vec());
    let stored = |source| key.map(|key| hex::encode(key.stored(source)));
    Ok(Verdict {
        secret_index: verified.secret_index,
        freshness: verified.freshness.as_str().into(),
        timestamp: verified.timestamp.map(UnixSeconds::get),
        key_kind: key.map_or("none", |key| key.kind().as_str()).into(),
        key_value_utf8: value.clone().filter(|_| !hash).map(|v| String::from_utf8(v).unwrap()),
        key_value_hex: value.filter(|_| hash).map(hex::encode),
        stored_key_hex: stored(""),
        stored_key_hex_for_source_s: stored("s"),
    })
}

fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let read = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    read.filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| serde_json::from_slice(&fs::read(&path).unwrap()).unwrap())
        .collect()
}

#[test]
fn every_vector() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    for file in files() {
        for case in &file.cases {
            cases += 1;
            let got = run(&file, case).map_or_else(|e| Expect::Error(e.code().into()), Expect::Ok);
            if got != case.expect {
                wrong.push(format!(
                    "{}, {}: expected {:?}, got {got:?}",
                    file.provider, case.name, case.expect
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 500, "only {cases} cases were found");
}

/// Neither a message nor a `Debug` shows a secret, or the tag that would have been right.
#[test]
fn no_error_shows_a_secret_or_a_tag() {
    for file in files() {
        let good: Vec<_> =
            file.cases.iter().filter(|c| matches!(c.expect, Expect::Ok(_))).collect();
        for case in &file.cases {
            let Err(error) = run(&file, case) else { continue };
            let said = format!("{error} {error:?}");
            for secret in case.secrets.iter().filter(|s| s.len() > 3) {
                assert!(!said.contains(secret.as_str()), "{}: {said}", case.name);
            }
            let values = good.iter().flat_map(|c| &c.headers).map(|header| &header.1);
            for tag in values.flat_map(|v| v.split(['=', ','])).filter(|tag| tag.len() > 40) {
                assert!(!said.contains(tag), "{}: {said}", case.name);
            }
        }
    }
}

/// Every provider has a good case and its forgeries.
#[test]
fn every_provider_has_vectors() {
    let files = files();
    for row in hookward::providers() {
        let file = files.iter().find(|f| f.provider == row.id).expect(row.id);
        assert!(file.cases.iter().any(|c| matches!(c.expect, Expect::Ok(_))));
        for code in ["signature_mismatch", "missing_signature", "malformed_signature", "no_secret"]
        {
            assert!(file.cases.iter().any(|c| c.expect == Expect::Error(code.into())), "{code}");
        }
    }
}

/// Any flipped bit of the body or of a header of the scheme is refused.
#[test]
fn any_flipped_bit_is_refused() {
    let mut flips = 0;
    for file in files() {
        let Some(case) = file.cases.iter().find(|c| c.name == "good") else { continue };
        let row = provider(&file.provider).unwrap();
        let secrets = [Secret::parse(row, &case.secrets[0]).unwrap()];
        let policy = row.policy();
        let now = UnixSeconds::new(case.now);
        let headers: Vec<_> =
            case.headers.iter().map(|(n, v)| (n.clone(), v.clone().into_bytes())).collect();
        let body = case.body.bytes();
        let check = |headers: &Vec<(String, Vec<u8>)>, body: &[u8]| {
            let target = case.target.as_ref();
            let target = target.map(|t| Target { method: &t.method, url: &t.url });
            let delivery = Delivery { target, ..Delivery::new(headers, body) };
            verify(row, &secrets, &delivery, &policy, now).is_ok()
        };
        assert!(check(&headers, &body));
        for bit in 0..body.len() * 8 {
            let mut body = body.clone();
            body[bit / 8] ^= 1 << (bit % 8);
            assert!(!check(&headers, &body), "{}: bit {bit} of the body", row.id);
            flips += 1;
        }
        for header in 0..headers.len() {
            for bit in 0..headers[header].1.len() * 8 {
                let (old, mut headers) = (&headers[header].1, headers.clone());
                let flipped = old[bit / 8] ^ 1 << (bit % 8);
                // The same hex digit in the other case says the same.
                if flipped.eq_ignore_ascii_case(&old[bit / 8]) && case_is_free(row, old, bit / 8) {
                    continue;
                }
                headers[header].1[bit / 8] = flipped;
                assert!(!check(&headers, &body), "{}: bit {bit} of header {header}", row.id);
                flips += 1;
            }
        }
    }
    assert!(flips > 10_000, "only {flips} bits were flipped");
}

/// Whether the byte at `at` is a hex digit of a tag.
fn case_is_free(row: &Provider<'_>, value: &[u8], at: usize) -> bool {
    row.scheme.encoding == hookward::scheme::Encoding::Hex
        && value.len() >= 64
        && at >= value.len() - 64
}

/// A secret as the provider would write it.
fn secret_of(row: &Provider<'_>) -> String {
    match row.scheme.key {
        KeyForm::Base64 { prefix } => format!("{prefix}MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        KeyForm::Hex => "00ff".repeat(16),
        _ => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
    }
}

const TARGET: Target<'_> = Target { method: "POST", url: "https://example.com/hooks?a=1" };

#[test]
fn a_signed_message_verifies_whoever_sends_it() {
    let body = br#"{"id":"e1","type":"ping","created":"2023-11-14T22:13:20Z","created_at":"2023-11-14T22:13:20Z","createdAt":"2023-11-14T22:13:20Z","webhookTimestamp":1700000000000}"#;
    let now = UnixSeconds::new(1_700_000_000);
    for row in hookward::providers() {
        let secrets = [Secret::parse(row, &secret_of(row)).unwrap()];
        let message = hookward::Message {
            target: Some(TARGET),
            id: Some("msg_1"),
            timestamp: now,
            body,
            event_type: Some("ping"),
            delivery_id: Some("d1"),
        };
        let headers = hookward::sign(row, &secrets[0], &message).unwrap();
        let delivery = Delivery { target: Some(TARGET), ..Delivery::new(&headers, body) };
        let verified = verify(row, &secrets, &delivery, &row.policy(), now).expect(row.id);
        assert_ne!(verified.freshness, Freshness::Late);
        if row.event_key == EventKeyRule::Pointer("/id") {
            assert_eq!(verified.envelope().id().unwrap().as_plain(), Some("e1"), "{}", row.id);
        }
        for name in row.pass_headers() {
            assert!(headers.iter().any(|(n, _)| *n == name), "{}: {name}", row.id);
        }
        if row.scheme.signed.needs_target() {
            for (method, url) in [("PUT", TARGET.url), ("POST", "https://example.com/hooks?a=2")] {
                let other = Delivery { target: Some(Target { method, url }), ..delivery };
                let is_ok = verify(row, &secrets, &other, &row.policy(), now).is_ok();
                // Square signs no method.
                assert_eq!(is_ok, method == "PUT" && row.id == "square", "{}", row.id);
            }
            let none = Delivery { target: None, ..delivery };
            let error = verify(row, &secrets, &none, &row.policy(), now).unwrap_err();
            assert_eq!(error.code(), "invalid_target");
        }
    }
}
