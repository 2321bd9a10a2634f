//! Telling why something was refused: the code, a space, and the message.

/// What the core says: of providers that are kept for good.
pub(crate) type Error = hookward::Error<'static>;

/// The text of a refusal, in a buffer that is used again.
pub(crate) struct Refusal {
    text: [u8; TEXT_BYTES],
    length: usize,
}

/// More than any has: a message names two headers at the most. What does not fit is left out.
const TEXT_BYTES: usize = 1024;

impl Refusal {
    pub(crate) const fn new() -> Self {
        Self { text: [0; TEXT_BYTES], length: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }

    /// Replaces what was written before; its length in bytes.
    pub(crate) fn write(&mut self, error: &Error) -> usize {
        self.length = 0;
        tell(error, &mut |piece| {
            let end = self.length + piece.len();
            if let Some(place) = self.text.get_mut(self.length..end) {
                place.iter_mut().zip(piece.bytes()).for_each(|(to, byte)| *to = byte);
                self.length = end;
            }
        });
        self.length
    }
}

/// Hands the text of a refusal to `write`, piece by piece.
pub(crate) fn tell(error: &Error, write: &mut dyn FnMut(&str)) {
    write(error.code());
    write(" ");
    error.describe(write);
}

/// The other side broke this crate's calling rules, of which there is nothing to tell it: a trap, as for
/// a panic. No input of a user's comes here.
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::panic, reason = "what it holds can no longer be relied on")
)]
pub(crate) fn misuse() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    panic!("the calling rules were broken");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_code_and_a_message() {
        let mut refusal = Refusal::new();
        for (error, expected) in [
            (Error::NoSecret, "no_secret no secret was given, or an empty one"),
            (Error::UnknownProvider, "unknown_provider no provider of that id is known"),
        ] {
            assert_eq!(refusal.write(&error), expected.len());
            assert_eq!(core::str::from_utf8(refusal.as_bytes()), Ok(expected));
        }
    }
}
