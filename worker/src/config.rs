//! What the environment says, parsed once per isolate.

use std::cell::OnceCell;
use std::rc::Rc;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use hookward_relay::dedupe::MarkMode;
use js_sys::Reflect;
use sha2::{Digest, Sha256};
use wasm_bindgen::JsValue;
use worker::{Env, ObjectNamespace};

use crate::sealed::{Key, Seal};

/// Tokens of one kind: each is compared with at every call. Two are enough to change one for another.
const ADMIN_TOKENS: usize = 8;

/// Shorter admin tokens than this leave the admin API closed.
const ADMIN_TOKEN_BYTES_MIN: usize = 32;

/// Everything the gateway reads from its environment.
pub(crate) struct Config {
    /// SHA-256 of each token that may do everything.
    pub(crate) admin_tokens: Vec<[u8; 32]>,
    /// SHA-256 of each token that may read. Without any token `/v1` is closed.
    pub(crate) read_tokens: Vec<[u8; 32]>,
    /// `None` without a usable master key: then nothing but `/healthz` works.
    pub(crate) keys: Option<Keys>,
    /// Destinations on this machine over plain http are allowed. For development only.
    pub(crate) allow_loopback: bool,
    pub(crate) kv_mark: MarkMode,
    /// The hint store; `None` when the binding is missing, which costs speed and nothing else.
    pub(crate) dedupe: Option<JsValue>,
    pub(crate) registry: Option<ObjectNamespace>,
    pub(crate) queues: Option<ObjectNamespace>,
}

/// The keys derived from the master keys, one per purpose.
pub(crate) struct Keys {
    /// For secrets at rest.
    pub(crate) seal: Seal,
    /// For the tag inside source ids.
    pub(crate) source_ids: [u8; 32],
}

/// Master keys: the current one, and those before it whose values are not all sealed anew.
const MASTER_KEYS: usize = 4;

