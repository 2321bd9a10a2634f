//! What must hold of any input: one module a fuzz target, each with a `holds` that panics where its
//! property does not.
//!
//! Inputs are texts that a person can write: lines first, then the body. The targets themselves are
//! in `fuzz_targets`; `tests/fuzzed.rs` of the crate runs the same properties over what once broke
//! them, without a fuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a property that does not hold stops the program"
)]

pub mod custom;
pub mod envelope;
pub mod handshake;
pub mod header;
pub mod round_trip;
pub mod verify;

mod hmac;
mod input;
mod json;
mod model;
mod readings;
