//! The registry: one object that knows the sources and one routing row per destination.

mod event_keys;
mod publications;
mod reseal;
mod schema;
mod store;
mod tallies;

pub(crate) mod rows;
pub(crate) mod secrets;
pub(crate) mod sender;

use std::cell::OnceCell;
use std::rc::Rc;

use hookward::Policy;
use hookward_relay::ids::DestinationId;
use hookward_relay::limits;
use hookward_relay::routing::{Origin, SourceFilter};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use self::rows::{
    AddRejections, BeginDelete, CheckRoute, Claim, CreateSource, DeleteSource, FinishDelete,
    GetDestination, GetEventKeys, GetListeners, GetRejections, GetSnapshot, GetSource, GetTotals,
    ListDestinations, ListSources, OpenSource, PatchSource, PutDestination, ResealSources,
    SourceRow, SweepList, TakeSecret,
};
use self::store::Store;
use crate::calls::{self, Call};
use crate::config::{self, Config};
use crate::problem::{Code, Problem};
use crate::{body, log};

/// The name of the one registry object.
pub(crate) const NAME: &str = "registry";

/// Calls between Worker and registry are small; this is only a bound.
const CALL_BYTES: usize = 1024 * 1024;

/// Sources and destinations: who may come in, and where it goes.
#[durable_object(fetch)]
pub struct Registry {
    state: State,
    config: Rc<Config>,
    /// Open once that has worked.
    store: OnceCell<Store>,
}

impl DurableObject for Registry {
    fn new(state: State, env: Env) -> Self {
        Self { state, config: config::of(&env), store: OnceCell::new() }
    }

    async fn fetch(&self, req: Request) -> worker::Result<Response> {
        let path = req.path();
        let Ok(body) = body::read(req.inner(), &req.inner().headers(), CALL_BYTES).await else {
            return calls::respond::<()>(&Err(Problem::unavailable()));
        };
        match failed(self.store()) {
            Ok(store) if path == ResealSources::PATH => {
                calls::answer(&body, |call: ResealSources| {
                    reseal::reseal(store, &self.config.keys()?.seal, &call)
                })
            }
            Ok(store) => dispatch(store, &path, &body),
            Err(problem) => calls::respond::<()>(&Err(problem)),
        }
    }
}

impl Registry {
    fn store(&self) -> worker::Result<&Store> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let store = Store::open(self.state.storage().sql())?;
        Ok(self.store.get_or_init(|| store))
    }
}

fn dispatch(store: &Store, path: &str, body: &[u8]) -> worker::Result<Response> {
    match path {
        GetSnapshot::PATH => {
            calls::answer(body, |call: GetSnapshot| failed(store.snapshot(call.source)))
        }
        CreateSource::PATH => calls::answer(body, |call: CreateSource| create_source(store, &call)),
        ListSources::PATH => {
            calls::answer(body, |call: ListSources| failed(store.sources(call.after, call.limit)))
        }
        GetSource::PATH => calls::answer(body, |call: GetSource| {
            failed(store.source(call.id))?.ok_or_else(Problem::unknown_source)
        }),
        PatchSource::PATH => calls::answer(body, |call: PatchSource| patch_source(store, call)),
        OpenSource::PATH => calls::answer(body, |call: OpenSource| open_source(store, &call)),
        TakeSecret::PATH => calls::answer(body, |call: TakeSecret| take_secret(store, call)),
        DeleteSource::PATH => calls::answer(body, |call: DeleteSource| {
            failed(store.delete_source(call.id))?.then_some(()).ok_or_else(Problem::unknown_source)
        }),
        CheckRoute::PATH => calls::answer(body, |call: CheckRoute| {
            check_sources(store, call.id, &call.sources)?;
            failed(store.widen_destination(call.id, &call.sources))
        }),
        PutDestination::PATH => {
            calls::answer(body, |call: PutDestination| put_destination(store, &call))
        }
        ListDestinations::PATH => calls::answer(body, |call: ListDestinations| {
            failed(store.destinations(call.after, call.limit))
        }),
        GetDestination::PATH => calls::answer(body, |call: GetDestination| {
            failed(store.destination(call.id))?.ok_or_else(Problem::unknown_destination)
        }),
        BeginDelete::PATH => calls::answer(body, |call: BeginDelete| {
            failed(store.begin_delete(call.id))?
                .then_some(())
                .ok_or_else(Problem::unknown_destination)
        }),
        FinishDelete::PATH => {
            calls::answer(body, |call: FinishDelete| failed(store.finish_delete(call.id)))
        }
        SweepList::PATH => {
            calls::answer(body, |call: SweepList| failed(store.sweep(call.after, call.limit)))
        }
        AddRejections::PATH => {
            calls::answer(body, |call: AddRejections| failed(store.add_rejections(&call)))
        }
        Claim::PATH => calls::answer(body, |call: Claim| publications::claim(store, &call)),
        GetListeners::PATH => calls::answer(body, |call: GetListeners| {
            let origin = Origin::parse(&call.origin).map_err(|_| Problem::unavailable())?;
            publications::listeners(store, origin, &call.event_type)
        }),
        GetEventKeys::PATH => {
            calls::answer(body, |call: GetEventKeys| event_keys::of(store, &call))
        }
        GetTotals::PATH => calls::answer(body, |_: GetTotals| failed(store.totals())),
        GetRejections::PATH => {
            calls::answer(body, |call: GetRejections| failed(store.rejections(&call)))
        }
        _ => calls::respond::<()>(&Err(Problem::unavailable())),
    }
}

