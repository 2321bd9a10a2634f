//! What a run of the alarm handler holds between its turns.

use std::collections::VecDeque;

use futures_util::future::Either;
use hookward_relay::alarm::Run;

use super::job::Job;
use super::send::Sent;
use super::seq::Seq;
use crate::clock::Millis;

/// How a run's part of the work ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing more is due, or the budget is used up.
    Well,
    /// The platform made no call at all: this has to wait a little.
    OutOfCalls,
    /// No master key opens what is sealed: this has to wait until somebody has mended that.
    Sealed,
    /// Storage failed: the safety alarm stays, so that it is tried again, but not at once.
    Badly,
}

/// How long a run waits for more before it ends: a run that goes on costs less than the three
/// alarms of the next one, and starts what comes in at once.
const LINGER_MS: u64 = 50;

/// A run waits no longer than this for the rate limit or the breaker to let the next one through;
/// otherwise it ends, and the alarm is set to that time.
const GATE_WAIT_MS: u64 = 1_000;

/// Results of attempts that are recorded at once, and how long the first of them waits for the others. A
/// commit takes longer than an attempt; a crash repeats the attempts that were not recorded.
pub(super) const RECORD_AT_ONCE: usize = 8;
const RECORD_WITHIN_MS: u64 = 10;

/// What a run holds between its turns.
pub(super) struct Progress {
    pub(super) run: Run,
    /// Due, by the last look into the store.
    pub(super) ready: VecDeque<Either<Seq, Job>>,
    /// How many of the first of them were tried to be read in one statement.
    pub(super) tried: usize,
    pub(super) busy: Vec<Seq>,
    /// Attempts that were made and are to be recorded.
    pub(super) made: Vec<(Job, Sent)>,
    /// As soon as there are so many of them. The first does not wait: where it cannot be recorded, no more
    /// are sent than have to be sent again.
    pub(super) gathered: usize,
    pub(super) looked: Option<Millis>,
    /// The last look brought as much as it may: there is more.
    pub(super) more: bool,
    pub(super) starting: bool,
    /// Some attempt has been made.
    pub(super) attempted: bool,
    /// Until when nothing more may be started.
    pub(super) closed_until_ms: Option<u64>,
    pub(super) ended: Ended,
}

impl Progress {
    pub(super) fn new(run: Run) -> Self {
        Self {
            run,
            ready: VecDeque::new(),
            tried: 0,
            busy: Vec::new(),
            made: Vec::new(),
            gathered: 1,
            looked: None,
            more: false,
            starting: true,
            attempted: false,
            closed_until_ms: None,
            ended: Ended::Well,
        }
    }

    /// Storage failed: nothing more is started, and the safety alarm stays.
    pub(super) fn end_badly(&mut self) {
        (self.starting, self.ended) = (false, Ended::Badly);
    }

    /// What is not to be started again.
    pub(super) fn taken(&self, set_aside: &[Seq]) -> Vec<Seq> {
        let made = self.made.iter().map(|(job, _)| &job.seq);
        self.busy.iter().chain(made).chain(set_aside).copied().collect()
    }

    /// Whether to record what was attempted; with nothing else under way, it waits for nothing.
    pub(super) fn is_to_record(&self, idle: bool, now: Millis) -> bool {
        let Some((_, first)) = self.made.first() else { return false };
        idle || self.made.len() >= self.gathered || now.since(first.ended) >= RECORD_WITHIN_MS
    }

    /// How long to wait where nothing is under way; `None`: the run ends.
    pub(super) fn idle_ms(&self, now: Millis) -> Option<u64> {
        match self.closed_until_ms {
            _ if !self.starting => None,
            None => Some(LINGER_MS),
            Some(until_ms) => {
                Some(until_ms.saturating_sub(now.0)).filter(|wait_ms| *wait_ms <= GATE_WAIT_MS)
            }
        }
    }

    /// How long to wait for what is under way before there is something else to do.
    pub(super) fn busy_ms(&self, now: Millis) -> u64 {
        let renew_ms = self.run.renews_in_ms(now.0);
        let opens_ms = self.closed_until_ms.filter(|_| self.starting);
        let record_ms = self.made.first().map(|(_, first)| first.ended.plus(RECORD_WITHIN_MS).0);
        let until_ms = opens_ms.into_iter().chain(record_ms).min();
        until_ms.map_or(renew_ms, |until_ms| until_ms.saturating_sub(now.0).min(renew_ms)).max(1)
    }
}
