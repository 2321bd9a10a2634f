//! A destination's queue: one object that owns its URL, secrets, schedule, deliveries and log.

mod admin;
mod arrivals;
mod books;
mod counts;
mod enqueue;
mod gate;
mod history;
mod job;
mod journal;
mod next;
mod notice;
mod ping;
mod progress;
mod record;
mod replay_store;
mod replays;
mod reseal;
mod run;
mod schema;
mod seq;
mod settings;
mod store;
mod wake;

pub(crate) mod frame;
pub(crate) mod rows;
pub(crate) mod send;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hookward_relay::alarm::Alarm;
use hookward_relay::delivery::{Command, DeadReason};
use hookward_relay::operational::Disabled;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use self::arrivals::Arrivals;
use self::books::Books;
use self::gate::Kept;
use self::rows::{
    CancelReplay, CountMatching, Create, Delete, Get, GetDelivery, GetMetrics, GetReplay, List,
    ListReplays, Patch, Poke, Replay, ReplayRow, Reseal, Rotate, SendTest, Settings, StartReplay,
};
use self::send::Opened;
use self::seq::Seq;
use self::store::Store;
use crate::calls::{self, Call};
use crate::clock::Millis;
use crate::config::{self, Config};
use crate::host::Calls;
use crate::log;
use crate::problem::Problem;

/// How many statements of a thousand rows each a burial does at once.
const BURY_STEPS: u32 = 10;

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
    alarm: Rc<RefCell<Alarm>>,
    arrivals: Arrivals,
    /// Once it has been read.
    gate: Cell<Option<Kept>>,
    books: Rc<Books>,
    calls: Calls,
    /// The replay under way, if there is one, once that is known.
    #[allow(clippy::option_option)]
    replay: RefCell<Option<Option<ReplayRow>>>,
    /// Rows that cannot be read: passed over for as long as this object lives.
    broken: RefCell<Vec<Seq>>,
    /// Rows whose results could not be written down, and when they are tried again.
    unrecorded: RefCell<Vec<Seq>>,
    retry_at: Cell<Millis>,
    /// Runs in a row that have ended so.
    bad_runs: Cell<u32>,
    /// Goes up whenever rows are changed by anything but a run.
    epoch: Cell<u64>,
    pruned: Cell<Millis>,
    /// When something may first be forgotten, and when that was looked up.
    expiry: Cell<(Millis, Option<u64>)>,
    /// When a notice was last tried to be given.
    notice_tried: Cell<Millis>,
    /// The registry has to be told of a change that came from a delivery's result.
    changed: Cell<bool>,
}

impl DurableObject for DestinationQueue {
    fn new(state: State, env: Env) -> Self {
        let store = Store::new(state.storage().sql());
        Self {
            config: config::of(&env),
            calls: send::calls(),
            books: Rc::new(Books::new(store.clone())),
            store,
            state,
            settings: RefCell::new(None),
            opened: RefCell::new(None),
            last: Cell::new(None),
            stored: Cell::new((0, 0)),
            alarm: Rc::new(RefCell::new(Alarm::new())),
            arrivals: Arrivals::default(),
            gate: Cell::new(None),
            replay: RefCell::new(None),
            broken: RefCell::default(),
            unrecorded: RefCell::default(),
            retry_at: Cell::new(Millis(0)),
            bad_runs: Cell::new(0),
            epoch: Cell::new(0),
            pruned: Cell::new(Millis(0)),
            expiry: Cell::new((Millis(0), None)),
            notice_tried: Cell::new(Millis(0)),
            changed: Cell::new(false),
        }
    }

    async fn fetch(&self, mut req: Request) -> worker::Result<Response> {
        let path = req.path();
        // From our own Worker, which keeps to its caps.
        let Ok(body) = req.bytes().await else {
            return calls::respond::<()>(&Err(Problem::unavailable()));
        };
        self.dispatch(&path, &body).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.run().await;
        Response::empty()
    }
}

