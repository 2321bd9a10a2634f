//! Providers, the KV hint and the queues together, and what must hold of them.

use std::collections::{BTreeMap, BTreeSet};

use hookward_relay::dedupe::{self, Hint, MarkMode};
use hookward_relay::delivery::{DeadReason, DeliveryStatus, State};
use hookward_relay::destination::{Change, Status};
use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::{self, QueueAnswer, Verdict};
use hookward_relay::limits;
use hookward_relay::operational::Disabled;
use hookward_relay::pace::RateLimit;
use hookward_relay::replay_job::JobStatus;

use crate::endpoint::Answer;
use crate::queue::{Fate, Queue, schedule};
use crate::run::Run;

pub(crate) const QUEUES: usize = 3;
pub(crate) const EVENTS: u8 = 6;

const SWEEP_EVERY_MS: u64 = 15 * 60 * 1_000;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A provider posts an event, for the first time or again.
    Post {
        event: u8,
        fates: Vec<Fate>,
        kv_reads: bool,
    },
    /// The platform fires a queue's alarm, if it is due.
    Alarm {
        queue: usize,
        run: Run,
    },
    Wait(u64),
    /// The clock is set back.
    SetBack(u64),
    Change {
        queue: usize,
        change: Change,
        cut: Option<usize>,
    },
    Delete {
        queue: usize,
        cut: Option<usize>,
    },
    Replay {
        queue: usize,
        event: u8,
    },
    /// The destination begins or ceases to match.
    Route {
        queue: usize,
        on: bool,
    },
    /// A replay of many begins.
    ReplayMany {
        queue: usize,
        status: Option<DeliveryStatus>,
    },
    CancelReplay(usize),
    /// What the queue has to say of its own is handed over; `struck` says that the queue gets to
    /// know.
    Announce {
        queue: usize,
        struck: bool,
    },
    Restart(usize),
    DropAlarm(usize),
    ForgetKv,
    Sweep,
}

#[derive(Debug)]
pub(crate) struct World {
    mode: MarkMode,
    now_ms: u64,
    queues: Vec<Queue>,
    routed: Vec<bool>,
    kv: BTreeMap<u8, String>,
    /// Which queues a provider was told have which event.
    acknowledged: BTreeSet<(usize, u8)>,
    /// The keys of what destinations have said of themselves, as a listener's queue keeps them.
    heard: BTreeSet<[u8; 32]>,
}

/// Without a limit, with one that runs keep up with, with one that outlasts a run.
fn limit(queue: usize) -> Option<RateLimit> {
    [None, Some(20.0), Some(0.05)][queue].and_then(|per_s| RateLimit::parse(per_s).ok())
}

fn id(queue: usize) -> DestinationId {
    DestinationId::new(queue as u64, [0; 10])
}

