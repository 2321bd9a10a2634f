//! One input has one code: with several faults at once, the first check in order names it.
#![expect(clippy::unwrap_used, clippy::struct_excessive_bools, reason = "tests")]

use hookward::{Delivery, Policy, Secret, UnixSeconds, provider, verify};

const NOW: u64 = 1_700_000_000;
const SECRET: &str = "whsec_one4e3ZKcDIgnKt";

/// Everything that can be wrong with a letmepost delivery, one switch a check.
#[derive(Clone, Copy, Default)]
struct Faults {
    body_over_cap: bool,
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
        id: None,
        timestamp: UnixSeconds::new(time),
        // A body over the cap cannot be signed; its tag is never looked at.
        body: if faults.body_over_cap { b"" } else { &body },
        event_type: None,
        delivery_id: None,
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
    let secrets = if faults.no_secret { vec![] } else { vec![Secret::parse(row, SECRET).unwrap()] };
    let delivery = Delivery { headers: &headers, body: &body };
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
