//! Names out of a scheme, kept by value.

use core::fmt;

/// Most bytes of a name.
const BYTES: usize = 48;

/// The name of a header, of a field, or of a place in the body, as a scheme has it: kept by value, so
/// that an error outlives the scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Label {
    bytes: [u8; BYTES],
    len: u8,
}

impl Label {
    /// The name.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// What is over 48 bytes is cut off; header names of a checked scheme are not longer.
impl From<&str> for Label {
    fn from(name: &str) -> Self {
        let mut bytes = [0; BYTES];
        let mut len = 0;
        let whole = name.get(..name.floor_char_boundary(BYTES)).unwrap_or_default();
        for (to, byte) in bytes.iter_mut().zip(whole.bytes()) {
            *to = byte;
            len += 1;
        }
        Self { bytes, len }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn names_are_kept_and_cut_between_characters() {
        assert_eq!(Label::from("webhook-id").as_str(), "webhook-id");
        assert_eq!(Label::from("").as_str(), "");
        let long = std::format!("{}é", "a".repeat(47));
        assert_eq!(Label::from(&*long).as_str(), "a".repeat(47));
    }
}
