//! The queue's alarm: when it is set, and to what.

use std::rc::Rc;

use futures_util::FutureExt;
use hookward_relay::alarm::{Plan, QueueView};
use hookward_relay::destination::Status;
use worker::ScheduledTime;
use worker::wasm_bindgen_futures::spawn_local;

use super::seq::Seq;
use super::{DestinationQueue, log_failure};
use crate::clock::{self, Millis};

/// How long it is remembered when something may first be forgotten.
const EXPIRY_KNOWN_MS: u64 = 10 * 60 * 1000;

impl DestinationQueue {
    /// Makes sure that the alarm is early enough for whatever is to be done.
    pub(super) async fn wake(&self) {
        let now = clock::now();
        match self.view() {
            Ok(view) => match hookward_relay::alarm::plan(view, now.0) {
                Plan::WakeAt(at_ms) => self.wake_at(at_ms, now).await,
                Plan::Bury(_) => self.wake_at(now.0, now).await,
                Plan::Sleep => {}
            },
            Err(error) => self.log_failure("wake", &error),
        }
    }

    pub(super) async fn wake_at(&self, at_ms: u64, now: Millis) {
        let arm = self.alarm.borrow_mut().wake(at_ms, now.0);
        match arm {
            None => self.arrivals.look_again(),
            Some(at_ms) => self.arm(at_ms).await,
        }
    }

    pub(super) async fn arm(&self, at_ms: u64) {
        if self.set_alarm(at_ms).await.is_err() {
            self.alarm.borrow_mut().forget();
        }
    }

    /// The same without waiting for it: whatever is answered meanwhile, the platform holds back until
    /// the alarm is stored, and does not send where that fails.
    pub(super) fn arm_meanwhile(&self, at_ms: u64) {
        let (storage, alarm) = (self.state.storage(), Rc::clone(&self.alarm));
        let object = self.state.id().to_string();
        let mut set = Box::pin(async move {
            if let Err(error) = storage.set_alarm(scheduled(at_ms)).await {
                log_failure(&object, "alarm", &error);
                alarm.borrow_mut().forget();
            }
        });
        // Called for now, not in some later turn.
        if set.as_mut().now_or_never().is_none() {
            spawn_local(set);
        }
    }

    pub(super) async fn set_alarm(&self, at_ms: u64) -> worker::Result<()> {
        let set = self.state.storage().set_alarm(scheduled(at_ms)).await;
        set.inspect_err(|error| self.log_failure("alarm", error))
    }

    pub(super) fn view(&self) -> worker::Result<QueueView> {
        let Some(settings) = self.settings()? else {
            let (earliest_due_ms, earliest_expiry_ms) = (None, None);
            return Ok(QueueView { status: Status::Paused, earliest_due_ms, earliest_expiry_ms });
        };
        let due_ms = self.store.earliest_due_ms(&self.set_aside())?;
        let now = clock::now();
        let replay_ms = self.replay_wakes_ms(settings.status, now)?;
        let retry_ms = (!self.unrecorded.borrow().is_empty()).then(|| self.retry_at.get().0);
        let first_ms = due_ms.into_iter().chain(replay_ms).chain(retry_ms).min();
        let earliest_due_ms = first_ms.map(|due_ms| self.opens_ms(due_ms, now)).transpose()?;
        Ok(QueueView {
            status: settings.status,
            earliest_due_ms,
            earliest_expiry_ms: self.earliest_expiry_ms()?,
        })
    }

    /// When something may first be forgotten. That lies days ahead and need not be known to the
    /// minute, so it is looked up now and then.
    pub(super) fn earliest_expiry_ms(&self) -> worker::Result<Option<u64>> {
        let now = clock::now();
        if let (at, known @ Some(_)) = self.expiry.get()
            && now.since(at) < EXPIRY_KNOWN_MS
        {
            return Ok(known);
        }
        let retention = self.settings()?.map(|settings| settings.retention).unwrap_or_default();
        let expiry_ms = retention.earliest_expiry_ms(self.store.oldest_finished()?);
        self.expiry.set((now, expiry_ms));
        Ok(expiry_ms)
    }

    /// Rows that are not attempted for now.
    pub(super) fn set_aside(&self) -> Vec<Seq> {
        let (broken, unrecorded) = (self.broken.borrow(), self.unrecorded.borrow());
        broken.iter().chain(unrecorded.iter()).copied().collect()
    }
}

fn scheduled(at_ms: u64) -> ScheduledTime {
    // Times stay far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let at_ms = wasm_bindgen::JsValue::from_f64(at_ms as f64);
    ScheduledTime::new(js_sys::Date::new(&at_ms))
}
