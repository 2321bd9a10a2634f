//! The queue's tables.
//!
//! A row of `deliveries` is event, key and delivery in one, so that one statement commits all of
//! it.

use std::collections::{HashSet, VecDeque};

use hookward_relay::breaker::Pick;
use hookward_relay::delivery::{DeadReason, Delivery, DeliveryStatus, State};
use hookward_relay::gate::Gate;
use hookward_relay::metrics::Counts;
use hookward_relay::retention::{Cutoffs, Oldest};
use wasm_bindgen::JsValue;
use worker::{SqlStorage, SqlStorageValue};

use super::rows::{DeliveryRow, Event, Settings};
use super::schema;
use super::seq::{Seq, delivery_id};
use crate::clock::Millis;
use crate::host;
use crate::sql::{self, Row, integer};

/// Rows deleted or buried by one statement.
const ROWS_CHANGED: u64 = 1_000;

/// What [`found`] reads.
pub(super) const COLUMNS: &str =
    "seq, key, status, at_ms, dead_reason, round, attempts, source, event_type";

thread_local! {
    /// Carried over to JavaScript once.
    static INSERT: JsValue = "INSERT INTO deliveries (seq, key, status, at_ms, dead_reason, round,
            attempts, source, event_type, carried, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO NOTHING".into();
}

/// A row, as far as a decision and the API need it.
pub(super) struct Found {
    pub(super) seq: Seq,
    pub(super) delivery: Delivery,
    pub(super) row: DeliveryRow,
}

#[derive(Clone)]
pub(super) struct Store {
    pub(super) sql: SqlStorage,
}

impl Store {
    pub(super) fn new(sql: SqlStorage) -> Self {
        Self { sql }
    }

    /// The settings; `None` for a queue that was never made. Reading creates nothing.
    pub(super) fn settings(&self) -> worker::Result<Option<Settings>> {
        if !sql::has_table(&self.sql, "settings")? {
            return Ok(None);
        }
        crate::schema::upgrade(&self.sql, schema::STEPS, true)?;
        match sql::first(&self.sql, "SELECT row FROM settings", Vec::new())? {
            Some(mut row) => Ok(Some(serde_json::from_str(&row.text()?)?)),
            None => Ok(None),
        }
    }

    /// Makes the tables if need be.
    pub(super) fn create(&self) -> worker::Result<()> {
        let known = sql::has_table(&self.sql, "settings")?;
        crate::schema::upgrade(&self.sql, schema::STEPS, known)
    }

    pub(super) fn put_settings(&self, settings: &Settings) -> worker::Result<()> {
        let query = "INSERT INTO settings (one, row) VALUES (1, ?)
            ON CONFLICT (one) DO UPDATE SET row = excluded.row";
        sql::run(&self.sql, query, vec![serde_json::to_string(settings)?.into()])
    }

    /// The number of the newest delivery.
    pub(super) fn last_seq(&self) -> worker::Result<Option<Seq>> {
        let query = "SELECT max(seq) FROM deliveries";
        sql::first(&self.sql, query, Vec::new())?
            .map_or(Ok(None), |mut row| Ok(row.optional_number()?.map(Seq)))
    }

    /// Bytes that the object holds.
    pub(super) fn bytes(&self) -> u64 {
        self.sql.database_size() as u64
    }

    pub(super) fn knows(&self, key: &[u8; 32]) -> worker::Result<bool> {
        let query = "SELECT 1 FROM deliveries WHERE key = ?";
        Ok(sql::first(&self.sql, query, vec![key.to_vec().into()])?.is_some())
    }

    /// Commits an event in one statement, unless its key is known. Says whether it did.
    pub(super) fn insert(
        &self,
        seq: Seq,
        key: &[u8; 32],
        event: &Event,
        body: &[u8],
        delivery: Delivery,
    ) -> worker::Result<bool> {
        let (status, at_ms, dead_reason) = stored(delivery.state);
        let carried = serde_json::to_string(&event.carried)?;
        let written = INSERT.with(|query| {
            host::store(
                self.sql.as_ref(),
                query,
                sql::float(seq.0),
                key,
                status,
                sql::float(at_ms),
                dead_reason,
                delivery.round,
                delivery.attempts,
                &event.source,
                event.event_type.as_deref(),
                &carried,
                body,
            )
        });
        Ok(written? > 0)
    }

    pub(super) fn write(&self, seq: Seq, delivery: Delivery) -> worker::Result<()> {
        let query = "UPDATE deliveries SET status = ?, at_ms = ?, dead_reason = ?, round = ?,
            attempts = ? WHERE seq = ?";
        let (status, at_ms, dead_reason) = columns(delivery.state);
        let bindings = vec![
            status,
            at_ms,
            dead_reason,
            integer(delivery.round.into()),
            integer(delivery.attempts.into()),
            integer(seq.0),
        ];
        sql::run(&self.sql, query, bindings)
    }

