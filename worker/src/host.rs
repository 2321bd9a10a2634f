//! What the module imports by itself: timers, and `host.js`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::web_sys;

#[wasm_bindgen]
extern "C" {
    /// Calls `tell` with what follows, once `ms` milliseconds are over.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn start_timer(tell: &JsValue, ms: u32, ticket: f64, fulfilled: bool) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn stop_timer(timer: &JsValue);
}

#[wasm_bindgen(module = "/src/host.js")]
extern "C" {
    pub(crate) fn settle(promise: &Promise, tell: &JsValue, ticket: f64);

    pub(crate) fn hint(kv: &JsValue, name: &str) -> Promise;

    pub(crate) fn mark(kv: &JsValue, name: &str, value: &str, ttl_s: u32) -> Promise;

    #[wasm_bindgen(js_name = handOver)]
    pub(crate) fn hand_over(queues: &JsValue, name: &str, frame: &Uint8Array) -> Promise;

    /// The columns are those of the query, in its order.
    #[allow(clippy::too_many_arguments)]
    #[wasm_bindgen(catch)]
    pub(crate) fn store(
        sql: &JsValue,
        query: &JsValue,
        seq: f64,
        key: &[u8],
        status: &str,
        at_ms: f64,
        dead_reason: Option<&str>,
        round: u32,
        attempts: u32,
        source: &str,
        event_type: Option<&str>,
        carried: &str,
        body: &[u8],
    ) -> Result<u32, JsValue>;

    /// The same for the statement that writes down a first attempt.
    #[allow(clippy::too_many_arguments)]
    #[wasm_bindgen(catch, js_name = store)]
    pub(crate) fn store_first(
        sql: &JsValue,
        query: &JsValue,
        status: &str,
        at_ms: f64,
        dead_reason: Option<&str>,
        round: u32,
        attempts: u32,
        first_attempt: &str,
        seq: f64,
    ) -> Result<u32, JsValue>;

    pub(crate) type Calls;

    #[wasm_bindgen(constructor)]
    pub(crate) fn new(head_ms: u32, excerpt_ms: u32, excerpt_bytes: u32) -> Calls;

    #[wasm_bindgen(method)]
    pub(crate) fn post(this: &Calls, url: &str, headers: &str, body: &[u8]) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn rest(this: &Calls);

    #[wasm_bindgen(catch)]
    pub(crate) fn json(text: &str) -> Result<web_sys::Response, JsValue>;
}
