//! What the admin API and the sweep ask of a queue.

use hookward_relay::alarm::{self, Plan};
use hookward_relay::breaker::BreakerState;
use hookward_relay::delivery::{self, Command, Delivery, ReplayRefused, State};
use hookward_relay::destination::{self, Destination, Status};
use hookward_relay::ingest::QueueAnswer;
use hookward_relay::limits;

use super::enqueue::Committed;
use super::history::Order;
use super::rows::{
    Deleted, DeliveryDetail, DeliveryPage, DeliveryRow, GetDelivery, List, OwnSecret, Patch,
    Replay, Rotate, Settings,
};
use super::{DestinationQueue, ping};
use crate::clock::{self, Millis};
use crate::log;
use crate::problem::{Code, Problem};
use crate::registry::rows::DestinationRow;

impl DestinationQueue {
    pub(super) fn create(&self, settings: Settings) -> Result<Settings, Problem> {
        check_headers(&settings)?;
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

    /// The settings, and whether the breaker is open.
    pub(super) fn shown(&self) -> Result<(Settings, BreakerState), Problem> {
        let settings = self.live()?;
        let gate = self.failed(self.gate())?;
        Ok((Settings::clone(&settings), gate.breaker()))
    }

    pub(super) fn patch(&self, call: Patch) -> Result<Settings, Problem> {
        let mut settings = Settings::clone(&*self.live()?);
        settings.name = call.name.unwrap_or(settings.name);
        let moved = call.url.is_some();
        if let Some((url, origin)) = call.url {
            (settings.url, settings.origin) = (url, origin);
        }
        if let Some((headers, names)) = call.headers {
            (settings.headers, settings.header_names) = (headers, names);
        }
        settings.route.sources = call.sources.unwrap_or(settings.route.sources);
        settings.route.events = call.events.unwrap_or(settings.route.events);
        settings.schedule = call.schedule.unwrap_or(settings.schedule);
        settings.profile = call.profile.unwrap_or(settings.profile);
        settings.concurrency = call.concurrency.unwrap_or(settings.concurrency);
        if let Some(limit) = call.rate_limit {
            settings.rate_limit = limit.first().copied();
        }
        if let Some(retention) = call.retention {
            settings.retention = retention;
            // What may be forgotten is another question now.
            self.expiry.set((Millis(0), None));
            self.pruned.set(Millis(0));
        }
        settings.version = settings.version.saturating_add(1);
        check_headers(&settings)?;
        let now = clock::now();
        let done = || {
            let known = Destination { status: settings.status, give_ups: settings.give_ups };
            self.put_settings(settings)?;
            if moved {
                self.reset_gate()?;
            }
            if let Some(change) = call.status {
                let commands = destination::change(known, change).unwrap_or_default();
                self.execute(None, commands, None, now)?;
            }
            self.changed.set(false);
            self.settings()
        };
        let settings = self.failed(done())?.ok_or_else(Problem::unknown_destination)?;
        Ok(Settings::clone(&settings))
    }

    pub(super) fn rotate(&self, call: Rotate) -> Result<Settings, Problem> {
        let mut settings = Settings::clone(&*self.live()?);
        let now = clock::now();
        settings.secrets = rotated(settings.secrets, call, now);
        self.failed(self.put_settings(settings.clone()))?;
        Ok(settings)
    }

    pub(super) async fn delete(&self) -> Result<Deleted, Problem> {
        // Nothing was ever made here, so there is nothing to end.
        if self.failed(self.settings())?.is_none() {
            return Ok(Deleted { done: true });
        }
        self.failed(self.execute(None, destination::delete(), None, clock::now()))?;
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
        self.give_notice(clock::now()).await;
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
        let (event, key, body) =
            ping::event(settings.profile, now).ok_or_else(Problem::unavailable)?;
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
        let id = self.known()?.id;
        let List { filter, before, limit } = call;
        let page = self.failed(self.store.list(id, filter, *before, *limit, Order::Sort))?;
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
        let done = || {
            self.execute(Some(found.seq), commands, None, now)?;
            self.count(|counts| counts.replayed(1))?;
            self.books.write(now)
        };
        self.failed(done())?;
        let found = self.failed(self.store.delivery(found.seq))?;
        found.map(|found| found.row).ok_or_else(Problem::unknown_delivery)
    }
}

/// The new secret, and those before it until their overlap is over: an older one no longer than the
/// one that it made way for, and none without an overlap.
fn rotated(before: Vec<OwnSecret>, call: Rotate, now: Millis) -> Vec<OwnSecret> {
    let overlap_ms = u64::from(call.overlap_s).saturating_mul(limits::SECOND_MS);
    let end_ms = now.plus(overlap_ms).0;
    let old = before.into_iter().map(|secret| {
        let until_ms = secret.until_ms.map_or(end_ms, |until_ms| until_ms.min(end_ms));
        OwnSecret { until_ms: Some(until_ms), ..secret }
    });
    let still_used = old.filter(|secret| secret.until_ms.is_some_and(|until_ms| now.0 < until_ms));
    let new = OwnSecret { sealed: call.sealed, until_ms: None };
    std::iter::once(new).chain(still_used).take(limits::DESTINATION_SECRETS).collect()
}

/// A destination's own headers are not those of its profile.
fn check_headers(settings: &Settings) -> Result<(), Problem> {
    let Some(provider) = settings.profile.provider() else { return Ok(()) };
    let provider = hookward::provider(provider).map_err(|_| Problem::unavailable())?;
    let own = |name: &&String| {
        let mut theirs = provider.scheme.headers.iter().chain(provider.pass_headers());
        theirs.any(|header| header.eq_ignore_ascii_case(name))
    };
    match settings.header_names.iter().find(own) {
        None => Ok(()),
        Some(name) => {
            let detail = format!("\"headers\": {name} is the signing profile's own.");
            Err(Problem::new(Code::InvalidHeaders, detail))
        }
    }
}

/// What makes a delivery due now: a replay, or, where it is pending, a due time that is now.
pub(super) fn again(
    delivery: Delivery,
    status: Status,
    now: Millis,
) -> Result<Vec<Command>, ReplayRefused> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_secrets_stay_until_their_overlap_is_over() {
        let secret = |name: &str, until_ms| OwnSecret { sealed: name.into(), until_ms };
        let rotate = |before: &[OwnSecret], overlap_s, now_ms| {
            let call = Rotate { sealed: "new".into(), overlap_s };
            rotated(before.to_vec(), call, Millis(now_ms))
        };
        let first = [secret("a", None)];
        assert_eq!(rotate(&first, 60, 0), [secret("new", None), secret("a", Some(60_000))]);
        assert_eq!(rotate(&first, 0, 5), [secret("new", None)]);
        let under_way = [secret("b", None), secret("a", Some(60_000))];
        let again = rotate(&under_way, 60, 30_000);
        let expected = [secret("new", None), secret("b", Some(90_000)), secret("a", Some(60_000))];
        assert_eq!(again, expected);
        // An overlap that is over, and one that is cut short.
        let over = rotate(&under_way, 60, 60_000);
        assert_eq!(over, [secret("new", None), secret("b", Some(120_000))]);
        let shorter = rotate(&under_way, 1, 30_000);
        let expected = [secret("new", None), secret("b", Some(31_000)), secret("a", Some(31_000))];
        assert_eq!(shorter, expected);
        let many: Vec<_> = (0..9).map(|n| secret("x", Some(1_000 + n))).collect();
        assert_eq!(rotate(&many, 60, 0).len(), limits::DESTINATION_SECRETS);
    }
}
