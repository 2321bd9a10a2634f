//! What a queue counts and logs, gathered and written in a turn that commits something anyway.
//!
//! A row that is written costs money and a line of the log time, so under load that is once a second and at
//! the end of a run. A crash loses at most what was gathered within the last second; of the counts, what
//! nobody has been shown.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use hookward_relay::metrics::Counts;
use worker::wasm_bindgen_futures::spawn_local;

use super::journal::Journal;
use super::log_failure;
use super::store::Store;
use crate::clock::{self, Millis};
use crate::wait::Timer;

/// How often the books are written while there is something to write.
pub(super) const WRITE_EVERY_MS: u64 = 1_000;

pub(super) struct Books {
    store: Store,
    pub(super) journal: Journal,
    /// Once they have been read.
    counts: RefCell<Option<Counts>>,
    /// Some have not been stored.
    counts_waiting: Cell<bool>,
    written: Cell<Millis>,
    /// They will be written within a second.
    planned: Cell<bool>,
}

impl Books {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            journal: Journal::default(),
            counts: RefCell::default(),
            counts_waiting: Cell::new(false),
            written: Cell::new(Millis(0)),
            planned: Cell::new(false),
        }
    }

    /// Counts, in memory.
    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) -> worker::Result<()> {
        let mut counts = self.counts.borrow_mut();
        if counts.is_none() {
            *counts = Some(self.store.counts()?);
        }
        if let Some(counts) = counts.as_mut() {
            change(counts);
            self.counts_waiting.set(true);
        }
        Ok(())
    }

    /// What has been counted.
    pub(super) fn counts(&self) -> worker::Result<Counts> {
        match self.counts.borrow().as_ref() {
            Some(counts) => Ok(counts.clone()),
            None => self.store.counts(),
        }
    }

    /// Whether they were last written a while ago.
    pub(super) fn are_due(&self, now: Millis) -> bool {
        now.since(self.written.get()) >= WRITE_EVERY_MS
    }

    /// Writes what was gathered.
    pub(super) fn write(&self, now: Millis) -> worker::Result<()> {
        if !self.journal.is_empty() {
            self.journal.write();
            self.written.set(now);
        }
        if !self.counts_waiting.get() {
            return Ok(());
        }
        if let Some(counts) = self.counts.borrow().as_ref() {
            self.store.put_counts(counts)?;
            self.counts_waiting.set(false);
            self.written.set(now);
        }
        Ok(())
    }

    /// Writes what was gathered within a second. `object` is who complains if that fails.
    pub(super) fn write_later(self: &Rc<Self>, object: impl FnOnce() -> String) {
        if self.planned.replace(true) {
            return;
        }
        let (books, object) = (Rc::clone(self), object());
        spawn_local(async move {
            Timer::new(WRITE_EVERY_MS).await;
            books.planned.set(false);
            if let Err(error) = books.write(clock::now()) {
                log_failure(&object, "count", &error);
            }
        });
    }
}
