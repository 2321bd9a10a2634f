//! An event that is handed to the queue: stored in one statement, answered, and started.

use hookward_relay::delivery::{self, DeadReason, Delivery, Enqueue, State};
use hookward_relay::destination::Status;
use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::QueueAnswer;
use hookward_relay::metrics::Counts;

use super::DestinationQueue;
use super::frame;
use super::job::Job;
use super::journal::Stored;
use super::rows::Event;
use super::seq::{self, Seq};
use crate::clock::{self, Millis};
use crate::ingest::source_for_log;
use crate::log;

/// How many events are taken between two looks at the size of the database.
const EVENTS_PER_LOOK: u32 = 64;

/// What became of an event.
pub(super) enum Committed {
    /// Stored just now.
    Yes { seq: Seq, delivery: Delivery, due: bool },
    /// Not stored now, for the reason that the answer gives.
    No(QueueAnswer),
}

impl DestinationQueue {
    /// Takes an event: commits it, sees to it that it is worked on, and answers.
    pub(super) fn enqueue(&self, frame: &[u8]) -> QueueAnswer {
        let now = clock::now();
        let Some((mut event, event_key, body)) = frame::parse(frame) else {
            return QueueAnswer::Failed;
        };
        let Ok(Some(settings)) = self.settings() else {
            // Only queues that were made are asked: one without settings has lost them.
            log::line("queue")
                .with("object", self.state.id().to_string())
                .with("outcome", "no_settings")
                .error();
            return QueueAnswer::Failed;
        };
        event.carried.event_key = Some(hex::encode(event_key));
        let key = frame::delivery_key(settings.id, &event_key);
        match self.commit(&event, &key, body, now) {
            Ok(Committed::No(answer)) => answer,
            Ok(Committed::Yes { seq, delivery, due }) => {
                if due {
                    let (id, epoch) = (seq::delivery_id(seq, &key), self.epoch.get());
                    let Event { source, event_type, carried } = event;
                    let body = body.to_vec();
                    let job = Job { seq, id, delivery, epoch, source, event_type, carried, body };
                    self.start(job, now);
                }
                QueueAnswer::Committed
            }
            Err(error) => {
                self.log_failure("enqueue", &error);
                QueueAnswer::Failed
            }
        }
    }

    /// Stores an event, in one turn without an await.
    pub(super) fn commit(
        &self,
        event: &Event,
        key: &[u8; 32],
        body: &[u8],
        now: Millis,
    ) -> worker::Result<Committed> {
        let Some(settings) = self.settings()? else {
            return Ok(Committed::No(QueueAnswer::Failed));
        };
        let stored = self.stored_bytes();
        // Whether the key is known is for the statement to say, except where there is no room.
        let answer = match delivery::enqueue(settings.status, false, stored, now.0) {
            Enqueue::Unmatched => QueueAnswer::Unmatched,
            Enqueue::Duplicate => QueueAnswer::Duplicate,
            Enqueue::Full if self.store.knows(key)? => QueueAnswer::Duplicate,
            Enqueue::Full => QueueAnswer::Full,
            Enqueue::Insert(delivery) => {
                let seq = Seq::next(self.last_seq()?, now);
                if self.store.insert(seq, key, event, body, delivery)? {
                    self.last.set(Some(seq));
                    let counted = self.count_accepted(settings.id, event, delivery, now);
                    self.not_fatal("count", counted);
                    let pending = delivery.next_attempt().is_some();
                    let due = pending && settings.status == Status::Enabled;
                    return Ok(Committed::Yes { seq, delivery, due });
                }
                QueueAnswer::Duplicate
            }
        };
        if answer == QueueAnswer::Duplicate {
            // Written with what is committed next: a copy is not worth a commit of its own.
            self.not_fatal("count", self.count(Counts::duplicate));
        }
        Ok(Committed::No(answer))
    }

    /// In the turn that stores it.
    fn count_accepted(
        &self,
        destination: DestinationId,
        event: &Event,
        delivery: Delivery,
        now: Millis,
    ) -> worker::Result<()> {
        let event_key = event.carried.event_key.as_deref();
        let stored = Stored { event_key, source: source_for_log(&event.source) };
        self.books.journal.stored(destination, &stored);
        self.count(Counts::accepted)?;
        if let State::Dead { reason, .. } = delivery.state {
            self.count(|counts| counts.dead(reason, 1))?;
            self.log_dead(event_key, reason);
        }
        self.write_books_soon(now)
    }

    pub(super) fn log_dead(&self, event_key: Option<&str>, reason: DeadReason) {
        let destination = self.settings().ok().flatten().map(|it| it.id.to_string());
        log::line("dead_letter")
            .with("destination", destination)
            .with("event_key", event_key)
            .with("reason", reason.as_str())
            .info();
    }

    /// Sees to it that a delivery just stored is worked on.
    pub(super) fn start(&self, job: Job, now: Millis) {
        // Behind a closed gate one alarm is enough, whatever comes in.
        let at_ms = self.opens_ms(now.0, now).unwrap_or(now.0);
        let arm = self.alarm.borrow_mut().wake(at_ms, now.0);
        match arm {
            None if self.alarm.borrow().is_running(now.0) => self.arrivals.hand_over(job),
            None => {}
            Some(at_ms) => self.arm_meanwhile(at_ms),
        }
    }

    pub(super) fn last_seq(&self) -> worker::Result<Option<Seq>> {
        if self.last.get().is_none() {
            self.last.set(self.store.last_seq()?);
        }
        Ok(self.last.get())
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        let (bytes, left) = self.stored.get();
        if let Some(left) = left.checked_sub(1) {
            self.stored.set((bytes, left));
            return bytes;
        }
        let bytes = self.store.bytes();
        self.stored.set((bytes, EVENTS_PER_LOOK));
        bytes
    }
}