impl World {
    pub(crate) fn new(mode: MarkMode) -> Self {
        Self {
            mode,
            now_ms: 1_700_000_000_000,
            queues: (0..QUEUES).map(|n| Queue::new(id(n), limit(n))).collect(),
            routed: vec![true, true, false],
            kv: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        let now_ms = self.now_ms;
        match step {
            Step::Post { event, fates, kv_reads } => self.post(*event, fates, *kv_reads),
            Step::Alarm { queue, run } => self.fire_if_due(*queue, run),
            Step::Wait(ms) => self.now_ms += ms,
            Step::SetBack(ms) => {
                self.now_ms -= ms;
                self.queues.iter_mut().for_each(|queue| queue.endpoint.timeless = true);
            }
            Step::Change { queue, change, cut } => {
                self.queues[*queue].change(*change, *cut, now_ms);
            }
            Step::Delete { queue, cut } => self.queues[*queue].delete(*cut, now_ms),
            Step::Replay { queue, event } => {
                self.queues[*queue].replay(*event, now_ms);
            }
            Step::ReplayMany { queue, status } => self.queues[*queue].begin_job(*status, now_ms),
            Step::CancelReplay(queue) => self.queues[*queue].cancel_job(now_ms),
            Step::Announce { queue, struck } => self.announce(*queue, *struck),
            Step::Route { queue, on } => self.routed[*queue] = *on,
            Step::Restart(queue) => self.queues[*queue].restart(),
            Step::DropAlarm(queue) => self.queues[*queue].alarm_ms = None,
            Step::ForgetKv => self.kv.clear(),
            Step::Sweep => self.sweep(),
        }
    }

    fn post(&mut self, event: u8, fates: &[Fate], kv_reads: bool) {
        let matching: Vec<usize> = (0..QUEUES).filter(|queue| self.routed[*queue]).collect();
        let ids: Vec<_> = matching.iter().map(|queue| id(*queue)).collect();
        let hint = self.kv.get(&event).filter(|_| kv_reads).and_then(|text| Hint::parse(text));
        if hint.is_some_and(|hint| hint.covers(&ids)) {
            return self.acknowledge(&matching, event);
        }
        let answers: Vec<_> = matching
            .iter()
            .map(|queue| {
                let answer = self.queues[*queue].enqueue(event, fates[*queue], self.now_ms);
                (id(*queue), answer)
            })
            .collect();
        match ingest::verdict(answers.iter().map(|(_, answer)| *answer)) {
            Verdict::Accepted | Verdict::Duplicate => self.acknowledge(&matching, event),
            Verdict::Ignored => {
                let live =
                    |queue: &&usize| self.queues[**queue].destination.status != Status::Deleted;
                assert_eq!(matching.iter().find(live), None, "ignored although one matches");
            }
            Verdict::Unavailable => {
                assert!(answers.iter().any(|(_, answer)| *answer == QueueAnswer::Failed));
            }
            Verdict::QueueFull => panic!("no queue is full"),
        }
        if let Some(hint) = dedupe::mark(self.mode, &answers) {
            self.kv.insert(event, hint.to_string());
        }
    }

    /// The provider will not send it again.
    fn acknowledge(&mut self, matching: &[usize], event: u8) {
        let live = matching
            .iter()
            .filter(|queue| self.queues[**queue].destination.status != Status::Deleted);
        self.acknowledged.extend(live.map(|queue| (*queue, event)));
    }

    fn fire_if_due(&mut self, queue: usize, run: &Run) {
        let queue = &mut self.queues[queue];
        if queue.alarm_ms.is_some_and(|at_ms| at_ms <= self.now_ms) {
            queue.fire(run, &mut self.now_ms);
        }
    }

    fn sweep(&mut self) {
        for queue in 0..QUEUES {
            self.queues[queue].sweep(self.now_ms);
            self.announce(queue, true);
        }
    }

    fn announce(&mut self, queue: usize, struck: bool) {
        let queue = &mut self.queues[queue];
        if let Some(notice) = queue.notice {
            self.heard.insert(notice.key());
            queue.notice = queue.notice.filter(|_| !struck);
        }
    }

    /// What holds at any time.
    pub(crate) fn check(&self) {
        for (number, event) in &self.acknowledged {
            let queue = &self.queues[*number];
            let known = queue.rows.contains_key(event) || queue.forgotten.contains(event);
            assert!(known, "event {event} was acknowledged and is not in queue {number}");
        }
        let attempts_most = u32::try_from(schedule().attempts()).unwrap();
        for queue in &self.queues {
            for post in &queue.endpoint.posts {
                assert_eq!(post.webhook_id, queue.rows[&post.event].id, "one webhook-id an event");
                assert!((1..=attempts_most).contains(&post.key.attempt));
            }
            for (event, row) in &queue.rows {
                let posts = || queue.endpoint.posts.iter().filter(|post| post.event == *event);
                let delivery = row.delivery;
                assert!(delivery.attempts <= attempts_most);
                match delivery.state {
                    State::Delivered { .. } => {
                        assert!(posts().any(|post| post.ok), "delivered without an answer");
                    }
                    State::Dead { reason: DeadReason::AttemptsExhausted, .. } => {
                        let made = queue.endpoint.attempts_made(*event, delivery.round);
                        assert_eq!(made, (1..=attempts_most).collect(), "given up on too early");
                    }
                    _ => {}
                }
            }
        }
    }

    /// Nothing bad happens any more: alarms fire, with or without the sweep, and the endpoints do
    /// what they do.
    pub(crate) fn settle(&mut self, with_sweep: bool, answers: &[Answer]) {
        let run = Run { crash: None, hands: 6, answers: answers.to_vec(), change: None, event: 0 };
        let (mut next_sweep_ms, mut fired) = (self.now_ms, 0);
        while fired < 1_000 {
            let alarm = (0..QUEUES).filter_map(|n| Some((self.queues[n].alarm_ms?, n))).min();
            if with_sweep && alarm.is_none_or(|(at_ms, _)| at_ms >= next_sweep_ms) {
                self.now_ms = self.now_ms.max(next_sweep_ms);
                self.sweep();
                let idle = alarm.is_none() && self.queues.iter().all(|q| q.alarm_ms.is_none());
                next_sweep_ms += SWEEP_EVERY_MS;
                if idle {
                    return;
                }
                continue;
            }
            let Some((at_ms, queue)) = alarm else { return };
            self.now_ms = self.now_ms.max(at_ms);
            self.fire_if_due(queue, &run);
            self.check();
            fired += 1;
        }
        panic!("the queues do not come to rest: {self:?}");
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Pending is only what a paused destination holds, and so is what replays of many have left.
    pub(crate) fn check_settled(&self) {
        for queue in &self.queues {
            let held = queue.destination.status == Status::Paused;
            for (event, row) in &queue.rows {
                let pending = matches!(row.delivery.state, State::Pending { .. });
                assert!(
                    !pending || held,
                    "event {event} is stuck: {row:?} {:?}",
                    queue.destination
                );
            }
            let job = queue.job.as_ref();
            let running = job.is_some_and(|job| job.progress.status == JobStatus::Running);
            assert!(!running || held, "a replay of many is stuck: {job:?}");
        }
    }

    /// What a destination had to say of itself has been heard, once, and nothing else.
    pub(crate) fn check_heard(&self) {
        let said: BTreeSet<_> =
            self.queues.iter().flat_map(|queue| &queue.disablings).map(Disabled::key).collect();
        assert!(self.heard.is_subset(&said));
        for queue in &self.queues {
            assert_eq!(queue.notice, None);
            if let Some(last) = queue.disablings.last() {
                assert!(self.heard.contains(&last.key()), "{last:?} was not said");
            }
        }
    }

    /// The operator enables what can be enabled, and replays every dead letter, one by one or many
    /// at once.
    pub(crate) fn replay_everything(&mut self, many: bool) {
        for queue in &mut self.queues {
            queue.change(Change::Enable, None, self.now_ms);
            queue.cancel_job(self.now_ms);
            if many {
                queue.begin_job(Some(DeliveryStatus::Dead), self.now_ms);
                continue;
            }
            for event in 0..EVENTS {
                let dead = queue
                    .rows
                    .get(&event)
                    .is_some_and(|row| matches!(row.delivery.state, State::Dead { .. }));
                let enabled = queue.destination.status == Status::Enabled;
                let replayed = dead && queue.replay(event, self.now_ms);
                assert_eq!(replayed, dead && enabled, "a dead letter can be replayed");
            }
        }
    }

    /// All that was acknowledged has arrived, but for what a deleted destination had left and what
    /// was kept for its time.
    pub(crate) fn check_all_delivered(&self) {
        for (queue, event) in &self.acknowledged {
            let queue = &self.queues[*queue];
            let Some(row) = queue.rows.get(event) else {
                assert!(queue.forgotten.contains(event));
                continue;
            };
            let state = row.delivery.state;
            let settled = match queue.destination.status {
                Status::Enabled => matches!(state, State::Delivered { .. }),
                Status::Deleted => !matches!(state, State::Pending { .. }),
                Status::Paused | Status::Disabled => false,
            };
            assert!(settled, "event {event}: {state:?}, {:?}", queue.destination);
        }
    }

    /// The longest that deliveries can take to come to their end where each attempt has to wait for
    /// its turn: the schedule or `Retry-After`, and the gate, each time.
    pub(crate) fn longest_ms() -> u64 {
        let attempts = u64::from(EVENTS) * schedule().attempts() as u64;
        let wait_ms = limits::RETRY_AFTER_S * limits::SECOND_MS + limits::HOLD_MAX_MS;
        attempts * (wait_ms + limits::SAFETY_ALARM_MS)
    }
}
