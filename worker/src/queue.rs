//! A destination's queue: one object that owns its URL, secrets, schedule, deliveries and log.

mod admin;
mod arrivals;
mod history;
mod ping;
mod run;
mod store;

pub(crate) mod frame;
pub(crate) mod rows;
pub(crate) mod send;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hookward_relay::alarm::{Alarm, Plan, QueueView};
use hookward_relay::delivery::{self, Command, DeadReason, Delivery, Enqueue};
use hookward_relay::destination::Status;
use hookward_relay::ingest::QueueAnswer;
use hookward_relay::retention;
use worker::{DurableObject, Env, Request, Response, ScheduledTime, State, durable_object};

use self::arrivals::Arrivals;
use self::frame::ENQUEUE_PATH;
use self::rows::{
    Create, Delete, Event, Get, GetDelivery, List, Patch, Poke, Replay, ReplayMany, Rotate,
    SendTest, Settings,
};
use self::send::Opened;
use self::store::{Job, Seq, Store};
use crate::calls::{self, Call};
use crate::clock::{self, Millis};
use crate::config::{self, Config};
use crate::problem::Problem;
use crate::registry::rows::PutDestination;
use crate::{log, registry};

/// How many events are taken between two looks at the size of the database.
const EVENTS_PER_LOOK: u32 = 64;

/// How long it is remembered when something may first be forgotten.
const EXPIRY_KNOWN_MS: u64 = 10 * 60 * 1000;

/// How many statements of a thousand rows each a burial does at once.
const BURY_STEPS: u32 = 10;

/// What became of an event.
enum Committed {
    /// Stored just now.
    Yes { seq: Seq, delivery: Delivery, due: bool },
    /// Not stored now, for the reason that the answer gives.
    No(QueueAnswer),
}

/// The queue of one destination.
#[durable_object(alarm)]
pub struct DestinationQueue {
    state: State,
    config: Rc<Config>,
    store: Store,
    /// What is stored, once it has been read.
    settings: RefCell<Option<Rc<Settings>>>,
    opened: RefCell<Option<Rc<Opened>>>,
    /// The newest delivery, once it has been read.
    last: Cell<Option<Seq>>,
    /// What the database held at the last look, and how many events may come before the next.
    stored: Cell<(u64, u32)>,
    alarm: RefCell<Alarm>,
    arrivals: Arrivals,
    /// Rows that cannot be read: passed over for as long as this object lives.
    broken: RefCell<Vec<Seq>>,
    /// Goes up whenever rows are changed by anything but a run.
    epoch: Cell<u64>,
    pruned: Cell<Millis>,
    /// When something may first be forgotten, and when that was looked up.
    expiry: Cell<(Millis, Option<u64>)>,
    /// The registry has to be told of a change that came from a delivery's result.
    changed: Cell<bool>,
}

impl DurableObject for DestinationQueue {
    fn new(state: State, env: Env) -> Self {
        Self {
            config: config::of(&env),
            store: Store::new(state.storage().sql()),
            state,
            settings: RefCell::new(None),
            opened: RefCell::new(None),
            last: Cell::new(None),
            stored: Cell::new((0, 0)),
            alarm: RefCell::new(Alarm::new()),
            arrivals: Arrivals::default(),
            broken: RefCell::default(),
            epoch: Cell::new(0),
            pruned: Cell::new(Millis(0)),
            expiry: Cell::new((Millis(0), None)),
            changed: Cell::new(false),
        }
    }

    async fn fetch(&self, mut req: Request) -> worker::Result<Response> {
        let path = req.path();
        // From our own Worker, which keeps to its caps.
        let Ok(body) = req.bytes().await else {
            return calls::respond::<()>(&Err(Problem::unavailable()));
        };
        if path == ENQUEUE_PATH {
            return Ok(frame::respond(self.enqueue(&body).await));
        }
        self.dispatch(&path, &body).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.run().await;
        Response::empty()
    }
}

impl DestinationQueue {
    async fn dispatch(&self, path: &str, body: &[u8]) -> worker::Result<Response> {
        match path {
            Create::PATH => calls::answer(body, |call: Create| self.create(call.settings)),
            Get::PATH => calls::answer(body, |_: Get| self.live().map(|it| Settings::clone(&it))),
            Patch::PATH => {
                let answer = calls::answer(body, |call: Patch| self.patch(call));
                self.wake().await;
                answer
            }
            Rotate::PATH => calls::answer(body, |call: Rotate| self.rotate(call)),
            Delete::PATH => calls::respond(&self.delete().await),
            Poke::PATH => calls::respond(&self.poke().await),
            List::PATH => calls::answer(body, |call: List| self.list(&call)),
            GetDelivery::PATH => calls::answer(body, |call: GetDelivery| self.detail(&call)),
            SendTest::PATH => {
                let answer = calls::answer(body, |_: SendTest| self.send_test());
                self.wake().await;
                answer
            }
            Replay::PATH => {
                let answer = calls::answer(body, |call: Replay| self.replay(&call));
                self.wake().await;
                answer
            }
            ReplayMany::PATH => {
                let answer = calls::answer(body, |call: ReplayMany| self.replay_many(&call));
                self.wake().await;
                answer
            }
            _ => calls::respond::<()>(&Err(Problem::unavailable())),
        }
    }

