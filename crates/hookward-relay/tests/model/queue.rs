//! One destination's queue object, as its storage and its memory are.

use std::collections::BTreeMap;

use hookward_relay::alarm::{self, Alarm, Plan, QueueView};
use hookward_relay::delivery::{self, AttemptKey, Command, Delivery, Enqueue, State};
use hookward_relay::destination::{self, Change, Destination, Status};
use hookward_relay::ids::DeliveryId;
use hookward_relay::ingest::QueueAnswer;
use hookward_relay::limits;
use hookward_relay::outcome::{AttemptResult, Outcome, TransportFailure};
use hookward_relay::retry::{RetryAfter, Schedule};

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

/// What the endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Ok,
    Fail,
    RetryAfter(u64),
    Gone,
    TimeOut,
}

/// Where a run is cut off. Numbers count attempts of the run, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    BeforeSafetyAlarm,
    AfterSafetyAlarm,
    /// The endpoint has the event, the queue has no record of it.
    AfterAttempt(usize),
    /// Only so many of the commands are written.
    WhileRecording(usize, usize),
    BeforeFinish,
}

/// One firing of the alarm.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) crash: Option<Crash>,
    /// What the endpoint does, over and over.
    pub(crate) answers: Vec<Answer>,
    /// A change while the attempt of this number is under way.
    pub(crate) change: Option<(usize, Change)>,
    /// An event that arrives while the first attempt is under way.
    pub(crate) event: u8,
}

/// One POST as the endpoint saw it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Post {
    pub(crate) event: u8,
    pub(crate) webhook_id: DeliveryId,
    pub(crate) key: AttemptKey,
    pub(crate) ok: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) id: DeliveryId,
    pub(crate) delivery: Delivery,
}

#[derive(Debug)]
pub(crate) struct Queue {
    // Kept by the platform.
    pub(crate) destination: Destination,
    pub(crate) rows: BTreeMap<u8, Row>,
    pub(crate) alarm_ms: Option<u64>,
    // Lost with every restart.
    memory: Alarm,
    // Seen from outside.
    pub(crate) posts: Vec<Post>,
    made_ids: u8,
}