#[wasm_bindgen]
impl DestinationQueue {
    /// Takes an event in a frame. The status says what became of it; see [`frame`]. All in one turn, so
    /// that it needs no promise: this is called with every event.
    pub fn take(&self, frame: &[u8]) -> u16 {
        frame::status(self.enqueue(frame))
    }
}

impl DestinationQueue {
    async fn dispatch(&self, path: &str, body: &[u8]) -> worker::Result<Response> {
        match path {
            Create::PATH => calls::answer(body, |call: Create| self.create(call.settings)),
            Get::PATH => calls::answer(body, |_: Get| self.shown()),
            Patch::PATH => {
                let answer = calls::answer(body, |call: Patch| self.patch(call));
                self.wake().await;
                answer
            }
            Rotate::PATH => calls::answer(body, |call: Rotate| self.rotate(call)),
            GetMetrics::PATH => calls::answer(body, |_: GetMetrics| self.metrics()),
            Reseal::PATH => calls::answer(body, |_: Reseal| self.reseal()),
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
            StartReplay::PATH => {
                let answer = calls::answer(body, |call: StartReplay| self.start_replay(call));
                self.wake().await;
                answer
            }
            CountMatching::PATH => {
                calls::answer(body, |call: CountMatching| self.count_matching(&call))
            }
            GetReplay::PATH => calls::answer(body, |call: GetReplay| self.shown_replay(&call)),
            ListReplays::PATH => calls::answer(body, |call: ListReplays| self.list_replays(&call)),
            CancelReplay::PATH => {
                calls::answer(body, |call: CancelReplay| self.cancel_replay(&call))
            }
            _ => calls::respond::<()>(&Err(Problem::unavailable())),
        }
    }

    /// Writes what was decided, in its order, in one turn. [`Command::Wake`] is left to the caller,
    /// who calls [`Self::wake`] once the turn is over. A `notice` is of the status that is set.
    fn execute(
        &self,
        seq: Option<Seq>,
        commands: Vec<Command>,
        notice: Option<Disabled>,
        now: Millis,
    ) -> worker::Result<()> {
        for command in commands {
            if gate::enables(&command) {
                self.reset_gate()?;
            }
            match command {
                Command::Write(delivery) => {
                    if let Some(seq) = seq {
                        self.store.write(seq, delivery)?;
                    }
                }
                Command::SetStatus { status, disabled_by } => {
                    self.change_settings(|settings| {
                        self.rows_change();
                        settings.version = settings.version.saturating_add(1);
                        settings.status = status;
                        settings.disabled_by = disabled_by;
                        settings.notice = notice.or(settings.notice);
                        self.changed.set(true);
                    })?;
                    self.stop_replay(status, now)?;
                }
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
        let (mut buried, mut done) = (0_u64, false);
        for _ in 0..BURY_STEPS {
            let (more, last) = self.store.bury_some(reason, now)?;
            (buried, done) = (buried.saturating_add(more), last);
            if done {
                break;
            }
        }
        if buried > 0 {
            self.count(|counts| counts.dead(reason, buried))?;
            self.books.write(now)?;
            log::line("dead_letters")
                .with("object", self.state.id().to_string())
                .with("reason", reason.as_str())
                .with("count", buried)
                .info();
        }
        Ok(done)
    }

    /// A storage error, logged, as the 503 that it is to the caller.
    fn failed<T>(&self, result: worker::Result<T>) -> Result<T, Problem> {
        result.map_err(|error| {
            self.log_failure("call", &error);
            Problem::unavailable()
        })
    }

    /// What is worth less than what it is about: a failure is logged, and all goes on.
    fn not_fatal(&self, what: &'static str, result: worker::Result<()>) {
        if let Err(error) = result {
            self.log_failure(what, &error);
        }
    }

    fn log_failure(&self, what: &'static str, error: &worker::Error) {
        log_failure(&self.state.id().to_string(), what, error);
    }
}

/// The object is named where its settings may be what failed.
fn log_failure(object: &str, what: &'static str, error: &worker::Error) {
    log::line("queue")
        .with("object", object)
        .with("what", what)
        .with("outcome", "failed")
        .with("class", log::class(error))
        .error();
}
