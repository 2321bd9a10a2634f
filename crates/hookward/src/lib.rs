//! Webhooks you can trust: how providers sign, what a fresh delivery is, and what an event looks
//! like.
//!
//! In scope: the [catalogue of providers](providers) and [schemes of one's own](Row),
//! [verifying](verify()) and [signing](sign()), providers' [handshakes](Handshake), the event [`Envelope`], [`EventKey`]s that duplicates are recognised by, the replay [`Policy`] and
//! a bounded [`ReplayGuard`]. Out of scope: I/O, clocks, HTTP, storage, and every signature that is
//! not HMAC-SHA256.
//!
//! Time is an argument, bodies are bytes as they were received, and everything that a request can
//! make too large has a cap in [`limits`].
//!
//! # Features
//! - `alloc`: signing, owned strings, the in-memory [`ReplayGuard`]. Needs an allocator.
//! - `facts` (default): the catalogue's texts for people, `Provider::source` and
//!   `Provider::event_key_why`.
//! - `std` (default): `alloc`, and conversions from the standard library's time.
//!
//! With neither, the crate verifies on a target that has no allocator.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod limits;
pub mod scheme;

mod catalog;
mod content;
mod cut;
mod encoding;
mod envelope;
mod error;
mod event_key;
#[cfg(feature = "alloc")]
mod guard;
mod handshake;
mod header;
mod json;
mod replay;
mod row;
mod secret;
mod sha256;
#[cfg(feature = "alloc")]
mod sign;
mod signature;
mod time;
mod verify;

pub use catalog::{Provider, Sibling, Unsupported, provider, providers, unsupported};
pub use content::Target;
pub use envelope::{Envelope, EnvelopeRule};
pub use error::Error;
pub use event_key::{EventKey, EventKeyKind, EventKeyRule};
#[cfg(feature = "alloc")]
pub use guard::{Claim, ReplayGuard};
pub use handshake::Handshake;
#[cfg(feature = "alloc")]
pub use handshake::{Opening, Reply, handshake};
pub use header::{Headers, Lookup};
pub use json::{JsonText, LoneSurrogate};
pub use replay::{Freshness, Policy};
pub use row::{COMPACT_COLUMNS, Row};
pub use secret::{KeyForm, Secret};
#[cfg(feature = "alloc")]
pub use sign::{Message, sign};
pub use time::UnixSeconds;
pub use verify::{Delivery, Unverified, Verified, verify};
