//! The named fields of a signature header.

/// The fields of a value: of each its name and its value, if it is these two.
pub(super) struct Fields<'a> {
    pub(super) rest: Option<&'a [u8]>,
    pub(super) separator: u8,
    pub(super) spaced: bool,
    pub(super) assign: u8,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(&'a [u8], &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let (mut field, behind) = match split_once(rest, self.separator) {
            Some((field, behind)) => (field, Some(behind)),
            None => (rest, None),
        };
        self.rest = behind;
        if let (true, [b' ', unspaced @ ..]) = (self.spaced, field) {
            field = unspaced;
        }
        Some(split_once(field, self.assign))
    }
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|b| *b == separator)?;
    let (name, rest) = text.split_at_checked(at)?;
    Some((name, rest.get(1..)?))
}
