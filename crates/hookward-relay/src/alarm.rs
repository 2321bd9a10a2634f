//! When a queue wakes up, and how long it works.
//!
//! An object has one alarm, which fires at least once; a handler that throws too often loses it.
//! So a run arms a safety alarm first, works within a budget, and sets the true time last. What is
//! lost all the same is found by the sweep.

use crate::delivery::DeadReason;
use crate::destination::{self, Status};
use crate::limits;

/// What a queue holds, read in one turn with the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueView {
    /// The destination's status.
    pub status: Status,
    /// The least `due_at_ms` of all pending deliveries; `None`: none is pending.
    pub earliest_due_ms: Option<u64>,
    /// When something stored may first be forgotten, in Unix milliseconds; `None`: nothing is
    /// stored. See [`crate::retention`].
    pub earliest_expiry_ms: Option<u64>,
}

/// What a queue does about its alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Sleep,
    /// Set the alarm to this time, in Unix milliseconds; it may be in the past.
    WakeAt(u64),
    /// A disable or delete was left half done: make every pending delivery dead for this reason,
    /// then plan again.
    Bury(DeadReason),
}

/// Deliveries are forgotten late rather than often: expiry alone wakes a queue once an hour at most.
const EXPIRY_WAKE_MS: u64 = limits::HOUR_MS;

/// When the queue should next wake up, whatever its alarm is now.
pub fn plan(view: QueueView, now_ms: u64) -> Plan {
    if let (Some(reason), Some(_)) = (destination::buries(view.status), view.earliest_due_ms) {
        return Plan::Bury(reason);
    }
    let due_ms = view.earliest_due_ms.filter(|_| view.status == Status::Enabled);
    let soonest_expiry_ms = now_ms.saturating_add(EXPIRY_WAKE_MS);
    let expiry_ms = view.earliest_expiry_ms.map(|at_ms| at_ms.max(soonest_expiry_ms));
    match (due_ms, expiry_ms) {
        (Some(due_ms), Some(expiry_ms)) => Plan::WakeAt(due_ms.max(now_ms).min(expiry_ms)),
        (Some(due_ms), None) => Plan::WakeAt(due_ms.max(now_ms)),
        (None, Some(expiry_ms)) => Plan::WakeAt(expiry_ms),
        (None, None) => Plan::Sleep,
    }
}

/// What the sweep does when it pokes a queue.
///
/// `alarm_ms` is the platform's answer, not memory; it is `None` while a handler runs, too, so
/// `running` says whether one does ([`Alarm::is_running`]).
pub fn sweep(view: QueueView, alarm_ms: Option<u64>, running: bool, now_ms: u64) -> Plan {
    if running {
        return Plan::Sleep;
    }
    match (plan(view, now_ms), alarm_ms) {
        (Plan::WakeAt(at_ms), Some(alarm_ms)) if is_kept(alarm_ms, at_ms, now_ms) => Plan::Sleep,
        (plan, _) => plan,
    }
}

/// Whether an alarm serves for a wake-up wanted at `at_ms`: it is no later, and not so long past
/// that the platform must have dropped it.
const fn is_kept(alarm_ms: u64, at_ms: u64, now_ms: u64) -> bool {
    alarm_ms <= at_ms && alarm_ms.saturating_add(limits::RUN_LOST_MS) > now_ms
}

/// What a queue object remembers of its alarm, so that an ordinary enqueue asks the platform for
/// nothing. Made anew, knowing nothing, whenever the object starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alarm {
    armed: Armed,
    running_since_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Armed {
    /// There may or may not be one.
    #[default]
    Unknown,
    None,
    At(u64),
}