    /// Takes an event: commits it, answers, and sees to it that it is worked on.
    async fn enqueue(&self, frame: &[u8]) -> QueueAnswer {
        let now = clock::now();
        let Some((event, event_key, body)) = frame::parse(frame) else {
            return QueueAnswer::Failed;
        };
        let Ok(Some(settings)) = self.settings() else {
            // Only queues that were made are asked: one without settings has lost them.
            log::line("queue")
                .with("object", self.state.id().to_string())
                .with("outcome", "no_settings")
                .error();
            return QueueAnswer::Failed;
        };
        let key = frame::delivery_key(settings.id, &event_key);
        match self.commit(&event, &key, body, now) {
            Ok(Committed::No(answer)) => answer,
            Ok(Committed::Yes { seq, delivery, due }) => {
                if due {
                    let (id, epoch) = (store::delivery_id(seq, &key), self.epoch.get());
                    let Event { source, event_type, carried } = event;
                    let body = body.to_vec();
                    let job = Job { seq, id, delivery, epoch, source, event_type, carried, body };
                    self.start(job, now).await;
                }
                QueueAnswer::Committed
            }
            Err(error) => {
                self.log_failure("enqueue", &error);
                QueueAnswer::Failed
            }
        }
    }

    /// Stores an event, in one turn without an await.
    fn commit(
        &self,
        event: &Event,
        key: &[u8; 32],
        body: &[u8],
        now: Millis,
    ) -> worker::Result<Committed> {
        let Some(settings) = self.settings()? else {
            return Ok(Committed::No(QueueAnswer::Failed));
        };
        let stored = self.stored_bytes();
        // Whether the key is known is for the statement to say, except where there is no room.
        let answer = match delivery::enqueue(settings.status, false, stored, now.0) {
            Enqueue::Unmatched => QueueAnswer::Unmatched,
            Enqueue::Duplicate => QueueAnswer::Duplicate,
            Enqueue::Full if self.store.knows(key)? => QueueAnswer::Duplicate,
            Enqueue::Full => QueueAnswer::Full,
            Enqueue::Insert(delivery) => {
                let seq = Seq::next(self.last_seq()?, now);
                if self.store.insert(seq, key, event, body, delivery)? {
                    self.last.set(Some(seq));
                    let pending = delivery.next_attempt().is_some();
                    let due = pending && settings.status == Status::Enabled;
                    return Ok(Committed::Yes { seq, delivery, due });
                }
                QueueAnswer::Duplicate
            }
        };
        Ok(Committed::No(answer))
    }

    /// Sees to it that a delivery just stored is worked on. An alarm that cannot be set is found by
    /// the sweep.
    async fn start(&self, job: Job, now: Millis) {
        let arm = self.alarm.borrow_mut().wake(now.0, now.0);
        match arm {
            None if self.alarm.borrow().is_running(now.0) => self.arrivals.hand_over(job),
            None => {}
            Some(at_ms) => self.arm(at_ms).await,
        }
    }

    /// Writes what was decided, in its order, in one turn. [`Command::Wake`] is left to the caller,
    /// who calls [`Self::wake`] once the turn is over.
    fn execute(&self, seq: Option<Seq>, commands: Vec<Command>, now: Millis) -> worker::Result<()> {
        for command in commands {
            match command {
                Command::Write(delivery) => {
                    if let Some(seq) = seq {
                        self.store.write(seq, delivery)?;
                    }
                }
                Command::SetStatus { status, disabled_by } => self.change_settings(|settings| {
                    self.rows_change();
                    settings.version = settings.version.saturating_add(1);
                    settings.status = status;
                    settings.disabled_by = disabled_by;
                    self.changed.set(true);
                })?,
                Command::SetGiveUps(give_ups) => {
                    if self.settings()?.is_some_and(|settings| settings.give_ups != give_ups) {
                        self.change_settings(|settings| settings.give_ups = give_ups)?;
                    }
                }
                Command::BuryPending(reason) => drop(self.bury(reason, now)?),
                Command::Wake => {}
            }
        }
        Ok(())
    }

    /// From here on, what a run has read of the rows may be out of date.
    fn rows_change(&self) {
        self.epoch.set(self.epoch.get().wrapping_add(1));
    }

