//! Bytes as text: hex, and base64 in the standard alphabet.
//!
//! Small and without branches on what is decoded, since secrets are decoded here as well. General
//! libraries unroll their loops, which costs the WebAssembly module a tenth of its size for texts of
//! 64 bytes.

/// Decodes hex digits in either case. `None` for anything else, and if `out` is of another length.
pub(crate) fn decode_hex(text: &[u8], out: &mut [u8]) -> Option<()> {
    let (pairs, rest) = text.as_chunks::<2>();
    // Without a way out of the loop, it is done many digits at a time.
    let digits = text.iter().fold(true, |all, digit| all & digit.is_ascii_hexdigit());
    if !digits || !rest.is_empty() || pairs.len() != out.len() {
        return None;
    }
    for ([high, low], place) in pairs.iter().zip(out) {
        *place = nibble(*high) << 4 | nibble(*low);
    }
    Some(())
}

/// The value of a hex digit: bit 6 tells letters, whose low bits count from 1, from digits.
pub(crate) fn nibble(digit: u8) -> u8 {
    (digit & 15).wrapping_add(9 * (digit >> 6))
}

/// Decodes the standard alphabet with or without padding. `None` for anything else, for bits left
/// over that are not zero, and if `buffer` is too short.
pub(crate) fn decode_base64<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let bare = match text {
        [bare @ .., b'=', b'='] | [bare @ .., b'='] if text.len().is_multiple_of(4) => bare,
        [.., b'='] => return None,
        bare => bare,
    };
    let (mut bits, mut waiting, mut length, mut fault) = (0_u32, 0, 0, 0);
    for &c in bare {
        let value = sextet(c);
        fault |= value;
        bits = bits << 6 | u32::from(value & 0x3f);
        waiting += 6;
        if waiting >= 8 {
            waiting -= 8;
            *buffer.get_mut(length)? = (bits >> waiting).to_le_bytes()[0];
            length += 1;
        }
    }
    let left_over = bits & ((1 << waiting) - 1);
    if fault > 0x3f || waiting == 6 || left_over != 0 { None } else { buffer.get(..length) }
}

/// Whether a character is of the standard alphabet.
pub(crate) fn is_base64(c: u8) -> bool {
    sextet(c) < 64
}

/// The six bits that a character of the standard alphabet stands for; 0xff for anything else.
#[expect(
    clippy::inline_always,
    reason = "called, it costs as much again in the WebAssembly module"
)]
#[inline(always)]
fn sextet(c: u8) -> u8 {
    // For each range: what its first character stands for, plus one, so that 0 is left for none.
    within(c, b'A', b'Z', 1)
        .wrapping_add(within(c, b'a', b'z', 27))
        .wrapping_add(within(c, b'0', b'9', 53))
        .wrapping_add(within(c, b'+', b'+', 63))
        .wrapping_add(within(c, b'/', b'/', 64))
        .wrapping_sub(1)
}

/// Where `c` stands in the range from `first` to `last`, counted from `start`; 0 outside of it,
/// without a branch.
fn within(c: u8, first: u8, last: u8, start: u8) -> u8 {
    let at = c.wrapping_sub(first);
    u8::from(at <= last - first).wrapping_neg() & at.wrapping_add(start)
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
