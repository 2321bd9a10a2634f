//! One input has one code: with several faults at once, the first check in order names it.
#![expect(clippy::unwrap_used, clippy::struct_excessive_bools, reason = "tests")]

use hookward::{Delivery, Policy, Row, Secret, UnixSeconds, Unverified, provider, verify};

const NOW: u64 = 1_700_000_000;
const SECRET: &str = "whsec_one4e3ZKcDIgnKt";

/// Everything that can be wrong with a letmepost delivery, one switch a check.
#[derive(Clone, Copy, Default)]
struct Faults {
    body_over_cap: bool,
    nine_secrets: bool,
    header_over_cap: bool,
    no_secret: bool,
    no_signature: bool,
    no_timestamp: bool,
    doubled_signature: bool,
    malformed_signature: bool,
    malformed_timestamp: bool,
    wrong_secret: bool,
    stale: bool,
    malformed_envelope: bool,
}

fn code(faults: Faults) -> &'static str {
    let row = provider("letmepost").unwrap();
    let mut body =
        if faults.malformed_envelope { b"[]".to_vec() } else { br#"{"id":"1"}"#.to_vec() };
    if faults.body_over_cap {
        body.resize(1024 * 1024 + 1, b' ');
    }
    let time = if faults.stale { NOW - 100_000 } else { NOW };
    let signer = Secret::parse(row, if faults.wrong_secret { "other" } else { SECRET }).unwrap();
    let message = hookward::Message {
        timestamp: UnixSeconds::new(time),
        // A body over the cap cannot be signed; its tag is never looked at.
        body: if faults.body_over_cap { b"" } else { &body },
        ..hookward::Message::default()
    };
    let mut headers: Vec<(&str, String)> = hookward::sign(row, &signer, &message).unwrap();
    if faults.malformed_signature {
        headers.iter_mut().filter(|h| h.0 == "X-LMP-Signature").for_each(|h| h.1 = "zz".into());
    }
    if faults.malformed_timestamp {
        headers.iter_mut().filter(|h| h.0 == "X-LMP-Timestamp").for_each(|h| h.1.push('Z'));
    }
    if faults.doubled_signature {
        headers.extend(headers.first().cloned());
    }
    if faults.no_timestamp {
        headers.retain(|h| h.0 != "X-LMP-Timestamp");
    }
    if faults.header_over_cap {
        headers.retain(|h| h.0 != "X-LMP-Timestamp");
        headers.push(("X-LMP-Timestamp", "1".repeat(3000)));
    }
    if faults.no_signature {
        headers.retain(|h| h.0 != "X-LMP-Signature");
    }
    let count = match faults {
        Faults { nine_secrets: true, .. } => 9,
        Faults { no_secret: true, .. } => 0,
        _ => 1,
    };
    let secrets: Vec<_> = (0..count).map(|_| Secret::parse(row, SECRET).unwrap()).collect();
    let delivery = Delivery::new(&headers, &body);
    let policy = Policy::with_store(300, 43_200, 345_600, None).unwrap();
    match verify(row, &secrets, &delivery, &policy, UnixSeconds::new(NOW)) {
        Ok(_) => "ok",
        Err(error) => error.code(),
    }
}

/// The checks in their order: switching one more fault off each time moves on to the next code.
#[test]
fn the_first_fault_in_order_names_the_refusal() {
    let mut faults = Faults {
        body_over_cap: true,
        nine_secrets: true,
        header_over_cap: true,
        no_secret: true,
        no_signature: true,
        no_timestamp: false,
        doubled_signature: false,
        malformed_signature: true,
        malformed_timestamp: true,
        wrong_secret: true,
        stale: true,
        malformed_envelope: true,
    };
    assert_eq!(code(faults), "body_too_large");
    faults.body_over_cap = false;
    assert_eq!(code(faults), "too_many_secrets");
    faults.nine_secrets = false;
    assert_eq!(code(faults), "header_too_large");
    faults.header_over_cap = false;
    assert_eq!(code(faults), "no_secret");
    faults.no_secret = false;
    assert_eq!(code(faults), "missing_signature");
    faults.no_signature = false;
    faults.no_timestamp = true;
    assert_eq!(code(faults), "missing_timestamp");
    faults.no_timestamp = false;
    faults.doubled_signature = true;
    assert_eq!(code(faults), "malformed_signature");
    faults.doubled_signature = false;
    assert_eq!(code(faults), "malformed_signature");
    faults.malformed_signature = false;
    assert_eq!(code(faults), "malformed_timestamp");
    faults.malformed_timestamp = false;
    assert_eq!(code(faults), "signature_mismatch");
    faults.wrong_secret = false;
    assert_eq!(code(faults), "timestamp_too_old");
    faults.stale = false;
    assert_eq!(code(faults), "malformed_envelope");
    faults.malformed_envelope = false;
    assert_eq!(code(faults), "ok");
}

