//! The WebAssembly surface of the `hookward` npm package.
//!
//! In scope: carrying bytes and strings between JavaScript and [`hookward`], and keeping parsed
//! secrets between calls. Out of scope: every decision about a delivery, which is the core's, and
//! every convenience for users, which is the package's TypeScript.
//!
//! # How the two sides talk
//! Functions take and return numbers only, so that the glue is a few lines that no tool generates.
//! Texts and bytes go in through one buffer: JavaScript calls [`reserve`] with a length, writes at
//! the address that it gets (see `input.rs` for the layout), and calls a function. An answer is JSON
//! text: its length is what the function returns, [`output`] is its address, and both hold until the
//! next call. An error is `{"code":…,"message":…}`, everything else is an array.
//!
//! A trap leaves the state half-written; JavaScript then drops the instance and makes another.

//!
//! # Size
//! The module is part of every bundle that imports the package. Hence no `std` (whose panics bring
//! their formatting along), an allocator of one kilobyte, and a panic that is a bare trap.
#![no_std]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;

mod answer;
mod calls;
mod input;
mod kept;
#[cfg(target_arch = "wasm32")]
mod platform;
mod single;
mod state;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::state::State;

/// Makes room for `length` bytes of input and returns their address. What they held before is
/// undefined.
#[wasm_bindgen]
pub fn reserve(length: usize) -> usize {
    State::with(|state| state.reserve(length))
}

/// The address of the last answer.
#[wasm_bindgen]
pub fn output() -> usize {
    State::with(|state| state.output())
}

/// Answers with `[most body bytes, most secrets, [[id, name, tolerance in seconds, [header, …]], …]]`.
/// A provider's position in the inner list is how the other functions name it; its headers are all
/// that verifying may look up.
#[wasm_bindgen]
pub fn catalog() -> usize {
    State::with(|state| {
        state.answer(|_, kept, answer| {
            calls::catalog(kept, answer);
            Ok(())
        })
    })
}

/// Parses `count` secrets, the texts of the input, for the provider. Returns a handle to the list.
/// What is wrong with them is told by the call that uses them.
#[wasm_bindgen]
pub fn add_secrets(provider: usize, count: usize) -> usize {
    State::with(|state| state.add_secrets(provider, count))
}

/// Forgets and wipes a list of secrets.
#[wasm_bindgen]
pub fn drop_secrets(handle: usize) {
    State::with(|state| state.drop_secrets(handle));
}

/// Verifies a delivery. Input: the values of the provider's headers in the catalogue's order, then
/// the body; only a body of more than the cap may be left out. `now_s` is in Unix seconds; a
/// `tolerance_s` below 0 stands for the provider's own.
///
/// `host` says who hashes: 0 is this module. 1 asks what there is to hash, and leaves the body out;
/// answers with `[what was signed before it]`, or `[null]` where this module has to do it. 2 and more
/// is the host: as many tags, less 2, stand at the beginning of the input, 32 bytes each.
///
/// Answers with `[secret index, timestamp, freshness, event key, id, type, created, has data]`:
/// times in Unix seconds, the event key in hex under the provider's id as source, and `null` for what
/// there is not.
#[wasm_bindgen]
pub fn verify(
    provider: usize,
    secrets: usize,
    body_bytes: usize,
    now_s: f64,
    tolerance_s: f64,
    host: usize,
) -> usize {
    let call = calls::Call { provider, secrets, body_bytes, time_s: now_s };
    let tags = match host {
        0 => calls::Tags::Own,
        1 => calls::Tags::Ask,
        given => calls::Tags::Given(given.saturating_sub(2)),
    };
    let by = calls::By { tags, tolerance_s };
    State::with(|state| {
        state.answer(|input, kept, answer| calls::verify(&call, &by, input, kept, answer))
    })
}

/// Signs a body with the first secret of a list. Input: id, event type and delivery id, each present
/// or not, then the body, under the same rule as for [`verify`]. Answers with
/// `[[header, value], …]`.
#[wasm_bindgen]
pub fn sign(provider: usize, secrets: usize, body_bytes: usize, timestamp_s: f64) -> usize {
    let call = calls::Call { provider, secrets, body_bytes, time_s: timestamp_s };
    State::with(|state| state.answer(|input, kept, answer| calls::sign(&call, input, kept, answer)))
}
