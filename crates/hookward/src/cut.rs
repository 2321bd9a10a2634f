//! Cutting a text at an ASCII character, and copying bytes. The standard library's splitting takes any pattern, which is
//! two kilobytes of WebAssembly for what is one loop here.

/// What stands before the first `mark`, and what stands after it, if there is one.
pub(crate) fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == mark) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// Copies as much of `from` as there is room for. The standard library's copying has a panic in it, for
/// two lengths that differ.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, byte)| *to = *byte);
}

/// The words of a text, if it has any: what stands between spaces.
#[derive(Clone)]
pub(crate) struct Words<'s>(pub(crate) &'s str);

impl<'s> Iterator for Words<'s> {
    type Item = &'s str;

    fn next(&mut self) -> Option<&'s str> {
        while !self.0.is_empty() {
            let (word, rest) = cut(self.0, b' ');
            self.0 = rest.unwrap_or_default();
            if !word.is_empty() {
                return Some(word);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn texts_are_cut_at_the_first_mark() {
        assert_eq!(cut("a:b:c", b':'), ("a", Some("b:c")));
        assert_eq!(cut(":", b':'), ("", Some("")));
        assert_eq!(cut("é", b':'), ("é", None));
        assert_eq!(Words(" a  bé ").collect::<Vec<_>>(), ["a", "bé"]);
        assert_eq!(Words("").next(), None);
    }
}
