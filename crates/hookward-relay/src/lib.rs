//! The delivery rules of the gateway as pure functions and state machines.
//!
//! In scope: what matches, what is stored, when the next attempt is due, what an attempt's result
//! means, what a change of a destination does to its deliveries, when a queue wakes up.
//!
//! Out of scope: Workers, SQL, HTTP calls, async, clocks and randomness. `now_ms` (Unix time in
//! milliseconds) and random bits are arguments; the worker executes what is decided here.
//!
//! | module | question it answers |
//! |---|---|
//! | [`ids`] | how ids are written, and whether a source id is one of ours |
//! | [`routing`] | which destinations an event is for |
//! | [`ingest`] | what the provider is answered |
//! | [`dedupe`] | what the KV hint holds, and when it is written |
//! | [`delivery`] | what happens to a delivery, and what the queue writes |
//! | [`destination`] | what a destination's status and its changes do to its deliveries |
//! | [`operational`] | what the gateway says of its own working, and to whom |
//! | [`retry`] | when the next attempt is due |
//! | [`pace`] | how fast a destination is sent to, and what a 429 does |
//! | [`breaker`] | how often a destination that does not work is asked |
//! | [`gate`] | whether an attempt may start now: the two together |
//! | [`replay_job`] | how a replay of many deliveries goes on |
//! | [`profile`] | how a delivery is signed, and by which secrets |
//! | [`outcome`] | what the result of an attempt means |
//! | [`alarm`] | when a queue wakes up, and how long it works |
//! | [`redact`] | what of an answer is kept for the log |
//! | [`retention`] | what may be forgotten, and when |
//! | [`metrics`] | what a queue counts |
//! | [`exposition`] | how that is written for Prometheus |
//! | [`headers`] | what a delivery carries |
//! | [`url_policy`] | where deliveries may go |
//! | [`page`] | how lists are paged |
//! | [`problem`] | every error code of the gateway, with its HTTP status |
//! | [`limits`] | every cap, with its reason |
#![forbid(unsafe_code)]

#[macro_use]
mod words;

pub mod alarm;
pub mod breaker;
pub mod dedupe;
pub mod delivery;
pub mod destination;
pub mod exposition;
pub mod gate;
pub mod headers;
pub mod ids;
pub mod ingest;
pub mod limits;
pub mod metrics;
pub mod operational;
pub mod outcome;
pub mod pace;
pub mod page;
pub mod problem;
pub mod profile;
pub mod redact;
pub mod replay_job;
pub mod retention;
pub mod retry;
pub mod routing;
pub mod url_policy;
