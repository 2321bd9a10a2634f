//! What comes in while a run is under way: handed to the run in memory, so that it need not look
//! into the store for each event. The store has it all; what is dropped here is found there.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::task::{Poll, Waker};

use super::job::Job;
use super::seq::Seq;

/// Jobs that a queue holds in memory; the rest waits in the store.
const JOBS: usize = 2_048;

/// Their sizes in all.
const BYTES: usize = 4 * 1024 * 1024;

/// Those of all queues of this isolate, which share a memory of 128 MB.
const BYTES_OF_ALL: usize = 16 * 1024 * 1024;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// Jobs for the run, and a flag that one task can wait for. Within one object only: a waker must
/// not cross objects.
#[derive(Default)]
pub(super) struct Arrivals {
    jobs: RefCell<VecDeque<Job>>,
    bytes: Cell<usize>,
    /// Something in the store was not handed over, nor is anything after it.
    look: Cell<bool>,
    raised: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Arrivals {
    /// Hands over a delivery that has just been stored.
    pub(super) fn hand_over(&self, job: Job) {
        let length = job.size();
        let full = self.jobs.borrow().len() >= JOBS
            || self.bytes.get().saturating_add(length) > BYTES
            || HELD.get().saturating_add(length) > BYTES_OF_ALL;
        if full || self.look.get() {
            self.look.set(true);
        } else {
            self.jobs.borrow_mut().push_back(job);
            self.hold(length);
        }
        self.wake();
    }

    /// Says that the store has something new.
    pub(super) fn look_again(&self) {
        self.look.set(true);
        self.wake();
    }

    /// The next job, the first that came.
    pub(super) fn take(&self) -> Option<Job> {
        let job = self.jobs.borrow_mut().pop_front()?;
        self.let_go(job.size());
        Some(job)
    }

    /// Whether the store has something that was not handed over.
    pub(super) fn wants_look(&self) -> bool {
        self.look.get()
    }

    /// The rows of what was handed over.
    pub(super) fn seqs(&self) -> Vec<Seq> {
        self.jobs.borrow().iter().map(|job| job.seq).collect()
    }

    /// The store was looked at, and has nothing more.
    pub(super) fn have_looked(&self) {
        self.look.set(false);
    }

    /// Forgets what was handed over: the store is about to be looked at, and has it too.
    pub(super) fn clear(&self) {
        self.jobs.borrow_mut().clear();
        self.let_go(self.bytes.get());
        self.look.set(false);
    }

    fn hold(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        HELD.set(HELD.get().saturating_add(bytes));
    }

    fn let_go(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_sub(bytes));
        HELD.set(HELD.get().saturating_sub(bytes));
    }

    /// Waits until something has come since the last wait.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + '_ {
        poll_fn(|context| {
            if self.raised.replace(false) {
                return Poll::Ready(());
            }
            self.waiting.replace(Some(context.waker().clone()));
            Poll::Pending
        })
    }

    fn wake(&self) {
        self.raised.set(true);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        self.let_go(self.bytes.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use hookward_relay::delivery::{Delivery, State};

    use crate::queue::rows::Carried;

    fn job(seq: u64, bytes: usize) -> Job {
        Job {
            seq: Seq(seq),
            delivery: Delivery { round: 1, attempts: 0, state: State::Pending { due_at_ms: 0 } },
            epoch: 0,
            id: hookward_relay::ids::DeliveryId::new(seq, [0; 10]),
            source: "api".into(),
            event_type: None,
            carried: Carried { headers: Vec::new(), hops: 0, event_key: None },
            body: vec![0; bytes],
        }
    }

    /// One that leaves no room for another.
    fn full(seq: u64) -> Job {
        job(seq, BYTES - job(seq, 0).size())
    }

    #[test]
    fn waits_until_something_comes() {
        let arrivals = Arrivals::default();
        assert!(arrivals.wait().now_or_never().is_none());
        arrivals.look_again();
        assert!(arrivals.wait().now_or_never().is_some());
        assert!(arrivals.wait().now_or_never().is_none());
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_store() {
        let arrivals = Arrivals::default();
        for seq in 0..JOBS as u64 {
            arrivals.hand_over(job(seq, 10));
            assert!(!arrivals.wants_look());
        }
        arrivals.hand_over(job(998, 10));
        assert!(arrivals.wants_look());
        assert_eq!(arrivals.take().map(|job| job.seq), Some(Seq(0)));
        // What comes later waits behind it, though there is room again.
        arrivals.hand_over(job(999, 10));
        assert_eq!(arrivals.seqs().last(), Some(&Seq(JOBS as u64 - 1)));
        arrivals.have_looked();
        arrivals.hand_over(job(1_000, 10));
        assert_eq!(arrivals.seqs().last(), Some(&Seq(1_000)));
        arrivals.clear();
        assert!(arrivals.take().is_none() && !arrivals.wants_look());
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let arrivals = Arrivals::default();
        arrivals.hand_over(full(1));
        assert!(!arrivals.wants_look());
        arrivals.hand_over(job(2, 1));
        assert!(arrivals.wants_look());
        assert_eq!(arrivals.take().map(|job| job.seq), Some(Seq(1)));
        arrivals.have_looked();
        arrivals.hand_over(full(3));
        assert_eq!(arrivals.seqs(), [Seq(3)]);
    }

    #[test]
    fn all_queues_share_what_there_is_room_for() {
        let queues: Vec<_> = (0..BYTES_OF_ALL / BYTES).map(|_| Arrivals::default()).collect();
        for queue in &queues {
            queue.hand_over(full(1));
            assert!(!queue.wants_look());
        }
        let another = Arrivals::default();
        another.hand_over(job(1, 1));
        assert!(another.wants_look());
        drop(queues);
        assert_eq!(HELD.get(), 0);
        another.have_looked();
        another.hand_over(job(2, 1));
        assert_eq!(another.seqs(), [Seq(2)]);
    }
}
