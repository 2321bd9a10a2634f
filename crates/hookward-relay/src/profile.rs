//! How a destination's deliveries are signed, and by which of its secrets while one is rotated.

words! {
    /// Under whose headers a destination's deliveries are signed.
    pub enum Profile {
        /// Standard Webhooks.
        Standard = "standard",
        /// As tinyposter signs.
        Tinyposter = "tinyposter",
        /// As tinysend signs.
        Tinysend = "tinysend",
        /// As letmepost signs.
        Letmepost = "letmepost",
        /// Not at all: for systems that know nothing of signatures.
        None = "none",
    }
}

impl Profile {
    /// The provider in the catalogue that signs so; `None` for [`Profile::None`].
    pub const fn provider(self) -> Option<&'static str> {
        match self {
            Self::Standard => Some("standard-webhooks"),
            Self::Tinyposter => Some("tinyposter"),
            Self::Tinysend => Some("tinysend"),
            Self::Letmepost => Some("letmepost"),
            Self::None => None,
        }
    }

    /// Whether the signature header holds more than one signature.
    const fn holds_several(self) -> bool {
        matches!(self, Self::Standard | Self::Tinyposter)
    }

    /// Which secrets sign at `now_ms`, by their places, in the order in which their signatures stand.
    ///
    /// `until_ms` are the secrets, the newest first: until when each is still in use, `None` for ever.
    /// Where only one signature fits, the oldest that is in use signs until its time is over, so that
    /// a receiver may change over at any time before. Where several fit, the oldest stands last:
    /// tinyposter's own sample looks at the last one.
    pub fn signing(self, until_ms: &[Option<u64>], now_ms: u64) -> Vec<usize> {
        let in_use = until_ms.iter().enumerate();
        let in_use = in_use.filter(|(_, until)| until.is_none_or(|until_ms| now_ms < until_ms));
        let mut places = in_use.map(|(place, _)| place);
        match self {
            Self::None => Vec::new(),
            _ if self.holds_several() => places.collect(),
            _ => places.next_back().into_iter().collect(),
        }
    }

    /// Adds `more`, the signature header's value under another secret and of the same time.
    pub fn add(self, value: &mut String, more: &str) {
        let (separator, signature) = match self {
            // Behind the time, which is there already.
            Self::Tinyposter => (',', more.split_once(',').map_or(more, |(_, rest)| rest)),
            _ => (' ', more),
        };
        value.push(separator);
        value.push_str(signature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_a_provider_of_the_catalogue_or_none() {
        for profile in Profile::ALL {
            match profile.provider() {
                Some(id) => assert!(hookward::provider(id).is_ok(), "{id}"),
                None => assert_eq!(*profile, Profile::None),
            }
        }
    }

    #[test]
    fn during_an_overlap_both_sign_or_the_old_one_does() {
        use Profile::{Letmepost, None as Unsigned, Standard, Tinyposter, Tinysend};
        let rotated = [None, Some(100)];
        let twice = [None, Some(100), Some(50)];
        for (profile, secrets, now_ms, expected) in [
            (Standard, &[None][..], 0, &[0][..]),
            (Standard, &rotated, 99, &[0, 1]),
            (Standard, &rotated, 100, &[0]),
            (Tinyposter, &rotated, 99, &[0, 1]),
            (Tinyposter, &twice, 49, &[0, 1, 2]),
            (Letmepost, &rotated, 99, &[1]),
            (Letmepost, &rotated, 100, &[0]),
            (Tinysend, &twice, 49, &[2]),
            (Tinysend, &twice, 50, &[1]),
            (Tinysend, &twice, 100, &[0]),
            (Unsigned, &rotated, 0, &[]),
        ] {
            assert_eq!(profile.signing(secrets, now_ms), expected, "{profile} {now_ms}");
        }
    }

    #[test]
    fn two_signatures_stand_in_one_header() {
        let mut value = "v1,new".to_owned();
        Profile::Standard.add(&mut value, "v1,old");
        assert_eq!(value, "v1,new v1,old");
        let mut value = "t=5,v1=new".to_owned();
        Profile::Tinyposter.add(&mut value, "t=5,v1=old");
        assert_eq!(value, "t=5,v1=new,v1=old");
    }
}
