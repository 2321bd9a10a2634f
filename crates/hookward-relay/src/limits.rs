//! Every cap of the delivery rules, with its reason. Sizes are bytes; times carry their unit.

/// One second, in milliseconds.
pub const SECOND_MS: u64 = 1_000;

/// One hour, in milliseconds.
pub const HOUR_MS: u64 = 3_600 * SECOND_MS;

/// Destinations that one event may reach. All of them are asked before the provider gets its
/// answer, within [`ENQUEUE_TIMEOUT_MS`], and a Worker's invocation has only so many sub-requests.
pub const FAN_OUT: usize = 32;

/// How long ingest waits for the queues' commits: half of the 10 s that providers wait.
pub const ENQUEUE_TIMEOUT_MS: u64 = 5_000;

/// How long a destination may take until its response headers arrive.
pub const ATTEMPT_TIMEOUT_MS: u64 = 10_000;

/// How much of a destination's response body is kept for the log.
pub const RESPONSE_EXCERPT_BYTES: usize = 2_048;

/// How long a destination's response body is read for the log; slow bodies hold up the queue.
pub const RESPONSE_EXCERPT_MS: u64 = 1_000;

/// How far ahead the safety alarm is armed, and armed anew while a run goes on. It takes the place of
/// the alarm that the platform would fire again by itself, so this is how long a queue stands still
/// whose run was cut off.
pub const SAFETY_ALARM_MS: u64 = 10_000;

/// How often a run arms it anew, so that it never falls due while all is well.
pub const SAFETY_RENEW_MS: u64 = 5_000;
const _: () = assert!(SAFETY_RENEW_MS < SAFETY_ALARM_MS);

/// A run that began longer ago than this was cut off: longer than its budget plus its last attempt.
/// As long ago, the platform has dropped an alarm that was due.
pub const RUN_LOST_MS: u64 = 60_000;

/// Wall time after which a run starts no further attempt. With the last attempt's
/// [`ATTEMPT_TIMEOUT_MS`] it still ends before it counts as lost.
pub const RUN_WALL_MS: u64 = 30_000;

/// Attempts after which a run ends, so that it stays below a Worker's limit of 1,000 sub-requests.
pub const RUN_ATTEMPTS: u32 = 500;

/// `Retry-After` is honoured up to this: the longest wait of the `standard` schedule. A longer one
/// would let a destination hold its deliveries for as long as it likes.
pub const RETRY_AFTER_S: u64 = 24 * 3_600;

/// Jitter to either side of a wait, in per cent: spreads the retries of deliveries that failed
/// together, and is small enough that the schedule stays recognisable.
pub const JITTER_PERCENT: u64 = 20;

/// Attempts under way at once for one destination: the platform has six outgoing connections for an
/// object.
pub const CONCURRENCY: usize = 6;

/// The lowest rate limit, per second: one attempt in 100 s. Lower, a queue of a few hundred would
/// outlast its retention.
pub const RATE_PER_S_MIN: f64 = 0.01;

/// The highest rate limit, per second: what one object gets through anyway.
pub const RATE_PER_S_MAX: f64 = 1_000.0;

/// How much of what a rate limit allows may be made up for at once: timers are late by some
/// milliseconds.
pub const PACE_BURST_MS: u64 = 100;

/// The first hold after a 429 without `Retry-After`.
pub const HOLD_FIRST_MS: u64 = SECOND_MS;

/// What holds without `Retry-After` grow to.
pub const HOLD_GROWN_MS: u64 = 60 * SECOND_MS;

/// The longest hold of a whole destination by `Retry-After`. The delivery itself waits up to
/// [`RETRY_AFTER_S`]; were all the others held for as long, they would never come to be given up on.
pub const HOLD_MAX_MS: u64 = HOUR_MS;

/// Failures in a row that open the breaker: more than the attempts under way at once, so that one
/// bad moment does not do it.
pub const BREAKER_FAILURES: u32 = 10;

/// The wait before the first probe: as short as a restart.
pub const PROBE_FIRST_MS: u64 = SECOND_MS;

/// What waits between probes grow to. A destination that is back waits no longer than this, and one
/// that stays away is given up on in time (see [`crate::breaker`]).
pub const PROBE_MOST_MS: u64 = 60 * SECOND_MS;

