//! What truly happened, as the endpoint sees it, and what must hold of that at any time: no faster
//! than the limit, nothing while it is held, one probe at a time while the breaker is open.

use std::collections::BTreeSet;

use hookward_relay::delivery::AttemptKey;
use hookward_relay::ids::DeliveryId;
use hookward_relay::limits;
use hookward_relay::outcome::{AttemptResult, TransportFailure};
use hookward_relay::pace::RateLimit;
use hookward_relay::retry::RetryAfter;

/// What the endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Ok,
    Fail,
    NotFound,
    /// 429, with or without `Retry-After`.
    SlowDown(Option<u64>),
    Gone,
    TimeOut,
}

impl Answer {
    pub(crate) fn result(self) -> AttemptResult {
        let response = |status, retry_after| AttemptResult::Response { status, retry_after };
        match self {
            Self::Ok => response(200, None),
            Self::Fail => response(500, None),
            Self::NotFound => response(404, None),
            Self::SlowDown(seconds) => response(429, seconds.map(RetryAfter::Seconds)),
            Self::Gone => response(410, None),
            Self::TimeOut => AttemptResult::Failed(TransportFailure::Timeout),
        }
    }

    pub(crate) fn takes_ms(self) -> u64 {
        if self == Self::TimeOut { limits::ATTEMPT_TIMEOUT_MS } else { 20 }
    }

    fn says_that_it_works(self) -> bool {
        matches!(self, Self::Ok | Self::NotFound | Self::Gone)
    }
}

/// One POST as the endpoint saw it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Post {
    pub(crate) event: u8,
    pub(crate) webhook_id: DeliveryId,
    pub(crate) key: AttemptKey,
    pub(crate) ok: bool,
    pub(crate) at_ms: u64,
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) posts: Vec<Post>,
    /// When each POST came, those of forgotten events too.
    times_ms: Vec<u64>,
    pub(crate) limit: Option<RateLimit>,
    /// POSTs of which a crash left no record.
    lost: usize,
    /// What it asked for by 429, as far as it is on record.
    held_until_ms: u64,
    /// Results on record in a row that say that it does not work.
    unwell: u32,
    /// Since when the breaker has to be open, or the last probe failed, and how many did.
    open: Option<(u64, u32)>,
    /// The clock was set back: times say nothing any more.
    pub(crate) timeless: bool,
}

impl Endpoint {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self {
            posts: Vec::new(),
            times_ms: Vec::new(),
            limit,
            lost: 0,
            held_until_ms: 0,
            unwell: 0,
            open: None,
            timeless: false,
        }
    }

    /// A POST arrives while `under_way` others are under way.
    pub(crate) fn post(&mut self, post: Post, under_way: usize) {
        assert!(under_way < limits::CONCURRENCY, "too many at once");
        if self.open.is_some() {
            assert_eq!(under_way, 0, "one probe at a time");
        }
        if !self.timeless {
            if let Some((since_ms, probes)) = self.open {
                let wait_ms = limits::PROBE_FIRST_MS.saturating_mul(1 << probes.min(20));
                let least_ms = wait_ms.min(limits::PROBE_MOST_MS) * 4 / 5;
                assert!(post.at_ms >= since_ms + least_ms, "a probe comes too early");
            }
            assert!(post.at_ms >= self.held_until_ms, "sent although held by a 429");
        }
        self.times_ms.push(post.at_ms);
        self.posts.push(post);
        self.check_rate();
    }

    /// However many came before: the newest POST and all before it keep to the limit.
    fn check_rate(&self) {
        let (Some(limit), false) = (self.limit, self.timeless) else { return };
        let at_once = (limit.per_s() * 0.1).max(1.0);
        let newest_ms = self.times_ms.last().copied().unwrap_or_default();
        for (count, at_ms) in self.times_ms.iter().rev().enumerate() {
            #[allow(clippy::cast_precision_loss)]
            let (count, seconds) =
                ((count + 1) as f64, newest_ms.saturating_sub(*at_ms) as f64 / 1_000.0);
            #[allow(clippy::cast_precision_loss)]
            let most = limit.per_s() * seconds + at_once + self.lost as f64;
            assert!(count <= most + 1e-6, "{count} in {seconds} s, {limit:?}");
        }
    }

    /// A result is on record.
    pub(crate) fn recorded(&mut self, answer: Answer, started_ms: u64, now_ms: u64) {
        if let Answer::SlowDown(Some(seconds)) = answer {
            let held_ms = seconds.saturating_mul(1_000).min(limits::HOLD_MAX_MS);
            self.held_until_ms = self.held_until_ms.max(now_ms + held_ms);
        }
        if answer.says_that_it_works() {
            (self.unwell, self.open) = (0, None);
            return;
        }
        self.unwell += 1;
        match self.open {
            None if self.unwell >= limits::BREAKER_FAILURES => self.open = Some((now_ms, 0)),
            Some((since_ms, probes)) if started_ms >= since_ms => {
                self.open = Some((now_ms, probes + 1));
            }
            _ => {}
        }
    }

    /// The object was cut off with so many under way.
    pub(crate) fn lost(&mut self, under_way: usize) {
        self.lost += under_way;
    }

    /// The operator enabled the destination again.
    pub(crate) fn enabled(&mut self) {
        (self.held_until_ms, self.unwell, self.open) = (0, 0, None);
    }

    pub(crate) fn forget(&mut self, event: u8) {
        self.posts.retain(|post| post.event != event);
    }

    pub(crate) fn attempts_made(&self, event: u8, round: u32) -> BTreeSet<u32> {
        let of_round = |post: &&Post| post.event == event && post.key.round == round;
        self.posts.iter().filter(of_round).map(|post| post.key.attempt).collect()
    }
}
