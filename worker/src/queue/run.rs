//! One run of the alarm handler: attempts what is due, and what becomes due meanwhile, within a
//! budget; then sets the true next time.

use std::pin::pin;
use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use hookward_relay::alarm::{Plan, Run};
use hookward_relay::delivery;
use hookward_relay::destination::{Destination, Status};
use hookward_relay::outcome::{Failure, Outcome, TransportFailure};

use super::DestinationQueue;
use super::rows::AttemptRow;
use super::send::{Opened, Sent};
use super::store::{Job, Seq};
use crate::clock::{self, Millis};
use crate::log;

/// How a run's part of the work ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing more is due, or the budget is used up.
    Well,
    /// Storage failed: the safety alarm stays, so that it is tried again, but not at once.
    Badly,
}

/// What to do with a delivery that is due.
enum Next {
    /// Attempt it.
    Job(Job),
    /// Leave it: its row cannot be read, and must not hold up the others.
    Broken(Seq),
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

    async fn work(&self, mut run: Run) -> Ended {
        let mut under_way = FuturesUnordered::new();
        // What is under way, and what cannot be read or recorded: neither is started again.
        let mut busy: Vec<Seq> = Vec::new();
        let mut broken: Vec<Seq> = Vec::new();
        let mut starting = true;
        let mut ended = Ended::Well;
        loop {
            if starting {
                loop {
                    match self.next_job(&mut run, &busy, &broken) {
                        Ok(Some(Next::Job(job))) => {
                            busy.push(job.seq);
                            under_way.push(self.attempt(job));
                        }
                        Ok(Some(Next::Broken(seq))) => broken.push(seq),
                        Ok(None) => break,
                        Err(error) => {
                            self.log_failure("due", &error);
                            (starting, ended) = (false, Ended::Badly);
                            break;
                        }
                    }
                }
            }
            if under_way.is_empty() {
                return if broken.is_empty() { ended } else { Ended::Badly };
            }
            let done = match select(under_way.next(), pin!(self.arrived.wait())).await {
                Either::Left((done, _)) => done,
                Either::Right(_) => continue,
            };
            let Some((job, sent)) = done else { continue };
            busy.retain(|seq| *seq != job.seq);
            if sent.out_of_calls {
                log::line("run").with("outcome", "out_of_calls").info();
                starting = false;
            } else if let Err(error) = self.record(&job, &sent) {
                self.log_failure("record", &error);
                broken.push(job.seq);
            }
        }
    }

    /// The next delivery to attempt; `None` when none is due, all hands are full, or the budget is
    /// used up.
    fn next_job(
        &self,
        run: &mut Run,
        busy: &[Seq],
        broken: &[Seq],
    ) -> worker::Result<Option<Next>> {
        let Some(settings) = self.settings()? else { return Ok(None) };
        let most = settings.concurrency.clamp(1, 6) as usize;
        if settings.status != Status::Enabled || busy.len() >= most {
            return Ok(None);
        }
        let now = clock::now();
        let Some(seq) = self.store.first_due(now, busy, broken)? else { return Ok(None) };
        if !run.take_attempt(now.0) {
            return Ok(None);
        }
        match self.store.job(seq) {
            Ok(Some(job)) => Ok(Some(Next::Job(job))),
            Ok(None) => Ok(Some(Next::Broken(seq))),
            Err(error) => {
                self.log_failure("job", &error);
                Ok(Some(Next::Broken(seq)))
            }
        }
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
        let outcome = Outcome::from(sent.result);
        let failure = outcome.failure();
        let status = match outcome {
            Outcome::Delivered { status } => Some(status),
            _ => failure.and_then(Failure::status),
        };
        let (Some(found), Some(settings)) = (self.store.delivery(job.seq)?, self.settings()?)
        else {
            return Ok(());
        };
        self.store.log_attempt(
            job.seq,
            &AttemptRow {
                round: job.made.round,
                attempt: job.made.attempt,
                at_ms: sent.started.0,
                duration_ms: sent.ended.since(sent.started),
                status,
                error: failure.map(|failure| failure.class().to_owned()),
                excerpt: sent.excerpt.clone(),
            },
        )?;
        let destination = Destination { status: settings.status, give_ups: settings.give_ups };
        let commands = delivery::record(
            found.delivery,
            destination,
            job.made,
            outcome,
            &settings.schedule,
            now.0,
            random_bits(),
        );
        self.execute(Some(job.seq), commands, now)?;
        let state = self.store.delivery(job.seq)?.map(|found| found.row.status.as_str());
        log::line("attempt")
            .with("destination", settings.id.to_string())
            .with("delivery", job.id.to_string())
            .with("round", job.made.round)
            .with("attempt", job.made.attempt)
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
            self.alarm.borrow_mut().abandon_run();
            return;
        }
        match self.plan_next() {
            Ok(Plan::WakeAt(at_ms)) => {
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

/// Looking for what may be forgotten is not worth doing after every run.
const PRUNE_EVERY_MS: u64 = 10 * 60 * 1000;

/// When more could be forgotten than one step does, the next step follows soon.
const PRUNE_AGAIN_MS: u64 = 1000;

/// 32 bits for the jitter; without randomness the wait is the shortest, which harms nobody.
fn random_bits() -> u32 {
    getrandom::u32().unwrap_or(0)
}
