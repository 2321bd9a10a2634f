//! The sources in this isolate's memory: for 5 s over the registry, and for 300 s where that cannot
//! be reached.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use hookward::{Policy, Provider, Secret};
use hookward_relay::ids::{DestinationId, SourceId};
use hookward_relay::routing::Route;
use worker::Context;

use crate::clock::{self, Millis};
use crate::config::Config;
use crate::problem::{Code, Problem};
use crate::registry;
use crate::registry::rows::{GetSnapshot, Snapshot};
use crate::sealed::Seal;
use crate::time_out::within;

/// A source ready for use: secrets open and parsed.
pub(super) struct Source {
    pub(super) id: SourceId,
    pub(super) provider: &'static Provider<'static>,
    /// The headers that verifying and passing on need; no others are read.
    pub(super) headers: Vec<&'static str>,
    pub(super) secrets: Vec<Secret>,
    pub(super) policy: Policy,
    pub(super) enabled: bool,
    pub(super) routes: Vec<(DestinationId, Route)>,
}

/// How long a source is used without asking the registry.
const FRESH_MS: u64 = 5_000;

/// From this age on one request asks in the background, so that none has to wait under load.
const REFRESH_MS: u64 = 2_500;

/// How old a source may be where the registry cannot be reached.
const USABLE_MS: u64 = 300_000;

/// How long the registry is waited for.
const REGISTRY_TIMEOUT_MS: u64 = 3_000;

/// Sources in memory; more than the registry takes cannot come up.
const ENTRIES: usize = 2_000;

/// A source, or the knowledge that there is none.
type Known = Option<Rc<Source>>;

struct Entry {
    known: Known,
    /// When the registry was asked, which may be before it answered.
    asked: Millis,
    /// When it was last asked again, answered or not.
    tried: Option<Millis>,
}

thread_local! {
    static ENTRIES_BY_ID: RefCell<HashMap<SourceId, Entry>> = RefCell::new(HashMap::new());
    /// Goes up with each [`forget_all`]: an answer to a question from before is not remembered.
    static GENERATION: Cell<u64> = const { Cell::new(0) };
}

/// Forgets all sources: after a change by the admin API, this isolate sees it at once.
pub(crate) fn forget_all() {
    ENTRIES_BY_ID.with(|entries| entries.borrow_mut().clear());
    GENERATION.set(GENERATION.get().wrapping_add(1));
}

/// The source, from memory or from the registry.
pub(super) async fn source(
    config: &Rc<Config>,
    context: &Context,
    id: SourceId,
    now: Millis,
) -> Result<Rc<Source>, Problem> {
    let (remembered, refresh) = recall(id, now);
    if refresh {
        let config = Rc::clone(config);
        context.wait_until(async move { drop(ask(&config, id).await) });
    }
    let known = match remembered {
        Some(Recalled { known, age_ms, .. }) if age_ms < FRESH_MS => known,
        // Asked a moment ago, without an answer: not every request has to wait for another.
        Some(Recalled { known: known @ Some(_), age_ms, tried: true }) if age_ms < USABLE_MS => {
            known
        }
        stale => match (ask(config, id).await, stale) {
            (Ok(known), _) => known,
            (Err(_), Some(Recalled { known: Some(source), age_ms, .. })) if age_ms < USABLE_MS => {
                note_failure(id);
                Some(source)
            }
            // An unknown source with the registry unreachable is 503, never 404.
            (Err(problem), _) => return Err(problem),
        },
    };
    known.ok_or_else(Problem::unknown_source)
}

/// What is remembered of a source.
struct Recalled {
    known: Known,
    age_ms: u64,
    /// The registry failed to answer a moment ago.
    tried: bool,
}

/// What is remembered, and whether this request is the one to refresh it.
fn recall(id: SourceId, now: Millis) -> (Option<Recalled>, bool) {
    ENTRIES_BY_ID.with(|entries| {
        let mut entries = entries.borrow_mut();
        let Some(entry) = entries.get_mut(&id) else { return (None, false) };
        let age_ms = now.since(entry.asked);
        let tried = entry.tried.is_some_and(|at| now.since(at) < REFRESH_MS);
        let refresh = (REFRESH_MS..FRESH_MS).contains(&age_ms) && !tried;
        if refresh {
            entry.tried = Some(now);
        }
        (Some(Recalled { known: entry.known.clone(), age_ms, tried }), refresh)
    })
}

fn note_failure(id: SourceId) {
    let now = clock::now();
    ENTRIES_BY_ID.with(|entries| {
        if let Some(entry) = entries.borrow_mut().get_mut(&id) {
            entry.tried = Some(now);
        }
    });
}

/// Asks the registry and remembers the answer.
async fn ask(config: &Config, id: SourceId) -> Result<Known, Problem> {
    let (asked, generation) = (clock::now(), GENERATION.get());
    let call = GetSnapshot { source: id };
    let answer = within(REGISTRY_TIMEOUT_MS, config.ask_registry(&call)).await;
    let snapshot = answer.ok_or_else(Problem::unavailable)??;
    let known = match snapshot {
        None => None,
        Some(snapshot) => Some(Rc::new(open(&config.keys()?.seal, snapshot)?)),
    };
    ENTRIES_BY_ID.with(|entries| {
        let mut entries = entries.borrow_mut();
        let newer = entries.get(&id).is_some_and(|entry| entry.asked > asked);
        if newer || generation != GENERATION.get() {
            return;
        }
        if entries.len() >= ENTRIES {
            entries.clear();
        }
        entries.insert(id, Entry { known: known.clone(), asked, tried: None });
    });
    Ok(known)
}

/// Opens what is sealed. A source that cannot be opened is the operator's to mend, not the
/// provider's to give up on: 503.
fn open(seal: &Seal, snapshot: Snapshot) -> Result<Source, Problem> {
    let misconfigured = || {
        let detail = "The source's stored configuration cannot be used; see the gateway's log.";
        Problem::new(Code::SourceMisconfigured, detail)
    };
    let row = snapshot.source;
    let provider = hookward::provider(&row.provider).map_err(|_| misconfigured())?;
    let owner = row.id.to_string();
    let secret = |sealed: &String| {
        let text = seal.open_text(&owner, "secret", sealed).map_err(|_| misconfigured())?;
        Secret::parse(provider, &text).map_err(|_| misconfigured())
    };
    Ok(Source {
        id: row.id,
        provider,
        headers: headers_of(provider),
        secrets: row.secrets.iter().map(secret).collect::<Result<_, _>>()?,
        policy: registry::source_policy(&row).map_err(|_| misconfigured())?,
        enabled: row.enabled,
        routes: snapshot.routes,
    })
}

fn headers_of(provider: &'static Provider) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let wanted = provider.headers().chain(provider.pass_headers());
    for name in wanted.chain(["content-type"]) {
        if !names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names
}
