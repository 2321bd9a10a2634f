//! Typed calls from the Worker to its objects. Objects made in Rust export `fetch` only, so a
//! call is a POST of JSON to a path of its own.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::{Method, Request, RequestInit, Response, Stub};

use crate::problem::{Code, Problem};
use crate::time_out::within;

/// A question to an object and the type of its answer.
pub(crate) trait Call: Serialize + DeserializeOwned {
    /// The path that stands for the call.
    const PATH: &'static str;
    /// What the object answers.
    type Answer: Serialize + DeserializeOwned;
}

/// A refusal on its way from an object to the Worker.
#[derive(Serialize, Deserialize)]
struct Refusal {
    code: Code,
    detail: String,
}

/// The host is never looked up: the request goes to the stub's object.
const HOST: &str = "https://object";

/// How long an object may take to answer.
const TIMEOUT_MS: u64 = 10_000;

/// Asks an object. A refusal comes back as the problem it is; everything else that is not an
/// answer is 503 `unavailable`, since the next try may work.
pub(crate) async fn ask<C: Call>(stub: &Stub, call: &C) -> Result<C::Answer, Problem> {
    let body = serde_json::to_string(call).map_err(|_| Problem::unavailable())?;
    let url = format!("{HOST}{}", C::PATH);
    let exchange = async {
        let mut response = post(stub, &url, body.into()).await?;
        Ok::<_, worker::Error>((response.status_code(), response.bytes().await?))
    };
    let Some(Ok((status, bytes))) = within(TIMEOUT_MS, exchange).await else {
        return Err(Problem::unavailable());
    };
    match status {
        200 => serde_json::from_slice(&bytes).map_err(|_| Problem::unavailable()),
        _ => Err(serde_json::from_slice::<Refusal>(&bytes).map_or_else(
            |_| Problem::unavailable(),
            |refusal| Problem::new(refusal.code, refusal.detail),
        )),
    }
}

/// Sends `body` to `url` at the object.
pub(crate) async fn post(stub: &Stub, url: &str, body: JsValue) -> worker::Result<Response> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body));
    stub.fetch_with_request(Request::new_with_init(url, &init)?).await
}

/// The object's side: reads the call, answers with what `handle` returns.
pub(crate) fn answer<C: Call>(
    body: &[u8],
    handle: impl FnOnce(C) -> Result<C::Answer, Problem>,
) -> worker::Result<Response> {
    let result = match serde_json::from_slice(body) {
        Ok(call) => handle(call),
        Err(_) => Err(Problem::unavailable()),
    };
    respond(&result)
}

/// The object's side, once the answer is known.
pub(crate) fn respond<A: Serialize>(result: &Result<A, Problem>) -> worker::Result<Response> {
    match result {
        Ok(answer) => Response::from_json(answer),
        Err(problem) => {
            let detail = problem.detail.clone().into_owned();
            let refusal = Refusal { code: problem.code, detail };
            Ok(Response::from_json(&refusal)?.with_status(problem.code.status()))
        }
    }
}
