//! Secrets at rest: XChaCha20-Poly1305 under a key derived from a master key, a fresh nonce per
//! write, and the owner's id and the field's name bound as associated data, so that a value moved
//! to another object or field does not open.
//!
//! A value says under which master key it was sealed. New ones are sealed under the first key; the
//! others still open what they sealed, so that one can be changed for another.

use base64ct::{Base64, Encoding};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// The first gateways had one master key, and wrote no key id.
const WITHOUT_KEY_ID: u8 = 1;

/// A key id of [`KEY_ID_BYTES`] follows.
const WITH_KEY_ID: u8 = 2;

const KEY_ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;

/// Seals under one master key, opens under several.
pub(crate) struct Seal {
    current: Key,
    previous: Vec<Key>,
}

/// What a master key is to sealed values.
pub(crate) struct Key {
    /// Derived from the master key; not secret.
    id: [u8; KEY_ID_BYTES],
    cipher: XChaCha20Poly1305,
}

impl Key {
    /// `key` and `id` are 32 bytes each, derived from the master key for these purposes alone.
    pub(crate) fn new(key: &[u8; 32], id: &[u8; 32]) -> Self {
        let mut short = [0; KEY_ID_BYTES];
        short.iter_mut().zip(id).for_each(|(to, from)| *to = *from);
        Self { id: short, cipher: XChaCha20Poly1305::new(key.into()) }
    }
}

/// Why a sealed value could not be made or opened. Says nothing about the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealError {
    /// No randomness, or the cipher refused: nothing was sealed.
    NotSealed,
    /// Damaged, moved from another object or field, or sealed under another master key.
    NotOpened,
}

impl Seal {
    /// Seals under `current`; opens what was sealed under that or one of `previous`.
    pub(crate) const fn new(current: Key, previous: Vec<Key>) -> Self {
        Self { current, previous }
    }

    /// `plain` as base64 of version, key id, nonce, ciphertext and tag.
    pub(crate) fn seal(&self, owner: &str, field: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NotSealed)?;
        let aad = associated_data(owner, field);
        let payload = Payload { msg: plain, aad: &aad };
        let sealed = self.current.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SealError::NotSealed)?;
        let mut out = Vec::with_capacity(1 + KEY_ID_BYTES + NONCE_BYTES + sealed.len());
        out.push(WITH_KEY_ID);
        out.extend_from_slice(&self.current.id);
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
        let (key_id, rest) = split(&bytes)?;
        let (nonce, sealed) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::NotOpened)?;
        let aad = associated_data(owner, field);
        let keys = std::iter::once(&self.current).chain(&self.previous);
        keys.filter(|key| key_id.is_none_or(|id| key.id == id))
            .find_map(|key| {
                let payload = Payload { msg: sealed, aad: &aad };
                key.cipher.decrypt(&XNonce::from(*nonce), payload).ok()
            })
            .map(Zeroizing::new)
            .ok_or(SealError::NotOpened)
    }

    /// The value sealed anew under the current key; `None` where it is sealed under that.
    pub(crate) fn renewed(
        &self,
        owner: &str,
        field: &str,
        sealed: &str,
    ) -> Result<Option<String>, SealError> {
        let bytes = Base64::decode_vec(sealed).map_err(|_| SealError::NotOpened)?;
        if split(&bytes)?.0 == Some(self.current.id) {
            return Ok(None);
        }
        let plain = self.open(owner, field, sealed)?;
        self.seal(owner, field, &plain).map(Some)
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

/// The key id, where there is one, and what follows it.
fn split(bytes: &[u8]) -> Result<(Option<[u8; KEY_ID_BYTES]>, &[u8]), SealError> {
    match bytes.split_first().ok_or(SealError::NotOpened)? {
        (&WITHOUT_KEY_ID, rest) => Ok((None, rest)),
        (&WITH_KEY_ID, rest) => {
            let (id, rest) = rest.split_first_chunk().ok_or(SealError::NotOpened)?;
            Ok((Some(*id), rest))
        }
        _ => Err(SealError::NotOpened),
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
pub(crate) mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&[byte; 32], &[byte; 32])
    }

    /// A seal under one key.
    pub(crate) fn seal(byte: u8) -> Seal {
        Seal::new(key(byte), Vec::new())
    }

    /// As the first gateways sealed.
    fn without_key_id(seal: &Seal, plain: &[u8]) -> String {
        let mut bytes = Base64::decode_vec(&seal.seal("a", "b", plain).unwrap()).unwrap();
        bytes.drain(1..=KEY_ID_BYTES);
        bytes[0] = WITHOUT_KEY_ID;
        Base64::encode_string(&bytes)
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let sealed = seal(7).seal("src_1", "secret", b"whsec_x").unwrap();
        assert_eq!(seal(7).open("src_1", "secret", &sealed).unwrap().as_slice(), b"whsec_x");
        assert_eq!(seal(7).open("src_2", "secret", &sealed), Err(SealError::NotOpened));
        assert_eq!(seal(7).open("src_1", "url", &sealed), Err(SealError::NotOpened));
        assert_eq!(seal(7).open("src_1s", "ecret", &sealed), Err(SealError::NotOpened));
        assert_eq!(seal(8).open("src_1", "secret", &sealed), Err(SealError::NotOpened));
    }

    #[test]
    fn a_key_can_be_changed_for_another() {
        let both = Seal::new(key(2), vec![key(1)]);
        for old in [seal(1).seal("a", "b", b"x").unwrap(), without_key_id(&seal(1), b"x")] {
            assert_eq!(both.open("a", "b", &old).unwrap().as_slice(), b"x");
            assert_eq!(seal(2).open("a", "b", &old), Err(SealError::NotOpened));
            let new = both.renewed("a", "b", &old).unwrap().unwrap();
            assert_eq!(seal(2).open("a", "b", &new).unwrap().as_slice(), b"x");
            assert_eq!(seal(1).open("a", "b", &new), Err(SealError::NotOpened));
            assert_eq!(both.renewed("a", "b", &new), Ok(None));
            assert_eq!(both.renewed("a", "c", &old), Err(SealError::NotOpened));
        }
    }

    #[test]
    fn what_has_no_key_id_is_given_one() {
        let old = without_key_id(&seal(1), b"x");
        let new = seal(1).renewed("a", "b", &old).unwrap().unwrap();
        assert_eq!(seal(1).open("a", "b", &new).unwrap().as_slice(), b"x");
        assert_eq!(seal(1).renewed("a", "b", &new), Ok(None));
    }

    #[test]
    fn every_write_has_its_own_nonce() {
        let (one, two) = (seal(7).seal("a", "b", b"x"), seal(7).seal("a", "b", b"x"));
        assert_ne!(one.unwrap(), two.unwrap());
    }

    #[test]
    fn damage_is_noticed_and_never_panics() {
        let seal = seal(7);
        for sealed in [seal.seal("a", "b", b"a secret").unwrap(), without_key_id(&seal, b"x")] {
            let bytes = Base64::decode_vec(&sealed).unwrap();
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1;
                let text = Base64::encode_string(&damaged);
                assert_eq!(seal.open("a", "b", &text), Err(SealError::NotOpened), "byte {at}");
                let text = Base64::encode_string(&bytes[..at]);
                assert_eq!(seal.open("a", "b", &text), Err(SealError::NotOpened), "cut at {at}");
            }
        }
        assert_eq!(seal.open("a", "b", "%%%"), Err(SealError::NotOpened));
    }
}
