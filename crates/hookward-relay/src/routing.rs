//! Which destinations an event is for: a destination's `sources` and `events`.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{IdError, SourceId};
use crate::limits;

/// Where an event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A provider, by way of a source.
    Source(SourceId),
    /// The team itself, by way of the admin API.
    Api,
    /// The gateway: what it has to say of its own working.
    Hookward,
}

impl Origin {
    /// Reads what [`Origin`]'s `Display` writes.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match text {
            API => Ok(Self::Api),
            HOOKWARD => Ok(Self::Hookward),
            _ => SourceId::parse(text).map(Self::Source),
        }
    }
}

impl fmt::Display for Origin {
    /// `src_…`, `api` or `hookward`: the value of `hookward-source`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(id) => id.fmt(f),
            Self::Api => f.write_str(API),
            Self::Hookward => f.write_str(HOOKWARD),
        }
    }
}

const ANY: &str = "*";
const API: &str = "api";
const HOOKWARD: &str = "hookward";

/// Why a destination's `sources` or `events` are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteError {
    /// The list is empty: nothing would ever match.
    Empty,
    /// The list is longer than allowed.
    TooMany {
        /// How many entries are allowed.
        most: usize,
    },
    /// An entry of `sources` is not `*`, `api`, `hookward` or a source id.
    Source {
        /// Which entry, from 0.
        index: usize,
        /// Why it is not a source id.
        error: IdError,
    },
    /// An event pattern is longer than allowed.
    PatternLength {
        /// Which entry, from 0.
        index: usize,
    },
    /// An event pattern is empty or holds a character other than visible ASCII.
    PatternCharacter {
        /// Which entry, from 0.
        index: usize,
    },
    /// A `*` stands elsewhere than alone or after the last `.`.
    PatternStar {
        /// Which entry, from 0.
        index: usize,
    },
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("at least one entry is wanted; [\"*\"] matches everything"),
            Self::TooMany { most } => write!(f, "at most {most} entries are allowed"),
            Self::Source { index, error } => {
                write!(
                    f,
                    "entry {index} is neither \"*\" nor \"api\" nor \"hookward\" nor a source id: {error}"
                )
            }
            Self::PatternLength { index } => {
                write!(f, "entry {index} is longer than {} bytes", limits::EVENT_PATTERN_BYTES)
            }
            Self::PatternCharacter { index } => {
                write!(f, "entry {index} is not made of visible ASCII characters")
            }
            Self::PatternStar { index } => write!(
                f,
                "entry {index}: a \"*\" stands alone or at the end after a \".\", as in \"post.*\""
            ),
        }
    }
}

impl core::error::Error for RouteError {}

/// What a destination wants to get: both lists must match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Which origins.
    pub sources: SourceFilter,
    /// Which event types.
    pub events: EventFilter,
}

impl Route {
    /// Whether an event from `origin` with this type is for the destination.
    pub fn matches(&self, origin: Origin, event_type: Option<&str>) -> bool {
        self.sources.matches(origin) && self.events.matches(event_type)
    }
}

/// A destination's `sources`: `*` (all sources and `api`), `api`, `hookward`, or source ids. Serde: a
/// list of strings.
///
/// What the gateway says of its own working is only for those that name `hookward`: a system that
/// takes a team's events would not know what to do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct SourceFilter(Vec<SourceWord>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SourceWord {
    Any,
    Exactly(Origin),
}

impl SourceFilter {
    /// Everything but the gateway's own events.
    pub fn any() -> Self {
        Self(vec![SourceWord::Any])
    }

    /// Parses the list as it stands in the API.
    pub fn parse(words: &[impl AsRef<str>]) -> Result<Self, RouteError> {
        check_count(words.len(), limits::SOURCE_WORDS)?;
        let word = |(index, word): (usize, &_)| source_word(index, AsRef::as_ref(word));
        words.iter().enumerate().map(word).collect::<Result<_, _>>().map(Self)
    }

    /// Whether every source is listened to, those not yet made included.
    pub fn is_any(&self) -> bool {
        self.0.contains(&SourceWord::Any)
    }

