//! The WebAssembly surface of the `hookward` npm package.
//!
//! In scope: carrying bytes and strings between JavaScript and [`hookward`], and keeping providers and
//! parsed secrets between calls. Out of scope: every decision about a delivery, which is the core's,
//! and every convenience for users, which is the package's TypeScript.
//!
//! # Two modules
//! Without features this is the module that verifies. With `full` it is the one that signs, answers
//! handshakes and reads schemes of one's own: see `full.rs`. Most users need only the first, and every
//! kilobyte of it is in each of their bundles.
//!
//! # How the two sides talk
//! Functions take and return numbers only, so that the glue is a few lines that no tool generates.
//! Texts and bytes go in through one buffer: JavaScript calls [`reserve`] with two lengths, writes at
//! the address that it gets (see `memory.rs` for the layout), and calls a function. What a good
//! delivery is told with are numbers, and places in the buffer. All else is text: its length is what the
//! function returns, [`output`] is its address, and both hold until the next call. An error is its code,
//! a space and its message; what the second module answers with besides is a list in JSON.
//!
//! Whatever breaks these rules is a trap, like a panic.
//!
//! The one function that is imported is `host.hash`: see `hash.rs`.
//!
//! A trap leaves the state half-written; JavaScript then drops the instance and makes another.
//!
//! # Size
//! Hence no `std` (whose panics bring their formatting along), no generated glue, an allocator of one
//! kilobyte, and a panic that is a bare trap.
#![no_std]
#![cfg_attr(
    feature = "full",
    expect(dead_code, reason = "the linker drops what only the first module does")
)]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod answer;
mod delivery;
#[cfg(feature = "full")]
mod full;
mod hash;
mod input;
mod kept;
#[cfg(feature = "full")]
mod lists;
mod memory;
#[cfg(target_arch = "wasm32")]
mod platform;
mod single;
mod state;

use zeroize::Zeroize as _;

use crate::state::State;

/// Makes room for a body of `body_bytes` and texts of `text_bytes`; the address of the body, behind
/// which the texts come. What they held before is undefined.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn reserve(body_bytes: usize, text_bytes: usize) -> usize {
    State::with(|state| state.reserve(body_bytes, text_bytes))
}

/// The address of the last text.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn output() -> usize {
    State::with(|state| state.output())
}

/// Takes in a provider, for good. Input: the columns of [`hookward::Provider::from_compact`], or in the
/// second module the line of `hookward::Provider::to_line`, and then the names of all headers that
/// are looked up for it. Returns a handle.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn add_provider() -> usize {
    State::with(State::add_provider)
}

/// Parses `count` secrets, the texts of the input, for the provider. Returns a handle to the list.
/// What is wrong with them is told by the call that uses them.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn add_secrets(provider: usize, count: usize) -> usize {
    State::with(|state| state.add_secrets(provider, count))
}

/// Wipes what [`add_secrets`] left of keys on the stack, where they pass through on their way to their
/// place. A call of its own, since it reaches only what no frame above it holds.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn wipe_stack() {
    [0_u8; STACK_BYTES].zeroize();
}

/// More than reading a secret takes.
const STACK_BYTES: usize = 4096;

/// Forgets and wipes a list of a provider's secrets.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn drop_secrets(provider: usize, handle: usize) {
    State::with(|state| state.drop_secrets(provider, handle));
}

/// Verifies a delivery. Input: the body, unless `body_bytes` is over the cap, and as texts the values
/// of the provider's headers, in the order of their names, then method and URL, if they are known. All
/// times are in seconds, `now_s` since 1970.
///
/// With a `horizon_s` of 0 or more there is a store that keeps keys for `retention_s`, and since
/// `remembers_since_s`, if that is not below 0, has forgotten none.
///
/// Returns the index of the secret that matched, plus 8 times that of the signature, plus 256 for a
/// late and 512 for an untimed delivery;
/// or, below 0, what becomes the length of an error when its sign is changed. [`timestamp`],
/// [`event_key`] and [`fields`] tell the rest, until the next [`reserve`].
#[cfg(not(feature = "full"))]
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn verify(
    provider: usize,
    secrets: usize,
    body_bytes: usize,
    now_s: f64,
    tolerance_s: f64,
    horizon_s: f64,
    retention_s: f64,
    remembers_since_s: f64,
) -> i32 {
    let call = delivery::Call { provider, secrets, body_bytes };
    let times = delivery::Times {
        now: now_s,
        tolerance: tolerance_s,
        horizon: horizon_s,
        retention: retention_s,
        remembers_since: remembers_since_s,
    };
    State::with(|state| state.verify(&call, &times))
}

/// The signed time of the delivery that was verified last, in Unix seconds; below 0 if there is none.
#[cfg(not(feature = "full"))]
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn timestamp() -> f64 {
    State::with(|state| state.timestamp())
}

/// The address of the key of the delivery that was verified last: 32 bytes, under the provider's id as
/// source; 0 if it has none.
#[cfg(not(feature = "full"))]
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn event_key() -> usize {
    State::with(State::event_key)
}

/// The address of what is in the delivery that was verified last, in seven doubles: where its id begins
/// and ends in the memory, where its type does, its time in Unix seconds (below 0 if there is none),
/// whether it has data, and whether the id is the signed header's value. Of any other id, and of the
/// type, it is the text as it stands in JSON, between its quotes; one that is empty is not there.
#[cfg(not(feature = "full"))]
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn fields() -> usize {
    State::with(State::fields)
}
