//! The sources in this isolate's memory: for 5 s over the registry, and for 300 s where that cannot
//! be reached.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use hookward::{Policy, Provider, Secret, UnixSeconds};
use hookward_relay::ids::{DestinationId, SourceId};
use hookward_relay::routing::Route;
use worker::Context;
use zeroize::Zeroizing;

use super::handshakes;
use crate::clock::{self, Millis};
use crate::config::Config;
use crate::problem::{Code, Problem};
use crate::registry;
use crate::registry::rows::{GetSnapshot, Snapshot};
use crate::registry::secrets::{SecretRow, same_between};
use crate::registry::sender::Sender;
use crate::sealed::Seal;
use crate::time_out::within;

/// A source ready for use.
pub(super) struct Source {
    pub(super) id: SourceId,
    pub(super) sender: Sender,
    /// The headers that verifying and passing on need; no others are read.
    pub(super) headers: Vec<String>,
    pub(super) policy: Policy,
    pub(super) enabled: bool,
    pub(super) routes: Vec<(DestinationId, Route)>,
    /// The URL that the provider signs, where it is another than the ingest URL.
    pub(super) signed_url: Option<String>,
    pub(super) verify_token: Option<Zeroizing<String>>,
    /// Until when a secret may arrive by handshake.
    pub(super) open_until: Option<Millis>,
    secrets: Vec<SecretRow>,
    /// Those that are valid, as long as they are the same.
    valid: RefCell<Option<Valid>>,
}

/// The secrets that are valid between two times, in Unix seconds, the second not included.
struct Valid {
    from_s: u64,
    until_s: u64,
    secrets: Rc<Vec<Secret>>,
}

impl Source {
    /// The secrets that are valid now, open and parsed.
    pub(super) fn secrets(
        &self,
        config: &Config,
        provider: &Provider<'_>,
        now: UnixSeconds,
    ) -> Result<Rc<Vec<Secret>>, Problem> {
        let now_s = now.get();
        if let Some(valid) = self.valid.borrow().as_ref()
            && (valid.from_s..valid.until_s).contains(&now_s)
        {
            return Ok(Rc::clone(&valid.secrets));
        }
        let seal = &config.keys()?.seal;
        let owner = self.id.to_string();
        let open = |row: &SecretRow| {
            let text = seal.open_text(&owner, "secret", &row.sealed).map_err(|_| unusable())?;
            Secret::parse(provider, &text).map_err(|_| unusable())
        };
        let rows = self.secrets.iter().filter(|row| row.validity.covers(now_s));
        let secrets = Rc::new(rows.map(open).collect::<Result<Vec<_>, _>>()?);
        let (from_s, until_s) = same_between(&self.secrets, now_s);
        self.valid.replace(Some(Valid { from_s, until_s, secrets: Rc::clone(&secrets) }));
        Ok(secrets)
    }
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

/// A source that cannot be used is the operator's to mend, not the provider's to give up on: 503.
pub(super) fn unusable() -> Problem {
    let detail = "The source's stored configuration cannot be used; see the gateway's log.";
    Problem::new(Code::SourceMisconfigured, detail)
}

fn open(seal: &Seal, snapshot: Snapshot) -> Result<Source, Problem> {
    let row = snapshot.source;
    let policy = registry::source_policy(&row).map_err(|_| unusable())?;
    let headers = headers_of(&*row.sender.resolve().map_err(|_| unusable())?);
    let verify_token = match &row.verify_token {
        Some(sealed) => {
            let token = seal.open_text(&row.id.to_string(), "verify_token", sealed);
            Some(token.map_err(|_| unusable())?)
        }
        None => None,
    };
    Ok(Source {
        id: row.id,
        sender: row.sender,
        headers,
        policy,
        enabled: row.enabled,
        routes: snapshot.routes,
        signed_url: row.signed_url,
        verify_token,
        open_until: row.open_until_ms.map(Millis),
        secrets: row.secrets,
        valid: RefCell::new(None),
    })
}

fn headers_of(provider: &Provider<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let wanted = provider.headers().chain(provider.pass_headers());
    for name in wanted.chain(handshakes::header(provider)).chain(["content-type"]) {
        if !names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    names
}
