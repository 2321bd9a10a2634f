//! Every kind of address and name, plain and in disguise.

use hookward_relay::limits;
use hookward_relay::url_policy::{DestinationUrl, UrlRefused};

use UrlRefused::{
    Character, Fragment, Malformed, PrivateAddress, PrivateName, Scheme, TooLong, TrailingDot,
    Userinfo,
};

const ACCEPTED: &[(&str, &str)] = &[
    // What is asked for, and what is called.
    ("https://hooks.acme.com", "https://hooks.acme.com/"),
    ("https://hooks.acme.com/in?key=1", "https://hooks.acme.com/in?key=1"),
    ("HTTPS://Hooks.ACME.com/In", "https://hooks.acme.com/In"),
    ("https://hooks.acme.com:443/", "https://hooks.acme.com/"),
    ("https://hooks.acme.com:8443/", "https://hooks.acme.com:8443/"),
    ("https://hooks.acme.com:1/", "https://hooks.acme.com:1/"),
    ("https://a_b.acme.com/", "https://a_b.acme.com/"),
    ("https://xn--bcher-kva.example.com/", "https://xn--bcher-kva.example.com/"),
    ("https://bücher.example.com/ü", "https://xn--bcher-kva.example.com/%C3%BC"),
    ("https://internal.acme.com/", "https://internal.acme.com/"),
    ("https://localhost.acme.com/", "https://localhost.acme.com/"),
    ("https://notlocal.com/", "https://notlocal.com/"),
    ("https://mylocalhost.com/", "https://mylocalhost.com/"),
    ("https://10.0.0.1.nip.io/", "https://10.0.0.1.nip.io/"),
    ("https://acme.com/@user", "https://acme.com/@user"),
    ("https://acme.com/?to=a@b.com", "https://acme.com/?to=a@b.com"),
    ("https://8.8.8.8/", "https://8.8.8.8/"),
    ("https://134744072/", "https://8.8.8.8/"),
    ("https://1.1.1.1:8443/x", "https://1.1.1.1:8443/x"),
    ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
    ("https://[2001:4860:4860::8888]:8443/", "https://[2001:4860:4860::8888]:8443/"),
    ("https://[2001:200::1]/", "https://[2001:200::1]/"),
    // The public neighbours of private blocks.
    ("https://9.255.255.255/", "https://9.255.255.255/"),
    ("https://11.0.0.0/", "https://11.0.0.0/"),
    ("https://100.63.255.255/", "https://100.63.255.255/"),
    ("https://100.128.0.0/", "https://100.128.0.0/"),
    ("https://126.255.255.255/", "https://126.255.255.255/"),
    ("https://128.0.0.1/", "https://128.0.0.1/"),
    ("https://168.63.129.17/", "https://168.63.129.17/"),
    ("https://169.253.255.255/", "https://169.253.255.255/"),
    ("https://169.255.0.0/", "https://169.255.0.0/"),
    ("https://172.15.255.255/", "https://172.15.255.255/"),
    ("https://172.32.0.0/", "https://172.32.0.0/"),
    ("https://192.167.255.255/", "https://192.167.255.255/"),
    ("https://192.169.0.0/", "https://192.169.0.0/"),
    ("https://198.17.255.255/", "https://198.17.255.255/"),
    ("https://198.20.0.0/", "https://198.20.0.0/"),
    ("https://223.255.255.255/", "https://223.255.255.255/"),
];

