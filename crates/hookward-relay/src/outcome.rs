//! What the result of one attempt means.

use core::fmt;

use crate::retry::RetryAfter;

/// What came of one POST, as the worker saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// Response headers arrived in time. The body plays no part, whatever it does.
    Response {
        /// The HTTP status.
        status: u16,
        /// Its `Retry-After`, where it had a readable one.
        retry_after: Option<RetryAfter>,
    },
    /// No response headers arrived.
    Failed(TransportFailure),
}

words! {
    /// Why no response headers arrived.
    pub enum TransportFailure {
        /// The name could not be resolved.
        Dns = "dns",
        /// No connection could be made.
        Connect = "connect",
        /// The TLS handshake failed, or the certificate is not trusted.
        Tls = "tls",
        /// No response headers within [`crate::limits::ATTEMPT_TIMEOUT_MS`].
        Timeout = "timeout",
        /// The connection was lost before the response headers.
        Reset = "reset",
        /// The answer was not HTTP.
        Protocol = "protocol",
        /// The gateway itself could not make the attempt.
        Internal = "internal",
        /// Anything else.
        Network = "network",
    }
}

impl TransportFailure {
    /// The class that an error message of the runtime's `fetch` stands for.
    ///
    /// `workerd` has no codes, only messages such as `Network connection lost.` or
    /// `DNS lookup failed.`; what is not recognised is [`TransportFailure::Network`].
    pub fn from_message(message: &str) -> Self {
        const CLASSES: &[(&str, TransportFailure)] = &[
            ("dns", TransportFailure::Dns),
            ("getaddrinfo", TransportFailure::Dns),
            ("name or service not known", TransportFailure::Dns),
            ("name resolution", TransportFailure::Dns),
            ("tls", TransportFailure::Tls),
            ("ssl", TransportFailure::Tls),
            ("certificate", TransportFailure::Tls),
            ("timed out", TransportFailure::Timeout),
            ("timeout", TransportFailure::Timeout),
            ("abort", TransportFailure::Timeout),
            ("refused", TransportFailure::Connect),
            ("unreachable", TransportFailure::Connect),
            ("connect()", TransportFailure::Connect),
            ("failed to connect", TransportFailure::Connect),
            ("connection lost", TransportFailure::Reset),
            ("reset", TransportFailure::Reset),
            ("disconnected", TransportFailure::Reset),
            ("broken pipe", TransportFailure::Reset),
            ("premature", TransportFailure::Reset),
            ("http", TransportFailure::Protocol),
            ("protocol", TransportFailure::Protocol),
        ];
        let message: String = message.chars().take(512).collect::<String>().to_ascii_lowercase();
        CLASSES
            .iter()
            .find(|(part, _)| message.contains(part))
            .map_or(Self::Network, |(_, class)| *class)
    }
}

/// Why an attempt failed, as it stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No response.
    Transport(TransportFailure),
    /// A redirect, which is never followed: the signature was made for another URL's owner.
    Redirect(u16),
    /// Any other status but 2xx.
    Status(u16),
}

impl Failure {
    /// The class, one word, as logs and metrics have it: `dns`, `timeout`, `redirect`, `status`, ….
    pub const fn class(self) -> &'static str {
        match self {
            Self::Transport(failure) => failure.as_str(),
            Self::Redirect(_) => "redirect",
            Self::Status(_) => "status",
        }
    }

    /// The failure that was logged under this class and status.
    pub fn of_log(class: &str, status: Option<u16>) -> Option<Self> {
        match (class, status) {
            ("redirect", Some(status)) => Some(Self::Redirect(status)),
            ("status", Some(status)) => Some(Self::Status(status)),
            _ => TransportFailure::parse(class).map(Self::Transport),
        }
    }

    /// The HTTP status, where there was one.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Transport(_) => None,
            Self::Redirect(status) | Self::Status(status) => Some(status),
        }
    }
}

impl fmt::Display for Failure {
    /// A sentence for the delivery's log; never part of the response.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Redirect(status) => {
                return write!(f, "answered {status}: redirects are not followed");
            }
            Self::Status(status) => return write!(f, "answered {status}"),
            Self::Transport(failure) => match failure {
                TransportFailure::Dns => "the host name could not be resolved",
                TransportFailure::Connect => "no connection could be made",
                TransportFailure::Tls => "no TLS connection could be made",
                TransportFailure::Timeout => "no answer within 10 s",
                TransportFailure::Reset => "the connection was lost before the answer",
                TransportFailure::Protocol => "the answer was not HTTP",
                TransportFailure::Internal => "the gateway could not make the attempt",
                TransportFailure::Network => "the request failed",
            },
        };
        f.write_str(text)
    }
}

