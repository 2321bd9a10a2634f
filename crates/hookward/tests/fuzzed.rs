//! The fuzz targets' properties without a fuzzer: over the inputs that once broke them, and over
//! random ones.
//!
//! An input that a fuzz target finds is kept in `fuzz/crashers`, in the folder of its target.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

type Property = fn(&[u8]);

const PROPERTIES: [(&str, Property); 6] = [
    ("custom", fuzz::custom::holds),
    ("envelope", fuzz::envelope::holds),
    ("handshake", fuzz::handshake::holds),
    ("header", fuzz::header::holds),
    ("round_trip", fuzz::round_trip::holds),
    ("verify", fuzz::verify::holds),
];

#[test]
fn what_once_broke_them_does_so_no_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/crashers");
    let mut tried = 0;
    for target in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = target.file_name().unwrap().to_str().unwrap();
        let (_, holds) = PROPERTIES.iter().find(|(known, _)| *known == name).expect(name);
        for input in fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().path()) {
            println!("{}", input.display());
            holds(&fs::read(input).unwrap());
            tried += 1;
        }
    }
    assert!(tried > 5, "only {tried} inputs were found");
}

/// Lines such as the targets read, of providers, headers, numbers and tags.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let words = vec![
        "tinyposter",
        "slack",
        "twitch",
        "zendesk",
        "svix",
        "x",
        "zoom",
        "hex",
        "base64",
        "GET",
        "POST",
        "",
        "secret open token",
        "/in?crc_token=abc",
        "{signature}",
        "t={timestamp},v1={signature}",
        "v1={signature},...",
        "@H",
        "@B",
        "v1,@B",
        "v1=@H,t=1700000000",
        "/id",
        "/a/b",
        "id type",
        "1",
        "0",
        "X-Tinyposter-Signature: t=1700000000,v1=@H",
        "x-zm-signature: v0=@H",
        "x-zm-request-timestamp: 1700000000",
        "svix-id: 1",
        "svix-timestamp: 1700000000",
        "svix-signature: v1,@b",
        r#"{"id":"1","type":"a","a":{"b":1}}"#,
        "{}",
        r#"{"event":"endpoint.url_validation","payload":{"plainToken":"a"}}"#,
        "||S|T|I|||||s|{id}.{timestamp}.{body}||||||||||",
        "||S|T||||base64||s|{timestamp}{body}||||||||||x",
    ];
    let line = prop_oneof![
        4 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.join(&b'\n'))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn they_hold_for_random_inputs(input in input()) {
        for (_, holds) in PROPERTIES {
            holds(&input);
        }
    }
}
