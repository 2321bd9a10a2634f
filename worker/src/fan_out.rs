//! An event on its way to the queues of all destinations that match.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hookward_relay::ids::DestinationId;
use hookward_relay::ingest::{QueueAnswer, Verdict, verdict};
use hookward_relay::limits;
use hookward_relay::profile::Profile;
use hookward_relay::routing::Origin;
use js_sys::Uint8Array;

use crate::config::Config;
use crate::envelope::{Form, Written};
use crate::problem::{Code, Problem};
use crate::queue::frame;
use crate::queue::rows::Event;
use crate::registry::rows::Listener;
use crate::time_out::Watch;

/// The longest event that letmepost sends.
const LETMEPOST_BYTES: usize = 16 * 1024;

/// What each queue said.
pub(crate) type Answers = Vec<(DestinationId, QueueAnswer)>;

/// Refuses an event that would reach too many.
pub(crate) fn check_count(matching: usize) -> Result<(), Problem> {
    if matching > limits::FAN_OUT {
        let detail = format!("An event may reach at most {} destinations.", limits::FAN_OUT);
        return Err(Problem::new(Code::TooManyDestinations, detail));
    }
    Ok(())
}

/// Hands each its frame, all at once, all with the same time to commit.
pub(crate) async fn ask_queues(
    config: &Config,
    watch: &Watch,
    frames: impl Iterator<Item = (DestinationId, &Uint8Array)> + Clone,
) -> Answers {
    let ids = frames.clone().map(|(id, _)| id);
    let Some(queues) = &config.queues else {
        return ids.map(|id| (id, QueueAnswer::Failed)).collect();
    };
    let calls = frames
        .map(|(id, frame)| async move { (id, frame::hand_over(queues.as_ref(), id, frame).await) });
    let mut calls: FuturesUnordered<_> = calls.collect();
    let mut answers = Answers::new();
    let all = async {
        while let Some(answer) = calls.next().await {
            answers.push(answer);
        }
    };
    if watch.within(limits::ENQUEUE_TIMEOUT_MS, all).await.is_none() {
        for id in ids {
            if !answers.iter().any(|(other, _)| *other == id) {
                answers.push((id, QueueAnswer::Failed));
            }
        }
    }
    answers
}

/// The frames of an event of the gateway's own: one for each form that somebody gets.
pub(crate) fn frames(
    written: &Written<'_>,
    origin: Origin,
    event_key: &[u8; 32],
    listeners: &[Listener],
) -> Result<Vec<(Form, Uint8Array)>, Problem> {
    check_count(listeners.len())?;
    let head = Event::own(origin, written.event_type);
    let wanted = |form: &Form| listeners.iter().any(|to| Form::of(to.profile) == *form);
    let frame = |form| {
        let body = written.body(form).ok_or_else(Problem::unavailable)?;
        let frame = frame::frame(event_key, &head, &body).ok_or_else(Problem::unavailable)?;
        Ok((form, Uint8Array::from(frame.as_slice())))
    };
    Form::ALL.into_iter().filter(wanted).map(frame).collect()
}

/// Hands each listener the frame of its form.
pub(crate) async fn ask_listeners(
    config: &Config,
    listeners: &[Listener],
    frames: &[(Form, Uint8Array)],
) -> Answers {
    let frame = |to: &Listener| {
        let (_, frame) = frames.iter().find(|(form, _)| *form == Form::of(to.profile))?;
        Some((to.id, frame))
    };
    ask_queues(config, &Watch::default(), listeners.iter().filter_map(frame)).await
}

/// Refuses what a receiver would refuse.
pub(crate) fn check_length(bytes: usize, listeners: &[Listener]) -> Result<(), Problem> {
    if bytes > hookward::limits::BODY_BYTES {
        let detail = format!("The event has {bytes} bytes as it is sent.");
        return Err(Problem::new(Code::BodyTooLarge, detail));
    }
    if bytes > LETMEPOST_BYTES && listeners.iter().any(|to| to.profile == Profile::Letmepost) {
        let detail = format!(
            "The event has {bytes} bytes; {LETMEPOST_BYTES} are the most of a destination that \
             signs as letmepost."
        );
        return Err(Problem::new(Code::PayloadTooLarge, detail));
    }
    Ok(())
}

/// What the sender is told, in a word; 503 unless every queue that matches has the event.
pub(crate) fn outcome(answers: &Answers) -> Result<&'static str, Problem> {
    let verdict = verdict(answers.iter().map(|(_, answer)| *answer));
    verdict.as_str().ok_or_else(|| match verdict {
        Verdict::QueueFull => Problem::new(Code::QueueFull, "A destination's queue is full."),
        _ => Problem::unavailable(),
    })
}
