//! Nothing but benchmarks: see `benches/peers.rs`.
