//! An attempt, and what is written down of it.

use std::rc::Rc;

use hookward_relay::delivery::{self, Command, State};
use hookward_relay::destination::Destination;
use hookward_relay::operational;
use hookward_relay::outcome::{Failure, Outcome, TransportFailure};

use super::DestinationQueue;
use super::job::Job;
use super::journal::Attempted;
use super::rows::AttemptRow;
use super::send::{NotOpened, Opened, Sent};
use crate::clock::{self, Millis};
use crate::log;

impl DestinationQueue {
    pub(super) async fn attempt(&self, job: Job) -> (Job, Sent) {
        let sent = match self.opened() {
            Ok(opened) => opened.send(&self.calls, &job).await,
            Err(_) => Sent::failed(clock::now(), TransportFailure::Internal),
        };
        (job, sent)
    }

    /// Writes down what came of an attempt, in one turn. Row and settings are read again: both may
    /// have changed while it was under way.
    pub(super) fn record(&self, job: &Job, sent: &Sent) -> worker::Result<()> {
        let now = sent.ended;
        let mut outcome = Outcome::from(sent.result);
        let random = random_bits();
        let noted = self.note_end(outcome, (sent.started, sent.ended), random);
        self.not_fatal("gate", noted);
        let failure = outcome.failure();
        let status = match outcome {
            Outcome::Delivered { status } => Some(status),
            _ => failure.and_then(Failure::status),
        };
        // The row is read again only if it may have changed while the attempt was under way.
        let current = if job.epoch == self.epoch.get() {
            Some(job.delivery)
        } else {
            self.store.delivery(job.seq)?.map(|found| found.delivery)
        };
        let (Some(current), Some(settings), Some(made)) =
            (current, self.settings()?, job.delivery.next_attempt())
        else {
            return Ok(());
        };
        // A 410 speaks for the URL that it came from, and that is not the destination's any more.
        if let (Outcome::Gone, Some(failure)) = (outcome, failure)
            && sent.url.as_ref() != Some(&settings.url)
        {
            outcome = Outcome::Retry { failure, retry_after: None };
        }
        let destination = Destination { status: settings.status, give_ups: settings.give_ups };
        let commands = delivery::record(
            current,
            destination,
            made,
            outcome,
            &settings.schedule,
            now.0,
            random,
        );
        let notice = operational::disabled(
            settings.id,
            settings.status,
            settings.give_ups,
            &commands,
            now.0,
        );
        let state = commands.iter().find_map(|command| match command {
            Command::Write(written) => Some(written.state),
            _ => None,
        });
        let row = AttemptRow {
            round: made.round,
            attempt: made.attempt,
            at_ms: sent.started.0,
            duration_ms: sent.ended.since(sent.started),
            status,
            error: failure.map(|failure| failure.class().to_owned()),
            excerpt: sent.excerpt.clone(),
        };
        let is_first = (current.round, current.attempts) == (1, 0);
        match commands.split_first() {
            Some((Command::Write(delivery), rest))
                if is_first && matches!(delivery.state, State::Delivered { .. }) =>
            {
                self.store.write_first(job.seq, *delivery, &row)?;
                self.execute(Some(job.seq), rest.to_vec(), notice, now)?;
            }
            _ => {
                self.store.log_attempt(job.seq, &row)?;
                self.execute(Some(job.seq), commands, notice, now)?;
            }
        }
        let event_key = job.carried.event_key.as_deref();
        let attempted = Attempted {
            event_key,
            delivery: job.id.to_string(),
            round: made.round,
            attempt: made.attempt,
            outcome: failure.map_or("delivered", |failure| failure.class()),
            status,
            at_ms: sent.started.0,
            duration_ms: sent.ended.since(sent.started),
            delivery_status: state.map(|state| state.status().as_str()),
        };
        self.books.journal.attempted(settings.id, &attempted);
        self.not_fatal("count", self.count_attempt(job, sent, state));
        if let Some(State::Dead { reason, .. }) = state {
            self.log_dead(event_key, reason);
        }
        Ok(())
    }

    /// In the turn that records it; `state` is what the delivery comes to be in.
    fn count_attempt(&self, job: &Job, sent: &Sent, state: Option<State>) -> worker::Result<()> {
        let made_at = Millis(job.seq.made_at_ms());
        self.count(|counts| {
            counts.attempt(Outcome::from(sent.result), sent.ended.since(sent.started));
            if (job.delivery.round, job.delivery.attempts) == (1, 0) {
                counts.first_attempt(sent.started.since(made_at));
            }
            match state {
                Some(State::Delivered { at_ms }) => {
                    counts.delivered(Millis(at_ms).since(made_at));
                }
                Some(State::Dead { reason, .. }) => counts.dead(reason, 1),
                Some(State::Pending { .. }) | None => {}
            }
        })?;
        self.write_books_soon(sent.ended)
    }

    /// The open secrets, remembered until the settings change.
    pub(super) fn opened(&self) -> Result<Rc<Opened>, NotOpened> {
        if let Some(opened) = self.opened.borrow().as_ref() {
            return Ok(Rc::clone(opened));
        }
        let settings = self.settings().ok().flatten().ok_or(NotOpened::Unusable)?;
        let keys = self.config.keys.as_ref().ok_or(NotOpened::Sealed)?;
        let opened = Opened::open(&keys.seal, &settings, self.config.allow_loopback);
        let opened = Rc::new(opened.inspect_err(|error| {
            let outcome = match error {
                NotOpened::Sealed => "settings_sealed",
                NotOpened::Unusable => "settings_unusable",
            };
            log::line("queue")
                .with("destination", settings.id.to_string())
                .with("outcome", outcome)
                .error();
        })?);
        self.opened.replace(Some(Rc::clone(&opened)));
        Ok(opened)
    }
}

/// 32 bits for the jitter; without randomness the wait is the shortest, which harms nobody.
fn random_bits() -> u32 {
    getrandom::u32().unwrap_or(0)
}