const REFUSED: &[(&str, UrlRefused)] = &[
    // Not https.
    ("http://acme.com/", Scheme),
    ("ftp://acme.com/", Scheme),
    ("ws://acme.com/", Scheme),
    ("file:///etc/passwd", Scheme),
    ("javascript:alert(1)", Scheme),
    ("data:text/plain,x", Scheme),
    ("http://127.0.0.1/", Scheme),
    // Not a URL with a host.
    ("", Malformed),
    ("acme.com", Malformed),
    ("//acme.com/", Malformed),
    ("/in", Malformed),
    ("https:", Malformed),
    ("https://", Malformed),
    ("https:acme.com", Malformed),
    ("https:/acme.com", Malformed),
    ("https://:443/", Malformed),
    ("https://acme.com:99999/", Malformed),
    ("https://acme.com:x/", Malformed),
    ("https://-acme.com/", Malformed),
    ("https://acme-.com/", Malformed),
    ("https://a..com/", Malformed),
    ("https://.acme.com/", Malformed),
    ("https://a*b.acme.com/", Malformed),
    ("https://[::1/", Malformed),
    ("https://[fe80::1%25eth0]/", Malformed),
    ("https://1.2.3.4.5/", Malformed),
    ("https://256.1.1.1/", Malformed),
    // What the parser would drop or mend.
    (" https://acme.com/", Character),
    ("https://acme.com/ ", Character),
    ("https://ac\tme.com/", Character),
    ("https://acme.com/\r\nx: y", Character),
    ("https://acme.com/\0", Character),
    ("https:\\\\acme.com\\", Character),
    ("https://acme.com\\@10.0.0.1/", Character),
    ("https://acme.com/\u{a0}x", Character),
    // User information, empty too.
    ("https://user@acme.com/", Userinfo),
    ("https://user:password@acme.com/", Userinfo),
    ("https://:password@acme.com/", Userinfo),
    ("https://@acme.com/", Userinfo),
    ("https://:@acme.com/", Userinfo),
    ("https://acme.com@10.0.0.1/", Userinfo),
    // Fragments.
    ("https://acme.com/#x", Fragment),
    ("https://acme.com/#", Fragment),
    // IPv4 that is not public.
    ("https://0.0.0.0/", PrivateAddress),
    ("https://0.1.2.3/", PrivateAddress),
    ("https://10.0.0.1/", PrivateAddress),
    ("https://10.255.255.255/", PrivateAddress),
    ("https://100.64.0.1/", PrivateAddress),
    ("https://100.100.100.200/", PrivateAddress),
    ("https://100.127.255.255/", PrivateAddress),
    ("https://127.0.0.1/", PrivateAddress),
    ("https://127.255.255.254:8443/", PrivateAddress),
    ("https://168.63.129.16/", PrivateAddress),
    ("https://169.254.169.254/latest/meta-data/", PrivateAddress),
    ("https://172.16.0.1/", PrivateAddress),
    ("https://172.31.255.255/", PrivateAddress),
    ("https://192.0.0.192/", PrivateAddress),
    ("https://192.0.2.1/", PrivateAddress),
    ("https://192.88.99.1/", PrivateAddress),
    ("https://192.168.0.1/", PrivateAddress),
    ("https://198.18.0.1/", PrivateAddress),
    ("https://198.19.255.255/", PrivateAddress),
    ("https://198.51.100.1/", PrivateAddress),
    ("https://203.0.113.1/", PrivateAddress),
    ("https://224.0.0.1/", PrivateAddress),
    ("https://239.255.255.255/", PrivateAddress),
    ("https://240.0.0.1/", PrivateAddress),
    ("https://255.255.255.255/", PrivateAddress),
    // The same in disguise.
    ("https://2130706433/", PrivateAddress),
    ("https://017700000001/", PrivateAddress),
    ("https://0x7f000001/", PrivateAddress),
    ("https://0x7f.0.0.1/", PrivateAddress),
    ("https://0177.0.0.1/", PrivateAddress),
    ("https://127.1/", PrivateAddress),
    ("https://127.0.1/", PrivateAddress),
    ("https://127.0.0.1./", PrivateAddress),
    ("https://10.1/", PrivateAddress),
    ("https://0/", PrivateAddress),
    ("https://0xa9.0xfe.0xa9.0xfe/", PrivateAddress),
    ("https://2852039166/", PrivateAddress),
    ("https://%31%32%37.0.0.1/", PrivateAddress),
    ("https://１２７.0.0.1/", PrivateAddress),
    ("https://127。0。0。1/", PrivateAddress),
    // IPv6 that is not public.
    ("https://[::]/", PrivateAddress),
    ("https://[::1]/", PrivateAddress),
    ("https://[0:0:0:0:0:0:0:1]/", PrivateAddress),
    ("https://[fe80::1]/", PrivateAddress),
    ("https://[febf::1]/", PrivateAddress),
    ("https://[fec0::1]/", PrivateAddress),
    ("https://[fc00::1]/", PrivateAddress),
    ("https://[fd00:ec2::254]/", PrivateAddress),
    ("https://[ff02::1]/", PrivateAddress),
    ("https://[100::1]/", PrivateAddress),
    ("https://[2001:db8::1]/", PrivateAddress),
    ("https://[2001:10::1]/", PrivateAddress),
    ("https://[3fff::1]/", PrivateAddress),
    ("https://[5f00::1]/", PrivateAddress),
    // IPv4 inside of IPv6.
    ("https://[::ffff:127.0.0.1]/", PrivateAddress),
    ("https://[::ffff:7f00:1]/", PrivateAddress),
    ("https://[::ffff:8.8.8.8]/", PrivateAddress),
    ("https://[::ffff:0:10.0.0.1]/", PrivateAddress),
    ("https://[::127.0.0.1]/", PrivateAddress),
    ("https://[::a9fe:a9fe]/", PrivateAddress),
    ("https://[64:ff9b::10.0.0.1]/", PrivateAddress),
    ("https://[64:ff9b::a9fe:a9fe]/", PrivateAddress),
    ("https://[64:ff9b:1::10.0.0.1]/", PrivateAddress),
    ("https://[2002:7f00:1::]/", PrivateAddress),
    ("https://[2002:a9fe:a9fe::1]/", PrivateAddress),
    ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", PrivateAddress),
    // Names that are not public.
    ("https://localhost/", PrivateName),
    ("https://LOCALHOST/", PrivateName),
    ("https://LocalHost:8443/x", PrivateName),
    ("https://api.localhost/", PrivateName),
    ("https://localhost.localdomain/", PrivateName),
    ("https://printer.local/", PrivateName),
    ("https://local/", PrivateName),
    ("https://metadata.google.internal/", PrivateName),
    ("https://vault.internal/", PrivateName),
    ("https://router.home.arpa/", PrivateName),
    ("https://1.0.0.127.in-addr.arpa/", PrivateName),
    ("https://nas.lan/", PrivateName),
    ("https://erp.corp/", PrivateName),
    ("https://app.test/", PrivateName),
    ("https://acme.onion/", PrivateName),
    ("https://intranet/", PrivateName),
    ("https://redis:6379/", PrivateName),
    ("https://%6c%6f%63%61%6c%68%6f%73%74/", PrivateName),
    ("https://ｌｏｃａｌｈｏｓｔ/", PrivateName),
    ("https://localhost./", TrailingDot),
    ("https://acme.com./", TrailingDot),
    ("https://metadata.google.internal./", TrailingDot),
];

