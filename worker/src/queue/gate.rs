//! Whether the destination may be sent to now, and what its answers have led to.

use hookward_relay::breaker::BreakerState;
use hookward_relay::delivery::Command;
use hookward_relay::destination::Status;
use hookward_relay::gate::{Gate, Next};
use hookward_relay::outcome::Outcome;

use super::DestinationQueue;
use super::rows::Settings;
use crate::clock::Millis;

/// The gate, and what is stored of it. That of a destination that is well is never written.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    now: Gate,
    stored: Gate,
}

impl DestinationQueue {
    pub(super) fn gate(&self) -> worker::Result<Gate> {
        Ok(self.kept_gate()?.now)
    }

    fn kept_gate(&self) -> worker::Result<Kept> {
        if let Some(kept) = self.gate.get() {
            return Ok(kept);
        }
        let stored = self.store.gate()?;
        let kept = Kept { now: stored, stored };
        self.gate.set(Some(kept));
        Ok(kept)
    }

    fn change_gate(&self, change: impl FnOnce(&mut Gate)) -> worker::Result<()> {
        let mut kept = self.kept_gate()?;
        change(&mut kept.now);
        self.gate.set(Some(kept));
        Ok(())
    }

    pub(super) fn may_start(
        &self,
        settings: &Settings,
        under_way: usize,
        now: Millis,
    ) -> worker::Result<Next> {
        Ok(self.gate()?.next(settings.rate_limit, under_way, now.0))
    }

    pub(super) fn note_start(&self, settings: &Settings, now: Millis) -> worker::Result<()> {
        self.change_gate(|gate| gate.start(settings.rate_limit, now.0))
    }

    /// Written in the turn that records the result.
    pub(super) fn note_end(
        &self,
        outcome: Outcome,
        (started, ended): (Millis, Millis),
        random: u32,
    ) -> worker::Result<()> {
        self.change_gate(|gate| gate.end(outcome, started.0, ended.0, random))?;
        self.store_gate()
    }

    /// The destination was enabled again, or is another now.
    pub(super) fn reset_gate(&self) -> worker::Result<()> {
        self.change_gate(Gate::reset)?;
        self.store_gate()
    }

    pub(super) fn is_breaker_open(&self) -> bool {
        self.gate().is_ok_and(|gate| gate.breaker() == BreakerState::Open)
    }

    fn store_gate(&self) -> worker::Result<()> {
        let kept = self.kept_gate()?;
        if kept.now != kept.stored {
            self.store.put_gate(kept.now)?;
            self.gate.set(Some(Kept { stored: kept.now, ..kept }));
        }
        Ok(())
    }

    /// From when on something due at `due_ms` may be sent.
    pub(super) fn opens_ms(&self, due_ms: u64, now: Millis) -> worker::Result<u64> {
        let limit = self.settings()?.and_then(|settings| settings.rate_limit);
        Ok(due_ms.max(self.gate()?.opens_ms(limit, now.0)))
    }
}

/// Whether a destination that was not sent to is sent to again.
pub(super) fn enables(command: &Command) -> bool {
    matches!(command, Command::SetStatus { status: Status::Enabled, .. })
}
