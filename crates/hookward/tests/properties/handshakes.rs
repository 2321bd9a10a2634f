//! No handshake signs what a delivery could be.
//!
//! Whoever can reach a receiver chooses the token that X's handshake answers under HMAC. Whatever
//! that content could mean as a delivery, the tag of the answer must buy none.

use base64ct::Encoding as _;
use hookward::{Delivery, Opening, Provider, Target, UnixSeconds, handshake};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::boundaries::{text, widest};
use crate::custom::any_columns;
use crate::kit::{NOW, judge, judge_compact, secret};
use crate::readings::{Reading, TARGET, readings};

/// What the receiver answers; `None` if it takes the request for a delivery, or refuses it.
fn answer(row: &Provider<'_>, method: &str, url: &str, claim: &crate::kit::Sent) -> Option<String> {
    let target = Some(Target { method: &claim.method, url: &claim.url });
    let delivery = Delivery { target, ..Delivery::new(&claim.headers, &claim.body) };
    let open = Opening { verify_token: Some("t"), takes_secret: false };
    let now = UnixSeconds::new(NOW);
    handshake(row, &[secret(row)], method, url, &delivery, open, &widest(), now)
        .ok()
        .flatten()
        .map(|reply| reply.body)
}

/// The tags in an answer: 64 hex digits, or base64 of 32 bytes, between marks.
fn tags(answer: &str) -> Vec<[u8; 32]> {
    let words = answer.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=_-".contains(c));
    let words = words.map(|word| word.trim_start_matches("sha256="));
    let decode = |word: &str| {
        hex::decode(word).ok().or_else(|| base64ct::Base64::decode_vec(word).ok())?.try_into().ok()
    };
    words.filter_map(decode).collect()
}

/// The requests by which a token could be had signed, with a signature where one is needed.
fn asked(row: &Provider<'_>, token: &str) -> Vec<String> {
    let get = answer(
        row,
        "GET",
        &format!("/in?crc_token={token}"),
        &Reading::default().claim(row, [0; 32]).into(),
    );
    let body =
        format!(r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":"{token}"}}}}"#);
    let signed = Reading { id: "1".into(), time: time(row), body: body.into() };
    let tag = secret(row).tag([&signed.content(row)[..]].into_iter());
    let post = answer(row, "POST", TARGET.url, &signed.claim(row, tag).into());
    get.into_iter().chain(post).collect()
}

fn time(row: &Provider<'_>) -> Vec<u8> {
    use hookward::scheme::{TimeAt, TimeForm};
    match row.scheme.time {
        TimeAt::Header(TimeForm::Seconds) => NOW.to_string().into(),
        TimeAt::Header(TimeForm::Millis) => (NOW * 1000).to_string().into(),
        TimeAt::Header(_) => UnixSeconds::new(NOW).to_rfc3339().into(),
        _ => Vec::new(),
    }
}

/// How many tags were had, none of which is a delivery's.
fn buys_nothing(row: &Provider<'_>, token: &str) -> Result<usize, TestCaseError> {
    let mut had = 0;
    for answer in asked(row, token) {
        for tag in tags(&answer) {
            had += 1;
            let is_the_tokens = tag == secret(row).tag([token.as_bytes()].into_iter());
            prop_assert!(is_the_tokens, "{}: signs more than the token: {answer}", row.id);
            for reading in readings(row, token.as_bytes()) {
                let claim = reading.claim(row, tag).into();
                let verdict = judge(row, &claim, &widest());
                prop_assert!(
                    verdict.is_err() && judge_compact(row, &claim, &widest()) == verdict,
                    "{} signs {}: {token} buys {reading:?}",
                    row.id,
                    row.scheme.signed.text()
                );
            }
        }
    }
    Ok(had)
}

fn try_many<T: std::fmt::Debug>(
    cases: u32,
    what: impl Strategy<Value = T>,
    of: impl Fn(&T, &str) -> Result<usize, TestCaseError>,
) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let had = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&(what, token()), |(what, token)| {
        had.set(had.get() + of(&what, &token)?);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    println!("{} tags were had", had.get());
    assert!(had.get() > 50, "only {} tags were had", had.get());
}

/// Mostly of the characters that a token may have.
fn token() -> impl Strategy<Value = String> {
    let fits = |text: String| {
        text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-', "")
    };
    prop_oneof![3 => text(5).prop_map(fits), 1 => text(5)]
}

#[test]
fn of_every_provider() {
    try_many(100, Just(()), |(), token| {
        hookward::providers().map(|row| buys_nothing(row, token)).sum()
    });
}

#[test]
fn of_every_scheme_of_ones_own() {
    try_many(1500, any_columns(&["x", "zoom"]), |columns, token| match columns.row().provider() {
        Ok(row) => buys_nothing(&row, token),
        Err(_) => Ok(0),
    });
}
