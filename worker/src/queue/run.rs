//! One run of the alarm handler: attempts what is due, and what becomes due meanwhile, within a
//! budget; then sets the true next time.

use std::collections::VecDeque;
use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use hookward_relay::alarm::{Plan, Run};
use hookward_relay::breaker::Pick;
use hookward_relay::destination::Status;
use hookward_relay::gate::Next;
use hookward_relay::limits;

use super::DestinationQueue;
use super::send::NotOpened;
use super::seq::Seq;
use super::store::Job;
use crate::clock::{self, Millis};
use crate::log;
use crate::time_out::Watch;

/// How a run's part of the work ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing more is due, or the budget is used up.
    Well,
    /// The platform made no call at all: this has to wait a little.
    OutOfCalls,
    /// No master key opens what is sealed: this has to wait until somebody has mended that.
    Sealed,
    /// Storage failed: the safety alarm stays, so that it is tried again, but not at once.
    Badly,
}

/// Rows that one look into the store brings.
const LOOK: usize = 32;

/// Even while events keep coming in, the store is looked at this often: what has been due for
/// longer is there.
const LOOK_EVERY_MS: u64 = 1_000;

/// How long a run waits for more before it ends: a run that goes on costs less than the three
/// alarms of the next one, and starts what comes in at once.
const LINGER_MS: u64 = 50;

/// A run waits no longer than this for the rate limit or the breaker to let the next one through;
/// otherwise it ends, and the alarm is set to that time.
const GATE_WAIT_MS: u64 = 1_000;

/// What a run holds between its turns.
struct Progress {
    run: Run,
    /// Due, by the last look into the store.
    ready: VecDeque<Seq>,
    busy: Vec<Seq>,
    looked: Option<Millis>,
    /// The last look brought as much as it may: there is more.
    more: bool,
    starting: bool,
    /// Some result has been recorded.
    recorded: bool,
    /// Until when nothing more may be started.
    closed_until_ms: Option<u64>,
    ended: Ended,
}

impl DestinationQueue {
    /// Never fails: what goes wrong is logged, and the safety alarm stays.
    pub(super) async fn run(&self) {
        let now = clock::now();
        let run = self.alarm.borrow_mut().start_run(now.0);
        if self.set_alarm(run.safety_alarm_ms()).await.is_err() {
            // Without it nothing may be sent. The sweep finds this queue.
            self.alarm.borrow_mut().abandon_run();
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
        let mut progress = Progress {
            run,
            ready: VecDeque::new(),
            busy: Vec::new(),
            looked: None,
            more: false,
            starting: true,
            recorded: false,
            closed_until_ms: None,
            ended: Ended::Well,
        };
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
            let Some((job, sent)) = done else { continue };
            progress.busy.retain(|seq| *seq != job.seq);
            if sent.out_of_calls {
                log::line("run").with("outcome", "out_of_calls").info();
                progress.starting = false;
                if !progress.recorded {
                    progress.ended = Ended::OutOfCalls;
                }
            } else if let Err(error) = self.record(&job, &sent) {
                // What cannot be recorded would be sent again and again.
                self.log_failure("record", &error);
                self.unrecorded.borrow_mut().push(job.seq);
                progress.end_badly();
            } else {
                progress.recorded = true;
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

    /// The next delivery to attempt; `None` when none is due or all hands are full. When the budget
    /// is used up, nothing more is started.
    fn next_job(&self, progress: &mut Progress) -> worker::Result<Option<Job>> {
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
            progress.looked = None;
            let taken = progress.taken(&self.set_aside());
            return Ok(self.store.probe(pick, now, &taken)?.map(Either::Left));
        }
        if let Some(seq) = progress.ready.pop_front() {
            return Ok(Some(Either::Left(seq)));
        }
        let looked_lately = progress.looked.is_some_and(|at| now.since(at) < LOOK_EVERY_MS);
        if looked_lately && let Some(job) = self.arrivals.take() {
            return Ok(Some(Either::Right(job)));
        }
        if looked_lately && !progress.more && !self.arrivals.wants_look() {
            return Ok(None);
        }
        // What was handed over is in the store too, and must not be started twice.
        let mut taken = progress.taken(&self.set_aside());
        taken.extend(self.arrivals.seqs());
        progress.ready = self.store.due(now, LOOK, &taken)?;
        progress.more = progress.ready.len() == LOOK;
        progress.looked = Some(now);
        if !progress.more {
            self.arrivals.have_looked();
        }
        let next = progress.ready.pop_front().map(Either::Left);
        Ok(next.or_else(|| self.arrivals.take().map(Either::Right)))
    }

    /// Ends the run: forgets what is old enough, and sets the alarm to the true next time.
    async fn finish(&self, ended: Ended) {
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

impl Progress {
    /// Storage failed: nothing more is started, and the safety alarm stays.
    fn end_badly(&mut self) {
        (self.starting, self.ended) = (false, Ended::Badly);
    }

    /// What is not to be started again.
    fn taken(&self, set_aside: &[Seq]) -> Vec<Seq> {
        self.busy.iter().chain(set_aside).copied().collect()
    }

    /// How long to wait where nothing is under way; `None`: the run ends.
    fn idle_ms(&self, now: Millis) -> Option<u64> {
        match self.closed_until_ms {
            _ if !self.starting => None,
            None => Some(LINGER_MS),
            Some(until_ms) => {
                Some(until_ms.saturating_sub(now.0)).filter(|wait_ms| *wait_ms <= GATE_WAIT_MS)
            }
        }
    }

    /// How long to wait for what is under way before there is something else to do.
    fn busy_ms(&self, now: Millis) -> u64 {
        let renew_ms = self.run.renews_in_ms(now.0);
        let opens_ms = self.closed_until_ms.filter(|_| self.starting);
        opens_ms.map_or(renew_ms, |until_ms| until_ms.saturating_sub(now.0).min(renew_ms)).max(1)
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