impl Alarm {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self { armed: Armed::Unknown, running_since_ms: None }
    }

    /// Whether a run is under way. One that is older than [`limits::RUN_LOST_MS`] was cut off.
    pub const fn is_running(&self, now_ms: u64) -> bool {
        match self.running_since_ms {
            Some(since_ms) => since_ms.saturating_add(limits::RUN_LOST_MS) > now_ms,
            None => false,
        }
    }

    /// Work is due at `due_at_ms`, the earliest of the queue: the time to set the alarm to, or
    /// `None` where that is not needed because a run will find it or the alarm is early enough.
    ///
    /// When setting the alarm fails, call [`Alarm::forget`].
    #[must_use = "the time must be set as the alarm"]
    pub const fn wake(&mut self, due_at_ms: u64, now_ms: u64) -> Option<u64> {
        if self.is_running(now_ms) {
            return None;
        }
        let at_ms = if due_at_ms > now_ms { due_at_ms } else { now_ms };
        match self.armed {
            Armed::At(armed_ms) if is_kept(armed_ms, at_ms, now_ms) => None,
            _ => {
                self.armed = Armed::At(at_ms);
                Some(at_ms)
            }
        }
    }

    /// The alarm fired and a run begins: its budget, and the time of the safety alarm, which is set
    /// before anything else is done.
    ///
    /// The platform runs one alarm handler of an object at a time, so a run that still seems to be
    /// under way was cut off.
    #[must_use = "the safety alarm must be set"]
    pub const fn start_run(&mut self, now_ms: u64) -> Run {
        let safety_alarm_ms = now_ms.saturating_add(limits::SAFETY_ALARM_MS);
        self.running_since_ms = Some(now_ms);
        self.armed = Armed::At(safety_alarm_ms);
        Run { armed_ms: now_ms, started_ms: now_ms, attempts: 0 }
    }

    /// The run is over. Read `view` and call this in one turn without an await, then do what the
    /// plan says: what arrives later will see that no run is under way.
    ///
    /// With [`Plan::Sleep`] the safety alarm is deleted: left alone it would fire every minute for
    /// ever, as each run arms the next.
    #[must_use = "the plan must be carried out"]
    pub fn finish_run(&mut self, view: QueueView, now_ms: u64) -> Plan {
        self.running_since_ms = None;
        let plan = plan(view, now_ms);
        self.armed = match plan {
            Plan::Sleep => Armed::None,
            Plan::WakeAt(at_ms) => Armed::At(at_ms),
            Plan::Bury(_) => Armed::Unknown,
        };
        plan
    }

    /// The run cannot go on, because storage fails: the safety alarm stays, and is not counted on.
    pub const fn abandon_run(&mut self) {
        self.running_since_ms = None;
        self.armed = Armed::Unknown;
    }

    /// Setting or deleting the alarm failed, or something else went wrong: whatever is remembered
    /// may be false.
    pub const fn forget(&mut self) {
        self.armed = Armed::Unknown;
    }
}

/// One run of the alarm handler, and what is left of its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// When the safety alarm was last armed.
    armed_ms: u64,
    started_ms: u64,
    attempts: u32,
}

impl Run {
    /// What the alarm is set to before the first outgoing call, in Unix milliseconds.
    pub const fn safety_alarm_ms(&self) -> u64 {
        self.armed_ms.saturating_add(limits::SAFETY_ALARM_MS)
    }

    /// What the alarm is set to now, while the run goes on; `None` where that was done a moment ago.
    /// One that cannot be set leaves the one before, and is tried again in its turn.
    #[must_use = "the alarm must be set"]
    pub const fn renew(&mut self, now_ms: u64) -> Option<u64> {
        if self.renews_in_ms(now_ms) > 0 {
            return None;
        }
        self.armed_ms = now_ms;
        Some(self.safety_alarm_ms())
    }

    /// How long until [`Run::renew`] is wanted.
    pub const fn renews_in_ms(&self, now_ms: u64) -> u64 {
        limits::SAFETY_RENEW_MS.saturating_sub(now_ms.saturating_sub(self.armed_ms))
    }