/// Deliveries that may be due at once for a replay of many to add more: what a destination without
/// a limit gets through in some seconds.
pub const REPLAY_AHEAD: u64 = 500;

/// The same for one with a rate limit: what it gets through in this time.
pub const REPLAY_AHEAD_S: u64 = 10;

/// How soon a replay of many looks again whether it may go on.
pub const REPLAY_WAIT_MS: u64 = 2 * SECOND_MS;

/// Waits in a custom schedule; the longest preset has 9.
pub const SCHEDULE_WAITS: usize = 20;

/// The shortest wait in a custom schedule: no busy loop against a broken destination.
pub const SCHEDULE_WAIT_MIN_S: u32 = 1;

/// The longest single wait in a custom schedule: one week.
pub const SCHEDULE_WAIT_MAX_S: u32 = 7 * 24 * 3_600;

/// The sum of the waits in a custom schedule: three weeks. With jitter a delivery is given up on,
/// and shows as a dead letter, within a month.
pub const SCHEDULE_TOTAL_S: u32 = 21 * 24 * 3_600;

/// Entries in a destination's `sources`.
pub const SOURCE_WORDS: usize = 100;

/// Entries in a destination's `events`: more than any provider's list of event types.
pub const EVENT_PATTERNS: usize = 100;

/// Length of one event pattern.
pub const EVENT_PATTERN_BYTES: usize = 128;

/// Length of an event type that is passed on as a header; a longer one is in the body only.
pub const EVENT_TYPE_HEADER_BYTES: usize = 256;

/// Length of a destination's URL: what browsers, proxies and the usual servers take.
pub const URL_BYTES: usize = 2_048;

/// Custom headers of a destination.
pub const CUSTOM_HEADERS: usize = 20;

/// Length of a custom header's name.
pub const HEADER_NAME_BYTES: usize = 64;

/// Length of a header's value, custom or passed on: bearer tokens fit, and all headers together
/// stay below the 16 KiB or so that servers take.
pub const HEADER_VALUE_BYTES: usize = 2_048;

/// All custom headers of a destination together, names and values.
pub const CUSTOM_HEADERS_BYTES: usize = 8_192;

/// `hookward-hops` from which on an incoming delivery is a loop.
pub const HOPS: u32 = 3;

/// Length of the KV hint's value: [`FAN_OUT`] ids of 36 bytes, with separators and a version.
pub const HINT_BYTES: usize = 3 + FAN_OUT * 37;

/// Items in a page of a list.
pub const PAGE_ITEMS: u32 = 100;

/// Items in a page where the caller says nothing.
pub const PAGE_ITEMS_DEFAULT: u32 = 20;

/// Length of a cursor as text: more than twice any id, and the version.
pub const CURSOR_BYTES: usize = 130;

/// Bytes stored by a queue from which on it takes no new event (503 `queue_full`). Less than half of
/// the 10 GB that the platform gives an object, so that results can still be recorded; and below
/// 4 GiB, since the runtime's Rust binding counts the size in 32 bits and stops there.
pub const QUEUE_BYTES: u64 = 4_000_000_000;

const _: () = assert!(QUEUE_BYTES < u32::MAX as u64);

/// Deliveries given up on in a row after which a destination is disabled: as tinyposter and tinysend
/// do it.
pub const GIVE_UPS: u32 = 10;

/// Secrets of a destination: the one that counts, and older ones whose overlap is not over. A
/// rotation beyond that lets go of the oldest.
pub const DESTINATION_SECRETS: usize = 4;

/// How long the old secret is still used after a rotation where nothing is said, in seconds: 12 h.
pub const OVERLAP_S: u32 = 12 * 3_600;

/// The longest overlap, in seconds: a week.
pub const OVERLAP_MAX_S: u32 = 7 * 24 * 3_600;

/// How long an event key is remembered. Providers' retries last up to 36 h; `horizon + 2 ×
/// tolerance` is checked against this when a source is made or changed.
pub const DEDUPE_RETENTION_S: u64 = 96 * 3_600;

/// The shortest time for which deliveries are kept, in days: their event keys go with them, and are
/// promised for [`DEDUPE_RETENTION_S`].
pub const RETENTION_MIN_DAYS: u32 = 4;

/// The longest: a quarter. A queue is not an archive, and its room is shared with what is pending.
pub const RETENTION_MAX_DAYS: u32 = 90;
