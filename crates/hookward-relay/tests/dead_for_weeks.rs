//! A destination that stays dead, with a long queue behind it: held by the breaker as it is, its
//! deliveries still come to their end, in time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use hookward_relay::breaker::{BreakerState, Pick};
use hookward_relay::delivery::{self, Command, Delivery, Enqueue, State};
use hookward_relay::destination::{Destination, DisabledBy, Status};
use hookward_relay::gate::{Gate, Next};
use hookward_relay::limits;
use hookward_relay::outcome::{AttemptResult, Outcome, TransportFailure};
use hookward_relay::pace::RateLimit;
use hookward_relay::retry::{Preset, RetryAfter, Schedule};

const NOW_MS: u64 = 1_700_000_000_000;
const DAY_MS: u64 = 24 * limits::HOUR_MS;

/// What came of it all.
struct Ended {
    after_ms: u64,
    attempts: u32,
    /// Attempts of the delivery that had the most, when the destination was disabled.
    of_the_first: u32,
}

struct Queue {
    deliveries: Vec<Delivery>,
    /// Due time and place of every pending one.
    due: BTreeSet<(u64, usize)>,
    /// The same of those that have failed before, the most attempts first.
    failed: BTreeSet<(core::cmp::Reverse<u32>, u64, usize)>,
}

impl Queue {
    fn new(count: usize) -> Self {
        let mut queue = Self {
            deliveries: Vec::with_capacity(count),
            due: BTreeSet::new(),
            failed: BTreeSet::new(),
        };
        for _ in 0..count {
            queue.event(NOW_MS);
        }
        queue
    }

    fn event(&mut self, now_ms: u64) {
        let Enqueue::Insert(new) = delivery::enqueue(Status::Enabled, false, 0, now_ms) else {
            panic!("an enabled destination takes events");
        };
        self.due.insert((now_ms, self.deliveries.len()));
        self.deliveries.push(new);
    }

    fn pick(&self, pick: Pick, now_ms: u64) -> Option<usize> {
        let failed = || self.failed.iter().find(|(_, due_ms, _)| *due_ms <= now_ms);
        if let (Pick::MostAttempted, Some((_, _, place))) = (pick, failed()) {
            return Some(*place);
        }
        let mut due = self.due.range(..=(now_ms, usize::MAX));
        let found = if pick == Pick::LatestDue { due.next_back() } else { due.next() };
        found.map(|(_, place)| *place)
    }

    fn write(&mut self, place: usize, delivery: Delivery) {
        let before = self.deliveries[place];
        if let State::Pending { due_at_ms } = before.state {
            self.due.remove(&(due_at_ms, place));
            self.failed.remove(&(core::cmp::Reverse(before.attempts), due_at_ms, place));
        }
        if let State::Pending { due_at_ms } = delivery.state {
            self.due.insert((due_at_ms, place));
            self.failed.insert((core::cmp::Reverse(delivery.attempts), due_at_ms, place));
        }
        self.deliveries[place] = delivery;
    }
}

/// Attempts one after the other until the destination is disabled; with each comes a new event.
fn until_disabled(
    schedule: &Schedule,
    count: usize,
    limit: Option<RateLimit>,
    result: AttemptResult,
) -> Ended {
    let (mut queue, mut gate) = (Queue::new(count), Gate::default());
    let mut destination = Destination::new();
    let (mut now_ms, mut attempts, mut random) = (NOW_MS, 0_u32, 7_u32);
    loop {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let pick = match gate.next(limit, 0, now_ms) {
            Next::Wait(at_ms) => {
                assert!(at_ms > now_ms && at_ms <= now_ms + limits::HOLD_MAX_MS);
                now_ms = at_ms;
                continue;
            }
            Next::Start(pick) => pick,
            Next::Busy => panic!("nothing is under way"),
        };
        let Some(place) = queue.pick(pick, now_ms) else {
            now_ms = queue.due.first().expect("not disabled, and nothing left to do").0;
            continue;
        };
        let (before, started_ms) = (queue.deliveries[place], now_ms);
        let made = before.next_attempt().unwrap();
        gate.start(limit, started_ms);
        now_ms += limits::ATTEMPT_TIMEOUT_MS;
        queue.event(now_ms);
        attempts += 1;
        assert!(now_ms < NOW_MS + 60 * DAY_MS, "never disabled");
        let outcome = Outcome::from(result);
        gate.end(outcome, started_ms, now_ms, random);
        let commands =
            delivery::record(before, destination, made, outcome, schedule, now_ms, random);
        for command in commands {
            match command {
                Command::Write(delivery) => queue.write(place, delivery),
                Command::SetGiveUps(give_ups) => destination.give_ups = give_ups,
                Command::SetStatus { status, disabled_by } => {
                    assert_eq!(
                        (status, disabled_by),
                        (Status::Disabled, Some(DisabledBy::GiveUps))
                    );
                    let most = queue.deliveries.iter().map(|delivery| delivery.attempts).max();
                    let of_the_first = most.unwrap();
                    return Ended { after_ms: now_ms - NOW_MS, attempts, of_the_first };
                }
                Command::BuryPending(_) | Command::Wake => {}
            }
        }
    }
}

