//! What a scheme does not read changes no verdict: other headers, fields and members, order and case.

use hookward::scheme::Layout;
use proptest::prelude::*;
use serde_json::Value;

use crate::kit::{
    Listed, NOW, Sent, any_delivery, any_provider, event, extra, judge, send, signature_header,
};

/// The delivery, and the same with its body spoilt, so that refusals are compared as well.
fn both(sent: &Sent) -> [Sent; 2] {
    let mut spoilt = sent.clone();
    spoilt.body.push(b' ');
    [sent.clone(), spoilt]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn order_and_case_of_headers(
        (Listed(row), sent) in any_delivery(),
        swaps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 4),
        capitals: u64,
        others in prop::collection::vec(("[a-z]{1,8}", "\\PC{0,12}"), 0..4),
    ) {
        for sent in both(&sent) {
            let mut other = sent.clone();
            // No header of a provider has a name such as these.
            other.headers.extend(others.iter().map(|(n, v)| (format!("q-{n}"), v.clone().into_bytes())));
            for (one, two) in &swaps {
                let count = other.headers.len();
                other.headers.swap(one.index(count), two.index(count));
            }
            for (name, _) in &mut other.headers {
                let change = |(at, c): (usize, char)| {
                    if capitals >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
                };
                *name = name.chars().enumerate().map(change).collect();
            }
            prop_assert_eq!(judge(row, &sent, &row.policy()), judge(row, &other, &row.policy()));
        }
    }

    #[test]
    fn fields_of_the_signature_header(
        (Listed(row), sent) in any_delivery(),
        name in "[a-zA-Z][a-zA-Z0-9]{0,4}",
        text in "[a-zA-Z0-9+/._-]{1,20}",
        at: prop::sample::Index,
    ) {
        let Layout::List { separator, assign, signature, timestamp, .. } = row.scheme.layout else {
            return Ok(());
        };
        prop_assume!(name != signature && Some(&*name) != timestamp);
        for sent in both(&sent) {
            let mut other = sent.clone();
            let value = other.value(signature_header(row));
            let mut fields: Vec<_> = value.split(|b| *b == separator).map(<[u8]>::to_vec).collect();
            let field = format!("{name}{}{text}", char::from(assign)).into_bytes();
            fields.insert(at.index(fields.len() + 1), field);
            *value = fields.join(&separator);
            prop_assert_eq!(judge(row, &sent, &row.policy()), judge(row, &other, &row.policy()));
        }
    }

    /// Signed, of course; but nothing that a receiver does with an event depends on it.
    #[test]
    fn members_of_the_body(Listed(row) in any_provider(), extra in extra(), pretty: bool) {
        let verdict = |body: Value| {
            let body = if pretty { serde_json::to_vec_pretty(&body) } else { serde_json::to_vec(&body) };
            let sent = send(row, "evt_1", NOW, body.unwrap()).unwrap();
            judge(row, &sent, &row.policy()).map(|mut verdict| {
                if verdict.key_kind == Some(hookward::EventKeyKind::BodyHash) {
                    verdict.key = None;
                }
                verdict
            })
        };
        let [less, more] = [&[][..], &extra].map(|extra| verdict(event(row, "evt_1", NOW, extra)));
        prop_assert!(less.is_ok());
        prop_assert_eq!(less, more);
        // A time that is missing stays missing.
        let [less, more] = [&[][..], &extra].map(|extra| {
            let mut body = event(row, "evt_1", NOW, extra);
            body.as_object_mut().unwrap().retain(|name, _| name.starts_with("x-"));
            verdict(body)
        });
        prop_assert_eq!(less, more);
    }
}