/// What an attempt's result means for its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx headers arrived in time.
    Delivered {
        /// The HTTP status.
        status: u16,
    },
    /// 410: the endpoint wants nothing any more; the destination is disabled.
    Gone,
    /// Everything else: try again by the schedule.
    Retry {
        /// Why.
        failure: Failure,
        /// When the destination wants to be asked again.
        retry_after: Option<RetryAfter>,
    },
}

impl Outcome {
    /// Why it failed; `None` if it did not.
    pub const fn failure(self) -> Option<Failure> {
        match self {
            Self::Delivered { .. } => None,
            Self::Gone => Some(Failure::Status(410)),
            Self::Retry { failure, .. } => Some(failure),
        }
    }
}

impl From<AttemptResult> for Outcome {
    fn from(result: AttemptResult) -> Self {
        match result {
            AttemptResult::Response { status: status @ 200..=299, .. } => {
                Self::Delivered { status }
            }
            AttemptResult::Response { status: 410, .. } => Self::Gone,
            AttemptResult::Response { status: status @ 300..=399, retry_after } => {
                Self::Retry { failure: Failure::Redirect(status), retry_after }
            }
            AttemptResult::Response { status, retry_after } => {
                Self::Retry { failure: Failure::Status(status), retry_after }
            }
            AttemptResult::Failed(failure) => {
                Self::Retry { failure: Failure::Transport(failure), retry_after: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_of_a_failure_leads_back_to_it() {
        let transport = TransportFailure::ALL.iter().map(|one| Failure::Transport(*one));
        for failure in transport.chain([Failure::Redirect(302), Failure::Status(500)]) {
            assert_eq!(Failure::of_log(failure.class(), failure.status()), Some(failure));
            assert!(failure.to_string().len() > 8, "{failure}");
        }
        assert_eq!(Failure::of_log("status", None), None);
        assert_eq!(Failure::of_log("something", Some(500)), None);
    }

    #[test]
    fn only_2xx_is_delivered_and_only_410_is_gone() {
        for status in 0..=999 {
            let response = AttemptResult::Response { status, retry_after: None };
            let outcome = Outcome::from(response);
            match status {
                200..=299 => assert_eq!(outcome, Outcome::Delivered { status }),
                410 => assert_eq!(outcome, Outcome::Gone),
                300..=399 => {
                    assert_eq!(outcome.failure(), Some(Failure::Redirect(status)));
                    assert!(matches!(outcome, Outcome::Retry { .. }));
                }
                _ => {
                    assert_eq!(outcome.failure(), Some(Failure::Status(status)));
                    assert!(matches!(outcome, Outcome::Retry { .. }));
                }
            }
        }
    }

    #[test]
    fn retry_after_is_kept_with_any_failing_status() {
        let retry_after = Some(RetryAfter::Seconds(7));
        for status in [301, 404, 429, 500, 503] {
            let outcome = Outcome::from(AttemptResult::Response { status, retry_after });
            assert!(
                matches!(outcome, Outcome::Retry { retry_after: kept, .. } if kept == retry_after)
            );
        }
    }

    #[test]
    fn no_response_is_tried_again_under_its_class() {
        for failure in TransportFailure::ALL {
            let outcome = Outcome::from(AttemptResult::Failed(*failure));
            assert!(matches!(outcome, Outcome::Retry { retry_after: None, .. }));
            let logged = outcome.failure().unwrap();
            assert_eq!(logged.class(), failure.as_str());
            assert_eq!(logged.status(), None);
        }
        assert_eq!(Failure::Redirect(301).class(), "redirect");
        assert_eq!(Failure::Status(500).class(), "status");
        assert_eq!(Failure::Status(500).to_string(), "answered 500");
    }

    #[test]
    fn messages_of_the_runtime_are_sorted_into_classes() {
        let cases = [
            ("Error: DNS lookup failed.", TransportFailure::Dns),
            ("Network connection lost.", TransportFailure::Reset),
            ("connect(): Connection refused", TransportFailure::Connect),
            ("connect ECONNREFUSED 127.0.0.1:9", TransportFailure::Connect),
            ("read ECONNRESET", TransportFailure::Reset),
            ("TLS peer's certificate is not trusted", TransportFailure::Tls),
            ("Connection timed out", TransportFailure::Timeout),
            ("The operation was aborted", TransportFailure::Timeout),
            ("invalid HTTP response", TransportFailure::Protocol),
            ("", TransportFailure::Network),
            ("something new", TransportFailure::Network),
        ];
        for (message, expected) in cases {
            assert_eq!(TransportFailure::from_message(message), expected, "{message}");
        }
    }
}
