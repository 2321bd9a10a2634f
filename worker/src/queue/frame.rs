//! An event on its way from ingest to a queue: one request, one answer, nothing parsed twice.
//!
//! A frame is the event key (32 bytes), the length of the head in four bytes (big-endian), the head
//! as JSON, and the body as received. The answer is a status without a body.

use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::QueueAnswer;
use js_sys::Uint8Array;
use sha2::{Digest, Sha256};
use wasm_bindgen::JsValue;

use super::rows::Event;
use crate::host;
use crate::wait::settled;

/// What a queue recognises an event by: its event key, bound to the destination, so that the same
/// event has another delivery id in each queue.
pub(super) fn delivery_key(destination: DestinationId, event_key: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"hookward delivery v1\0");
    hash.update(destination.to_string());
    hash.update(event_key);
    hash.finalize().into()
}

/// Writes a frame: the same one for every queue.
pub(crate) fn frame(event_key: &[u8; 32], event: &Event, body: &[u8]) -> Option<Vec<u8>> {
    let head = serde_json::to_vec(event).ok()?;
    let mut frame = Vec::with_capacity(head.len().saturating_add(body.len()).saturating_add(36));
    frame.extend_from_slice(event_key);
    frame.extend_from_slice(&u32::try_from(head.len()).ok()?.to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(body);
    Some(frame)
}

/// Reads a frame: the head, the event key, and the body.
pub(super) fn parse(frame: &[u8]) -> Option<(Event, [u8; 32], &[u8])> {
    let (key, rest) = frame.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (head, body) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, *key, body))
}

/// Hands a frame to the queue of a destination.
pub(crate) async fn hand_over(
    queues: &JsValue,
    id: DestinationId,
    frame: &Uint8Array,
) -> QueueAnswer {
    let status = settled(&host::hand_over(queues, &id.to_string(), frame)).await;
    status.ok().and_then(|status| status.as_f64()).map_or(QueueAnswer::Failed, answer)
}

pub(super) const fn status(answer: QueueAnswer) -> u16 {
    match answer {
        QueueAnswer::Committed => 201,
        QueueAnswer::Duplicate => 200,
        QueueAnswer::Unmatched => 410,
        QueueAnswer::Full => 507,
        QueueAnswer::Failed => 500,
    }
}

/// Of a status as JavaScript has it: a small whole number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn answer(status: f64) -> QueueAnswer {
    match status as u16 {
        201 => QueueAnswer::Committed,
        200 => QueueAnswer::Duplicate,
        410 => QueueAnswer::Unmatched,
        507 => QueueAnswer::Full,
        _ => QueueAnswer::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::rows::Carried;

    fn event() -> Event {
        Event {
            source: "api".into(),
            event_type: Some("post.created".into()),
            carried: Carried { headers: Vec::new(), hops: 1, event_key: None },
        }
    }

    #[test]
    fn what_goes_in_comes_out() {
        for body in [&b""[..], b"{}", &[0xff; 5000]] {
            let frame = frame(&[0xab; 32], &event(), body).unwrap();
            let (read, key, rest) = parse(&frame).unwrap();
            assert_eq!((read.source.as_str(), key, rest), ("api", [0xab; 32], body));
        }
    }

    #[test]
    fn a_damaged_frame_is_refused() {
        let whole = frame(&[0xab; 32], &event(), b"").unwrap();
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_none(), "{length}");
        }
        let mut long = whole.clone();
        long[32] = 0xff;
        assert!(parse(&long).is_none());
    }

    #[test]
    fn every_answer_survives_its_way() {
        let all = [
            QueueAnswer::Committed,
            QueueAnswer::Duplicate,
            QueueAnswer::Unmatched,
            QueueAnswer::Full,
            QueueAnswer::Failed,
        ];
        for one in all {
            assert_eq!(answer(f64::from(status(one))), one);
        }
        // An answer that no queue gives is a failure, never a success.
        for other in [0.0, 202.0, 204.0, 302.0, 404.0, 429.0, 503.0, -1.0, 1e9, f64::NAN] {
            assert_eq!(answer(other), QueueAnswer::Failed);
        }
    }

    #[test]
    fn a_key_is_bound_to_its_destination() {
        let (one, two) = (DestinationId::new(1, [1; 10]), DestinationId::new(1, [2; 10]));
        assert_ne!(delivery_key(one, &[0; 32]), delivery_key(two, &[0; 32]));
        assert_ne!(delivery_key(one, &[0; 32]), delivery_key(one, &[1; 32]));
    }
}
