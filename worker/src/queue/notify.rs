//! Tells a run that is waiting for its attempts that new work has come in.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::task::{Poll, Waker};

/// A flag that one task can wait for. Within one object only: a waker must not cross objects.
#[derive(Default)]
pub(super) struct Notify {
    raised: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Notify {
    /// Raises the flag and wakes who waits for it.
    pub(super) fn raise(&self) {
        self.raised.set(true);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// Waits for the flag and lowers it.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + '_ {
        poll_fn(|context| {
            if self.raised.replace(false) {
                return Poll::Ready(());
            }
            self.waiting.replace(Some(context.waker().clone()));
            Poll::Pending
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn waits_until_raised_and_lowers_the_flag() {
        let notify = Notify::default();
        assert!(notify.wait().now_or_never().is_none());
        notify.raise();
        assert!(notify.wait().now_or_never().is_some());
        assert!(notify.wait().now_or_never().is_none());
    }
}
