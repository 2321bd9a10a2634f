//! Secrets: parsed once, kept as keyed HMAC states, redacted, wiped when dropped.

use core::fmt;

use zeroize::Zeroizing;

use crate::catalog::Provider;
use crate::cut::copy;
use crate::encoding::{decode_base64, decode_hex};
use crate::error::Error;
use crate::limits::SECRET_BYTES;
use crate::sha256::{BLOCK_BYTES, Begun, HASH_BYTES, Sha256};

/// What comes along when a secret is copied from a page or a file, and belongs to no secret: all white
/// space but form feeds and vertical tabs, and the characters of no width.
fn is_pasted(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200d}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202f}'
                | '\u{205f}'
                | '\u{2060}'
                | '\u{3000}'
                | '\u{feff}'
    )
}

/// How a provider's secret text becomes the HMAC key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm<'s> {
    /// The text's UTF-8 bytes, prefix and all.
    Text,
    /// Hex digits.
    Hex,
    /// Base64 (standard alphabet, padding optional) after this prefix, which may be left out.
    Base64 {
        /// What stands before the base64, such as `whsec_`.
        prefix: &'s str,
    },
}

impl KeyForm<'_> {
    /// The key that `text` stands for.
    fn key<'b>(
        self,
        text: &'b str,
        buffer: &'b mut [u8; SECRET_BYTES],
    ) -> Result<&'b [u8], &'static str> {
        if text.len() > SECRET_BYTES {
            return Err("is over 512 bytes long");
        }
        let mut ends = [None; 2];
        for c in text.chars() {
            ends = [ends[0].or(Some(c)), Some(c)];
        }
        if ends.into_iter().flatten().any(is_pasted) {
            return Err("begins or ends with white space");
        }
        match self {
            Self::Text => Ok(text.as_bytes()),
            Self::Hex => {
                let key = buffer.get_mut(..text.len() / 2).unwrap_or_default();
                match decode_hex(text.as_bytes(), key) {
                    Some(()) => Ok(key),
                    None => Err("is not hex, as this provider writes its secrets"),
                }
            }
            Self::Base64 { prefix } => {
                let encoded = text.strip_prefix(prefix).unwrap_or(text);
                match decode_base64(encoded.as_bytes(), buffer) {
                    Some([]) => Err("holds no key after its prefix"),
                    Some(key) => Ok(key),
                    None => Err("is not base64, as this provider writes its secrets"),
                }
            }
        }
    }
}

/// A signing secret.
///
/// Holds the HMAC-SHA256 state after the key, so that the key is hashed once and not for every
/// delivery. There is no way to get the secret out again, and no copy of it by accident: the type is
/// not `Clone`. `Debug` shows nothing of it, and dropping it wipes its own memory.
///
/// HMAC is written out here (RFC 2104), since a host with a faster hash needs its two halves apart; the
/// tests hold it to the `hmac` crate, to RFC 4231 and to Project Wycheproof.
pub struct Secret {
    /// The key as the inner hash's first block: filled up with zeros, each byte xor 0x36.
    inner_block: Zeroizing<[u8; BLOCK_BYTES]>,
    /// The inner hash after it.
    inner: Begun,
    /// The outer hash after the key as its block, each byte xor 0x5c.
    outer: Begun,
}

impl Secret {
    /// Reads a secret as `provider` writes it.
    ///
    /// # Errors
    /// [`Error::NoSecret`] if it is empty; [`Error::MalformedSecret`] if it is not of the provider's
    /// form, has white space around it, or is over [`SECRET_BYTES`].
    pub fn parse(provider: &Provider<'_>, text: &str) -> Result<Self, Error<'static>> {
        Self::from_form(provider.scheme.key, text)
    }

    pub(crate) fn from_form(form: KeyForm<'_>, text: &str) -> Result<Self, Error<'static>> {
        if text.is_empty() {
            return Err(Error::NoSecret);
        }
        let mut buffer = Zeroizing::new([0; SECRET_BYTES]);
        match form.key(text, &mut buffer) {
            Ok(key) => Ok(Self::from_key(key)),
            Err(fault) => Err(Error::MalformedSecret { fault }),
        }
    }

    /// A secret from the key's own bytes.
    fn from_key(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
        // A key longer than a block is hashed first.
        let hashed;
        let short = if key.len() > BLOCK_BYTES {
            hashed = Zeroizing::new(Sha256::digest(key));
            &hashed[..]
        } else {
            key
        };
        copy(&mut *block, short);
        block.iter_mut().for_each(|byte| *byte ^= 0x5c);
        let outer = Begun::new(&block);
        block.iter_mut().for_each(|byte| *byte ^= 0x5c ^ 0x36);
        Self { inner: Begun::new(&block), inner_block: block, outer }
    }

    /// The HMAC-SHA256 tag over `parts`, one after the other.
    pub fn tag<'p>(&self, parts: impl Iterator<Item = &'p [u8]>) -> [u8; HASH_BYTES] {
        let mut inner = self.inner.hash();
        for part in parts {
            inner.update(part);
        }
        self.tag_of_inner(&inner.finish())
    }

    /// What stands before the content in HMAC's inner hash: for callers with a SHA-256 of their own,
    /// see [`Secret::tag_of_inner`]. As secret as the key.
    pub fn inner_block(&self) -> &[u8; 64] {
        &self.inner_block
    }

    /// The HMAC-SHA256 tag, given the SHA-256 over [`Secret::inner_block`] and the content.
    pub fn tag_of_inner(&self, inner: &[u8; HASH_BYTES]) -> [u8; HASH_BYTES] {
        let mut outer = self.outer.hash();
        outer.update(inner);
        outer.finish()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{format, string::String};

    const BASE64: KeyForm<'_> = KeyForm::Base64 { prefix: "whsec_" };

    fn hex_tag(secret: &Secret, message: &[u8]) -> String {
        hex::encode(secret.tag([message].into_iter()))
    }

    /// RFC 4231, test cases 1 to 4, 6 and 7: keys shorter and longer than a block.
    #[test]
    fn rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 6] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
                &[0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, tag) in cases {
            let secret = Secret::from_key(key);
            assert_eq!(hex_tag(&secret, message), tag);
            let inner = Sha256::digest(&[&secret.inner_block()[..], message].concat());
            assert_eq!(hex::encode(secret.tag_of_inner(&inner)), tag);
        }
    }

