//! What the admin API and the sweep ask of a queue.

use hookward_relay::alarm::{self, Plan};
use hookward_relay::delivery::{self, Command, Delivery, ReplayRefused, State};
use hookward_relay::destination::{self, Destination, Status};
use hookward_relay::ingest::QueueAnswer;

use super::rows::{
    Deleted, DeliveryDetail, DeliveryPage, DeliveryRow, GetDelivery, List, Patch, Replay,
    ReplayMany, Replayed, Settings,
};
use super::{Committed, DestinationQueue, ping};
use crate::clock::{self, Millis};
use crate::log;
use crate::problem::{Code, Problem};
use crate::registry::rows::DestinationRow;

/// Replays per call. The answer says where to go on.
const REPLAYS: u32 = 500;

impl DestinationQueue {
    pub(super) fn create(&self, settings: Settings) -> Result<Settings, Problem> {
        let done = || {
            self.store.create()?;
            if let Some(existing) = self.settings()? {
                return Ok(Settings::clone(&existing));
            }
            self.put_settings(settings.clone())?;
            Ok(settings)
        };
        let settings = self.failed(done())?;
        if settings.status == Status::Deleted {
            return Err(Problem::unknown_destination());
        }
        Ok(settings)
    }

    pub(super) fn patch(&self, call: Patch) -> Result<Settings, Problem> {
        let mut settings = Settings::clone(&*self.live()?);
        settings.name = call.name.unwrap_or(settings.name);
        if let Some((url, origin)) = call.url {
            (settings.url, settings.origin) = (url, origin);
        }
        if let Some((headers, names)) = call.headers {
            (settings.headers, settings.header_names) = (headers, names);
        }
        settings.route.sources = call.sources.unwrap_or(settings.route.sources);
        settings.route.events = call.events.unwrap_or(settings.route.events);
        settings.schedule = call.schedule.unwrap_or(settings.schedule);
        settings.concurrency = call.concurrency.unwrap_or(settings.concurrency);
        settings.version = settings.version.saturating_add(1);
        let now = clock::now();
        let done = || {
            let known = Destination { status: settings.status, give_ups: settings.give_ups };
            self.put_settings(settings)?;
            if let Some(change) = call.status {
                let commands = destination::change(known, change).unwrap_or_default();
                self.execute(None, commands, now)?;
            }
            self.changed.set(false);
            self.settings()
        };
        let settings = self.failed(done())?.ok_or_else(Problem::unknown_destination)?;
        Ok(Settings::clone(&settings))
    }

    pub(super) async fn delete(&self) -> Result<Deleted, Problem> {
        // Nothing was ever made here, so there is nothing to end.
        if self.failed(self.settings())?.is_none() {
            return Ok(Deleted { done: true });
        }
        self.failed(self.execute(None, destination::delete(), clock::now()))?;
        self.changed.set(false);
        self.wake().await;
        let view = self.failed(self.view())?;
        let buried = view.earliest_due_ms.is_none();
        let armed = match view.earliest_expiry_ms {
            None => true,
            Some(_) => self.failed(self.state.storage().get_alarm().await)?.is_some(),
        };
        Ok(Deleted { done: buried && armed })
    }

    pub(super) async fn poke(&self) -> Result<DestinationRow, Problem> {
        let settings = self.failed(self.settings())?.ok_or_else(Problem::unknown_destination)?;
        let armed = self.failed(self.state.storage().get_alarm().await)?;
        let armed = armed.and_then(|at_ms| u64::try_from(at_ms).ok());
        let now = clock::now();
        let running = self.alarm.borrow().is_running(now.0);
        let view = self.failed(self.view())?;
        let plan = match alarm::sweep(view, armed, running, now.0) {
            Plan::Bury(reason) => {
                self.failed(self.bury(reason, now))?;
                Plan::WakeAt(now.0)
            }
            plan => plan,
        };
        if let Plan::WakeAt(at_ms) = plan {
            self.alarm.borrow_mut().forget();
            self.wake_at(at_ms, now).await;
            log::line("poke")
                .with("destination", settings.id.to_string())
                .with("outcome", "armed")
                .info();
        }
        Ok(settings.routing_row())
    }

