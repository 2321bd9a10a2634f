//! Verifying and signing, beside a bare HMAC-SHA256 over the same bytes.
//!
//! `verify/standard-webhooks` is what the bar is held to: within 10 % of `hmac` from 4 KB up.
//! `verify/tinyposter` also reads the body, since its envelope is known.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit as _, Mac as _};
use hookward::{Delivery, Message, Secret, UnixSeconds, provider, sign, verify};
use sha2::Sha256;

const NOW: UnixSeconds = UnixSeconds::new(1_700_000_000);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SIZES: [usize; 5] = [256, 1024, 4096, 16_384, 262_144];

/// An event of `size` bytes, as a provider would send one.
fn body(size: usize) -> Vec<u8> {
    let head = r#"{"id":"evt_3kTMd0Lq","type":"post.published","created":"2023-11-14T22:13:20.123Z","data":{"post":{"text":""#;
    let tail = r#""}}}"#;
    let text = "All work and no play makes Jack a dull boy. ".repeat(size / 44 + 1);
    let fill = size - head.len() - tail.len();
    [head, text.get(..fill).unwrap(), tail].concat().into_bytes()
}

fn benches(c: &mut Criterion) {
    for size in SIZES {
        let body = body(size);
        let mut group = c.benchmark_group(format!("{size} bytes"));
        group.throughput(Throughput::Bytes(size as u64));

        let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        let tag: [u8; 32] = keyed.clone().chain_update(&body).finalize().into_bytes().into();
        group.bench_function("hmac", |b| {
            b.iter(|| keyed.clone().chain_update(black_box(&body)).verify_slice(&tag).unwrap());
        });

        for id in ["standard-webhooks", "tinyposter", "github"] {
            let row = provider(id).unwrap();
            let secrets = [Secret::parse(row, SECRET).unwrap()];
            let message =
                Message { id: Some("msg_1"), timestamp: NOW, body: &body, ..Message::default() };
            let headers = sign(row, &secrets[0], &message).unwrap();
            let policy = row.policy();
            group.bench_function(BenchmarkId::new("verify", id), |b| {
                b.iter(|| {
                    let delivery = Delivery::new(&headers, black_box(&body));
                    verify(row, &secrets, &delivery, &policy, NOW).unwrap().secret_index
                });
            });
            group.bench_function(BenchmarkId::new("sign", id), |b| {
                b.iter(|| sign(row, &secrets[0], black_box(&message)).unwrap());
            });
        }
        group.finish();
    }
}

criterion_group!(verify_and_sign, benches);
criterion_main!(verify_and_sign);
