//! Which delivery a run attempts next.

use std::collections::HashMap;

use futures_util::future::Either;
use hookward_relay::breaker::Pick;
use hookward_relay::destination::Status;
use hookward_relay::gate::Next;

use super::DestinationQueue;
use super::job::Job;
use super::progress::{Ended, Progress};
use super::send::NotOpened;
use super::seq::Seq;
use crate::clock::{self, Millis};

/// Rows that one look into the store brings.
const LOOK: usize = 32;

/// Rows that are read in one statement.
const READ_AT_ONCE: usize = 8;

/// Even while events keep coming in, the store is looked at this often: what has been due for
/// longer is there.
const LOOK_EVERY_MS: u64 = 1_000;

impl DestinationQueue {
    /// The next delivery to attempt; `None` when none is due or all hands are full. When the budget
    /// is used up, nothing more is started.
    pub(super) fn next_job(&self, progress: &mut Progress) -> worker::Result<Option<Job>> {
        let Some(settings) = self.settings()? else { return Ok(None) };
        let most = settings.concurrency.clamp(1, 6) as usize;
        if settings.status != Status::Enabled || progress.busy.len() >= most {
            return Ok(None);
        }
        let now = clock::now();
        if self.opened().is_err_and(|error| error == NotOpened::Sealed) {
            (progress.starting, progress.ended) = (false, Ended::Sealed);
            return Ok(None);
        }
        // A replay that looks at very many takes its time too.
        if !progress.run.is_in_time(now.0) {
            progress.starting = false;
            return Ok(None);
        }
        self.replay_step(&settings, now);
        let pick = match self.may_start(&settings, progress.busy.len(), now)? {
            Next::Start(pick) => pick,
            Next::Busy => return Ok(None),
            Next::Wait(until_ms) => {
                progress.closed_until_ms = Some(until_ms);
                return Ok(None);
            }
        };
        let Some(seq_or_job) = self.next_due(progress, pick, now)? else { return Ok(None) };
        if !progress.run.take_attempt(now.0) {
            progress.starting = false;
            return Ok(None);
        }
        let seq = match seq_or_job {
            // As it was stored, and nothing has changed since.
            Either::Right(job) if job.epoch == self.epoch.get() => {
                self.note_start(&settings, now)?;
                return Ok(Some(job));
            }
            Either::Right(job) => job.seq,
            Either::Left(seq) => seq,
        };
        match self.store.job(seq, self.epoch.get()) {
            Ok(Some(job)) => {
                self.note_start(&settings, now)?;
                Ok(Some(job))
            }
            // Not pending any more: nothing to do, and the next one is asked for.
            Ok(None) => self.next_job(progress),
            Err(error) => {
                // It must not hold up the others.
                self.log_failure("job", &error);
                self.broken.borrow_mut().push(seq);
                self.next_job(progress)
            }
        }
    }

    /// What is due next: by the last look, else what has come in since, else by another look.
    fn next_due(
        &self,
        progress: &mut Progress,
        pick: Pick,
        now: Millis,
    ) -> worker::Result<Option<Either<Seq, Job>>> {
        if pick != Pick::LongestDue {
            // One at a time; what else is due is looked up when the destination is well again.
            self.arrivals.clear();
            progress.ready.clear();
            progress.tried = 0;
            progress.looked = None;
            let taken = progress.taken(&self.set_aside());
            return Ok(self.store.probe(pick, now, &taken)?.map(Either::Left));
        }
        if let Some(next) = self.next_ready(progress) {
            return Ok(Some(next));
        }
        let looked_lately = progress.looked.is_some_and(|at| now.since(at) < LOOK_EVERY_MS);
        if looked_lately && let Some(job) = self.arrivals.take() {
            return Ok(Some(Either::Right(job)));
        }
        if looked_lately && !progress.more && !self.arrivals.wants_look() {
            return Ok(None);
        }
        // What was handed over is in the store too, and must not be started twice.
        let taken = progress.taken(&self.set_aside()).into_iter().chain(self.arrivals.seqs());
        let taken = taken.collect();
        let due = self.store.due(now, LOOK, &taken)?;
        progress.more = due.len() == LOOK;
        progress.ready = due.into_iter().map(Either::Left).collect();
        progress.tried = 0;
        progress.looked = Some(now);
        if !progress.more {
            self.arrivals.have_looked();
        }
        let next = self.next_ready(progress);
        Ok(next.or_else(|| self.arrivals.take().map(Either::Right)))
    }

    /// The first of what is due, by the last look. Several rows are read in one statement, as far as that
    /// can be done; any other is read by itself.
    fn next_ready(&self, progress: &mut Progress) -> Option<Either<Seq, Job>> {
        if progress.tried == 0 && !progress.ready.is_empty() {
            self.read_ready(progress);
        }
        progress.tried = progress.tried.saturating_sub(1);
        progress.ready.pop_front()
    }

    /// None of what is ready has been read.
    fn read_ready(&self, progress: &mut Progress) {
        let unread = progress.ready.iter().filter_map(|next| match next {
            Either::Left(seq) => Some(*seq),
            Either::Right(_) => None,
        });
        let unread: Vec<Seq> = unread.take(READ_AT_ONCE).collect();
        progress.tried = unread.len();
        let jobs = self.store.short_jobs(&unread, self.epoch.get());
        let mut jobs = jobs.unwrap_or_else(|error| {
            self.log_failure("jobs", &error);
            HashMap::new()
        });
        for next in progress.ready.iter_mut().take(unread.len()) {
            let Either::Left(seq) = next else { continue };
            if let Some(job) = jobs.remove(seq) {
                *next = Either::Right(job);
            }
        }
    }
}