    /// What matches where either does.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let more = other.0.iter().filter(|word| !self.0.contains(word));
        let words: Vec<_> = self.0.iter().chain(more).copied().collect();
        if words.len() <= limits::SOURCE_WORDS {
            return Self(words);
        }
        // Beyond what a list may hold it is everything, so that it can be stored and read again.
        let hookward = SourceWord::Exactly(Origin::Hookward);
        let named = words.contains(&hookward).then_some(hookward);
        Self(core::iter::once(SourceWord::Any).chain(named).collect())
    }

    /// Whether events from `origin` are wanted.
    pub fn matches(&self, origin: Origin) -> bool {
        self.0.iter().any(|word| match word {
            SourceWord::Any => origin != Origin::Hookward,
            SourceWord::Exactly(wanted) => *wanted == origin,
        })
    }

    /// The source ids that are named, so that their existence can be checked.
    pub fn named(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.0.iter().filter_map(|word| match word {
            SourceWord::Exactly(Origin::Source(id)) => Some(*id),
            _ => None,
        })
    }
}

fn source_word(index: usize, text: &str) -> Result<SourceWord, RouteError> {
    match text {
        ANY => Ok(SourceWord::Any),
        _ => Origin::parse(text)
            .map(SourceWord::Exactly)
            .map_err(|error| RouteError::Source { index, error }),
    }
}

impl TryFrom<Vec<String>> for SourceFilter {
    type Error = RouteError;

    fn try_from(words: Vec<String>) -> Result<Self, RouteError> {
        Self::parse(&words)
    }
}

impl From<SourceFilter> for Vec<String> {
    fn from(filter: SourceFilter) -> Self {
        let text = |word: &SourceWord| match word {
            SourceWord::Any => ANY.to_owned(),
            SourceWord::Exactly(origin) => origin.to_string(),
        };
        filter.0.iter().map(text).collect()
    }
}

/// A destination's `events`: patterns of event types. Serde: a list of strings.
///
/// `*` matches every event, one without a type included. `post.*` matches every type below
/// `post.`, at any depth, but not `post`. Anything else matches itself, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EventFilter(Vec<EventPattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum EventPattern {
    Any,
    /// With its final dot.
    Below(String),
    Exactly(String),
}

impl EventFilter {
    /// Everything.
    pub fn any() -> Self {
        Self(vec![EventPattern::Any])
    }

    /// Parses the list as it stands in the API.
    pub fn parse(patterns: &[impl AsRef<str>]) -> Result<Self, RouteError> {
        check_count(patterns.len(), limits::EVENT_PATTERNS)?;
        let pattern = |(index, text): (usize, &_)| event_pattern(index, AsRef::as_ref(text));
        patterns.iter().enumerate().map(pattern).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an event of this type is wanted.
    pub fn matches(&self, event_type: Option<&str>) -> bool {
        self.0.iter().any(|pattern| match (pattern, event_type) {
            (EventPattern::Any, _) => true,
            (_, None) => false,
            (EventPattern::Exactly(wanted), Some(event_type)) => wanted == event_type,
            (EventPattern::Below(prefix), Some(event_type)) => {
                event_type.len() > prefix.len() && event_type.starts_with(prefix.as_str())
            }
        })
    }
}

fn event_pattern(index: usize, text: &str) -> Result<EventPattern, RouteError> {
    if text.len() > limits::EVENT_PATTERN_BYTES {
        return Err(RouteError::PatternLength { index });
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RouteError::PatternCharacter { index });
    }
    if text == ANY {
        return Ok(EventPattern::Any);
    }
    let (pattern, fixed) = match text.strip_suffix('*') {
        Some(prefix) if prefix.len() > 1 && prefix.ends_with('.') => {
            (EventPattern::Below(prefix.to_owned()), prefix)
        }
        _ => (EventPattern::Exactly(text.to_owned()), text),
    };
    if fixed.contains('*') {
        return Err(RouteError::PatternStar { index });
    }
    Ok(pattern)
}

impl TryFrom<Vec<String>> for EventFilter {
    type Error = RouteError;

    fn try_from(patterns: Vec<String>) -> Result<Self, RouteError> {
        Self::parse(&patterns)
    }
}

