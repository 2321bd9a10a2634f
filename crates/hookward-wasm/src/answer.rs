//! Writing answers: JSON text in one buffer that is used again for every call.

use alloc::string::{String, ToString as _};
use core::fmt::Write as _;

use hookward::Error;

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

/// An answer being written.
#[derive(Default)]
pub(crate) struct Answer {
    text: String,
}

impl Answer {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    /// A list of whatever `items` writes.
    pub(crate) fn list(&mut self, items: impl FnOnce(&mut Self)) {
        self.separate();
        self.text.push('[');
        items(self);
        self.text.push(']');
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.separate();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{number}");
    }

    /// What `write` makes of the value, or `null`.
    pub(crate) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        if let Some(value) = value {
            write(self, value);
        } else {
            self.separate();
            self.text.push_str("null");
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.separate();
        self.string(text);
    }

    /// A text that is escaped already, as it stands between the quotes of a JSON body.
    pub(crate) fn escaped(&mut self, text: &str) {
        self.separate();
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
    }

    pub(crate) fn hex(&mut self, bytes: &[u8]) {
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        self.separate();
        self.text.push('"');
        for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            self.text.extend(DIGITS.get(usize::from(nibble)));
        }
        self.text.push('"');
    }

    /// Replaces all that has been written.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        let (code, message) = match refusal {
            Refusal::Core(error) => (error.code(), error.to_string()),
            Refusal::Misuse => ("internal_error", "the package and its core disagree".into()),
        };
        self.text.clear();
        self.text.push_str("{\"code\":");
        self.string(code);
        self.text.push_str(",\"message\":");
        self.string(&message);
        self.text.push('}');
    }

    fn separate(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('[') {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                c if c < ' ' => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
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
            answer.maybe(None, Answer::number);
            answer.maybe(Some(1), Answer::number);
            answer.text("a\"\\\n\u{1f}é");
            answer.escaped(r"\u00e9\n");
            answer.hex(&[0x00, 0x9f, 0xff]);
            answer.list(|_| ());
            answer.list(|answer| answer.list(|answer| answer.number(2)));
        });
        let expected =
            r#"[18446744073709551615,null,1,"a\"\\\u000a\u001fé","\u00e9\n","009fff",[],[[2]]]"#;
        assert_eq!(answer.as_str(), expected);
    }

    #[test]
    fn a_refusal_replaces_a_half_written_answer() {
        let mut answer = Answer::default();
        answer.text("half");
        answer.refuse(Refusal::Core(Error::DuplicateEvent));
        let expected =
            r#"{"code":"duplicate_event","message":"this event has been accepted before"}"#;
        assert_eq!(answer.as_str(), expected);
    }
}
