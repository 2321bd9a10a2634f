//! One run of the alarm handler: attempts what is due, and what becomes due meanwhile, within a
//! budget; then sets the true next time.

use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use hookward_relay::alarm::{Plan, Run};
use hookward_relay::delivery::{self, Command};
use hookward_relay::destination::{Destination, Status};
use hookward_relay::outcome::{Failure, Outcome, TransportFailure};

use super::DestinationQueue;
use super::rows::AttemptRow;
use super::send::{Opened, Sent};
use super::store::{Job, Seq};
use crate::clock::{self, Millis};
use crate::log;
use crate::time_out::within;

/// How a run's part of the work ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing more is due, or the budget is used up.
    Well,
    /// The platform made no call at all: this has to wait a little.
    OutOfCalls,
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
        let ended = self.work(run).await;
        self.finish(ended).await;
        self.tell_registry().await;
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
            ended: Ended::Well,
        };
        let mut under_way = FuturesUnordered::new();
        loop {
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
                if progress.starting && within(LINGER_MS, self.arrivals.wait()).await.is_some() {
                    continue;
                }
                return progress.ended;
            }
            let done = match select(under_way.next(), pin!(self.arrivals.wait())).await {
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
                progress.end_badly();
            } else {
                progress.recorded = true;
            }
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
        let Some(seq_or_job) = self.next_due(progress, now)? else { return Ok(None) };
        if !progress.run.take_attempt(now.0) {
            progress.starting = false;
            return Ok(None);
        }
        let seq = match seq_or_job {
            // As it was stored, and nothing has changed since.
            Either::Right(job) if job.epoch == self.epoch.get() => return Ok(Some(job)),
            Either::Right(job) => job.seq,
            Either::Left(seq) => seq,
        };
        match self.store.job(seq, self.epoch.get()) {
            Ok(Some(job)) => Ok(Some(job)),
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
        now: Millis,
    ) -> worker::Result<Option<Either<Seq, Job>>> {
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
        self.arrivals.clear();
        let mut taken = progress.busy.clone();
        taken.extend_from_slice(&self.broken.borrow());
        progress.ready = self.store.due(now, LOOK, &taken)?;
        progress.more = progress.ready.len() == LOOK;
        progress.looked = Some(now);
        Ok(progress.ready.pop_front().map(Either::Left))
    }

    async fn attempt(&self, job: Job) -> (Job, Sent) {
        let sent = match self.opened() {
            Some(opened) => opened.send(&job).await,
            None => Sent::failed(clock::now(), TransportFailure::Internal),
        };
        (job, sent)
    }

    /// Writes down what came of an attempt, in one turn. Row and settings are read again: both may
    /// have changed while it was under way.
    fn record(&self, job: &Job, sent: &Sent) -> worker::Result<()> {
        let now = sent.ended;
        let mut outcome = Outcome::from(sent.result);
        let failure = outcome.failure();
        let status = match outcome {
            Outcome::Delivered { status } => Some(status),
            _ => failure.and_then(Failure::status),
        };
        // The row is read again only if it may have changed while the attempt was under way.
        let current = if job.epoch == self.epoch.get() {
            Some(job.delivery)
        } else {
            self.store.delivery(job.seq)?.map(|found| found.delivery)
        };
        let (Some(current), Some(settings), Some(made)) =
            (current, self.settings()?, job.delivery.next_attempt())
        else {
            return Ok(());
        };
        self.store.log_attempt(
            job.seq,
            &AttemptRow {
                round: made.round,
                attempt: made.attempt,
                at_ms: sent.started.0,
                duration_ms: sent.ended.since(sent.started),
                status,
                error: failure.map(|failure| failure.class().to_owned()),
                excerpt: sent.excerpt.clone(),
            },
        )?;
        // A 410 speaks for the URL that it came from, and that is not the destination's any more.
        if let (Outcome::Gone, Some(failure)) = (outcome, failure)
            && sent.url.as_ref() != Some(&settings.url)
        {
            outcome = Outcome::Retry { failure, retry_after: None };
        }
        let destination = Destination { status: settings.status, give_ups: settings.give_ups };
        let random = random_bits();
        let commands = delivery::record(
            current,
            destination,
            made,
            outcome,
            &settings.schedule,
            now.0,
            random,
        );
        let state = commands.iter().find_map(|command| match command {
            Command::Write(written) => Some(written.state.status().as_str()),
            _ => None,
        });
        self.execute(Some(job.seq), commands, now)?;
        log::line("attempt")
            .with("destination", settings.id.to_string())
            .with("delivery", job.id.to_string())
            .with("round", made.round)
            .with("attempt", made.attempt)
            .with("outcome", failure.map_or("delivered", |failure| failure.class()))
            .with("status", status)
            .with("duration_ms", sent.ended.since(sent.started))
            .with("delivery_status", state)
            .info();
        Ok(())
    }

    /// Ends the run: forgets what is old enough, and sets the alarm to the true next time.
    async fn finish(&self, ended: Ended) {
        if ended == Ended::Badly {
            // Where there is no room, this is what makes some.
            if let Err(error) = self.prune(clock::now()) {
                self.log_failure("prune", &error);
            }
            self.alarm.borrow_mut().abandon_run();
            return;
        }
        match self.plan_next() {
            Ok(Plan::WakeAt(at_ms)) => {
                let soonest = match ended {
                    Ended::OutOfCalls => clock::now().plus(OUT_OF_CALLS_MS).0,
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
        let cutoffs = hookward_relay::retention::cutoffs(now.0);
        let done = self.store.prune_some(cutoffs)?;
        if done {
            self.pruned.set(now);
        }
        Ok(done)
    }

    /// The open secrets, remembered until the settings change.
    fn opened(&self) -> Option<Rc<Opened>> {
        if let Some(opened) = self.opened.borrow().as_ref() {
            return Some(Rc::clone(opened));
        }
        let settings = self.settings().ok()??;
        let keys = self.config.keys.as_ref()?;
        let Ok(opened) = Opened::open(&keys.seal, &settings, self.config.allow_loopback) else {
            log::line("queue")
                .with("destination", settings.id.to_string())
                .with("outcome", "settings_unusable")
                .error();
            return None;
        };
        let opened = Rc::new(opened);
        self.opened.replace(Some(Rc::clone(&opened)));
        Some(opened)
    }
}

impl Progress {
    /// Storage failed: nothing more is started, and the safety alarm stays.
    fn end_badly(&mut self) {
        (self.starting, self.ended) = (false, Ended::Badly);
    }
}

/// Looking for what may be forgotten is not worth doing after every run.
const PRUNE_EVERY_MS: u64 = 10 * 60 * 1000;

/// How long a run waits after one that was not allowed a single call.
const OUT_OF_CALLS_MS: u64 = 5_000;

/// When more could be forgotten than one step does, the next step follows soon.
const PRUNE_AGAIN_MS: u64 = 1000;

/// 32 bits for the jitter; without randomness the wait is the shortest, which harms nobody.
fn random_bits() -> u32 {
    getrandom::u32().unwrap_or(0)
}
