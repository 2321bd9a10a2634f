//! A bound in time on whatever is waited for.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::future::{Either, select};

use crate::clock::{self, Millis};
use crate::wait::Timer;

/// What `future` gives within `ms` milliseconds, else `None`. The call behind it is not cancelled,
/// only no longer waited for.
pub(crate) async fn within<F: Future>(ms: u64, future: F) -> Option<F::Output> {
    match select(pin!(future), Timer::new(ms)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// The longest that a [`Watch`] sets its timer to: short enough to serve every wait that it bounds.
const RINGS_EVERY_MS: u64 = 1_000;

/// Bounds on waits that follow one another, by one timer as long as all of them are short: to set one for
/// each would take longer than most waits.
#[derive(Default)]
pub(crate) struct Watch(RefCell<Option<(Millis, Timer)>>);

impl Watch {
    /// What `future` gives within `ms` milliseconds, else `None`.
    pub(crate) async fn within<F: Future>(&self, ms: u64, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let until = clock::now().plus(ms);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            loop {
                let mut kept = self.0.borrow_mut();
                let (rings, timer) = match kept.take() {
                    Some((rings, timer)) if rings <= until => (rings, timer),
                    _ => set(until),
                };
                let (_, timer) = kept.insert((rings, timer));
                match Pin::new(timer).poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => *kept = None,
                }
                if rings >= until {
                    return Poll::Ready(None);
                }
            }
        })
        .await
    }
}

fn set(until: Millis) -> (Millis, Timer) {
    let (rings, wait_ms) = next(until, clock::now());
    (rings, Timer::new(wait_ms))
}

/// When a timer is to ring on the way to `until`, and in how many milliseconds. Never after `until`: where
/// the one before rang late, it is over at once.
fn next(until: Millis, now: Millis) -> (Millis, u64) {
    let wait_ms = until.since(now).min(RINGS_EVERY_MS);
    (now.plus(wait_ms).min(until), wait_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_never_rings_after_the_end() {
        let at = Millis;
        assert_eq!(next(at(10), at(4)), (at(10), 6));
        assert_eq!(next(at(10), at(10)), (at(10), 0));
        assert_eq!(next(at(10), at(12)), (at(10), 0));
        assert_eq!(next(at(5_000), at(10)), (at(1_010), 1_000));
    }
}
