//! A replay of many deliveries: how far it is, and how many it may take on at a time.
//!
//! A job goes through the deliveries that were there when it was made, from the newest to the
//! oldest, and makes those pending again that its filter names. It takes on no more than the
//! destination gets through soon ([`limits::REPLAY_AHEAD_S`] of its rate limit, at most
//! [`limits::REPLAY_AHEAD`]), so that what comes in meanwhile does not wait behind all of it, and
//! goes on when those have been dealt with.
//!
//! The queue writes a step's deliveries first and the [`Progress`] after them, in one turn. Should
//! only the deliveries be written, the step is taken again, and changes nothing: what the job has
//! replayed is pending, or was done after the job had been made ([`Progress::takes`]).

use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, State};
use crate::destination::Status;
use crate::ids::DeliveryId;
use crate::limits;
use crate::pace::RateLimit;

words! {
    /// Where a job stands, as it is stored and as the API names it.
    pub enum JobStatus {
        /// Under way; it waits while the destination is paused.
        Running = "running",
        /// All that was there has been looked at.
        Done = "done",
        /// An operator ended it. What it had replayed stays replayed.
        Cancelled = "cancelled",
        /// The destination was disabled or deleted.
        Stopped = "stopped",
    }
}

/// How far a job is. Serde: to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where it stands.
    pub status: JobStatus,
    /// When it was made, in Unix milliseconds.
    pub made_at_ms: u64,
    /// When it ended; `None` while it is running.
    pub ended_at_ms: Option<u64>,
    /// The last delivery looked at; `None` at the start.
    pub position: Option<DeliveryId>,
    /// Deliveries that the filter named.
    pub matched: u64,
    /// Those of them that were made pending again, or due now.
    pub replayed: u64,
    /// When to look again, in Unix milliseconds.
    next_at_ms: u64,
}

/// What a job does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look at the next page of deliveries and replay at most so many; then [`Progress::took`].
    Take(u32),
    /// Nothing before this time, in Unix milliseconds, or before deliveries have been dealt with.
    Wait(u64),
    /// Nothing: it has ended, or the destination is paused.
    Rest,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Deliveries that the filter named.
    pub matched: u64,
    /// Those of them that were made pending again, or due now.
    pub replayed: u64,
    /// The last delivery looked at; `None` when there are no more.
    pub next: Option<DeliveryId>,
}

impl Progress {
    /// A job that begins.
    pub const fn new(now_ms: u64) -> Self {
        Self {
            status: JobStatus::Running,
            made_at_ms: now_ms,
            ended_at_ms: None,
            position: None,
            matched: 0,
            replayed: 0,
            next_at_ms: now_ms,
        }
    }

    /// What to do now, with `due` deliveries pending whose time has come. They need be counted no
    /// further than [`limits::REPLAY_AHEAD`].
    pub fn step(&self, status: Status, limit: Option<RateLimit>, due: u64, now_ms: u64) -> Step {
        if self.wakes_ms(status, now_ms).is_none() {
            return Step::Rest;
        }
        let ahead = ahead(limit);
        // Half of it done before the next step: a page is looked up for more than a row or two.
        if due > ahead / 2 {
            return Step::Wait(now_ms.saturating_add(limits::REPLAY_WAIT_MS));
        }
        Step::Take(u32::try_from(ahead.saturating_sub(due)).unwrap_or(u32::MAX).max(1))
    }

    /// The time that [`Step::Wait`] gave is remembered for the alarm.
    pub fn wait(&mut self, until_ms: u64) {
        self.next_at_ms = until_ms;
    }

    /// Whether a delivery that the filter names is to be replayed: not where that has happened
    /// already.
    pub const fn takes(&self, delivery: &Delivery, now_ms: u64) -> bool {
        match delivery.state {
            State::Pending { due_at_ms } => due_at_ms > now_ms,
            State::Delivered { at_ms } | State::Dead { at_ms, .. } => at_ms <= self.made_at_ms,
        }
    }

    /// A step was taken.
    pub const fn took(&mut self, taken: Taken, now_ms: u64) {
        self.matched = self.matched.saturating_add(taken.matched);
        self.replayed = self.replayed.saturating_add(taken.replayed);
        self.next_at_ms = now_ms;
        match taken.next {
            Some(_) => self.position = taken.next,
            None => self.end(JobStatus::Done, now_ms),
        }
    }

    /// An operator ends it. Repeatable; one that has ended stays as it is.
    pub const fn cancel(&mut self, now_ms: u64) {
        self.end(JobStatus::Cancelled, now_ms);
    }

    /// The destination's status was changed to this, by whomever.
    pub const fn destination_is(&mut self, status: Status, now_ms: u64) {
        if matches!(status, Status::Disabled | Status::Deleted) {
            self.end(JobStatus::Stopped, now_ms);
        }
    }

    const fn end(&mut self, status: JobStatus, now_ms: u64) {
        if matches!(self.status, JobStatus::Running) {
            self.status = status;
            self.ended_at_ms = Some(now_ms);
        }
    }

    /// When the queue has to wake up for it, in Unix milliseconds, as if a delivery were due then;
    /// `None`: not at all. However it was stored, that is soon. Like a delivery it waits for the
    /// gate: as long as nothing is sent, there is no room for more.
    pub fn wakes_ms(&self, status: Status, now_ms: u64) -> Option<u64> {
        let works = self.status == JobStatus::Running && status == Status::Enabled;
        let latest_ms = now_ms.saturating_add(limits::REPLAY_WAIT_MS);
        works.then(|| self.next_at_ms.min(latest_ms))
    }
}

