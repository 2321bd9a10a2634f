//! Refused requests: counted by code, the last few kept for the source's owner. And events that no
//! queue counts: those that nobody wants, and copies that the hint gave away.
//!
//! Gathered in this isolate's memory and handed to the registry at most once per source in 10 s,
//! so that a flood costs nothing more. What an evicted isolate still held is lost.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hookward_relay::ids::SourceId;
use worker::Context;

use crate::clock::{self, Millis};
use crate::config::Config;
use crate::log;
use crate::problem::{Code, Problem};
use crate::registry::rows::{AddRejections, Rejection};
use crate::wait::Timer;

/// The least time between two hand-overs of one source.
const EVERY_MS: u64 = 10_000;

/// Rejections kept between two hand-overs: as many as the registry keeps.
const KEPT: usize = 20;

/// Sources with something to hand over at once; only authentic ids get here.
const ENTRIES: usize = 1_000;

#[derive(Default)]
struct Gathered {
    counts: HashMap<&'static str, u64>,
    answered: HashMap<&'static str, u64>,
    recent: Vec<Rejection>,
    /// When the last hand-over was, or the next one will be.
    handed_over: Option<Millis>,
}

thread_local! {
    static BY_SOURCE: RefCell<HashMap<SourceId, Gathered>> = RefCell::new(HashMap::new());
}

/// Takes note of a refusal, and hands over what has been gathered when it is time.
pub(super) fn note(
    config: &Rc<Config>,
    context: &Context,
    id: SourceId,
    problem: &Problem,
    now: Millis,
) {
    let add = |gathered: &mut Gathered| gathered.add(problem.code, &problem.detail, now);
    gather(config, context, id, add);
}

/// Takes note of an event that no queue counts.
pub(super) fn note_answer(
    config: &Rc<Config>,
    context: &Context,
    id: SourceId,
    status: &'static str,
    now: Millis,
) {
    gather(config, context, id, |gathered| {
        let count = gathered.answered.entry(status).or_default();
        *count = count.saturating_add(1);
        gathered.due(now)
    });
}

fn gather(
    config: &Rc<Config>,
    context: &Context,
    id: SourceId,
    add: impl FnOnce(&mut Gathered) -> Option<u64>,
) {
    let wait_ms = BY_SOURCE.with(|gathered| {
        let mut gathered = gathered.borrow_mut();
        if gathered.len() >= ENTRIES {
            gathered.clear();
        }
        add(gathered.entry(id).or_default())
    });
    if let Some(wait_ms) = wait_ms {
        let config = Rc::clone(config);
        context.wait_until(async move {
            if wait_ms > 0 {
                Timer::new(wait_ms).await;
            }
            hand_over(&config, id).await;
        });
    }
}

impl Gathered {
    /// Adds one; says in how many milliseconds to hand over, unless that is already to happen.
    fn add(&mut self, code: Code, detail: &str, now: Millis) -> Option<u64> {
        let count = self.counts.entry(code.as_str()).or_default();
        *count = count.saturating_add(1);
        if self.recent.len() >= KEPT {
            self.recent.remove(0);
        }
        let (code, detail) = (code.to_string(), detail.to_owned());
        self.recent.push(Rejection { at_ms: now.0, code, detail });
        self.due(now)
    }

    /// In how many milliseconds to hand over, unless that is already to happen.
    fn due(&mut self, now: Millis) -> Option<u64> {
        match self.handed_over {
            // One is planned for later and has not been cut off.
            Some(at) if at > now => None,
            Some(at) if now.since(at) < EVERY_MS => {
                let next = at.plus(EVERY_MS);
                self.handed_over = Some(next);
                Some(next.since(now))
            }
            _ => {
                self.handed_over = Some(now);
                Some(0)
            }
        }
    }
}

async fn hand_over(config: &Config, source: SourceId) {
    let taken = BY_SOURCE.with(|gathered| {
        let mut gathered = gathered.borrow_mut();
        let gathered = gathered.get_mut(&source)?;
        gathered.handed_over = Some(clock::now());
        let list = |counts: &mut HashMap<&'static str, u64>| -> Vec<(String, u64)> {
            counts.drain().map(|(word, count)| (word.to_owned(), count)).collect()
        };
        let (counts, answered) = (list(&mut gathered.counts), list(&mut gathered.answered));
        let recent = std::mem::take(&mut gathered.recent);
        Some(AddRejections { source, counts, answered, recent })
    });
    let Some(call) = taken.filter(|it| !it.counts.is_empty() || !it.answered.is_empty()) else {
        return;
    };
    if config.ask_registry(&call).await.is_err() {
        log::line("rejections").with("outcome", "lost").error();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_handed_over_once_in_ten_seconds() {
        let mut gathered = Gathered::default();
        let waits: Vec<_> = (0..1000)
            .map(|n| gathered.add(Code::SignatureMismatch, "x", Millis(1_000_000 + n)))
            .collect();
        assert_eq!(waits[0], Some(0));
        assert_eq!(waits[1], Some(EVERY_MS - 1));
        assert!(waits[2..].iter().all(Option::is_none));
        assert_eq!(gathered.counts["signature_mismatch"], 1000);
        assert_eq!(gathered.recent.len(), KEPT);
        assert_eq!(gathered.recent.last().unwrap().at_ms, 1_000_999);
    }

    #[test]
    fn a_hand_over_that_was_cut_off_is_planned_anew() {
        let mut gathered = Gathered::default();
        assert_eq!(gathered.add(Code::SignatureMismatch, "x", Millis(1_000_000)), Some(0));
        assert!(gathered.add(Code::SignatureMismatch, "x", Millis(1_000_001)).is_some());
        let later = Millis(1_000_000 + 3 * EVERY_MS);
        assert_eq!(gathered.add(Code::SignatureMismatch, "x", later), Some(0));
    }
}
