//! What a provider is answered, from what the matching destinations' queues said.

/// What one queue said about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueAnswer {
    /// It stored the event just now.
    Committed,
    /// It had stored the event before.
    Duplicate,
    /// The destination is deleted: as if it had not matched.
    Unmatched,
    /// It has no room.
    Full,
    /// It could not be reached in time, or it failed: the event may or may not be stored.
    Failed,
}

impl QueueAnswer {
    /// Whether the event is stored there.
    pub const fn has_event(self) -> bool {
        matches!(self, Self::Committed | Self::Duplicate)
    }
}

/// What the provider is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// 200: every matching destination has the event, at least one since now.
    Accepted,
    /// 200: every matching destination had the event before.
    Duplicate,
    /// 200: no destination matches.
    Ignored,
    /// 503 `queue_full`: a queue has no room; the others will recognise the retry.
    QueueFull,
    /// 503 `unavailable`: a queue did not answer; the others will recognise the retry.
    Unavailable,
}

impl Verdict {
    /// The `status` in the answer's body; `None` for a 503, which is a problem document.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Accepted => Some("accepted"),
            Self::Duplicate => Some("duplicate"),
            Self::Ignored => Some("ignored"),
            Self::QueueFull | Self::Unavailable => None,
        }
    }
}

/// Combines the answers of all matching destinations' queues.
pub fn verdict(answers: impl IntoIterator<Item = QueueAnswer>) -> Verdict {
    let (mut committed, mut duplicate, mut full, mut failed) = (false, false, false, false);
    for answer in answers {
        match answer {
            QueueAnswer::Committed => committed = true,
            QueueAnswer::Duplicate => duplicate = true,
            QueueAnswer::Full => full = true,
            QueueAnswer::Failed => failed = true,
            QueueAnswer::Unmatched => {}
        }
    }
    if failed {
        Verdict::Unavailable
    } else if full {
        Verdict::QueueFull
    } else if committed {
        Verdict::Accepted
    } else if duplicate {
        Verdict::Duplicate
    } else {
        Verdict::Ignored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use QueueAnswer::{Committed, Duplicate, Failed, Full, Unmatched};

    #[test]
    fn the_answers_combine_as_documented() {
        let cases: &[(&[QueueAnswer], Verdict)] = &[
            (&[], Verdict::Ignored),
            (&[Unmatched], Verdict::Ignored),
            (&[Unmatched, Unmatched], Verdict::Ignored),
            (&[Committed], Verdict::Accepted),
            (&[Committed, Committed], Verdict::Accepted),
            (&[Committed, Duplicate], Verdict::Accepted),
            (&[Duplicate, Unmatched, Committed], Verdict::Accepted),
            (&[Duplicate], Verdict::Duplicate),
            (&[Duplicate, Unmatched], Verdict::Duplicate),
            (&[Failed], Verdict::Unavailable),
            (&[Committed, Failed], Verdict::Unavailable),
            (&[Duplicate, Failed], Verdict::Unavailable),
            (&[Unmatched, Failed], Verdict::Unavailable),
            (&[Full, Failed], Verdict::Unavailable),
            (&[Full], Verdict::QueueFull),
            (&[Committed, Full], Verdict::QueueFull),
            (&[Duplicate, Full, Unmatched], Verdict::QueueFull),
        ];
        for (answers, expected) in cases {
            assert_eq!(verdict(answers.iter().copied()), *expected, "{answers:?}");
            let reversed = answers.iter().rev().copied();
            assert_eq!(verdict(reversed), *expected, "{answers:?} reversed");
        }
    }

    #[test]
    fn a_2xx_means_that_every_matching_queue_has_the_event() {
        let all = [Committed, Duplicate, Unmatched, Full, Failed];
        for a in all {
            for b in all {
                for c in all {
                    let answers = [a, b, c];
                    let ok = verdict(answers).as_str().is_some();
                    let stored =
                        answers.iter().all(|answer| answer.has_event() || *answer == Unmatched);
                    assert_eq!(ok, stored, "{answers:?}");
                }
            }
        }
    }
}
