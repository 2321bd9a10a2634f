//! Whatever comes in: nothing panics, and what is accepted keeps its promises.

use core::net::{Ipv4Addr, Ipv6Addr};

use hookward_relay::dedupe::Hint;
use hookward_relay::headers::{CustomHeaders, Hops, Outgoing, outgoing, passed_on};
use hookward_relay::ids::{DeliveryId, DestinationId, SourceId};
use hookward_relay::limits;
use hookward_relay::outcome::TransportFailure;
use hookward_relay::page::{Cursor, parse_limit};
use hookward_relay::problem::Problem;
use hookward_relay::retry::{RetryAfter, Schedule, next_attempt_ms};
use hookward_relay::routing::{EventFilter, Origin, SourceFilter};
use hookward_relay::url_policy::DestinationUrl;
use proptest::prelude::*;

/// Near misses are more telling than noise.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(src|dst|dlv)_[0-9a-f]{30,42}",
        "1:(dst_[0-9a-f]{32},?){0,3}",
        "c1([0-9a-f]{2}){0,70}",
        "(Mon|Sun|Thu), [0-9]{2} (Jan|Feb|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
        "[0-9]{0,25}",
        "[a-z.*]{0,12}",
        "https?://[a-z0-9.:@\\[\\]%-]{0,40}(/[ -~]{0,20})?",
    ]
}

fn says_private(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
}

fn addresses() -> impl Strategy<Value = Ipv4Addr> {
    let near = proptest::sample::select(vec![
        0x0000_0000_u32,
        0x0a00_0000,
        0x6440_0000,
        0x7f00_0000,
        0xa9fe_0000,
        0xac10_0000,
        0xc0a8_0000,
        0xc612_0000,
        0xe000_0000,
    ]);
    let near = (near, -70_000_i32..70_000).prop_map(|(base, by)| base.wrapping_add_signed(by));
    prop_oneof![any::<u32>(), near].prop_map(Ipv4Addr::from_bits)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_accepted_text_is_canonical(text in text()) {
        if let Ok(id) = SourceId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.clone());
        }
        if let Ok(id) = DestinationId::parse(&text) {
            prop_assert_eq!(id.to_string(), text.clone());
        }
        if let Some(hint) = Hint::parse(&text) {
            prop_assert_eq!(hint.to_string(), text.clone());
        }
        if let Ok(id) = Cursor::parse::<DeliveryId>(&text) {
            prop_assert_eq!(Cursor::after(&id).to_string(), text.clone());
        }
        if let Ok(limit) = parse_limit(Some(&text)) {
            prop_assert!((1..=limits::PAGE_ITEMS).contains(&limit));
        }
        if let Ok(hops) = Hops::parse(Some(&text)) {
            prop_assert!(hops.get() < limits::HOPS);
        }
        if let Ok(filter) = EventFilter::parse(&[&text]) {
            prop_assert_eq!(Vec::<String>::from(filter), vec![text.clone()]);
        }
        if let Ok(filter) = SourceFilter::parse(&[&text]) {
            prop_assert_eq!(Vec::<String>::from(filter), vec![text.clone()]);
        }
        for allow_loopback in [false, true] {
            if let Ok(url) = DestinationUrl::parse(&text, allow_loopback) {
                let again = DestinationUrl::parse(url.as_str(), allow_loopback);
                prop_assert_eq!(again.as_ref().map(DestinationUrl::as_str), Ok(url.as_str()));
                prop_assert!(allow_loopback || url.as_str().starts_with("https://"));
                prop_assert!(url.as_str().starts_with(&url.origin()));
            }
        }
        let _ = TransportFailure::from_message(&text);
        let _ = Problem::of_delivery(&text);
    }

    #[test]
    fn an_address_is_judged_alike_however_it_is_written(address in addresses()) {
        let bits = address.to_bits();
        let [a, b, c, d] = address.octets();
        let accepted = |host: &str| DestinationUrl::parse(&format!("https://{host}/"), false).is_ok();
        let plain = accepted(&address.to_string());
        prop_assert!(!(plain && says_private(address)), "{}", address);
        for host in [
            format!("{bits}"),
            format!("{bits:#x}"),
            format!("0{bits:o}"),
            format!("{a:#x}.{b}.{c:#x}.0{d:o}"),
            format!("{a}.{}", bits & 0x00ff_ffff),
            format!("{a}.{b}.{}", bits & 0xffff),
            format!("{address}."),
        ] {
            prop_assert_eq!(accepted(&host), plain, "{}", host);
        }
        for embedded in [
            address.to_ipv6_mapped(),
            address.to_ipv6_compatible(),
            Ipv6Addr::from_bits((0x0064_ff9b_u128 << 96) | u128::from(bits)),
            Ipv6Addr::from_bits((0x2002_u128 << 112) | (u128::from(bits) << 80) | 1),
            Ipv6Addr::from_bits((0x2001_u128 << 112) | u128::from(!bits)),
        ] {
            prop_assert!(!accepted(&format!("[{embedded}]")), "{}", embedded);
        }
    }

    #[test]
    fn a_wait_is_within_its_bounds(
        waits in proptest::collection::vec(1_u32..=86_400, 0..=20),
        made in 0_u32..25,
        header in text(),
        now_ms in 0_u64..=u64::MAX,
        random in any::<u32>(),
    ) {
        let schedule = Schedule::parse(waits.clone()).unwrap();
        let after = RetryAfter::parse(&header);
        let next = next_attempt_ms(&schedule, made, after, now_ms, random);
        let index = (made as usize).checked_sub(1);
        let wait_ms = index.and_then(|n| waits.get(n)).map(|wait| u64::from(*wait) * 1_000);
        prop_assert_eq!(next.is_some(), wait_ms.is_some());
        if let (Some(next_ms), Some(wait_ms)) = (next, wait_ms) {
            let least = now_ms.saturating_add(wait_ms / 5 * 4);
            let most = now_ms.saturating_add((wait_ms / 5 * 6).max(limits::RETRY_AFTER_S * 1_000));
            prop_assert!((least..=most).contains(&next_ms));
            if after.is_none() {
                prop_assert!(next_ms <= now_ms.saturating_add(wait_ms / 5 * 6));
            }
        }
    }

    #[test]
    fn outgoing_headers_are_clean_and_unique(
        names in proptest::collection::vec("[A-Za-z:\r\n -]{0,24}|(web|hookward|x)[a-z-]{0,9}", 0..6),
        value in any::<String>(),
        event_type in proptest::option::of(any::<String>()),
        attempt in any::<u32>(),
    ) {
        let custom = names.iter().map(|name| (name.clone(), value.clone()));
        let custom = CustomHeaders::parse(custom).unwrap_or_default();
        let listed: Vec<&str> = names.iter().map(String::as_str).collect();
        let passed_on = passed_on(&listed, |_| Some(value.clone()));
        let signature = [("webhook-id", "dlv_1".to_owned())];
        let headers = outgoing(&Outgoing {
            passed_on: &passed_on,
            origin: Origin::Api,
            event_type: event_type.as_deref(),
            attempt,
            hops: Hops::default(),
            signature: &signature,
            custom: &custom,
        });
        for (index, (name, value)) in headers.iter().enumerate() {
            prop_assert!(!headers.iter().take(index).any(|(other, _)| other == name));
            prop_assert!(value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
            prop_assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':'));
            prop_assert_eq!(name.to_ascii_lowercase(), name.clone());
        }
        prop_assert!(headers.contains(&("webhook-id".to_owned(), "dlv_1".to_owned())));
        prop_assert!(headers.contains(&("hookward-source".to_owned(), "api".to_owned())));
    }
}
