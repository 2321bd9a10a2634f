//! One tag, one reading: no byte can be moved from one signed part to its neighbour.
//!
//! A scheme signs its parts one behind the other. If the same content can be cut into another id,
//! time and body that are accepted as well, whoever has seen one delivery has the tag of another: of
//! another event key, so that nothing recognises it. All cuts are tried.

use hookward::scheme::{TimeAt, TimeForm};
use hookward::{Policy, Provider, UnixSeconds};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::custom::any_columns;
use crate::kit::{Listed, NOW, any_provider, judge, judge_compact, secret};
use crate::readings::{Reading, readings};

/// As much as can be accepted at all: a day of tolerance, and retries for three years.
pub(crate) fn widest() -> Policy {
    Policy::with_store(86_400, 99_999_999, u32::MAX, None).unwrap()
}

/// What the provider meant.
#[derive(Clone, Debug)]
struct Meant {
    id: String,
    ahead: u64,
    /// Between a date-time's seconds and its zone.
    fraction: &'static str,
    zone: &'static str,
    body: String,
}

impl Meant {
    fn reading(&self, row: &Provider<'_>) -> Reading {
        let time = NOW + self.ahead;
        let time = match row.scheme.time {
            TimeAt::Header(TimeForm::Seconds) => time.to_string(),
            TimeAt::Header(TimeForm::Millis) => (time * 1000).to_string(),
            TimeAt::Header(_) => {
                let text = UnixSeconds::new(time).to_rfc3339();
                text.trim_end_matches('Z').to_owned() + self.fraction + self.zone
            }
            _ => String::new(),
        };
        let id = if row.scheme.headers.id.is_some() { &*self.id } else { "" };
        Reading { id: id.into(), time: time.into(), body: self.body.clone().into() }
    }
}

/// Whether what was meant is accepted at all; and if it is, that nothing else is under its tag.
fn only_one_reading(row: &Provider<'_>, meant: &Meant) -> Result<bool, TestCaseError> {
    let meant = meant.reading(row);
    let content = meant.content(row);
    let tag = secret(row).tag([&content[..]].into_iter());
    let accepted =
        |reading: &Reading| judge(row, &reading.claim(row, tag).into(), &widest()).is_ok();
    let claim = meant.claim(row, tag).into();
    prop_assert_eq!(judge(row, &claim, &widest()), judge_compact(row, &claim, &widest()));
    if !accepted(&meant) {
        return Ok(false);
    }
    let all = readings(row, &content);
    prop_assert!(all.contains(&meant), "the cuts miss what was meant");
    let other = all.iter().find(|reading| **reading != meant && accepted(reading));
    prop_assert!(
        other.is_none(),
        "{} signs {}: {meant:?} is also read as {other:?}",
        row.id,
        row.scheme.signed.text()
    );
    Ok(true)
}

/// Texts out of which times, marks and ids can come about where they were not meant.
pub(crate) fn text(most: usize) -> impl Strategy<Value = String> {
    let fragments = vec![
        "{",
        "}",
        "\"",
        ":",
        ".",
        "-",
        "0",
        "00",
        "1",
        "7",
        "T",
        "Z",
        "z",
        "a",
        "evt_",
        "v0:",
        "1.",
        "1700000000",
        "1700000100",
        "1700000000000",
        "01700000000",
        "17000000",
        "17000000001700000000",
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:25.5Z",
        "2023-11-14",
        "T22:13:20",
        "+01:00",
        ".25Z",
        "{\"at\":\"",
        "\"}",
        "::",
        "_",
        "1700000000-",
        "1700000000.1700000000.",
    ];
    prop::collection::vec(prop::sample::select(fragments), 0..=most).prop_map(|v| v.concat())
}

fn meant() -> impl Strategy<Value = Meant> {
    let fraction = prop::sample::select(vec!["", ".5", ".123456789"]);
    let zone = prop::sample::select(vec!["Z", "z", "+00:00", "-01:00"]);
    (text(3), 0_u64..100, fraction, zone, text(5))
        .prop_map(|(id, ahead, fraction, zone, body)| Meant { id, ahead, fraction, zone, body })
}

/// Tries `of` with as many messages as are accepted; too few of them would show nothing.
fn try_many<T: std::fmt::Debug>(
    what: impl Strategy<Value = T>,
    of: impl Fn(&T, &Meant) -> Result<bool, TestCaseError>,
) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(800) };
    let tried = std::cell::Cell::new(0);
    let outcome = proptest::test_runner::TestRunner::new(config).run(
        &(what, meant()),
        |(what, meant)| -> TestCaseResult {
            tried.set(tried.get() + u32::from(of(&what, &meant)?));
            Ok(())
        },
    );
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    println!("{} were accepted", tried.get());
    assert!(tried.get() > 100, "only {} were accepted at all", tried.get());
}

#[test]
fn of_every_provider() {
    try_many(any_provider(), |Listed(row), meant| only_one_reading(row, meant));
}

#[test]
fn of_the_providers_that_put_nothing_between() {
    let ids = vec!["box", "hubspot", "rootly", "twitch", "zendesk", "square"];
    try_many(prop::sample::select(ids), |id, meant| {
        only_one_reading(hookward::provider(id).unwrap(), meant)
    });
}

#[test]
fn of_every_scheme_of_ones_own() {
    try_many(any_columns(&[""]), |columns, meant| match columns.row().provider() {
        Ok(row) => only_one_reading(&row, meant),
        Err(_) => Ok(false),
    });
}