fn create_source(store: &Store, call: &CreateSource) -> Result<(), Problem> {
    check_policy(&call.row)?;
    if failed(store.count_sources())? >= store::SOURCES {
        let detail = format!("There are {} sources; delete one first.", store::SOURCES);
        return Err(Problem::new(Code::LimitReached, detail));
    }
    failed(store.put_source(&call.row))
}

fn patch_source(store: &Store, call: PatchSource) -> Result<SourceRow, Problem> {
    let mut row = failed(store.source(call.id))?.ok_or_else(Problem::unknown_source)?;
    row.name = call.name.unwrap_or(row.name);
    if let Some(secrets) = call.secrets {
        (row.secrets, row.open_until_ms) = (secrets, None);
    }
    row.signed_url = call.signed_url.or(row.signed_url);
    row.verify_token = call.verify_token.or(row.verify_token);
    row.tolerance_s = call.tolerance_s.unwrap_or(row.tolerance_s);
    // A longer tolerance brings its horizon with it, as when a source is made.
    row.retry_horizon_s =
        call.retry_horizon_s.unwrap_or_else(|| row.retry_horizon_s.max(row.tolerance_s));
    row.enabled = call.enabled.unwrap_or(row.enabled);
    check_policy(&row)?;
    failed(store.put_source(&row))?;
    Ok(row)
}

fn open_source(store: &Store, call: &OpenSource) -> Result<SourceRow, Problem> {
    let mut row = failed(store.source(call.id))?.ok_or_else(Problem::unknown_source)?;
    if !row.secrets.is_empty() {
        let detail = "A secret that arrives never replaces one; PATCH \"secrets\" to [] first.";
        return Err(Problem::new(Code::HasSecret, detail));
    }
    row.open_until_ms = Some(call.until_ms);
    failed(store.put_source(&row))?;
    Ok(row)
}

/// In one turn, so that of two secrets that arrive at once one is taken.
fn take_secret(store: &Store, call: TakeSecret) -> Result<(), Problem> {
    let mut row = failed(store.source(call.id))?.ok_or_else(Problem::unknown_source)?;
    let open = row.open_until_ms.is_some_and(|until_ms| call.now_ms < until_ms);
    if !open || !row.secrets.is_empty() {
        let detail = "The source has not been opened for a secret, or has one.";
        return Err(Problem::new(Code::HandshakeClosed, detail));
    }
    (row.secrets, row.open_until_ms) = (vec![call.secret], None);
    failed(store.put_source(&row))
}

/// A timed delivery must never be accepted once its key may have been forgotten.
fn check_policy(row: &SourceRow) -> Result<(), Problem> {
    source_policy(row).map(drop).map_err(|error| {
        Problem::new(
            Code::of_configuration(error.code()),
            format!("tolerance_s and retry_horizon_s: {error}."),
        )
    })
}

/// The policy by which a source's deliveries are judged.
pub(crate) fn source_policy(row: &SourceRow) -> Result<Policy, hookward::Error<'static>> {
    let retention_s = u32::try_from(limits::DEDUPE_RETENTION_S).unwrap_or(u32::MAX);
    Policy::with_store(row.tolerance_s, row.retry_horizon_s, retention_s, None)
}

fn put_destination(store: &Store, call: &PutDestination) -> Result<(), Problem> {
    if call.new {
        if failed(store.count_destinations())? >= store::DESTINATIONS {
            let detail =
                format!("There are {} destinations; delete one first.", store::DESTINATIONS);
            return Err(Problem::new(Code::LimitReached, detail));
        }
        check_sources(store, call.row.id, &call.row.route.sources)?;
        return failed(store.insert_destination(&call.row));
    }
    failed(store.update_destination(&call.row))
}

/// Every source that a destination names is there, and has room for it: no event ever matches more
/// destinations than it may reach.
fn check_sources(store: &Store, id: DestinationId, sources: &SourceFilter) -> Result<(), Problem> {
    let existing = failed(store.source_ids())?;
    if sources.named().any(|named| !existing.contains(&named)) {
        return Err(Problem::invalid("\"sources\" names a source that does not exist."));
    }
    let others = failed(store.other_sources(id))?;
    let full =
        |origin| others.iter().filter(|other| other.matches(origin)).count() >= limits::FAN_OUT;
    let own = [Origin::Api, Origin::Hookward];
    let mut origins = existing.iter().map(|source| Origin::Source(*source)).chain(own);
    let some_full = origins.any(|origin| sources.matches(origin) && full(origin));
    // A source made later is listened to by all that listen to every source.
    let every = others.iter().filter(|other| other.is_any()).count();
    if some_full || (sources.is_any() && every >= limits::FAN_OUT) {
        let detail = format!("A source can have at most {} destinations.", limits::FAN_OUT);
        return Err(Problem::new(Code::LimitReached, detail));
    }
    Ok(())
}

/// A storage error, logged by its class, as the 503 that it is to the caller.
fn failed<T>(result: worker::Result<T>) -> Result<T, Problem> {
    result.map_err(|error| {
        log::line("registry").with("outcome", "failed").with("class", log::class(&error)).error();
        Problem::unavailable()
    })
}
