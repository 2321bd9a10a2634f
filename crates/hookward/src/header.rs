//! Looking up the headers of a delivery, in whatever container the caller has them.

/// What a look-up of one header name found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// No header of that name.
    Missing,
    /// Exactly one, with its value as received.
    One(&'a [u8]),
    /// Two or more. A scheme never chooses between them.
    Many,
}

/// The headers of a request. Names compare without regard to ASCII case.
///
/// Implemented for slices and vectors of `(name, value)` pairs. An implementation of your own **must
/// answer [`Lookup::Many`] where there are two or more** of a name: a container's plain `get` gives
/// the first of them, and what a proxy in front has checked may be the other.
///
/// ```
/// use hookward::{Headers, Lookup};
/// let headers = [("X-LMP-Timestamp", "1700000000")];
/// assert_eq!(headers.find("x-lmp-timestamp"), Lookup::One(b"1700000000"));
/// ```
pub trait Headers {
    /// All there is under `name`: nothing, the one value, or the word that there are several.
    fn find(&self, name: &str) -> Lookup<'_>;
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn find(&self, name: &str) -> Lookup<'_> {
        let mut found = Lookup::Missing;
        for (n, value) in self {
            if n.as_ref().eq_ignore_ascii_case(name) {
                found = match found {
                    Lookup::Missing => Lookup::One(value.as_ref()),
                    Lookup::One(_) | Lookup::Many => return Lookup::Many,
                };
            }
        }
        found
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LEN: usize> Headers for [(N, V); LEN] {
    fn find(&self, name: &str) -> Lookup<'_> {
        self.as_slice().find(name)
    }
}

#[cfg(feature = "alloc")]
impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for alloc::vec::Vec<(N, V)> {
    fn find(&self, name: &str) -> Lookup<'_> {
        self.as_slice().find(name)
    }
}

impl<H: Headers + ?Sized> Headers for &H {
    fn find(&self, name: &str) -> Lookup<'_> {
        (**self).find(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_doubles_are_told() {
        let headers = [("A", "1"), ("b", "2"), ("B", "2")];
        assert_eq!(headers.find("a"), Lookup::One(b"1"));
        assert_eq!(headers.find("b"), Lookup::Many);
        assert_eq!(headers.find("c"), Lookup::Missing);
    }
}
