//! The buffer through which input comes in: `[room | body | room | texts]`.
//!
//! The rooms are for hashing: with HMAC's inner block and what is signed before the body at the end of
//! the first, and what is signed after it in the second, all of it is in one piece.

use alloc::vec;
use alloc::vec::Vec;

/// Bytes before a body, and after it: more than any provider of the catalogue signs there. Where a
/// scheme of one's own signs more, this module hashes it piece by piece.
pub(crate) const ROOM_BYTES: usize = 4096;

/// See the module.
pub(crate) struct Memory {
    bytes: Vec<u8>,
    body_bytes: usize,
    /// The end of the texts; what is behind them is left from larger calls.
    end: usize,
}

/// The buffer's parts.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) before: &'a mut [u8],
    pub(crate) body: &'a [u8],
    pub(crate) after: &'a mut [u8],
    pub(crate) texts: &'a mut [u8],
}

impl Memory {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), body_bytes: 0, end: 0 }
    }

    /// Makes room; the body's address.
    pub(crate) fn reserve(&mut self, body_bytes: usize, text_bytes: usize) -> usize {
        let end = body_bytes.saturating_add(text_bytes).saturating_add(2 * ROOM_BYTES);
        if self.bytes.len() < end {
            // Nothing in it is worth carrying over to the new place.
            self.bytes = Vec::new();
            self.bytes = vec![0; end];
        }
        (self.body_bytes, self.end) = (body_bytes, end);
        self.bytes.as_ptr() as usize + ROOM_BYTES
    }

    /// The parts, as they were asked for last.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        let bytes = self.bytes.get_mut(..self.end).unwrap_or_default();
        let (before, rest) = bytes.split_at_mut_checked(ROOM_BYTES).unwrap_or_default();
        let (body, rest) = rest.split_at_mut_checked(self.body_bytes).unwrap_or_default();
        let (after, texts) = rest.split_at_mut_checked(ROOM_BYTES).unwrap_or_default();
        Parts { before, body, after, texts }
    }
}
