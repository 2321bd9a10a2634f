//! What must hold of every provider and every message, tried with random ones.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod boundaries;
mod custom;
mod flips;
mod handshakes;
mod kit;
mod readings;
mod tags;
mod unknown;
