//! HMAC-SHA256 by RFC 2104, apart from the one that is tried.

use sha2::{Digest as _, Sha256};

pub fn tag(key: &[u8], content: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::digest([&block.map(|b| b ^ 0x36)[..], content].concat());
    Sha256::digest([&block.map(|b| b ^ 0x5c)[..], &inner].concat()).into()
}
