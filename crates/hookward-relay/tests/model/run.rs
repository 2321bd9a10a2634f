//! One firing of a queue's alarm, as the worker makes it.

use std::collections::VecDeque;

use hookward_relay::alarm::{Plan, Run as Budget};
use hookward_relay::breaker::Pick;
use hookward_relay::delivery::{self, AttemptKey, State};
use hookward_relay::destination::{Change, Status};
use hookward_relay::gate::Next;
use hookward_relay::outcome::Outcome;
use hookward_relay::replay_job::{JobStatus, Step, Taken};

use crate::endpoint::{Answer, Post};
use crate::queue::{Fate, Queue, schedule};

/// Rows that a replay of many looks at in one step.
const PAGE: usize = 2;

/// How long a run waits rather than ending.
const LINGER_MS: u64 = 1_000;

/// Where a run is cut off. Numbers count attempts of the run, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    BeforeSafetyAlarm,
    AfterSafetyAlarm,
    /// A step of a replay of many is written, that it was taken is not.
    WhileReplaying,
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
    /// Attempts under way at once.
    pub(crate) hands: usize,
    /// What the endpoint does, over and over.
    pub(crate) answers: Vec<Answer>,
    /// A change while the attempt of this number is under way.
    pub(crate) change: Option<(usize, Change)>,
    /// An event that arrives while the first attempt is under way.
    pub(crate) event: u8,
}

/// An attempt under way.
struct UnderWay {
    number: usize,
    event: u8,
    made: AttemptKey,
    answer: Answer,
    started_ms: u64,
}

/// The object was cut off.
struct CutOff;

