//! The hint in KV. It is never needed: a miss means nothing, and an error counts as a miss.

use std::cell::Cell;

use hookward_relay::dedupe::{self, Hint};
use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::QueueAnswer;
use worker::Context;

use crate::clock::{self, Millis};
use crate::config::Config;
use crate::time_out::Watch;
use crate::wait::settled;
use crate::{host, log};

/// As the platform takes it, in seconds.
#[allow(clippy::cast_possible_truncation)]
const KV_TTL_S: u32 = dedupe::KV_TTL_S as u32;

/// Longer than this the hint is not worth waiting for.
const READ_TIMEOUT_MS: u64 = 1_000;

thread_local! {
    /// When a copy was last seen by this isolate.
    static COPY_SEEN: Cell<Option<Millis>> = const { Cell::new(None) };
}

/// Whether the hint says that every destination that matches now has the event.
pub(crate) async fn covers(
    config: &Config,
    watch: &Watch,
    key: &[u8; 32],
    matching: &[DestinationId],
) -> bool {
    let seen_ms = COPY_SEEN.get().map(|at| at.0);
    if !dedupe::is_worth_reading(config.kv_mark, seen_ms, clock::now().0) {
        return false;
    }
    let Some(kv) = &config.dedupe else { return false };
    let read = settled(&host::hint(kv, &dedupe::kv_name(key)));
    let value = match watch.within(READ_TIMEOUT_MS, read).await {
        Some(Ok(value)) => value.as_string(),
        _ => None,
    };
    let covered =
        value.and_then(|value| Hint::parse(&value)).is_some_and(|hint| hint.covers(matching));
    if covered {
        COPY_SEEN.set(Some(clock::now()));
    }
    covered
}

/// Writes the hint in the background where there is one to write. A failed write is harmless.
pub(crate) fn mark(
    config: &Config,
    context: &Context,
    key: &[u8; 32],
    answers: &[(DestinationId, QueueAnswer)],
) {
    if answers.iter().any(|(_, answer)| *answer == QueueAnswer::Duplicate) {
        COPY_SEEN.set(Some(clock::now()));
    }
    let Some(hint) = dedupe::mark(config.kv_mark, answers) else { return };
    let Some(kv) = &config.dedupe else { return };
    let put = settled(&host::mark(kv, &dedupe::kv_name(key), &hint.to_string(), KV_TTL_S));
    context.wait_until(async move {
        if put.await.is_err() {
            log::line("hint").with("outcome", "not_written").info();
        }
    });
}
