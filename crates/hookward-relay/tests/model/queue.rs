//! One destination's queue object, as its storage and its memory are. What its alarm does is in
//! [`crate::run`].

use std::collections::{BTreeMap, BTreeSet};

use hookward_relay::alarm::{self, Alarm, Plan, QueueView};
use hookward_relay::delivery::{self, Command, Delivery, DeliveryStatus, Enqueue, State};
use hookward_relay::destination::{self, Change, Destination, DisabledBy, Status};
use hookward_relay::gate::Gate;
use hookward_relay::ids::{DeliveryId, DestinationId};
use hookward_relay::ingest::QueueAnswer;
use hookward_relay::operational::{self, Disabled};
use hookward_relay::pace::RateLimit;
use hookward_relay::replay_job::{JobStatus, Progress};
use hookward_relay::retention::Retention;
use hookward_relay::retry::Schedule;

use crate::endpoint::Endpoint;

/// What becomes of a call to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    /// The call never arrives.
    Unreached,
    /// The event is stored, the answer is lost.
    AnswerLost,
    /// The event is stored, the alarm is not armed, the answer is lost.
    CrashedBeforeAlarm,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) id: DeliveryId,
    pub(crate) delivery: Delivery,
}

/// A replay of many, and what it has done to which event.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) status: Option<DeliveryStatus>,
    /// Deliveries from here on were not there when it was made.
    pub(crate) upper: DeliveryId,
    pub(crate) progress: Progress,
    pub(crate) began_rounds: BTreeSet<u8>,
    /// What it has to replay, unless somebody else changes that first.
    pub(crate) wanted: BTreeMap<u8, Delivery>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: DestinationId,
    // Kept by the platform.
    pub(crate) destination: Destination,
    pub(crate) rows: BTreeMap<u8, Row>,
    pub(crate) alarm_ms: Option<u64>,
    pub(crate) stored_gate: Gate,
    pub(crate) job: Option<Job>,
    pub(crate) notice: Option<Disabled>,
    // Lost with every restart.
    pub(crate) memory: Alarm,
    pub(crate) gate: Gate,
    // Seen from outside.
    pub(crate) endpoint: Endpoint,
    pub(crate) forgotten: BTreeSet<u8>,
    /// Every time that the destination disabled itself.
    pub(crate) disablings: Vec<Disabled>,
    made_ids: u8,
}

pub(crate) fn schedule() -> Schedule {
    Schedule::parse(vec![5, 60, 3_600]).unwrap()
}

pub(crate) fn retention() -> Retention {
    Retention::parse(4, 4).unwrap()
}

