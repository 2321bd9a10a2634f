//! One run of the alarm handler: attempts what is due, and what becomes due meanwhile, within a
//! budget; then sets the true next time.

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
        let mut busy: Vec<Seq> = Vec::new();
        let mut ended = Ended::Well;
        let mut starting = true;
        loop {
            if starting {
                match self.start_due(&mut run, &busy) {
                    Ok(jobs) => {
                        for job in jobs {
                            busy.push(job.seq);
                            under_way.push(self.attempt(job));
                        }
                    }
                    Err(error) => {
                        self.log_failure("due", &error);
                        (ended, starting) = (Ended::Badly, false);
                    }
                }
            }
            if under_way.is_empty() {
                return ended;
            }
            let (job, sent) =
                match select(under_way.next(), std::pin::pin!(self.arrived.wait())).await {
                    Either::Left((Some(done), _)) => done,
                    Either::Left((None, _)) => return ended,
                    Either::Right(_) => continue,
                };
            if sent.out_of_calls {
                busy.retain(|seq| *seq != job.seq);
                log::line("run").with("outcome", "out_of_calls").info();
                starting = false;
                continue;
            }
            match self.record(&job, &sent) {
                Ok(()) => busy.retain(|seq| *seq != job.seq),
                Err(error) => {
                    // It stays busy: a result that cannot be recorded is not tried again now.
                    self.log_failure("record", &error);
                    (ended, starting) = (Ended::Badly, false);
                }
            }
        }
    }

    /// The next jobs, as many as may be under way besides `busy`.
    fn start_due(&self, run: &mut Run, busy: &[Seq]) -> worker::Result<Vec<Job>> {
        let Some(settings) = self.settings()? else { return Ok(Vec::new()) };
        if settings.status != Status::Enabled {
            return Ok(Vec::new());
        }
        let free = (settings.concurrency.clamp(1, 6) as usize).saturating_sub(busy.len());
        if free == 0 {
            return Ok(Vec::new());
        }
        let now = clock::now();
        let mut jobs = Vec::new();
        for seq in self.store.due(now, free, busy)? {
            if !run.take_attempt(now.0) {
                break;
            }
            jobs.extend(self.store.job(seq)?);
        }
        Ok(jobs)
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