/// The scheme's headers are looked for in one order too: signature, id, timestamp.
#[test]
fn the_first_header_missing_in_order_is_named() {
    let row = provider("standard-webhooks").unwrap();
    let secrets = [Secret::parse(row, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()];
    let mut headers = vec![];
    for (missing, next) in [
        ("missing_signature", ("webhook-signature", "v1,!")),
        ("missing_id", ("webhook-id", "a.b")),
        ("missing_timestamp", ("webhook-timestamp", "now")),
    ] {
        let delivery = Delivery::new(&headers, b"");
        let error = verify(row, &secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
        assert_eq!(error.unwrap_err().code(), missing);
        headers.push(next);
    }
    for (malformed, mended) in [
        (
            "malformed_signature",
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ),
        ("malformed_id", ("webhook-id", "msg_1")),
        ("malformed_timestamp", ("webhook-timestamp", "1700000000")),
    ] {
        let delivery = Delivery::new(&headers, b"");
        let error = verify(row, &secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
        assert_eq!(error.unwrap_err().code(), malformed);
        headers.retain(|header| header.0 != mended.0);
        headers.push(mended);
    }
}

/// What a message says: what was found, what was expected, and whose headers these may be.
#[test]
fn messages_say_what_was_found_and_what_was_expected() {
    let body = br#"{"id":"1","type":"x","createdAt":"2023-11-14T22:13:20Z"}"#;
    let secret = |id| Secret::parse(provider(id).unwrap(), SECRET).unwrap();
    let signed = |id, time| {
        let message = hookward::Message {
            timestamp: UnixSeconds::new(time),
            body,
            ..hookward::Message::default()
        };
        hookward::sign(provider(id).unwrap(), &secret(id), &message).unwrap()
    };
    let said = |id, headers: &Vec<(&str, String)>| {
        let row = provider(id).unwrap();
        let delivery = Delivery::new(headers, body);
        let now = UnixSeconds::new(NOW);
        verify(row, &[secret(id)], &delivery, &row.policy(), now).unwrap_err().to_string()
    };
    for (configured, sends, expected) in [
        (
            "letmepost",
            "letmepost-v1",
            "the request has no X-LMP-Signature header, but the one that provider \"letmepost-v1\" sends",
        ),
        (
            "letmepost",
            "letmepost-body",
            "the request has no X-LMP-Signature header, but the one that provider \"letmepost-body\" sends",
        ),
        (
            "letmepost-v1",
            "letmepost",
            "the request has no X-Letmepost-Signature header, but the one that provider \"letmepost\" sends",
        ),
        (
            "letmepost-v1",
            "letmepost-body",
            "the X-Letmepost-Signature header holds no signature of the scheme's version; it is written as provider \"letmepost-body\" does",
        ),
        (
            "letmepost-body",
            "letmepost-v1",
            "the X-Letmepost-Signature header does not begin with the scheme's prefix; it is written as provider \"letmepost-v1\" does",
        ),
    ] {
        assert_eq!(said(configured, &signed(sends, NOW)), expected);
    }
    for (time, expected) in [
        (NOW - 301, "the delivery is 301 s old, at most 300 s are accepted"),
        (NOW + 302, "the delivery is dated 302 s ahead of this clock, at most 300 s are accepted"),
        (
            NOW * 1000,
            "the delivery is dated 1698300000000 s ahead of this clock, at most 300 s are accepted: milliseconds for seconds?",
        ),
    ] {
        assert_eq!(said("letmepost", &signed("letmepost", time)), expected);
    }
    assert_eq!(
        said("letmepost", &vec![("X-LMP-Signature", "0".repeat(2049))]),
        "the X-LMP-Signature header has 2049 bytes, at most 2048 are read"
    );
}

/// The cap is on a delivery's signatures, in however many headers they are.
#[test]
fn signatures_of_several_headers_are_counted_together() {
    let row = Row { signature: "A B", format: "v1={signature},...", ..Row::default() };
    let row = row.provider().unwrap();
    let secrets = [Secret::parse(&row, SECRET).unwrap()];
    let code = |first: usize, second: usize| {
        let list = |count| vec![format!("v1={}", "0".repeat(64)); count].join(",");
        let headers = [("A", list(first)), ("B", list(second))];
        let delivery = Delivery::new(&headers, b"");
        let verified = verify(&row, &secrets, &delivery, &row.policy(), UnixSeconds::new(NOW));
        verified.unwrap_err().code()
    };
    assert_eq!(code(8, 8), "signature_mismatch");
    assert_eq!(code(9, 8), "header_too_large");
    assert_eq!(code(8, 9), "header_too_large");
}

#[test]
fn nothing_is_hashed_for_tags_of_which_none_is_whole() {
    let row = provider("github").unwrap();
    let headers = [("X-Hub-Signature-256", format!("sha256={}", "0".repeat(32)))];
    let delivery = Delivery::new(&headers, b"");
    let unverified = Unverified::read(row, 1, &delivery).unwrap();
    let mut asked = 0;
    let mut tags = std::iter::repeat_with(|| [0; 32]).take(1).inspect(|_| asked += 1);
    let verified = unverified.verify(&mut tags, &row.policy(), UnixSeconds::new(NOW));
    assert_eq!(verified.unwrap_err().code(), "signature_mismatch");
    assert_eq!(asked, 0);
}
