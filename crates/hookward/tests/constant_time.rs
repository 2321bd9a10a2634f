//! Constant time, shown by counting: how many instructions a verification takes depends neither on
//! where a wrong tag first differs from the right one, nor on which secret or which tag of several is
//! the right one; and how many it takes to read a secret does not depend on the secret.
//!
//! Instructions are counted by valgrind's callgrind, on this program itself, built with optimisation:
//! `cargo test --release --package hookward --all-features --test constant_time`. Counts are exact and
//! can be repeated, where times are neither.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::hint::black_box;
use std::process::{Command, ExitCode};

use hookward::scheme::{Encoding, Layout};
use hookward::{Delivery, Message, Provider, Secret, UnixSeconds, provider, sign, verify};

const NOW: UnixSeconds = UnixSeconds::new(1_700_000_000);
const BODY: &[u8] = br#"{"id":"evt_1","type":"ping","created":"2023-11-14T22:13:20Z"}"#;

/// Set for the process whose instructions are counted.
const COUNTED: &str = "HOOKWARD_COUNTED";

/// One of each way in which tags are written and listed.
const PROVIDERS: [&str; 5] = ["github", "shopify", "stripe", "standard-webhooks", "tinyposter"];

fn main() -> ExitCode {
    if env::var_os(COUNTED).is_some() {
        run_cases();
        return ExitCode::SUCCESS;
    }
    match count() {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the cases under callgrind and compares the counts within each group.
fn count() -> Result<String, String> {
    let folder = env::temp_dir().join(format!("hookward-constant-time-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let out = folder.join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--combine-dumps=yes"])
        .arg("--toggle-collect=*counted_*")
        // By their whole names: of a pattern that stands for both options, it takes one.
        .arg("--dump-after=constant_time::counted_verification")
        .arg("--dump-after=constant_time::counted_parsing")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(env::current_exe().map_err(|error| error.to_string())?)
        .env(COUNTED, "1")
        .output()
        .map_err(|error| {
            format!("valgrind cannot be run (Debian's package `valgrind`): {error}")
        })?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let profile = fs::read_to_string(&out).map_err(|error| error.to_string())?;
    let _ = fs::remove_dir_all(&folder);
    // One part for each call, in order; the last is what came after all of them.
    let totals = profile.lines().filter_map(|line| line.strip_prefix("totals: "));
    let totals: Vec<u64> = totals.filter_map(|total| total.parse().ok()).collect();
    let cases = String::from_utf8_lossy(&output.stdout).into_owned();
    let cases: Vec<_> = cases.lines().filter_map(|line| line.split_once(": ")).collect();
    if totals.len() != cases.len() + 1 {
        return Err(format!("{} counts for {} cases", totals.len(), cases.len()));
    }
    let mut groups: BTreeMap<&str, BTreeMap<u64, Vec<&str>>> = BTreeMap::new();
    for ((group, case), total) in cases.iter().zip(totals) {
        groups.entry(group).or_default().entry(total).or_default().push(case);
    }
    let mut report = Vec::new();
    for (group, counts) in &groups {
        let all: usize = counts.values().map(Vec::len).sum();
        match (counts.len(), counts.keys().next()) {
            // Anything that is counted at all takes more than this.
            (1, Some(&count)) if count > 500 && all > 1 => {
                report.push(format!("{group}: {count} instructions in each of {all} cases"));
            }
            _ => return Err(format!("{group}: the counts differ: {counts:#?}")),
        }
    }
    Ok(report.join("\n"))
}

#[inline(never)]
fn counted_verification(row: &Provider<'_>, secrets: &[Secret], delivery: &Delivery<'_>) -> usize {
    let verified = verify(row, secrets, delivery, &row.policy(), NOW);
    verified.map_or(usize::MAX, |verified| verified.secret_index)
}

#[inline(never)]
fn counted_parsing(row: &Provider<'_>, text: &str) -> bool {
    Secret::parse(row, text).is_ok()
}

fn run_cases() {
    for id in PROVIDERS {
        let row = provider(id).unwrap();
        wrong_tags(row);
        right_secret_among_others(row);
        right_tag_among_others(row);
    }
    for id in ["github", "standard-webhooks"] {
        secrets(provider(id).unwrap());
    }
}

fn secret(row: &Provider<'_>, number: u8) -> Secret {
    // Base64 of the same length for each; text is as good.
    let text = format!("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa{}w", char::from(b'A' + number));
    Secret::parse(row, &text).unwrap()
}

/// The delivery's headers, signed, and the place of the tag in them.
fn headers(row: &Provider<'_>, secret: &Secret) -> (Vec<(String, String)>, usize, String) {
    let message = Message { id: Some("msg_1"), timestamp: NOW, body: BODY, ..Message::default() };
    let headers = sign(row, secret, &message).unwrap();
    let headers: Vec<_> = headers.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    let name = row.scheme.headers.signatures().next().unwrap();
    let at = headers.iter().position(|(n, _)| n == name).unwrap();
    let length = if row.scheme.encoding == Encoding::Hex { 64 } else { 44 };
    let value = &headers[at].1;
    let tag = value[value.len() - length..].to_owned();
    (headers, at, tag)
}

fn decode(row: &Provider<'_>, tag: &str) -> Vec<u8> {
    use base64ct::Encoding as _;
    match row.scheme.encoding {
        Encoding::Hex => hex::decode(tag).unwrap(),
        _ => base64ct::Base64::decode_vec(tag).unwrap(),
    }
}

fn encode(row: &Provider<'_>, tag: &[u8]) -> String {
    use base64ct::Encoding as _;
    match row.scheme.encoding {
        Encoding::Hex => hex::encode(tag),
        _ => base64ct::Base64::encode_string(tag),
    }
}

/// Verifies, and names the case for the process that counts.
fn verified(
    group: &str,
    case: &str,
    row: &Provider<'_>,
    secrets: &[Secret],
    headers: &[(String, String)],
    expect: usize,
) {
    let delivery = Delivery::new(black_box(&headers), black_box(BODY));
    let index = counted_verification(row, black_box(secrets), &delivery);
    assert_eq!(index, expect, "{group}: {case}");
    println!("{} {group}: {case}", row.id);
}

/// Puts `tag` into the same place in memory: where a text lies may decide how it is searched.
fn replace(value: &mut String, before: usize, texts: &[&str]) {
    value.truncate(before);
    for text in texts {
        value.push_str(text);
    }
}

fn wrong_tags(row: &Provider<'_>) {
    let right_secret = [secret(row, 0)];
    let (mut headers, at, tag) = headers(row, &right_secret[0]);
    let right = decode(row, &tag);
    let before = headers[at].1.len() - tag.len();
    let mut try_tag = |case: &str, wrong: &[u8]| {
        replace(&mut headers[at].1, before, &[&encode(row, wrong)]);
        verified("wrong tag", case, row, &right_secret, &headers, usize::MAX);
    };
    for byte in 0..32 {
        for flip in [1, 0x80, 0xff] {
            let mut wrong = right.clone();
            wrong[byte] ^= flip;
            try_tag(&format!("byte {byte} of it, {flip:02x}"), &wrong);
        }
        // Right up to here, and wrong from here on.
        let mut wrong = right.clone();
        wrong[byte..].iter_mut().for_each(|b| *b = !*b);
        try_tag(&format!("all from byte {byte} on"), &wrong);
    }
    for byte in [0, 0x5a, 0xaf, 0xff] {
        try_tag(&format!("all {byte:02x}"), &[byte; 32]);
    }
}

fn right_secret_among_others(row: &Provider<'_>) {
    let mut secrets = [secret(row, 0), secret(row, 1), secret(row, 2), secret(row, 3)];
    let (headers, ..) = headers(row, &secrets[0]);
    for index in 0..4 {
        secrets.swap(0, index);
        let case = format!("the right one is number {index}");
        verified("several secrets", &case, row, &secrets, &headers, index);
        secrets.swap(0, index);
    }
}

fn right_tag_among_others(row: &Provider<'_>) {
    let Layout::List { separator, assign, signature, .. } = row.scheme.layout else { return };
    let secrets = [secret(row, 0), secret(row, 1)];
    let (mut headers, at, tag) = headers(row, &secrets[0]);
    let before = headers[at].1.len() - tag.len();
    let wrong = encode(row, &[0x5a; 32]);
    let between = format!("{}{signature}{}", char::from(separator), char::from(assign));
    for place in 0..3 {
        let mut tags = [&wrong, &wrong, &wrong];
        tags[place] = &tag;
        replace(&mut headers[at].1, before, &[tags[0], &between, tags[1], &between, tags[2]]);
        let case = format!("the right one is number {place}");
        verified("several tags", &case, row, &secrets, &headers, 0);
    }
}

fn secrets(row: &Provider<'_>) {
    let mut text = String::new();
    for (case, key) in [
        ("letters", "abcdefghijklmnopqrstuvwxyzABCDEF"),
        ("capitals", "QWERTYUIOPASDFGHJKLZXCVBNMQWERTY"),
        ("digits", "01234567890123456789012345678901"),
        ("all alike", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("marks", "++//++//++//++//++//++//++//++//"),
        ("all of them", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL/+w"),
    ] {
        replace(&mut text, 0, &[key]);
        assert!(counted_parsing(row, black_box(&text)));
        println!("{} reading a secret: {case}", row.id);
    }
}
