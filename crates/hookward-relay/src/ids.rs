//! Ids: a prefix that says what is named, then lower-case hex of a fixed length.
//!
//! One spelling an id: upper case, other lengths and white space are refused, so that ids can be
//! compared and used as keys as text.

use core::fmt;
use core::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// It does not start with the prefix of the kind wanted.
    Prefix {
        /// The prefix wanted, such as `src_`.
        expected: &'static str,
    },
    /// What follows the prefix is not lower-case hex of the right length.
    Malformed {
        /// How many hex digits follow the prefix.
        digits: usize,
    },
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix { expected } => write!(f, "an id that starts with {expected} is wanted"),
            Self::Malformed { digits } => {
                write!(f, "{digits} lower-case hex digits are wanted after the prefix")
            }
        }
    }
}

impl core::error::Error for IdError {}

fn decode<const N: usize>(text: &str, prefix: &'static str) -> Result<[u8; N], IdError> {
    let digits = text.strip_prefix(prefix).ok_or(IdError::Prefix { expected: prefix })?;
    let malformed = IdError::Malformed { digits: N * 2 };
    if digits.len() != N * 2 || digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(malformed);
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| malformed)?;
    Ok(bytes)
}

macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $len:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// The prefix of such ids.
            pub const PREFIX: &'static str = $prefix;
            /// The length of such ids as text.
            pub const TEXT_BYTES: usize = $prefix.len() + 2 * $len;

            /// Parses an id in its one spelling.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                decode(text, $prefix).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; 2 * $len];
                hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
                f.write_str($prefix)?;
                f.write_str(core::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// A source: `src_` and 40 hex digits: 12 random bytes and 8 bytes of HMAC-SHA256 over them.
    ///
    /// The id is part of the ingest URL, which is a secret. The tag lets the gateway refuse an
    /// invented id without looking it up.
    SourceId, "src_", 20
}

id! {
    /// A destination: `dst_` and 32 hex digits: 6 bytes of Unix milliseconds, 10 random bytes.
    /// Ids sort by the time they were made.
    DestinationId, "dst_", 16
}

id! {
    /// A delivery: `dlv_` and 32 hex digits: 6 bytes of Unix milliseconds, 10 random bytes.
    /// Ids sort by the time they were made. It is also the delivery's `webhook-id`.
    DeliveryId, "dlv_", 16
}

id! {
    /// A replay of many deliveries: `rpl_` and 32 hex digits: 6 bytes of Unix milliseconds, 10 random
    /// bytes. Ids sort by the time they were made.
    ReplayId, "rpl_", 16
}

const SOURCE_RANDOM_BYTES: usize = 12;

/// Keeps this use of the key apart from every other.
const SOURCE_DOMAIN: &[u8] = b"hookward source id v1\0";

impl SourceId {
    /// Makes an id from 12 random bytes, tagged under the Worker's key for source ids.
    pub fn mint(key: &[u8; 32], random: [u8; SOURCE_RANDOM_BYTES]) -> Self {
        let mut bytes = [0; 20];
        let tag = source_tag(key, &random);
        let parts = random.iter().chain(&tag);
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }

    /// Whether the id was minted under `key`. Constant-time.
    pub fn is_authentic(&self, key: &[u8; 32]) -> bool {
        let (random, tag) = self.0.split_at(SOURCE_RANDOM_BYTES);
        bool::from(source_tag(key, random).ct_eq(tag))
    }
}

fn source_tag(key: &[u8; 32], random: &[u8]) -> [u8; 8] {
    // HMAC's own way with a key shorter than its block: zeros behind it.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(SOURCE_DOMAIN);
    mac.update(random);
    let mut tag = [0; 8];
    tag.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
    tag
}

fn timed(now_ms: u64, random: [u8; 10]) -> [u8; 16] {
    let mut bytes = [0; 16];
    // The upper two bytes of the time are zero until the year 10889.
    let parts = now_ms.to_be_bytes().into_iter().skip(2).chain(random);
    bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    bytes
}

impl DestinationId {
    /// Makes an id from the time and 10 random bytes.
    pub fn new(now_ms: u64, random: [u8; 10]) -> Self {
        Self(timed(now_ms, random))
    }
}

impl ReplayId {
    /// Makes an id from the time and 10 random bytes.
    pub fn new(now_ms: u64, random: [u8; 10]) -> Self {
        Self(timed(now_ms, random))
    }
}

impl DeliveryId {
    /// Makes an id from the time and 10 random bytes.
    pub fn new(now_ms: u64, random: [u8; 10]) -> Self {
        Self(timed(now_ms, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    #[test]
    fn a_minted_source_is_authentic_under_its_key_only() {
        let id = SourceId::mint(&KEY, [1; 12]);
        assert!(id.is_authentic(&KEY));
        assert!(!id.is_authentic(&[8; 32]));
        assert_eq!(id.to_string().len(), SourceId::TEXT_BYTES);
        assert_eq!(SourceId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn every_changed_bit_of_a_source_is_noticed() {
        let id = SourceId::mint(&KEY, *b"twelve bytes");
        for byte in 0..20 {
            for bit in 0..8 {
                let mut other = id;
                other.0[byte] ^= 1 << bit;
                assert!(!other.is_authentic(&KEY), "byte {byte} bit {bit}");
            }
        }
    }

    #[test]
    fn the_tag_is_hmac_sha256_over_domain_and_random() {
        // printf 'hookward source id v1\0twelve bytes' | openssl dgst -sha256 -mac HMAC \
        //   -macopt hexkey:0707…07
        let id = SourceId::mint(&KEY, *b"twelve bytes");
        assert_eq!(id.to_string(), "src_7477656c76652062797465732a62ff6b27dfe5e9");
    }

    #[test]
    fn other_spellings_are_refused() {
        let good = DestinationId::new(1, [0xab; 10]).to_string();
        assert!(DestinationId::parse(&good).is_ok());
        let bad = [
            String::new(),
            "dst_".into(),
            good.to_uppercase(),
            good.replace('a', "A"),
            good.replace("dst_", "dlv_"),
            good.replace("dst_", "DST_"),
            good.replace('a', "g"),
            format!("{good}0"),
            format!("{good} "),
            format!(" {good}"),
            good[..good.len() - 1].into(),
            good[4..].into(),
            format!("dst_{}", "é".repeat(16)),
            "dst_".repeat(100_000),
        ];
        for text in bad {
            assert!(DestinationId::parse(&text).is_err(), "{text:.80}");
        }
    }

    #[test]
    fn ids_sort_by_time_as_text_too() {
        let mut ids: Vec<_> = [1_u64, 255, 256, 1_700_000_000_000, 1_700_000_000_001]
            .into_iter()
            .zip([9_u8, 8, 7, 6, 5])
            .map(|(ms, random)| DeliveryId::new(ms, [random; 10]).to_string())
            .collect();
        let made = ids.clone();
        ids.sort();
        assert_eq!(ids, made);
    }

    #[test]
    fn serde_is_the_text() {
        let id = DeliveryId::new(1_700_000_000_000, [3; 10]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<DeliveryId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<DestinationId>(&json).is_err());
        assert!(serde_json::from_str::<DeliveryId>("\"dlv_1\"").is_err());
    }
}
