//! Handshakes: what is answered, what is refused, and that none of them signs a delivery.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use base64ct::Encoding as _;
use hookward::{
    Delivery, Message, Opening, Provider, Reply, Secret, UnixSeconds, handshake, provider,
    providers, sign, verify,
};

const NOW: UnixSeconds = UnixSeconds::new(1_700_000_000);
const SECRET: &str = "one_4e3ZKcDIgnKt8uWq";

type Pairs = Vec<(String, String)>;

struct Ask<'a> {
    id: &'a str,
    secrets: &'a [&'a str],
    method: &'a str,
    url: &'a str,
    headers: Pairs,
    body: &'a str,
    opening: Opening<'a>,
}

impl<'a> Ask<'a> {
    fn get(id: &'a str, url: &'a str) -> Self {
        Self { method: "GET", url, ..Self::post(id, "") }
    }

    fn post(id: &'a str, body: &'a str) -> Self {
        let opening = Opening::default();
        Self { id, secrets: &[SECRET], method: "POST", url: "/in", headers: vec![], body, opening }
    }

    /// A POST that the provider has signed with `secret`.
    fn signed(id: &'a str, secret: &str, body: &'a str) -> Self {
        Self { headers: headers(id, secret, body), ..Self::post(id, body) }
    }

    fn answer(&self) -> Result<Option<Reply>, &'static str> {
        let row = row(self.id);
        let secrets: Vec<_> = self.secrets.iter().map(|s| Secret::parse(row, s).unwrap()).collect();
        let delivery = Delivery::new(&self.headers, self.body.as_bytes());
        let policy = row.policy();
        handshake(row, &secrets, self.method, self.url, &delivery, self.opening, &policy, NOW)
            .map_err(|error| error.code())
    }

    fn reply(&self) -> Reply {
        self.answer().unwrap().expect("a handshake")
    }
}

fn row(id: &str) -> &'static Provider<'static> {
    provider(id).unwrap()
}

