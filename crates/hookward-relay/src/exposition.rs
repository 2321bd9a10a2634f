//! The metrics as Prometheus reads them: its text format, version 0.0.4.
//!
//! Labels are ids and words alone; of a source's id the caller gives the start, since the whole is
//! its ingest URL. Times are in seconds.

use core::fmt::{self, Write};

use crate::breaker::BreakerState;
use crate::destination::Status;
use crate::ids::DestinationId;
use crate::metrics::{ATTEMPT_BOUNDS_MS, Counts, DELAY_BOUNDS_MS, Histogram};

/// The `content-type` of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a queue is like at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    /// What the destination takes.
    pub status: Status,
    /// Whether it is asked by probes alone.
    pub breaker: BreakerState,
    /// Pending deliveries.
    pub pending: u64,
    /// How long ago the oldest pending delivery was stored, in milliseconds; 0: none is pending.
    pub oldest_pending_ms: u64,
}

/// One queue; `state` is `None` where it did not answer.
#[derive(Debug, Clone, Copy)]
pub struct Queue<'a> {
    /// Whose queue it is.
    pub destination: DestinationId,
    /// What it has counted, and how it is.
    pub state: Option<(&'a Counts, Gauges)>,
}

/// Deliveries that a source has refused.
#[derive(Debug, Clone, Copy)]
pub struct Rejected<'a> {
    /// The source, in a form that cannot be posted to.
    pub source: &'a str,
    /// The problem's code.
    pub code: &'a str,
    /// How many.
    pub count: u64,
}

/// Deliveries that were answered without a queue being asked.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The source, in a form that cannot be posted to.
    pub source: &'a str,
    /// What was answered: `ignored`, or `duplicate` where the hint in KV knew the event.
    pub outcome: &'a str,
    /// How many.
    pub count: u64,
}