pub(crate) fn schedule() -> Schedule {
    Schedule::parse(vec![5, 60, 3_600]).unwrap()
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self {
            destination: Destination::new(),
            rows: BTreeMap::new(),
            alarm_ms: None,
            memory: Alarm::new(),
            posts: Vec::new(),
            made_ids: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        self.memory = Alarm::new();
    }

    pub(crate) fn enqueue(&mut self, event: u8, fate: Fate, now_ms: u64) -> QueueAnswer {
        if fate == Fate::Unreached {
            return QueueAnswer::Failed;
        }
        let known = self.rows.contains_key(&event);
        let answer = match delivery::enqueue(self.destination.status, known, 0, now_ms) {
            Enqueue::Duplicate => QueueAnswer::Duplicate,
            Enqueue::Unmatched => QueueAnswer::Unmatched,
            Enqueue::Full => QueueAnswer::Full,
            Enqueue::Insert(delivery) => {
                self.made_ids += 1;
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
        let Some(row) = self.rows.get(&event) else { return false };
        match delivery::replay(row.delivery, self.destination.status, now_ms) {
            Ok(commands) => {
                self.execute(&commands, Some(event), None, now_ms);
                true
            }
            Err(_) => false,
        }
    }

    pub(crate) fn sweep(&mut self, now_ms: u64) {
        let running = self.memory.is_running(now_ms);
        let plan = alarm::sweep(self.view(), self.alarm_ms, running, now_ms);
        self.carry_out(plan, now_ms);
        if plan != Plan::Sleep {
            self.memory.forget();
        }
    }

    /// The platform fires the alarm. It is gone then; a handler that fails before it has set
    /// another is called again.
    pub(crate) fn fire(&mut self, run: &Run, now_ms: &mut u64) {
        self.alarm_ms = None;
        if run.crash == Some(Crash::BeforeSafetyAlarm) {
            self.alarm_ms = Some(*now_ms + 2_000);
            return self.restart();
        }
        let mut budget = self.memory.start_run(*now_ms);
        self.alarm_ms = Some(budget.safety_alarm_ms());
        if run.crash == Some(Crash::AfterSafetyAlarm) {
            return self.restart();
        }
        for (number, answer) in run.answers.iter().cycle().enumerate() {
            let Some((event, made)) = self.next_due(*now_ms) else { break };
            if !budget.take_attempt(*now_ms) {
                break;
            }
            let outcome = self.attempt(event, made, *answer, now_ms);
            self.meanwhile(run, number, *now_ms);
            if run.crash == Some(Crash::AfterAttempt(number)) {
                return self.restart();
            }
            // Read again: it may have changed.
            let Some(row) = self.rows.get(&event) else { continue };
            let commands = delivery::record(
                row.delivery,
                self.destination,
                made,
                outcome,
                &schedule(),
                *now_ms,
                u32::from(event) << 24,
            );
            match run.crash {
                Some(Crash::WhileRecording(n, written)) if n == number => {
                    return self.execute(&commands, Some(event), Some(written), *now_ms);
                }
                _ => self.execute(&commands, Some(event), None, *now_ms),
            }
        }
        if run.crash == Some(Crash::BeforeFinish) {
            return self.restart();
        }
        loop {
            let plan = self.memory.finish_run(self.view(), *now_ms);
            self.alarm_ms = None;
            self.carry_out(plan, *now_ms);
            if !matches!(plan, Plan::Bury(_)) {
                break;
            }
        }
    }

    /// The pending delivery that is due first, if the destination takes any.
    fn next_due(&self, now_ms: u64) -> Option<(u8, AttemptKey)> {
        if self.destination.status != Status::Enabled {
            return None;
        }
        let due = self.rows.iter().filter_map(|(event, row)| match row.delivery.state {
            State::Pending { due_at_ms } if due_at_ms <= now_ms => Some((due_at_ms, *event)),
            _ => None,
        });
        let (_, event) = due.min()?;
        Some((event, self.rows[&event].delivery.next_attempt()?))
    }

    fn attempt(&mut self, event: u8, key: AttemptKey, answer: Answer, now_ms: &mut u64) -> Outcome {
        assert_eq!(self.destination.status, Status::Enabled, "attempts only while enabled");
        let webhook_id = self.rows[&event].id;
        let ok = answer == Answer::Ok;
        self.posts.push(Post { event, webhook_id, key, ok });
        *now_ms += if answer == Answer::TimeOut { limits::ATTEMPT_TIMEOUT_MS } else { 20 };
        let response = |status, retry_after| AttemptResult::Response { status, retry_after };
        Outcome::from(match answer {
            Answer::Ok => response(200, None),
            Answer::Fail => response(500, None),
            Answer::RetryAfter(s) => response(429, Some(RetryAfter::Seconds(s))),
            Answer::Gone => response(410, None),
            Answer::TimeOut => AttemptResult::Failed(TransportFailure::Timeout),
        })
    }

    fn meanwhile(&mut self, run: &Run, number: usize, now_ms: u64) {
        if number == 0 {
            self.enqueue(run.event, Fate::AnswerLost, now_ms);
        }
        if let Some((at, change)) = run.change
            && at == number
        {
            self.change(change, None, now_ms);
        }
    }

    fn view(&self) -> QueueView {
        let pending = self.rows.values().filter_map(|row| match row.delivery.state {
            State::Pending { due_at_ms } => Some(due_at_ms),
            _ => None,
        });
        QueueView {
            status: self.destination.status,
            earliest_due_ms: pending.min(),
            earliest_expiry_ms: None,
        }
    }

    fn wake(&mut self, now_ms: u64) {
        if let Some(due_ms) = self.view().earliest_due_ms
            && let Some(at_ms) = self.memory.wake(due_ms, now_ms)
        {
            self.alarm_ms = Some(at_ms);
        }
    }

    fn carry_out(&mut self, plan: Plan, now_ms: u64) {
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

    /// Executes commands; with `cut` only the first so many, and then the object restarts.
    fn execute(
        &mut self,
        commands: &[Command],
        event: Option<u8>,
        cut: Option<usize>,
        now_ms: u64,
    ) {
        for command in commands.iter().take(cut.unwrap_or(usize::MAX)) {
            match *command {
                Command::Write(delivery) => {
                    let row = event.and_then(|event| self.rows.get_mut(&event));
                    row.expect("a delivery to write").delivery = delivery;
                }
                Command::SetStatus { status, disabled_by } => {
                    assert_eq!(disabled_by.is_some(), status == Status::Disabled);
                    self.destination.status = status;
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
}