    /// Whether there is time left.
    pub const fn is_in_time(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.started_ms) < limits::RUN_WALL_MS
    }

    /// Takes one attempt from the budget; `false` when it is used up, by time or by number.
    #[must_use = "without budget no attempt may start"]
    pub const fn take_attempt(&mut self, now_ms: u64) -> bool {
        let allowed = self.is_in_time(now_ms) && self.attempts < limits::RUN_ATTEMPTS;
        if allowed {
            self.attempts = self.attempts.saturating_add(1);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;
    const PAST_MS: u64 = NOW_MS - 5_000;
    const SOON_MS: u64 = NOW_MS + 5_000;
    const HOUR_MS: u64 = limits::HOUR_MS;

    fn view(status: Status, earliest_due_ms: Option<u64>) -> QueueView {
        QueueView { status, earliest_due_ms, earliest_expiry_ms: None }
    }

    #[test]
    fn a_queue_wakes_for_work_only_while_enabled() {
        let cases = [
            (Status::Enabled, None, Plan::Sleep),
            (Status::Enabled, Some(SOON_MS), Plan::WakeAt(SOON_MS)),
            (Status::Enabled, Some(PAST_MS), Plan::WakeAt(NOW_MS)),
            (Status::Paused, None, Plan::Sleep),
            (Status::Paused, Some(PAST_MS), Plan::Sleep),
            (Status::Disabled, None, Plan::Sleep),
            (Status::Disabled, Some(SOON_MS), Plan::Bury(DeadReason::DestinationDisabled)),
            (Status::Deleted, None, Plan::Sleep),
            (Status::Deleted, Some(SOON_MS), Plan::Bury(DeadReason::DestinationDeleted)),
        ];
        for (status, due_ms, expected) in cases {
            assert_eq!(plan(view(status, due_ms), NOW_MS), expected, "{status} {due_ms:?}");
        }
    }

    #[test]
    fn expiry_wakes_any_queue_but_no_more_than_hourly() {
        for status in Status::ALL {
            let expiring =
                |at_ms| QueueView { earliest_expiry_ms: Some(at_ms), ..view(*status, None) };
            assert_eq!(plan(expiring(PAST_MS), NOW_MS), Plan::WakeAt(NOW_MS + HOUR_MS));
            let tomorrow_ms = NOW_MS + 24 * HOUR_MS;
            assert_eq!(plan(expiring(tomorrow_ms), NOW_MS), Plan::WakeAt(tomorrow_ms));
        }
        let both =
            QueueView { earliest_expiry_ms: Some(PAST_MS), ..view(Status::Enabled, Some(SOON_MS)) };
        assert_eq!(plan(both, NOW_MS), Plan::WakeAt(SOON_MS));
        let far = QueueView {
            earliest_expiry_ms: Some(PAST_MS),
            ..view(Status::Enabled, Some(NOW_MS + 2 * HOUR_MS))
        };
        assert_eq!(plan(far, NOW_MS), Plan::WakeAt(NOW_MS + HOUR_MS));
    }

    #[test]
    fn the_sweep_arms_what_has_work_and_no_alarm() {
        let due = view(Status::Enabled, Some(PAST_MS));
        let later = view(Status::Enabled, Some(SOON_MS));
        let cases = [
            (due, None, Plan::WakeAt(NOW_MS)),
            (due, Some(PAST_MS), Plan::Sleep),
            (due, Some(NOW_MS), Plan::Sleep),
            // Armed for later than the work is due.
            (due, Some(SOON_MS), Plan::WakeAt(NOW_MS)),
            // Overdue by more than a minute: the platform has dropped it.
            (due, Some(NOW_MS - 60_000), Plan::WakeAt(NOW_MS)),
            (due, Some(0), Plan::WakeAt(NOW_MS)),
            (later, None, Plan::WakeAt(SOON_MS)),
            (later, Some(SOON_MS), Plan::Sleep),
            (later, Some(SOON_MS + 1), Plan::WakeAt(SOON_MS)),
            (view(Status::Enabled, None), None, Plan::Sleep),
            (view(Status::Paused, Some(PAST_MS)), None, Plan::Sleep),
            (
                view(Status::Disabled, Some(PAST_MS)),
                Some(NOW_MS),
                Plan::Bury(DeadReason::DestinationDisabled),
            ),
        ];
        for (view, alarm_ms, expected) in cases {
            assert_eq!(sweep(view, alarm_ms, false, NOW_MS), expected, "{view:?} {alarm_ms:?}");
            assert_eq!(sweep(view, alarm_ms, true, NOW_MS), Plan::Sleep);
        }
    }

    #[test]
    fn an_enqueue_arms_once_and_then_asks_for_nothing() {
        let mut alarm = Alarm::new();
        assert_eq!(alarm.wake(NOW_MS, NOW_MS), Some(NOW_MS));
        assert_eq!(alarm.wake(NOW_MS + 1, NOW_MS + 1), None);
        assert_eq!(alarm.wake(NOW_MS + 500, NOW_MS + 500), None);
        // It ought to have fired long ago.
        let late_ms = NOW_MS + limits::RUN_LOST_MS;
        assert_eq!(alarm.wake(late_ms, late_ms), Some(late_ms));
    }

    #[test]
    fn an_earlier_wake_up_replaces_a_later_one() {
        let mut alarm = Alarm::new();
        assert_eq!(alarm.wake(SOON_MS, NOW_MS), Some(SOON_MS));
        assert_eq!(alarm.wake(SOON_MS + 1, NOW_MS), None);
        assert_eq!(alarm.wake(PAST_MS, NOW_MS), Some(NOW_MS));
    }

    #[test]
    fn a_failed_arming_is_forgotten() {
        let mut alarm = Alarm::new();
        assert!(alarm.wake(NOW_MS, NOW_MS).is_some());
        alarm.forget();
        assert!(alarm.wake(NOW_MS, NOW_MS).is_some());
    }

    #[test]
    fn a_run_arms_the_safety_alarm_and_takes_what_arrives_meanwhile() {
        let mut alarm = Alarm::new();
        let run = alarm.start_run(NOW_MS);
        assert_eq!(run.safety_alarm_ms(), NOW_MS + 10_000);
        assert!(alarm.is_running(NOW_MS + 1));
        assert_eq!(alarm.wake(NOW_MS + 1, NOW_MS + 1), None);
        let later = view(Status::Enabled, Some(SOON_MS));
        assert_eq!(alarm.finish_run(later, NOW_MS + 2), Plan::WakeAt(SOON_MS));
        assert!(!alarm.is_running(NOW_MS + 2));
        // What arrives now is earlier than what was planned.
        assert_eq!(alarm.wake(NOW_MS + 3, NOW_MS + 3), Some(NOW_MS + 3));
    }

    #[test]
    fn after_a_run_without_work_the_next_event_arms() {
        let mut alarm = Alarm::new();
        let _ = alarm.start_run(NOW_MS);
        assert_eq!(alarm.finish_run(view(Status::Enabled, None), NOW_MS), Plan::Sleep);
        assert_eq!(alarm.wake(NOW_MS, NOW_MS), Some(NOW_MS));

        // Nor is the safety alarm, which was deleted, remembered when its time has come.
        let _ = alarm.start_run(NOW_MS);
        assert_eq!(alarm.finish_run(view(Status::Enabled, None), NOW_MS), Plan::Sleep);
        let late_ms = NOW_MS + limits::RUN_LOST_MS;
        assert_eq!(alarm.wake(late_ms, late_ms), Some(late_ms));
    }

    #[test]
    fn a_run_that_was_cut_off_holds_nothing_up() {
        let mut alarm = Alarm::new();
        let _ = alarm.start_run(NOW_MS);
        let late_ms = NOW_MS + limits::RUN_LOST_MS;
        assert!(alarm.is_running(late_ms - 1));
        assert!(!alarm.is_running(late_ms));
        // Its safety alarm is due and serves; a minute on, it was dropped.
        assert_eq!(alarm.wake(late_ms, late_ms), None);
        let dropped_ms = late_ms + limits::RUN_LOST_MS;
        assert_eq!(alarm.wake(dropped_ms, dropped_ms), Some(dropped_ms));
    }

    #[test]
    fn an_abandoned_run_lets_the_next_event_arm() {
        let mut alarm = Alarm::new();
        let _ = alarm.start_run(NOW_MS);
        alarm.abandon_run();
        assert!(!alarm.is_running(NOW_MS));
        assert_eq!(alarm.wake(NOW_MS, NOW_MS), Some(NOW_MS));
    }

    #[test]
    fn a_run_ends_by_number_and_by_time() {
        let mut run = Alarm::new().start_run(NOW_MS);
        for _ in 0..500 {
            assert!(run.take_attempt(NOW_MS + 29_999));
        }
        assert!(!run.take_attempt(NOW_MS + 29_999));
        assert_eq!(run.attempts, 500);

        let mut run = Alarm::new().start_run(NOW_MS);
        assert!(run.take_attempt(NOW_MS + 29_999));
        assert!(!run.take_attempt(NOW_MS + 30_000));
        // A clock that was set back does not end a run, nor make it panic.
        assert!(run.take_attempt(NOW_MS - 1));
    }

    #[test]
    fn a_run_that_goes_on_keeps_the_safety_alarm_ahead() {
        let mut run = Alarm::new().start_run(NOW_MS);
        assert_eq!(run.renew(NOW_MS + 4_999), None);
        assert_eq!(run.renews_in_ms(NOW_MS + 4_000), 1_000);
        assert_eq!(run.renew(NOW_MS + 5_000), Some(NOW_MS + 15_000));
        assert_eq!(run.renew(NOW_MS + 5_001), None);
        // A clock that was set back arms it no further ahead than it is.
        assert_eq!(run.renew(NOW_MS), None);
    }

    #[test]
    fn a_run_with_its_last_attempt_ends_before_it_counts_as_lost() {
        let longest_ms =
            limits::RUN_WALL_MS + limits::ATTEMPT_TIMEOUT_MS + limits::RESPONSE_EXCERPT_MS;
        assert!(longest_ms < limits::RUN_LOST_MS);
    }
}
