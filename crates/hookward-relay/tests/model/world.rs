//! Providers, the KV hint and the queues together, and what must hold of them.

use std::collections::{BTreeMap, BTreeSet};

use hookward_relay::dedupe::{self, Hint, MarkMode};
use hookward_relay::delivery::{DeadReason, State};
use hookward_relay::destination::{Change, Status};
use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::{self, QueueAnswer, Verdict};

use crate::queue::{Answer, Fate, Queue, Run, schedule};

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
}

fn id(queue: usize) -> DestinationId {
    DestinationId::new(queue as u64, [0; 10])
}

impl World {
    pub(crate) fn new(mode: MarkMode) -> Self {
        Self {
            mode,
            now_ms: 1_700_000_000_000,
            queues: (0..QUEUES).map(|_| Queue::new()).collect(),
            routed: vec![true, true, false],
            kv: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        let now_ms = self.now_ms;
        match step {
            Step::Post { event, fates, kv_reads } => self.post(*event, fates, *kv_reads),
            Step::Alarm { queue, run } => self.fire_if_due(*queue, run),
            Step::Wait(ms) => self.now_ms += ms,
            Step::Change { queue, change, cut } => {
                self.queues[*queue].change(*change, *cut, now_ms);
            }
            Step::Delete { queue, cut } => self.queues[*queue].delete(*cut, now_ms),
            Step::Replay { queue, event } => {
                self.queues[*queue].replay(*event, now_ms);
            }
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
        for queue in &mut self.queues {
            queue.sweep(self.now_ms);
        }
    }

    /// What holds at any time.
    pub(crate) fn check(&self) {
        for (queue, event) in &self.acknowledged {
            let stored = self.queues[*queue].rows.contains_key(event);
            assert!(stored, "event {event} was acknowledged and is not in queue {queue}");
        }
        let attempts_most = u32::try_from(schedule().attempts()).unwrap();
        for queue in &self.queues {
            for post in &queue.posts {
                assert_eq!(post.webhook_id, queue.rows[&post.event].id, "one webhook-id an event");
                assert!((1..=attempts_most).contains(&post.key.attempt));
            }
            for (event, row) in &queue.rows {
                let posts = || queue.posts.iter().filter(|post| post.event == *event);
                let delivery = row.delivery;
                assert!(delivery.attempts <= attempts_most);
                match delivery.state {
                    State::Delivered { .. } => {
                        assert!(posts().any(|post| post.ok), "delivered without an answer");
                    }
                    State::Dead { reason: DeadReason::AttemptsExhausted, .. } => {
                        let made: BTreeSet<_> = posts()
                            .filter(|post| post.key.round == delivery.round)
                            .map(|post| post.key.attempt)
                            .collect();
                        assert_eq!(made, (1..=attempts_most).collect(), "given up on too early");
                    }
                    _ => {}
                }
            }
        }
    }

    /// Nothing bad happens any more: alarms fire, with or without the sweep, endpoints answer 200.
    pub(crate) fn settle(&mut self, with_sweep: bool) {
        let run = Run { crash: None, answers: vec![Answer::Ok], change: None, event: 0 };
        let mut next_sweep_ms = self.now_ms;
        for _ in 0..1_000 {
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
        }
        panic!("the queues do not come to rest: {self:?}");
    }

    /// Pending is only what a paused destination holds.
    pub(crate) fn check_settled(&self) {
        for queue in &self.queues {
            for (event, row) in &queue.rows {
                let pending = matches!(row.delivery.state, State::Pending { .. });
                let held = queue.destination.status == Status::Paused;
                assert!(
                    !pending || held,
                    "event {event} is stuck: {row:?} {:?}",
                    queue.destination
                );
            }
        }
    }

    /// The operator enables what can be enabled, and replays every dead letter.
    pub(crate) fn replay_everything(&mut self) {
        for queue in &mut self.queues {
            queue.change(Change::Enable, None, self.now_ms);
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

    /// All that was acknowledged has arrived, but for what a deleted destination had left.
    pub(crate) fn check_all_delivered(&self) {
        for (queue, event) in &self.acknowledged {
            let queue = &self.queues[*queue];
            let state = queue.rows[event].delivery.state;
            let settled = match queue.destination.status {
                Status::Enabled => matches!(state, State::Delivered { .. }),
                Status::Deleted => !matches!(state, State::Pending { .. }),
                Status::Paused | Status::Disabled => false,
            };
            assert!(settled, "event {event}: {state:?}, {:?}", queue.destination);
        }
    }
}
