//! Answers of the second module: lists as JSON text, in one buffer that is used again for every call.

use alloc::vec::Vec;

use crate::answer::{Error, tell};

/// An answer being written, as UTF-8.
pub(crate) struct Answer {
    text: Vec<u8>,
}

impl Answer {
    pub(crate) const fn new() -> Self {
        Self { text: Vec::new() }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Has `work` write it; its length in bytes.
    pub(crate) fn write(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Error>) -> usize {
        self.text.clear();
        if let Err(error) = work(self) {
            self.refuse(&error);
        }
        self.text.len()
    }

    /// A list of whatever `items` writes.
    pub(crate) fn list(&mut self, items: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push(b'[');
        items(self);
        self.text.push(b']');
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.separate();
        self.text.push(b'"');
        text.bytes().for_each(|byte| self.character(byte));
        self.text.push(b'"');
    }

    pub(crate) fn maybe_text(&mut self, text: Option<impl AsRef<str>>) {
        match text {
            Some(text) => self.text(text.as_ref()),
            None => self.null(),
        }
    }

    fn null(&mut self) {
        self.separate();
        self.plain("null");
    }

    /// Replaces all that has been written.
    fn refuse(&mut self, error: &Error) {
        self.text.clear();
        tell(error, &mut |piece| self.plain(piece));
    }

    fn separate(&mut self) {
        if !matches!(self.text.last(), None | Some(b'[')) {
            self.text.push(b',');
        }
    }

    fn plain(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn character(&mut self, byte: u8) {
        match byte {
            b'"' | b'\\' => self.text.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                self.plain("\\u00");
                for nibble in [byte >> 4, byte & 15] {
                    self.text.push(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
                }
            }
            _ => self.text.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_json() {
        let mut answer = Answer::new();
        answer.list(|answer| {
            answer.maybe_text(None::<&str>);
            answer.text("a\"\\\n\u{1f}é");
            answer.list(|_| ());
            answer.list(|answer| answer.list(|answer| answer.maybe_text(Some("b"))));
        });
        let expected = r#"[null,"a\"\\\u000a\u001fé",[],[["b"]]]"#;
        assert_eq!(core::str::from_utf8(answer.as_bytes()), Ok(expected));
    }

    #[test]
    fn a_refusal_replaces_a_half_written_answer() {
        let mut answer = Answer::new();
        answer.text("half");
        answer.refuse(&Error::NoSecret);
        let expected = "no_secret no secret was given, or an empty one";
        assert_eq!(core::str::from_utf8(answer.as_bytes()), Ok(expected));
    }
}
