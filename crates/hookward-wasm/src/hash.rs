//! HMAC-SHA256 with the host's SHA-256, where it has a faster one.

use hookward::Secret;
use zeroize::Zeroize as _;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Writes the SHA-256 of the `length` bytes at `start` to `out`. Returns 1, or 0 if it does not:
    /// what is at `out` then is undefined.
    safe fn hash(start: *const u8, length: usize, out: *mut u8) -> usize;
}

/// On other targets there is no host.
#[cfg(not(target_arch = "wasm32"))]
fn hash(_start: *const u8, _length: usize, _out: *mut u8) -> usize {
    0
}

/// What is signed, in one piece around the body, with room for HMAC's inner block before it.
pub(crate) struct Content<'m> {
    before: &'m mut [u8],
    length: usize,
}

/// Bytes of HMAC's inner block.
const BLOCK_BYTES: usize = 64;

impl<'m> Content<'m> {
    /// Lays out `pieces`, one of which is the body itself, in the rooms before and after it. `None` if
    /// there is no room.
    pub(crate) fn new<'p>(
        pieces: impl Iterator<Item = &'p [u8]>,
        before: &'m mut [u8],
        body: &[u8],
        after: &mut [u8],
    ) -> Option<Self> {
        // The first room is filled from its beginning, and then moved up to the body.
        let (mut first, mut second) = (BLOCK_BYTES, 0);
        let mut is_behind = false;
        for piece in pieces {
            if core::ptr::eq(piece, body) {
                is_behind = true;
                continue;
            }
            let (room, end) =
                if is_behind { (&mut *after, &mut second) } else { (&mut *before, &mut first) };
            room.get_mut(*end..)?.get_mut(..piece.len())?.copy_from_slice(piece);
            *end += piece.len();
        }
        let start = before.len().checked_sub(first)?;
        before.copy_within(..first, start);
        Some(Self { before: before.get_mut(start..)?, length: first + body.len() + second })
    }

    /// The tag that a secret makes of it; `None` if the host does not hash.
    pub(crate) fn tag(&mut self, secret: &Secret) -> Option<[u8; 32]> {
        let start = self.before.as_ptr();
        let block = self.before.first_chunk_mut::<BLOCK_BYTES>()?;
        *block = *secret.inner_block();
        let mut inner = [0; 32];
        let hashed = hash(start, self.length, inner.as_mut_ptr()) == 1;
        block.zeroize();
        hashed.then(|| secret.tag_of_inner(&inner))
    }
}
