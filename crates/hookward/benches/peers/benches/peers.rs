//! One delivery in the Standard Webhooks scheme, verified by hookward and by the two crates that most
//! people use for it. Each gets the same headers in an `http::HeaderMap`, and a secret parsed before.
use std::hint::black_box;
use std::time::SystemTime;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hookward::{Delivery, Headers, Lookup, Message, Secret, UnixSeconds, provider, sign, verify};
use http::{HeaderMap, HeaderName, HeaderValue};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// As a user of the `http` crate would write it: one value, or the word that there are several.
struct Map<'a>(&'a HeaderMap);

impl Headers for Map<'_> {
    fn find(&self, name: &str) -> Lookup<'_> {
        let mut values = self.0.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Lookup::Missing,
            (Some(value), None) => Lookup::One(value.as_bytes()),
            (Some(_), Some(_)) => Lookup::Many,
        }
    }
}

fn benches(c: &mut Criterion) {
    let row = provider("standard-webhooks").unwrap();
    let secrets = [Secret::parse(row, SECRET).unwrap()];
    let standard = standardwebhooks::Webhook::new(SECRET).unwrap();
    let svix = svix::webhooks::Webhook::new(SECRET).unwrap();
    for size in [256, 1024, 4096, 16_384] {
        let body = format!("{{\"type\":\"ping\",\"data\":\"{}\"}}", "x".repeat(size - 25)).into_bytes();
        assert_eq!(body.len(), size);
        let now = UnixSeconds::try_from(SystemTime::now()).unwrap();
        let message = Message {
            id: Some("msg_2Lh9KRb0pzN4LePd3XiA4v"),
            timestamp: now,
            body: &body,
            ..Message::default()
        };
        let headers: HeaderMap = sign(row, &secrets[0], &message)
            .unwrap()
            .into_iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, HeaderValue::try_from(value).unwrap())
            })
            .collect();
        let policy = row.policy();
        let mut group = c.benchmark_group(format!("{size} bytes"));
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function("hookward", |b| {
            b.iter(|| {
                // The peers read the clock, so it does as well.
                let now = UnixSeconds::try_from(SystemTime::now()).unwrap();
                let map = Map(&headers);
                let delivery = Delivery::new(&map, black_box(&body));
                verify(row, &secrets, &delivery, &policy, now).unwrap().secret_index
            });
        });
        group.bench_function("standardwebhooks", |b| {
            b.iter(|| standard.verify(black_box(&body), &headers).unwrap());
        });
        group.bench_function("svix", |b| {
            b.iter(|| svix.verify(black_box(&body), &headers).unwrap());
        });
        group.finish();
    }
}

criterion_group!(peers, benches);
criterion_main!(peers);
