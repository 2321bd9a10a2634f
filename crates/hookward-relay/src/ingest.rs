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
