//! Walking over JSON text.

use super::{JsonText, Value};
use crate::limits::JSON_DEPTH;

/// A text, and how far it has been read.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

// The three smallest steps are inlined even where size comes first: called, they cost half the time.
#[expect(clippy::inline_always, reason = "measured in the WebAssembly module")]
impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Walks over an object that is all there is, and calls `each` with its members.
    pub(super) fn object(&mut self, each: &mut dyn FnMut(JsonText<'a>, Value<'a>)) -> Option<()> {
        self.space();
        self.expect(b'{')?;
        self.space();
        if self.take(b'}') {
            return self.end();
        }
        loop {
            let name = self.string()?;
            self.space();
            self.expect(b':')?;
            self.space();
            let start = self.at;
            self.value()?;
            each(name, Value(self.text.get(start..self.at)?));
            self.space();
            if self.take(b'}') {
                return self.end();
            }
            self.expect(b',')?;
            self.space();
        }
    }

    /// Walks over a value. One bit a level of nesting remembers whether it is an object.
    fn value(&mut self) -> Option<()> {
        let mut objects = 0_u128;
        let mut depth = 0_u32;
        loop {
            // Here a value begins.
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    depth += 1;
                    // The object at the top is a level as well.
                    if depth + 1 >= JSON_DEPTH {
                        return None;
                    }
                    objects = objects << 1 | u128::from(open == b'{');
                    self.space();
                    let close = if open == b'{' { b'}' } else { b']' };
                    if !self.take(close) {
                        if open == b'{' {
                            self.name()?;
                        }
                        continue;
                    }
                    depth -= 1;
                    objects >>= 1;
                }
                b'"' => drop(self.string()?),
                b'-' | b'0'..=b'9' => self.number()?,
                b'n' => self.word("null")?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                _ => return None,
            }
            // Here one has ended: close as many levels as end with it.
            loop {
                if depth == 0 {
                    return Some(());
                }
                self.space();
                let in_object = objects & 1 == 1;
                if self.take(b',') {
                    self.space();
                    if in_object {
                        self.name()?;
                    }
                    break;
                }
                self.expect(if in_object { b'}' } else { b']' })?;
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    /// A member's name, its colon and the space around it.
    fn name(&mut self) -> Option<()> {
        self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Some(())
    }

    fn string(&mut self) -> Option<JsonText<'a>> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            self.plain_run();
            match self.peek()? {
                b'"' => {
                    let raw = self.text.get(start..self.at)?;
                    self.at += 1;
                    return Some(JsonText { raw });
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        b'u' => {
                            let digits = self.rest().get(1..5)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 5;
                        }
                        _ => return None,
                    }
                }
                // A control character.
                _ => return None,
            }
        }
    }

    /// Steps over string content that needs no look: eight bytes at a time where all of them are
    /// neither a quote, a backslash nor a control character.
    fn plain_run(&mut self) {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
        let rest = self.rest();
        let mut run = 0;
        for chunk in rest.as_chunks::<8>().0 {
            let word = u64::from_ne_bytes(*chunk);
            // The usual zero-byte test, for a quote, a backslash, and anything below 0x20.
            let quote = word ^ (ONES * 0x22);
            let slash = word ^ (ONES * 0x5c);
            let found = quote.wrapping_sub(ONES) & !quote
                | slash.wrapping_sub(ONES) & !slash
                | word.wrapping_sub(ONES * 0x20) & !word;
            if found & HIGHS != 0 {
                break;
            }
            run += 8;
        }
        let tail = rest.get(run..).unwrap_or_default();
        run += tail.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(tail.len());
        self.at += run;
    }

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.rest();
        let run = rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
        self.at += run;
        (run > 0).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Option<()> {
        self.space();
        (self.at == self.text.len()).then_some(())
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn take(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}