impl Queue {
    pub(crate) fn new(id: DestinationId, limit: Option<RateLimit>) -> Self {
        Self {
            id,
            destination: Destination::new(),
            rows: BTreeMap::new(),
            alarm_ms: None,
            stored_gate: Gate::default(),
            job: None,
            notice: None,
            memory: Alarm::new(),
            gate: Gate::default(),
            endpoint: Endpoint::new(limit),
            forgotten: BTreeSet::new(),
            disablings: Vec::new(),
            made_ids: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        self.memory = Alarm::new();
        self.gate = self.stored_gate;
    }

    pub(crate) fn enqueue(&mut self, event: u8, fate: Fate, now_ms: u64) -> QueueAnswer {
        if fate == Fate::Unreached {
            return QueueAnswer::Failed;
        }
        let known = self.rows.contains_key(&event);
        let status = self.destination.status;
        let answer = match delivery::enqueue(self.destination.status, known, 0, now_ms) {
            Enqueue::Duplicate => QueueAnswer::Duplicate,
            Enqueue::Unmatched => QueueAnswer::Unmatched,
            Enqueue::Full => QueueAnswer::Full,
            Enqueue::Insert(delivery) => {
                let dead = matches!(delivery.state, State::Dead { .. });
                assert_eq!(dead, status == Status::Disabled, "stored as the status says");
                self.made_ids = self.made_ids.wrapping_add(1);
                let id = DeliveryId::new(now_ms, [self.made_ids; 10]);
                self.rows.insert(event, Row { id, delivery });
                if fate == Fate::CrashedBeforeAlarm {
                    self.restart();
                } else {
                    self.wake(now_ms);
                }
                QueueAnswer::Committed
            }
        };
        assert_eq!(answer == QueueAnswer::Unmatched, status == Status::Deleted);
        if fate == Fate::Answered { answer } else { QueueAnswer::Failed }
    }

    pub(crate) fn change(&mut self, change: Change, cut: Option<usize>, now_ms: u64) {
        match destination::change(self.destination, change) {
            Ok(commands) => self.execute(&commands, None, cut, now_ms),
            Err(destination::Deleted) => assert_eq!(self.destination.status, Status::Deleted),
        }
    }

    pub(crate) fn delete(&mut self, cut: Option<usize>, now_ms: u64) {
        self.execute(&destination::delete(), None, cut, now_ms);
    }

    pub(crate) fn replay(&mut self, event: u8, now_ms: u64) -> bool {
        let Some(row) = self.rows.get(&event).copied() else { return false };
        match delivery::replay(row.delivery, self.destination.status, now_ms) {
            Ok(commands) => {
                assert_eq!(row.delivery.next_attempt(), None, "a pending one has its round");
                self.execute(&commands, Some(event), None, now_ms);
                true
            }
            Err(_) => false,
        }
    }

    /// Begins a replay of many, unless one is under way.
    pub(crate) fn begin_job(&mut self, status: Option<DeliveryStatus>, now_ms: u64) {
        let running = |job: &Job| job.progress.status == JobStatus::Running;
        let live = matches!(self.destination.status, Status::Enabled | Status::Paused);
        if !live || self.job.as_ref().is_some_and(running) {
            return;
        }
        let finished = |row: &&Row| row.delivery.next_attempt().is_none();
        let named = |row: &&Row| status.is_none_or(|it| row.delivery.state.status() == it);
        let wanted = self.rows.iter().filter(|(_, row)| finished(row) && named(row));
        let wanted = wanted.map(|(event, row)| (*event, row.delivery)).collect();
        let (upper, progress) = (DeliveryId::new(now_ms + 1, [0; 10]), Progress::new(now_ms));
        self.job = Some(Job { status, upper, progress, began_rounds: BTreeSet::new(), wanted });
        self.wake(now_ms);
    }

    pub(crate) fn cancel_job(&mut self, now_ms: u64) {
        if let Some(job) = &mut self.job {
            job.progress.cancel(now_ms);
        }
    }

    pub(crate) fn sweep(&mut self, now_ms: u64) {
        let running = self.memory.is_running(now_ms);
        let plan = alarm::sweep(self.view(now_ms), self.alarm_ms, running, now_ms);
        self.carry_out(plan, now_ms);
        if plan != Plan::Sleep {
            self.memory.forget();
        }
    }

    pub(crate) fn view(&self, now_ms: u64) -> QueueView {
        let pending = self.rows.values().filter_map(|row| match row.delivery.state {
            State::Pending { due_at_ms } => Some(due_at_ms),
            _ => None,
        });
        let opens_ms = self.gate.opens_ms(self.endpoint.limit, now_ms);
        let status = self.destination.status;
        let job_ms = self.job.as_ref().and_then(|job| job.progress.wakes_ms(status, now_ms));
        QueueView {
            status,
            earliest_due_ms: pending.chain(job_ms).min().map(|due_ms| due_ms.max(opens_ms)),
            earliest_expiry_ms: None,
        }
    }

    pub(crate) fn wake(&mut self, now_ms: u64) {
        if let Some(due_ms) = self.view(now_ms).earliest_due_ms
            && let Some(at_ms) = self.memory.wake(due_ms, now_ms)
        {
            self.alarm_ms = Some(at_ms);
        }
    }

    pub(crate) fn carry_out(&mut self, plan: Plan, now_ms: u64) {
        match plan {
            Plan::Sleep => {}
            Plan::WakeAt(at_ms) => self.alarm_ms = Some(at_ms),
            Plan::Bury(reason) => self.bury(reason, now_ms),
        }
    }

    fn bury(&mut self, reason: delivery::DeadReason, at_ms: u64) {
        for row in self.rows.values_mut() {
            if matches!(row.delivery.state, State::Pending { .. }) {
                row.delivery.state = State::Dead { reason, at_ms };
            }
        }
    }

    /// Forgets what is old enough.
    pub(crate) fn prune(&mut self, now_ms: u64) {
        let cutoffs = retention().cutoffs(now_ms);
        let old = self.rows.iter().filter(|(_, row)| match row.delivery.state {
            State::Pending { .. } => false,
            State::Delivered { at_ms } => at_ms < cutoffs.delivered_ms,
            State::Dead { at_ms, .. } => at_ms < cutoffs.dead_ms,
        });
        let old: Vec<u8> = old.map(|(event, _)| *event).collect();
        for event in old {
            self.rows.remove(&event);
            self.endpoint.forget(event);
            self.forgotten.insert(event);
        }
    }

    /// Executes commands; with `cut` only the first so many, and then the object restarts.
    pub(crate) fn execute(
        &mut self,
        commands: &[Command],
        event: Option<u8>,
        cut: Option<usize>,
        now_ms: u64,
    ) {
        let Destination { status, give_ups } = self.destination;
        let notice = operational::disabled(self.id, status, give_ups, commands, now_ms);
        for command in commands.iter().take(cut.unwrap_or(usize::MAX)) {
            match *command {
                Command::Write(delivery) => {
                    let row = event.and_then(|event| self.rows.get_mut(&event));
                    row.expect("a delivery to write").delivery = delivery;
                }
                Command::SetStatus { status, disabled_by } => {
                    assert_eq!(disabled_by.is_some(), status == Status::Disabled);
                    self.set_status(status, disabled_by, notice, now_ms);
                }
                Command::SetGiveUps(give_ups) => self.destination.give_ups = give_ups,
                Command::BuryPending(reason) => self.bury(reason, now_ms),
                Command::Wake => self.wake(now_ms),
            }
        }
        if cut.is_some() {
            self.restart();
        }
    }

    /// One write.
    fn set_status(
        &mut self,
        status: Status,
        by: Option<DisabledBy>,
        notice: Option<Disabled>,
        now_ms: u64,
    ) {
        let worked = matches!(self.destination.status, Status::Enabled | Status::Paused);
        let itself = matches!(by, Some(DisabledBy::Gone | DisabledBy::GiveUps));
        assert_eq!(notice.is_some(), worked && itself, "said if and only if nobody asked for it");
        self.destination.status = status;
        if let Some(notice) = notice {
            self.notice = Some(notice);
            self.disablings.push(notice);
        }
        if let Some(job) = &mut self.job {
            job.progress.destination_is(status, now_ms);
        }
        if status == Status::Enabled {
            self.gate.reset();
            self.stored_gate = self.gate;
            self.endpoint.enabled();
        }
    }
}