/// What development may call besides.
const LOOPBACK: &[&str] = &[
    "http://127.0.0.1:8080/hook",
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.255.255.254/",
    "http://2130706433/",
    "http://[::1]:8080/",
    "https://[::1]/",
    "http://localhost:3000/",
    "https://localhost/",
];

#[test]
fn public_https_urls_are_accepted_and_normalised() {
    for (text, called) in ACCEPTED {
        for allow_loopback in [false, true] {
            match DestinationUrl::parse(text, allow_loopback) {
                Ok(url) => assert_eq!(url.as_str(), *called, "{text}"),
                Err(error) => panic!("{text}: {error:?}"),
            }
        }
    }
}

#[test]
fn everything_else_is_refused_for_its_reason() {
    for (text, error) in REFUSED {
        assert_eq!(DestinationUrl::parse(text, false).err(), Some(*error), "{text:?}");
    }
}

#[test]
fn development_adds_loopback_and_nothing_else() {
    for text in LOOPBACK {
        assert!(DestinationUrl::parse(text, true).is_ok(), "{text}");
        assert!(DestinationUrl::parse(text, false).is_err(), "{text}");
    }
    let is_loopback = |text: &str| {
        let plain = text.replacen("https:", "http:", 1);
        DestinationUrl::parse(&plain, true).is_ok()
    };
    for (text, error) in REFUSED {
        let loopback =
            *error == PrivateAddress || *text == "http://127.0.0.1/" || *error == PrivateName;
        if !(loopback && is_loopback(text)) {
            assert_eq!(DestinationUrl::parse(text, true).err(), Some(*error), "{text:?}");
        }
    }
    for text in [
        "http://acme.com/",
        "http://8.8.8.8/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://api.localhost/",
        "http://localhost./",
        "http://localhost.localdomain/",
        "http://user@localhost/",
        "ws://localhost/",
    ] {
        assert!(DestinationUrl::parse(text, true).is_err(), "{text}");
    }
}

#[test]
fn length_is_capped_before_and_after_parsing() {
    let url = |len: usize| format!("https://acme.com/{}", "a".repeat(len - 17));
    assert!(DestinationUrl::parse(&url(limits::URL_BYTES), false).is_ok());
    let longer = url(limits::URL_BYTES + 1);
    assert_eq!(DestinationUrl::parse(&longer, false), Err(TooLong));
    let grows = format!("https://acme.com/{}", "ü".repeat(1_000));
    assert!(grows.len() <= limits::URL_BYTES);
    assert_eq!(DestinationUrl::parse(&grows, false), Err(TooLong));
    let label = format!("https://{}.com/", "a".repeat(64));
    assert_eq!(DestinationUrl::parse(&label, false), Err(Malformed));
    let name = format!("https://{}com/", "a.".repeat(126));
    assert_eq!(DestinationUrl::parse(&name, false), Err(Malformed));
}

#[test]
fn only_the_origin_is_shown() {
    let url = DestinationUrl::parse("https://hooks.acme.com:8443/s3cret?k=s3cret", false).unwrap();
    assert_eq!(url.origin(), "https://hooks.acme.com:8443");
    assert_eq!(format!("{url:?}"), "DestinationUrl(https://hooks.acme.com:8443/…)");
    let usual = DestinationUrl::parse("https://hooks.acme.com/x", false).unwrap();
    assert_eq!(usual.origin(), "https://hooks.acme.com");
}

#[test]
fn what_is_stored_parses_to_itself() {
    for (_, called) in ACCEPTED {
        let again = DestinationUrl::parse(called, false).unwrap();
        assert_eq!(again.as_str(), *called);
    }
}
