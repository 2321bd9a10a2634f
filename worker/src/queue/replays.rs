//! Replays of many deliveries: a job that the queue's runs take on, step by step.

use hookward_relay::delivery::Command;
use hookward_relay::destination::Status;
use hookward_relay::ids::ReplayId;
use hookward_relay::limits;
use hookward_relay::replay_job::{JobStatus, Progress, Step, Taken};

use super::DestinationQueue;
use super::admin::again;
use super::history::Order;
use super::rows::{
    CancelReplay, CountMatching, Counted, GetReplay, ListReplays, ReplayRow, Settings, StartReplay,
};
use crate::clock::{self, Millis};
use crate::log;
use crate::problem::{Code, Problem};

impl DestinationQueue {
    pub(super) fn start_replay(&self, call: StartReplay) -> Result<ReplayRow, Problem> {
        let settings = self.live()?;
        if settings.status == Status::Disabled {
            let detail = "Not replayed: the destination is disabled; enable it first.";
            return Err(Problem::new(Code::DestinationDisabled, detail));
        }
        if self.failed(self.replay_job())?.is_some() {
            let detail = "Another replay is under way; wait for it or cancel it.";
            return Err(Problem::new(Code::ReplayRunning, detail));
        }
        let now = clock::now();
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|_| Problem::unavailable())?;
        let (id, progress) = (ReplayId::new(now.0, random), Progress::new(now.0));
        let row = ReplayRow { id, filter: call.filter, progress };
        self.failed(self.put_replay(row.clone()))?;
        Ok(row)
    }

    pub(super) fn count_matching(&self, call: &CountMatching) -> Result<Counted, Problem> {
        let settings = self.live()?;
        self.failed(self.store.count_matching(settings.id, &call.filter))
    }

    pub(super) fn shown_replay(&self, call: &GetReplay) -> Result<ReplayRow, Problem> {
        self.known()?;
        self.failed(self.store.replay(call.id))?.ok_or_else(unknown)
    }

    pub(super) fn list_replays(
        &self,
        call: &ListReplays,
    ) -> Result<(Vec<ReplayRow>, Option<ReplayId>), Problem> {
        self.known()?;
        let mut rows = self.failed(self.store.replays(call.before, call.limit))?;
        let more = rows.len() > call.limit as usize;
        rows.truncate(call.limit as usize);
        let next = rows.last().filter(|_| more).map(|row| row.id);
        Ok((rows, next))
    }

    pub(super) fn cancel_replay(&self, call: &CancelReplay) -> Result<ReplayRow, Problem> {
        self.live()?;
        let mut row = self.failed(self.store.replay(call.id))?.ok_or_else(unknown)?;
        row.progress.cancel(clock::now().0);
        self.failed(self.put_replay(row.clone()))?;
        Ok(row)
    }

    /// The job that is under way.
    pub(super) fn replay_job(&self) -> worker::Result<Option<ReplayRow>> {
        if let Some(known) = self.replay.borrow().as_ref() {
            return Ok(known.clone());
        }
        let job = self.store.running_replay()?;
        self.replay.replace(Some(job.clone()));
        Ok(job)
    }

    fn put_replay(&self, row: ReplayRow) -> worker::Result<()> {
        self.store.put_replay(&row)?;
        let running = row.progress.status == JobStatus::Running;
        self.replay.replace(Some(running.then_some(row)));
        Ok(())
    }

    /// A job ends with the destination.
    pub(super) fn stop_replay(&self, status: Status, now: Millis) -> worker::Result<()> {
        let Some(mut job) = self.replay_job()? else { return Ok(()) };
        job.progress.destination_is(status, now.0);
        if job.progress.status == JobStatus::Running { Ok(()) } else { self.put_replay(job) }
    }

    /// When the queue has to wake up for the job under way.
    pub(super) fn replay_wakes_ms(
        &self,
        status: Status,
        now: Millis,
    ) -> worker::Result<Option<u64>> {
        Ok(self.replay_job()?.and_then(|job| job.progress.wakes_ms(status, now.0)))
    }

    /// A job that cannot go on is ended: it must not hold up deliveries.
    pub(super) fn replay_step(&self, settings: &Settings, now: Millis) {
        if let Err(error) = self.replay_some(settings, now) {
            self.log_failure("replay", &error);
            if let Err(error) = self.stop_replay(Status::Disabled, now) {
                self.log_failure("replay", &error);
                self.replay.replace(Some(None));
            }
        }
    }

    /// One step of the job under way, where one is due: its deliveries first, then how far it is, in
    /// one turn.
    fn replay_some(&self, settings: &Settings, now: Millis) -> worker::Result<()> {
        let Some(mut job) = self.replay_job()? else { return Ok(()) };
        let wakes_ms = job.progress.wakes_ms(settings.status, now.0);
        if wakes_ms.is_none_or(|at_ms| at_ms > now.0) {
            return Ok(());
        }
        let due = self.store.count_due(now, limits::REPLAY_AHEAD)?;
        match job.progress.step(settings.status, settings.rate_limit, due, now.0) {
            Step::Rest => return Ok(()),
            Step::Wait(until_ms) => job.progress.wait(until_ms),
            Step::Take(most) => {
                let from = job.progress.position;
                let page = self.store.list(settings.id, &job.filter, from, most, Order::Walk)?;
                let mut taken =
                    Taken { matched: page.rows.len() as u64, replayed: 0, next: page.next };
                self.rows_change();
                for found in &page.rows {
                    if !job.progress.takes(&found.delivery, now.0) {
                        continue;
                    }
                    let Ok(commands) = again(found.delivery, settings.status, now) else {
                        continue;
                    };
                    for command in commands {
                        if let Command::Write(delivery) = command {
                            self.store.write(found.seq, delivery)?;
                        }
                    }
                    taken.replayed = taken.replayed.saturating_add(1);
                }
                job.progress.took(taken, now.0);
                self.count(|counts| counts.replayed(taken.replayed))?;
                self.books.write(now)?;
                self.arrivals.look_again();
                log::line("replay")
                    .with("destination", settings.id.to_string())
                    .with("replay", job.id.to_string())
                    .with("matched", job.progress.matched)
                    .with("replayed", job.progress.replayed)
                    .with("outcome", job.progress.status.as_str())
                    .info();
            }
        }
        self.put_replay(job)
    }
}

fn unknown() -> Problem {
    Problem::new(Code::UnknownReplay, "There is no such replay at this destination.")
}
