//! Bytes as text: hex, and base64 in the standard alphabet.
//!
//! Small and without branches on what is decoded, since secrets are decoded here as well. General
//! libraries unroll their loops, which costs the WebAssembly module a tenth of its size for texts of
//! 64 bytes.

/// Decodes hex digits in either case. `None` for anything else, and if `out` is of another length.
pub(crate) fn decode_hex(text: &[u8], out: &mut [u8]) -> Option<()> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != out.len() {
        return None;
    }
    let mut fault = 0;
    for ([high, low], place) in pairs.iter().zip(out) {
        let byte = nibble(*high) << 4 | nibble(*low);
        fault |= byte;
        *place = byte.to_le_bytes()[0];
    }
    (fault >= 0).then_some(())
}

/// The value of a hex digit; below zero for anything else.
fn nibble(digit: u8) -> i32 {
    let digit = i32::from(digit);
    let lower = digit | 0x20;
    -1 + within(digit, b'0', b'9', digit - 0x2f) + within(lower, b'a', b'f', lower - 0x56)
}

/// Decodes the standard alphabet with or without padding. `None` for anything else, for bits left
/// over that are not zero, and if `buffer` is too short.
pub(crate) fn decode_base64<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let bare = match text {
        [bare @ .., b'=', b'='] | [bare @ .., b'='] if text.len().is_multiple_of(4) => bare,
        [.., b'='] => return None,
        bare => bare,
    };
    let (mut bits, mut waiting, mut length, mut fault) = (0, 0, 0, 0);
    for &c in bare {
        let value = sextet(c);
        fault |= value;
        bits = (bits & 0x3f) << 6 | (value & 0x3f);
        waiting += 6;
        if waiting >= 8 {
            waiting -= 8;
            *buffer.get_mut(length)? = (bits >> waiting).to_le_bytes()[0];
            length += 1;
        }
    }
    let left_over = bits & ((1 << waiting) - 1);
    if fault < 0 || waiting == 6 || left_over != 0 { None } else { buffer.get(..length) }
}

/// The six bits that a character of the standard alphabet stands for; below zero for anything else.
fn sextet(c: u8) -> i32 {
    let c = i32::from(c);
    -1 + within(c, b'A', b'Z', c - 0x40)
        + within(c, b'a', b'z', c - 0x46)
        + within(c, b'0', b'9', c + 5)
        + within(c, b'+', b'+', 63)
        + within(c, b'/', b'/', 64)
}

/// `value` if `c` is from `first` to `last`, else 0, without a branch.
fn within(c: i32, first: u8, last: u8, value: i32) -> i32 {
    // Both differences are negative exactly inside the range; the shift spreads the sign.
    (((i32::from(first) - 1 - c) & (c - i32::from(last) - 1)) >> 31) & value
}

/// Hex in lower case.
#[cfg(feature = "alloc")]
pub(crate) fn hex(bytes: &[u8]) -> alloc::string::String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|n| char::from(if n < 10 { b'0' + n } else { b'a' - 10 + n })).collect()
}

/// Base64 in the standard alphabet, padded.
#[cfg(feature = "alloc")]
pub(crate) fn base64(bytes: &[u8]) -> alloc::string::String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = alloc::string::String::new();
    for group in bytes.chunks(3) {
        let at = |i| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place) & 0x3f) as usize;
            let filled = place <= group.len();
            text.push(if filled {
                ALPHABET.get(sextet).map_or('=', |c| char::from(*c))
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(all(test, feature = "std"))]
mod tests {
    extern crate std;
    use super::*;
    use base64ct::{Base64, Base64Unpadded, Encoding as _};
    use proptest::prelude::*;
    use std::vec;

    proptest! {
        #[test]
        fn agrees_with_other_implementations(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(hex(&bytes), hex::encode(&bytes));
            prop_assert_eq!(base64(&bytes), Base64::encode_string(&bytes));
            let mut out = vec![0; bytes.len()];
            for text in [hex::encode(&bytes), hex::encode_upper(&bytes)] {
                prop_assert_eq!(decode_hex(text.as_bytes(), &mut out), Some(()));
                prop_assert_eq!(&out, &bytes);
            }
            for text in [Base64::encode_string(&bytes), Base64Unpadded::encode_string(&bytes)] {
                prop_assert_eq!(decode_base64(text.as_bytes(), &mut out), Some(&bytes[..]));
            }
        }

        #[test]
        fn refuses_what_others_refuse(text in "([A-Za-z0-9+/]{4}){0,3}([A-Za-z0-9+/=_.-]|\\PC){0,4}") {
            let mut out = vec![0; text.len()];
            let mine = decode_base64(text.as_bytes(), &mut out).map(<[u8]>::to_vec);
            let theirs = if text.contains('=') { Base64::decode_vec(&text) } else { Base64Unpadded::decode_vec(&text) };
            prop_assert_eq!(mine, theirs.ok());
        }
    }

    #[test]
    fn every_byte_is_a_digit_or_refused() {
        for byte in 0..=255_u8 {
            let text = [b'A', byte];
            let mut out = [0];
            let is = decode_hex(&text, &mut out).is_some();
            assert_eq!(is, byte.is_ascii_hexdigit(), "{byte}");
            let text = [b'A', b'A', b'A', byte];
            let is = decode_base64(&text, &mut [0; 3]).is_some();
            assert_eq!(is, byte.is_ascii_alphanumeric() || b"+/=".contains(&byte), "{byte}");
        }
    }
}
