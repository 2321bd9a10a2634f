//! The hint in KV. It is never needed: a miss means nothing, and an error counts as a miss.

use hookward_relay::dedupe::{self, Hint, KV_TTL_S};
use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::QueueAnswer;
use worker::Context;

use crate::config::Config;
use crate::log;
use crate::time_out::within;

/// Longer than this the hint is not worth waiting for.
const READ_TIMEOUT_MS: u64 = 1_000;

/// Whether the hint says that every destination that matches now has the event.
pub(crate) async fn covers(config: &Config, key: &[u8; 32], matching: &[DestinationId]) -> bool {
    let Some(kv) = &config.dedupe else { return false };
    match within(READ_TIMEOUT_MS, kv.get(&dedupe::kv_name(key)).text()).await {
        Some(Ok(Some(value))) => Hint::parse(&value).is_some_and(|hint| hint.covers(matching)),
        _ => false,
    }
}

/// Writes the hint in the background where there is one to write. A failed write is harmless.
pub(crate) fn mark(
    config: &Config,
    context: &Context,
    key: &[u8; 32],
    answers: &[(DestinationId, QueueAnswer)],
) {
    let Some(hint) = dedupe::mark(config.kv_mark, answers) else { return };
    let Some(kv) = &config.dedupe else { return };
    let Ok(put) = kv.put(&dedupe::kv_name(key), hint.to_string()) else { return };
    context.wait_until(async move {
        if put.expiration_ttl(KV_TTL_S).execute().await.is_err() {
            log::line("hint").with("outcome", "not_written").info();
        }
    });
}
