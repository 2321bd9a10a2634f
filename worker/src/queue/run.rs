//! One run of the alarm handler: attempts what is due, and what becomes due meanwhile, within a
//! budget; then sets the true next time.

use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use hookward_relay::alarm::{Plan, Run};
use hookward_relay::limits;

use super::DestinationQueue;
use super::progress::{Ended, Progress, RECORD_AT_ONCE};
use crate::clock::{self, Millis};
use crate::log;
use crate::time_out::Watch;

impl DestinationQueue {
    /// Never fails: what goes wrong is logged, and the safety alarm stays.
    pub(super) async fn run(&self) {
        let now = clock::now();
        let run = self.alarm.borrow_mut().start_run(now.0);
        if self.set_alarm(run.safety_alarm_ms()).await.is_err() {
            // Without it nothing may be sent. The sweep finds this queue.
            self.alarm.borrow_mut().abandon_run();
            self.arrivals.clear();
            return;
        }
        if now >= self.retry_at.get() {
            self.unrecorded.borrow_mut().clear();
        }
        let ended = self.work(run).await;
        if ended == Ended::Well && self.unrecorded.borrow().is_empty() {
            self.bad_runs.set(0);
        }
        self.calls.rest();
        self.finish(ended).await;
        self.tell_registry().await;
        self.give_notice_soon().await;
    }

    async fn work(&self, run: Run) -> Ended {
        let mut progress = Progress::new(run);
        let mut under_way = FuturesUnordered::new();
        let watch = Watch::default();
        loop {
            self.stay_safe(&mut progress).await;
            progress.closed_until_ms = None;
            while progress.starting {
                match self.next_job(&mut progress) {
                    Ok(Some(job)) => {
                        progress.busy.push(job.seq);
                        under_way.push(self.attempt(job));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        self.log_failure("due", &error);
                        progress.end_badly();
                    }
                }
            }
            if progress.is_to_record(under_way.is_empty(), clock::now()) {
                self.record_made(&mut progress);
                continue;
            }
            if under_way.is_empty() {
                let Some(wait_ms) = progress.idle_ms(clock::now()) else { return progress.ended };
                let stirred = watch.within(wait_ms, self.arrivals.wait()).await.is_some();
                if stirred || progress.closed_until_ms.is_some() {
                    continue;
                }
                return progress.ended;
            }
            let wait_ms = progress.busy_ms(clock::now());
            let stir = pin!(watch.within(wait_ms, self.arrivals.wait()));
            let done = match select(under_way.next(), stir).await {
                Either::Left((done, _)) => done,
                Either::Right(_) => continue,
            };
            let Some((mut job, sent)) = done else { continue };
            progress.busy.retain(|seq| *seq != job.seq);
            if sent.out_of_calls {
                log::line("run").with("outcome", "out_of_calls").info();
                progress.starting = false;
                if !progress.attempted {
                    progress.ended = Ended::OutOfCalls;
                }
                continue;
            }
            progress.attempted = true;
            // What has failed may close the gate, before the next is started; what has not, open it.
            let at_once = !sent.is_delivered() || self.is_breaker_open();
            job.body = Vec::new();
            progress.made.push((job, sent));
            if at_once {
                self.record_made(&mut progress);
            }
        }
    }

    /// Records what was attempted, in one turn.
    fn record_made(&self, progress: &mut Progress) {
        for (job, sent) in std::mem::take(&mut progress.made) {
            if let Err(error) = self.record(&job, &sent) {
                // What cannot be recorded would be sent again and again.
                self.log_failure("record", &error);
                self.unrecorded.borrow_mut().push(job.seq);
                progress.end_badly();
            } else {
                progress.gathered = RECORD_AT_ONCE;
            }
        }
    }

    /// Keeps the safety alarm ahead while the run goes on.
    async fn stay_safe(&self, progress: &mut Progress) {
        if let Some(at_ms) = progress.run.renew(clock::now().0) {
            // One that cannot be armed leaves the one before; it is tried again in its turn.
            let _ = self.set_alarm(at_ms).await;
        }
    }