    /// How many are pending, and when the oldest of them was made, in Unix milliseconds.
    pub(super) fn depth(&self) -> worker::Result<(u64, Option<u64>)> {
        let query = "SELECT count(*), min(seq) FROM deliveries WHERE status = 'pending'";
        match sql::first(&self.sql, query, Vec::new())? {
            Some(mut row) => {
                let pending = row.number()?;
                Ok((pending, row.optional_number()?.map(|seq| Seq(seq).made_at_ms())))
            }
            None => Ok((0, None)),
        }
    }

    /// What has been counted; what cannot be read starts anew, as counters may.
    pub(super) fn counts(&self) -> worker::Result<Counts> {
        match sql::first(&self.sql, "SELECT row FROM counts", Vec::new())? {
            Some(mut row) => Ok(serde_json::from_str(&row.text()?).unwrap_or_default()),
            None => Ok(Counts::default()),
        }
    }

    pub(super) fn put_counts(&self, counts: &Counts) -> worker::Result<()> {
        let query = "INSERT INTO counts (one, row) VALUES (1, ?)
            ON CONFLICT (one) DO UPDATE SET row = excluded.row";
        sql::run(&self.sql, query, vec![serde_json::to_string(counts)?.into()])
    }

    /// Makes some pending deliveries dead; says how many, and whether none is left.
    pub(super) fn bury_some(&self, reason: DeadReason, now: Millis) -> worker::Result<(u64, bool)> {
        let query = "UPDATE deliveries SET status = 'dead', at_ms = ?, dead_reason = ?
            WHERE seq IN (SELECT seq FROM deliveries WHERE status = 'pending' LIMIT ?)
            RETURNING 1";
        let bindings = vec![integer(now.0), reason.as_str().into(), integer(ROWS_CHANGED)];
        let buried = sql::rows(&self.sql, query, bindings)?.len() as u64;
        Ok((buried, buried < ROWS_CHANGED))
    }

    /// When the first pending delivery is due, in Unix milliseconds. Those in `broken` do not count.
    pub(super) fn earliest_due_ms(&self, broken: &[Seq]) -> worker::Result<Option<u64>> {
        let query =
            "SELECT seq, at_ms FROM deliveries WHERE status = 'pending' ORDER BY at_ms LIMIT ?";
        let wanted = broken.len().saturating_add(1) as u64;
        for mut row in sql::rows(&self.sql, query, vec![integer(wanted)])? {
            let (seq, at_ms) = (Seq(row.number()?), row.number()?);
            if !broken.contains(&seq) {
                return Ok(Some(at_ms));
            }
        }
        Ok(None)
    }

    /// The oldest rows that may some day be deleted.
    pub(super) fn oldest_finished(&self) -> worker::Result<Oldest> {
        Ok(Oldest {
            delivered_ms: self.oldest(DeliveryStatus::Delivered)?,
            dead_ms: self.oldest(DeliveryStatus::Dead)?,
        })
    }

    fn oldest(&self, status: DeliveryStatus) -> worker::Result<Option<u64>> {
        let query = "SELECT min(at_ms) FROM deliveries WHERE status = ?";
        sql::first(&self.sql, query, vec![status.as_str().into()])?
            .map_or(Ok(None), |mut row| row.optional_number())
    }