fn headers(id: &str, secret: &str, body: &str) -> Pairs {
    let message =
        Message { id: Some("msg_1"), timestamp: NOW, body: body.as_bytes(), ..Message::default() };
    let signed = sign(row(id), &Secret::parse(row(id), secret).unwrap(), &message).unwrap();
    signed.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

fn text(reply: &Reply) -> (&str, &str) {
    assert_eq!((&reply.header, &reply.secret), (&None, &None));
    (reply.content_type, &reply.body)
}

#[test]
fn slack_and_twitch_have_their_challenge_echoed_once_it_is_signed() {
    let slack = r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
    let twitch = r#"{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"status":"webhook_callback_verification_pending"}}"#;
    for (id, body, challenge) in [
        ("slack", slack, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"),
        ("twitch", twitch, "pogchamp-kappa-360noscope-vohiyo"),
    ] {
        let ask = Ask::signed(id, SECRET, body);
        assert_eq!(text(&ask.reply()), ("text/plain", challenge));
        assert_eq!(Ask::post(id, body).answer(), Err("missing_signature"), "{id}");
        assert_eq!(Ask::signed(id, "another", body).answer(), Err("signature_mismatch"), "{id}");
        assert_eq!(Ask { secrets: &[], ..ask }.answer(), Err("no_secret"), "{id}");
        let none = body.replace("\"challenge", "\"chall");
        assert_eq!(Ask::signed(id, SECRET, &none).answer(), Err("invalid_handshake"), "{id}");
        let spaced = body.replace(challenge, "a b\\r\\n");
        assert_eq!(Ask::signed(id, SECRET, &spaced).answer(), Err("invalid_handshake"));
    }
    for (id, body) in [
        ("slack", r#"{"type":"event_callback","challenge":"x"}"#),
        ("twitch", r#"{"challenge":"x","subscription":{"status":"enabled"}}"#),
    ] {
        assert_eq!(Ask::signed(id, SECRET, body).answer(), Ok(None), "{id}");
    }
}

#[test]
fn zoom_has_its_token_signed_once_the_request_is_signed() {
    let body = r#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}"#;
    let reply = Ask::signed("zoom", SECRET, body).reply();

    let tag = hex::encode(hmac(SECRET, b"qgg8vlvZRS6UYooatFL8Aw"));
    let want = format!(r#"{{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"{tag}"}}"#);
    assert_eq!(text(&reply), ("application/json", &*want));
    // With two secrets, the one that the request was signed with.
    let two = Ask { secrets: &["new", SECRET], ..Ask::signed("zoom", SECRET, body) };
    assert_eq!(text(&two.reply()).1, want);
    assert_eq!(Ask::post("zoom", body).answer(), Err("missing_signature"));
    for token in ["", "a b", "{\\\"event\\\":1}", "v0:1700000000:x", &"a".repeat(129), "é"] {
        let body = body.replace("qgg8vlvZRS6UYooatFL8Aw", token);
        assert_eq!(
            Ask::signed("zoom", SECRET, &body).answer(),
            Err("invalid_handshake"),
            "{token}"
        );
    }
}

#[test]
fn x_has_its_token_signed_and_nothing_else() {
    let url = "https://example.com/in?crc_token=MDk3ZDE1_-&nonce=1";
    let tag = base64ct::Base64::encode_string(&hmac(SECRET, b"MDk3ZDE1_-"));
    let want = format!(r#"{{"response_token":"sha256={tag}"}}"#);
    assert_eq!(text(&Ask::get("x", url).reply()), ("application/json", &*want));
    // The current secret stands first.
    assert_eq!(text(&Ask { secrets: &[SECRET, "old"], ..Ask::get("x", url) }.reply()).1, want);
    assert_eq!(Ask { secrets: &[], ..Ask::get("x", url) }.answer(), Err("no_secret"));
    assert_eq!(Ask::get("x", "/in").answer(), Ok(None));
    assert_eq!(Ask { method: "POST", ..Ask::get("x", url) }.answer(), Ok(None));
    let long = format!("/in?crc_token={}", "a".repeat(129));
    for url in [
        "/in?crc_token=",
        "/in?crc_token=%7B%22id%22%3A1%7D",
        "/in?crc_token=a+b",
        "/in?crc_token=a&crc_token=a",
        "/in?crc_token=%ff",
        &long,
    ] {
        assert_eq!(Ask::get("x", url).answer(), Err("invalid_handshake"), "{url}");
    }
}

#[test]
fn meta_is_asked_for_its_verify_token() {
    let open = Opening { verify_token: Some("meatyhamhock"), takes_secret: false };
    let url = "/in?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
    let ask = Ask { opening: open, ..Ask::get("meta", url) };
    assert_eq!(text(&ask.reply()), ("text/plain", "1158201444"));
    // No secret is needed for it, and none is used.
    assert_eq!(text(&Ask { secrets: &[], ..ask }.reply()).1, "1158201444");
    assert_eq!(Ask::get("meta", url).answer(), Err("invalid_handshake"), "none is configured");
    let empty = Opening { verify_token: Some(""), takes_secret: false };
    let nothing = "/in?hub.mode=subscribe&hub.challenge=1&hub.verify_token=";
    assert_eq!(
        Ask { opening: empty, ..Ask::get("meta", nothing) }.answer(),
        Err("invalid_handshake")
    );
    for url in [
        "/in?hub.mode=subscribe&hub.challenge=1&hub.verify_token=meatyhamhocks",
        "/in?hub.mode=subscribe&hub.challenge=1&hub.verify_token=meatyhamhoc",
        "/in?hub.mode=subscribe&hub.challenge=1&hub.verify_token=Meatyhamhock",
        "/in?hub.challenge=1&hub.verify_token=meatyhamhock",
        "/in?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=meatyhamhock",
        "/in?hub.mode=subscribe&hub.verify_token=meatyhamhock",
        "/in?hub.mode=subscribe&hub.challenge=a%20b&hub.verify_token=meatyhamhock",
        "/in?hub.mode=subscribe&hub.challenge=1&hub.verify_token=x&hub.verify_token=meatyhamhock",
    ] {
        assert_eq!(
            Ask { opening: open, ..Ask::get("meta", url) }.answer(),
            Err("invalid_handshake"),
            "{url}"
        );
    }
    assert_eq!(Ask { opening: open, ..Ask::get("meta", "/in?hub.challenge=1") }.answer(), Ok(None));
}

#[test]
fn dropbox_has_its_challenge_echoed() {
    let reply = Ask::get("dropbox", "/in?challenge=dGVzdA_-%2B%2F").reply();
    assert_eq!(text(&reply), ("text/plain", "dGVzdA_-+/"));
    assert_eq!(Ask::get("dropbox", "/in").answer(), Ok(None));
    assert_eq!(Ask::get("dropbox", "/in?challenge=%0d%0aX").answer(), Err("invalid_handshake"));
}

#[test]
fn xero_is_told_whether_its_signature_was_right() {
    let body = r#"{"events": [ ],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}"#;
    assert_eq!(text(&Ask::signed("xero", SECRET, body).reply()), ("text/plain", ""));
    assert_eq!(Ask::signed("xero", "another", body).answer(), Err("signature_mismatch"));
    let events = r#"{"events":[{"resourceId":"r1"}]}"#;
    assert_eq!(Ask::signed("xero", SECRET, events).answer(), Ok(None));
}

#[test]
fn woocommerce_pings_are_no_events() {
    assert_eq!(text(&Ask::post("woocommerce", "webhook_id=12").reply()), ("text/plain", ""));
    for body in ["webhook_id=", "webhook_id=12&x=1", "webhook_id=1a", "", "{}"] {
        assert_eq!(Ask::post("woocommerce", body).answer(), Ok(None), "{body}");
    }
    assert_eq!(Ask::signed("woocommerce", SECRET, "webhook_id=12").answer(), Ok(None));
}

#[test]
fn asana_and_notion_bring_a_secret_once_to_whom_waits_for_it() {
    let open = Opening { verify_token: None, takes_secret: true };
    let token = r#"{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}"#;
    let secret = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";
    let hook = vec![("x-hook-secret".to_string(), secret.to_string())];
    let asana =
        || Ask { secrets: &[], opening: open, headers: hook.clone(), ..Ask::post("asana", "") };
    let notion = || Ask { secrets: &[], opening: open, ..Ask::post("notion", token) };

    let reply = asana().reply();
    assert_eq!(reply.header, Some(("X-Hook-Secret", secret.to_string())));
    assert_eq!((reply.secret.as_deref(), &*reply.body), (Some(secret), ""));
    let reply = notion().reply();
    assert_eq!((reply.header, reply.secret.as_deref(), &*reply.body), (None, Some(secret), ""));

    for (closed, never_twice) in [
        (Ask { opening: Opening::default(), ..asana() }, Ask { secrets: &[SECRET], ..asana() }),
        (Ask { opening: Opening::default(), ..notion() }, Ask { secrets: &[SECRET], ..notion() }),
    ] {
        assert_eq!(closed.answer(), Err("handshake_closed"));
        assert_eq!(never_twice.answer(), Err("handshake_closed"));
    }
    for bad in ["", "a b", "a\n", "é", &"s".repeat(513)] {
        let headers = vec![("X-Hook-Secret".to_string(), bad.to_string())];
        assert_eq!(Ask { headers, ..asana() }.answer(), Err("invalid_handshake"), "{bad:?}");
    }
    let twice = [hook.clone(), hook.clone()].concat();
    assert_eq!(Ask { headers: twice, ..asana() }.answer(), Err("invalid_handshake"));
    // A delivery stays a delivery, whatever else its headers hold.
    let mut both = headers("asana", SECRET, "{}");
    both.extend(hook.clone());
    assert_eq!(Ask { headers: both, ..asana() }.answer(), Ok(None));

    // Notion signs with the token that it brings; another signature means that something is wrong.
    assert!(Ask { headers: headers("notion", secret, token), ..notion() }.answer().is_ok());
    let other = Ask { headers: headers("notion", "secret_other", token), ..notion() };
    assert_eq!(other.answer(), Err("signature_mismatch"));
    assert_eq!(Ask { secrets: &[], opening: open, ..Ask::post("notion", "{}") }.answer(), Ok(None));
}

/// What an unsigned request can have signed is no delivery of anybody's: whatever comes back under
/// HMAC, put under every header in which the provider sends a tag.
#[test]
fn no_delivery_is_forged_by_way_of_a_handshake() {
    let mut answered = 0;
    for row in providers() {
        // Whoever signs with bytes of its own would be refused as a secret.
        let Ok(secret) = Secret::parse(row, SECRET) else { continue };
        let secrets = [secret];
        for token in ["true", "1700000000", "null", "MDk3ZDE1", "a", "-"] {
            let url = format!("/in?crc_token={token}&challenge={token}&hub.challenge={token}");
            for (method, body) in [("GET", ""), ("POST", token)] {
                let delivery = Delivery::new(&[] as &[(&str, &str); 0], body.as_bytes());
                let opening = Opening { verify_token: None, takes_secret: true };
                let reply =
                    handshake(row, &secrets, method, &url, &delivery, opening, &row.policy(), NOW);
                let Ok(Some(reply)) = reply else { continue };
                let tag = reply.body.split('"').find_map(|part| part.strip_prefix("sha256="));
                let Some(tag) = tag else { continue };
                answered += 1;
                let forged = [(row.scheme.headers.signature, format!("sha256={tag}"))];
                let delivery = Delivery::new(&forged, token.as_bytes());
                let error = verify(row, &secrets, &delivery, &row.policy(), NOW).unwrap_err();
                assert_eq!(error.code(), "malformed_envelope", "{} {token}", row.id);
            }
        }
    }
    assert!(answered >= 6, "{answered}");
}

fn hmac(key: &str, message: &[u8]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}
