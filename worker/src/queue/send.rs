//! One attempt: the POST of an event, signed afresh, and what came of it.

use hookward::{Message, Provider, Secret};
use hookward_relay::headers::{CustomHeaders, Hops, Outgoing, outgoing};
use hookward_relay::ids::DestinationId;
use hookward_relay::limits;
use hookward_relay::outcome::{AttemptResult, Outcome, TransportFailure};
use hookward_relay::profile::Profile;
use hookward_relay::redact::{redact, secrets_of_url};
use hookward_relay::retry::RetryAfter;
use hookward_relay::routing::Origin;
use hookward_relay::url_policy::DestinationUrl;
use serde::{Serialize, Serializer};

use super::job::Job;
use super::rows::Settings;
use crate::clock::{self, Millis};
use crate::host::Calls;
use crate::sealed::{Seal, SealError};
use crate::wait::settled;
use zeroize::Zeroizing;

const USER_AGENT: &str = concat!("hookward/", env!("CARGO_PKG_VERSION"));

/// The parts of the settings that are secret, open. Never logged, never stored.
pub(super) struct Opened {
    url: DestinationUrl,
    /// The URL as it is stored: tells one from another without being one.
    sealed_url: String,
    profile: Profile,
    /// The newest first, and until when each is used.
    secrets: Vec<Secret>,
    until_ms: Vec<Option<u64>>,
    custom: CustomHeaders,
    /// What must not be kept of an answer.
    hidden: Vec<Zeroizing<String>>,
}

/// What came of one attempt.
pub(super) struct Sent {
    pub(super) started: Millis,
    /// When the result was known; the answer's body plays no part in it.
    pub(super) ended: Millis,
    pub(super) result: AttemptResult,
    /// The URL that was called, as it is stored.
    pub(super) url: Option<String>,
    /// The first bytes of the answer's body.
    pub(super) excerpt: Option<String>,
    /// The platform made no call since this invocation has used up its share: not an attempt.
    pub(super) out_of_calls: bool,
}

/// Why a destination's settings cannot be used to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unusable;

/// Why a destination's settings were not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// They were sealed under a master key that is not there: nothing that the destination could
    /// mend, and nothing to be held against it.
    Sealed,
    /// What they hold may not be used any more.
    Unusable,
}

impl From<SealError> for NotOpened {
    fn from(_: SealError) -> Self {
        Self::Sealed
    }
}

impl From<Unusable> for NotOpened {
    fn from(_: Unusable) -> Self {
        Self::Unusable
    }
}

impl Opened {
    /// Opens what is sealed, and judges the URL again: the policy may have become stricter.
    pub(super) fn open(
        seal: &Seal,
        settings: &Settings,
        allow_loopback: bool,
    ) -> Result<Self, NotOpened> {
        let owner = settings.id.to_string();
        let url = seal.open_text(&owner, "url", &settings.url)?;
        let texts = settings
            .secrets
            .iter()
            .map(|one| seal.open_text(&owner, "secret", &one.sealed))
            .collect::<Result<Vec<_>, _>>()?;
        let secrets = match provider(settings.profile)? {
            None => Vec::new(),
            Some(provider) => texts
                .iter()
                .map(|text| Secret::parse(provider, text).map_err(|_| Unusable))
                .collect::<Result<_, _>>()?,
        };
        let until_ms = settings.secrets.iter().map(|one| one.until_ms).collect();
        let custom = match &settings.headers {
            None => CustomHeaders::default(),
            Some(sealed) => {
                let json = seal.open(&owner, "headers", sealed)?;
                serde_json::from_slice(&json).map_err(|_| Unusable)?
            }
        };
        let url = DestinationUrl::parse(&url, allow_loopback).map_err(|_| Unusable)?;
        let bare = texts.iter().filter_map(|text| text.strip_prefix("whsec_").map(str::to_owned));
        let values = custom.iter().map(|(_, value)| value.to_owned());
        let hidden = secrets_of_url(url.as_str()).into_iter().chain(bare).chain(values);
        let hidden = hidden.map(Zeroizing::new).collect();
        Ok(Self {
            url,
            sealed_url: settings.url.clone(),
            profile: settings.profile,
            secrets,
            until_ms,
            custom,
            hidden,
        })
    }