thread_local! {
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// The configuration of this isolate. The environment cannot change during its life.
pub(crate) fn of(env: &Env) -> Rc<Config> {
    CONFIG.with(|cell| Rc::clone(cell.get_or_init(|| Rc::new(Config::read(env)))))
}

impl Config {
    fn read(env: &Env) -> Self {
        let text = |name: &str| env.var(name).ok().map(|value| value.to_string());
        Self {
            admin_tokens: text("HOOKWARD_ADMIN_TOKEN")
                .map_or_else(Vec::new, |it| token_hashes(&it)),
            read_tokens: text("HOOKWARD_READ_TOKEN").map_or_else(Vec::new, |it| token_hashes(&it)),
            keys: text("HOOKWARD_MASTER_KEY")
                .and_then(|keys| Keys::derive(&keys, text("HOOKWARD_SOURCE_KEY").as_deref())),
            allow_loopback: text("HOOKWARD_ALLOW_LOOPBACK").is_some_and(|v| v == "true"),
            kv_mark: text("HOOKWARD_KV_MARK")
                .and_then(|mode| MarkMode::parse(&mode))
                .unwrap_or(MarkMode::Always),
            dedupe: Reflect::get(env, &"HOOKWARD_DEDUPE".into()).ok().filter(JsValue::is_object),
            registry: env.durable_object("REGISTRY").ok(),
            queues: env.durable_object("QUEUE").ok(),
        }
    }
}

impl Keys {
    /// From the master keys, each base64 of exactly 32 bytes, the current one first, with white
    /// space between them; and the key of source ids, where that is one of its own. None of them may
    /// be anything else. Of several master keys none says which one the ids hang on: then the key of
    /// source ids must be there, or every ingest URL might be taken for an invented one.
    fn derive(masters: &str, source_ids: Option<&str>) -> Option<Self> {
        let masters: Vec<_> = masters.split_whitespace().map(key).collect::<Option<_>>()?;
        if masters.len() > MASTER_KEYS {
            return None;
        }
        let mut keys = masters.iter().map(|master| {
            let seal = subkey(master, b"hookward seal v1")?;
            Some(Key::new(&seal, &subkey(master, b"hookward key id v1")?))
        });
        let seal = Seal::new(keys.next()??, keys.collect::<Option<_>>()?);
        Some(Self {
            seal,
            source_ids: match (source_ids, masters.as_slice()) {
                (Some(text), _) => key(text.trim())?,
                (None, [master]) => subkey(master, b"hookward source id v1")?,
                (None, _) => return None,
            },
        })
    }
}

/// From base64 of exactly 32 bytes.
fn key(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    (Base64::decode(text, &mut bytes).ok()?.len() == bytes.len()).then_some(bytes)
}

/// A key for one purpose, so that no two purposes ever share one.
fn subkey(master: &[u8; 32], purpose: &[u8]) -> Option<[u8; 32]> {
    let mac = Hmac::<Sha256>::new_from_slice(master).ok()?;
    Some(mac.chain_update(purpose).finalize().into_bytes().into())
}

/// The tokens between the white space of `text`; one that is too short is none.
fn token_hashes(text: &str) -> Vec<[u8; 32]> {
    let tokens = text.split_whitespace().filter(|token| token.len() >= ADMIN_TOKEN_BYTES_MIN);
    tokens.take(ADMIN_TOKENS).map(|token| Sha256::digest(token).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookward_relay::ids::SourceId;

    #[test]
    fn a_short_token_keeps_the_api_closed() {
        assert!(token_hashes(&"x".repeat(31)).is_empty());
        assert!(token_hashes(&format!("{0} {0}", "x".repeat(31))).is_empty());
        assert_eq!(token_hashes(&"x".repeat(32)).len(), 1);
    }

    #[test]
    fn there_may_be_several_tokens() {
        let (one, two) = ("x".repeat(32), "y".repeat(40));
        let hash = |token: &str| <[u8; 32]>::from(Sha256::digest(token));
        assert_eq!(token_hashes(&format!(" {one}\n{two} short")), [hash(&one), hash(&two)]);
        assert_eq!(token_hashes(&format!("{one} ").repeat(9)).len(), ADMIN_TOKENS);
    }

    fn text(byte: u8) -> String {
        Base64::encode_string(&[byte; 32])
    }

    fn keys(masters: &[u8], source_ids: Option<u8>) -> Keys {
        let masters: Vec<String> = masters.iter().map(|byte| text(*byte)).collect();
        Keys::derive(&masters.join(" "), source_ids.map(text).as_deref()).unwrap()
    }

    #[test]
    fn a_master_key_is_32_bytes() {
        assert!(Keys::derive(&text(3), None).is_some());
        for bad in [&[3; 31][..], &[3; 33], &[]] {
            let bad = Base64::encode_string(bad);
            assert!(Keys::derive(&bad, None).is_none());
            assert!(Keys::derive(&format!("{} {bad}x", text(3)), None).is_none());
            assert!(Keys::derive(&text(3), Some(&bad)).is_none());
        }
        assert!(Keys::derive("not base64", None).is_none());
        assert!(Keys::derive(&[text(1).as_str(); 5].join(" "), None).is_none());
    }

    #[test]
    fn another_master_key_is_another_world() {
        let id = SourceId::mint(&keys(&[1], None).source_ids, [5; 12]);
        assert!(id.is_authentic(&keys(&[1], None).source_ids));
        assert!(!id.is_authentic(&keys(&[2], None).source_ids));
        let sealed = keys(&[1], None).seal.seal("a", "b", b"c").unwrap();
        assert!(keys(&[1], None).seal.open("a", "b", &sealed).is_ok());
        assert!(keys(&[2], None).seal.open("a", "b", &sealed).is_err());
        assert!(keys(&[2, 1], Some(9)).seal.open("a", "b", &sealed).is_ok());
    }

    #[test]
    fn source_ids_outlive_a_master_key() {
        let derived = keys(&[1], None).source_ids;
        let id = SourceId::mint(&derived, [5; 12]);
        let own = Base64::encode_string(&derived);
        for masters in [&[1][..], &[1, 2], &[2, 1], &[2]] {
            let masters: Vec<String> = masters.iter().map(|byte| text(*byte)).collect();
            let keys = Keys::derive(&masters.join(" "), Some(&own)).unwrap();
            assert!(id.is_authentic(&keys.source_ids));
        }
        // Which of them the ids hang on, nobody can tell.
        assert!(Keys::derive(&format!("{} {}", text(2), text(1)), None).is_none());
    }
}