fn schedules() -> Vec<Schedule> {
    let presets = Preset::ALL.iter().map(|preset| Schedule::from(*preset));
    let lists = [vec![], vec![1], vec![1; 20], vec![86_400; 20]];
    presets.chain(lists.map(|waits_s| Schedule::parse(waits_s).unwrap())).collect()
}

/// How long the attempts of one delivery take at the most, without a breaker.
fn longest_ms(schedule: &Schedule) -> u64 {
    schedule.waits_s().iter().map(|wait_s| u64::from(*wait_s) * 1_200).sum()
}

/// What the breaker may add, as its documentation says.
fn added_ms(schedule: &Schedule, hold_ms: u64) -> u64 {
    let probes = 2 * u64::from(limits::GIVE_UPS) * schedule.attempts() as u64;
    probes * (hold_ms + limits::ATTEMPT_TIMEOUT_MS)
}

#[test]
fn ten_are_given_up_on_in_time_however_long_the_queue_is() {
    let results = [
        AttemptResult::Failed(TransportFailure::Timeout),
        AttemptResult::Response { status: 503, retry_after: None },
        AttemptResult::Response { status: 429, retry_after: None },
    ];
    for schedule in schedules() {
        for (count, result) in [10, 300, 10_000].into_iter().zip(results) {
            let ended = until_disabled(&schedule, count, None, result);
            let most_ms = longest_ms(&schedule) + added_ms(&schedule, limits::PROBE_MOST_MS);
            assert!(ended.after_ms <= most_ms, "{:?} took {} ms", schedule, ended.after_ms);
            assert_eq!(u64::from(ended.of_the_first), schedule.attempts() as u64);
        }
    }
    assert!(added_ms(&Schedule::default(), limits::PROBE_MOST_MS) < 4 * limits::HOUR_MS);
    let most = Schedule::parse(vec![1; limits::SCHEDULE_WAITS]).unwrap();
    assert!(added_ms(&most, limits::PROBE_MOST_MS) < 9 * limits::HOUR_MS);
}

#[test]
fn a_retry_after_of_years_ends_too() {
    let result =
        AttemptResult::Response { status: 429, retry_after: Some(RetryAfter::Seconds(u64::MAX)) };
    for schedule in [Preset::Standard, Preset::Tinyposter, Preset::Letmepost, Preset::Tinysend] {
        let schedule = Schedule::from(schedule);
        let ended = until_disabled(&schedule, 10_000, None, result);
        let own_ms = schedule.attempts() as u64 * limits::RETRY_AFTER_S * limits::SECOND_MS;
        let most_ms = own_ms + longest_ms(&schedule) + added_ms(&schedule, limits::HOLD_MAX_MS);
        assert!(ended.after_ms <= most_ms, "{:?} took {} ms", schedule, ended.after_ms);
        assert!(ended.after_ms < 25 * DAY_MS);
    }
}

#[test]
fn the_slowest_rate_limit_ends_too() {
    let result = AttemptResult::Failed(TransportFailure::Connect);
    let ended = until_disabled(&Schedule::default(), 10_000, RateLimit::parse(0.01).ok(), result);
    assert!(ended.after_ms < longest_ms(&Schedule::default()) + DAY_MS);
}

#[test]
fn a_dead_destination_is_not_asked_by_every_delivery() {
    let result = AttemptResult::Failed(TransportFailure::Timeout);
    let ended = until_disabled(&Schedule::default(), 10_000, None, result);
    let probes = ended.after_ms / (limits::PROBE_MOST_MS * 4 / 5) + 20;
    assert!(u64::from(ended.attempts) <= probes, "{} attempts", ended.attempts);
}

#[test]
fn events_that_it_cannot_digest_do_not_keep_it_from_the_others() {
    // Twenty deliveries always get a 500, all others 200.
    let (mut queue, mut gate) = (Queue::new(500), Gate::default());
    let (mut now_ms, schedule) = (NOW_MS, Schedule::default());
    let mut delivered = 0;
    while delivered < 480 {
        let pick = match gate.next(None, 0, now_ms) {
            Next::Wait(at_ms) => {
                now_ms = at_ms;
                continue;
            }
            Next::Start(pick) => pick,
            Next::Busy => panic!("nothing is under way"),
        };
        let Some(place) = queue.pick(pick, now_ms) else {
            now_ms = queue.due.first().unwrap().0;
            continue;
        };
        let before = queue.deliveries[place];
        let status = if place < 20 { 500 } else { 200 };
        let outcome = Outcome::from(AttemptResult::Response { status, retry_after: None });
        gate.end(outcome, now_ms, now_ms + 20, 0);
        now_ms += 20;
        let made = before.next_attempt().unwrap();
        let known = Destination::new();
        for command in delivery::record(before, known, made, outcome, &schedule, now_ms, 0) {
            if let Command::Write(delivery) = command {
                queue.write(place, delivery);
                delivered += usize::from(matches!(delivery.state, State::Delivered { .. }));
            }
        }
    }
    assert!(now_ms - NOW_MS < 5 * 60 * limits::SECOND_MS, "took {} ms", now_ms - NOW_MS);
    assert_eq!(gate.breaker(), BreakerState::Closed);
}
