//! What the second module does: signing, handshakes, and reading schemes.

use hookward::{Delivery, Message, Opening, Reply, Row, UnixSeconds};

use crate::answer::Error;
use crate::delivery::{Call, Times, whole};
use crate::input::Input;
use crate::kept::Kept;
use crate::lists::Answer;
use crate::memory::Parts;
use crate::state::State;

/// Checks a scheme: the text of the input is a line of [`Row::parse`]. Answers with the columns of
/// [`hookward::Provider::to_compact`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub(crate) extern "C" fn check_scheme() -> usize {
    State::with(|state| {
        state.answer(|_, memory, answer| {
            let line = Input::new(memory.texts).text().unwrap_or_default();
            let columns = Row::parse(line)?.provider()?.to_compact();
            answer.list(|answer| columns.iter().for_each(|column| answer.text(column)));
            Ok(())
        })
    })
}

/// Signs a body with the first secret of a list. Input: the body, under the same rule as for
/// verifying, and the texts id, event type, delivery id, method and URL. Answers with
/// `[[header, value], …]`.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub(crate) extern "C" fn sign(
    provider: usize,
    secrets: usize,
    body_bytes: usize,
    timestamp_s: f64,
) -> usize {
    let call = Call { provider, secrets, body_bytes };
    State::with(|state| {
        state.answer(|kept, memory, answer| signed(&call, timestamp_s, kept, &memory, answer))
    })
}

/// Answers a handshake. Input: as for verifying, and then the verify token, if there is one.
/// `takes_secret` is 1 where a secret may arrive. Answers with `[header, value, content type, body,
/// secret]`, with `null` for what there is not, or with `[]` if this is no handshake.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub(crate) extern "C" fn handshake(
    provider: usize,
    secrets: usize,
    body_bytes: usize,
    now_s: f64,
    tolerance_s: f64,
    takes_secret: usize,
) -> usize {
    let call = Call { provider, secrets, body_bytes };
    let times = Times {
        now: now_s,
        tolerance: tolerance_s,
        horizon: -1.0,
        retention: 0.0,
        remembers_since: -1.0,
    };
    State::with(|state| {
        state.answer(|kept, memory, answer| {
            match replied(&call, &times, takes_secret == 1, kept, &memory)? {
                Some(reply) => tell(&reply, answer),
                None => answer.list(|_| ()),
            }
            Ok(())
        })
    })
}

fn signed(
    call: &Call,
    timestamp_s: f64,
    kept: &Kept,
    memory: &Parts<'_>,
    answer: &mut Answer,
) -> Result<(), Error> {
    call.check_body()?;
    let provider = &kept.row(call.provider)?.provider;
    let mut input = Input::new(memory.texts);
    let [id, event_type, delivery_id] = [input.text(), input.text(), input.text()];
    let target = input.target();
    let secrets = kept.secrets(call.provider, call.secrets).all()?;
    let secret = secrets.first().ok_or(Error::NoSecret)?;
    let timestamp = UnixSeconds::new(whole(timestamp_s));
    let message = Message { target, id, timestamp, body: memory.body, event_type, delivery_id };
    let headers = hookward::sign(provider, secret, &message)?;
    answer.list(|answer| {
        for (name, value) in &headers {
            answer.list(|answer| {
                answer.text(name);
                answer.text(value);
            });
        }
    });
    Ok(())
}

fn replied(
    call: &Call,
    times: &Times,
    takes_secret: bool,
    kept: &Kept,
    memory: &Parts<'_>,
) -> Result<Option<Reply>, Error> {
    call.check_body()?;
    let row = kept.row(call.provider)?;
    let mut input = Input::new(memory.texts);
    let headers = input.headers(&row.headers);
    let target = input.target();
    let verify_token = input.text();
    // A receiver that waits for its secret has none yet.
    let secrets = match kept.secrets(call.provider, call.secrets).all() {
        Err(Error::NoSecret) => &[],
        all => all?,
    };
    let delivery = Delivery { headers: &headers, body: memory.body, target };
    let opening = Opening { verify_token, takes_secret };
    let (policy, now) = (times.policy()?, UnixSeconds::new(whole(times.now)));
    let (method, url) = target.map_or(("", ""), |target| (target.method, target.url));
    let provider = &row.provider;
    hookward::handshake(provider, secrets, method, url, &delivery, opening, &policy, now)
}

fn tell(reply: &Reply, answer: &mut Answer) {
    answer.list(|answer| {
        let (name, value) = match &reply.header {
            Some((name, value)) => (Some(*name), Some(value)),
            None => (None, None),
        };
        answer.maybe_text(name);
        answer.maybe_text(value);
        answer.text(reply.content_type);
        answer.text(&reply.body);
        answer.maybe_text(reply.secret.as_ref());
    });
}