impl From<EventFilter> for Vec<String> {
    fn from(filter: EventFilter) -> Self {
        let text = |pattern: EventPattern| match pattern {
            EventPattern::Any => ANY.to_owned(),
            EventPattern::Below(prefix) => prefix + ANY,
            EventPattern::Exactly(text) => text,
        };
        filter.0.into_iter().map(text).collect()
    }
}

const fn check_count(count: usize, most: usize) -> Result<(), RouteError> {
    if count == 0 {
        Err(RouteError::Empty)
    } else if count > most {
        Err(RouteError::TooMany { most })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u8) -> SourceId {
        SourceId::mint(&[0; 32], [n; 12])
    }

    #[test]
    fn event_patterns_match_as_documented() {
        let cases: &[(&str, Option<&str>, bool)] = &[
            ("*", Some("post.created"), true),
            ("*", Some(""), true),
            ("*", None, true),
            ("post.*", Some("post.created"), true),
            ("post.*", Some("post.created.late"), true),
            ("post.*", Some("post.*"), true),
            ("post.*", Some("post"), false),
            ("post.*", Some("post."), false),
            ("post.*", Some("posts.created"), false),
            ("post.*", Some("postcreated"), false),
            ("post.*", Some("Post.created"), false),
            ("post.*", Some("x.post.created"), false),
            ("post.*", None, false),
            ("a.b.*", Some("a.b.c"), true),
            ("a.b.*", Some("a.c"), false),
            ("post.created", Some("post.created"), true),
            ("post.created", Some("post.created.late"), false),
            ("post.created", Some("post.Created"), false),
            ("post.created", Some("post.created "), false),
            ("post.created", None, false),
            ("orders/create", Some("orders/create"), true),
            ("issue:opened", Some("issue:opened"), true),
            ("post.*", Some("post.é"), true),
        ];
        for (pattern, event_type, expected) in cases {
            let filter = EventFilter::parse(&[pattern]).unwrap();
            assert_eq!(filter.matches(*event_type), *expected, "{pattern} {event_type:?}");
        }
    }

    #[test]
    fn one_pattern_of_several_is_enough() {
        let filter = EventFilter::parse(&["ping", "post.*"]).unwrap();
        assert!(filter.matches(Some("ping")));
        assert!(filter.matches(Some("post.failed")));
        assert!(!filter.matches(Some("account.connected")));
    }

    #[test]
    fn bad_patterns_are_refused_with_their_place() {
        let long = "a".repeat(limits::EVENT_PATTERN_BYTES + 1);
        let cases = [
            ("", RouteError::PatternCharacter { index: 1 }),
            (" ", RouteError::PatternCharacter { index: 1 }),
            ("post created", RouteError::PatternCharacter { index: 1 }),
            ("post.\n", RouteError::PatternCharacter { index: 1 }),
            ("pöst", RouteError::PatternCharacter { index: 1 }),
            ("post*", RouteError::PatternStar { index: 1 }),
            ("*.created", RouteError::PatternStar { index: 1 }),
            ("post.*.late", RouteError::PatternStar { index: 1 }),
            ("*.*", RouteError::PatternStar { index: 1 }),
            ("post.**", RouteError::PatternStar { index: 1 }),
            (".*", RouteError::PatternStar { index: 1 }),
            ("**", RouteError::PatternStar { index: 1 }),
            (long.as_str(), RouteError::PatternLength { index: 1 }),
        ];
        for (pattern, error) in cases {
            assert_eq!(EventFilter::parse(&["ping", pattern]), Err(error), "{pattern}");
        }
        let none: [&str; 0] = [];
        assert_eq!(EventFilter::parse(&none), Err(RouteError::Empty));
        let most = limits::EVENT_PATTERNS;
        assert!(EventFilter::parse(&vec!["ping"; most]).is_ok());
        let too_many = EventFilter::parse(&vec!["ping"; most + 1]);
        assert_eq!(too_many, Err(RouteError::TooMany { most }));
    }

    #[test]
    fn sources_match_by_id_or_word() {
        let (a, b) = (source(1), source(2));
        let cases = [
            ("*".to_owned(), [true, true, true, false]),
            ("api".to_owned(), [false, false, true, false]),
            ("hookward".to_owned(), [false, false, false, true]),
            (a.to_string(), [true, false, false, false]),
        ];
        for (word, expected) in cases {
            let filter = SourceFilter::parse(&[&word]).unwrap();
            let origins = [Origin::Source(a), Origin::Source(b), Origin::Api, Origin::Hookward];
            assert_eq!(origins.map(|origin| filter.matches(origin)), expected, "{word}");
        }
        let both = SourceFilter::parse(&[a.to_string(), "api".into()]).unwrap();
        assert!(both.matches(Origin::Api) && both.matches(Origin::Source(a)));
        assert_eq!(both.named().collect::<Vec<_>>(), [a]);
        let all = SourceFilter::parse(&["*", "hookward"]).unwrap();
        assert!(all.matches(Origin::Api) && all.matches(Origin::Hookward));
    }

    #[test]
    fn an_origin_is_read_as_it_is_written() {
        for origin in [Origin::Source(source(1)), Origin::Api, Origin::Hookward] {
            assert_eq!(Origin::parse(&origin.to_string()), Ok(origin));
        }
        for other in ["*", "", "Api", "hookward ", "src_1"] {
            assert!(Origin::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn bad_sources_are_refused() {
        for word in ["", "API", "src_", "src_*", "dst_00000000000000000000000000000000", "**"] {
            let parsed = SourceFilter::parse(&[word]);
            assert!(matches!(parsed, Err(RouteError::Source { index: 0, .. })), "{word}");
        }
        let none: [&str; 0] = [];
        assert_eq!(SourceFilter::parse(&none), Err(RouteError::Empty));
        let most = limits::SOURCE_WORDS;
        let too_many = SourceFilter::parse(&vec!["*"; most + 1]);
        assert_eq!(too_many, Err(RouteError::TooMany { most }));
    }

    #[test]
    fn both_lists_must_match() {
        let route = Route {
            sources: SourceFilter::parse(&[source(1).to_string()]).unwrap(),
            events: EventFilter::parse(&["ping"]).unwrap(),
        };
        assert!(route.matches(Origin::Source(source(1)), Some("ping")));
        assert!(!route.matches(Origin::Source(source(2)), Some("ping")));
        assert!(!route.matches(Origin::Source(source(1)), Some("pong")));
        assert!(!route.matches(Origin::Source(source(1)), None));
    }

    #[test]
    fn serde_keeps_the_lists_as_written() {
        let id = source(1);
        let json = format!(r#"{{"sources":["api","{id}","*"],"events":["*","a.*","a.b"]}}"#);
        let route: Route = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&route).unwrap(), json);
        for bad in [
            r#"{"sources":["*"],"events":[]}"#,
            r#"{"sources":["x"],"events":["*"]}"#,
            r#"{"sources":["*"],"events":["a*"]}"#,
            r#"{"sources":["*"],"events":["*"],"more":1}"#,
            r#"{"sources":["*"]}"#,
            r#"{"sources":"*","events":["*"]}"#,
        ] {
            assert!(serde_json::from_str::<Route>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_union_matches_what_either_matches() {
        let source = |byte| SourceId::mint(&[0; 32], [byte; 12]);
        let filter = |ids: &[SourceId]| {
            SourceFilter::parse(&ids.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
        };
        let both = filter(&[source(1), source(2)]).union(&filter(&[source(2), source(3)]));
        for byte in 1..=3 {
            assert!(both.matches(Origin::Source(source(byte))));
        }
        assert!(!both.matches(Origin::Source(source(4))) && !both.is_any());
        assert!(both.union(&SourceFilter::any()).is_any());
        let ids: Vec<_> = (0..150).map(source).collect();
        let many = filter(&ids[..100]).union(&filter(&ids[100..]));
        assert!(many.is_any() && !many.matches(Origin::Hookward));
        let own = SourceFilter::parse(&["hookward"]).unwrap();
        let many = filter(&ids[..100]).union(&own);
        assert!(many.is_any() && many.matches(Origin::Hookward) && many.matches(Origin::Api));
    }
}
