//! Any flipped bit of what is signed, or of the tag, is refused.

use hookward::Provider;
use hookward::scheme::{Encoding, Part};
use proptest::prelude::*;

use crate::kit::{Listed, Sent, any_delivery, judge, signature_header, tag_at};

fn flip(bytes: &mut [u8], bit: prop::sample::Index) -> usize {
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    bit / 8
}

/// Whether the flip has only made a hex digit of the tag a small or a capital letter.
fn is_same_digit(row: &Provider<'_>, old: &[u8], new: &[u8], at: usize) -> bool {
    row.scheme.encoding == Encoding::Hex
        && at >= tag_at(row, old)
        && old[at].eq_ignore_ascii_case(&new[at])
}

fn refused(row: &Provider<'_>, sent: &Sent) -> Result<(), TestCaseError> {
    let verdict = judge(row, sent, &row.policy());
    prop_assert!(verdict.is_err(), "{}: {verdict:?}", row.id);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_flipped_is_accepted((Listed(row), sent) in any_delivery()) {
        let verdict = judge(row, &sent, &row.policy());
        prop_assert!(verdict.is_ok(), "{}: {verdict:?}", row.id);
    }

    #[test]
    fn of_the_body((Listed(row), mut sent) in any_delivery(), bit: prop::sample::Index) {
        flip(&mut sent.body, bit);
        refused(row, &sent)?;
    }

    /// The time's header, the id's, and the signature's: tag, prefix, field names and marks.
    #[test]
    fn of_a_header_of_the_scheme(
        (Listed(row), mut sent) in any_delivery(),
        which: prop::sample::Index,
        bit: prop::sample::Index,
    ) {
        let names: Vec<_> = [signature_header(row)]
            .into_iter()
            .chain(row.scheme.headers.timestamp)
            .chain(row.scheme.headers.id)
            .collect();
        let name = *which.get(&names);
        let value = sent.value(name);
        let old = value.clone();
        let at = flip(value, bit);
        if name == signature_header(row) && is_same_digit(row, &old, value, at) {
            prop_assert!(judge(row, &sent, &row.policy()).is_ok());
        } else {
            refused(row, &sent)?;
        }
    }

    #[test]
    fn of_the_url_or_the_method_where_it_is_signed(
        (Listed(row), sent) in any_delivery(),
        bit: prop::sample::Index,
    ) {
        let signed = row.scheme.signed;
        let flipped = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            flip(&mut bytes, bit);
            String::from_utf8(bytes).ok()
        };
        let url_is_signed = signed.has(Part::Url) || signed.has(Part::UrlDecoded);
        if let Some(url) = flipped(&sent.url) {
            let other = Sent { url, ..sent.clone() };
            prop_assert_eq!(judge(row, &other, &row.policy()).is_err(), url_is_signed);
        }
        if let Some(method) = flipped(&sent.method) {
            let other = Sent { method, ..sent };
            prop_assert_eq!(judge(row, &other, &row.policy()).is_err(), signed.has(Part::Method));
        }
    }
}
