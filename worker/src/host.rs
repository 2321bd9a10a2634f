//! Bindings to `host.js`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::web_sys;

#[wasm_bindgen(module = "/src/host.js")]
extern "C" {
    pub(crate) fn settle(promise: &Promise, tell: &JsValue, ticket: f64);

    #[wasm_bindgen(js_name = startTimer)]
    pub(crate) fn start_timer(ms: u32, tell: &JsValue, ticket: f64) -> JsValue;

    #[wasm_bindgen(js_name = stopTimer)]
    pub(crate) fn stop_timer(timer: &JsValue);

    pub(crate) fn hint(kv: &JsValue, name: &str) -> Promise;

    pub(crate) fn mark(kv: &JsValue, name: &str, value: &str, ttl_s: u32) -> Promise;

    #[wasm_bindgen(js_name = handOver)]
    pub(crate) fn hand_over(queues: &JsValue, name: &str, frame: &Uint8Array) -> Promise;

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
