//! Reading bodies: to a cap, and never taking half of one for the whole.

use js_sys::{IteratorNext, Uint8Array};
use wasm_bindgen::JsCast;
use worker::wasm_bindgen_futures::spawn_local;
use worker::web_sys::{Headers, ReadableStream, ReadableStreamDefaultReader, Request};

use crate::wait::settled;

/// Why a request's body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Longer than the cap. Nothing past the cap was kept.
    TooLarge,
    /// The sender stopped before the end.
    Incomplete,
}

/// The chunks of a body, one at a time.
///
/// Not `worker`'s own stream: that one takes an aborted upload for a clean end.
pub(crate) struct Chunks(ReadableStreamDefaultReader);

impl Chunks {
    pub(crate) fn new(stream: &ReadableStream) -> Self {
        Self(stream.get_reader().unchecked_into())
    }

    /// The next chunk, `None` at the end.
    pub(crate) async fn next(&self) -> Result<Option<Vec<u8>>, BodyError> {
        let step = settled(&self.0.read()).await.map_err(|_| BodyError::Incomplete)?;
        let step: IteratorNext = step.unchecked_into();
        if step.done() {
            return Ok(None);
        }
        match step.value().dyn_into::<Uint8Array>() {
            Ok(chunk) => Ok(Some(chunk.to_vec())),
            Err(_) => Err(BodyError::Incomplete),
        }
    }

    /// Gives up the rest of the body, so that its connection is free again.
    pub(crate) fn cancel(&self) {
        let cancelled = settled(&self.0.cancel());
        // Nobody waits for it, and its failure changes nothing.
        spawn_local(async move { drop(cancelled.await) });
    }
}

/// The whole body of `request`, at most `cap` bytes.
///
/// A declared length over the cap is refused before anything is read, and a body that ends
/// before its declared length is [`BodyError::Incomplete`].
pub(crate) async fn read(
    request: &Request,
    headers: &Headers,
    cap: usize,
) -> Result<Vec<u8>, BodyError> {
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > cap as u64) {
        return Err(BodyError::TooLarge);
    }
    if let Some(length) = declared
        && !is_framed(headers)
    {
        return read_whole(request, length).await;
    }
    let Some(stream) = request.body() else { return Ok(Vec::new()) };
    let chunks = Chunks::new(&stream);
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        if body.len().saturating_add(chunk.len()) > cap {
            chunks.cancel();
            return Err(BodyError::TooLarge);
        }
        if body.is_empty() {
            body = chunk;
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body)
}

/// A body whose length is declared, and is not too much: in one piece, for a third of the cost.
async fn read_whole(request: &Request, length: u64) -> Result<Vec<u8>, BodyError> {
    let promise = request.array_buffer().map_err(|_| BodyError::Incomplete)?;
    let buffer = settled(&promise).await.map_err(|_| BodyError::Incomplete)?;
    let body = Uint8Array::new(&buffer).to_vec();
    if body.len() as u64 == length { Ok(body) } else { Err(BodyError::Incomplete) }
}

/// Whether the body has a framing of its own, which then says how long it is, whatever was declared.
fn is_framed(headers: &Headers) -> bool {
    !matches!(headers.has("transfer-encoding"), Ok(false))
}

fn declared_length(headers: &Headers) -> Option<u64> {
    headers.get("content-length").ok()??.trim().parse().ok()
}