/// The whole text. `version` is the gateway's.
pub fn text(
    version: &str,
    queues: &[Queue<'_>],
    rejected: &[Rejected<'_>],
    answered: &[Answered<'_>],
) -> String {
    let mut text = Text(String::new());
    text.family("build_info", Kind::Gauge, "The gateway's version");
    text.sample("build_info", &[("version", version)], 1);

    text.family("ingest_rejected_total", Kind::Counter, "Deliveries refused, by code");
    for one in rejected {
        let labels = [("source", one.source), ("code", one.code)];
        text.sample("ingest_rejected_total", &labels, one.count);
    }

    let help = "Deliveries answered without a queue, by outcome";
    text.family("ingest_answered_total", Kind::Counter, help);
    for one in answered {
        let labels = [("source", one.source), ("outcome", one.outcome)];
        text.sample("ingest_answered_total", &labels, one.count);
    }

    text.family("queue_up", Kind::Gauge, "Whether the destination's queue answered");
    for queue in queues {
        let destination = queue.destination.to_string();
        let up = u64::from(queue.state.is_some());
        text.sample("queue_up", &[("destination", &destination)], up);
    }
    let known: Vec<Known<'_>> = queues
        .iter()
        .filter_map(|queue| {
            let (counts, gauges) = queue.state?;
            Some(Known { id: queue.destination.to_string(), counts, gauges })
        })
        .collect();
    counters(&mut text, &known);
    gauges(&mut text, &known);
    for (name, help, bounds_ms, of) in HISTOGRAMS {
        text.family(name, Kind::Histogram, help);
        for queue in &known {
            text.histogram(name, &queue.id, bounds_ms, of(queue.counts));
        }
    }
    text.0
}

/// A queue that answered.
struct Known<'a> {
    id: String,
    counts: &'a Counts,
    gauges: Gauges,
}

type Read<T> = fn(&Counts) -> T;

/// Name, meaning, what to read.
const COUNTERS: &[(&str, &str, Read<u64>)] = &[
    ("events_accepted_total", "Events stored", |counts| counts.accepted),
    ("events_duplicate_total", "Events that had been stored before", |counts| counts.duplicates),
    ("deliveries_delivered_total", "Deliveries that arrived", |counts| counts.delivered),
    ("deliveries_replayed_total", "Deliveries made pending again", |counts| counts.replayed),
];

type Part = for<'a> fn(&'a Counts) -> &'a Histogram;

/// Name, meaning, bounds, what to read.
const HISTOGRAMS: &[(&str, &str, &[u64], Part)] = &[
    ("attempt_duration_seconds", "From POST to result", ATTEMPT_BOUNDS_MS, |counts| {
        &counts.attempt
    }),
    ("first_attempt_delay_seconds", "From event to first POST", DELAY_BOUNDS_MS, |counts| {
        &counts.first_attempt
    }),
    ("delivery_delay_seconds", "From event to arrival", DELAY_BOUNDS_MS, |counts| &counts.delivery),
];

fn counters(text: &mut Text, queues: &[Known<'_>]) {
    for (name, help, of) in COUNTERS {
        text.family(name, Kind::Counter, help);
        for queue in queues {
            text.sample(name, &[("destination", &queue.id)], of(queue.counts));
        }
    }
    text.family("attempts_failed_total", Kind::Counter, "Attempts that failed, by class");
    for queue in queues {
        for (class, count) in &queue.counts.failed {
            let labels = [("destination", queue.id.as_str()), ("class", class)];
            text.sample("attempts_failed_total", &labels, *count);
        }
    }
    text.family("deliveries_dead_total", Kind::Counter, "Dead letters made, by reason");
    for queue in queues {
        for (reason, count) in &queue.counts.dead {
            let labels = [("destination", queue.id.as_str()), ("reason", reason)];
            text.sample("deliveries_dead_total", &labels, *count);
        }
    }
}

fn gauges(text: &mut Text, queues: &[Known<'_>]) {
    text.family("queue_depth", Kind::Gauge, "Pending deliveries");
    for queue in queues {
        text.sample("queue_depth", &[("destination", &queue.id)], queue.gauges.pending);
    }
    text.family("queue_oldest_seconds", Kind::Gauge, "Age of the oldest pending delivery");
    for queue in queues {
        let age = Seconds(queue.gauges.oldest_pending_ms);
        text.sample("queue_oldest_seconds", &[("destination", &queue.id)], age);
    }
    text.family("breaker_open", Kind::Gauge, "Whether only probes are sent");
    for queue in queues {
        let open = u64::from(queue.gauges.breaker == BreakerState::Open);
        text.sample("breaker_open", &[("destination", &queue.id)], open);
    }
    text.family("destination_status", Kind::Gauge, "1 for the status that the destination has");
    for queue in queues {
        for status in Status::ALL {
            let labels = [("destination", queue.id.as_str()), ("status", status.as_str())];
            text.sample("destination_status", &labels, u64::from(*status == queue.gauges.status));
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Milliseconds, written as seconds.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000, self.0 % 1_000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{rest:03}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// What is written so far. Writing to a `String` cannot fail.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(self.0, "# HELP hookward_{name} {help}.\n# TYPE hookward_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl fmt::Display) {
        self.0.push_str("hookward_");
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.0.push_str(if index == 0 { "{" } else { "," });
            self.0.push_str(label);
            self.0.push_str("=\"");
            push_escaped(&mut self.0, text);
            self.0.push('"');
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{close} {value}");
    }

    fn histogram(&mut self, name: &str, id: &str, bounds_ms: &[u64], histogram: &Histogram) {
        let bounds = bounds_ms.iter().map(|bound_ms| Seconds(*bound_ms).to_string());
        let bounds = bounds.chain(core::iter::once("+Inf".to_owned()));
        let bucket = format!("{name}_bucket");
        let mut total = 0;
        for (bound, count) in bounds.zip(histogram.cumulative(bounds_ms.len())) {
            self.sample(&bucket, &[("destination", id), ("le", &bound)], count);
            total = count;
        }
        let sum = Seconds(histogram.sum_ms());
        self.sample(&format!("{name}_sum"), &[("destination", id)], sum);
        self.sample(&format!("{name}_count"), &[("destination", id)], total);
    }
}

/// A label's value: what would end it or its line is written with a backslash.
fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::delivery::DeadReason;
    use crate::outcome::{AttemptResult, TransportFailure};

    fn destination(n: u8) -> DestinationId {
        DestinationId::new(1, [n; 10])
    }

    fn counts() -> Counts {
        let mut counts = Counts::default();
        counts.accepted();
        counts.first_attempt(4);
        counts.attempt(AttemptResult::Failed(TransportFailure::Dns).into(), 1_250);
        counts.attempt(AttemptResult::Response { status: 200, retry_after: None }.into(), 30);
        counts.delivered(90_000);
        counts.dead(DeadReason::Gone, 2);
        counts
    }

    fn gauges() -> Gauges {
        let (status, breaker) = (Status::Paused, BreakerState::Open);
        Gauges { status, breaker, pending: 7, oldest_pending_ms: 61_500 }
    }

    fn page() -> String {
        let counts = counts();
        let queues = [
            Queue { destination: destination(1), state: Some((&counts, gauges())) },
            Queue { destination: destination(2), state: None },
        ];
        let rejected = [Rejected { source: "src_ab\"\\\n", code: "signature_mismatch", count: 3 }];
        let answered = [Answered { source: "src_cd", outcome: "ignored", count: 4 }];
        text("0.1.0", &queues, &rejected, &answered)
    }

    #[test]
    fn the_samples_say_what_was_counted() {
        let page = page();
        let one = format!("destination=\"{}\"", destination(1));
        let two = format!("destination=\"{}\"", destination(2));
        for line in [
            "hookward_build_info{version=\"0.1.0\"} 1".to_owned(),
            r#"hookward_ingest_rejected_total{source="src_ab\"\\\n",code="signature_mismatch"} 3"#
                .to_owned(),
            r#"hookward_ingest_answered_total{source="src_cd",outcome="ignored"} 4"#.to_owned(),
            format!("hookward_queue_up{{{one}}} 1"),
            format!("hookward_queue_up{{{two}}} 0"),
            format!("hookward_events_accepted_total{{{one}}} 1"),
            format!("hookward_events_duplicate_total{{{one}}} 0"),
            format!("hookward_deliveries_delivered_total{{{one}}} 1"),
            format!("hookward_attempts_failed_total{{{one},class=\"dns\"}} 1"),
            format!("hookward_deliveries_dead_total{{{one},reason=\"gone\"}} 2"),
            format!("hookward_queue_depth{{{one}}} 7"),
            format!("hookward_queue_oldest_seconds{{{one}}} 61.5"),
            format!("hookward_breaker_open{{{one}}} 1"),
            format!("hookward_destination_status{{{one},status=\"paused\"}} 1"),
            format!("hookward_destination_status{{{one},status=\"enabled\"}} 0"),
            format!("hookward_attempt_duration_seconds_bucket{{{one},le=\"0.025\"}} 0"),
            format!("hookward_attempt_duration_seconds_bucket{{{one},le=\"0.05\"}} 1"),
            format!("hookward_attempt_duration_seconds_bucket{{{one},le=\"2.5\"}} 2"),
            format!("hookward_attempt_duration_seconds_bucket{{{one},le=\"+Inf\"}} 2"),
            format!("hookward_attempt_duration_seconds_sum{{{one}}} 1.28"),
            format!("hookward_attempt_duration_seconds_count{{{one}}} 2"),
            format!("hookward_first_attempt_delay_seconds_bucket{{{one},le=\"0.005\"}} 1"),
            format!("hookward_delivery_delay_seconds_bucket{{{one},le=\"600\"}} 1"),
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        // Nothing is claimed of a queue that did not answer.
        assert_eq!(page.matches(&two).count(), 1);
    }

    #[test]
    fn every_sample_stands_under_its_family_and_every_family_once() {
        let (mut families, mut family) = (BTreeSet::new(), String::new());
        for line in page().lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split(' ').next().unwrap().to_owned();
                assert!(families.insert(family.clone()), "{family} twice");
            } else if !line.starts_with("# HELP ") {
                let name = line.split(['{', ' ']).next().unwrap();
                let bare = ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| name.strip_suffix(end))
                    .unwrap_or(name);
                assert!(bare == family || name == family, "{line} under {family}");
            }
        }
        assert!(families.len() > 10);
    }

    #[test]
    fn no_queue_and_no_rejection_is_a_page_too() {
        let page = text("0.1.0", &[], &[], &[]);
        assert!(page.ends_with('\n') && page.contains("# TYPE hookward_queue_depth gauge"));
    }
}
