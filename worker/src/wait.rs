//! Waiting for JavaScript: for a promise, or for a time.
//!
//! `JsFuture` and `Delay` make closures for each wait and have them collected as garbage, which takes longer
//! than most of what is waited for. Here one function is told of all ends, each under its number.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::host;

/// How a promise ended.
pub(crate) type Settled = Result<JsValue, JsValue>;

enum State {
    Waiting(Option<Waker>),
    Over(Settled),
}

thread_local! {
    static WAITS: RefCell<HashMap<u64, State>> = RefCell::new(HashMap::new());
    static LAST: Cell<u64> = const { Cell::new(0) };
    /// What JavaScript calls at the end of every wait.
    static TELL: JsValue = Closure::<dyn Fn(f64, bool, JsValue)>::new(over).into_js_value();
}

// Tickets are whole numbers from 1 on.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn over(ticket: f64, fulfilled: bool, value: JsValue) {
    note(ticket as u64, if fulfilled { Ok(value) } else { Err(value) });
}

/// Nobody waits any more where there is no entry.
fn note(ticket: u64, how: Settled) {
    let before = WAITS.with_borrow_mut(|waits| {
        Some(std::mem::replace(waits.get_mut(&ticket)?, State::Over(how)))
    });
    if let Some(State::Waiting(Some(waker))) = before {
        waker.wake();
    }
}

/// The end of a wait.
struct Wait(u64);

impl Wait {
    fn new() -> Self {
        let ticket = LAST.get().wrapping_add(1);
        LAST.set(ticket);
        WAITS.with_borrow_mut(|waits| waits.insert(ticket, State::Waiting(None)));
        Self(ticket)
    }

    // So many waits as to lose a digit there will not be.
    #[allow(clippy::cast_precision_loss)]
    fn ticket(&self) -> f64 {
        self.0 as f64
    }
}

impl Future for Wait {
    type Output = Settled;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Settled> {
        let waiting = State::Waiting(Some(context.waker().clone()));
        // What was there is dropped outside: with a waker, more waits may go.
        let before = WAITS.with_borrow_mut(|waits| waits.insert(self.0, waiting));
        let Some(State::Over(how)) = before else { return Poll::Pending };
        drop(WAITS.with_borrow_mut(|waits| waits.remove(&self.0)));
        Poll::Ready(how)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        drop(WAITS.with_borrow_mut(|waits| waits.remove(&self.0)));
    }
}

/// What becomes of a promise.
pub(crate) fn settled(promise: &Promise) -> impl Future<Output = Settled> + use<> {
    let wait = Wait::new();
    TELL.with(|tell| host::settle(promise, tell, wait.ticket()));
    wait
}

/// Over in some milliseconds, from when it is first asked. Dropped, it is stopped.
pub(crate) struct Timer {
    ms: u32,
    running: Option<(Wait, JsValue)>,
}

impl Timer {
    pub(crate) fn new(ms: u64) -> Self {
        Self { ms: u32::try_from(ms).unwrap_or(u32::MAX), running: None }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let ms = self.ms;
        let (wait, _) = self.running.get_or_insert_with(|| {
            let wait = Wait::new();
            let timer = TELL.with(|tell| host::start_timer(tell, ms, wait.ticket(), true));
            (wait, timer)
        });
        Pin::new(wait).poll(context).map(drop)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some((wait, timer)) = self.running.take() {
            host::stop_timer(&timer);
            drop(wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_wait_ends_once_it_is_told() {
        let mut wait = Wait::new();
        let other = Wait::new();
        assert!((&mut wait).now_or_never().is_none());
        note(wait.0, Ok(JsValue::UNDEFINED));
        assert!((&mut wait).now_or_never().is_some());
        drop(wait);
        assert!(other.now_or_never().is_none());
        WAITS.with_borrow(|waits| assert!(waits.is_empty()));
    }

    #[test]
    fn an_end_that_nobody_waits_for_is_forgotten() {
        let wait = Wait::new();
        let ticket = wait.0;
        drop(wait);
        note(ticket, Ok(JsValue::UNDEFINED));
        WAITS.with_borrow(|waits| assert!(waits.is_empty()));
    }
}