    /// Ends the run: forgets what is old enough, and sets the alarm to the true next time.
    async fn finish(&self, ended: Ended) {
        // What was not started is in the store.
        self.arrivals.clear();
        if ended == Ended::Badly {
            let bad_runs = self.bad_runs.get();
            let wait_ms = limits::SAFETY_ALARM_MS.saturating_mul(1 << bad_runs.min(7));
            let wait_ms = wait_ms.min(RETRY_MOST_MS);
            self.retry_at.set(clock::now().plus(wait_ms));
            self.bad_runs.set(bad_runs.saturating_add(1));
            // Where there is no room, this is what makes some.
            if let Err(error) = self.prune(clock::now()) {
                self.log_failure("prune", &error);
            }
            self.not_fatal("count", self.books.write(clock::now()));
            self.alarm.borrow_mut().abandon_run();
            return;
        }
        match self.plan_next() {
            Ok(Plan::WakeAt(at_ms)) => {
                let soonest = match ended {
                    Ended::OutOfCalls => clock::now().plus(OUT_OF_CALLS_MS).0,
                    Ended::Sealed => clock::now().plus(SEALED_MS).0,
                    _ => 0,
                };
                let at_ms = at_ms.max(soonest);
                if self.set_alarm(at_ms).await.is_err() {
                    self.alarm.borrow_mut().forget();
                }
            }
            // Whatever is left to bury is left to the safety alarm.
            Ok(Plan::Bury(_)) => self.alarm.borrow_mut().forget(),
            Ok(Plan::Sleep) => {
                if let Err(error) = self.state.storage().delete_alarm().await {
                    self.log_failure("alarm", &error);
                    self.alarm.borrow_mut().forget();
                }
            }
            Err(error) => {
                self.log_failure("plan", &error);
                self.alarm.borrow_mut().abandon_run();
            }
        }
    }

    /// One turn without an await: whatever arrives later sees that no run is under way.
    fn plan_next(&self) -> worker::Result<Plan> {
        let now = clock::now();
        self.not_fatal("count", self.books.write(now));
        let all_pruned = self.prune(now)?;
        let mut plan = self.alarm.borrow_mut().finish_run(self.view()?, now.0);
        if let Plan::Bury(reason) = plan {
            if self.bury(reason, now)? {
                plan = self.alarm.borrow_mut().finish_run(self.view()?, now.0);
            } else {
                plan = Plan::WakeAt(now.0);
            }
        }
        match plan {
            Plan::Sleep if !all_pruned => plan = Plan::WakeAt(now.plus(PRUNE_AGAIN_MS).0),
            Plan::WakeAt(at_ms) if !all_pruned => {
                plan = Plan::WakeAt(at_ms.min(now.plus(PRUNE_AGAIN_MS).0));
            }
            _ => {}
        }
        Ok(plan)
    }

    fn prune(&self, now: Millis) -> worker::Result<bool> {
        if now.since(self.pruned.get()) < PRUNE_EVERY_MS {
            return Ok(true);
        }
        let Some(settings) = self.settings()? else { return Ok(true) };
        let done = self.store.prune_some(settings.retention.cutoffs(now.0))?;
        if done {
            self.pruned.set(now);
        }
        Ok(done)
    }
}

/// Looking for what may be forgotten is not worth doing after every run.
const PRUNE_EVERY_MS: u64 = 10 * 60 * 1000;

/// How long a run waits after one that was not allowed a single call.
const OUT_OF_CALLS_MS: u64 = 5_000;

/// The longest wait until what could not be recorded is sent once more.
const RETRY_MOST_MS: u64 = 15 * 60 * 1000;

/// How long a run waits after one that could open nothing.
const SEALED_MS: u64 = 30_000;

/// When more could be forgotten than one step does, the next step follows soon.
const PRUNE_AGAIN_MS: u64 = 1000;
