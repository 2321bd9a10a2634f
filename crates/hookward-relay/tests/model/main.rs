//! Rules 9 to 12 against random histories: posts that reach some queues and not others, lost
//! answers, crashes between an attempt and its record, half-written commands, dropped alarms,
//! changes of a destination while an attempt is under way.
//!
//! The model executes the commands of the state machines as the Durable Object does, and keeps
//! beside them what truly happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod queue;
mod world;

use proptest::prelude::*;

use hookward_relay::dedupe::MarkMode;
use hookward_relay::destination::Change;
use queue::{Answer, Crash, Fate, Run};
use world::{Step, World};

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Ok),
        4 => Just(Answer::Fail),
        1 => (0_u64..200_000).prop_map(Answer::RetryAfter),
        1 => Just(Answer::Gone),
        1 => Just(Answer::TimeOut),
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
            (0_usize..4).prop_map(Crash::AfterAttempt),
            (0_usize..4, 0_usize..3).prop_map(|(n, written)| Crash::WhileRecording(n, written)),
            Just(Crash::BeforeFinish),
        ],
    )
}

fn run() -> impl Strategy<Value = Run> {
    let during = proptest::option::weighted(0.3, (0_usize..3, change()));
    (crash(), proptest::collection::vec(answer(), 1..6), during, 0_u8..world::EVENTS)
        .prop_map(|(crash, answers, change, event)| Run { crash, answers, change, event })
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
        5 => prop_oneof![1_u64..5_000, 55_000_u64..125_000, 5_000_u64..600_000, 600_000_u64..90_000_000]
            .prop_map(Step::Wait),
        2 => (queue.clone(), change(), proptest::option::weighted(0.2, 0_usize..3))
            .prop_map(|(queue, change, cut)| Step::Change { queue, change, cut }),
        1 => (queue.clone(), proptest::option::weighted(0.2, 0_usize..2))
            .prop_map(|(queue, cut)| Step::Delete { queue, cut }),
        2 => (queue.clone(), event).prop_map(|(queue, event)| Step::Replay { queue, event }),
        2 => (queue.clone(), any::<bool>()).prop_map(|(queue, on)| Step::Route { queue, on }),
        1 => queue.clone().prop_map(Step::Restart),
        1 => queue.prop_map(Step::DropAlarm),
        1 => Just(Step::ForgetKv),
        1 => Just(Step::Sweep),
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
    ) {
        let mut world = World::new(mode);
        for step in &steps {
            world.take(step);
            world.check();
        }
        world.settle(true);
        world.check_settled();
        world.replay_everything();
        world.settle(true);
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
        world.settle(false);
        world.check_settled();
    }
}