    /// Up to `limit` deliveries that are due, the longest due first, without those in `busy`.
    pub(super) fn due(
        &self,
        now: Millis,
        limit: usize,
        busy: &HashSet<Seq>,
    ) -> worker::Result<VecDeque<Seq>> {
        // One row, since each costs as much as all of this query.
        let query = "SELECT json_group_array(seq) FROM (SELECT seq FROM deliveries
            WHERE status = 'pending' AND at_ms <= ? ORDER BY at_ms LIMIT ?)";
        let wanted = limit.saturating_add(busy.len()) as u64;
        let bindings = vec![integer(now.0), integer(wanted)];
        let Some(mut row) = sql::first(&self.sql, query, bindings)? else {
            return Ok(VecDeque::new());
        };
        let due: Vec<u64> = serde_json::from_str(&row.text()?)?;
        Ok(due.into_iter().map(Seq).filter(|seq| !busy.contains(seq)).take(limit).collect())
    }

    /// The one delivery that is due and is to show how the destination is.
    pub(super) fn probe(
        &self,
        pick: Pick,
        now: Millis,
        taken: &[Seq],
    ) -> worker::Result<Option<Seq>> {
        let query = match pick {
            Pick::LongestDue => "WHERE status = 'pending' AND at_ms <= ? ORDER BY at_ms LIMIT ?",
            Pick::LatestDue => {
                "WHERE status = 'pending' AND at_ms <= ? ORDER BY at_ms DESC LIMIT ?"
            }
            // Left to itself, SQLite would sort all that is due.
            Pick::MostAttempted => {
                "INDEXED BY deliveries_tried
                    WHERE status = 'pending' AND attempts > 0 AND at_ms <= ?
                    ORDER BY attempts DESC LIMIT ?"
            }
        };
        let query = format!("SELECT seq FROM deliveries {query}");
        let wanted = taken.len().saturating_add(1) as u64;
        for mut row in sql::rows(&self.sql, &query, vec![integer(now.0), integer(wanted)])? {
            let seq = Seq(row.number()?);
            if !taken.contains(&seq) {
                return Ok(Some(seq));
            }
        }
        match pick {
            Pick::MostAttempted => self.probe(Pick::LongestDue, now, taken),
            _ => Ok(None),
        }
    }

    /// The gate as it was last written; one that cannot be read is forgotten.
    pub(super) fn gate(&self) -> worker::Result<Gate> {
        match sql::first(&self.sql, "SELECT row FROM gate", Vec::new())? {
            Some(mut row) => Ok(serde_json::from_str(&row.text()?).unwrap_or_default()),
            None => Ok(Gate::default()),
        }
    }

    pub(super) fn put_gate(&self, gate: Gate) -> worker::Result<()> {
        let query = "INSERT INTO gate (one, row) VALUES (1, ?)
            ON CONFLICT (one) DO UPDATE SET row = excluded.row";
        sql::run(&self.sql, query, vec![serde_json::to_string(&gate)?.into()])
    }

    pub(super) fn delivery(&self, seq: Seq) -> worker::Result<Option<Found>> {
        let query = format!("SELECT {COLUMNS} FROM deliveries WHERE seq = ?");
        sql::first(&self.sql, &query, vec![integer(seq.0)])?
            .map(|mut row| found(&mut row))
            .transpose()
    }

    /// Deletes some of what may be forgotten; says whether none is left.
    pub(super) fn prune_some(&self, cutoffs: Cutoffs) -> worker::Result<bool> {
        let mut done = true;
        for (status, before_ms) in [
            (DeliveryStatus::Delivered, cutoffs.delivered_ms),
            (DeliveryStatus::Dead, cutoffs.dead_ms),
        ] {
            let bindings =
                || vec![status.as_str().into(), integer(before_ms), integer(ROWS_CHANGED)];
            let old = "SELECT seq FROM deliveries WHERE status = ? AND at_ms < ?
                ORDER BY at_ms, seq LIMIT ?";
            // The attempts first: were only they deleted, the next run would find the rest.
            let query = format!("DELETE FROM attempts WHERE seq IN ({old})");
            sql::run(&self.sql, &query, bindings())?;
            let query = format!("DELETE FROM deliveries WHERE seq IN ({old}) RETURNING 1");
            done &= (sql::rows(&self.sql, &query, bindings())?.len() as u64) < ROWS_CHANGED;
        }
        Ok(done)
    }
}

pub(super) fn columns(state: State) -> (SqlStorageValue, SqlStorageValue, SqlStorageValue) {
    let (status, at_ms, dead_reason) = stored(state);
    (status.into(), integer(at_ms), dead_reason.into())
}

/// What is stored of a state: its status, its time, and why it is dead.
pub(super) const fn stored(state: State) -> (&'static str, u64, Option<&'static str>) {
    let status = state.status().as_str();
    match state {
        State::Pending { due_at_ms } => (status, due_at_ms, None),
        State::Delivered { at_ms } => (status, at_ms, None),
        State::Dead { at_ms, reason } => (status, at_ms, Some(reason.as_str())),
    }
}

/// Reads the columns of [`COLUMNS`].
pub(super) fn found(row: &mut Row) -> worker::Result<Found> {
    let seq = Seq(row.number()?);
    let key: [u8; 32] = row.bytes()?.try_into().map_err(|_| unexpected())?;
    let status = DeliveryStatus::parse(&row.text()?).ok_or_else(unexpected)?;
    let at_ms = row.number()?;
    let dead_reason = row.optional_text()?.as_deref().and_then(DeadReason::parse);
    let (round, attempts) = (small(row.number()?), small(row.number()?));
    let state = match status {
        DeliveryStatus::Pending => State::Pending { due_at_ms: at_ms },
        DeliveryStatus::Delivered => State::Delivered { at_ms },
        DeliveryStatus::Dead => State::Dead { reason: dead_reason.ok_or_else(unexpected)?, at_ms },
    };
    let row = DeliveryRow {
        id: delivery_id(seq, &key),
        source: row.text()?,
        event_type: row.optional_text()?,
        status,
        at_ms,
        dead_reason,
        round,
        attempts,
        created_at_ms: seq.made_at_ms(),
    };
    Ok(Found { seq, delivery: Delivery { round, attempts, state }, row })
}

pub(super) fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn unexpected() -> worker::Error {
    worker::Error::RustError("a stored delivery has another shape than expected".into())
}
