//! What must hold of every provider and every message, tried with random ones.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod boundaries;
mod custom;
mod flips;
mod handshakes;
mod kit;
#[expect(unreachable_pub, reason = "shared with the fuzz targets")]
#[path = "../../fuzz/src/readings.rs"]
mod readings;
mod tags;
mod unknown;