    /// Makes pending deliveries dead, thousands at a time; says whether none is left. What is left
    /// is the next run's.
    fn bury(&self, reason: DeadReason, now: Millis) -> worker::Result<bool> {
        self.rows_change();
        for _ in 0..BURY_STEPS {
            if self.store.bury_some(reason, now)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes sure that the alarm is early enough for whatever is to be done.
    async fn wake(&self) {
        let now = clock::now();
        match self.view() {
            Ok(view) => match hookward_relay::alarm::plan(view, now.0) {
                Plan::WakeAt(at_ms) => self.wake_at(at_ms, now).await,
                Plan::Bury(_) => self.wake_at(now.0, now).await,
                Plan::Sleep => {}
            },
            Err(error) => self.log_failure("wake", &error),
        }
    }

    async fn wake_at(&self, at_ms: u64, now: Millis) {
        let arm = self.alarm.borrow_mut().wake(at_ms, now.0);
        match arm {
            None => self.arrivals.look_again(),
            Some(at_ms) => self.arm(at_ms).await,
        }
    }

    async fn arm(&self, at_ms: u64) {
        if self.set_alarm(at_ms).await.is_err() {
            self.alarm.borrow_mut().forget();
        }
    }

    async fn set_alarm(&self, at_ms: u64) -> worker::Result<()> {
        // Times stay far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
        let set = self.state.storage().set_alarm(ScheduledTime::new(date)).await;
        set.inspect_err(|error| self.log_failure("alarm", error))
    }

    fn view(&self) -> worker::Result<QueueView> {
        let Some(settings) = self.settings()? else {
            let (earliest_due_ms, earliest_expiry_ms) = (None, None);
            return Ok(QueueView { status: Status::Paused, earliest_due_ms, earliest_expiry_ms });
        };
        Ok(QueueView {
            status: settings.status,
            earliest_due_ms: self.store.earliest_due_ms(&self.broken.borrow())?,
            earliest_expiry_ms: self.earliest_expiry_ms()?,
        })
    }

    /// When something may first be forgotten. That lies days ahead and need not be known to the
    /// minute, so it is looked up now and then.
    fn earliest_expiry_ms(&self) -> worker::Result<Option<u64>> {
        let now = clock::now();
        if let (at, known @ Some(_)) = self.expiry.get()
            && now.since(at) < EXPIRY_KNOWN_MS
        {
            return Ok(known);
        }
        let expiry_ms = retention::earliest_expiry_ms(self.store.oldest_finished()?);
        self.expiry.set((now, expiry_ms));
        Ok(expiry_ms)
    }

    /// Tells the registry of a change that a delivery's result made. The sweep does it otherwise.
    async fn tell_registry(&self) {
        if !self.changed.replace(false) {
            return;
        }
        let (Ok(Some(settings)), Some(namespace)) = (self.settings(), &self.config.registry) else {
            return;
        };
        if let Ok(stub) = namespace.get_by_name(registry::NAME) {
            let call = PutDestination { row: settings.routing_row(), new: false };
            let _ = calls::ask(&stub, &call).await;
        }
    }

    fn settings(&self) -> worker::Result<Option<Rc<Settings>>> {
        if let Some(settings) = self.settings.borrow().as_ref() {
            return Ok(Some(Rc::clone(settings)));
        }
        let settings = self.store.settings()?.map(Rc::new);
        self.settings.replace(settings.clone());
        Ok(settings)
    }

    fn put_settings(&self, settings: Settings) -> worker::Result<()> {
        self.store.put_settings(&settings)?;
        self.settings.replace(Some(Rc::new(settings)));
        self.opened.replace(None);
        Ok(())
    }

    fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> worker::Result<()> {
        let Some(settings) = self.settings()? else { return Ok(()) };
        let mut settings = Settings::clone(&settings);
        change(&mut settings);
        self.put_settings(settings)
    }

    /// The settings of a destination that is there, deleted or not.
    fn known(&self) -> Result<Rc<Settings>, Problem> {
        self.failed(self.settings())?.ok_or_else(Problem::unknown_destination)
    }

    /// The settings of a destination that is not deleted.
    fn live(&self) -> Result<Rc<Settings>, Problem> {
        let settings = self.known()?;
        if settings.status == Status::Deleted {
            return Err(Problem::unknown_destination());
        }
        Ok(settings)
    }

    fn last_seq(&self) -> worker::Result<Option<Seq>> {
        if self.last.get().is_none() {
            self.last.set(self.store.last_seq()?);
        }
        Ok(self.last.get())
    }

    fn stored_bytes(&self) -> u64 {
        let (bytes, left) = self.stored.get();
        if let Some(left) = left.checked_sub(1) {
            self.stored.set((bytes, left));
            return bytes;
        }
        let bytes = self.store.bytes();
        self.stored.set((bytes, EVENTS_PER_LOOK));
        bytes
    }

    /// A storage error, logged, as the 503 that it is to the caller.
    fn failed<T>(&self, result: worker::Result<T>) -> Result<T, Problem> {
        result.map_err(|error| {
            self.log_failure("call", &error);
            Problem::unavailable()
        })
    }

    fn log_failure(&self, what: &'static str, error: &worker::Error) {
        log::line("queue")
            .with("object", self.state.id().to_string())
            .with("what", what)
            .with("outcome", "failed")
            .with("class", log::class(error))
            .error();
    }
}