/// How many deliveries may be due at once for a job to add more.
fn ahead(limit: Option<RateLimit>) -> u64 {
    limit.map_or(limits::REPLAY_AHEAD, |limit| {
        limit.attempts_in(limits::REPLAY_AHEAD_S).clamp(1, limits::REPLAY_AHEAD)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::DeadReason;

    const NOW_MS: u64 = 1_700_000_000_000;
    const ENABLED: Status = Status::Enabled;

    fn id(n: u64) -> DeliveryId {
        DeliveryId::new(n, [0; 10])
    }

    fn taken(matched: u64, replayed: u64, next: Option<DeliveryId>) -> Taken {
        Taken { matched, replayed, next }
    }

    #[test]
    fn a_job_adds_what_the_destination_gets_through_soon() {
        let job = Progress::new(NOW_MS);
        let wait = Step::Wait(NOW_MS + limits::REPLAY_WAIT_MS);
        for (per_s, due, expected) in [
            (None, 0, Step::Take(500)),
            (None, 250, Step::Take(250)),
            (None, 251, wait),
            (None, u64::MAX, wait),
            (Some(10.0), 0, Step::Take(100)),
            (Some(10.0), 50, Step::Take(50)),
            (Some(10.0), 51, wait),
            (Some(1_000.0), 0, Step::Take(500)),
            (Some(0.01), 0, Step::Take(1)),
            (Some(0.01), 1, wait),
        ] {
            let limit = per_s.map(|per_s| RateLimit::parse(per_s).unwrap());
            assert_eq!(job.step(ENABLED, limit, due, NOW_MS), expected, "{per_s:?} {due}");
        }
    }

    #[test]
    fn it_works_only_for_a_destination_that_is_enabled() {
        let job = Progress::new(NOW_MS);
        for status in [Status::Paused, Status::Disabled, Status::Deleted] {
            assert_eq!(job.step(status, None, 0, NOW_MS), Step::Rest);
            assert_eq!(job.wakes_ms(status, NOW_MS), None);
        }
        assert_eq!(job.wakes_ms(ENABLED, NOW_MS), Some(NOW_MS));
        for (status, expected) in [
            (Status::Enabled, JobStatus::Running),
            (Status::Paused, JobStatus::Running),
            (Status::Disabled, JobStatus::Stopped),
            (Status::Deleted, JobStatus::Stopped),
        ] {
            let mut job = job;
            job.destination_is(status, NOW_MS + 5);
            assert_eq!(job.status, expected);
            assert_eq!(job.ended_at_ms.is_some(), expected == JobStatus::Stopped);
        }
    }

    #[test]
    fn it_ends_at_the_end_and_not_again() {
        let mut job = Progress::new(NOW_MS);
        job.took(taken(3, 2, Some(id(9))), NOW_MS + 1);
        assert_eq!((job.status, job.position), (JobStatus::Running, Some(id(9))));
        job.took(taken(1, 1, None), NOW_MS + 2);
        assert_eq!((job.status, job.matched, job.replayed), (JobStatus::Done, 4, 3));
        assert_eq!(job.ended_at_ms, Some(NOW_MS + 2));
        let ended = job;
        job.cancel(NOW_MS + 3);
        job.destination_is(Status::Deleted, NOW_MS + 3);
        assert_eq!(job, ended);
        assert_eq!(job.step(ENABLED, None, 0, NOW_MS), Step::Rest);

        let mut job = Progress::new(NOW_MS);
        job.cancel(NOW_MS + 3);
        assert_eq!((job.status, job.ended_at_ms), (JobStatus::Cancelled, Some(NOW_MS + 3)));
        assert_eq!(job.wakes_ms(ENABLED, NOW_MS), None);
    }

    #[test]
    fn it_wakes_the_queue_soon_whatever_is_stored() {
        let mut job = Progress::new(NOW_MS);
        job.wait(NOW_MS + 700);
        assert_eq!(job.wakes_ms(ENABLED, NOW_MS), Some(NOW_MS + 700));
        job.wait(u64::MAX);
        assert_eq!(job.wakes_ms(ENABLED, NOW_MS), Some(NOW_MS + limits::REPLAY_WAIT_MS));
        let json = serde_json::to_string(&job).unwrap();
        assert_eq!(serde_json::from_str::<Progress>(&json).unwrap(), job);
    }

    #[test]
    fn what_it_has_replayed_it_does_not_replay_again() {
        let job = Progress::new(NOW_MS);
        let takes = |state| job.takes(&Delivery { round: 1, attempts: 1, state }, NOW_MS + 9);
        let reason = DeadReason::AttemptsExhausted;
        for (at_ms, expected) in [(NOW_MS - 1, true), (NOW_MS, true), (NOW_MS + 1, false)] {
            assert_eq!(takes(State::Dead { reason, at_ms }), expected);
            assert_eq!(takes(State::Delivered { at_ms }), expected);
        }
        assert!(takes(State::Pending { due_at_ms: NOW_MS + 10 }));
        assert!(!takes(State::Pending { due_at_ms: NOW_MS + 9 }));
    }
}
