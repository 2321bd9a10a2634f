//! Rules 9 to 12 against random histories: posts that reach some queues and not others, lost
//! answers, crashes between any two steps (between an attempt and its record, within a record,
//! within a replay of many), dropped alarms, changes of a destination while attempts are under way,
//! rate limits, 429s, breakers that open and close, days that pass, clocks that are set back.
//!
//! The model executes the commands of the state machines as the Durable Object does, and keeps
//! beside them what truly happened. A history that fails is made as short as possible and printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod endpoint;
mod queue;
mod run;
mod world;

use proptest::prelude::*;

use endpoint::Answer;
use hookward_relay::dedupe::MarkMode;
use hookward_relay::delivery::DeliveryStatus;
use hookward_relay::destination::Change;
use queue::Fate;
use run::{Crash, Run};
use world::{Step, World};

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Ok),
        1 => Just(Answer::Gone),
        1 => Just(Answer::NotFound),
        5 => failure(),
    ]
}

fn failure() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Fail),
        1 => Just(Answer::SlowDown(None)),
        1 => (0_u64..200_000).prop_map(|seconds| Answer::SlowDown(Some(seconds))),
        1 => Just(Answer::TimeOut),
    ]
}

/// What an endpoint does for a run: all kinds of things, or nothing but fail.
fn answers() -> impl Strategy<Value = Vec<Answer>> {
    prop_oneof![
        2 => proptest::collection::vec(answer(), 1..6),
        1 => proptest::collection::vec(failure(), 1..3),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    proptest::sample::select(Change::ALL)
}

fn crash() -> impl Strategy<Value = Option<Crash>> {
    proptest::option::weighted(
        0.4,
        prop_oneof![
            Just(Crash::BeforeSafetyAlarm),
            Just(Crash::AfterSafetyAlarm),
            Just(Crash::WhileReplaying),
            (0_usize..6).prop_map(Crash::AfterAttempt),
            (0_usize..6, 0_usize..3).prop_map(|(n, written)| Crash::WhileRecording(n, written)),
            Just(Crash::BeforeFinish),
        ],
    )
}

fn run() -> impl Strategy<Value = Run> {
    let during = proptest::option::weighted(0.3, (0_usize..3, change()));
    (crash(), 1_usize..7, answers(), during, 0_u8..world::EVENTS).prop_map(
        |(crash, hands, answers, change, event)| Run { crash, hands, answers, change, event },
    )
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered),
        1 => Just(Fate::Unreached),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::CrashedBeforeAlarm),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let queue = 0..world::QUEUES;
    let event = 0..world::EVENTS;
    prop_oneof![
        6 => (event.clone(), proptest::collection::vec(fate(), world::QUEUES), any::<bool>())
            .prop_map(|(event, fates, kv_reads)| Step::Post { event, fates, kv_reads }),
        6 => (queue.clone(), run()).prop_map(|(queue, run)| Step::Alarm { queue, run }),
        5 => prop_oneof![
            4 => 1_u64..5_000,
            4 => 55_000_u64..125_000,
            4 => 5_000_u64..600_000,
            4 => 600_000_u64..90_000_000,
            1 => 90_000_000_u64..2_000_000_000,
        ]
        .prop_map(Step::Wait),
        2 => (queue.clone(), change(), proptest::option::weighted(0.2, 0_usize..3))
            .prop_map(|(queue, change, cut)| Step::Change { queue, change, cut }),
        1 => (queue.clone(), proptest::option::weighted(0.2, 0_usize..2))
            .prop_map(|(queue, cut)| Step::Delete { queue, cut }),
        2 => (queue.clone(), event).prop_map(|(queue, event)| Step::Replay { queue, event }),
        2 => (queue.clone(), any::<bool>()).prop_map(|(queue, on)| Step::Route { queue, on }),
        2 => (queue.clone(), proptest::option::of(proptest::sample::select(DeliveryStatus::ALL)))
            .prop_map(|(queue, status)| Step::ReplayMany { queue, status }),
        1 => queue.clone().prop_map(Step::CancelReplay),
        1 => (queue.clone(), any::<bool>())
            .prop_map(|(queue, struck)| Step::Announce { queue, struck }),
        1 => queue.clone().prop_map(Step::Restart),
        1 => queue.prop_map(Step::DropAlarm),
        1 => Just(Step::ForgetKv),
        1 => Just(Step::Sweep),
    ]
}

/// The same, and sometimes the clock is set back by up to two days.
fn step_with_clock() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => step(),
        1 => prop_oneof![1_u64..5_000, 5_000_u64..172_800_000].prop_map(Step::SetBack),
    ]
}

/// What alarms alone must survive: everything but what takes the alarm away.
fn keeps_alarms(step: &Step) -> bool {
    match step {
        Step::DropAlarm(_) | Step::Sweep => false,
        Step::Post { fates, .. } => !fates.contains(&Fate::CrashedBeforeAlarm),
        Step::Change { cut, .. } | Step::Delete { cut, .. } => cut.is_none(),
        Step::Alarm { run, .. } => !matches!(run.crash, Some(Crash::WhileRecording(..))),
        _ => true,
    }
}

fn mode() -> impl Strategy<Value = MarkMode> {
    proptest::sample::select(MarkMode::ALL)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    })]

    /// Whatever happens, what was acknowledged ends delivered or as a dead letter, and every dead
    /// letter can be replayed: with the sweep, under the same `webhook-id`.
    #[test]
    fn nothing_is_lost_and_nothing_is_stuck(
        mode in mode(),
        steps in proptest::collection::vec(step(), 1..60),
        many in any::<bool>(),
    ) {
        let mut world = World::new(mode);
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.settle(true, &[Answer::Ok]);
        world.check_settled();
        world.check_heard();
        world.replay_everything(many);
        world.settle(true, &[Answer::Ok]);
        world.check_settled();
        world.check_all_delivered();
    }

    /// While the platform keeps its alarms, crashes or not, no sweep is needed.
    #[test]
    fn alarms_alone_finish_the_work(
        mode in mode(),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(mode);
        for step in steps.iter().filter(|step| keeps_alarms(step)) {
            world.take(step);
            world.check();
        }
        world.settle(false, &[Answer::Ok]);
        world.check_settled();
    }

    /// A clock that is set back loses nothing, and nothing waits for longer than it was set back.
    #[test]
    fn a_clock_that_jumps_loses_nothing(
        mode in mode(),
        steps in proptest::collection::vec(step_with_clock(), 1..60),
    ) {
        let mut world = World::new(mode);
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.settle(true, &[Answer::Ok]);
        world.check_settled();
        world.replay_everything(false);
        world.settle(true, &[Answer::Ok]);
        world.check_all_delivered();
    }
}

proptest! {
    // Each takes weeks of the model's time.
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    })]

    /// Where the endpoints never work again, all of it ends as dead letters all the same, in time.
    #[test]
    fn a_dead_endpoint_holds_nothing_for_ever(
        mode in mode(),
        steps in proptest::collection::vec(step(), 1..40),
        failures in proptest::collection::vec(failure(), 1..3),
    ) {
        let mut world = World::new(mode);
        for step in &steps {
            world.take(step);
        }
        let from_ms = world.now_ms();
        world.settle(true, &failures);
        world.check_settled();
        world.check_heard();
        prop_assert!(world.now_ms() - from_ms <= World::longest_ms());
        world.replay_everything(true);
        world.settle(true, &[Answer::Ok]);
        world.check_all_delivered();
    }
}