    /// Makes one attempt. Ends within the time-outs, whatever the destination does.
    pub(super) async fn send(&self, calls: &Calls, job: &Job) -> Sent {
        let started = clock::now();
        let Ok(headers) = self.headers(job, started) else {
            return Sent::failed(started, TransportFailure::Internal);
        };
        let answer = settled(&calls.post(self.url.as_str(), &headers, &job.body)).await;
        match answer.map(|answer| answer.as_string().unwrap_or_default()) {
            Ok(answer) => {
                let Some(answer) = Answer::read(&answer) else {
                    let failed = Sent::failed(started, TransportFailure::Timeout);
                    return Sent { ended: clock::now(), ..failed };
                };
                Sent {
                    started,
                    ended: answer.ended,
                    result: AttemptResult::Response {
                        status: answer.status,
                        retry_after: RetryAfter::parse(answer.retry_after),
                    },
                    url: Some(self.sealed_url.clone()),
                    excerpt: (!answer.excerpt.is_empty())
                        .then(|| redact(answer.excerpt, &self.hidden, !answer.whole)),
                    out_of_calls: false,
                }
            }
            Err(error) => {
                let message = worker::Error::from(error).to_string();
                let failure = TransportFailure::from_message(&message);
                let out_of_calls = message.contains("Too many subrequests");
                Sent { ended: clock::now(), out_of_calls, ..Sent::failed(started, failure) }
            }
        }
    }

    /// The profile's headers, and `webhook-id`, which is the same on every attempt in all of them.
    fn signature(&self, job: &Job, now: Millis) -> Result<Vec<(&'static str, String)>, Unusable> {
        let id = job.id.to_string();
        let mut headers: Vec<(&'static str, String)> = Vec::new();
        if let Some(provider) = provider(self.profile)? {
            let message = Message {
                target: None,
                id: Some(&id),
                timestamp: now.seconds(),
                body: &job.body,
                event_type: job.event_type.as_deref().filter(|it| is_writable(it)),
                delivery_id: Some(&id),
            };
            for place in self.profile.signing(&self.until_ms, now.0) {
                let secret = self.secrets.get(place).ok_or(Unusable)?;
                let signed = hookward::sign(provider, secret, &message).map_err(|_| Unusable)?;
                add_signature(self.profile, provider, &mut headers, signed);
            }
            // What is to be signed is never sent without.
            if headers.is_empty() {
                return Err(Unusable);
            }
        }
        if !headers.iter().any(|(name, _)| *name == "webhook-id") {
            headers.push(("webhook-id", id));
        }
        Ok(headers)
    }

    /// All headers, in JSON.
    fn headers(&self, job: &Job, now: Millis) -> Result<String, Unusable> {
        let signature = self.signature(job, now)?;
        let mut all = outgoing(&Outgoing {
            passed_on: &job.carried.headers,
            origin: Origin::parse(&job.source).map_err(|_| Unusable)?,
            event_type: job.event_type.as_deref(),
            attempt: job.delivery.next_attempt().ok_or(Unusable)?.attempt,
            hops: Hops::new(job.carried.hops).map_err(|_| Unusable)?,
            signature: &signature,
            custom: &self.custom,
        });
        if !all.iter().any(|(name, _)| name == "user-agent") {
            all.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
        }
        let names = all.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        serde_json::to_string(&Names(names.collect())).map_err(|_| Unusable)
    }
}

/// Pairs as an object of JSON.
struct Names<'a>(Vec<(&'a str, &'a str)>);

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The calls of one queue.
pub(super) fn calls() -> Calls {
    // Limits are far below 2^32.
    #[allow(clippy::cast_possible_truncation)]
    Calls::new(
        limits::ATTEMPT_TIMEOUT_MS as u32,
        limits::RESPONSE_EXCERPT_MS as u32,
        limits::RESPONSE_EXCERPT_BYTES as u32,
    )
}

/// An answer as `host.js` tells it.
struct Answer<'a> {
    status: u16,
    ended: Millis,
    whole: bool,
    retry_after: &'a str,
    excerpt: &'a str,
}

impl<'a> Answer<'a> {
    /// `None` where there was none.
    fn read(text: &'a str) -> Option<Self> {
        let mut lines = text.splitn(5, '\n');
        Some(Self {
            status: lines.next()?.parse().ok()?,
            ended: Millis(lines.next()?.parse().ok()?),
            whole: lines.next()? == "true",
            retry_after: lines.next()?,
            excerpt: lines.next()?,
        })
    }
}

impl Sent {
    pub(super) fn is_delivered(&self) -> bool {
        matches!(Outcome::from(self.result), Outcome::Delivered { .. })
    }

    /// An attempt that got no answer.
    pub(super) fn failed(at: Millis, failure: TransportFailure) -> Self {
        Self {
            started: at,
            ended: at,
            result: AttemptResult::Failed(failure),
            url: None,
            excerpt: None,
            out_of_calls: false,
        }
    }
}

/// How deliveries of a profile are signed.
fn provider(profile: Profile) -> Result<Option<&'static Provider<'static>>, Unusable> {
    profile.provider().map(|id| hookward::provider(id).map_err(|_| Unusable)).transpose()
}

