//! Secrets at rest: XChaCha20-Poly1305 under a key derived from the master key, a fresh nonce per
//! write, and the owner's id and the field's name bound as associated data, so that a value moved
//! to another object or field does not open.

use base64ct::{Base64, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Says under which master key a value was sealed. There is one so far; a later one gets the
/// next number, and both can then be opened.
const KEY_ID: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and opens secrets under one master key.
pub(crate) struct Seal(XChaCha20Poly1305);

/// Why a sealed value could not be made or opened. Says nothing about the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealError {
    /// No randomness, or the cipher refused: nothing was sealed.
    NotSealed,
    /// Damaged, moved from another object or field, or sealed under another master key.
    NotOpened,
}

impl Seal {
    /// A seal under `key`, 32 bytes derived from the master key for this purpose alone.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// `plain` as base64 of key id, nonce, ciphertext and tag.
    pub(crate) fn seal(&self, owner: &str, field: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NotSealed)?;
        let aad = associated_data(owner, field);
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .map_err(|_| SealError::NotSealed)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(KEY_ID);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(Base64::encode_string(&out))
    }

    /// What [`Seal::seal`] was given, if `sealed` was made for the same owner and field.
    pub(crate) fn open(
        &self,
        owner: &str,
        field: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let bytes = Base64::decode_vec(sealed).map_err(|_| SealError::NotOpened)?;
        let (key_id, rest) = bytes.split_first().ok_or(SealError::NotOpened)?;
        if *key_id != KEY_ID {
            return Err(SealError::NotOpened);
        }
        let (nonce, sealed) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::NotOpened)?;
        let aad = associated_data(owner, field);
        self.0
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| SealError::NotOpened)
    }

    /// [`Seal::open`] for a secret that is text.
    pub(crate) fn open_text(
        &self,
        owner: &str,
        field: &str,
        sealed: &str,
    ) -> Result<Zeroizing<String>, SealError> {
        let plain = self.open(owner, field, sealed)?;
        let text = core::str::from_utf8(&plain).map_err(|_| SealError::NotOpened)?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

/// Owner and field, each with its length before it, so that no two pairs read the same.
fn associated_data(owner: &str, field: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + owner.len() + field.len());
    for part in [owner, field] {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_where_it_was_sealed() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.seal("src_1", "secret", b"whsec_x").unwrap();
        assert_eq!(seal.open("src_1", "secret", &sealed).unwrap().as_slice(), b"whsec_x");
        assert_eq!(seal.open("src_2", "secret", &sealed), Err(SealError::NotOpened));
        assert_eq!(seal.open("src_1", "url", &sealed), Err(SealError::NotOpened));
        assert_eq!(seal.open("src_1s", "ecret", &sealed), Err(SealError::NotOpened));
        assert_eq!(Seal::new(&[8; 32]).open("src_1", "secret", &sealed), Err(SealError::NotOpened));
    }

    #[test]
    fn every_write_has_its_own_nonce() {
        let seal = Seal::new(&[7; 32]);
        let (one, two) = (seal.seal("a", "b", b"x").unwrap(), seal.seal("a", "b", b"x").unwrap());
        assert_ne!(one, two);
    }

    #[test]
    fn damage_is_noticed_and_never_panics() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.seal("a", "b", b"a secret").unwrap();
        let bytes = Base64::decode_vec(&sealed).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let text = Base64::encode_string(&damaged);
            assert_eq!(seal.open("a", "b", &text), Err(SealError::NotOpened), "byte {at}");
            let text = Base64::encode_string(&bytes[..at]);
            assert_eq!(seal.open("a", "b", &text), Err(SealError::NotOpened), "cut at {at}");
        }
        assert_eq!(seal.open("a", "b", "%%%"), Err(SealError::NotOpened));
    }
}