impl Queue {
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
        let mut under_way = VecDeque::new();
        if let Err(CutOff) = self.work(run, &mut budget, &mut under_way, now_ms) {
            self.endpoint.lost(under_way.len());
            return self.restart();
        }
        if run.crash == Some(Crash::BeforeFinish) {
            return self.restart();
        }
        self.prune(*now_ms);
        loop {
            let plan = self.memory.finish_run(self.view(*now_ms), *now_ms);
            self.alarm_ms = None;
            self.carry_out(plan, *now_ms);
            if !matches!(plan, Plan::Bury(_)) {
                break;
            }
        }
    }

    fn work(
        &mut self,
        run: &Run,
        budget: &mut Budget,
        under_way: &mut VecDeque<UnderWay>,
        now_ms: &mut u64,
    ) -> Result<(), CutOff> {
        let mut answers = run.answers.iter().copied().cycle().enumerate();
        loop {
            if let Some(at_ms) = budget.renew(*now_ms) {
                self.alarm_ms = Some(at_ms);
            }
            self.step_job(run, *now_ms)?;
            while under_way.len() < run.hands && self.start(budget, &mut answers, under_way, now_ms)
            {
            }
            // The one that is through first.
            let ends_ms = |one: &UnderWay| one.started_ms + one.answer.takes_ms();
            let first = (0..under_way.len()).min_by_key(|place| ends_ms(&under_way[*place]));
            let Some(place) = first else { return Ok(()) };
            *now_ms = ends_ms(&under_way[place]).max(*now_ms);
            let number = under_way[place].number;
            self.meanwhile(run, number, *now_ms);
            if run.crash == Some(Crash::AfterAttempt(number)) {
                return Err(CutOff);
            }
            let Some(one) = under_way.remove(place) else { return Ok(()) };
            self.record(run, &one, *now_ms)?;
        }
    }

    /// Starts an attempt, if one may be started and one is due; waits a little where that helps.
    fn start(
        &mut self,
        budget: &mut Budget,
        answers: &mut impl Iterator<Item = (usize, Answer)>,
        under_way: &mut VecDeque<UnderWay>,
        now_ms: &mut u64,
    ) -> bool {
        let limit = self.endpoint.limit;
        let mut next = self.gate.next(limit, under_way.len(), *now_ms);
        if let Next::Wait(until_ms) = next {
            let due = self.next_due(Pick::LongestDue, under_way, *now_ms).is_some();
            if !due || !under_way.is_empty() || until_ms > *now_ms + LINGER_MS {
                return false;
            }
            *now_ms = until_ms;
            next = self.gate.next(limit, 0, *now_ms);
        }
        let Next::Start(pick) = next else { return false };
        let Some((event, made)) = self.next_due(pick, under_way, *now_ms) else { return false };
        if !budget.take_attempt(*now_ms) {
            return false;
        }
        let Some((number, answer)) = answers.next() else { return false };
        assert_eq!(self.destination.status, Status::Enabled, "attempts only while enabled");
        self.gate.start(limit, *now_ms);
        let (webhook_id, ok) = (self.rows[&event].id, answer == Answer::Ok);
        let post = Post { event, webhook_id, key: made, ok, at_ms: *now_ms };
        self.endpoint.post(post, under_way.len());
        under_way.push_back(UnderWay { number, event, made, answer, started_ms: *now_ms });
        true
    }

    /// The pending delivery that is due and to be picked, if the destination takes any.
    fn next_due(
        &self,
        pick: Pick,
        under_way: &VecDeque<UnderWay>,
        now_ms: u64,
    ) -> Option<(u8, AttemptKey)> {
        if self.destination.status != Status::Enabled {
            return None;
        }
        let free = |event: &u8| under_way.iter().all(|one| one.event != *event);
        let due = self.rows.iter().filter_map(|(event, row)| match row.delivery.state {
            State::Pending { due_at_ms } if due_at_ms <= now_ms && free(event) => {
                Some((due_at_ms, row.delivery.attempts, *event))
            }
            _ => None,
        });
        let (_, _, event) = match pick {
            Pick::LongestDue => due.min(),
            Pick::LatestDue => due.max(),
            Pick::MostAttempted => due.max_by_key(|(_, attempts, _)| *attempts),
        }?;
        Some((event, self.rows[&event].delivery.next_attempt()?))
    }

    fn record(&mut self, run: &Run, one: &UnderWay, now_ms: u64) -> Result<(), CutOff> {
        let outcome = Outcome::from(one.answer.result());
        let random = u32::from(one.event) << 24;
        // Read again: it may have changed.
        let Some(row) = self.rows.get(&one.event).copied() else { return Ok(()) };
        let late = row.delivery.next_attempt() != Some(one.made);
        let commands = delivery::record(
            row.delivery,
            self.destination,
            one.made,
            outcome,
            &schedule(),
            now_ms,
            random,
        );
        let ok = one.answer == Answer::Ok;
        assert!(ok || !late || commands.is_empty(), "a late failure changes nothing");
        self.gate.end(outcome, one.started_ms, now_ms, random);
        self.stored_gate = self.gate;
        self.endpoint.recorded(one.answer, one.started_ms, now_ms);
        let cut = match run.crash {
            Some(Crash::WhileRecording(number, written)) if number == one.number => Some(written),
            _ => None,
        };
        self.execute(&commands, Some(one.event), cut, now_ms);
        if cut.is_some() { Err(CutOff) } else { Ok(()) }
    }

    /// A step of a replay of many, from the newest delivery to the oldest.
    fn step_job(&mut self, run: &Run, now_ms: u64) -> Result<(), CutOff> {
        let status = self.destination.status;
        let due = self.due(now_ms);
        let Some(mut job) = self.job.clone() else { return Ok(()) };
        let most = match job.progress.step(status, self.endpoint.limit, due, now_ms) {
            Step::Rest => return Ok(()),
            Step::Wait(until_ms) => {
                job.progress.wait(until_ms);
                self.job = Some(job);
                return Ok(());
            }
            Step::Take(most) => usize::try_from(most).unwrap(),
        };
        let below = job.progress.position.unwrap_or(job.upper);
        let mut page: Vec<_> = self.rows.iter().filter(|(_, row)| row.id < below).collect();
        page.sort_by_key(|(_, row)| core::cmp::Reverse(row.id));
        let more = page.len() > PAGE.min(most);
        page.truncate(PAGE.min(most));
        let next = page.last().map(|(_, row)| row.id).filter(|_| more);
        let page: Vec<u8> = page.into_iter().map(|(event, _)| *event).collect();
        let (mut matched, mut replayed) = (0, 0);
        for event in page {
            let delivery = self.rows[&event].delivery;
            if job.status.is_some_and(|status| status != delivery.state.status()) {
                continue;
            }
            matched += 1;
            if !job.progress.takes(&delivery, now_ms) {
                continue;
            }
            replayed += 1;
            if self.replay(event, now_ms) {
                let first = job.began_rounds.insert(event);
                let asked = job.wanted.get(&event) == Some(&delivery);
                assert!(first && asked || self.endpoint.timeless, "only what was there, and once");
            } else {
                let state = State::Pending { due_at_ms: now_ms };
                self.rows.get_mut(&event).unwrap().delivery.state = state;
            }
        }
        let ahead = self.endpoint.limit.map_or(500.0, |limit| (limit.per_s() * 10.0).max(1.0));
        #[allow(clippy::cast_precision_loss)]
        let (before, after) = (due as f64, self.due(now_ms) as f64);
        assert!(after <= before.max(ahead), "no more than it gets through soon");
        if run.crash == Some(Crash::WhileReplaying) {
            // What truly happened is kept, the progress is not.
            let kept = self.job.as_mut().unwrap();
            kept.began_rounds = job.began_rounds;
            return Err(CutOff);
        }
        job.progress.took(Taken { matched, replayed, next }, now_ms);
        let done = job.progress.status == JobStatus::Done;
        self.job = Some(job);
        if done && !self.endpoint.timeless {
            self.check_replayed();
        }
        Ok(())
    }

    fn due(&self, now_ms: u64) -> u64 {
        let is_due = |state| matches!(state, State::Pending { due_at_ms } if due_at_ms <= now_ms);
        self.rows.values().filter(|row| is_due(row.delivery.state)).count() as u64
    }

    /// What the job had to replay is not as it was.
    fn check_replayed(&self) {
        let Some(job) = &self.job else { return };
        for (event, before) in &job.wanted {
            let now = self.rows.get(event).map(|row| row.delivery);
            assert_ne!(now, Some(*before), "event {event} was left out: {job:?}");
        }
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
}
