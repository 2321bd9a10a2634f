//! Writing answers: JSON text in one buffer that is used again for every call.

use alloc::string::String;

use hookward::Error;

/// Why there is no answer.
pub(crate) enum Refusal<'a> {
    /// The core refused.
    Core(Error),
    /// The core refused earlier, and that was kept.
    Kept(&'a Error),
    /// The other side broke this crate's calling rules.
    Misuse,
}

impl From<Error> for Refusal<'_> {
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
        let start = self.text.len();
        let mut rest = number;
        loop {
            self.text.insert(start, char::from(b'0' + (rest % 10).to_le_bytes()[0]));
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
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
    pub(crate) fn refuse(&mut self, refusal: &Refusal<'_>) {
        self.text.clear();
        self.text.push_str("{\"code\":\"");
        match refusal {
            Refusal::Core(error) => self.error(error),
            Refusal::Kept(error) => self.error(error),
            Refusal::Misuse => {
                self.text.push_str("internal_error\",\"message\":\"the calling rules were broken");
            }
        }
        self.text.push_str("\"}");
    }

    fn error(&mut self, error: &Error) {
        self.text.push_str(error.code());
        self.text.push_str("\",\"message\":\"");
        error.describe(&mut |piece| self.characters(piece));
    }

    fn separate(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('[') {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        self.characters(text);
        self.text.push('"');
    }

    /// Text of the catalogue's, of the core's, or that may stand in a header: nothing of it is a
    /// control character.
    fn characters(&mut self, text: &str) {
        for c in text.chars() {
            if c == '"' || c == '\\' {
                self.text.push('\\');
            }
            self.text.push(c);
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
            answer.maybe(None, Answer::number);
            answer.maybe(Some(1), Answer::number);
            answer.text("a\"\\é");
            answer.escaped(r"\u00e9\n");
            answer.hex(&[0x00, 0x9f, 0xff]);
            answer.list(|_| ());
            answer.list(|answer| answer.list(|answer| answer.number(2)));
        });
        let expected = r#"[18446744073709551615,null,1,"a\"\\é","\u00e9\n","009fff",[],[[2]]]"#;
        assert_eq!(answer.as_str(), expected);
    }

    #[test]
    fn a_refusal_replaces_a_half_written_answer() {
        let mut answer = Answer::default();
        answer.text("half");
        answer.refuse(&Refusal::Core(Error::DuplicateEvent));
        let expected =
            r#"{"code":"duplicate_event","message":"this event has been accepted before"}"#;
        assert_eq!(answer.as_str(), expected);
    }
}
