//! Only the whole tag is one: no part of it, nothing that has more.

use hookward::scheme::{Encoding, Layout};
use proptest::prelude::*;

use crate::kit::{Listed, Sent, any_delivery, judge, signature_header, tag_at};

/// The delivery with another text in the place of its tag.
fn with_tag(row: &hookward::Provider<'_>, sent: &Sent, change: impl Fn(&mut Vec<u8>)) -> Sent {
    let mut sent = sent.clone();
    let value = sent.value(signature_header(row));
    let mut tag = value.split_off(tag_at(row, value));
    change(&mut tag);
    value.extend(tag);
    sent
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_part_of_the_tag_is_refused((Listed(row), sent) in any_delivery()) {
        let base64 = row.scheme.encoding == Encoding::Base64;
        let characters = if base64 { 44 } else { 64 };
        for kept in 0..characters {
            let verdict = judge(row, &with_tag(row, &sent, |tag| tag.truncate(kept)), &row.policy());
            // Padding says nothing, and may be left out.
            prop_assert_eq!(verdict.is_ok(), base64 && kept == 43, "{}: {}", row.id, kept);
            let end = judge(
                row,
                &with_tag(row, &sent, |tag| drop(tag.drain(..characters - kept))),
                &row.policy(),
            );
            prop_assert!(end.is_err(), "{}: the last {}", row.id, kept);
        }
    }

    #[test]
    fn more_than_the_tag_is_refused(
        (Listed(row), sent) in any_delivery(),
        more in "[0-9a-f]{1,64}|[A-Za-z0-9+/]{1,44}|={1,3}|[ \t\r\n\0]{1,3}|\\PC{1,8}",
        at: prop::sample::Index,
    ) {
        // What begins another field is not more of this one.
        prop_assume!(!more.contains([',', ';', ' ']) || matches!(row.scheme.layout, Layout::Whole { .. }));
        for place in [at.index(65), usize::MAX] {
            let longer = with_tag(row, &sent, |tag| {
                let place = place.min(tag.len());
                tag.splice(place..place, more.bytes());
            });
            let verdict = judge(row, &longer, &row.policy());
            prop_assert!(verdict.is_err(), "{}: {:?} at {}", row.id, more, place);
        }
    }

    /// Where a header holds several tags, the right one counts wherever it stands, and wrong ones
    /// add nothing.
    #[test]
    fn one_right_tag_among_wrong_ones_counts(
        (Listed(row), sent) in any_delivery(),
        before in 0_usize..8,
        behind in 0_usize..8,
    ) {
        let Layout::List { separator, assign, signature, .. } = row.scheme.layout else {
            return Ok(());
        };
        let wrong = match row.scheme.encoding {
            Encoding::Hex => "ab".repeat(32),
            _ => "A".repeat(43),
        };
        let wrong = format!("{signature}{}{wrong}", char::from(assign)).into_bytes();
        let list = |right: Option<Vec<u8>>| {
            let mut fields = vec![wrong.clone(); before];
            fields.extend(right);
            fields.extend(vec![wrong.clone(); behind]);
            fields.join(&separator)
        };
        let mut among = sent.clone();
        let value = among.value(signature_header(row));
        *value = list(Some(value.clone()));
        prop_assert!(judge(row, &among, &row.policy()).is_ok(), "{}", row.id);
        let mut without = sent;
        *without.value(signature_header(row)) = list(None);
        prop_assert!(judge(row, &without, &row.policy()).is_err(), "{}", row.id);
    }
}
