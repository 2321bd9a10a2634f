//! SHA-256 in pieces, around `sha2`'s compression function: what is needed here and no more, where the
//! crate's own wrapping is half a kilobyte of the WebAssembly module.

use sha2::block_api::compress256;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::cut::copy;

/// Bytes that the function takes at a time.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Bytes of a hash.
pub(crate) const HASH_BYTES: usize = 32;

/// What has been hashed, as far as it came in whole blocks.
type State = [u32; 8];

/// The state at the beginning (FIPS 180-4, 5.3.3).
const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// What is hashed behind the content, up to 8 bytes before the end of a block.
const PADDING: [u8; BLOCK_BYTES] = {
    let mut padding = [0; BLOCK_BYTES];
    padding[0] = 0x80;
    padding
};

/// The state after a first block, such as HMAC's with the key. As secret as that; wiped when dropped.
pub(crate) struct Begun(Zeroizing<State>);

impl Begun {
    pub(crate) fn new(block: &[u8; BLOCK_BYTES]) -> Self {
        let mut state = Zeroizing::new(INITIAL);
        compress256(&mut state, &[*block]);
        Self(state)
    }

    /// A hash that goes on from here.
    pub(crate) fn hash(&self) -> Sha256 {
        Sha256 { state: *self.0, block: [0; BLOCK_BYTES], bytes: BLOCK_BYTES }
    }
}

/// A hash being made. Wiped when dropped.
pub(crate) struct Sha256 {
    state: State,
    /// Its beginning is what has come since the last whole block.
    block: [u8; BLOCK_BYTES],
    /// How many have come.
    bytes: usize,
}

impl Sha256 {
    pub(crate) const fn new() -> Self {
        Self { state: INITIAL, block: [0; BLOCK_BYTES], bytes: 0 }
    }

    /// The hash of one piece.
    pub(crate) fn digest(piece: &[u8]) -> [u8; HASH_BYTES] {
        let mut hash = Self::new();
        hash.update(piece);
        hash.finish()
    }

    /// Takes in the next piece.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        let open = self.block.get_mut(self.bytes % BLOCK_BYTES..).unwrap_or_default();
        self.bytes += piece.len();
        copy(open, piece);
        let Some(rest) = piece.get(open.len()..) else { return };
        compress256(&mut self.state, &[self.block]);
        let (blocks, rest) = rest.as_chunks();
        compress256(&mut self.state, blocks);
        copy(&mut self.block, rest);
    }

    /// The hash of all that has come.
    pub(crate) fn finish(mut self) -> [u8; HASH_BYTES] {
        let bits = self.bytes as u64 * 8;
        let padding = BLOCK_BYTES - (self.bytes + 8) % BLOCK_BYTES;
        self.update(PADDING.get(..padding).unwrap_or_default());
        self.update(&bits.to_be_bytes());
        let mut hash = [0; HASH_BYTES];
        for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(&self.state) {
            *bytes = word.to_be_bytes();
        }
        hash
    }
}

impl Drop for Sha256 {
    fn drop(&mut self) {
        self.state.zeroize();
        self.block.zeroize();
    }
}

impl ZeroizeOnDrop for Sha256 {}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use sha2::Digest as _;
    use std::vec::Vec;

    /// Every length around one block and two, in one piece and cut in two anywhere, held to `sha2`.
    #[test]
    fn hashes_are_those_of_the_whole_crate() {
        let text: Vec<u8> = (0..=255).collect();
        for length in 0..=200 {
            let text = &text[..length];
            let want: [u8; 32] = sha2::Sha256::digest(text).into();
            assert_eq!(Sha256::digest(text), want, "{length}");
            for at in 0..=length {
                let mut hash = Sha256::new();
                hash.update(&text[..at]);
                hash.update(&text[at..]);
                assert_eq!(hash.finish(), want, "{at} of {length}");
            }
        }
    }

    #[test]
    fn a_hash_goes_on_from_its_first_block() {
        let text = [7; 100];
        let (first, rest) = text.split_first_chunk().unwrap();
        let mut hash = Begun::new(first).hash();
        hash.update(rest);
        assert_eq!(hash.finish(), Sha256::digest(&text));
    }
}