/// Whether an event's type can stand in a header; what cannot is in the body only.
fn is_writable(event_type: &str) -> bool {
    (1..=limits::EVENT_TYPE_HEADER_BYTES).contains(&event_type.len())
        && event_type.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Adds the headers of one more secret: the signatures of all stand in one header; id and timestamp
/// are the same for all.
fn add_signature(
    profile: Profile,
    provider: &Provider<'_>,
    headers: &mut Vec<(&'static str, String)>,
    signed: Vec<(&'static str, String)>,
) {
    for (name, value) in signed {
        match headers.iter_mut().find(|(other, _)| *other == name) {
            Some((_, first)) if name == provider.scheme.headers.signature => {
                profile.add(first, &value);
            }
            Some(_) => {}
            None => headers.push((name, value)),
        }
    }
}

/// A new destination secret: `whsec_` and base64 of 32 random bytes.
pub(crate) fn new_secret() -> Option<String> {
    use base64ct::{Base64, Encoding};
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("whsec_{}", Base64::encode_string(&bytes)))
}

/// A new destination id.
pub(crate) fn new_destination_id(now: Millis) -> Option<DestinationId> {
    let mut random = [0_u8; 10];
    getrandom::fill(&mut random).ok()?;
    Some(DestinationId::new(now.0, random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let answer = Answer::read("429\n1700000000000\nfalse\n30\nslow\ndown").unwrap();
        assert_eq!(
            (answer.status, answer.ended, answer.whole),
            (429, Millis(1_700_000_000_000), false)
        );
        assert_eq!((answer.retry_after, answer.excerpt), ("30", "slow\ndown"));
        let answer = Answer::read("200\n1\ntrue\n\n").unwrap();
        assert_eq!((answer.whole, answer.retry_after, answer.excerpt), (true, "", ""));
        assert!(Answer::read("").is_none());
    }

    #[test]
    fn two_secrets_sign_in_one_header() {
        let signed = |tag: &str| {
            vec![("webhook-id", "dlv_1".to_owned()), ("webhook-signature", format!("v1,{tag}"))]
        };
        let mut headers = Vec::new();
        let standard = provider(Profile::Standard).unwrap().unwrap();
        for tag in ["new", "old"] {
            add_signature(Profile::Standard, standard, &mut headers, signed(tag));
        }
        let expected =
            [("webhook-id", "dlv_1".to_owned()), ("webhook-signature", "v1,new v1,old".to_owned())];
        assert_eq!(headers, expected);
    }

    #[test]
    fn a_new_secret_can_be_used() {
        let secret = new_secret().unwrap();
        assert!(secret.starts_with("whsec_"));
        for profile in Profile::ALL {
            let provider = provider(*profile).unwrap();
            assert!(provider.is_none_or(|provider| Secret::parse(provider, &secret).is_ok()));
        }
        assert_ne!(secret, new_secret().unwrap());
    }

    #[test]
    fn settings_open_only_as_they_were_sealed() {
        use hookward_relay::destination::Status;
        use hookward_relay::retry::Schedule;
        use hookward_relay::routing::{EventFilter, Route, SourceFilter};

        use crate::sealed::tests::seal;

        let one = seal(1);
        let id = DestinationId::new(1, [1; 10]);
        let owner = id.to_string();
        let sealed = |field, text: &str| one.seal(&owner, field, text.as_bytes()).unwrap();
        let settings = Settings {
            id,
            name: "n".into(),
            url: sealed("url", "https://example.com/hooks?key=1"),
            origin: "https://example.com".into(),
            secrets: vec![super::super::rows::OwnSecret {
                sealed: sealed("secret", &new_secret().unwrap()),
                until_ms: None,
            }],
            profile: Profile::Standard,
            headers: Some(sealed("headers", r#"[["x-key","v"]]"#)),
            header_names: vec!["x-key".into()],
            route: Route { sources: SourceFilter::any(), events: EventFilter::any() },
            schedule: Schedule::default(),
            concurrency: 1,
            rate_limit: None,
            retention: hookward_relay::retention::Retention::default(),
            status: Status::Enabled,
            disabled_by: None,
            give_ups: 0,
            created_at_ms: 1,
            version: 1,
            notice: None,
        };
        assert!(Opened::open(&one, &settings, false).is_ok());
        let other_key = Opened::open(&seal(2), &settings, false);
        assert_eq!(other_key.err(), Some(NotOpened::Sealed));
        let moved = Settings { id: DestinationId::new(1, [2; 10]), ..settings.clone() };
        assert!(Opened::open(&one, &moved, false).is_err());
        // Allowed when it was made, not any more when it is to be sent.
        let url = sealed("url", "http://127.0.0.1:9/");
        let loopback = Settings { url, ..settings };
        assert!(Opened::open(&one, &loopback, true).is_ok());
        assert_eq!(Opened::open(&one, &loopback, false).err(), Some(NotOpened::Unusable));
    }
}