    /// Keys and messages of every length around a block, held to another implementation.
    #[test]
    fn tags_are_those_of_the_hmac_crate() {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        for length in [0, 1, 31, 32, 55, 56, 63, 64, 65, 127, 128, 129, 512] {
            let key: std::vec::Vec<u8> = (0..=255).cycle().skip(1).take(length).collect();
            let message = std::vec![0xa5; length];
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
            mac.update(&message);
            let want: [u8; 32] = mac.finalize().into_bytes().into();
            assert_eq!(Secret::from_key(&key).tag([&message[..]].into_iter()), want, "{length}");
        }
    }

    #[test]
    fn a_text_secret_is_its_bytes_prefix_and_all() {
        let secret = Secret::from_form(KeyForm::Text, "whsec_Jefe").unwrap();
        assert_eq!(hex_tag(&secret, b"x"), hex_tag(&Secret::from_key(b"whsec_Jefe"), b"x"));
    }

    #[test]
    fn base64_secrets_with_and_without_prefix_and_padding() {
        let want = hex_tag(&Secret::from_key(b"Jefe"), b"x");
        for text in ["whsec_SmVmZQ==", "whsec_SmVmZQ", "SmVmZQ==", "SmVmZQ"] {
            let secret = Secret::from_form(BASE64, text).unwrap();
            assert_eq!(hex_tag(&secret, b"x"), want, "{text}");
        }
    }

    #[test]
    fn hex_secrets_in_either_case() {
        let want = hex_tag(&Secret::from_key(b"Jefe"), b"x");
        for text in ["4a656665", "4A656665"] {
            assert_eq!(hex_tag(&Secret::from_form(KeyForm::Hex, text).unwrap(), b"x"), want);
        }
    }

    #[test]
    fn refusals_say_what_is_wrong_and_never_the_secret() {
        let long = "A".repeat(513);
        for (form, text, code) in [
            (KeyForm::Text, "", "no_secret"),
            (BASE64, "", "no_secret"),
            (KeyForm::Text, " hunter2", "malformed_secret"),
            (KeyForm::Text, "hunter2\n", "malformed_secret"),
            (KeyForm::Text, &long, "malformed_secret"),
            (BASE64, &long, "malformed_secret"),
            (BASE64, "whsec_", "malformed_secret"),
            (BASE64, "whsec_====", "malformed_secret"),
            (BASE64, "whsec_hunter2!", "malformed_secret"),
            (BASE64, "whsec_SmVmZQ=", "malformed_secret"),
            (BASE64, "whsec_Sm VmZQ==", "malformed_secret"),
            (BASE64, "whsec_a-_b", "malformed_secret"),
            (KeyForm::Hex, "4a65666", "malformed_secret"),
            (KeyForm::Hex, "4a65666g", "malformed_secret"),
        ] {
            let error = Secret::from_form(form, text).unwrap_err();
            assert_eq!(error.code(), code, "{text:?}");
            if !text.is_empty() {
                assert!(!format!("{error} {error:?}").contains(text));
            }
        }
    }

    /// White space as Unicode has it, and what has no width.
    #[test]
    fn all_white_space_is_pasted() {
        for c in '\0'..=char::MAX {
            let is_bare = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
            let is_space = c.is_whitespace() && !matches!(c, '\u{b}' | '\u{c}');
            assert_eq!(is_pasted(c), is_space || is_bare, "{c:?}");
        }
    }

    #[test]
    fn pasted_space_is_told_and_the_longest_secret_is_taken() {
        let pasted =
            [' ', '\t', '\r', '\n', '\u{a0}', '\u{200b}', '\u{2003}', '\u{2060}', '\u{feff}'];
        for c in pasted {
            for text in [format!("{c}hunter2"), format!("hunter2{c}")] {
                let code = Secret::from_form(KeyForm::Text, &text).unwrap_err().code();
                assert_eq!(code, "malformed_secret", "{c:?}");
            }
        }
        assert!(Secret::from_form(KeyForm::Text, "hunter 2").is_ok());
        assert!(Secret::from_form(KeyForm::Text, &"A".repeat(512)).is_ok());
        assert!(Secret::from_form(BASE64, &"A".repeat(512)).is_ok());
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::from_form(KeyForm::Text, "hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