    /// Stores a `ping` of our own, as an event that nobody else ever has.
    pub(super) fn send_test(&self) -> Result<DeliveryRow, Problem> {
        let settings = self.live()?;
        if settings.status == Status::Disabled {
            let detail = "The destination is disabled; enable it first.";
            return Err(Problem::new(Code::DestinationDisabled, detail));
        }
        let now = clock::now();
        let (event, key, body) = ping::event(now).ok_or_else(Problem::unavailable)?;
        let seq = match self.failed(self.commit(&event, &key, &body, now))? {
            Committed::Yes { seq, .. } => seq,
            Committed::No(QueueAnswer::Full) => {
                return Err(Problem::new(Code::QueueFull, "The destination's queue is full."));
            }
            Committed::No(_) => return Err(Problem::unavailable()),
        };
        let found = self.failed(self.store.delivery(seq))?;
        found.map(|found| found.row).ok_or_else(Problem::unavailable)
    }

    pub(super) fn list(&self, call: &List) -> Result<DeliveryPage, Problem> {
        self.known()?;
        let page = self.failed(self.store.list(&call.filter, call.before, call.limit))?;
        let rows = page.rows.into_iter().map(|found| found.row).collect();
        Ok(DeliveryPage { rows, next: page.next })
    }

    pub(super) fn detail(&self, call: &GetDelivery) -> Result<DeliveryDetail, Problem> {
        self.known()?;
        let found = self.failed(self.store.find(call.id))?.ok_or_else(Problem::unknown_delivery)?;
        let attempts = self.failed(self.store.attempts(found.seq))?;
        Ok(DeliveryDetail { row: found.row, attempts })
    }

    pub(super) fn replay(&self, call: &Replay) -> Result<DeliveryRow, Problem> {
        let settings = self.live()?;
        let found = self.failed(self.store.find(call.id))?.ok_or_else(Problem::unknown_delivery)?;
        let now = clock::now();
        let commands = again(found.delivery, settings.status, now).map_err(refused)?;
        self.rows_change();
        self.failed(self.execute(Some(found.seq), commands, now))?;
        let found = self.failed(self.store.delivery(found.seq))?;
        found.map(|found| found.row).ok_or_else(Problem::unknown_delivery)
    }

    pub(super) fn replay_many(&self, call: &ReplayMany) -> Result<Replayed, Problem> {
        let settings = self.live()?;
        if settings.status == Status::Disabled {
            return Err(refused(ReplayRefused::DestinationDisabled));
        }
        let now = clock::now();
        let page = self.failed(self.store.list(&call.filter, call.before, REPLAYS))?;
        self.rows_change();
        let mut answer = Replayed { matched: 0, replayed: 0, next: page.next };
        for found in page.rows {
            let Ok(commands) = again(found.delivery, settings.status, now) else {
                continue;
            };
            answer.matched = answer.matched.saturating_add(1);
            if !call.dry_run {
                self.failed(self.execute(Some(found.seq), commands, now))?;
                answer.replayed = answer.replayed.saturating_add(1);
            }
        }
        Ok(answer)
    }
}

/// What makes a delivery due now: a replay, or, where it is pending, a due time that is now.
fn again(delivery: Delivery, status: Status, now: Millis) -> Result<Vec<Command>, ReplayRefused> {
    match delivery::replay(delivery, status, now.0) {
        Err(ReplayRefused::Pending) => {
            let state = State::Pending { due_at_ms: now.0 };
            Ok(vec![Command::Write(Delivery { state, ..delivery }), Command::Wake])
        }
        decided => decided,
    }
}

fn refused(reason: ReplayRefused) -> Problem {
    let code = match reason {
        ReplayRefused::Pending => Code::DeliveryPending,
        ReplayRefused::DestinationDeleted => return Problem::unknown_destination(),
        _ => Code::DestinationDisabled,
    };
    Problem::new(code, format!("Not replayed: {reason}."))
}
