//! Writing answers: JSON text in one buffer that is used again for every call.

use alloc::vec::Vec;

/// What the core says: of providers that are kept for good.
pub(crate) type Error = hookward::Error<'static>;

/// Why there is no answer.
pub(crate) enum Refusal {
    /// The core refused.
    Core(Error),
    /// The other side broke this crate's calling rules.
    Misuse,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

/// An answer being written, as UTF-8.
#[derive(Default)]
pub(crate) struct Answer {
    text: Vec<u8>,
}

impl Answer {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// Has `work` write it; its length in bytes.
    pub(crate) fn write(&mut self, work: impl FnOnce(&mut Self) -> Result<(), Refusal>) -> usize {
        self.text.clear();
        if let Err(refusal) = work(self) {
            self.refuse(&refusal);
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

    pub(crate) fn number(&mut self, number: u64) {
        self.separate();
        let start = self.text.len();
        let mut rest = number;
        loop {
            self.text.insert(start, b'0' + (rest % 10).to_le_bytes()[0]);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
    }

    pub(crate) fn null(&mut self) {
        self.separate();
        self.plain("null");
    }

    /// A text, which is UTF-8.
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.separate();
        self.plain("\"");
        self.characters(text);
        self.plain("\"");
    }

    #[cfg(feature = "full")]
    pub(crate) fn maybe_text(&mut self, text: Option<impl AsRef<str>>) {
        match text {
            Some(text) => self.text(text.as_ref().as_bytes()),
            None => self.null(),
        }
    }

    /// A text that is escaped already, as it stands between the quotes of a JSON body.
    pub(crate) fn maybe_escaped(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.separate();
                self.plain("\"");
                self.plain(text);
                self.plain("\"");
            }
            None => self.null(),
        }
    }

    pub(crate) fn hex(&mut self, bytes: &[u8]) {
        self.separate();
        self.plain("\"");
        for byte in bytes {
            self.hex_digits(*byte);
        }
        self.plain("\"");
    }

    /// Replaces all that has been written.
    fn refuse(&mut self, refusal: &Refusal) {
        self.text.clear();
        self.plain("{\"code\":\"");
        match refusal {
            Refusal::Core(error) => self.error(error),
            Refusal::Misuse => {
                self.plain("internal_error\",\"message\":\"the calling rules were broken");
            }
        }
        self.plain("\"}");
    }

    fn error(&mut self, error: &Error) {
        self.plain(error.code());
        self.plain("\",\"message\":\"");
        error.describe(&mut |piece| self.characters(piece.as_bytes()));
    }

    fn separate(&mut self) {
        if !matches!(self.text.last(), None | Some(b'[')) {
            self.text.push(b',');
        }
    }

    fn plain(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn characters(&mut self, text: &[u8]) {
        for &byte in text {
            match byte {
                b'"' | b'\\' => {
                    self.text.push(b'\\');
                    self.text.push(byte);
                }
                0..0x20 => {
                    self.plain("\\u00");
                    self.hex_digits(byte);
                }
                _ => self.text.push(byte),
            }
        }
    }

    fn hex_digits(&mut self, byte: u8) {
        for nibble in [byte >> 4, byte & 15] {
            self.text.push(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_json() {
        let mut answer = Answer::default();
        answer.list(|answer| {
            answer.number(u64::MAX);
            answer.null();
            answer.number(1);
            answer.text("a\"\\\n\u{1f}é".as_bytes());
            answer.maybe_escaped(Some(r"\u00e9\n"));
            answer.hex(&[0x00, 0x9f, 0xff]);
            answer.list(|_| ());
            answer.list(|answer| answer.list(|answer| answer.number(2)));
        });
        let expected =
            r#"[18446744073709551615,null,1,"a\"\\\u000a\u001fé","\u00e9\n","009fff",[],[[2]]]"#;
        assert_eq!(core::str::from_utf8(answer.as_bytes()), Ok(expected));
    }

    #[test]
    fn a_refusal_replaces_a_half_written_answer() {
        let mut answer = Answer::default();
        answer.text(b"half");
        answer.refuse(&Refusal::Core(Error::DuplicateEvent));
        let expected =
            r#"{"code":"duplicate_event","message":"this event has been accepted before"}"#;
        assert_eq!(core::str::from_utf8(answer.as_bytes()), Ok(expected));
    }
}
